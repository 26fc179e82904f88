//! Where frames lie: LLD_SPEC.md section 1.

/// Frame lengths and hop in samples, at one rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Framing {
    /// Samples each second.
    pub sample_rate: f64,
    /// Samples between frame starts: 10 ms.
    pub hop: usize,
    /// Short frame: 20 ms.
    pub short: usize,
    /// Long frame: 60 ms. It shares its left edge with the short one.
    pub long: usize,
}

impl Framing {
    /// The framing at a rate in Hz; lengths are rounded half away from zero.
    #[must_use]
    pub fn new(sample_rate: u32) -> Self {
        let rate = f64::from(sample_rate);
        let samples = |seconds: f64| ((seconds * rate).round() as usize).max(1);
        Self {
            sample_rate: rate,
            hop: samples(0.010),
            short: samples(0.020),
            long: samples(0.060),
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

    /// Rows that the extractor gives for this many samples: one more than there are long
    /// frames, or none if there is no long frame.
    #[must_use]
    pub fn rows(&self, samples: usize) -> usize {
        match self.frames(samples, self.long) {
            0 => 0,
            n => n + 1,
        }
    }
}
