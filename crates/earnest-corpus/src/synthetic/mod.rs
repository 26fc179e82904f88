//! A corpus of emotional "speech" that Earnest makes itself, in IEMOCAP's layout, for the
//! demo and the tests. It is no speech: syllables of a source-filter synthesiser whose
//! prosody and voice follow rough, overlapping rules for each emotion. Its numbers say
//! nothing about people, and it is called synthetic wherever they appear.

mod style;
mod voice;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use earnest_audio::{SampleFormat, write_wav};
use earnest_random::Key;
use earnest_signal::Waveform;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::corpus::{Corpus, CorpusError};
use crate::emotion::Emotion;

pub use style::{Speaker, Style};
pub use voice::speak;

/// Name of the file that marks a folder as synthetic, in the corpus's and in what is made of it.
pub const MARKER: &str = "SYNTHETIC.json";
const SESSIONS: usize = 5;

/// What to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Same seed, same bytes.
    pub seed: u64,
    /// Four-class utterances of each of the 10 speakers, the classes in turn.
    pub utterances_per_speaker: usize,
}

impl Default for Settings {
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
    note: String,
    settings: Settings,
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

/// Marks a folder of what was made from a corpus as synthetic, if the corpus is.
///
/// # Errors
/// The corpus's marker cannot be read, or the folder cannot be written to.
pub fn mark_alike(folder: &Path, corpus: &Corpus) -> Result<(), CorpusError> {
    if !corpus.synthetic {
        return Ok(());
    }
    let files: Vec<PathBuf> = corpus
        .utterances
        .iter()
        .map(|u| corpus.audio_path(u))
        .collect();
    match marker_of(&corpus.root, &files)? {
        Some(marker) => write_marker(folder, &marker),
        None => Ok(()),
    }
}

fn write_marker(folder: &Path, marker: &Marker) -> Result<(), CorpusError> {
    let path = folder.join(MARKER);
    let json = serde_json::to_vec_pretty(marker).unwrap_or_default();
    earnest_files::write_whole(&path, &json).map_err(|source| CorpusError::File {
        action: "write",
        path,
        source,
    })
}

/// A turn as planned, before it is spoken.
struct Turn {
    name: String,
    dialogue: String,
    session: usize,
    speaker: Speaker,
    label: &'static str,
    style: Style,
    key: Key,
}

/// Own label of a class, as IEMOCAP writes it. Some happy turns are called excited.
fn label(emotion: Emotion, excited: bool) -> &'static str {
    match emotion {
        Emotion::Angry => "ang",
        Emotion::Happy if excited => "exc",
        Emotion::Happy => "hap",
        Emotion::Neutral => "neu",
        Emotion::Sad => "sad",
    }
}

fn plan(settings: Settings) -> Vec<Turn> {
    let root = Key::new(settings.seed).with("synthetic corpus");
    let mut turns = Vec::new();
    for session in 1..=SESSIONS {
        let mut count = 0;
        for letter in ["F", "M"] {
            let who = root.with(session as u64).with(letter);
            let speaker = Speaker::draw(letter == "F", &who);
            // A few turns whose raters did not agree, or on another emotion, as real
            // corpora have; they carry labels outside the four classes.
            let others = settings.utterances_per_speaker.div_ceil(20);
            for i in 0..settings.utterances_per_speaker + others {
                let key = who.with(i as u64);
                let mut draws = key.with("plan").draws();
                let emotion = Emotion::ALL[i % 4];
                let label = if i < settings.utterances_per_speaker {
                    label(emotion, draws.chance(0.6))
                } else if draws.chance(0.5) {
                    "xxx"
                } else {
                    "fru"
                };
                // Dialogues carry the letter of one speaker but hold turns of both.
                let dialogue = format!(
                    "Ses{session:02}{}_impro{:02}",
                    ["F", "M"][count % 2],
                    1 + count / 40
                );
                turns.push(Turn {
                    name: format!("{dialogue}_{letter}{:03}", i),
                    dialogue,
                    session,
                    style: Style::draw(emotion, &speaker, &mut draws),
                    speaker: speaker.clone(),
                    label,
                    key,
                });
                count += 1;
            }
        }
    }
    turns
}

