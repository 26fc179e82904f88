//! Jitter and shimmer, measured period by period on the waveform: docs/descriptors.md, section 8.

use crate::framing::Framing;
use crate::lanes::{F64s, LANES};
use crate::parabola::vertex_through;
use crate::samples::Samples;
use crate::settings::Version;
use crate::vectorised::vectorised;

/// Reads the waveform along with the F0 track.
pub(crate) struct Jitter {
    period_s: f64,
    sample_rate: f64,
    longest: usize,
    /// Samples between the reading position and the frame's start.
    backlog: usize,
    last_period: f32,
    last_jitter: f32,
    last_shimmer: f32,
    version: Version,
    correlations: Correlations,
}

/// A period counts in eGeMAPSv02 where its two halves correlate by more (docs/descriptors.md, section
/// 15.2).
const LEAST_CORRELATION: f64 = 0.5;

/// Peak-to-peak amplitude without the first and last sample.
fn amplitude(segment: &[f32]) -> f32 {
    let inner = segment
        .get(1..segment.len().saturating_sub(1))
        .unwrap_or_default();
    let (mut low, mut high) = match inner.first() {
        Some(x) => (*x, *x),
        None => return 0.0,
    };
    for x in inner {
        low = low.min(*x);
        high = high.max(*x);
    }
    high - low
}

impl Jitter {
    pub fn new(framing: &Framing, version: Version) -> Self {
        Self {
            period_s: 1.0 / framing.sample_rate,
            sample_rate: framing.sample_rate,
            longest: framing.long,
            backlog: 0,
            last_period: 0.0,
            last_jitter: 0.0,
            last_shimmer: 0.0,
            version,
            correlations: Correlations::new(framing.long),
        }
    }

    /// Forgets the recording.
    pub fn reset(&mut self) {
        self.backlog = 0;
        self.last_period = 0.0;
        self.last_jitter = 0.0;
        self.last_shimmer = 0.0;
    }

    /// Samples before the next frame's start that may still be read.
    pub fn backlog(&self) -> usize {
        self.backlog
    }

    /// Jitter (ratio) and shimmer (dB) of the frame that starts at `start`, in order.
    pub fn frame(&mut self, samples: &Samples, start: usize, hop: usize, f0: f32) -> (f32, f32) {
        let position = start - self.backlog.min(start);
        let need = hop + self.backlog;
        if f0 <= 0.0 {
            self.reset();
            return (0.0, 0.0);
        }
        let expected = self.sample_rate / f64::from(f0);
        let rounded = (expected.round() as usize).max(1);
        let low = (0.9 * expected).floor() as usize;
        let high = (1.1 * expected).ceil() as usize;
        let length = need
            .max(2 * high + 2)
            .min(self.backlog + self.longest)
            .min(samples.end().saturating_sub(position));
        let d = &samples.from(position)[..length];
        let whole = &samples.whole_from(position)[..length];

        let (mut at, mut last_start) = (0, 0);
        let mut lowest_peak: Option<f32> = None;
        let (mut periods, mut sum_period) = (0_u32, 0.0_f32);
        let (mut changes, mut sum_change) = (0_u32, 0.0_f32);
        let (mut sum_amplitude, mut sum_difference) = (0.0_f32, 0.0_f32);
        while at + 2 * high + 1 < length {
            let best = self
                .correlations
                .best_lag(&d[at..], &whole[at..], low, high);
            match best {
                None => at += rounded,
                Some(lag) => {
                    let amplitude_a = amplitude(&d[at..at + lag]);
                    let cc = exact(&d[at..], lag - 1);
                    at += lag;
                    let amplitude_b = amplitude(&d[at..(at + lag).min(length)]);
                    let place = (lag - low) as f64;
                    let (vertex, peak) = vertex_through([place - 1.0, place, place + 1.0], cc);
                    let period = ((low as f64 + vertex) * self.period_s) as f32;
                    let lowest = lowest_peak.map_or(peak as f32, |m| m.min(peak as f32));
                    lowest_peak = Some(lowest);
                    let accepted = match self.version {
                        Version::V01a => peak > f64::from(lowest),
                        Version::V02 => peak > LEAST_CORRELATION,
                    };
                    if accepted {
                        periods += 1;
                        sum_period += period;
                        if self.last_period > 0.0 {
                            sum_change += (self.last_period - period).abs();
                            changes += 1;
                        }
                        self.last_period = period;
                        sum_amplitude += (amplitude_a + amplitude_b) / 2.0;
                        sum_difference += (amplitude_a - amplitude_b).abs();
                    }
                }
            }
            if at + 1 < need {
                last_start = at;
            }
        }
        self.backlog = need - last_start;

        let mut jitter = self.last_jitter;
        if periods > 0 {
            if changes > 0 {
                let mean_change = sum_change / changes as f32;
                let mean_period = sum_period / periods as f32;
                self.last_jitter = (mean_change / mean_period).min(1.0);
                jitter = self.last_jitter;
            } else {
                jitter = 0.0;
            }
            self.last_shimmer = if sum_amplitude > 0.0 {
                (sum_difference / sum_amplitude).min(1.0)
            } else {
                0.0
            };
        }
        let shimmer = (20.0 * (1.0 + f64::from(self.last_shimmer)).log10()) as f32;
        (jitter, shimmer)
    }
}

