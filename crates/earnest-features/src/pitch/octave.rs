//! The magnitude spectrum, peaks enhanced, on an octave axis: LLD_SPEC.md section 7.1.

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
    rhs: Vec<f64>,
    second: Vec<f64>,
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
            rhs: vec![0.0; n],
            second: vec![0.0; n],
        }
    }

    fn evaluate(&mut self, y: &[f64], out: &mut [f32]) {
        let n = y.len();
        let mut left = (y[1] - y[0]) * self.inverse_widths[0];
        for i in 1..n - 1 {
            let right = (y[i + 1] - y[i]) * self.inverse_widths[i];
            self.rhs[i] = 6.0 * (right - left);
            left = right;
        }
        let mut carried = 0.0;
        for i in 1..n - 1 {
            carried = (self.rhs[i] - self.below[i] * carried) * self.inverse_pivots[i];
            self.second[i] = carried;
        }
        let mut next = 0.0;
        for i in (1..n - 1).rev() {
            next = self.second[i] - self.above[i] * next;
            self.second[i] = next;
        }
        for (value, t) in out.iter_mut().zip(&self.targets) {
            let i = t.interval;
            *value =
                (t.a * y[i] + t.b * y[i + 1] + t.a2 * self.second[i] + t.b2 * self.second[i + 1])
                    as f32;
        }
    }
}

/// Conditions a long magnitude spectrum for sub-harmonic summation.
pub(crate) struct OctaveScale {
    spline: Spline,
    weights: Vec<f64>,
    enhanced: Vec<f64>,
    smoothed: Vec<f64>,
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
            enhanced: vec![0.0; bins],
            smoothed: vec![0.0; bins],
            per_octave,
            first_log2,
            step_log2,
        }
    }

    pub fn apply(&mut self, magnitude: &[f32], out: &mut [f32]) {
        self.enhance(magnitude);
        let x = &self.enhanced;
        let n = x.len();
        let mut left = 0.0;
        for k in 0..n - 1 {
            self.smoothed[k] = (left + 2.0 * x[k] + x[k + 1]) / 4.0;
            left = x[k];
        }
        self.smoothed[n - 1] = x[n - 1];
        self.spline.evaluate(&self.smoothed, out);
        for (value, weight) in out.iter_mut().zip(&self.weights) {
            *value = if *value > 0.0 {
                (f64::from(*value) * weight) as f32
            } else {
                0.0
            };
        }
    }

    /// Zeroes what lies further than two bins from the spectral peaks around it.
    fn enhance(&mut self, m: &[f32]) {
        let n = m.len();
        for (to, from) in self.enhanced.iter_mut().zip(m) {
            *to = f64::from(*from);
        }
        let mut previous: Option<usize> = None;
        let mut peaks = 0;
        for k in 0..n {
            let peak = if k == 0 {
                m[0] > m[1]
            } else if k == n - 1 {
                m[k] > m[k - 1]
            } else {
                m[k] > m[k - 1] && m[k] >= m[k + 1]
            };
            if !peak {
                continue;
            }
            peaks += 1;
            if let Some(a) = previous
                && k >= a + 6
            {
                self.enhanced[a + 3..=k - 3].fill(0.0);
            }
            previous = Some(k);
        }
        if peaks == 1 {
            self.enhanced[3..].fill(0.0);
        }
    }
}
