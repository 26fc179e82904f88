//! A whole corpus as the robot hears it: stereo files at the corpus's relative paths, and a
//! manifest with every draw.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use earnest_audio::{SAMPLE_RATE, SampleFormat, write_wav_channels};
use earnest_corpus::{Corpus, Utterance};
use earnest_random::Key;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::lab::{Draws, Lab, LabError, Listener, Setup};

/// What a scene is made from; kept beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// All randomness.
    pub seed: u64,
    /// Which corpus: its fingerprint.
    pub corpus: String,
    /// Recordings for events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<PathBuf>,
    /// The lab.
    pub lab: Lab,
}

/// A line of the manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The utterance.
    pub id: String,
    /// Its file below the scene's folder.
    pub path: String,
    /// Length, s.
    pub seconds: f64,
    /// What was drawn, and what came of it.
    #[serde(flatten)]
    pub draws: Draws,
}

impl Scene {
    /// The scene that a folder holds, if it holds one.
    #[must_use]
    pub fn of_folder(folder: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(folder.join("scene.toml")).ok()?;
        toml::from_str(&text).ok()
    }

    /// The manifest of a scene's folder; lines that a stop left unfinished are passed over.
    #[must_use]
    pub fn entries(folder: &Path) -> Vec<Entry> {
        std::fs::read_to_string(folder.join("scene.jsonl"))
            .unwrap_or_default()
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }
}

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
    /// The folder holds another scene.
    #[error(
        "{} holds a scene made from something else (other seed, lab or corpus: see its scene.toml); choose another folder",
        folder.display()
    )]
    Other {
        /// The folder.
        folder: PathBuf,
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

/// The manifest's name, and what it is called while it grows.
const MANIFEST: &str = "scene.jsonl";
const GROWING: &str = "scene.jsonl.part";
const DESCRIPTION: &str = "scene.toml";

fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), SimulateError> {
    earnest_files::write_whole(path, bytes).map_err(file_error("write", path))
}

/// Entries of a manifest whose lines are whole and whose files are there.
fn entries_in(path: &Path, folder: &Path) -> HashMap<String, Entry> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
        .filter_map(|line| serde_json::from_str::<Entry>(line).ok())
        .filter(|entry| folder.join(&entry.path).is_file())
        .map(|entry| (entry.id.clone(), entry))
        .collect()
}

/// Writes the corpus as the robot in the lab hears it. Goes on where an earlier call stopped;
/// the same scene gives the same bytes from any number of threads. `progress` is called once
/// for each utterance.
///
/// # Errors
/// [`SimulateError`]; an utterance that cannot be made is named in the summary instead.
pub fn simulate(
    corpus: &Corpus,
    scene: &Scene,
    setup: &Setup,
    folder: &Path,
    progress: impl Fn() + Sync,
) -> Result<Summary, SimulateError> {
    std::fs::create_dir_all(folder).map_err(file_error("create the folder", folder))?;
    let description = folder.join(DESCRIPTION);
    if let Ok(text) = std::fs::read_to_string(&description) {
        if toml::from_str::<Scene>(&text).ok().as_ref() != Some(scene) {
            return Err(SimulateError::Other {
                folder: folder.to_owned(),
            });
        }
    } else {
        let text = toml::to_string(scene)
            .map_err(|e| file_error("write", &description)(std::io::Error::other(e)))?;
        write_whole(&description, text.as_bytes())?;
    }
    let (manifest, growing) = (folder.join(MANIFEST), folder.join(GROWING));
    let mut before = entries_in(&manifest, folder);
    before.extend(entries_in(&growing, folder));
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
        .map_init(Listener::default, |listener, utterance| {
            let made = match before.get(&utterance.id) {
                Some(entry) => Ok(entry.clone()),
                None => one(corpus, utterance, setup, listener, folder, &key)
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

fn one(
    corpus: &Corpus,
    utterance: &Utterance,
    setup: &Setup,
    listener: &mut Listener,
    folder: &Path,
    key: &Key,
) -> Result<Entry, String> {
    let wave = corpus.read(utterance).map_err(|e| e.to_string())?;
    let heard = listener
        .hear(setup, wave.samples(), &key.with(utterance.id.as_str()))
        .map_err(|e| format!("{}: {e}", utterance.id))?;
    let path = utterance.path.with_extension("wav");
    let to = path.under(folder);
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
    write_wav_channels(&to, &[left, right], SAMPLE_RATE, format).map_err(|e| e.to_string())?;
    Ok(Entry {
        id: utterance.id.clone(),
        path: path.to_string(),
        seconds: wave.duration_s(),
        draws: heard.draws,
    })
}
