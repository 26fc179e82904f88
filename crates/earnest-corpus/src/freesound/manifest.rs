//! What was downloaded: a CSV table beside the clips, one line added for each.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};

use earnest_files::{MOST_TEXT, path_cell, read_file, text_cell, text_of_cell};
use serde::{Deserialize, Serialize};

use super::client::Found;
use super::{FreesoundError, MANIFEST, file_error};

/// A line of the manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The clip's file.
    pub file: String,
    /// Freesound's id.
    pub id: u64,
    /// What its author calls it.
    pub name: String,
    /// Who made it.
    pub author: String,
    /// Its licence, an address.
    pub licence: String,
    /// Its tags, with spaces between.
    pub tags: String,
    /// Length, seconds.
    pub duration_s: f64,
    /// Its page.
    pub url: String,
    /// The wanted tag by which it was found first.
    pub found_by: String,
}

/// A text that stays on one line.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ").trim().to_owned()
}

impl Entry {
    pub fn of(found: &Found, file: &str, tag: &str) -> Self {
        Self {
            file: file.to_owned(),
            id: found.id,
            name: one_line(&found.name),
            author: one_line(&found.username),
            licence: one_line(&found.license),
            tags: one_line(&found.tags.join(" ")),
            duration_s: found.duration,
            url: one_line(&found.url),
            found_by: tag.to_owned(),
        }
    }
}

impl Entry {
    /// Texts of strangers as they stand in the table: no spreadsheet takes them for formulas.
    fn in_cells(&self) -> Self {
        Self {
            file: path_cell(&self.file).into_owned(),
            ..self.with_texts(|text| text_cell(text).into_owned())
        }
    }

    fn out_of_cells(&self) -> Self {
        self.with_texts(|cell| text_of_cell(cell).to_owned())
    }

    fn with_texts(&self, change: impl Fn(&str) -> String) -> Self {
        Self {
            file: self.file.clone(),
            id: self.id,
            name: change(&self.name),
            author: change(&self.author),
            licence: change(&self.licence),
            tags: change(&self.tags),
            duration_s: self.duration_s,
            url: change(&self.url),
            found_by: change(&self.found_by),
        }
    }
}

/// The manifest of a folder.
pub struct Manifest {
    path: PathBuf,
    file: File,
    empty: bool,
    ids: HashSet<u64>,
    found_by: Vec<String>,
}

impl Manifest {
    /// Opens or begins one. A last line without its end, from a stop in the middle of writing,
    /// is cut off; lines of clips that are not there any more do not count.
    pub fn open(folder: &Path) -> Result<Self, FreesoundError> {
        let path = folder.join(MANIFEST);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(file_error("open", &path))?;
        let bytes = read_file(&path, MOST_TEXT).map_err(file_error("read", &path))?;
        let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
        file.set_len(whole as u64)
            .and_then(|()| file.seek(std::io::SeekFrom::End(0)))
            .map_err(file_error("write", &path))?;
        let mut manifest = Self {
            path,
            file,
            empty: whole == 0,
            ids: HashSet::new(),
            found_by: Vec::new(),
        };
        let mut reader = csv::Reader::from_reader(&bytes[..whole]);
        for entry in reader.deserialize() {
            let entry: Result<Entry, csv::Error> = entry;
            let entry =
                entry
                    .map(|entry| entry.out_of_cells())
                    .map_err(|e| FreesoundError::Manifest {
                        path: manifest.path.clone(),
                        line: e.position().map_or(1, csv::Position::line),
                        detail: e.to_string(),
                    })?;
            if folder.join(&entry.file).is_file() {
                manifest.remember(&entry);
            }
        }
        Ok(manifest)
    }

    fn remember(&mut self, entry: &Entry) {
        self.ids.insert(entry.id);
        self.found_by.push(entry.found_by.clone());
    }

    /// Which clips are there.
    pub fn ids(&self) -> &HashSet<u64> {
        &self.ids
    }

    /// How many were found by a tag.
    pub fn found_by(&self, tag: &str) -> usize {
        self.found_by.iter().filter(|t| *t == tag).count()
    }

    /// Adds a line, in one write.
    pub fn add(&mut self, entry: &Entry) -> Result<(), FreesoundError> {
        let mut writer = csv::WriterBuilder::new()
            .has_headers(self.empty)
            .from_writer(Vec::new());
        let lines = writer
            .serialize(entry.in_cells())
            .map_err(std::io::Error::other)
            .and_then(|()| writer.into_inner().map_err(|e| e.into_error()));
        lines
            .and_then(|lines| self.file.write_all(&lines))
            .and_then(|()| self.file.sync_data())
            .map_err(file_error("write", &self.path))?;
        self.empty = false;
        self.remember(entry);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_that_would_be_formulas_stand_quoted_and_are_read_as_they_were() {
        let dir = tempfile::tempdir().unwrap();
        let entry = Entry {
            file: "7.ogg".into(),
            id: 7,
            name: "=HYPERLINK(\"http://x\")".into(),
            author: "@anna".into(),
            licence: "http://l".into(),
            tags: "-tag".into(),
            duration_s: 1.5,
            url: "http://u".into(),
            found_by: "+wind".into(),
        };
        let mut manifest = Manifest::open(dir.path()).unwrap();
        manifest.add(&entry).unwrap();
        let text = std::fs::read_to_string(dir.path().join(MANIFEST)).unwrap();
        for cell in ["'=HYPERLINK", ",'@anna,", ",'-tag,1.5,", ",'+wind\n"] {
            assert!(text.contains(cell), "{text}");
        }
        assert_eq!(entry.in_cells().out_of_cells(), entry);
        std::fs::write(dir.path().join("7.ogg"), "x").unwrap();
        let manifest = Manifest::open(dir.path()).unwrap();
        assert_eq!(manifest.found_by("+wind"), 1);
    }
}
