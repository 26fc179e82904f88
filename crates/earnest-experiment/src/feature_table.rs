//! Features of a user's own, by utterance id, in place of a front end's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use earnest_audio::ContentHasher;
use earnest_corpus::{Utterance, fingerprint_of};
use earnest_features::Features;
use earnest_files::{open_file, text_of_cell};
use serde::{Deserialize, Serialize};

use crate::error::ExperimentError;

/// Where the tables are: `[features_table]` in `experiment.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureTableSpec {
    /// A CSV or Parquet file with features of the corpus's utterances.
    pub path: PathBuf,
    /// One with features of the same utterances as the robot hears them; without it nothing is
    /// tested as the robot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robot: Option<PathBuf>,
}

/// The tables of an experiment.
#[derive(Clone, Debug)]
pub struct FeatureTables {
    /// Features of the corpus's utterances.
    pub(crate) clean: FeatureTable,
    /// The same as the robot hears them.
    pub(crate) robot: Option<FeatureTable>,
}

/// Columns that say where a row is from and are no features.
const PLACES: [&str; 7] = ["id", "file", "start", "end", "time", "frame", "speaker"];

/// Columns that say when a row is, which rises within an utterance.
const MOMENTS: [&str; 3] = ["start", "time", "frame"];

/// Numbers of a table that are held, at most: 2 GB.
const MOST_VALUES: usize = 1 << 29;

/// The largest number that a feature can be: what a model's normalisation can hold.
const LARGEST: f64 = 1e13;

/// Features by utterance id. A row of the table is a frame, or all there is of an utterance.
#[derive(Clone, Debug, Default)]
pub struct FeatureTable {
    /// The file's name and fingerprint.
    pub(crate) name: String,
    pub(crate) fingerprint: String,
    /// Names of the features.
    pub(crate) columns: Vec<String>,
    /// Ids that are no utterance's.
    foreign: Vec<String>,
    by_id: BTreeMap<String, Features>,
}

/// Rows as they are read.
#[derive(Default)]
struct Rows {
    /// Places of the features in a row, and their names.
    columns: Vec<(usize, String)>,
    id: usize,
    /// The place of the column that says when a row is.
    moment: Option<usize>,
    by_id: BTreeMap<String, Vec<f32>>,
    /// What single precision makes of the columns.
    ranges: Vec<Range>,
    /// Whose the last row was, and when.
    last: Option<(String, Option<f64>)>,
    /// Values so far.
    values: usize,
    /// Ids that are no utterance's, each once.
    foreign: BTreeSet<String>,
}

/// The steps of single precision that a column's range must have, if its values are not exact
/// in it.
const FEWEST_STEPS: f64 = 1000.0;

/// The values of a column.
#[derive(Clone, Copy)]
struct Range {
    low: f64,
    high: f64,
    /// True if all are the same in single precision, in which features are held.
    is_exact: bool,
}

impl Default for Range {
    fn default() -> Self {
        Self {
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
            is_exact: true,
        }
    }
}

impl Range {
    fn add(&mut self, value: f64) {
        self.low = self.low.min(value);
        self.high = self.high.max(value);
        self.is_exact &= f64::from(value as f32) == value;
    }

    /// The step of single precision, if the values differ by few of them: much of what told them
    /// apart would be lost.
    fn coarse_step(&self) -> Option<f64> {
        let largest = self.low.abs().max(self.high.abs()) as f32;
        let step = f64::from(largest.next_up()) - f64::from(largest);
        let is_coarse = !self.is_exact && self.high - self.low < FEWEST_STEPS * step;
        (self.high > self.low && is_coarse).then_some(step)
    }
}