/// Correlations over all lags of a search.
///
/// The definition's double sums over all lags are most of the work, but only the three
/// around the best lag enter the result. The samples are 16-bit numbers, so all sums of
/// their products are whole numbers below 2^53, exact in any order, and the correlation
/// of each lag comes out to some 15 digits from one product sum. That decides which lag is
/// best, and the definition's own sums are then worked out for that one. Where the best
/// lag hangs on less than `MARGIN`, the definition's sums decide everywhere.
pub(crate) struct Correlations {
    values: Vec<f64>,
}

/// Far above what the rounding of sums, and of samples over 32767, can move, as long as a
/// segment's variance is at least `LEAST_VARIANCE` of its squared mean.
const MARGIN: f64 = 1e-6;
const LEAST_VARIANCE: f64 = 1e-2;

impl Correlations {
    /// For periods of at most this many samples.
    pub fn new(longest: usize) -> Self {
        Self {
            values: Vec::with_capacity(longest),
        }
    }

    /// The lag in low+1 ..= high-2 whose correlation is the best strict local maximum.
    pub fn best_lag(&mut self, d: &[f32], whole: &[f32], low: usize, high: usize) -> Option<usize> {
        let certain = vectorised(
            #[inline(always)]
            || self.by_whole_numbers(whole, low, high),
        );
        if certain && let Some(best) = self.clear_best() {
            return best.map(|t| low + t);
        }
        self.values.clear();
        let mut lag = low;
        while lag <= high {
            let three = exact(d, lag);
            let count = (high + 1 - lag).min(3);
            self.values.extend_from_slice(&three[..count]);
            lag += count;
        }
        let cc = &self.values;
        let mut best: Option<usize> = None;
        for t in 1..cc.len().saturating_sub(2) {
            if cc[t] > cc[t - 1] && cc[t] > cc[t + 1] && best.is_none_or(|b| cc[t] > cc[b]) {
                best = Some(t);
            }
        }
        best.map(|t| low + t)
    }

    /// All correlations by whole numbers; false where one has no variance to speak of.
    #[inline(always)]
    fn by_whole_numbers(&mut self, whole: &[f32], low: usize, high: usize) -> bool {
        self.values.clear();
        // Sums and sums of squares up to the lag and up to twice the lag.
        let (mut once, mut once_squares) = (
            whole_sum(&whole[..low]),
            whole_products(&whole[..low], &whole[..low]),
        );
        let (mut twice, mut twice_squares) = (
            whole_sum(&whole[..2 * low]),
            whole_products(&whole[..2 * low], &whole[..2 * low]),
        );
        for lag in low..=high {
            let products = whole_products(&whole[..lag], &whole[lag..2 * lag]);
            let n = lag as f64;
            let (a, b) = (once, twice - once);
            let (aa, bb) = (once_squares, twice_squares - once_squares);
            let (va, vb) = (n * aa - a * a, n * bb - b * b);
            if va <= LEAST_VARIANCE * a * a || vb <= LEAST_VARIANCE * b * b {
                return false;
            }
            self.values
                .push((n * products - a * b) / (va.sqrt() * vb.sqrt()));
            let [x, y, z] = [lag, 2 * lag, 2 * lag + 1].map(|i| f64::from(whole[i]));
            once += x;
            once_squares += x * x;
            twice += y + z;
            twice_squares += y * y + z * z;
        }
        true
    }

