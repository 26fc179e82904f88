//! The equivalent sound level: docs/functionals.md, section 7.

use crate::framing::Framing;

/// What digital silence has, dB.
const SILENCE_DB: f64 = -120.0;

/// The mean over all short frames of their mean square, of samples that come bit by bit.
pub(crate) struct Level {
    hop: usize,
    length: usize,
    /// 16-bit samples from the start of the next frame on.
    samples: Vec<f32>,
    frames: usize,
    sum: f64,
}

impl Level {
    pub fn new(framing: &Framing) -> Self {
        Self {
            hop: framing.hop,
            length: framing.short,
            samples: Vec::with_capacity(framing.short),
            frames: 0,
            sum: 0.0,
        }
    }

    /// Adds samples of full scale 1.0.
    pub fn push(&mut self, mut samples: &[f32]) {
        while !samples.is_empty() {
            let wanted = self.length - self.samples.len();
            let (now, later) = samples.split_at(wanted.min(samples.len()));
            // As 16-bit numbers over 32767, like all descriptors (docs/descriptors.md, section 1).
            let scaled = |x: &f32| (x * 32768.0).clamp(-32768.0, 32767.0).trunc() / 32767.0;
            self.samples.extend(now.iter().map(scaled));
            samples = later;
            if self.samples.len() == self.length {
                let squares = self.samples.iter().map(|x| f64::from(x * x));
                self.sum += squares.sum::<f64>() / self.length as f64;
                self.frames += 1;
                self.samples.drain(..self.hop);
            }
        }
    }

    pub fn reset(&mut self) {
        self.samples.clear();
        self.frames = 0;
        self.sum = 0.0;
    }

    /// dB relative to full scale.
    pub fn decibels(&self) -> f64 {
        let mean = self.sum / self.frames.max(1) as f64;
        if mean > 0.0 {
            (10.0 * mean.log10()).max(SILENCE_DB)
        } else {
            SILENCE_DB
        }
    }
}