impl Rows {
    /// Of a table with these columns.
    fn of(names: &[String]) -> Result<Self, String> {
        let id = names.iter().position(|name| name == "id").ok_or_else(|| {
            format!(
                "it has no column `id`, which says whose features a row has; its columns are {}",
                names.join(", ")
            )
        })?;
        let mut seen = BTreeSet::new();
        if let Some(twice) = names.iter().find(|name| !seen.insert(*name)) {
            return Err(format!("it has two columns {twice}"));
        }
        // What pandas calls the number of a row.
        let is_index = |name: &&String| {
            name.is_empty() || name.starts_with("Unnamed: ") || name.starts_with("__index_level_")
        };
        if let Some(index) = names.iter().find(is_index) {
            return Err(format!(
                "its column {index:?} has no name of its own, and seems to count the rows; write the table without it (pandas: index=False)"
            ));
        }
        let is_feature = |name: &str| !PLACES.contains(&name);
        let columns: Vec<(usize, String)> = names
            .iter()
            .cloned()
            .enumerate()
            .filter(|(_, name)| is_feature(name))
            .collect();
        match columns.is_empty() {
            true => Err("it has no column of features beside `id`".to_owned()),
            false => Ok(Self {
                ranges: vec![Range::default(); columns.len()],
                columns,
                id,
                moment: MOMENTS
                    .iter()
                    .find_map(|moment| names.iter().position(|name| name == moment)),
                ..Self::default()
            }),
        }
    }

    /// Adds a row of an utterance that is at a moment, unless it is of none.
    fn add(
        &mut self,
        id: &str,
        moment: Option<f64>,
        is_known: &dyn Fn(&str) -> bool,
        values: impl Iterator<Item = Result<f64, String>>,
    ) -> Result<(), String> {
        /// Foreign ids that are kept to be named.
        const MOST_FOREIGN: usize = 1000;
        if id.is_empty() {
            return Err("its id is empty".to_owned());
        }
        let goes_on = self.last.as_ref().is_some_and(|(last, _)| last == id);
        if let Some((_, before)) = self.last.as_ref().filter(|_| goes_on) {
            if moment.is_some() && moment <= *before {
                return Err(format!(
                    "the rows of {id} are its frames, and this one is not after the one before it"
                ));
            }
        } else if self.by_id.contains_key(id) {
            return Err(format!(
                "{id} has other rows further up: the rows of an utterance are its frames, one after the other"
            ));
        }
        self.last = Some((id.to_owned(), moment));
        if !is_known(id) {
            if self.foreign.len() < MOST_FOREIGN {
                self.foreign.insert(id.to_owned());
            }
            return Ok(());
        }
        self.values += self.columns.len();
        if self.values > MOST_VALUES {
            return Err(format!("the table has more than {MOST_VALUES} numbers"));
        }
        let held = self.by_id.entry(id.to_owned()).or_default();
        let columns = self.columns.iter().zip(&mut self.ranges);
        for (((_, name), range), value) in columns.zip(values) {
            let value = value.map_err(|text| format!("{name} of {id} is {text}, and no number"))?;
            if value.is_nan() || value.abs() > LARGEST {
                return Err(format!(
                    "{name} of {id} is {value}; a feature lies within -{LARGEST:e} .. {LARGEST:e}"
                ));
            }
            range.add(value);
            held.push(value as f32);
        }
        Ok(())
    }

    /// Refuses columns that single precision would make one value, or a few, of.
    fn refuse_coarse(&self) -> Result<(), String> {
        for ((_, name), range) in self.columns.iter().zip(&self.ranges) {
            if let Some(step) = range.coarse_step() {
                return Err(format!(
                    "{name} is {} to {}, where single precision, in which features are held, has steps of {step}: too much of what tells its values apart would be lost; write it with its mean subtracted",
                    range.low, range.high
                ));
            }
        }
        Ok(())
    }
}

