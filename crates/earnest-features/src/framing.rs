//! Where frames lie: docs/descriptors.md, section 1.

use crate::settings::{Lld32, Mode};

/// Length of the long window, seconds.
pub(crate) const LONG_S: f64 = 0.060;

/// From one row to the next, seconds.
pub(crate) const HOP_S: f64 = 0.010;

/// Frame lengths and hop in samples, at one rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Framing {
    /// Samples each second.
    pub sample_rate: f64,
    /// Samples between frame starts: 10 ms.
    pub hop: usize,
    /// Short frame: 20 ms, or 25.
    pub short: usize,
    /// Long frame: 60 ms.
    pub long: usize,
    /// From a long frame's start to that of its short frame: 0 in mode `opensmile`, where
    /// they share their left edge; in mode `accurate` they share their centre.
    pub short_offset: usize,
    /// Rows beyond the number of long frames: mode `opensmile` repeats the last one.
    pub extra_rows: usize,
}

impl Framing {
    /// The framing at a rate in Hz; lengths are rounded half away from zero.
    #[must_use]
    pub fn new(sample_rate: u32, settings: Lld32) -> Self {
        let rate = f64::from(sample_rate.max(1));
        let samples = |seconds: f64| ((seconds * rate).round() as usize).max(1);
        let (short, long) = (samples(settings.window.seconds()), samples(LONG_S));
        let (short_offset, extra_rows) = match settings.mode {
            Mode::OpenSmile => (0, 1),
            Mode::Accurate => ((long - short) / 2, 0),
        };
        Self {
            sample_rate: rate,
            hop: samples(HOP_S),
            short,
            long,
            short_offset,
            extra_rows,
        }
    }

    /// Complete frames of `length` in `samples` samples; the incomplete last one is dropped.
    #[must_use]
    pub fn frames(&self, samples: usize, length: usize) -> usize {
        if samples < length {
            0
        } else {
            (samples - length) / self.hop + 1
        }
    }

    /// Rows that the extractor gives for this many samples: none if there is no long frame.
    #[must_use]
    pub fn rows(&self, samples: usize) -> usize {
        match self.frames(samples, self.long) {
            0 => 0,
            n => n + self.extra_rows,
        }
    }
}
