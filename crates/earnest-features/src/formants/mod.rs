//! Formants from linear prediction: docs/descriptors.md, section 10.

pub(crate) mod band;
pub(crate) mod lpc;
pub(crate) mod roots;

use self::band::BandResampler;
use self::lpc::linear_prediction;
use self::roots::Complexes;
use crate::lanes::{F32s, LANES};
use crate::vectorised::vectorised;

/// The lowest three formants and their bandwidths, Hz; 0 where there is none.
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

    /// The formants of eight short frames from their transforms (kernel exp(+j...)).
    pub fn of(&mut self, re: &[F32s], im: &[F32s]) -> [Formants; LANES] {
        let y = vectorised(
            #[inline(always)]
            || self.band.resample(re, im),
        );
        let a = vectorised(
            #[inline(always)]
            || linear_prediction(y),
        );
        // The sign of the original (docs/descriptors.md, section 10 step 3): not the poles of
        // 1/A(z).
        let polynomial = a.map(|a| -a.wide());
        let roots = vectorised(
            #[inline(always)]
            || roots::find(&polynomial),
        );
        std::array::from_fn(|l| {
            if a.iter().all(|x| x.0[l] == 0.0) {
                Formants::default()
            } else {
                lowest(&roots, l)
            }
        })
    }
}

/// The three lowest formants among a lane's roots.
fn lowest(roots: &[Complexes], lane: usize) -> Formants {
    let mut upper = [(0.0_f64, 0.0_f64); lpc::ORDER];
    let mut count = 0;
    for root in roots {
        let (re, im) = (root.re.0[lane], root.im.0[lane]);
        // Real roots are 0 or 5500.000000000001 Hz; the lower half mirrors the upper.
        if im > 0.0 && im > 1e-9 * re.hypot(im) {
            upper[count] = (re, im);
            count += 1;
        }
    }
    let upper = &mut upper[..count];
    // The smaller the cotangent, the higher the frequency.
    upper.sort_unstable_by(|a, b| (b.0 / b.1).total_cmp(&(a.0 / a.1)));
    let scale = band::RATE_HZ / (2.0 * std::f64::consts::PI);
    let mut out = Formants::default();
    let mut found = 0;
    for (re, im) in upper {
        // A root outside the unit circle counts as its mirror image within: same angle.
        let frequency = im.atan2(*re) * scale;
        if found < 3 && (LOWEST_HZ..=HIGHEST_HZ).contains(&frequency) {
            out.bandwidth[found] = (re.hypot(*im).ln().abs() * 2.0 * scale) as f32;
            out.frequency[found] = frequency as f32;
            found += 1;
        }
    }
    out
}
