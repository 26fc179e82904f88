//! Mode `accurate`: voice measured as phonetics defines it, where openSMILE's definition
//! goes wrong. What is measured how, and why, stands in the crate's README.

mod envelope;
mod harmonics;
mod periods;

use self::envelope::Envelope;
use self::harmonics::Harmonics;
use self::periods::Periods;
use crate::fft::{Bin, RealFft};
use crate::formants::Formants;
use crate::framing::Framing;
use crate::lanes::{Column, F32s};
use crate::spectrum::gauss;

/// No formant amplitude. 0 is what smoothing takes for "missing"; the -201 of mode
/// `opensmile` would be averaged into its neighbours.
const NO_LEVEL: f32 = 0.0;

/// The voiced columns of one frame, unsmoothed.
pub(crate) struct Voice {
    pub jitter: f32,
    pub shimmer: f32,
    pub hnr: f32,
    pub h1_h2: f32,
    pub h1_a3: f32,
    pub formants: Formants,
    pub amplitudes: [f32; 3],
}

/// Measures one frame at a time, from its long window.
pub(crate) struct Accurate {
    sample_rate: f64,
    df: f64,
    envelope: Envelope,
    harmonics: Harmonics,
    periods: Periods,
    /// The window's own autocorrelation, 1 at lag 0.
    window_correlation: Vec<f32>,
}

impl Accurate {
    pub fn new(framing: &Framing, long_size: usize) -> Self {
        let df = framing.sample_rate / long_size as f64;
        Self {
            sample_rate: framing.sample_rate,
            df,
            envelope: Envelope::new(df, long_size / 2 + 1),
            harmonics: Harmonics::new(df),
            periods: Periods::new(framing),
            window_correlation: correlation_of_window(framing.long, long_size),
        }
    }

    /// The frame whose long window holds `samples`; `f0` is 0 where it is unvoiced.
    pub fn of(
        &mut self,
        samples: &[f32],
        whole: &[f32],
        magnitude: Column<'_>,
        correlation: Column<'_>,
        f0: f32,
    ) -> Voice {
        if f0 <= 0.0 {
            return Voice {
                jitter: 0.0,
                shimmer: 0.0,
                hnr: 0.0,
                h1_h2: 0.0,
                h1_a3: 0.0,
                formants: self.envelope.formants_of_noise(magnitude),
                amplitudes: [NO_LEVEL; 3],
            };
        }
        self.harmonics.find(magnitude, f64::from(f0));
        let formants = self.envelope.formants_of_voice(self.harmonics.list());
        let level = |f: f32| self.harmonics.level_near(f);
        let a3 = level(formants.frequency[2]);
        let (jitter, shimmer) = self.periods.of(samples, whole, f0);
        Voice {
            jitter,
            shimmer,
            hnr: self.harmonicity(correlation, f0),
            h1_h2: self.harmonics.level(0) - self.harmonics.level(1),
            h1_a3: a3.map_or(0.0, |a3| self.harmonics.level(0) - a3),
            formants,
            amplitudes: formants
                .frequency
                .map(|f| level(f).map_or(NO_LEVEL, |a| a - self.harmonics.level(0))),
        }
    }

    /// Harmonics-to-noise ratio, dB: the height of the autocorrelation's peak at the
    /// period, over the window's own autocorrelation (Boersma 1993).
    fn harmonicity(&self, correlation: Column<'_>, f0: f32) -> f32 {
        let at = |lag: usize| {
            f64::from(correlation.at(lag))
                / f64::from(correlation.at(0))
                / f64::from(self.window_correlation[lag])
        };
        if correlation.at(0) <= 0.0 {
            return 0.0;
        }
        let period = self.sample_rate / f64::from(f0);
        let low = ((0.9 * period) as usize).max(1);
        let high = ((1.1 * period).ceil() as usize).min(correlation.len() - 2);
        let mut best = 0.0_f64;
        for lag in low..=high {
            let (left, here, right) = (at(lag - 1), at(lag), at(lag + 1));
            if here >= left && here >= right {
                best = best.max(crate::parabola::vertex(left, here, right).1);
            }
        }
        let r = best.clamp(1e-4, 1.0 - 1e-6);
        (10.0 * (r / (1.0 - r)).log10()) as f32
    }

    /// Bins below this hold no voice: rumble and offset are left out of the correlation.
    pub fn lowest_bin(&self) -> usize {
        (40.0 / self.df).ceil() as usize
    }
}

/// The Gauss window's autocorrelation by the same transform that the frames go through.
fn correlation_of_window(length: usize, size: usize) -> Vec<f32> {
    let fft = RealFft::new(size);
    let mut work = vec![Bin::ZERO; size / 2];
    for (two, w) in work.iter_mut().zip(gauss(length).chunks(2)) {
        two.re = F32s::splat(w[0]);
        two.im = F32s::splat(w.get(1).copied().unwrap_or(0.0));
    }
    let mut power = vec![F32s::ZERO; size / 2 + 1];
    fft.forward(&mut work, |k, re, im| power[k] = re * re + im * im);
    let mut correlation = vec![0.0; size / 2 + 1];
    fft.even_inverse(&power, &mut work, |lag, x| correlation[lag] = x.0[0]);
    let first = correlation[0];
    correlation.iter().map(|x| x / first).collect()
}
