//! Linear layer: `y = x W^T + b`, W `[out, in]`; backwards `dx = dy W`, `dW = dy^T x`,
//! `db = sum of dy`. It is used for a network's few outputs, so forwards it is plain
//! products of vectors.

use earnest_random::Key;

use super::column_sums::add_column_sums;
use crate::dot::{add_products, no_products};
use crate::param::Param;
use crate::product::{Before, View, ViewMut, multiply};
use crate::real::Real;

/// A linear layer.
#[derive(Clone, Debug)]
pub(crate) struct Linear<T> {
    pub weight: Param<T>,
    pub bias: Param<T>,
}

impl<T: Real> Linear<T> {
    /// Uniform start within 1 / sqrt(inputs).
    pub fn new(name: &str, inputs: usize, outputs: usize, key: &Key) -> Self {
        let bound = 1.0 / (inputs.max(1) as f64).sqrt();
        Self {
            weight: Param::uniform(format!("{name}.weight"), &[outputs, inputs], bound, key),
            bias: Param::uniform(format!("{name}.bias"), &[outputs], bound, key),
        }
    }

    fn sizes(&self) -> (usize, usize) {
        (self.weight.shape[0], self.weight.shape[1])
    }

    /// `[rows, out]` from `[rows, in]`.
    pub fn forward(&self, x: &[T]) -> Vec<T> {
        let (out, inputs) = self.sizes();
        let mut y = Vec::with_capacity(x.len() / inputs * out);
        for row in x.chunks_exact(inputs) {
            let weights = self.weight.value.chunks_exact(inputs);
            y.extend(weights.zip(&self.bias.value).map(|(w, b)| {
                let mut sums = no_products();
                add_products(&mut sums, row, w);
                *b + sums.into_iter().sum()
            }));
        }
        y
    }

    /// Adds to the gradients; returns that of x.
    pub fn backward(&mut self, x: &[T], dy: &[T]) -> Vec<T> {
        let (out, inputs) = self.sizes();
        let rows = x.len() / inputs;
        add_column_sums(&mut self.bias.grad, dy);
        multiply(
            ViewMut::new(&mut self.weight.grad, out, inputs),
            View::new(dy, rows, out).transposed(),
            View::new(x, rows, inputs),
            Before::Added,
        );
        let mut dx = vec![T::ZERO; rows * inputs];
        multiply(
            ViewMut::new(&mut dx, rows, inputs),
            View::new(dy, rows, out),
            View::new(&self.weight.value, out, inputs),
            Before::Forgotten,
        );
        dx
    }

    pub fn params(&self) -> [&Param<T>; 2] {
        [&self.weight, &self.bias]
    }

    pub fn params_mut(&mut self) -> [&mut Param<T>; 2] {
        [&mut self.weight, &mut self.bias]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::gradient_check;

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let key = Key::new(2);
        let layer = Linear::<f64>::new("l", 5, 3, &key);
        let mut generator = key.with("x").generator();
        let x: Vec<f64> = (0..20).map(|_| generator.normal()).collect();
        let c: Vec<f64> = (0..12).map(|_| generator.normal()).collect();
        let loss = |(layer, x): &mut (Linear<f64>, Vec<f64>)| -> f64 {
            layer
                .forward(x)
                .iter()
                .zip(&c)
                .map(|(y, c)| y * c + 0.1 * y * y)
                .sum()
        };
        let mut state = (layer, x.clone());
        let dy: Vec<f64> = state
            .0
            .forward(&x)
            .iter()
            .zip(&c)
            .map(|(y, c)| c + 0.2 * y)
            .collect();
        let dx = state.0.backward(&x, &dy);
        let dw = state.0.weight.grad.clone();
        let db = state.0.bias.grad.clone();
        assert!(gradient_check::worst(&mut state, &dx, 99, |s, i| &mut s.1[i], loss) < 1e-7);
        assert!(
            gradient_check::worst(&mut state, &dw, 99, |s, i| &mut s.0.weight.value[i], loss)
                < 1e-7
        );
        assert!(
            gradient_check::worst(&mut state, &db, 99, |s, i| &mut s.0.bias.value[i], loss) < 1e-7
        );
    }
}
