//! The magnitude spectrum, peaks enhanced, on an octave axis: docs/descriptors.md, section 7.1.

use crate::lanes::{F32s, F64s, LANES};

const LOWEST_HZ: f64 = 25.0;

/// A natural cubic spline whose abscissae never change: everything that does not depend
/// on the values is worked out once (Thomas algorithm for the second derivatives).
struct Spline {
    /// Interval widths h[i] = x[i+1] - x[i].
    inverse_widths: Vec<f64>,
    /// Sub-diagonal and inverse pivots of the elimination, for interior points.
    below: Vec<f64>,
    inverse_pivots: Vec<f64>,
    above: Vec<f64>,
    targets: Vec<Target>,
    second: Vec<F64s>,
}

/// Weights of one target point.
struct Target {
    interval: usize,
    a: f64,
    b: f64,
    a2: f64,
    b2: f64,
}

impl Spline {
    fn new(x: &[f64], targets: &[f64]) -> Self {
        let n = x.len();
        let widths: Vec<f64> = x.windows(2).map(|p| p[1] - p[0]).collect();
        // Interior rows: h[i-1] m[i-1] + 2 (h[i-1]+h[i]) m[i] + h[i] m[i+1] = 6 (slopes)
        let mut inverse_pivots = vec![0.0; n];
        let mut below = vec![0.0; n];
        let mut above = vec![0.0; n];
        for i in 1..n - 1 {
            let sub = if i == 1 { 0.0 } else { widths[i - 1] };
            let pivot = 2.0 * (widths[i - 1] + widths[i]) - sub * above[i - 1];
            inverse_pivots[i] = 1.0 / pivot;
            below[i] = sub;
            above[i] = if i == n - 2 { 0.0 } else { widths[i] / pivot };
        }
        let targets = targets
            .iter()
            .map(|t| {
                let i = x.partition_point(|v| v <= t).clamp(1, n - 1) - 1;
                let h = widths[i];
                let a = (x[i + 1] - t) / h;
                let b = (t - x[i]) / h;
                Target {
                    interval: i,
                    a,
                    b,
                    a2: (a * a * a - a) * h * h / 6.0,
                    b2: (b * b * b - b) * h * h / 6.0,
                }
            })
            .collect();
        Self {
            inverse_widths: widths.iter().map(|h| 1.0 / h).collect(),
            below,
            inverse_pivots,
            above,
            targets,
            second: vec![F64s::ZERO; n],
        }
    }

    /// Values at the targets; `out` gets each target's number and value.
    #[inline(always)]
    fn evaluate(&mut self, y: &[F64s], mut out: impl FnMut(usize, F32s)) {
        let n = y.len();
        let mut left = (y[1] - y[0]) * self.inverse_widths[0];
        let mut carried = F64s::ZERO;
        let rows = y[1..]
            .windows(2)
            .zip(&self.inverse_widths[1..])
            .zip(&self.below[1..])
            .zip(&self.inverse_pivots[1..])
            .zip(&mut self.second[1..n - 1]);
        for ((((y, width), below), pivot), second) in rows {
            let right = (y[1] - y[0]) * *width;
            let rhs = (right - left) * 6.0;
            left = right;
            carried = (rhs - carried * *below) * *pivot;
            *second = carried;
        }
        let mut next = F64s::ZERO;
        for (second, above) in self.second[1..n - 1]
            .iter_mut()
            .zip(&self.above[1..n - 1])
            .rev()
        {
            next = *second - next * *above;
            *second = next;
        }
        for (k, t) in self.targets.iter().enumerate() {
            let (y, second) = (&y[t.interval..], &self.second[t.interval..]);
            let ([y0, y1, ..], [s0, s1, ..]) = (y, second) else {
                continue;
            };
            let value = *y0 * t.a + *y1 * t.b + *s0 * t.a2 + *s1 * t.b2;
            out(k, value.narrow());
        }
    }
}

/// Conditions a long magnitude spectrum for sub-harmonic summation.
pub(crate) struct OctaveScale {
    spline: Spline,
    weights: Vec<f64>,
    enhanced: Vec<F32s>,
    smoothed: Vec<F64s>,
    peaks: Vec<u8>,
    /// Points each octave.
    pub per_octave: f64,
    /// log2 of the first target frequency, and the step.
    pub first_log2: f64,
    pub step_log2: f64,
}

