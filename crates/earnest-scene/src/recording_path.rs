//! Where recordings of a corpus lie below their folder: at its relative paths, as WAV.

use std::collections::HashMap;

use earnest_corpus::Utterance;
use earnest_files::{RelativePath, RelativePathError};

/// Why utterances have no file of their own below a folder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingPathError {
    /// The corpus's path leads elsewhere.
    #[error("the audio of utterance {id} cannot have a recording: {source}")]
    Path {
        /// The utterance.
        id: String,
        /// What is wrong with its path.
        source: RelativePathError,
    },
    /// Two would be one file.
    #[error(
        "utterances {} ({}) and {} ({}) would both be recorded as {path}; give their audio files names that differ before the extension, or leave one out",
        ids[0], paths[0], ids[1], paths[1]
    )]
    Shared {
        /// The two.
        ids: [String; 2],
        /// Their audio in the corpus.
        paths: [String; 2],
        /// Their one recording.
        path: RelativePath,
    },
}

/// Where the recording of an utterance lies below the recordings' folder.
///
/// # Errors
/// [`RecordingPathError::Path`].
pub fn recording_path(utterance: &Utterance) -> Result<RelativePath, RecordingPathError> {
    RelativePath::new(&utterance.path)
        .map(|path| path.with_extension("wav"))
        .map_err(|source| RecordingPathError::Path {
            id: utterance.id.clone(),
            source,
        })
}

/// The same for many, in their order: a file of its own for each.
///
/// # Errors
/// [`RecordingPathError`], with both utterances if two would share a file.
pub fn recording_paths(utterances: &[Utterance]) -> Result<Vec<RelativePath>, RecordingPathError> {
    let mut owners: HashMap<RelativePath, &Utterance> = HashMap::new();
    let mut paths = Vec::with_capacity(utterances.len());
    for utterance in utterances {
        let path = recording_path(utterance)?;
        if let Some(other) = owners.insert(path.clone(), utterance) {
            return Err(RecordingPathError::Shared {
                ids: [other.id.clone(), utterance.id.clone()],
                paths: [other.path.to_string(), utterance.path.to_string()],
                path,
            });
        }
        paths.push(path);
    }
    Ok(paths)
}
