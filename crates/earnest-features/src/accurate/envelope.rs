//! Formants: linear prediction of the spectral envelope, 0 .. 5.5 kHz.
//!
//! The all-pole model is fitted to a power spectrum rather than to samples (selective
//! linear prediction, Makhoul 1975), so that the band is exactly the one wanted and no
//! resampling is needed. In a voiced frame that spectrum is a smooth curve through the
//! harmonics (Hermansky, Hanson and Wakita 1984): the model then follows the vocal tract
//! and not the single harmonics, which matters for high voices.

use crate::formants::Formants;
use crate::formants::lpc::ORDER;
use crate::formants::roots;
use crate::lanes::{Column, F64s};

use super::harmonics::Harmonic;

const HIGHEST_HZ: f64 = 5500.0;
/// Formants lie between these, Hz.
const LOWEST_FORMANT_HZ: f64 = 90.0;
/// A pole wider than this is spectral tilt, Hz.
const WIDEST_HZ: f64 = 900.0;
/// Pre-emphasis rises by 6 dB an octave from here, Hz.
const EMPHASIS_HZ: f64 = 50.0;
/// White noise that keeps the fit well-conditioned: -60 dB.
const FLOOR: f64 = 1e-6;

pub(crate) struct Envelope {
    df: f64,
    /// Cosines of each lag over the bins.
    cosines: Vec<[f64; ORDER + 1]>,
    emphasis: Vec<f64>,
    power: Vec<f64>,
    /// The model's own sample rate: twice its band.
    rate: f64,
}

impl Envelope {
    pub fn new(df: f64, bins: usize) -> Self {
        let count = (((HIGHEST_HZ / df).round() as usize) + 1).min(bins);
        let rate = 2.0 * (count - 1) as f64 * df;
        let pole = (-2.0 * std::f64::consts::PI * EMPHASIS_HZ / rate).exp();
        let angle = |k: usize| std::f64::consts::TAU * k as f64 * df / rate;
        Self {
            cosines: (0..count)
                .map(|k| {
                    // The ends of the band count half, as in any integral by trapezoids.
                    let share = if k == 0 || k + 1 == count { 0.5 } else { 1.0 };
                    std::array::from_fn(|lag| share * (lag as f64 * angle(k)).cos())
                })
                .collect(),
            emphasis: (0..count)
                .map(|k| 1.0 - 2.0 * pole * angle(k).cos() + pole * pole)
                .collect(),
            power: vec![0.0; count],
            rate,
            df,
        }
    }

    /// Formants of an unvoiced frame, from its own power spectrum.
    pub fn formants_of_noise(&mut self, magnitude: Column<'_>) -> Formants {
        for (k, (p, e)) in self.power.iter_mut().zip(&self.emphasis).enumerate() {
            *p = f64::from(magnitude.at(k)).powi(2) * e;
        }
        self.fit()
    }

    /// Formants of a voiced frame, from its harmonics.
    pub fn formants_of_voice(&mut self, harmonics: &[Harmonic]) -> Formants {
        let [first, .., last] = harmonics else {
            return Formants::default();
        };
        let level_at = |i: isize| harmonics[i.clamp(0, harmonics.len() as isize - 1) as usize];
        let mut i = 0_isize;
        for (k, (p, e)) in self.power.iter_mut().zip(&self.emphasis).enumerate() {
            let f = k as f64 * self.df;
            let db = if f <= first.frequency {
                first.level
            } else if f >= last.frequency {
                last.level
            } else {
                while level_at(i + 1).frequency < f {
                    i += 1;
                }
                cubic(
                    [
                        level_at(i - 1),
                        level_at(i),
                        level_at(i + 1),
                        level_at(i + 2),
                    ],
                    f,
                )
            };
            *p = 10.0_f64.powf(0.1 * db) * e;
        }
        self.fit()
    }

    fn fit(&self) -> Formants {
        let mut r = [0.0; ORDER + 1];
        for (p, cosines) in self.power.iter().zip(&self.cosines) {
            for (r, c) in r.iter_mut().zip(cosines) {
                *r += p * c;
            }
        }
        if r[0] <= 0.0 || !r[0].is_finite() {
            return Formants::default();
        }
        r[0] *= 1.0 + FLOOR;
        let a = levinson(&r);
        let roots = roots::find(&a.map(F64s::splat));
        let scale = self.rate / std::f64::consts::TAU;
        let mut found = [(0.0, 0.0); ORDER];
        let mut count = 0;
        for root in roots {
            let (re, im) = (root.re.0[0], root.im.0[0]);
            let (frequency, bandwidth) = (im.atan2(re) * scale, -re.hypot(im).ln() * 2.0 * scale);
            if (LOWEST_FORMANT_HZ..0.5 * self.rate - LOWEST_FORMANT_HZ).contains(&frequency)
                && bandwidth < WIDEST_HZ
            {
                found[count] = (frequency, bandwidth);
                count += 1;
            }
        }
        found[..count].sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        // What was not found is still (0, 0).
        let lowest = [found[0], found[1], found[2]];
        Formants {
            frequency: lowest.map(|f| f.0 as f32),
            bandwidth: lowest.map(|f| f.1 as f32),
        }
    }
}

/// A cubic through the middle two of four points, its slopes those of the neighbours'
/// chords (Catmull-Rom, uneven spacing).
fn cubic([a, b, c, d]: [Harmonic; 4], f: f64) -> f64 {
    let slope = |p: Harmonic, q: Harmonic| {
        if q.frequency > p.frequency {
            (q.level - p.level) / (q.frequency - p.frequency)
        } else {
            0.0
        }
    };
    let h = c.frequency - b.frequency;
    let t = (f - b.frequency) / h;
    let (left, right) = (slope(a, c) * h, slope(b, d) * h);
    let (t2, t3) = (t * t, t * t * t);
    (2.0 * t3 - 3.0 * t2 + 1.0) * b.level
        + (t3 - 2.0 * t2 + t) * left
        + (3.0 * t2 - 2.0 * t3) * c.level
        + (t3 - t2) * right
}

/// Levinson-Durbin in f64: a_1 .. of the error filter 1 + sum a_i z^-i.
fn levinson(r: &[f64; ORDER + 1]) -> [f64; ORDER] {
    let mut a = [0.0; ORDER];
    let mut error = r[0];
    for m in 0..ORDER {
        let mut sum = r[m + 1];
        for i in 0..m {
            sum += a[i] * r[m - i];
        }
        let k = -sum / error;
        for i in 0..m.div_ceil(2) {
            let (front, back) = (a[i], a[m - 1 - i]);
            a[i] = front + k * back;
            a[m - 1 - i] = back + k * front;
        }
        a[m] = k;
        error *= 1.0 - k * k;
        if error <= 0.0 {
            break;
        }
    }
    a
}
