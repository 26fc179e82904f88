//! What of a folder of recordings earlier calls wrote, by their tables (`align-PLAYLIST.csv`,
//! `record.csv`): nothing else in it is replaced.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use earnest_files::RelativePath;

use super::cuts::CutRow;

/// Why utterances cannot be cut into a folder.
#[derive(Debug, thiserror::Error)]
pub enum OccupiedError {
    /// A file of somebody's own.
    #[error(
        "{} is there already, and no table of `earnest scene align` or `earnest scene record` beside it says that it was cut there: it would be replaced; choose another folder",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A table that is none.
    #[error(
        "{} is there already and is not a table that `earnest scene align` wrote ({detail}); choose another folder, or move it away",
        path.display()
    )]
    Table {
        /// The table.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// The folder cannot be looked at.
    #[error("cannot look at {}, where utterances are to be cut: {source}", path.display())]
    Read {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Files that a table says were cut, or were to be.
fn listed(table: &Path) -> Result<Vec<RelativePath>, OccupiedError> {
    let wrong = |e: csv::Error| OccupiedError::Table {
        path: table.to_owned(),
        detail: e.to_string(),
    };
    let mut reader = csv::Reader::from_path(table).map_err(wrong)?;
    let headers = reader.headers().map_err(wrong)?;
    if !["id", "path", "remark"]
        .iter()
        .all(|c| headers.iter().any(|h| h == *c))
    {
        return Err(OccupiedError::Table {
            path: table.to_owned(),
            detail: "it lacks the columns id, path, remark".to_owned(),
        });
    }
    reader
        .deserialize::<CutRow>()
        .map(|row| Ok(row.map_err(wrong)?.path))
        .collect()
}

/// True for the names of these tables.
fn is_table(name: &str) -> bool {
    name == "record.csv" || (name.starts_with("align-") && name.ends_with(".csv"))
}

/// Refuses a folder in which one of these files is there and was not cut by an earlier call, or
/// in which `table`, which is to be written, is no such table.
///
/// # Errors
/// [`OccupiedError`].
pub fn refuse_foreign<'a>(
    folder: &Path,
    table: &str,
    files: impl IntoIterator<Item = &'a RelativePath>,
) -> Result<(), OccupiedError> {
    let unread = |source| OccupiedError::Read {
        path: folder.to_owned(),
        source,
    };
    let entries = match std::fs::read_dir(folder) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(unread)?,
    };
    let mut cut: HashSet<RelativePath> = HashSet::new();
    for entry in entries {
        let name = entry.map_err(unread)?.file_name();
        let Some(name) = name.to_str().filter(|name| is_table(name)) else {
            continue;
        };
        match listed(&folder.join(name)) {
            Ok(files) => cut.extend(files),
            Err(error) if name == table => return Err(error),
            // It says nothing, so what it may stand for is spared.
            Err(_) => {}
        }
    }
    for file in files {
        let path = file.under(folder);
        if !cut.contains(file) && path.symlink_metadata().is_ok() {
            return Err(OccupiedError::Foreign { path });
        }
    }
    Ok(())
}
