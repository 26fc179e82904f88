//! An exponential moving average of a network's tensors over the steps of training (Polyak and
//! Juditsky 1992 for the plain mean; bias-corrected as Adam's moments are, Kingma and Ba 2015).
//!
//! With decay d, after step t (from 1) that left weights w_t,
//!
//! ```text
//! a_t = sum_k d^(t-k) w_k / sum_k d^(t-k) = a_{t-1} + r_t (w_t - a_{t-1})     r_t = (1 - d) / (1 - d^t)
//! ```
//!
//! so that after the first step the average is that step's weights: the weights that were drawn at first
//! have no part in it. Running statistics of batch norm are averaged as weights are.

use earnest_features::vectorised::vectorised;

use crate::param::Param;
use crate::real::Real;

/// The average so far.
#[derive(Clone, Debug)]
pub(crate) struct MovingAverage<T> {
    pub decay: f64,
    /// Of each tensor of the network, in its order; none before the first step.
    pub values: Vec<Vec<T>>,
}

impl<T: Real> MovingAverage<T> {
    pub fn new(decay: f64) -> Self {
        Self {
            decay,
            values: Vec::new(),
        }
    }

    /// Takes in the tensors after the step of this number, from 1.
    pub fn take(&mut self, step: u64, tensors: &[&Param<T>]) {
        if self.values.len() != tensors.len() {
            self.values = tensors.iter().map(|p| p.value.clone()).collect();
            return;
        }
        let t = i32::try_from(step).unwrap_or(i32::MAX);
        let new = (1.0 - self.decay) / (1.0 - self.decay.powi(t));
        // Of two numbers that are not below 0, as variances are, neither is this sum.
        let (new, old) = (T::from_f64(new), T::from_f64(1.0 - new));
        for (average, param) in self.values.iter_mut().zip(tensors) {
            vectorised(
                #[inline(always)]
                || {
                    for (a, w) in average.iter_mut().zip(&param.value) {
                        *a = old * *a + new * *w;
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
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Reference {
        decay: f64,
        /// After each step.
        averages: Vec<Vec<f64>>,
    }

    #[test]
    fn the_average_is_that_of_pytorchs_averaged_model_with_the_same_weight_of_a_step() {
        let text = include_str!("../tests/reference/moving_average.json");
        let reference: Reference = serde_json::from_str(text).unwrap();
        let mut average = MovingAverage::<f64>::new(reference.decay);
        let mut param = Param::<f64>::uniform("x".into(), &[5], 0.0, &Key::new(1));
        for (k, expected) in reference.averages.iter().enumerate() {
            for (i, x) in param.value.iter_mut().enumerate() {
                *x = (1.3 * i as f64 + 0.7 * k as f64).sin();
            }
            average.take(k as u64 + 1, &[&param]);
            for (a, b) in average.values[0].iter().zip(expected) {
                assert!((a - b).abs() < 1e-12, "step {k}: {a} for {b}");
            }
        }
    }
}