    /// The best local maximum if no comparison was close; otherwise nothing.
    fn clear_best(&self) -> Option<Option<usize>> {
        let cc = &self.values;
        let mut best: Option<usize> = None;
        let mut close = f64::NEG_INFINITY;
        for t in 1..cc.len().saturating_sub(2) {
            let rise = (cc[t] - cc[t - 1]).min(cc[t] - cc[t + 1]);
            if rise < -MARGIN {
                continue;
            }
            if rise < MARGIN {
                close = close.max(cc[t]);
                continue;
            }
            match best {
                Some(b) if cc[t] <= cc[b] + MARGIN => {
                    if cc[t] > cc[b] - MARGIN {
                        close = close.max(cc[t]);
                    }
                }
                _ => best = Some(t),
            }
        }
        match best {
            Some(b) if close < cc[b] - MARGIN => Some(best),
            None if close == f64::NEG_INFINITY => Some(None),
            _ => None,
        }
    }
}

/// The sum of whole numbers, exact in any order.
#[inline(always)]
fn whole_sum(x: &[f32]) -> f64 {
    let blocks = x.chunks_exact(LANES);
    let rest: f64 = blocks.remainder().iter().map(|x| f64::from(*x)).sum();
    let mut sums = F64s::ZERO;
    for x in blocks {
        sums += F64s(std::array::from_fn(|l| f64::from(x[l])));
    }
    sums.0.iter().sum::<f64>() + rest
}

/// The sum of products of whole numbers, exact in any order.
#[inline(always)]
fn whole_products(a: &[f32], b: &[f32]) -> f64 {
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let (b_blocks, b_rest) = b.as_chunks::<LANES>();
    let (a_pairs, a_last) = a_blocks.as_chunks::<2>();
    let (b_pairs, b_last) = b_blocks.as_chunks::<2>();
    let (mut one, mut two) = (F64s::ZERO, F64s::ZERO);
    for (x, y) in a_pairs.iter().zip(b_pairs) {
        one += eight_products(&x[0], &y[0]);
        two += eight_products(&x[1], &y[1]);
    }
    for (x, y) in a_last.iter().zip(b_last) {
        one += eight_products(x, y);
    }
    let rest: f64 = a_rest
        .iter()
        .zip(b_rest)
        .map(|(x, y)| f64::from(*x) * f64::from(*y))
        .sum();
    (one + two).0.iter().sum::<f64>() + rest
}

#[inline(always)]
fn eight_products(x: &[f32; LANES], y: &[f32; LANES]) -> F64s {
    F64s(std::array::from_fn(|l| f64::from(x[l]) * f64::from(y[l])))
}

/// Pearson correlations at `lag`, `lag` + 1 and `lag` + 2 as the definition has them: the
/// first `lag` samples with as many that follow, each against its own mean, NaN if one is
/// constant. Sums run in plain order, which decides ties. Lags that do not fit are NaN.
pub(crate) fn exact(d: &[f32], lag: usize) -> [f64; 3] {
    let mut out = [f64::NAN; 3];
    if d.len() < 2 * (lag + 2) {
        for (i, out) in out.iter_mut().enumerate() {
            if d.len() >= 2 * (lag + i) {
                *out = pearson::<1>(d, lag + i)[0];
            }
        }
        return out;
    }
    pearson::<3>(d, lag)
}