/// Ratings by three people who see the style through noise, in whole steps of 1 .. 5.
fn ratings(value: f64, key: &Key) -> [f64; 3] {
    let mut draws = key.draws();
    [0; 3].map(|_| (value + 0.45 * draws.normal()).round().clamp(1.0, 5.0))
}

/// Writes the corpus into a folder: `SessionN/dialog/EmoEvaluation`, `SessionN/sentences/wav`.
/// `progress` is called once for each utterance; see [`count`].
///
/// # Errors
/// Files that cannot be written.
pub fn write(
    folder: &Path,
    settings: Settings,
    progress: impl Fn() + Sync,
) -> Result<(), CorpusError> {
    let turns = plan(settings);
    let file_error = |path: &Path| {
        let path = path.to_owned();
        move |source| CorpusError::File {
            action: "write",
            path,
            source,
        }
    };
    for turn in &turns {
        let session = folder.join(format!("Session{}", turn.session));
        for inner in [
            session.join("dialog/EmoEvaluation"),
            session.join("sentences/wav").join(&turn.dialogue),
        ] {
            std::fs::create_dir_all(&inner).map_err(file_error(&inner))?;
        }
    }
    let lengths: Vec<f64> = turns
        .par_iter()
        .map(|turn| {
            let samples = speak(&turn.speaker, &turn.style, &turn.key);
            let wave = Waveform::at_16k(samples);
            let path = folder
                .join(format!("Session{}/sentences/wav", turn.session))
                .join(&turn.dialogue)
                .join(format!("{}.wav", turn.name));
            write_wav(&path, &wave, SampleFormat::Int16)?;
            progress();
            Ok(wave.duration_s())
        })
        .collect::<Result<_, CorpusError>>()?;

    let mut dialogues: Vec<(usize, String)> = turns
        .iter()
        .map(|t| (t.session, t.dialogue.clone()))
        .collect();
    dialogues.sort();
    dialogues.dedup();
    for (session, dialogue) in dialogues {
        let mut text = String::from("% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n");
        let mut at = 0.0;
        for (turn, length) in turns.iter().zip(&lengths) {
            if turn.dialogue != dialogue {
                continue;
            }
            let arousal = ratings(turn.style.arousal, &turn.key.with("arousal"));
            let valence = ratings(turn.style.valence, &turn.key.with("valence"));
            let mean = |r: &[f64; 3]| r.iter().sum::<f64>() / 3.0;
            // Writing into a String cannot fail.
            let _ = writeln!(
                text,
                "[{at:.4} - {:.4}]\t{}\t{}\t[{:.4}, {:.4}, 3.0000]",
                at + length,
                turn.name,
                turn.label,
                mean(&valence),
                mean(&arousal)
            );
            let _ = writeln!(text, "C-E1:\t{};\t()", turn.label);
            for (i, (v, a)) in valence.iter().zip(&arousal).enumerate() {
                let _ = writeln!(text, "A-E{}:\tval {v:.0}; act {a:.0}; dom  3;\t()", i + 1);
            }
            text.push('\n');
            at += length + 0.5;
        }
        let path = folder
            .join(format!("Session{session}/dialog/EmoEvaluation"))
            .join(format!("{dialogue}.txt"));
        earnest_files::write_whole(&path, text.as_bytes()).map_err(file_error(&path))?;
    }
    let marker = Marker {
        note: "Made by Earnest (earnest corpus synthesize). Not speech: results on it say nothing about people.".into(),
        settings,
    };
    write_marker(folder, &marker)
}

/// How many utterances [`write()`] makes.
#[must_use]
pub fn count(settings: Settings) -> usize {
    let each = settings.utterances_per_speaker + settings.utterances_per_speaker.div_ceil(20);
    2 * SESSIONS * each
}
