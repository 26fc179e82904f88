//! Alpha ratio, Hammarberg index, spectral slopes and flux: docs/descriptors.md, section 6.

use crate::lanes::{F32s, F64s, LANES};
use crate::logarithm::ln_f32;
use crate::settings::Mode;

const FLOOR: f32 = 1e-14;

/// A least-squares slope over one band; its design is fixed by the bin frequencies.
struct Slope {
    first: usize,
    /// Frequencies times end-bin weights, Hz.
    frequencies: Vec<f64>,
    weights: Vec<f64>,
    sum_f: f64,
    denominator: f64,
    n: f64,
}

impl Slope {
    fn new(low: f64, high: f64, df: f64, bins: usize, mode: Mode) -> Self {
        let last_at_or_below = |edge: f64| (((edge / df) + 1e-9).floor() as usize).min(bins - 1);
        let (left, right) = (last_at_or_below(low), last_at_or_below(high));
        let edge_weight = |w: f64| if w.abs() < 1e-9 { 1.0 } else { w };
        let mut weights = vec![1.0; right - left + 1];
        weights[0] = edge_weight(((left + 1) as f64 * df - low) / df);
        if let Some(last) = weights.last_mut() {
            *last = edge_weight((high - right as f64 * df) / df);
        }
        let frequencies: Vec<f64> = (left..=right)
            .zip(&weights)
            .map(|(k, w)| k as f64 * df * w)
            .collect();
        // One fewer than the points: the original's oddity.
        let n = match mode {
            Mode::OpenSmile => (right - left) as f64,
            Mode::Accurate => (right - left + 1) as f64,
        };
        let sum_f: f64 = frequencies.iter().sum();
        let sum_ff: f64 = frequencies.iter().map(|f| f * f).sum();
        Self {
            first: left,
            denominator: n * sum_ff - sum_f * sum_f,
            frequencies,
            weights,
            sum_f,
            n,
        }
    }

    #[inline(always)]
    fn of(&self, db: &[F32s]) -> F32s {
        let (mut sum_s, mut sum_fs) = (F64s::ZERO, F64s::ZERO);
        for ((f, w), s) in self
            .frequencies
            .iter()
            .zip(&self.weights)
            .zip(&db[self.first..])
        {
            // The end bins' weights come into the product once, and into f^2 squared.
            sum_s += s.wide() * *w;
            sum_fs += s.wide() * *f;
        }
        if self.denominator == 0.0 {
            return F32s::ZERO;
        }
        ((sum_fs * self.n - sum_s * self.sum_f) / self.denominator).narrow()
    }
}

/// The spectral balance descriptors of the short frame.
pub(crate) struct Spectral {
    /// First bins at or above 1, 2 and 5 kHz; one past the last at or below 5 kHz.
    bin_1000: usize,
    bin_2000: usize,
    bin_5000: usize,
    past_5000: usize,
    slope_0_500: Slope,
    slope_500_1500: Slope,
    db: Vec<F32s>,
    /// The last frame's magnitudes.
    previous: Vec<f32>,
    seen: bool,
    /// What `previous` and `seen` were at [`Spectral::keep`].
    kept: (Vec<f32>, bool),
}

/// alphaRatio, hammarbergIndex, slope0-500, slope500-1500, spectralFlux of eight frames.
pub(crate) struct SpectralValues {
    pub alpha_ratio: F32s,
    pub hammarberg: F32s,
    pub slope_0_500: F32s,
    pub slope_500_1500: F32s,
    pub flux: F32s,
}

/// 10 log10(a / b), rounded where the original rounds; 0 where b is 0.
#[inline(always)]
fn ratio_db(a: F32s, b: F32s) -> F32s {
    let safe = F32s(std::array::from_fn(|l| {
        if b.0[l] == 0.0 { 1.0 } else { b.0[l] }
    }));
    let db = (ln_f32(a / safe).wide() * 10.0 / std::f64::consts::LN_10).narrow();
    F32s(std::array::from_fn(|l| {
        if b.0[l] == 0.0 { 0.0 } else { db.0[l] }
    }))
}

impl Spectral {
    pub fn new(df: f64, bins: usize, mode: Mode) -> Self {
        let at_or_above = |f: f64| ((f / df - 1e-9).ceil() as usize).min(bins);
        let past = |f: f64| (((f / df) + 1e-9).floor() as usize + 1).min(bins);
        let slope_500_1500 = Slope::new(500.0, 1500.0, df, bins, mode);
        let needed = slope_500_1500.first + slope_500_1500.weights.len();
        Self {
            bin_1000: at_or_above(1000.0),
            bin_2000: at_or_above(2000.0),
            bin_5000: at_or_above(5000.0),
            past_5000: past(5000.0),
            slope_0_500: Slope::new(0.0, 500.0, df, bins, mode),
            slope_500_1500,
            db: vec![F32s::ZERO; needed],
            previous: vec![0.0; bins],
            seen: false,
            kept: (vec![0.0; bins], false),
        }
    }

    /// Keeps the previous spectrum, for [`Self::restore`].
    pub fn keep(&mut self) {
        self.kept.0.copy_from_slice(&self.previous);
        self.kept.1 = self.seen;
    }

    /// Goes on from the spectrum that was kept, as if no frame had come since.
    pub fn restore(&mut self) {
        self.previous.copy_from_slice(&self.kept.0);
        self.seen = self.kept.1;
    }

    /// Forgets the previous spectrum.
    pub fn reset(&mut self) {
        self.seen = false;
    }

    /// The values of `count` frames in a row.
    #[inline(always)]
    pub fn of(&mut self, magnitude: &[F32s], power: &[F32s], count: usize) -> SpectralValues {
        let tenth = (10.0 / std::f64::consts::LN_10) as f32;
        let floor = F32s::splat(FLOOR);
        for (db, p) in self.db.iter_mut().zip(power) {
            let level = ln_f32(p.max(floor)) * tenth;
            *db = F32s(std::array::from_fn(|l| {
                if p.0[l] <= FLOOR { -140.0 } else { level.0[l] }
            }));
        }
        let sum = |bins: &[F32s]| bins.iter().fold(F32s::ZERO, |a, b| a + *b);
        let low = sum(&power[..self.bin_1000]);
        let high = sum(&power[self.bin_1000..self.past_5000]).max(floor);
        let max = |bins: &[F32s]| bins.iter().fold(F32s::ZERO, |a, b| b.max(a));
        let below = max(&power[..self.bin_2000]).max(floor);
        let above = max(&power[self.bin_2000..self.past_5000]);
        let bins = self.bin_5000;
        let mut change = F64s::ZERO;
        for (m, previous) in magnitude[..bins].iter().zip(&self.previous) {
            let mut before = [*previous; LANES];
            before[1..].copy_from_slice(&m.0[..LANES - 1]);
            let d = m.wide() - F32s(before).wide();
            change += d * d;
        }
        let mut flux = (change / bins as f64).sqrt().narrow();
        if !self.seen {
            flux.0[0] = 0.0;
        }
        for (previous, m) in self.previous.iter_mut().zip(magnitude) {
            *previous = m.0[count - 1];
        }
        self.seen = true;
        SpectralValues {
            alpha_ratio: ratio_db(high, low),
            hammarberg: ratio_db(below, above),
            slope_0_500: self.slope_0_500.of(&self.db),
            slope_500_1500: self.slope_500_1500.of(&self.db),
            flux,
        }
    }
}
