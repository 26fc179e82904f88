//! Loudness: the mean of a compressed auditory spectrum, docs/descriptors.md, section 4.

use crate::lanes::F32s;
use crate::logarithm::{exp, ln};
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

    #[inline(always)]
    pub fn of(&self, bands: &[F32s; BANDS]) -> F32s {
        let floor = F32s::splat(9.3e-10);
        let exponent = f64::from(0.33_f32);
        let mut sum = F32s::ZERO;
        for (band, weight) in bands.iter().zip(&self.weights) {
            let x = band.max(floor) * *weight;
            sum += exp(ln(x.wide()) * exponent).narrow();
        }
        sum / BANDS as f32
    }
}
