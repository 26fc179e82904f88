//! A whole corpus as the robot hears it: stereo files at the corpus's relative paths, and a
//! manifest with every draw.

mod folder;
mod sounds;

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use earnest_audio::{SampleFormat, write_wav_channels};
use earnest_corpus::{Corpus, CorpusError, Utterance, synthetic};
use earnest_files::RelativePath;
use earnest_random::Key;
use earnest_signal::SAMPLE_RATE;
use rayon::prelude::*;

use self::folder::{DESCRIPTION, GROWING, MANIFEST, left_by_earlier};
pub use self::folder::{Entry, FolderError, Scene};
pub use self::sounds::{Part, SceneSound, sounds_of};
use crate::lab::{Draws, LabError, Listener, Setup};

/// The files that a scene's folder has beside the utterances.
pub const OWN_FILES: [&str; 4] = [DESCRIPTION, MANIFEST, GROWING, synthetic::MARKER];

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// The manifest, in the corpus's order.
    pub entries: Vec<Entry>,
    /// How many of them were there before.
    pub from_before: usize,
    /// Utterances that could not be made, and why.
    pub failed: Vec<String>,
}

/// Why a scene cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// The lab.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// What the folder says of an earlier scene cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Whether the corpus is synthetic cannot be told, or not be said.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// The folder holds another scene.
    #[error(
        "{} holds a scene made from something else (another seed, lab or corpus, or sounds that have changed since: see its scene.toml); choose another folder",
        folder.display()
    )]
    Other {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder holds what is no scene's.
    #[error(
        "{} is there already, and it is no file of a scene (there is no scene.toml beside it): it would be replaced; choose another folder",
        path.display()
    )]
    Occupied {
        /// The file.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

fn file_error(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> SimulateError {
    let path = path.to_owned();
    move |source| SimulateError::File {
        action,
        path,
        source,
    }
}

fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), SimulateError> {
    earnest_files::write_whole(path, bytes).map_err(file_error("write", path))
}

impl Scene {
    /// True if a folder holds this scene, or a part of it; false if it holds none, and nothing that
    /// a simulation would replace.
    ///
    /// # Errors
    /// It holds another scene, or files of the corpus's names that are no scene's; its description
    /// cannot be read.
    pub fn refuse_other(&self, corpus: &Corpus, folder: &Path) -> Result<bool, SimulateError> {
        match Self::of_folder(folder)? {
            Some(there) if there != *self => Err(SimulateError::Other {
                folder: folder.to_owned(),
            }),
            Some(_) => Ok(true),
            None => {
                let mut files = corpus
                    .utterances
                    .iter()
                    .map(|u| u.path.with_extension("wav").under(folder));
                match files.find(|path| path.symlink_metadata().is_ok()) {
                    Some(path) => Err(SimulateError::Occupied { path }),
                    None => Ok(false),
                }
            }
        }
    }
}

/// Writes the corpus as the robot in the lab hears it. Goes on where an earlier call stopped;
/// the same scene gives the same bytes from any number of threads. `progress` is called once
/// for each utterance.
///
/// # Errors
/// [`SimulateError`]; an utterance that cannot be made is named in the summary instead. A file
/// that is no scene's is not replaced.
pub fn simulate(
    corpus: &Corpus,
    scene: &Scene,
    setup: &Setup,
    folder: &Path,
    progress: impl Fn() + Sync,
) -> Result<Summary, SimulateError> {
    let paths: Vec<RelativePath> = corpus
        .utterances
        .iter()
        .map(|u| u.path.with_extension("wav"))
        .collect();
    std::fs::create_dir_all(folder).map_err(file_error("create the folder", folder))?;
    let (manifest, growing) = (folder.join(MANIFEST), folder.join(GROWING));
    if !scene.refuse_other(corpus, folder)? {
        let description = folder.join(DESCRIPTION);
        let text = toml::to_string(scene)
            .map_err(|e| file_error("write", &description)(std::io::Error::other(e)))?;
        corpus.mark_alike(folder)?;
        write_whole(&description, text.as_bytes())?;
    }
    let mut before = left_by_earlier(&manifest, folder)?;
    before.extend(left_by_earlier(&growing, folder)?);
    // What is known goes into the growing manifest again: a half line at its end is cut off.
    let mut lines = String::new();
    for entry in corpus.utterances.iter().filter_map(|u| before.get(&u.id)) {
        lines.push_str(&line(entry));
    }
    write_whole(&growing, lines.as_bytes())?;
    let file = OpenOptions::new()
        .append(true)
        .open(&growing)
        .map_err(file_error("open", &growing))?;
    let file = Mutex::new(file);
    let key = Key::new(scene.seed).with("scene");
    let results: Vec<Result<Entry, String>> = corpus
        .utterances
        .par_iter()
        .zip(&paths)
        .map_init(Listener::default, |listener, (utterance, path)| {
            let made = match before.get(&utterance.id) {
                Some(entry) => Ok(entry.clone()),
                None => one(
                    corpus,
                    utterance,
                    setup,
                    listener,
                    &path.under(folder),
                    &key,
                )
                .map(|(seconds, draws)| Entry {
                    id: utterance.id.clone(),
                    path: path.clone(),
                    seconds,
                    draws,
                })
                .and_then(|entry| remember(&file, entry)),
            };
            progress();
            made
        })
        .collect();
    let mut summary = Summary {
        from_before: before.len(),
        ..Summary::default()
    };
    for result in results {
        match result {
            Ok(entry) => summary.entries.push(entry),
            Err(reason) => summary.failed.push(reason),
        }
    }
    let lines: String = summary.entries.iter().map(line).collect();
    write_whole(&manifest, lines.as_bytes())?;
    std::fs::remove_file(&growing).map_err(file_error("remove", &growing))?;
    Ok(summary)
}

fn line(entry: &Entry) -> String {
    // A structure of numbers and texts is always written.
    let mut line = serde_json::to_string(entry).unwrap_or_default();
    line.push('\n');
    line
}

/// Adds a line to the growing manifest, in one write.
fn remember(file: &Mutex<File>, entry: Entry) -> Result<Entry, String> {
    let mut file = file.lock().map_err(|e| e.to_string())?;
    file.write_all(line(&entry).as_bytes())
        .map_err(|e| format!("cannot write the manifest: {e}"))?;
    Ok(entry)
}

/// Writes what is heard of one utterance; returns its length, s, and what was drawn.
fn one(
    corpus: &Corpus,
    utterance: &Utterance,
    setup: &Setup,
    listener: &mut Listener,
    to: &Path,
    key: &Key,
) -> Result<(f64, Draws), String> {
    let wave = corpus.read(utterance).map_err(|e| e.to_string())?;
    let heard = listener
        .hear(setup, wave.samples(), &key.with(utterance.id.as_str()))
        .map_err(|e| format!("{}: {e}", utterance.id))?;
    if let Some(inner) = to.parent() {
        std::fs::create_dir_all(inner)
            .map_err(|e| format!("cannot create the folder {}: {e}", inner.display()))?;
    }
    // Sixteen bits hold what a converter of as many gives, to the bit.
    let format = match setup.lab().microphones.bits {
        0..=16 => SampleFormat::Int16,
        _ => SampleFormat::Float32,
    };
    let [left, right] = &heard.channels;
    write_wav_channels(to, &[left, right], SAMPLE_RATE, format).map_err(|e| e.to_string())?;
    Ok((wave.duration_s(), heard.draws))
}
