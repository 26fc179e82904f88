//! Writing what was cut, and saying how good it is.

use std::path::Path;

use earnest_audio::{AudioError, SampleFormat, write_wav_channels};
use earnest_files::RelativePath;
use earnest_signal::SAMPLE_RATE;
use serde::{Deserialize, Serialize};

use super::align::Alignment;

/// Below this likeness to what was played, a cut is doubtful.
const DOUBTFUL: f32 = 0.2;

/// What is to be said of an utterance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remark {
    /// Nothing.
    Good,
    /// Hardly like what was played.
    Doubtful,
    /// Samples are at full scale.
    Clipped,
    /// It is not in the recording.
    Missing,
}

/// A line of the quality report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CutRow {
    /// The utterance.
    pub id: String,
    /// Its file below the folder.
    pub path: RelativePath,
    /// Where it begins in the recording, s.
    pub start_s: Option<f64>,
    /// Likeness to what was played, 0 .. 1.
    pub likeness: Option<f32>,
    /// Over the silence before it, dB.
    pub snr_db: Option<f64>,
    /// Samples at full scale, over all channels.
    pub clipped: usize,
    /// To be played again, unless good.
    pub remark: Remark,
}

/// How good the cuts of an alignment are: a line for each utterance, missing ones too.
#[must_use]
pub fn cut_rows(alignment: &Alignment) -> Vec<CutRow> {
    let cuts = alignment.cuts.iter().map(|cut| CutRow {
        id: cut.slot.id.clone(),
        path: cut.slot.path.with_extension("wav"),
        start_s: Some(cut.start as f64 / f64::from(SAMPLE_RATE)),
        likeness: Some(cut.confidence),
        snr_db: Some(cut.snr_db),
        clipped: cut.clipped,
        remark: match (cut.confidence < DOUBTFUL, cut.clipped > 0) {
            (true, _) => Remark::Doubtful,
            (false, true) => Remark::Clipped,
            (false, false) => Remark::Good,
        },
    });
    let missing = alignment.missing.iter().map(|(slot, _)| CutRow {
        id: slot.id.clone(),
        path: slot.path.with_extension("wav"),
        start_s: None,
        likeness: None,
        snr_db: None,
        clipped: 0,
        remark: Remark::Missing,
    });
    cuts.chain(missing).collect()
}

/// Writes each utterance that was found at its relative path, all channels, 32-bit floats at
/// 16 kHz; returns [`cut_rows`].
///
/// # Errors
/// A file cannot be written.
pub fn write_cuts(
    alignment: &Alignment,
    channels: &[Vec<f32>],
    folder: &Path,
) -> Result<Vec<CutRow>, AudioError> {
    for cut in &alignment.cuts {
        let to = cut.slot.path.with_extension("wav").under(folder);
        if let Some(inner) = to.parent() {
            std::fs::create_dir_all(inner).map_err(|e| AudioError::Write {
                path: inner.to_owned(),
                detail: e.to_string(),
            })?;
        }
        let range = cut.start..cut.start.saturating_add(cut.slot.length);
        let parts: Vec<&[f32]> = channels
            .iter()
            .map(|c| c.get(range.clone()).unwrap_or_default())
            .collect();
        write_wav_channels(&to, &parts, SAMPLE_RATE, SampleFormat::Float32)?;
    }
    Ok(cut_rows(alignment))
}
