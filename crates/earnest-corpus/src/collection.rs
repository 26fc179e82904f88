//! Collections of noises and room responses, from their own layouts or a plain folder.

use std::path::{Path, PathBuf};

use crate::layout::{Survey, numbered_lines, stem_and_folder};

/// One file of a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    /// Its name in logs.
    pub name: String,
    /// Absolute path.
    pub path: PathBuf,
    /// What it was cut from (a longer recording, a room): one source is never split
    /// between training and test.
    pub source: String,
    /// Its class, where the collection has classes.
    pub category: Option<String>,
    /// The collection's own fold, where it has folds.
    pub fold: Option<u32>,
}

/// A collection of sounds.
#[derive(Clone, Debug)]
pub struct Collection {
    /// `ESC-50` or `folder`.
    pub layout: &'static str,
    /// Its clips, sorted by name.
    pub clips: Vec<Clip>,
    /// Clips left out, and why.
    pub left_out: Vec<String>,
}

/// Why a folder is no collection.
#[derive(Debug, thiserror::Error)]
pub enum CollectionError {
    /// No such folder.
    #[error("there is no folder of sounds at {}: {source}", path.display())]
    Absent {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// No audio in it.
    #[error("{} holds no usable audio file{hint}", path.display())]
    Empty {
        /// The path.
        path: PathBuf,
        /// What may be the matter.
        hint: String,
    },
}

/// ESC-50 classes that are human voices: unwanted as background noise (PAPER.md section 4).
const VOICES: [&str; 5] = [
    "crying_baby",
    "laughing",
    "coughing",
    "sneezing",
    "breathing",
];

impl Collection {
    /// Opens a folder of sounds: ESC-50 by its `meta/esc50.csv` (human voices left out),
    /// otherwise every audio file in it.
    ///
    /// # Errors
    /// [`CollectionError`].
    pub fn open(folder: &Path) -> Result<Self, CollectionError> {
        std::fs::read_dir(folder).map_err(|source| CollectionError::Absent {
            path: folder.to_owned(),
            source,
        })?;
        let table = folder.join("meta/esc50.csv");
        let collection = if table.is_file() {
            esc50(folder, &table)
        } else {
            plain(folder)
        };
        if collection.clips.is_empty() {
            return Err(CollectionError::Empty {
                path: folder.to_owned(),
                hint: collection
                    .left_out
                    .first()
                    .map_or(String::new(), |first| format!("; first problem: {first}")),
            });
        }
        Ok(collection)
    }

    /// Only the clips of these folds of the collection.
    #[must_use]
    pub fn folds(mut self, folds: &[u32]) -> Self {
        self.clips
            .retain(|c| c.fold.is_some_and(|f| folds.contains(&f)));
        self
    }

    /// Splits into clips for training and clips held out for the robot condition: the last
    /// fold where the collection has folds, every fourth source otherwise. No source is on
    /// both sides.
    #[must_use]
    pub fn hold_out(self) -> (Vec<Clip>, Vec<Clip>) {
        let last = self.clips.iter().filter_map(|c| c.fold).max();
        let mut sources: Vec<&str> = self.clips.iter().map(|c| c.source.as_str()).collect();
        sources.sort_unstable();
        sources.dedup();
        let held: Vec<String> = sources
            .iter()
            .enumerate()
            .filter(|(i, _)| i % 4 == 3)
            .map(|(_, s)| (*s).to_owned())
            .collect();
        let several_folds = self.clips.iter().any(|c| c.fold != last);
        let is_held = |c: &Clip| match (c.fold, several_folds) {
            (Some(fold), true) => Some(fold) == last,
            _ => held.contains(&c.source),
        };
        self.clips.into_iter().partition(|c| !is_held(c))
    }
}

fn esc50(folder: &Path, table: &Path) -> Collection {
    let mut collection = Collection {
        layout: "ESC-50",
        clips: Vec::new(),
        left_out: Vec::new(),
    };
    let lines = numbered_lines(table).unwrap_or_default();
    let mut columns: Vec<String> = Vec::new();
    for (line, text) in lines {
        let cells: Vec<&str> = text.split(',').map(str::trim).collect();
        if columns.is_empty() {
            columns = cells.iter().map(|c| (*c).to_owned()).collect();
            continue;
        }
        let cell = |name: &str| {
            let i = columns.iter().position(|c| c == name)?;
            cells.get(i).copied().filter(|c| !c.is_empty())
        };
        let (Some(file), Some(category)) = (cell("filename"), cell("category")) else {
            if !text.trim().is_empty() {
                collection.left_out.push(format!(
                    "{}:{line}: no filename or category",
                    table.display()
                ));
            }
            continue;
        };
        let path = folder.join("audio").join(file);
        if VOICES.contains(&category) {
            collection
                .left_out
                .push(format!("{file}: {category} is a human voice"));
        } else if !path.is_file() {
            collection
                .left_out
                .push(format!("{}:{line}: no audio/{file}", table.display()));
        } else {
            collection.clips.push(Clip {
                name: file.to_owned(),
                path,
                source: cell("src_file").unwrap_or(file).to_owned(),
                category: Some(category.to_owned()),
                fold: cell("fold").and_then(|f| f.parse().ok()),
            });
        }
    }
    collection.clips.sort_by(|a, b| a.name.cmp(&b.name));
    collection
}

fn plain(folder: &Path) -> Collection {
    let clips = Survey::of_folder(folder)
        .audio
        .into_iter()
        .map(|path| Clip {
            source: stem_and_folder(&path).0.to_owned(),
            path: folder.join(&path),
            name: path,
            category: None,
            fold: None,
        })
        .collect();
    Collection {
        layout: "folder",
        clips,
        left_out: Vec::new(),
    }
}
