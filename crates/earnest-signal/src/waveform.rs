//! Mono samples with their rate.

use earnest_level::rms;

/// The rate everything downstream of decoding works at, in Hz.
pub const SAMPLE_RATE: u32 = 16_000;

/// Mono audio: samples (full scale is 1.0) and a sample rate in Hz.
#[derive(Clone, Debug, PartialEq)]
pub struct Waveform {
    samples: Vec<f32>,
    sample_rate: u32,
}

impl Waveform {
    /// Samples at a rate in Hz. A rate of 0 is taken as 1, so that durations stay finite.
    #[must_use]
    pub fn new(samples: Vec<f32>, sample_rate: u32) -> Self {
        Self {
            samples,
            sample_rate: sample_rate.max(1),
        }
    }

    /// Samples at [`SAMPLE_RATE`].
    #[must_use]
    pub fn at_16k(samples: Vec<f32>) -> Self {
        Self::new(samples, SAMPLE_RATE)
    }

    /// The samples.
    #[must_use]
    pub fn samples(&self) -> &[f32] {
        &self.samples
    }

    /// The samples, taken out.
    #[must_use]
    pub fn into_samples(self) -> Vec<f32> {
        self.samples
    }

    /// Samples each second.
    #[must_use]
    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// Length in seconds.
    #[must_use]
    pub fn duration_s(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.sample_rate)
    }

    /// Root mean square of the samples; 0 when empty.
    #[must_use]
    pub fn rms(&self) -> f32 {
        rms(&self.samples)
    }

    /// Largest absolute sample; 0 when empty.
    #[must_use]
    pub fn peak(&self) -> f32 {
        self.samples.iter().fold(0.0, |peak, x| peak.max(x.abs()))
    }
}