/// Correlations of `N` lags at once, so that their sums need not wait for each other.
#[inline(always)]
fn pearson<const N: usize>(d: &[f32], lag: usize) -> [f64; N] {
    let pairs = |i: usize, n: usize| (f64::from(d[n]), f64::from(d[lag + i + n]));
    let (mut mean_a, mut mean_b) = ([0.0_f64; N], [0.0_f64; N]);
    for n in 0..lag {
        for i in 0..N {
            let (x, y) = pairs(i, n);
            mean_a[i] += x;
            mean_b[i] += y;
        }
    }
    for i in 0..N {
        for n in lag..lag + i {
            let (x, y) = pairs(i, n);
            mean_a[i] += x;
            mean_b[i] += y;
        }
        mean_a[i] /= (lag + i) as f64;
        mean_b[i] /= (lag + i) as f64;
    }
    let mut products = [[0.0_f64; 3]; N];
    let add = |products: &mut [f64; 3], i: usize, n: usize| {
        let (x, y) = pairs(i, n);
        let (x, y) = (x - mean_a[i], y - mean_b[i]);
        products[0] += x * y;
        products[1] += x * x;
        products[2] += y * y;
    };
    for n in 0..lag {
        for (i, products) in products.iter_mut().enumerate() {
            add(products, i, n);
        }
    }
    std::array::from_fn(|i| {
        for n in lag..lag + i {
            add(&mut products[i], i, n);
        }
        let [ab, aa, bb] = products[i];
        ab / (aa.sqrt() * bb.sqrt())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_takes_periods_by_their_correlation_or_by_rounding() {
        // A sine is no more like itself one period on than the next; the same sine under eight
        // times as much noise is not like itself at all.
        let framing = Framing::new(16_000, crate::Lld32::default());
        let shimmer = |noise: f32, version: Version| {
            let mut state = 1_u32;
            let samples: Vec<f32> = (0..16_000)
                .map(|n| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let hiss = (state >> 8) as f32 / (1 << 23) as f32 - 1.0;
                    let tone = (std::f32::consts::TAU * n as f32 / 160.0).sin();
                    0.1 * tone + noise * hiss
                })
                .collect();
            let mut jitter = Jitter::new(&framing, version);
            let mut buffer = Samples::default();
            buffer.extend(&samples);
            (0..90)
                .map(|i| jitter.frame(&buffer, i * 160, 160, 100.0).1)
                .sum::<f32>()
                / 90.0
        };
        assert!(shimmer(0.0, Version::V02) < 0.01);
        assert_eq!(shimmer(0.8, Version::V02), 0.0);
        assert!(shimmer(0.8, Version::V01a) > 0.05);
    }

    #[test]
    fn an_alternating_period_shows_as_jitter_and_an_alternating_height_as_shimmer() {
        // Pulses 159 and 161 samples apart, heights 1 and 0.9: |dT|/T = 2/160, and
        // |dA|/mean A = 0.1/0.95.
        let mut samples = vec![0.0_f32; 16_000];
        let mut at = 100_usize;
        let mut i = 0_usize;
        while at + 40 < samples.len() {
            for k in 0..40 {
                let shape = (std::f32::consts::PI * k as f32 / 40.0).sin();
                samples[at + k] = shape * if i.is_multiple_of(2) { 0.99 } else { 0.891 };
            }
            at += if i.is_multiple_of(2) { 159 } else { 161 };
            i += 1;
        }
        let framing = Framing::new(16_000, crate::Lld32::default());
        for version in [Version::V01a, Version::V02] {
            let mut jitter = Jitter::new(&framing, version);
            let mut buffer = Samples::default();
            buffer.extend(&samples);
            let (mut j, mut s, mut n) = (0.0, 0.0, 0);
            for frame in 0..90 {
                let (a, b) = jitter.frame(&buffer, frame * 160, 160, 100.0);
                assert!(jitter.backlog() <= 2 * 176 + 2);
                if frame > 5 {
                    j += a;
                    s += b;
                    n += 1;
                }
            }
            let (j, s) = (j / n as f32, s / n as f32);
            assert!((j - 2.0 / 160.0).abs() < 0.003, "jitter {j}");
            let expected = 20.0 * (1.0_f32 + 0.1 / 0.95).log10();
            assert!(
                (s - expected).abs() < 0.1,
                "shimmer {s} dB, expected {expected}"
            );
        }
    }
}
