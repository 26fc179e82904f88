//! Reading the table that comes with a collection.

use std::path::Path;

use earnest_files::{MOST_TEXT, read_file};

use super::CollectionError;
use crate::left_out::LeftOut;

/// A row with its line number.
pub struct Row<'a> {
    table: &'a Table,
    line: u64,
    cells: csv::StringRecord,
}

/// A CSV table with a header.
pub struct Table {
    name: String,
    columns: Vec<String>,
    rows: Vec<(u64, Result<csv::StringRecord, String>)>,
}

impl Table {
    /// Reads a table; `None` if there is no such file. One that is there and cannot be read is
    /// an error: without it, nobody knows which clips are voices.
    pub fn read(path: &Path) -> Result<Option<Self>, CollectionError> {
        use std::io::ErrorKind::{NotADirectory, NotFound};
        let unreadable = |detail: String| CollectionError::Table {
            path: path.to_owned(),
            detail,
        };
        match path.symlink_metadata() {
            Err(error) if matches!(error.kind(), NotFound | NotADirectory) => return Ok(None),
            Err(error) => return Err(unreadable(error.to_string())),
            Ok(_) => {}
        }
        let bytes = read_file(path, MOST_TEXT).map_err(|e| unreadable(e.to_string()))?;
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(bytes.as_slice());
        let columns: Vec<String> = reader
            .byte_headers()
            .map_err(|e| unreadable(e.to_string()))?
            .iter()
            .map(|c| {
                String::from_utf8_lossy(c)
                    .trim_start_matches('\u{feff}')
                    .to_owned()
            })
            .collect();
        if columns.is_empty() {
            return Err(unreadable("it is empty".to_owned()));
        }
        let mut rows = Vec::new();
        let mut line = 1;
        for record in reader.byte_records() {
            let row = record.map_err(|e| e.to_string()).map(|record| {
                line = record.position().map_or(line + 1, csv::Position::line);
                csv::StringRecord::from_byte_record_lossy(record)
            });
            rows.push((line, row));
        }
        let name = path.file_name().unwrap_or_default();
        Ok(Some(Self {
            name: name.to_string_lossy().into_owned(),
            columns,
            rows,
        }))
    }

    /// True if it has all of these columns.
    pub fn has(&self, columns: &[&str]) -> bool {
        columns.iter().all(|c| self.columns.iter().any(|x| x == c))
    }

    /// The rows that have these columns filled; the others are left out by line.
    pub fn rows<'a>(&'a self, needed: &[&str], left_out: &mut Vec<LeftOut>) -> Vec<Row<'a>> {
        let mut good = Vec::new();
        for (line, cells) in &self.rows {
            let at = format!("{}:{line}", self.name);
            let cells = match cells {
                Ok(cells) => cells.clone(),
                Err(error) => {
                    left_out.push(LeftOut::new(at, error.clone()));
                    continue;
                }
            };
            let row = Row {
                table: self,
                line: *line,
                cells,
            };
            match needed.iter().find(|c| row.get(c).is_none()) {
                None => good.push(row),
                Some(missing) => left_out.push(LeftOut::new(at, format!("no {missing}"))),
            }
        }
        good
    }
}

impl Row<'_> {
    /// A cell that is not empty.
    pub fn get(&self, column: &str) -> Option<&str> {
        let i = self.table.columns.iter().position(|c| c == column)?;
        self.cells.get(i).filter(|c| !c.is_empty())
    }

    /// A cell that a needed column has.
    pub fn text(&self, column: &str) -> &str {
        self.get(column).unwrap_or_default()
    }

    /// Where it stands, for messages.
    pub fn place(&self) -> String {
        format!("{}:{}", self.table.name, self.line)
    }
}
