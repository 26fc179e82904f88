//! Files of a report.

use std::path::Path;

use earnest_experiment::ExperimentError;

/// As [`earnest_files::write_whole`].
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> Result<(), ExperimentError> {
    earnest_files::write_whole(path, content).map_err(ExperimentError::file("write", path))
}