impl FeatureTable {
    /// Reads a table: a column `id`, and one for each feature, all of them numbers. The columns
    /// `file`, `start`, `end`, `time`, `frame` and `speaker` are no features. Rows with the same id
    /// are an utterance's frames: they stand together, and where a column says when they are (`start`,
    /// `time` or `frame`) it rises. Rows of ids that are not known are passed over.
    ///
    /// # Errors
    /// [`ExperimentError::Content`] with the line or row, or a file that cannot be read.
    pub fn read(path: &Path, is_known: &dyn Fn(&str) -> bool) -> Result<Self, ExperimentError> {
        let content = |reason: String| ExperimentError::Content {
            path: path.to_owned(),
            reason,
        };
        let extension = path
            .extension()
            .and_then(|e| e.to_str())
            .unwrap_or_default();
        let rows = match extension {
            "csv" => csv_rows(path, is_known)?.map_err(content)?,
            "parquet" => parquet_rows(path, is_known)?.map_err(content)?,
            _ => {
                return Err(content(
                    "a table of features ends in .csv or .parquet".into(),
                ));
            }
        };
        rows.refuse_coarse().map_err(content)?;
        let width = rows.columns.len();
        let by_id: BTreeMap<String, Features> = rows
            .by_id
            .into_iter()
            .map(|(id, values)| (id, Features::from_values(width, values)))
            .collect();
        let names: Vec<String> = rows.columns.into_iter().map(|(_, name)| name).collect();
        let each = by_id.iter().map(|(id, features)| {
            let mut hasher = ContentHasher::new(1, 1);
            hasher.add(&[features.values()]);
            format!("{id}\t{}", hasher.finish())
        });
        let fingerprint = fingerprint_of(names.iter().cloned().chain(each));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(Self {
            name: name.into_owned(),
            fingerprint,
            columns: names,
            foreign: rows.foreign.into_iter().collect(),
            by_id,
        })
    }

    /// In words, that the table has rows of ids that are no utterance's; `None` if it has not.
    pub(crate) fn foreign(&self) -> Option<String> {
        let first = self.foreign.first()?;
        Some(format!(
            "the table of features {} has rows whose ids are no utterance of the corpus ({}, the first is {first})",
            self.name,
            self.foreign.len()
        ))
    }

    /// The features of an utterance.
    pub(crate) fn of(&self, id: &str) -> Option<&Features> {
        self.by_id.get(id)
    }

    /// Refuses a table that lacks some of these utterances.
    pub(crate) fn require<'a>(
        &self,
        utterances: impl Iterator<Item = &'a Utterance>,
    ) -> Result<(), ExperimentError> {
        let missing: Vec<&str> = utterances
            .map(|u| u.id.as_str())
            .filter(|id| self.of(id).is_none())
            .collect();
        match missing.first() {
            None => Ok(()),
            Some(first) => Err(ExperimentError::Setup(format!(
                "the table of features {} lacks {} utterances of the corpus (first: {first}; the table's first id is {})",
                self.name,
                missing.len(),
                self.by_id.keys().next().map_or("none", String::as_str)
            ))),
        }
    }

    /// Name, size and fingerprint in words.
    pub(crate) fn words(&self) -> String {
        const SHOWN: usize = 3;
        let columns = self.columns.len();
        let names = self.columns[..columns.min(SHOWN)].join(", ");
        let more = if columns > SHOWN { ", …" } else { "" };
        let rows: usize = self.by_id.values().map(Features::frames).sum();
        format!(
            "{}: {columns} features ({names}{more}), {rows} rows of {} utterances ({})",
            self.name,
            self.by_id.len(),
            self.fingerprint
        )
    }
}

/// What can be wrong with a table that can be read.
type Found = Result<Rows, String>;

fn csv_rows(path: &Path, is_known: &dyn Fn(&str) -> bool) -> Result<Found, ExperimentError> {
    let file = open_file(path).map_err(ExperimentError::file("read", path))?;
    let mut reader = csv::Reader::from_reader(file);
    Ok((|| {
        let names: Vec<String> = reader
            .headers()
            .map_err(|e| e.to_string())?
            .iter()
            .map(|name| name.trim_start_matches('\u{feff}').trim().to_owned())
            .collect();
        let mut rows = Rows::of(&names)?;
        let places: Vec<usize> = rows.columns.iter().map(|(place, _)| *place).collect();
        for (record, line) in reader.records().zip(2_u64..) {
            let record = record.map_err(|e| e.to_string())?;
            let cell = |place: usize| record.get(place).unwrap_or_default().trim();
            let values = places.iter().map(|place| {
                let text = cell(*place);
                text.parse::<f64>().map_err(|_| format!("{text:?}"))
            });
            let id = text_of_cell(cell(rows.id)).to_owned();
            let moment = rows.moment.and_then(|place| cell(place).parse().ok());
            rows.add(&id, moment, is_known, values)
                .map_err(|e| format!("line {line}: {e}"))?;
        }
        Ok(rows)
    })())
}

