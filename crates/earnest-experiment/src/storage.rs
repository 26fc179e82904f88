//! Files and folders, with this crate's errors.

use std::path::Path;

use crate::error::ExperimentError;

/// As [`earnest_model::write_whole`].
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> Result<(), ExperimentError> {
    earnest_model::write_whole(path, content).map_err(ExperimentError::file("write", path))
}

pub(crate) fn create_folder(path: &Path) -> Result<(), ExperimentError> {
    std::fs::create_dir_all(path).map_err(ExperimentError::file("create the folder", path))
}

pub(crate) fn read_text(path: &Path) -> Result<String, ExperimentError> {
    std::fs::read_to_string(path).map_err(ExperimentError::file("read", path))
}
