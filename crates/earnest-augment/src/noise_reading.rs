//! What a number for the level of noise means.

use earnest_signal::amplitude;
use serde::{Deserialize, Serialize};

use crate::limits;
use crate::range::Range;

/// What a number for the level of noise means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoiseReading {
    /// Noise RMS over speech RMS.
    #[default]
    Amplitude,
    /// Noise power over speech power.
    Power,
    /// Signal-to-noise ratio in dB.
    SnrDb,
}

impl NoiseReading {
    /// What is wrong with a range of such numbers, if anything.
    pub(crate) fn check(self, ratio: &Range) -> Result<(), String> {
        match self {
            Self::SnrDb => ratio.check("ratio (SNR in dB)", limits::SNR_DB),
            _ => ratio.check("ratio", limits::RATIO),
        }
    }

    /// The number as noise RMS over speech RMS.
    #[must_use]
    pub fn amplitude_ratio(self, value: f64) -> f64 {
        match self {
            Self::Amplitude => value,
            Self::Power => value.sqrt(),
            Self::SnrDb => amplitude(-value),
        }
    }
}

/// A ratio of amplitudes, noise over speech, as SNR in dB.
pub(crate) fn snr_db(ratio: f64) -> f64 {
    -20.0 * ratio.log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_readings_agree_where_they_should() {
        for (reading, value) in [
            (NoiseReading::Amplitude, 0.5),
            (NoiseReading::Power, 0.25),
            (NoiseReading::SnrDb, 20.0 * 2.0_f64.log10()),
        ] {
            assert!((reading.amplitude_ratio(value) - 0.5).abs() < 1e-12);
        }
    }
}
