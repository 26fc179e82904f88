//! Jitter and shimmer, measured period by period on the waveform: LLD_SPEC.md section 8.

use crate::framing::Framing;
use crate::parabola::vertex;

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
    correlations: Vec<f64>,
}

/// Pearson correlation of two equally long slices, each against its own mean; NaN if one
/// is constant. Sums run in plain order, which decides ties.
fn correlation(a: &[f32], b: &[f32]) -> f64 {
    let n = a.len() as f64;
    let (mut mean_a, mut mean_b) = (0.0_f64, 0.0_f64);
    for (x, y) in a.iter().zip(b) {
        mean_a += f64::from(*x);
        mean_b += f64::from(*y);
    }
    mean_a /= n;
    mean_b /= n;
    let (mut ab, mut aa, mut bb) = (0.0_f64, 0.0_f64, 0.0_f64);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (f64::from(*x) - mean_a, f64::from(*y) - mean_b);
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    ab / (aa.sqrt() * bb.sqrt())
}

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
    pub fn new(framing: &Framing) -> Self {
        Self {
            period_s: 1.0 / framing.sample_rate,
            sample_rate: framing.sample_rate,
            longest: framing.long,
            backlog: 0,
            last_period: 0.0,
            last_jitter: 0.0,
            last_shimmer: 0.0,
            correlations: Vec::with_capacity(framing.long),
        }
    }

    /// Samples before the frame's start that may still be read.
    #[cfg(test)]
    fn backlog(&self) -> usize {
        self.backlog
    }

    /// Jitter (ratio) and shimmer (dB) of the frame that starts at `start`, in order.
    pub fn frame(&mut self, samples: &[f32], start: usize, hop: usize, f0: f32) -> (f32, f32) {
        let position = start - self.backlog.min(start);
        let need = hop + self.backlog;
        if f0 <= 0.0 {
            self.backlog = 0;
            self.last_period = 0.0;
            self.last_jitter = 0.0;
            self.last_shimmer = 0.0;
            return (0.0, 0.0);
        }
        let period = self.sample_rate / f64::from(f0);
        let rounded = (period.round() as usize).max(1);
        let low = (0.9 * period).floor() as usize;
        let high = (1.1 * period).ceil() as usize;
        let length = need
            .max(2 * high + 2)
            .min(self.backlog + self.longest)
            .min(samples.len().saturating_sub(position));
        let d = &samples[position..position + length];

        let (mut at, mut last_start) = (0, 0);
        let mut lowest_peak: Option<f32> = None;
        let (mut periods, mut sum_period) = (0_u32, 0.0_f32);
        let (mut changes, mut sum_change) = (0_u32, 0.0_f32);
        let (mut sum_amplitude, mut sum_difference) = (0.0_f32, 0.0_f32);
        while at + 2 * high + 1 < length {
            self.correlations.clear();
            self.correlations
                .extend((low..=high).map(|t| correlation(&d[at..at + t], &d[at + t..at + 2 * t])));
            let cc = &self.correlations;
            let mut best: Option<usize> = None;
            for t in 1..cc.len().saturating_sub(2) {
                if cc[t] > cc[t - 1] && cc[t] > cc[t + 1] && best.is_none_or(|b| cc[t] > cc[b]) {
                    best = Some(t);
                }
            }
            match best {
                None => at += rounded,
                Some(t) => {
                    let whole = low + t;
                    let amplitude_a = amplitude(&d[at..at + whole]);
                    at += whole;
                    let amplitude_b = amplitude(&d[at..(at + whole).min(length)]);
                    let (offset, peak) = vertex(cc[t - 1], cc[t], cc[t + 1]);
                    let exact = ((low as f64 + t as f64 + offset) * self.period_s) as f32;
                    let lowest = lowest_peak.map_or(peak as f32, |m| m.min(peak as f32));
                    lowest_peak = Some(lowest);
                    if peak > f64::from(lowest) {
                        periods += 1;
                        sum_period += exact;
                        if self.last_period > 0.0 {
                            sum_change += (self.last_period - exact).abs();
                            changes += 1;
                        }
                        self.last_period = exact;
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

#[cfg(test)]
mod tests {
    use super::*;

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
                samples[at + k] = shape * if i.is_multiple_of(2) { 1.0 } else { 0.9 };
            }
            at += if i.is_multiple_of(2) { 159 } else { 161 };
            i += 1;
        }
        let framing = Framing::new(16_000);
        let mut jitter = Jitter::new(&framing);
        let (mut j, mut s, mut n) = (0.0, 0.0, 0);
        for frame in 0..90 {
            let (a, b) = jitter.frame(&samples, frame * 160, 160, 100.0);
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
