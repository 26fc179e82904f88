//! Tables with a header that layouts other than manifests have: CSV files whose columns have the
//! names that their corpus documents.

use std::path::{Path, PathBuf};

use csv::StringRecord;
use earnest_files::{MOST_TEXT, read_file};

use super::Reading;
use crate::problem::ProblemKind;

/// The lines of records, by the bytes that they begin at: a reader of CSV counts one line too few
/// where lines end as on Windows, and at empty lines.
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    /// Of a file without a byte order mark.
    pub fn of(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            line: 1,
        }
    }

    /// The line of a record that begins at a byte or after line ends that follow it; one after the
    /// other.
    pub fn line(&mut self, byte: u64) -> usize {
        let begin = usize::try_from(byte).unwrap_or(usize::MAX);
        let begin = begin.clamp(self.at, self.bytes.len());
        let is_end = |b: &&u8| matches!(b, b'\r' | b'\n');
        let ends = self.bytes.iter().skip(begin).take_while(is_end).count();
        let passed = self.bytes.get(self.at..begin + ends).unwrap_or_default();
        self.line += passed.iter().filter(|b| **b == b'\n').count();
        self.at = begin + ends;
        self.line
    }
}

/// A CSV file that was read whole.
pub(super) struct Table {
    /// Where it is, for messages.
    pub file: PathBuf,
    columns: Vec<String>,
    rows: Vec<(usize, StringRecord)>,
}

/// A row of a table.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    /// Its line, from 1.
    pub line: usize,
    record: &'a StringRecord,
}

impl<'a> Row<'a> {
    /// A cell that is not empty.
    pub fn cell(self, column: usize) -> Option<&'a str> {
        let text = self.record.get(column)?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// A cell as a number. A cell that is none is a problem, and the rest of the row is used.
    pub fn number(
        self,
        column: Option<usize>,
        table: &Table,
        reading: &mut Reading,
    ) -> Option<f32> {
        let column = column?;
        let text = self.cell(column)?;
        match text.parse().ok().filter(|x: &f32| x.is_finite()) {
            Some(number) => Some(number),
            // How pandas writes that there is none.
            None if text.eq_ignore_ascii_case("nan") => None,
            None => {
                let name = table.columns.get(column).map_or("", |c| c.as_str());
                reading.problem(
                    ProblemKind::UnreadableLine,
                    &table.file,
                    Some(self.line),
                    format!("{name} is {text:?}, not a number; the row's other columns are used"),
                );
                None
            }
        }
    }
}

impl Table {
    /// Reads a table. What cannot be read of it becomes problems: the whole, or lines that have
    /// another number of cells than the header.
    pub fn read(file: &Path, reading: &mut Reading) -> Option<Self> {
        let mut unreadable = |line, detail| {
            reading.problem(ProblemKind::UnreadableTable, file, line, detail);
        };
        let bytes = match read_file(file, MOST_TEXT) {
            Ok(bytes) => bytes,
            Err(error) => {
                unreadable(None, error.to_string());
                return None;
            }
        };
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_start_matches('\u{feff}');
        let mut lines = Lines::of(text.as_bytes());
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let columns: Vec<String> = match reader.headers() {
            Ok(headers) => headers.iter().map(str::to_owned).collect(),
            Err(error) => {
                unreadable(Some(1), error.to_string());
                return None;
            }
        };
        let mut table = Self {
            file: file.to_owned(),
            columns,
            rows: Vec::new(),
        };
        for record in reader.records() {
            let (line, detail) = match record {
                Ok(record) => {
                    let line = record.position().map_or(0, |p| lines.line(p.byte()));
                    let (cells, header) = (record.len(), table.columns.len());
                    if cells == header {
                        table.rows.push((line, record));
                        continue;
                    }
                    let detail = format!("{cells} cells where the header has {header}");
                    (Some(line), detail)
                }
                Err(error) => {
                    let line = error.position().map(|p| p.line() as usize);
                    (line, error.to_string())
                }
            };
            reading.problem(ProblemKind::UnreadableLine, file, line, detail);
        }
        Some(table)
    }

    /// The place of a column, by the name that it is documented to have.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c == name)
    }

    /// The places of columns without which the table says nothing; a problem that names those
    /// that are not there, or are there twice.
    pub fn needed<const N: usize>(
        &self,
        names: [&str; N],
        reading: &mut Reading,
    ) -> Option<[usize; N]> {
        let count = |name: &str| self.columns.iter().filter(|c| *c == name).count();
        let missing: Vec<&str> = names.into_iter().filter(|n| count(n) == 0).collect();
        let twice: Vec<&str> = names.into_iter().filter(|n| count(n) > 1).collect();
        let detail = match (missing.is_empty(), twice.is_empty()) {
            (true, true) => {
                return Some(names.map(|name| self.column(name).unwrap_or_default()));
            }
            (false, _) => format!(
                "the header has no column {}; it has {}",
                missing.join(" and no column "),
                self.columns.join(", ")
            ),
            (true, false) => format!("two columns are called {}", twice.join(", and two ")),
        };
        reading.problem(ProblemKind::UnreadableTable, &self.file, Some(1), detail);
        None
    }

    /// All rows that have as many cells as the header.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(line, record)| Row {
            line: *line,
            record,
        })
    }
}
