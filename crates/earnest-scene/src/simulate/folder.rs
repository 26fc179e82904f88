//! What a scene's folder says of itself: `scene.toml`, all that the scene is made from, and
//! `scene.jsonl`, what was drawn for each utterance. Nothing of it is guessed: a file that is
//! missing or not understood is an error, since whoever takes a scene for mere recordings no
//! longer knows what was heard in it.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use earnest_files::{RelativePath, toml_file};
use serde::{Deserialize, Serialize};

use super::sounds::SceneSound;
use crate::lab::{Draws, Lab};

/// The manifest's name, and what it is called while it grows.
pub(super) const MANIFEST: &str = "scene.jsonl";
pub(super) const GROWING: &str = "scene.jsonl.part";
pub(super) const DESCRIPTION: &str = "scene.toml";

/// What a scene is made from; kept beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// All randomness.
    pub seed: u64,
    /// Which corpus: its fingerprint.
    pub corpus: String,
    /// Recordings for events. This path and the lab's are absolute; in a file that somebody
    /// wrote they may be relative to the scene's folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<PathBuf>,
    /// The lab.
    pub lab: Lab,
    /// What its sounds were: events that may happen, the robot's own noise, measured rooms.
    #[serde(default, rename = "sound", skip_serializing_if = "Vec::is_empty")]
    pub sounds: Vec<SceneSound>,
}

/// A line of the manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The utterance.
    pub id: String,
    /// Its file below the scene's folder.
    pub path: RelativePath,
    /// Length, s.
    pub seconds: f64,
    /// What was drawn, and what came of it.
    #[serde(flatten)]
    pub draws: Draws,
}

/// Why a folder does not say what was heard in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// A manifest without its description.
    #[error(
        "{} holds a scene ({manifest} is there) without its scene.toml, so what was heard in it is not known; put scene.toml back, or make the scene again in another folder (earnest scene simulate)",
        folder.display()
    )]
    NoDescription {
        /// The folder.
        folder: PathBuf,
        /// The manifest that is there.
        manifest: &'static str,
    },
    /// A scene that was not finished.
    #[error(
        "the scene in {} is not finished ({}); give its `earnest scene simulate` command again, which goes on where it stopped",
        folder.display(),
        if *growing { "scene.jsonl.part is there" } else { "it has no scene.jsonl" }
    )]
    Unfinished {
        /// The folder.
        folder: PathBuf,
        /// True if the unfinished manifest is there.
        growing: bool,
    },
    /// A file cannot be read.
    #[error("cannot read {}, which says what was heard in a scene: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The description is not understood.
    #[error(
        "{} is not understood: {detail}\nput it back as `earnest scene simulate` wrote it, or make the scene again in another folder",
        path.display()
    )]
    Description {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// The manifest names no utterance.
    #[error(
        "{} is empty, so what was heard in the scene is not known; remove it and give the scene's `earnest scene simulate` command again, which writes it anew",
        path.display()
    )]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A line of the manifest is not understood.
    #[error(
        "{}:{line} is not understood: {detail}; remove that file and give the scene's `earnest scene simulate` command again, which writes it anew",
        path.display()
    )]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        detail: String,
    },
}

/// The text of a file; `None` if there is no such file.
fn text_of(path: &Path) -> Result<Option<String>, FolderError> {
    match earnest_files::read_text(path) {
        Ok(text) => Ok(Some(text)),
        // A link that leads nowhere was a file once.
        Err(e) if e.kind() == ErrorKind::NotFound && !is_there(path)? => Ok(None),
        Err(source) => Err(FolderError::Read {
            path: path.to_owned(),
            source,
        }),
    }
}

/// True if there is something of this name, be it a link that leads nowhere.
fn is_there(path: &Path) -> Result<bool, FolderError> {
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
        Err(source) => Err(FolderError::Read {
            path: path.to_owned(),
            source,
        }),
    }
}

fn understood(path: &Path, number: usize, line: &str) -> Result<Entry, FolderError> {
    let mut entry: Entry = serde_json::from_str(line).map_err(|e| FolderError::Line {
        path: path.to_owned(),
        line: number,
        detail: e.to_string(),
    })?;
    entry.draws.settle();
    Ok(entry)
}

impl Scene {
    /// The scene that a folder holds; none if it holds no file of a scene. Its paths are
    /// absolute, or as the folder's own is.
    ///
    /// # Errors
    /// [`FolderError`]: it holds one that cannot be read or is not understood, or lacks its
    /// `scene.toml`.
    pub fn of_folder(folder: &Path) -> Result<Option<Self>, FolderError> {
        let path = folder.join(DESCRIPTION);
        let Some(text) = text_of(&path)? else {
            for manifest in [MANIFEST, GROWING] {
                if is_there(&folder.join(manifest))? {
                    return Err(FolderError::NoDescription {
                        folder: folder.to_owned(),
                        manifest,
                    });
                }
            }
            return Ok(None);
        };
        let scene: Result<Self, String> = toml_file::parse(&text);
        let scene = scene
            .and_then(|scene| scene.lab.check().map(|()| scene))
            .map_err(|detail| FolderError::Description { path, detail })?;
        Ok(Some(Self {
            events: scene.events.map(|events| folder.join(events)),
            lab: scene.lab.below(folder),
            ..scene
        }))
    }

    /// The manifest of a folder that holds a scene.
    ///
    /// # Errors
    /// [`FolderError`]: the scene is not finished, or its manifest cannot be read or has a line
    /// that is not understood.
    pub fn entries(folder: &Path) -> Result<Vec<Entry>, FolderError> {
        let path = folder.join(MANIFEST);
        let growing = is_there(&folder.join(GROWING))?;
        match text_of(&path)? {
            Some(text) if !growing => {
                let lines = text.lines().enumerate();
                let entries: Vec<Entry> = lines
                    .map(|(i, line)| understood(&path, i + 1, line))
                    .collect::<Result<_, _>>()?;
                match entries.is_empty() {
                    true => Err(FolderError::Empty { path }),
                    false => Ok(entries),
                }
            }
            _ => Err(FolderError::Unfinished {
                folder: folder.to_owned(),
                growing,
            }),
        }
    }
}

/// What an earlier call left in a manifest, finished or not: entries whose files are there, by
/// utterance. A last line without its end is what a stop left, and is passed over.
pub(super) fn left_by_earlier(
    path: &Path,
    folder: &Path,
) -> Result<HashMap<String, Entry>, FolderError> {
    let text = text_of(path)?.unwrap_or_default();
    let mut entries = HashMap::new();
    for (i, line) in text.split_inclusive('\n').enumerate() {
        let Some(line) = line.strip_suffix('\n') else {
            break;
        };
        let entry = understood(path, i + 1, line)?;
        if entry.path.under(folder).is_file() {
            entries.insert(entry.id.clone(), entry);
        }
    }
    Ok(entries)
}
