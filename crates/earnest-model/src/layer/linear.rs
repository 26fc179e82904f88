//! Linear layer: `y = x W^T + b`, W `[out, in]`.

use earnest_random::Key;

use crate::param::Param;
use crate::product::{View, multiply_in_blocks};
use crate::real::Real;

/// Rows of a product that one thread computes at a time.
const BLOCK: usize = 1024;

/// A linear layer.
#[derive(Clone, Debug)]
pub(crate) struct Linear<T> {
    pub weight: Param<T>,
    pub bias: Param<T>,
}

/// Adds the column sums of a row-major matrix to `sums`.
pub(crate) fn add_column_sums<T: Real>(sums: &mut [T], rows: &[T]) {
    for row in rows.chunks_exact(sums.len()) {
        for (s, x) in sums.iter_mut().zip(row) {
            *s += *x;
        }
    }
}

/// `x W^T + b` for all rows, with W `[out, in]`.
pub(crate) fn project<T: Real>(x: &[T], weight: &Param<T>, bias: &Param<T>) -> Vec<T> {
    let (out, inputs) = (weight.shape[0], weight.shape[1]);
    let rows = x.len() / inputs;
    let mut y = Vec::with_capacity(rows * out);
    for _ in 0..rows {
        y.extend_from_slice(&bias.value);
    }
    let w = View::new(&weight.value, out, inputs).transposed();
    multiply_in_blocks(&mut y, View::new(x, rows, inputs), w, T::ONE, BLOCK);
    y
}

/// Adds to the gradients of W and b.
pub(crate) fn project_backward_weights<T: Real>(
    x: &[T],
    dy: &[T],
    weight: &mut Param<T>,
    bias: &mut Param<T>,
) {
    let (out, inputs) = (weight.shape[0], weight.shape[1]);
    let rows = x.len() / inputs;
    add_column_sums(&mut bias.grad, dy);
    multiply_in_blocks(
        &mut weight.grad,
        View::new(dy, rows, out).transposed(),
        View::new(x, rows, inputs),
        T::ONE,
        out.div_ceil(4).max(1),
    );
}

/// The gradient of x.
pub(crate) fn project_backward_input<T: Real>(dy: &[T], weight: &Param<T>) -> Vec<T> {
    let (out, inputs) = (weight.shape[0], weight.shape[1]);
    let rows = dy.len() / out;
    let mut dx = vec![T::ZERO; rows * inputs];
    let w = View::new(&weight.value, out, inputs);
    multiply_in_blocks(&mut dx, View::new(dy, rows, out), w, T::ZERO, BLOCK);
    dx
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

    pub fn forward(&self, x: &[T]) -> Vec<T> {
        project(x, &self.weight, &self.bias)
    }

    pub fn backward(&mut self, x: &[T], dy: &[T]) -> Vec<T> {
        project_backward_weights(x, dy, &mut self.weight, &mut self.bias);
        project_backward_input(dy, &self.weight)
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
        let mut draws = key.with("x").draws();
        let x: Vec<f64> = (0..20).map(|_| draws.normal()).collect();
        let c: Vec<f64> = (0..12).map(|_| draws.normal()).collect();
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
