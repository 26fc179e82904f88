//! The file that says of a folder that its speech is synthetic, and of which settings it was made.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::CorpusError;

/// Name of the file that marks a folder as synthetic, in the corpus's and in what is made of it.
pub const MARKER: &str = "SYNTHETIC.json";

/// What to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyntheticSettings {
    /// Same seed, same bytes.
    pub seed: u64,
    /// Four-class utterances of each of the 10 speakers, the classes in turn.
    pub utterances_per_speaker: usize,
}

impl Default for SyntheticSettings {
    fn default() -> Self {
        Self {
            seed: 1,
            utterances_per_speaker: 40,
        }
    }
}

/// The content of the marker file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Marker {
    pub(crate) note: String,
    pub(crate) settings: SyntheticSettings,
}

impl Marker {
    pub fn name(&self) -> String {
        format!(
            "synthetic corpus (seed {}, {} utterances a speaker)",
            self.settings.seed, self.settings.utterances_per_speaker
        )
    }
}

/// The marker of a folder, if it was made here. A folder without one is real; one whose marker
/// says nothing is neither: taken for real, its numbers would seem to be about people.
pub(crate) fn marker(root: &Path) -> Result<Option<Marker>, CorpusError> {
    let path = root.join(MARKER);
    let unclear = |detail: String| CorpusError::Marker {
        path: path.clone(),
        detail,
    };
    match path.symlink_metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unclear(error.to_string())),
        Ok(_) => {}
    }
    let text = earnest_files::read_text(&path).map_err(|e| unclear(e.to_string()))?;
    let marker = serde_json::from_str(&text).map_err(|e| unclear(e.to_string()))?;
    Ok(Some(marker))
}

/// The marker of a corpus: in its folder, or in one above a file of it, since a manifest may lie
/// anywhere and list files of a synthetic corpus.
pub(crate) fn marker_of(root: &Path, files: &[PathBuf]) -> Result<Option<Marker>, CorpusError> {
    let mut seen: HashSet<PathBuf> = HashSet::new();
    if let Some(marker) = marker(root)? {
        return Ok(Some(marker));
    }
    for file in files {
        let place = file.canonicalize().unwrap_or_else(|_| file.clone());
        for folder in place.ancestors().skip(1) {
            // What is above a folder that was seen was seen, too.
            if !seen.insert(folder.to_owned()) {
                break;
            }
            if let Some(marker) = marker(folder)? {
                return Ok(Some(marker));
            }
        }
    }
    Ok(None)
}

/// Writes it into a folder.
pub(crate) fn write_marker(folder: &Path, marker: &Marker) -> Result<(), CorpusError> {
    let path = folder.join(MARKER);
    let json = serde_json::to_vec_pretty(marker).unwrap_or_default();
    earnest_files::write_whole(&path, &json).map_err(|source| CorpusError::File {
        action: "write",
        path,
        source,
    })
}
