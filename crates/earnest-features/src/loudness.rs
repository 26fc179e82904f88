//! Loudness: the mean of a compressed auditory spectrum, LLD_SPEC.md section 4.

use crate::mel::{BANDS, MelBank};

/// Equal-loudness weights and the power law.
pub(crate) struct Loudness {
    weights: [f32; BANDS],
}

impl Loudness {
    pub fn new(bank: &MelBank) -> Self {
        let weights = bank.centres.map(|f| {
            let w = std::f64::consts::TAU * f;
            let w2 = w * w;
            (1e32 * (w2 + 56.8e6) * w2 * w2
                / ((w2 + 6.3e6).powi(2) * (w2 + 0.38e9) * (w2.powi(3) * w + 1.7e31)))
                as f32
        });
        Self { weights }
    }

    pub fn of(&self, bands: &[f32; BANDS]) -> f32 {
        let exponent = f64::from(0.33_f32);
        let mut sum = 0.0_f32;
        for (band, weight) in bands.iter().zip(&self.weights) {
            sum += f64::from(band.max(9.3e-10) * weight).powf(exponent) as f32;
        }
        sum / BANDS as f32
    }
}
