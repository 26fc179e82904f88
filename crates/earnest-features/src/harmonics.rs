//! HNR, harmonic levels and formant amplitudes: docs/descriptors.md, section 9.

use crate::lanes::Column;
use crate::parabola::vertex_through;

const HARMONICS: usize = 100;
const NOT_FOUND: f32 = -200.0;
const NO_LEVEL: f32 = -201.0;

#[derive(Clone, Copy, Default)]
struct Harmonic {
    bin: usize,
    magnitude: f32,
    frequency: f32,
    height: f32,
    /// The same bin as the harmonic before it.
    cleared: bool,
}

/// Voice quality from the long spectrum.
pub(crate) struct Harmonics {
    df: f64,
    bins_per_hz: f64,
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

fn is_peak(m: Column<'_>, k: usize) -> bool {
    (k == 0 || m.at(k) > m.at(k - 1)) && (k + 1 >= m.len() || m.at(k) > m.at(k + 1))
}

impl Harmonics {
    pub fn new(df: f64, sample_rate: f64) -> Self {
        Self {
            df,
            bins_per_hz: 1.0 / df,
            sample_rate,
            list: [Harmonic::default(); HARMONICS],
        }
    }

    /// Values of a voiced frame: its magnitudes, its autocorrelation, F0 in Hz, and
    /// formants in Hz.
    pub fn of(
        &mut self,
        magnitude: Column<'_>,
        correlation: Column<'_>,
        f0: f32,
        formants: [f32; 3],
    ) -> HarmonicValues {
        let hnr = self.hnr(correlation, f0);
        let used = formants.iter().fold(0.0_f32, |a, f| a.max(*f));
        let found = self.find(magnitude, f64::from(f0), 1.2 * f64::from(used));
        let reference = self.list[0].magnitude;
        let h1 = level(&self.list[1], reference);
        let h2 = level(&self.list[2], reference);
        let amplitudes = formants.map(|f| self.strongest_near(f, found));
        HarmonicValues {
            hnr,
            h1_h2: (h1 - h2).clamp(NO_LEVEL, -NO_LEVEL),
            h1_a3: (h1 + amplitudes[2].map_or(NO_LEVEL, |a3| -a3)).clamp(NO_LEVEL, -NO_LEVEL),
            amplitudes: amplitudes.map(|a| a.unwrap_or(0.0)),
        }
    }

    fn hnr(&self, correlation: Column<'_>, f0: f32) -> f32 {
        let lags = correlation.len();
        let acf = |lag: usize| correlation.at(lag).abs();
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
        (10.0 * f64::from(ratio.clamp(1e-9, 1e11)).log10()) as f32
    }

    /// The bin nearest to `f` Hz, not searched below `from`; 0 beyond the last bin.
    fn nearest(&self, f: f64, from: usize, bins: usize) -> usize {
        let mut k = ((f * self.bins_per_hz) as usize + 1).max(from);
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

    /// Fills the list up to the harmonics that can lie at or below `highest` Hz, and at
    /// least up to the third; returns how many it filled.
    fn find(&mut self, m: Column<'_>, f0: f64, highest: f64) -> usize {
        let bins = m.len();
        let first = self.nearest(0.5 * f0, 0, bins);
        let mut previous = first;
        let mut count = HARMONICS;
        for h in 0..HARMONICS {
            let n = h as f64;
            // A harmonic is found at most half an F0 and a bin below where it should be.
            if h > 2 && (n + 0.5) * f0 - 2.0 * self.df > highest {
                count = h;
                break;
            }
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
                    let three = [k - 1, k, k + 1];
                    let (frequency, height) = vertex_through(
                        three.map(|k| k as f64 * self.df),
                        three.map(|k| f64::from(m.at(k))),
                    );
                    Harmonic {
                        bin: k,
                        magnitude: m.at(k),
                        frequency: frequency as f32,
                        height: height as f32,
                        cleared: false,
                    }
                }
                _ => Harmonic {
                    bin: expected,
                    ..Harmonic::default()
                },
            };
            previous = expected;
        }
        let mut before = self.list[0].bin;
        for harmonic in &mut self.list[1..count] {
            if harmonic.bin == before {
                *harmonic = Harmonic {
                    cleared: true,
                    ..Harmonic::default()
                };
            }
            before = harmonic.bin;
        }
        count
    }

    /// The level of the strongest harmonic within 20 % of a formant.
    fn strongest_near(&self, formant: f32, found: usize) -> Option<f32> {
        let (low, high) = (0.8 * formant, 1.2 * formant);
        let mut best = None::<usize>;
        for (h, harmonic) in self.list[..found].iter().enumerate() {
            if harmonic.frequency > 0.0
                && (low..=high).contains(&harmonic.frequency)
                && best.is_none_or(|b| harmonic.magnitude > self.list[b].magnitude)
            {
                best = Some(h);
            }
        }
        best.map(|h| match h {
            0 => 0.0,
            _ => level(&self.list[h], self.list[0].magnitude),
        })
    }
}

/// The level of a harmonic above the fundamental, dB over the fundamental's magnitude.
fn level(harmonic: &Harmonic, fundamental: f32) -> f32 {
    if harmonic.cleared || fundamental <= 0.0 {
        NO_LEVEL
    } else if harmonic.height <= 0.0 {
        NOT_FOUND
    } else {
        let difference = f64::from(harmonic.height.log10()) - f64::from(fundamental.log10());
        ((20.0 * difference) as f32).max(NOT_FOUND)
    }
}
