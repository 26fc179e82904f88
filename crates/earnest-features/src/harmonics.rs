//! HNR, harmonic levels and formant amplitudes: LLD_SPEC.md section 9.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner};

use crate::parabola::vertex;

const HARMONICS: usize = 100;
const NOT_FOUND: f32 = -200.0;
const NO_LEVEL: f32 = -201.0;

#[derive(Clone, Copy, Default)]
struct Harmonic {
    bin: usize,
    magnitude: f32,
    frequency: f32,
    height: f32,
    level: f32,
}

/// Voice quality from the long spectrum.
pub(crate) struct Harmonics {
    plan: Arc<dyn ComplexToReal<f64>>,
    power: Vec<Complex<f64>>,
    correlation: Vec<f64>,
    scratch: Vec<Complex<f64>>,
    df: f64,
    sample_rate: f64,
    list: [Harmonic; HARMONICS],
}

/// HNRdBACF, logRelF0-H1-H2, logRelF0-H1-A3 and the amplitudes of F1 .. F3.
pub(crate) struct HarmonicValues {
    pub hnr: f32,
    pub h1_h2: f32,
    pub h1_a3: f32,
    pub amplitudes: [f32; 3],
}

impl HarmonicValues {
    /// What an unvoiced frame has.
    pub const UNVOICED: Self = Self {
        hnr: 0.0,
        h1_h2: 0.0,
        h1_a3: 0.0,
        amplitudes: [NO_LEVEL; 3],
    };
}

fn is_peak(m: &[f32], k: usize) -> bool {
    (k == 0 || m[k] > m[k - 1]) && (k + 1 >= m.len() || m[k] > m[k + 1])
}

impl Harmonics {
    pub fn new(planner: &mut RealFftPlanner<f64>, size: usize, sample_rate: f64) -> Self {
        let plan = planner.plan_fft_inverse(size);
        Self {
            power: plan.make_input_vec(),
            correlation: plan.make_output_vec(),
            scratch: plan.make_scratch_vec(),
            plan,
            df: sample_rate / size as f64,
            sample_rate,
            list: [Harmonic::default(); HARMONICS],
        }
    }

    /// Values of a voiced frame: its magnitudes, F0 in Hz, and formants in Hz.
    pub fn of(&mut self, m: &[f32], f0: f32, formants: [f32; 3]) -> HarmonicValues {
        let hnr = self.hnr(m, f0);
        self.find(m, f64::from(f0));
        let h1 = self.list[1].level;
        let amplitudes = formants.map(|f| self.strongest_near(f));
        HarmonicValues {
            hnr,
            h1_h2: (h1 - self.list[2].level).clamp(NO_LEVEL, -NO_LEVEL),
            h1_a3: (h1 + amplitudes[2].map_or(NO_LEVEL, |a3| -a3)).clamp(NO_LEVEL, -NO_LEVEL),
            amplitudes: amplitudes.map(|a| a.unwrap_or(0.0)),
        }
    }

    fn hnr(&mut self, m: &[f32], f0: f32) -> f32 {
        for (p, m) in self.power.iter_mut().zip(m) {
            *p = Complex::new(f64::from(m * m), 0.0);
        }
        let done = self.plan.process_with_scratch(
            &mut self.power,
            &mut self.correlation,
            &mut self.scratch,
        );
        debug_assert!(done.is_ok());
        let lags = m.len();
        let acf = |lag: usize| self.correlation[lag].abs();
        let expected = (self.sample_rate / f64::from(f0)).floor() as usize;
        let peak = |lag: usize| {
            lag > 0 && lag + 1 < lags && acf(lag) > acf(lag - 1) && acf(lag) > acf(lag + 1)
        };
        let mut found = expected;
        if !peak(expected) {
            for d in 1..lags {
                let (left, right) = (expected.checked_sub(d).filter(|l| *l > 0), expected + d);
                if left.is_none() && right + 1 >= lags {
                    break;
                }
                if let Some(left) = left.filter(|l| peak(*l)) {
                    found = left;
                    break;
                }
                if right + 1 < lags && peak(right) {
                    found = right;
                    break;
                }
            }
        }
        let found = found.min(lags - 1);
        let rest = acf(0) - acf(found);
        let ratio = if rest == 0.0 { 1e11 } else { acf(found) / rest };
        (10.0 * ratio.clamp(1e-9, 1e11).log10()) as f32
    }