impl OctaveScale {
    /// For `bins` bins; `frame_s` is the transform's length in seconds.
    pub fn new(bins: usize, frame_s: f64) -> Self {
        let df = 1.0 / f64::from(frame_s as f32);
        let highest = (bins - 1) as f64 * df;
        let mut x: Vec<f64> = (0..bins).map(|k| (k as f64 * df).log2()).collect();
        x[0] = 2.0 * x[1] - x[2];
        let first_log2 = LOWEST_HZ.log2();
        let step_log2 = (highest.log2() - first_log2) / (bins - 1) as f64;
        let targets: Vec<f64> = (0..bins)
            .map(|i| first_log2 + i as f64 * step_log2)
            .collect();
        let per_octave = bins as f64 / (highest / LOWEST_HZ).log2();
        let s = per_octave * (65.0_f64 / 50.0).log2() - 1.0;
        let weights = (0..bins)
            .map(|i| 0.5 + (3.0 * ((i + 1) as f64 - s) / per_octave).atan() / std::f64::consts::PI)
            .collect();
        Self {
            spline: Spline::new(&x, &targets),
            weights,
            enhanced: vec![F32s::ZERO; bins],
            smoothed: vec![F64s::ZERO; bins],
            peaks: vec![0; bins + 4],
            per_octave,
            first_log2,
            step_log2,
        }
    }

    #[inline(always)]
    pub fn apply(&mut self, magnitude: &[F32s], out: &mut [F32s]) {
        self.enhance(magnitude);
        let x = &self.enhanced;
        let n = x.len();
        let mut left = F64s::ZERO;
        let mut here = x[0].wide();
        for k in 0..n - 1 {
            let right = x[k + 1].wide();
            self.smoothed[k] = (left + here * 2.0 + right) / 4.0;
            left = here;
            here = right;
        }
        self.smoothed[n - 1] = here;
        let weights = &self.weights;
        self.spline.evaluate(
            &self.smoothed,
            #[inline(always)]
            |k, value| {
                out[k] = (value.max(F32s::ZERO).wide() * weights[k]).narrow();
            },
        );
    }

    /// Zeroes what lies further than two bins from the spectral peaks around it.
    #[inline(always)]
    fn enhance(&mut self, m: &[F32s]) {
        // One bit for each lane says where its peaks are; two places of slack on each side.
        let n = m.len();
        let inner = &mut self.peaks[2..n + 2];
        inner[0] = m[0].above(m[1]) as u8;
        inner[n - 1] = m[n - 1].above(m[n - 2]) as u8;
        for (peak, w) in inner[1..].iter_mut().zip(m.windows(3)) {
            *peak = (w[1].above(w[0]) & !w[2].above(w[1])) as u8;
        }
        // What lies before the first and after the last peak stays, so each lane's first
        // and last must be known; a single peak leaves bins 0 .. 2 whatever its place.
        let (mut any, mut twice) = (0_u8, 0_u8);
        for p in inner.iter() {
            twice |= any & p;
            any |= p;
        }
        let single = any & !twice;
        let mut open = 0_u8; // lanes whose first peak is behind
        let rows = self.enhanced.iter_mut().zip(m);
        for (k, ((to, from), peaks)) in rows.zip(self.peaks.windows(5)).enumerate() {
            let around = peaks[0] | peaks[1] | peaks[2] | peaks[3] | peaks[4];
            open |= peaks[2];
            let cleared = (open & !around & !single) | if k >= 3 { single } else { 0 };
            *to = from.keep(!cleared);
        }
        let peaks = &self.peaks[2..n + 2];
        // Give back what lies after the last peak.
        let mut closed = 0_u8;
        for k in (0..n).rev() {
            let after = !closed & !peaks[k] & !single;
            if after == 0 {
                break;
            }
            for l in 0..LANES {
                if after >> l & 1 == 1 {
                    self.enhanced[k].0[l] = m[k].0[l];
                }
            }
            closed |= peaks[k];
        }
    }
}
