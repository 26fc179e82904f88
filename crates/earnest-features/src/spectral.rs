//! Alpha ratio, Hammarberg index, spectral slopes and flux: LLD_SPEC.md section 6.

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
    fn new(low: f64, high: f64, df: f64, bins: usize) -> Self {
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
        let n = (right - left) as f64;
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

    fn of(&self, db: &[f32]) -> f32 {
        let (mut sum_s, mut sum_fs) = (0.0, 0.0);
        for ((f, w), s) in self
            .frequencies
            .iter()
            .zip(&self.weights)
            .zip(&db[self.first..])
        {
            let s = f64::from(*s) * w;
            sum_s += s;
            sum_fs += f * s;
        }
        if self.denominator == 0.0 {
            return 0.0;
        }
        ((self.n * sum_fs - self.sum_f * sum_s) / self.denominator) as f32
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
    db: Vec<f32>,
    previous: Vec<f32>,
    seen: bool,
}

/// alphaRatio, hammarbergIndex, slope0-500, slope500-1500, spectralFlux.
pub(crate) struct SpectralValues {
    pub alpha_ratio: f32,
    pub hammarberg: f32,
    pub slope_0_500: f32,
    pub slope_500_1500: f32,
    pub flux: f32,
}

impl Spectral {
    pub fn new(df: f64, bins: usize) -> Self {
        let at_or_above = |f: f64| ((f / df - 1e-9).ceil() as usize).min(bins);
        let past = |f: f64| (((f / df) + 1e-9).floor() as usize + 1).min(bins);
        let slope_500_1500 = Slope::new(500.0, 1500.0, df, bins);
        let needed = slope_500_1500.first + slope_500_1500.weights.len();
        Self {
            bin_1000: at_or_above(1000.0),
            bin_2000: at_or_above(2000.0),
            bin_5000: at_or_above(5000.0),
            past_5000: past(5000.0),
            slope_0_500: Slope::new(0.0, 500.0, df, bins),
            slope_500_1500,
            db: vec![0.0; needed],
            previous: vec![0.0; bins],
            seen: false,
        }
    }

    /// Forgets the previous spectrum.
    pub fn reset(&mut self) {
        self.seen = false;
    }

    pub fn of(&mut self, magnitude: &[f32], power: &[f32]) -> SpectralValues {
        for (db, p) in self.db.iter_mut().zip(power) {
            *db = if *p <= FLOOR {
                -140.0
            } else {
                (10.0 * f64::from(*p).log10()) as f32
            };
        }
        let sum = |bins: &[f32]| bins.iter().map(|p| f64::from(*p)).sum::<f64>();
        let low = sum(&power[..self.bin_1000]);
        let high = sum(&power[self.bin_1000..self.past_5000]).max(f64::from(FLOOR));
        let alpha_ratio = if low == 0.0 {
            0.0
        } else {
            (10.0 * (high / low).log10()) as f32
        };
        let max = |bins: &[f32]| bins.iter().copied().fold(0.0_f32, f32::max);
        let below = max(&power[..self.bin_2000]).max(FLOOR);
        let above = max(&power[self.bin_2000..self.past_5000]);
        let hammarberg = if above == 0.0 {
            0.0
        } else {
            (10.0 * (f64::from(below) / f64::from(above)).log10()) as f32
        };
        let flux = if self.seen {
            let bins = self.bin_5000;
            let sum: f64 = magnitude[..bins]
                .iter()
                .zip(&self.previous)
                .map(|(m, p)| f64::from(m - p).powi(2))
                .sum();
            (sum / bins as f64).sqrt() as f32
        } else {
            0.0
        };
        self.previous.copy_from_slice(magnitude);
        self.seen = true;
        SpectralValues {
            alpha_ratio,
            hammarberg,
            slope_0_500: self.slope_0_500.of(&self.db),
            slope_500_1500: self.slope_500_1500.of(&self.db),
            flux,
        }
    }
}
