//! Adam (Kingma and Ba 2015) with the paper's clipping of each gradient value, and with decoupled
//! weight decay where it is wanted (AdamW, Loshchilov and Hutter 2019):
//!
//! ```text
//! x <- x - r w x        then Adam's step
//! ```
//!
//! with learning rate r and decay w. Only tensors of two dimensions and more decay, which are the
//! weights of products: no bias, no scale or shift of batch norm and no query of attention.

use crate::param::Param;
use crate::real::Real;
use earnest_features::vectorised::vectorised;

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// Moments of every parameter, in the network's parameter order.
#[derive(Clone, Debug, Default)]
pub struct Adam<T> {
    /// Steps taken.
    pub steps: u64,
    /// First moments.
    pub first: Vec<Vec<T>>,
    /// Second moments.
    pub second: Vec<Vec<T>>,
    /// Decoupled weight decay; none is 0.
    pub weight_decay: f64,
}

impl<T: Real> Adam<T> {
    /// One step; gradients are clipped to [-clip, clip] value by value, used, and zeroed.
    pub fn step<'a>(
        &mut self,
        params: impl Iterator<Item = &'a mut Param<T>>,
        learning_rate: f64,
        clip: f64,
    ) {
        self.steps += 1;
        let t = i32::try_from(self.steps).unwrap_or(i32::MAX);
        let (b1, b2) = (T::from_f64(BETA_1), T::from_f64(BETA_2));
        let (c1, c2) = (T::from_f64(1.0 - BETA_1), T::from_f64(1.0 - BETA_2));
        let rate = T::from_f64(learning_rate / (1.0 - BETA_1.powi(t)));
        let root = T::from_f64(1.0 / (1.0 - BETA_2.powi(t)).sqrt());
        let (clip, epsilon) = (T::from_f64(clip), T::from_f64(EPSILON));
        for (i, param) in params.enumerate() {
            if self.first.len() <= i {
                self.first.push(vec![T::ZERO; param.value.len()]);
                self.second.push(vec![T::ZERO; param.value.len()]);
            }
            if self.weight_decay != 0.0 && param.shape.len() > 1 {
                let left = T::from_f64(1.0 - learning_rate * self.weight_decay);
                for x in &mut param.value {
                    *x *= left;
                }
            }
            let moments = self.first[i].iter_mut().zip(&mut self.second[i]);
            let values = param.value.iter_mut().zip(&mut param.grad).zip(moments);
            vectorised(
                #[inline(always)]
                || {
                    for ((x, g), (m, v)) in values {
                        // Written so that a NaN stays one.
                        let d = if *g > clip { clip } else { *g };
                        let d = if d < -clip { -clip } else { d };
                        *m = b1 * *m + c1 * d;
                        *v = b2 * *v + c2 * d * d;
                        *x -= rate * *m / (v.sqrt() * root + epsilon);
                        *g = T::ZERO;
                    }
                },
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_random::Key;

    #[test]
    fn the_first_steps_are_those_the_paper_of_adam_gives() {
        // By hand: g = 0.5 twice, lr 0.1. Both bias-corrected moments equal g and g^2 at
        // each step, so each step is lr * g / (|g| + eps).
        let mut p = Param::<f64>::uniform("x".into(), &[1], 0.0, &Key::new(1));
        let mut adam = Adam::default();
        for k in 1..=2 {
            p.grad[0] = 0.5;
            adam.step(std::iter::once(&mut p), 0.1, 1.0);
            assert!(
                (p.value[0] + 0.1 * f64::from(k)).abs() < 1e-7,
                "{}",
                p.value[0]
            );
            assert_eq!(p.grad[0], 0.0);
        }
        // Clipping: a gradient of 40 counts as 1.
        let run = |g: f64| {
            let mut p = Param::<f64>::uniform("x".into(), &[1], 0.0, &Key::new(1));
            let mut adam = Adam::default();
            for g in [g, 0.1] {
                p.grad[0] = g;
                adam.step(std::iter::once(&mut p), 0.1, 1.0);
            }
            p.value[0]
        };
        assert_eq!(run(40.0), run(1.0));
        assert_ne!(run(0.9), run(1.0));
    }
}
