//! A recording session: playing a corpus part by part, and cutting each recording at once.

use std::path::Path;

use earnest_audio::AudioError;
use earnest_corpus::{Corpus, Utterance};

use super::align::{AlignError, Alignment, align};
use super::cuts::{CutRow, write_cuts};
use super::playlist::{PlaylistSettings, in_parts, sweeps};

/// What was recorded while something was played.
#[derive(Clone, Debug, Default)]
pub struct Take {
    /// 16 kHz, one vector for each microphone.
    pub channels: Vec<Vec<f32>>,
    /// Why it ended before its time, if it did.
    pub broke: Option<String>,
}

/// Something that plays and records at once.
pub trait Device {
    /// Plays 16 kHz samples and records from before the first to after the last.
    ///
    /// # Errors
    /// It cannot begin at all.
    fn play_and_record(&mut self, samples: &[f32]) -> Result<Take, String>;
}

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The devices cannot be opened.
    #[error("cannot play and record: {0}")]
    Device(String),
    /// They stopped in the middle.
    #[error(
        "the sound system stopped: {detail}; {done} utterances are recorded whole, {left} are left: give the same command with --resume"
    )]
    Broke {
        /// What it said.
        detail: String,
        /// Utterances that are there.
        done: usize,
        /// Utterances that are not.
        left: usize,
    },
    /// What was recorded is not what was played.
    #[error(
        "{0}; check volume, microphones and which devices are used (earnest scene record --list)"
    )]
    Align(#[from] AlignError),
    /// A file cannot be written.
    #[error(transparent)]
    Audio(#[from] AudioError),
}

/// What a few sweeps tell before a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// From playing to recording, s: buffers and the way through the air.
    pub delay_s: f64,
    /// RMS of silence, dB below full scale, for each channel.
    pub noise_floor_db: Vec<f64>,
    /// RMS of a sweep, dB below full scale, for each channel.
    pub level_db: Vec<f64>,
    /// Samples at full scale.
    pub clipped: usize,
}

fn decibels(x: f32) -> f64 {
    20.0 * f64::from(x).max(1e-7).log10()
}

/// Plays three sweeps, and says how they arrive.
///
/// # Errors
/// [`RecordError`].
pub fn calibrate(device: &mut dyn Device) -> Result<Calibration, RecordError> {
    let part = sweeps(3);
    let take = device
        .play_and_record(&part.samples)
        .map_err(RecordError::Device)?;
    if let Some(detail) = take.broke {
        return Err(RecordError::Device(detail));
    }
    let alignment = align(&take.channels, &part)?;
    let rate = f64::from(earnest_signal::SAMPLE_RATE);
    let lead = alignment.delay_s.max(0.0) * rate;
    let sweep = part.sweeps.first().cloned().unwrap_or_default();
    let first = (sweep.start as f64 + lead) as usize;
    let level = |from: usize, to: usize| -> Vec<f64> {
        let of = |c: &Vec<f32>| {
            let to = to.min(c.len());
            decibels(earnest_signal::rms(&c[from.min(to)..to]))
        };
        take.channels.iter().map(of).collect()
    };
    Ok(Calibration {
        delay_s: alignment.delay_s,
        noise_floor_db: level(first.saturating_sub(12_000), first.saturating_sub(1_600)),
        level_db: level(first, first + sweep.len()),
        clipped: take
            .channels
            .iter()
            .flatten()
            .filter(|x| x.abs() >= 0.999)
            .count(),
    })
}

/// What came of a session.
#[derive(Clone, Debug, Default)]
pub struct RecordSummary {
    /// A line for each utterance that was played.
    pub rows: Vec<CutRow>,
    /// Utterances that were there before.
    pub from_before: usize,
    /// Corpus files that cannot be read, and why.
    pub failed: Vec<String>,
}

/// True if an utterance was recorded before.
fn is_there(folder: &Path, utterance: &Utterance) -> bool {
    utterance.path.with_extension("wav").under(folder).is_file()
}

/// Plays the utterances that are not in the folder yet, and writes each as it was recorded.
/// `heard` is told of each alignment.
///
/// Returns what was recorded, and why it stopped before the end, if it did: what was recorded
/// whole is kept then, and the next call goes on.
pub fn record(
    corpus: &Corpus,
    folder: &Path,
    settings: PlaylistSettings,
    device: &mut dyn Device,
    mut heard: impl FnMut(&Alignment),
) -> (RecordSummary, Option<RecordError>) {
    let wanted: Vec<&Utterance> = corpus
        .utterances
        .iter()
        .filter(|u| !is_there(folder, u))
        .collect();
    let mut summary = RecordSummary {
        from_before: corpus.utterances.len() - wanted.len(),
        ..RecordSummary::default()
    };
    let rows = &mut summary.rows;
    let failed = in_parts(corpus, wanted.iter().copied(), settings, |part| {
        let take = device
            .play_and_record(&part.samples)
            .map_err(RecordError::Device)?;
        match align(&take.channels, &part) {
            Ok(alignment) => {
                heard(&alignment);
                rows.extend(write_cuts(&alignment, &take.channels, folder)?);
            }
            // It may have stopped before the second sweep.
            Err(_) if take.broke.is_some() => {}
            Err(error) => return Err(error.into()),
        }
        match take.broke {
            None => Ok(()),
            Some(detail) => {
                let done = corpus
                    .utterances
                    .iter()
                    .filter(|u| is_there(folder, u))
                    .count();
                Err(RecordError::Broke {
                    detail,
                    done,
                    left: corpus.utterances.len() - done,
                })
            }
        }
    });
    match failed {
        Ok(failed) => {
            summary.failed = failed;
            (summary, None)
        }
        Err(error) => (summary, Some(error)),
    }
}
