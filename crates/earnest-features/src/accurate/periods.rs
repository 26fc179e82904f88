//! Jitter and shimmer over the periods of a long frame.

use crate::framing::Framing;
use crate::jitter::{Correlations, exact};
use crate::parabola::vertex;

/// Periods are searched this far from the F0 track's, relatively.
const REACH: f64 = 0.15;
/// Two periods whose waveforms correlate less are not a pair.
const LEAST_CORRELATION: f64 = 0.5;

pub(crate) struct Periods {
    sample_rate: f64,
    correlations: Correlations,
}

impl Periods {
    pub fn new(framing: &Framing) -> Self {
        Self {
            sample_rate: framing.sample_rate,
            correlations: Correlations::new(framing.long),
        }
    }

    /// Jitter (ratio) and shimmer (dB) of the periods within a frame. 0 if fewer than two
    /// successive pairs of periods are alike.
    pub fn of(&mut self, d: &[f32], whole: &[f32], f0: f32) -> (f32, f32) {
        let expected = self.sample_rate / f64::from(f0);
        let low = (((1.0 - REACH) * expected).floor() as usize).max(2);
        let high = ((1.0 + REACH) * expected).ceil() as usize;
        let half = (0.5 * expected) as usize;
        // Start half a period before the strongest peak, so that each piece holds one.
        let mut peak = 0;
        for (i, x) in d
            .iter()
            .enumerate()
            .take((expected.ceil() as usize).min(d.len()))
        {
            if x.abs() > d[peak].abs() {
                peak = i;
            }
        }
        let mut at = if peak >= half {
            peak - half
        } else {
            peak + high - half
        };
        let mut before: Option<(f64, f64)> = None;
        let (mut periods, mut sum) = (0, 0.0);
        let (mut pairs, mut change, mut change_db) = (0, 0.0, 0.0);
        while at + 2 * high + 2 <= d.len() {
            let Some(lag) = self
                .correlations
                .best_lag(&d[at..], &whole[at..], low, high)
            else {
                before = None;
                at += expected.round() as usize;
                continue;
            };
            let cc = exact(&d[at..], lag - 1);
            let (offset, height) = vertex(cc[0], cc[1], cc[2]);
            if height >= LEAST_CORRELATION {
                let period = lag as f64 + offset;
                let amplitude = amplitude(&d[at..at + lag]);
                periods += 1;
                sum += period;
                if let Some((last_period, last_amplitude)) = before
                    && amplitude > 0.0
                    && last_amplitude > 0.0
                {
                    pairs += 1;
                    change += (period - last_period).abs();
                    change_db += (20.0 * (amplitude / last_amplitude).log10()).abs();
                }
                before = Some((period, amplitude));
            } else {
                before = None;
            }
            at += lag;
        }
        if pairs == 0 {
            return (0.0, 0.0);
        }
        let pairs = f64::from(pairs);
        let mean = sum / f64::from(periods);
        ((change / pairs / mean) as f32, (change_db / pairs) as f32)
    }
}

/// Peak-to-peak amplitude, each peak by a parabola through its neighbours.
fn amplitude(piece: &[f32]) -> f64 {
    let peak = |sign: f64| {
        let mut best = f64::NEG_INFINITY;
        for w in piece.windows(3) {
            let [a, b, c] = [w[0], w[1], w[2]].map(|x| sign * f64::from(x));
            if b >= a && b >= c {
                best = best.max(vertex(a, b, c).1);
            }
        }
        best
    };
    let span = peak(1.0) + peak(-1.0);
    if span.is_finite() { span } else { 0.0 }
}