    /// The bin nearest to `f` Hz, not searched below `from`; 0 beyond the last bin.
    fn nearest(&self, f: f64, from: usize, bins: usize) -> usize {
        let mut k = ((f / self.df) as usize + 1).max(from);
        while k > from && (k - 1) as f64 * self.df > f {
            k -= 1;
        }
        while k < bins && k as f64 * self.df <= f {
            k += 1;
        }
        if k >= bins {
            return 0;
        }
        let above = k as f64 * self.df - f;
        if k > 0 && above > f - (k - 1) as f64 * self.df {
            k - 1
        } else {
            k
        }
    }

    fn find(&mut self, m: &[f32], f0: f64) {
        let bins = m.len();
        let first = self.nearest(0.5 * f0, 0, bins);
        let mut previous = first;
        for h in 0..HARMONICS {
            let n = h as f64;
            let expected = self.nearest((n + 1.0) * f0, previous, bins);
            let mut found = is_peak(m, expected).then_some(expected);
            if found.is_none() {
                let low = self.nearest((n + 0.5) * f0, previous, bins);
                let high = self.nearest((n + 1.5) * f0, expected, bins);
                for d in 1..bins {
                    let right = expected + d;
                    let left = expected.checked_sub(d).filter(|l| *l >= low);
                    let right_open = right <= high && right < bins;
                    if right_open && is_peak(m, right) {
                        found = Some(right);
                        break;
                    }
                    if let Some(left) = left.filter(|l| is_peak(m, *l)) {
                        found = Some(left);
                        break;
                    }
                    if !right_open && left.is_none() {
                        break;
                    }
                }
            }
            self.list[h] = match found {
                Some(k) if k >= first && k > 0 && k + 1 < bins => {
                    let (offset, height) =
                        vertex(f64::from(m[k - 1]), f64::from(m[k]), f64::from(m[k + 1]));
                    Harmonic {
                        bin: k,
                        magnitude: m[k],
                        frequency: ((k as f64 + offset) * self.df) as f32,
                        height: height as f32,
                        level: 0.0,
                    }
                }
                _ => Harmonic {
                    bin: expected,
                    ..Harmonic::default()
                },
            };
            previous = expected;
        }
        let reference = self.list[0].magnitude;
        for (h, harmonic) in self.list.iter_mut().enumerate() {
            harmonic.level = if h == 0 {
                0.0
            } else if reference <= 0.0 {
                NO_LEVEL
            } else if harmonic.height <= 0.0 {
                NOT_FOUND
            } else {
                let level =
                    20.0 * (f64::from(harmonic.height).log10() - f64::from(reference).log10());
                (level as f32).max(NOT_FOUND)
            };
        }
        let mut before = self.list[0].bin;
        for harmonic in &mut self.list[1..] {
            let bin = harmonic.bin;
            if bin == before {
                *harmonic = Harmonic {
                    level: NO_LEVEL,
                    ..Harmonic::default()
                };
            }
            before = harmonic.bin;
        }
    }

    /// The level of the strongest harmonic within 20 % of a formant.
    fn strongest_near(&self, formant: f32) -> Option<f32> {
        let (low, high) = (0.8 * formant, 1.2 * formant);
        let mut best: Option<&Harmonic> = None;
        for harmonic in &self.list {
            if harmonic.frequency > 0.0
                && (low..=high).contains(&harmonic.frequency)
                && best.is_none_or(|b| harmonic.magnitude > b.magnitude)
            {
                best = Some(harmonic);
            }
        }
        best.map(|b| b.level)
    }
}