#[cfg(feature = "parquet")]
fn parquet_rows(path: &Path, is_known: &dyn Fn(&str) -> bool) -> Result<Found, ExperimentError> {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    let file = open_file(path).map_err(ExperimentError::file("read", path))?;
    let number = |field: &Field| match field {
        Field::Float(x) => Ok(f64::from(*x)),
        Field::Double(x) => Ok(*x),
        Field::Byte(x) => Ok(f64::from(*x)),
        Field::Short(x) => Ok(f64::from(*x)),
        Field::Int(x) => Ok(f64::from(*x)),
        Field::Long(x) => Ok(*x as f64),
        Field::UByte(x) => Ok(f64::from(*x)),
        Field::UShort(x) => Ok(f64::from(*x)),
        Field::UInt(x) => Ok(f64::from(*x)),
        Field::ULong(x) => Ok(*x as f64),
        Field::Float16(x) => Ok(f64::from(x.to_f32())),
        other => Err(format!("{other}")),
    };
    // Its reader may panic at damaged files.
    let read = || -> Found {
        let reader = SerializedFileReader::new(file).map_err(|e| e.to_string())?;
        let schema = reader.metadata().file_metadata().schema().clone();
        let names: Vec<String> = schema
            .get_fields()
            .iter()
            .map(|f| f.name().to_owned())
            .collect();
        let mut rows = Rows::of(&names)?;
        let places: Vec<usize> = rows.columns.iter().map(|(place, _)| *place).collect();
        refuse_bombs(&reader)?;
        let each = reader.get_row_iter(None).map_err(|e| e.to_string())?;
        for (i, row) in each.enumerate() {
            let row = row.map_err(|e| in_words(&e.to_string()))?;
            let fields: Vec<&Field> = row.get_column_iter().map(|(_, field)| field).collect();
            let id = match fields.get(rows.id) {
                Some(Field::Str(id)) => id.clone(),
                Some(Field::Int(id)) => id.to_string(),
                Some(Field::Long(id)) => id.to_string(),
                other => {
                    let shown = other.map_or_else(String::new, |f| f.to_string());
                    return Err(format!("row {}: id is {shown}, and no text", i + 1));
                }
            };
            let values = places.iter().map(|place| match fields.get(*place) {
                Some(field) => number(field),
                None => Err("missing".to_owned()),
            });
            let moment = rows
                .moment
                .and_then(|place| number(fields.get(place)?).ok());
            rows.add(&id, moment, is_known, values)
                .map_err(|e| format!("row {}: {e}", i + 1))?;
        }
        Ok(rows)
    };
    Ok(earnest_files::contained(read).unwrap_or_else(Err))
}

/// Refuses a dictionary that says to have more values than it has bytes: its reader makes room for
/// them all before it reads the first.
#[cfg(feature = "parquet")]
fn refuse_bombs(reader: &dyn parquet::file::reader::FileReader) -> Result<(), String> {
    use parquet::column::page::Page;

    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group).map_err(|e| e.to_string())?;
        for column in 0..group.num_columns() {
            let pages = group.get_column_page_reader(column);
            let mut pages = pages.map_err(|e| in_words(&e.to_string()))?;
            // It stands before all others.
            let first = pages.get_next_page();
            if let Some(Page::DictionaryPage {
                buf, num_values, ..
            }) = first.map_err(|e| in_words(&e.to_string()))?
                && num_values as usize > buf.len()
            {
                return Err(format!(
                    "a dictionary of {} bytes says to have {num_values} values",
                    buf.len()
                ));
            }
        }
    }
    Ok(())
}

