//! How much of a recording is dead: a microphone that stops midway leaves digital silence, which
//! no room has.

use std::path::{Path, PathBuf};

use earnest_audio::AudioError;

use crate::audit::SILENT_PEAK;
use crate::content_index::ContentIndex;

/// Samples that are looked at together: 10 ms.
const BLOCK: usize = 160;
/// A block is dead if its peak is below that of silence, and this far below the recording's own
/// (-60 dB): one that is quiet throughout is not dead in its pauses.
const BELOW_PEAK: f32 = 1e-3;

/// Looks at samples at 16 kHz as they come.
#[derive(Default)]
struct Looking {
    peaks: Vec<f32>,
    peak: f32,
    seen: usize,
}

impl Looking {
    fn add(&mut self, samples: &[f32]) {
        for x in samples {
            self.peak = self.peak.max(x.abs());
            self.seen += 1;
            if self.seen == BLOCK {
                self.peaks.push(self.peak);
                (self.peak, self.seen) = (0.0, 0);
            }
        }
    }

    fn share(mut self) -> f64 {
        if self.seen > 0 {
            self.peaks.push(self.peak);
        }
        let highest = self.peaks.iter().fold(0.0_f32, |m, x| m.max(*x));
        let floor = SILENT_PEAK.min(BELOW_PEAK * highest);
        let dead = self.peaks.iter().filter(|x| **x <= floor).count();
        dead as f64 / self.peaks.len().max(1) as f64
    }
}

/// The share of samples (mono, 16 kHz) that is dead, counted in pieces of 10 ms.
#[must_use]
pub fn dead_share(samples: &[f32]) -> f64 {
    let mut looking = Looking::default();
    looking.add(samples);
    looking.share()
}

/// The same of a file.
fn of_file(file: &Path) -> Result<f64, AudioError> {
    let mut looking = Looking::default();
    earnest_audio::read_blocks(file, None, |block| looking.add(block))?;
    Ok(looking.share())
}

impl ContentIndex {
    /// Of files, on all cores, the share that is dead; see [`dead_share`].
    pub fn dead_shares(&self, files: &[PathBuf]) -> Vec<Result<f64, AudioError>> {
        self.look(Self::DEAD, &self.dead, files, "", || (), of_file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digital_silence_is_dead_and_a_quiet_room_is_not() {
        let tone = |gain: f32, n: usize| (0..n).map(move |i| gain * (i as f32 * 0.3).sin());
        let stopped: Vec<f32> = tone(0.3, 1600).chain([0.0; 14_400]).collect();
        assert!((dead_share(&stopped) - 0.9).abs() < 0.01);
        let pauses: Vec<f32> = tone(0.3, 1600).chain(tone(4e-4, 14_400)).collect();
        assert_eq!(dead_share(&pauses), 0.0);
        let quiet: Vec<f32> = tone(5e-3, 1600).chain(tone(3e-5, 14_400)).collect();
        assert_eq!(dead_share(&quiet), 0.0);
        assert_eq!(dead_share(&[]), 0.0);
    }
}
