//! Writing descriptors as CSV or Parquet, whole or not at all.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use earnest_files::{WholeFile, path_cell};
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, FloatType};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use crate::failure::Failure;

/// Rows of a Parquet row group.
const GROUP: usize = 1 << 16;

/// Kinds of table.
#[derive(Clone, Copy)]
pub enum Format {
    /// Comma-separated values.
    Csv,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// By the extension of the file to write.
    pub fn of(path: &Path) -> Result<Self, Failure> {
        match path.extension().and_then(|e| e.to_str()) {
            Some("csv") => Ok(Self::Csv),
            Some("parquet") => Ok(Self::Parquet),
            _ => Err(Failure::asked(format!(
                "-o {}: the name must end in .csv or .parquet",
                path.display()
            ))),
        }
    }
}

/// A table being written.
pub struct Table {
    path: PathBuf,
    inner: Inner,
}

enum Inner {
    Csv {
        writer: Box<csv::Writer<WholeFile>>,
        field: String,
    },
    Parquet {
        writer: Box<SerializedFileWriter<WholeFile>>,
        files: Vec<ByteArray>,
        starts: Vec<f64>,
        ends: Vec<f64>,
        columns: Vec<Vec<f32>>,
    },
}

impl Table {
    /// Begins a table with the columns file, start, end and `names`.
    pub fn create(path: &Path, format: Format, names: &[String]) -> anyhow::Result<Self> {
        let doing = || format!("cannot write {}", path.display());
        let file = WholeFile::create(path).with_context(doing)?;
        let inner = match format {
            Format::Csv => {
                let mut writer = csv::WriterBuilder::new()
                    .buffer_capacity(1 << 18)
                    .from_writer(file);
                let header = ["file", "start", "end"].into_iter();
                let header = header.chain(names.iter().map(String::as_str));
                writer.write_record(header).with_context(doing)?;
                Inner::Csv {
                    writer: Box::new(writer),
                    field: String::new(),
                }
            }
            Format::Parquet => {
                let properties = WriterProperties::builder()
                    .set_compression(Compression::SNAPPY)
                    .build();
                let writer = SerializedFileWriter::new(file, schema(names)?, Arc::new(properties))
                    .with_context(doing)?;
                Inner::Parquet {
                    writer: Box::new(writer),
                    files: Vec::with_capacity(GROUP),
                    starts: Vec::with_capacity(GROUP),
                    ends: Vec::with_capacity(GROUP),
                    columns: vec![Vec::with_capacity(GROUP); names.len()],
                }
            }
        };
        Ok(Self {
            path: path.to_owned(),
            inner,
        })
    }

    /// Adds a row of an input file: where it begins and ends, seconds, and its values.
    pub fn add(&mut self, input: &Path, moments: [f64; 2], values: &[f32]) -> anyhow::Result<()> {
        match &mut self.inner {
            Inner::Csv { writer, field } => {
                let doing = || format!("cannot write {}", self.path.display());
                let name = input.to_string_lossy();
                writer
                    .write_field(path_cell(&name).as_bytes())
                    .with_context(doing)?;
                for second in moments {
                    field.clear();
                    let hundredths = second * 100.0;
                    if (hundredths - hundredths.round()).abs() < 1e-6 {
                        write!(field, "{second:.2}")?;
                    } else {
                        write!(field, "{second}")?;
                    }
                    writer.write_field(&field).with_context(doing)?;
                }
                for x in values {
                    field.clear();
                    write!(field, "{x}")?;
                    writer.write_field(&field).with_context(doing)?;
                }
                writer.write_record(None::<&[u8]>).with_context(doing)
            }
            Inner::Parquet {
                files,
                starts,
                ends,
                columns,
                ..
            } => {
                // Rows of one file share its name's bytes.
                let name = input.to_string_lossy();
                let name = match files.last() {
                    Some(last) if last.data() == name.as_bytes() => last.clone(),
                    _ => ByteArray::from(name.into_owned().into_bytes()),
                };
                files.push(name);
                starts.push(moments[0]);
                ends.push(moments[1]);
                for (column, x) in columns.iter_mut().zip(values) {
                    column.push(*x);
                }
                if starts.len() == GROUP {
                    self.flush()?;
                }
                Ok(())
            }
        }
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        let doing = format!("cannot write {}", self.path.display());
        self.write_group().context(doing)
    }

    /// Writes the row group that is full.
    fn write_group(&mut self) -> anyhow::Result<()> {
        let Inner::Parquet {
            writer,
            files,
            starts,
            ends,
            columns,
        } = &mut self.inner
        else {
            return Ok(());
        };
        if starts.is_empty() {
            return Ok(());
        }
        let mut group = writer.next_row_group()?;
        if let Some(mut column) = group.next_column()? {
            column
                .typed::<ByteArrayType>()
                .write_batch(files, None, None)?;
            column.close()?;
        }
        for values in [&*starts, &*ends] {
            if let Some(mut column) = group.next_column()? {
                column
                    .typed::<DoubleType>()
                    .write_batch(values, None, None)?;
                column.close()?;
            }
        }
        for values in columns.iter() {
            if let Some(mut column) = group.next_column()? {
                column
                    .typed::<FloatType>()
                    .write_batch(values, None, None)?;
                column.close()?;
            }
        }
        group.close()?;
        files.clear();
        starts.clear();
        ends.clear();
        columns.iter_mut().for_each(Vec::clear);
        Ok(())
    }

    /// Ends the table and gives it its name.
    pub fn finish(mut self) -> anyhow::Result<()> {
        self.flush()?;
        let doing = || format!("cannot write {}", self.path.display());
        let file = match self.inner {
            Inner::Csv { writer, .. } => writer
                .into_inner()
                .map_err(|e| e.into_error())
                .with_context(doing)?,
            Inner::Parquet { writer, .. } => writer.into_inner().with_context(doing)?,
        };
        file.commit().with_context(doing)
    }
}

fn schema(names: &[String]) -> anyhow::Result<Arc<Type>> {
    let field = |name: &str, physical: Physical, logical: Option<LogicalType>| {
        Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::REQUIRED)
            .with_logical_type(logical)
            .build()
            .map(Arc::new)
    };
    let mut fields = vec![
        field("file", Physical::BYTE_ARRAY, Some(LogicalType::String))?,
        field("start", Physical::DOUBLE, None)?,
        field("end", Physical::DOUBLE, None)?,
    ];
    for name in names {
        fields.push(field(name, Physical::FLOAT, None)?);
    }
    let group = Type::group_type_builder("descriptors")
        .with_fields(fields)
        .build()?;
    Ok(Arc::new(group))
}