/// What the reader of Parquet says, and what to do about it.
#[cfg(feature = "parquet")]
fn in_words(error: &str) -> String {
    match error.rsplit_once("Disabled feature at compile time: ") {
        Some((_, codec)) => format!(
            "it is compressed with {codec}, which is not read here; write it with compression \"snappy\" or \"gzip\", or without any"
        ),
        None => error.to_owned(),
    }
}

#[cfg(not(feature = "parquet"))]
fn parquet_rows(_: &Path, _: &dyn Fn(&str) -> bool) -> Result<Found, ExperimentError> {
    Ok(Err(
        "this build does not read Parquet (the feature `parquet` is off)".to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Result<FeatureTable, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.csv");
        std::fs::write(&path, text).unwrap();
        FeatureTable::read(&path, &|id| id != "foreign").map_err(|e| e.to_string())
    }

    #[test]
    fn rows_of_an_id_are_its_frames_and_columns_that_say_where_are_no_features() {
        let read = table(
            "file,id,start,b,a\nx.wav,u1,0.0,1,2\nx.wav,u1,0.1,5,6\nx.wav,u2,0.0,3,4\nx.wav,foreign,0.0,3,4\n",
        );
        let read = read.unwrap();
        assert_eq!(read.columns, ["b", "a"]);
        let one = read.of("u1").unwrap();
        assert_eq!((one.frames(), one.values()), (2, &[1.0, 2.0, 5.0, 6.0][..]));
        assert_eq!(read.of("u2").unwrap().frames(), 1);
        assert!(read.of("u3").is_none() && read.of("foreign").is_none());
        assert!(
            read.foreign()
                .unwrap()
                .contains("ids are no utterance of the corpus (1, the first is foreign)")
        );
        // Large numbers are features where they differ by enough, or by nothing.
        for large in [
            "id,a\nu,1700000000\nv,1800000003\n",
            "id,a\nu,1700000001\nv,1700000001\n",
        ] {
            assert!(table(large).is_ok(), "{large}");
        }
        let other = table("id,b,a\nu1,1,2\nu2,3,4\n").unwrap();
        assert_ne!(read.fingerprint, other.fingerprint);
    }

    #[cfg(feature = "parquet")]
    mod parquet_tables {
        use std::sync::Arc;

        use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, FloatType};
        use parquet::data_type::{Int64Type, Int96, Int96Type};
        use parquet::file::properties::WriterProperties;
        use parquet::file::writer::SerializedFileWriter;
        use parquet::schema::parser::parse_message_type;

        use super::FeatureTable;

        /// The cells of a column in three rows.
        enum Cells {
            Text([&'static str; 3]),
            Float([f32; 3]),
            Double([f64; 3]),
            Whole([i64; 3]),
            /// The first and the last row have one.
            Holes([f32; 2]),
            Dates,
        }

        fn table(schema: &str, columns: &[Cells]) -> Result<FeatureTable, String> {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("t.parquet");
            let schema = parse_message_type(&format!("message t {{ {schema} }}")).unwrap();
            let mut file = SerializedFileWriter::new(
                std::fs::File::create(&path).unwrap(),
                Arc::new(schema),
                Arc::new(WriterProperties::default()),
            )
            .unwrap();
            let mut group = file.next_row_group().unwrap();
            for cells in columns {
                fn put<T: DataType>(
                    group: &mut parquet::file::writer::SerializedRowGroupWriter<'_, std::fs::File>,
                    values: &[T::T],
                    present: Option<&[i16]>,
                ) {
                    let mut column = group.next_column().unwrap().unwrap();
                    let typed = column.typed::<T>();
                    typed.write_batch(values, present, None).unwrap();
                    column.close().unwrap();
                }
                match cells {
                    Cells::Text(texts) => {
                        put::<ByteArrayType>(&mut group, &texts.map(ByteArray::from), None);
                    }
                    Cells::Float(values) => put::<FloatType>(&mut group, values, None),
                    Cells::Double(values) => put::<DoubleType>(&mut group, values, None),
                    Cells::Whole(values) => put::<Int64Type>(&mut group, values, None),
                    Cells::Holes(values) => {
                        put::<FloatType>(&mut group, values, Some(&[1, 0, 1]));
                    }
                    Cells::Dates => put::<Int96Type>(&mut group, &[Int96::new(); 3], None),
                }
            }
            group.close().unwrap();
            file.close().unwrap();
            FeatureTable::read(&path, &|_| true).map_err(|e| e.to_string())
        }

        const IDS: Cells = Cells::Text(["u1", "u1", "u2"]);

        #[test]
        fn numbers_of_every_usual_kind_are_features() {
            let read = table(
                "required double b; required binary id (UTF8); required float a; required int64 c;",
                &[
                    Cells::Double([0.5, 0.25, 0.125]),
                    IDS,
                    Cells::Float([1.0, 2.0, 3.0]),
                    Cells::Whole([7, 8, 9]),
                ],
            )
            .unwrap();
            assert_eq!(read.columns, ["b", "a", "c"]);
            let one = read.of("u1").unwrap();
            assert_eq!(one.values(), [0.5, 1.0, 7.0, 0.25, 2.0, 8.0]);
            assert_eq!(read.of("u2").unwrap().frames(), 1);
            // The same features in CSV are the same table.
            let csv = super::table("b,id,a,c\n0.5,u1,1,7\n0.25,u1,2,8\n0.125,u2,3,9\n");
            assert_eq!(read.fingerprint, csv.unwrap().fingerprint);
        }

        #[test]
        fn what_is_no_number_is_refused_with_its_row() {
            let id = "required binary id (UTF8);";
            for (schema, cells, words) in [
                (
                    "optional float a;",
                    Cells::Holes([1.0, 2.0]),
                    "row 2: a of u1 is null",
                ),
                (
                    "required double a;",
                    Cells::Double([1.0, 2.0, f64::NAN]),
                    "row 3: a of u2 is NaN",
                ),
                (
                    "required double a;",
                    Cells::Double([1e300, 2.0, 3.0]),
                    "; a feature lies within",
                ),
                (
                    "required binary a (UTF8);",
                    Cells::Text(["x", "y", "z"]),
                    "row 1: a of u1 is \"x\", and no number",
                ),
                ("required int96 a;", Cells::Dates, "and no number"),
            ] {
                let error = table(&format!("{id} {schema}"), &[IDS, cells]).unwrap_err();
                assert!(error.contains(words), "{schema}: {error}");
            }
            let number = "required float id; required int64 a;";
            let columns = [Cells::Float([1.0, 2.0, 3.0]), Cells::Whole([1, 2, 3])];
            let error = table(number, &columns).unwrap_err();
            assert!(error.contains("row 1: id is 1.0, and no text"), "{error}");
        }
    }

    #[test]
    fn a_table_that_is_none_is_refused_with_its_line() {
        for (text, words) in [
            ("a,b\n1,2\n", "no column `id`"),
            ("id\nu\n", "no column of features"),
            ("id,a,a\nu,1,2\n", "two columns a"),
            ("id,a\nu,1\nv,x\n", "line 3: a of v is \"x\""),
            ("id,a\r\nu,1\r\nv,x\r\n", "line 3: a of v is \"x\""),
            ("id,a\nu,NaN\n", "a of u is NaN"),
            ("id,a\nu,1e30\n", "lies within"),
            ("id,a\nu,1\nv,1\nu,2\n", "line 4: u has other rows"),
            ("id,start,a\nu,1,1\nu,0.5,1\n", "line 3: the rows of u"),
            (
                "id,a\nu,1700000000\nv,1700000003\n",
                "a is 1700000000 to 1700000003, where single precision, in which features are held, has steps of 128",
            ),
            ("id,a\n,1\n", "line 2: its id is empty"),
            (",id,a\n0,u,1\n", "index=False"),
            ("id,a,__index_level_0__\nu,1,0\n", "index=False"),
            ("id,a\nu,1,2\n", "line: 2"),
        ] {
            let error = table(text).unwrap_err();
            assert!(error.contains(words), "{text:?}: {error}");
        }
    }
}
