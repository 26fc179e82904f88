//! A microphone's frequency response.

use earnest_signal::{amplitude, equaliser, high_pass, low_pass};

/// A response as cheap capsules in housings have it: band limits, one resonance, and
/// ripple between octaves.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Microphone {
    /// Where the low end begins to fall, Hz.
    pub low_hz: f64,
    /// Where the high end begins to fall, Hz.
    pub high_hz: f64,
    /// Where the housing resonates, Hz.
    pub resonance_hz: f64,
    /// By how much, dB.
    pub resonance_db: f64,
    /// Deviations at the octaves of [`BANDS_HZ`](earnest_signal::BANDS_HZ), dB.
    pub ripple_db: [f64; 7],
}

/// Width of the resonance, octaves.
const WIDTH: f64 = 0.4;
/// Capsules fall by 12 dB an octave at both ends.
const ORDER: u32 = 2;

impl Microphone {
    /// Its amplitude at a frequency.
    #[must_use]
    pub fn gain(&self, hz: f64) -> f64 {
        let octaves = (hz.max(1.0) / self.resonance_hz).log2();
        let peak = amplitude(self.resonance_db * (-0.5 * (octaves / WIDTH).powi(2)).exp());
        high_pass(hz, self.low_hz, ORDER)
            * low_pass(hz, self.high_hz, ORDER)
            * peak
            * equaliser(hz, &self.ripple_db)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_resonates_where_it_says_and_falls_at_both_ends() {
        let microphone = Microphone {
            low_hz: 100.0,
            high_hz: 7_000.0,
            resonance_hz: 2_500.0,
            resonance_db: 6.0,
            ripple_db: [0.0; 7],
        };
        let db = |hz| 20.0 * microphone.gain(hz).log10();
        assert!((db(2_500.0) - 6.0).abs() < 0.2);
        assert!((db(500.0)).abs() < 0.3);
        assert!((db(25.0) + 24.0).abs() < 0.5);
        assert!(db(7_900.0) < -2.5);
    }
}
