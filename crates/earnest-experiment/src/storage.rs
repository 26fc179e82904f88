//! Files that are whole or absent.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::ExperimentError;

/// Writes under a temporary name, flushes to disk, renames.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> Result<(), ExperimentError> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::File::create(&part)?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&part, path)
    };
    write().map_err(ExperimentError::file("write", path))
}

pub(crate) fn create_folder(path: &Path) -> Result<(), ExperimentError> {
    std::fs::create_dir_all(path).map_err(ExperimentError::file("create the folder", path))
}

pub(crate) fn read_text(path: &Path) -> Result<String, ExperimentError> {
    std::fs::read_to_string(path).map_err(ExperimentError::file("read", path))
}
