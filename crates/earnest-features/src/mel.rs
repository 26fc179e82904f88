//! The 26-band mel filterbank: docs/descriptors.md, section 3.

use crate::lanes::F32s;

pub(crate) const BANDS: usize = 26;

/// Triangular bands with peak 1 over a power spectrum.
pub(crate) struct MelBank {
    first_bin: usize,
    /// For each bin from `first_bin`: the band whose falling side it is on plus 1, and
    /// that side's weight. The next band gets the rest.
    bins: Vec<(usize, f32)>,
    /// Band centre frequencies, Hz.
    pub centres: [f64; BANDS],
}

fn mel(hz: f64) -> f32 {
    (1127.0 * (1.0 + hz / 700.0).ln()) as f32
}

impl MelBank {
    /// For spectra with bins `df` Hz apart, `bins` of them, at a sample rate in Hz.
    pub fn new(df: f64, bins: usize, sample_rate: f64) -> Self {
        let (low, high) = (20.0, 8000.0_f64.min(sample_rate / 2.0));
        let df = f64::from(df as f32);
        let (mel_low, mel_high) = (mel(low), mel(high));
        let step = (mel_high - mel_low) / (BANDS + 1) as f32;
        let mut points = [0.0_f32; BANDS + 2];
        for (m, point) in points.iter_mut().enumerate() {
            *point = mel_low + m as f32 * step;
        }
        let lowest = (low / df).round() as usize;
        let highest = ((high / df).round() as usize).min(bins);
        let first_bin = lowest + 1;
        let weights = (first_bin..highest)
            .map(|k| {
                let x = mel(k as f64 * df);
                let m = points
                    .iter()
                    .position(|c| *c >= x)
                    .unwrap_or(BANDS + 1)
                    .max(1);
                (m, (points[m] - x) / (points[m] - points[m - 1]))
            })
            .collect();
        let mut centres = [0.0; BANDS];
        for (b, centre) in centres.iter_mut().enumerate() {
            *centre = 700.0 * ((f64::from(points[b + 1]) / 1127.0).exp() - 1.0);
        }
        Self {
            first_bin,
            bins: weights,
            centres,
        }
    }

    /// Band energies of a power spectrum.
    #[inline(always)]
    pub fn apply(&self, power: &[F32s]) -> [F32s; BANDS] {
        // Two bands of slack take what falls outside 0 .. 26.
        let mut sums = [F32s::ZERO; BANDS + 2];
        for ((m, w), p) in self.bins.iter().zip(&power[self.first_bin..]) {
            let falling = *p * *w;
            sums[m - 1] += falling;
            sums[*m] += *p - falling;
        }
        std::array::from_fn(|b| sums[b + 1])
    }
}
