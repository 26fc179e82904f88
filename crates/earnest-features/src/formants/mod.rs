//! Formants from linear prediction: LLD_SPEC.md section 10.

pub(crate) mod band;
pub(crate) mod lpc;
pub(crate) mod roots;

use realfft::num_complex::Complex;

use self::band::BandResampler;
use self::lpc::{ORDER, linear_prediction};

/// The lowest three formants: frequency and bandwidth in Hz; 0 where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Formants {
    pub frequency: [f32; 3],
    pub bandwidth: [f32; 3],
}

const LOWEST_HZ: f64 = 50.0;
const HIGHEST_HZ: f64 = 5500.0;

pub(crate) struct FormantFinder {
    band: BandResampler,
}

impl FormantFinder {
    pub fn new(band: BandResampler) -> Self {
        Self { band }
    }

    /// The formants of a short frame from its transform.
    pub fn of(&mut self, re: &[f32], im: &[f32]) -> Formants {
        let y = self.band.resample(re, im);
        let a = linear_prediction(y);
        if a.iter().all(|x| *x == 0.0) {
            return Formants::default();
        }
        // The sign of the original, LLD_SPEC.md section 10 step 3: not the poles of 1/A(z).
        let mut polynomial = [0.0_f64; ORDER + 1];
        polynomial[0] = 1.0;
        for (c, a) in polynomial[1..].iter_mut().zip(&a) {
            *c = -f64::from(*a);
        }
        let roots = roots::find(&polynomial);
        let scale = band::RATE_HZ / (2.0 * std::f64::consts::PI);
        let mut found = [(0.0_f64, 0.0_f64); ORDER];
        let mut count = 0;
        for root in roots {
            let z = if root.norm() > 1.0 {
                1.0 / root.conj()
            } else {
                root
            };
            if is_real(z) || z.im < 0.0 {
                continue; // f = 0 or 5500.000000000001 Hz, or the conjugate of another
            }
            let frequency = z.arg() * scale;
            if (LOWEST_HZ..=HIGHEST_HZ).contains(&frequency) {
                found[count] = (frequency, -z.norm().ln() * 2.0 * scale);
                count += 1;
            }
        }
        found[..count].sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut out = Formants::default();
        for (i, (frequency, bandwidth)) in found[..count].iter().take(3).enumerate() {
            out.frequency[i] = *frequency as f32;
            out.bandwidth[i] = *bandwidth as f32;
        }
        out
    }
}

fn is_real(z: Complex<f64>) -> bool {
    z.im.abs() <= 1e-9 * z.norm()
}
