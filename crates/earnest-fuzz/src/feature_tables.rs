//! Tables of a user's own features.

use std::sync::Arc;

use earnest_experiment::FeatureTable;
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, FloatType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use crate::whole::Folder;

/// A table: CSV, or Parquet if the first byte is odd.
pub fn feature_table(bytes: &[u8]) {
    let Some((which, bytes)) = bytes.split_first() else {
        return;
    };
    let name = ["t.csv", "t.parquet"][usize::from(*which) % 2];
    let folder = Folder::default();
    let _ = FeatureTable::read(&folder.write(name, bytes), &|_| true);
}

/// A Parquet table of two utterances, with a column of each usual kind of number.
pub(crate) fn parquet(compression: Compression) -> Vec<u8> {
    write(compression).expect("it can be written")
}

fn write(compression: Compression) -> parquet::errors::Result<Vec<u8>> {
    let kinds = [
        ("id", Physical::BYTE_ARRAY, Some(LogicalType::String)),
        ("a", Physical::FLOAT, None),
        ("b", Physical::DOUBLE, None),
        ("c", Physical::INT64, None),
    ];
    let field = |(name, physical, logical)| {
        Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::REQUIRED)
            .with_logical_type(logical)
            .build()
            .map(Arc::new)
    };
    let fields = kinds.into_iter().map(field).collect::<Result<_, _>>()?;
    let schema = Type::group_type_builder("t").with_fields(fields).build()?;
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .build();
    let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    for name in ["id", "a", "b", "c"] {
        let Some(mut column) = group.next_column()? else {
            break;
        };
        match name {
            "id" => {
                let ids = ["u1", "u1", "u2"].map(ByteArray::from);
                column
                    .typed::<ByteArrayType>()
                    .write_batch(&ids, None, None)?
            }
            "a" => column
                .typed::<FloatType>()
                .write_batch(&[1.0, 2.0, 3.0], None, None)?,
            "b" => column
                .typed::<DoubleType>()
                .write_batch(&[0.5, 0.25, 0.125], None, None)?,
            _ => column
                .typed::<Int64Type>()
                .write_batch(&[7, 8, 9], None, None)?,
        };
        column.close()?;
    }
    group.close()?;
    writer.into_inner()
}
