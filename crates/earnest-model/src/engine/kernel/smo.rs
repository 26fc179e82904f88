//! The dual problem of a support vector machine, by sequential minimal optimisation.
//!
//! Minimise ½ Σ y_s y_t a_s a_t K_st + Σ p_t a_t over 0 <= a_t <= C_t with Σ y_t a_t = 0. Two
//! variables change at a time: the one that violates optimality most, and the one whose change with it
//! lowers the objective most by its second order (Fan, Chen and Lin, Working set selection using second
//! order information for training support vector machines, JMLR 6, 2005). Kernel values are held in
//! single precision, all else in double.

use super::rows::{KernelMatrix, RowCache};

/// How exactly a problem is solved.
#[derive(Clone, Copy)]
pub(in crate::engine) struct Effort {
    /// It is solved when no pair of variables violates optimality by more.
    pub tolerance: f64,
    /// Steps after which it is given up, for each variable.
    pub patience: usize,
}

/// A problem.
pub(in crate::engine) struct Problem<'a> {
    /// Which rows of the matrix it is about. Variable t has row t, modulo their number.
    pub rows: &'a [usize],
    /// y, 1 or -1, of each variable.
    pub signs: &'a [f64],
    /// p of each variable.
    pub linear: &'a [f64],
    /// C of each variable.
    pub most: &'a [f64],
    pub effort: Effort,
}

/// What solves it, nearly.
pub(in crate::engine) struct Solution {
    /// y a of each variable.
    pub signed: Vec<f64>,
    /// What is subtracted from the sum of kernels for a decision.
    pub offset: f64,
    /// False if it was given up.
    pub converged: bool,
}

/// A curvature below this counts as this.
const FLAT: f64 = 1e-12;

impl Problem<'_> {
    /// Solves it.
    pub fn solve(&self, matrix: &KernelMatrix<'_>) -> Solution {
        let (n, base) = (self.signs.len(), self.rows.len().max(1));
        let mut cache = RowCache::new(matrix, self.rows);
        let diagonal = cache.diagonal();
        let mut alpha = vec![0.0_f64; n];
        // y times the objective's gradient, of each variable.
        let mut slope: Vec<f64> = self
            .signs
            .iter()
            .zip(self.linear)
            .map(|(y, p)| y * p)
            .collect();
        let mut state = Bounds::new(self.signs, self.most);
        let most_steps = self.effort.patience.saturating_mul(n.max(1000));
        let mut converged = n == 0;
        for _ in 0..most_steps {
            let Some(i) = state.steepest(&slope) else {
                converged = true;
                break;
            };
            let row = cache.one(i % base);
            let top = -slope[i];
            let mut least = f64::INFINITY;
            let (mut j, mut gain) = (None, 0.0);
            for (half, slopes) in slope.chunks(base).enumerate() {
                let down = &state.down[half * base..];
                let of_row = row.iter().zip(&diagonal);
                for (t, ((s, (k, d)), down)) in slopes.iter().zip(of_row).zip(down).enumerate() {
                    if !down {
                        continue;
                    }
                    least = least.min(-s);
                    let violation = top + s;
                    if violation > 0.0 {
                        let curvature = diagonal[i % base] + d - 2.0 * f64::from(*k);
                        let own = violation * violation / curvature.max(FLAT);
                        if own > gain {
                            (j, gain) = (Some(half * base + t), own);
                        }
                    }
                }
            }
            let Some(j) = j.filter(|_| top - least >= self.effort.tolerance) else {
                converged = true;
                break;
            };
            let (row_i, row_j) = cache.two(i % base, j % base);
            let k = f64::from(row_i[j % base]);
            let curvature = (diagonal[i % base] + diagonal[j % base] - 2.0 * k).max(FLAT);
            let wanted = (slope[j] - slope[i]) / curvature;
            let step = wanted
                .min(self.room(&alpha, i, 1.0))
                .min(self.room(&alpha, j, -1.0));
            self.move_by(&mut alpha, &mut state, i, step);
            self.move_by(&mut alpha, &mut state, j, -step);
            for slopes in slope.chunks_mut(base) {
                for ((s, a), b) in slopes.iter_mut().zip(row_i).zip(row_j) {
                    *s += step * (f64::from(*a) - f64::from(*b));
                }
            }
        }
        let offset = self.offset(&alpha, &slope, &state);
        let signed = alpha.iter().zip(self.signs).map(|(a, y)| a * y).collect();
        Solution {
            signed,
            offset,
            converged,
        }
    }

    /// How far y a of a variable can go up (1) or down (-1).
    fn room(&self, alpha: &[f64], t: usize, way: f64) -> f64 {
        if self.signs[t] * way > 0.0 {
            self.most[t] - alpha[t]
        } else {
            alpha[t]
        }
    }

    /// Moves y a of a variable, to its bound exactly where it ends there.
    fn move_by(&self, alpha: &mut [f64], state: &mut Bounds, t: usize, step: f64) {
        let is_all = step.abs() >= self.room(alpha, t, step.signum());
        let goes_up = self.signs[t] * step > 0.0;
        alpha[t] = match (is_all, goes_up) {
            (true, true) => self.most[t],
            (true, false) => 0.0,
            (false, _) => (alpha[t] + self.signs[t] * step).clamp(0.0, self.most[t]),
        };
        state.set(t, self.signs[t], alpha[t], self.most[t]);
    }

    /// The mean slope of variables between their bounds; where there is none, the middle of what
    /// the bounds allow.
    fn offset(&self, alpha: &[f64], slope: &[f64], state: &Bounds) -> f64 {
        let (mut sum, mut free) = (0.0, 0_usize);
        let (mut least, mut most) = (f64::NEG_INFINITY, f64::INFINITY);
        for (t, (a, s)) in alpha.iter().zip(slope).enumerate() {
            if *a > 0.0 && *a < self.most[t] {
                sum += s;
                free += 1;
            } else if state.up[t] {
                most = most.min(*s);
            } else {
                least = least.max(*s);
            }
        }
        match (free, least.is_finite(), most.is_finite()) {
            (1.., ..) => sum / free as f64,
            (0, true, true) => f64::midpoint(least, most),
            (0, true, false) => least,
            (0, false, true) => most,
            (0, false, false) => 0.0,
        }
    }
}

/// Which way y a of each variable can go.
struct Bounds {
    up: Vec<bool>,
    down: Vec<bool>,
}

impl Bounds {
    /// Of variables that are all 0.
    fn new(signs: &[f64], most: &[f64]) -> Self {
        let mut bounds = Self {
            up: vec![false; signs.len()],
            down: vec![false; signs.len()],
        };
        for (t, (sign, most)) in signs.iter().zip(most).enumerate() {
            bounds.set(t, *sign, 0.0, *most);
        }
        bounds
    }

    fn set(&mut self, t: usize, sign: f64, alpha: f64, most: f64) {
        let (grows, shrinks) = (alpha < most, alpha > 0.0);
        (self.up[t], self.down[t]) = match sign > 0.0 {
            true => (grows, shrinks),
            false => (shrinks, grows),
        };
    }

    /// The variable that gains most by going up.
    fn steepest(&self, slope: &[f64]) -> Option<usize> {
        let (mut best, mut lowest) = (None, f64::INFINITY);
        for (t, (s, up)) in slope.iter().zip(&self.up).enumerate() {
            if *up && *s < lowest {
                (best, lowest) = (Some(t), *s);
            }
        }
        best
    }
}
