//! Files and folders, with this crate's errors.

use std::path::Path;
use std::time::Duration;

use crate::error::ExperimentError;

/// As [`earnest_files::write_whole`].
///
/// # Errors
/// [`ExperimentError::File`] with the file that cannot be written; it is as it was before.
pub fn write_whole(path: &Path, content: &[u8]) -> Result<(), ExperimentError> {
    earnest_files::write_whole(path, content).map_err(ExperimentError::file("write", path))
}

pub(crate) fn create_folder(path: &Path) -> Result<(), ExperimentError> {
    std::fs::create_dir_all(path).map_err(ExperimentError::file("create the folder", path))
}

pub(crate) fn read_text(path: &Path) -> Result<String, ExperimentError> {
    earnest_files::read_text(path).map_err(ExperimentError::file("read", path))
}

/// In a folder that others may be writing to, parts older than this were left behind.
pub(crate) const LEFT_BEHIND: Duration = Duration::from_secs(60);

/// Removes what killed processes left half written in a folder: parts of at least this age.
pub(crate) fn forget_parts(folder: &Path, age: Duration) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let old = || {
            let modified = entry.metadata().and_then(|m| m.modified()).ok()?;
            Some(modified.elapsed().unwrap_or_default() >= age)
        };
        if path.extension().is_some_and(|e| e == "part") && old() == Some(true) {
            let _ = std::fs::remove_file(&path);
        }
    }
}
