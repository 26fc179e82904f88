//! A corpus of emotional "speech" that Earnest makes itself, in IEMOCAP's layout, for the
//! demo and the tests. It is no speech: syllables of a source-filter synthesiser whose
//! prosody and voice follow rough, overlapping rules for each emotion. Its numbers say
//! nothing about people, and it is called synthetic wherever they appear.

mod emotion;
mod style;
mod voice;

use std::fmt::Write as _;
use std::path::Path;

use earnest_audio::{SampleFormat, write_wav};
use earnest_random::Key;
use earnest_signal::Waveform;
use rayon::prelude::*;

use crate::error::CorpusError;
use crate::marker::{Marker, write_marker};
pub use emotion::Emotion;

pub use crate::marker::{MARKER, SyntheticSettings};
pub use style::{Speaker, Style};
pub use voice::speak;

const SESSIONS: usize = 5;

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

fn plan(settings: SyntheticSettings) -> Vec<Turn> {
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
                let mut generator = key.with("plan").generator();
                let emotion = Emotion::ALL[i % 4];
                let label = if i < settings.utterances_per_speaker {
                    label(emotion, generator.chance(0.6))
                } else if generator.chance(0.5) {
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
                    style: Style::draw(emotion, &speaker, &mut generator),
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
    let mut generator = key.generator();
    [0; 3].map(|_| (value + 0.45 * generator.normal()).round().clamp(1.0, 5.0))
}

/// Writes the corpus into a folder: `SessionN/dialog/EmoEvaluation`, `SessionN/sentences/wav`.
/// `progress` is called once for each utterance; see [`count`].
///
/// # Errors
/// Files that cannot be written.
pub fn write(
    folder: &Path,
    settings: SyntheticSettings,
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
pub fn count(settings: SyntheticSettings) -> usize {
    let each = settings.utterances_per_speaker + settings.utterances_per_speaker.div_ceil(20);
    2 * SESSIONS * each
}
