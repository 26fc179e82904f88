//! One-dimensional convolution over time: `y[t] = b + sum_k W_k x[t + k - K/2]`, zero
//! outside the sequence, K odd. W is `[out, K, in]`.
//!
//! Sequences lie end to end with K/2 zero rows between them, so a window is K rows side by
//! side and the whole layer is one product of overlapping rows.

use earnest_random::Key;

use crate::param::Param;
use crate::product::{View, multiply_in_blocks};
use crate::real::Real;
use crate::sequence::Gapped;

const BLOCK: usize = 1024;

/// A convolution layer.
#[derive(Clone, Debug)]
pub(crate) struct Conv1d<T> {
    weight: Param<T>,
    bias: Param<T>,
}

/// The windows of `kernel` rows of `width` values, one for each row that is not in the
/// first or last margin.
fn windows<'a, T>(x: &'a [T], layout: &Gapped, width: usize, kernel: usize) -> View<'a, T> {
    View {
        data: x,
        rows: (layout.rows + 1).saturating_sub(kernel),
        columns: kernel * width,
        row: width,
        column: 1,
    }
}

impl<T: Real> Conv1d<T> {
    /// Uniform start within 1 / sqrt(inputs * kernel).
    pub fn new(name: &str, inputs: usize, outputs: usize, kernel: usize, key: &Key) -> Self {
        let bound = 1.0 / ((inputs * kernel).max(1) as f64).sqrt();
        Self {
            weight: Param::uniform(
                format!("{name}.weight"),
                &[outputs, kernel, inputs],
                bound,
                key,
            ),
            bias: Param::uniform(format!("{name}.bias"), &[outputs], bound, key),
        }
    }

    fn sizes(&self) -> (usize, usize, usize) {
        let s = &self.weight.shape;
        (s[0], s[1], s[2])
    }

    /// `[rows, out]` from `[rows, in]`, gaps zero in both.
    pub fn forward(&self, layout: &Gapped, x: &[T]) -> Vec<T> {
        let (out, kernel, inputs) = self.sizes();
        let half = kernel / 2;
        let mut y = vec![T::ZERO; layout.rows * out];
        for row in y.chunks_exact_mut(out) {
            row.copy_from_slice(&self.bias.value);
        }
        multiply_in_blocks(
            &mut y[half * out..],
            windows(x, layout, inputs, kernel),
            View::new(&self.weight.value, out, kernel * inputs).transposed(),
            T::ONE,
            BLOCK,
        );
        layout.clear_gaps(&mut y, out);
        y
    }

    /// Adds to the gradients; `dy` must be zero in the gaps. Returns the gradient of x, if
    /// wanted, with whatever in its gaps.
    pub fn backward(
        &mut self,
        layout: &Gapped,
        x: &[T],
        dy: &[T],
        input_wanted: bool,
    ) -> Option<Vec<T>> {
        let (out, kernel, inputs) = self.sizes();
        let half = kernel / 2;
        super::linear::add_column_sums(&mut self.bias.grad, dy);
        let x_windows = windows(x, layout, inputs, kernel);
        let centre = &dy[half * out..];
        multiply_in_blocks(
            &mut self.weight.grad,
            View::new(centre, x_windows.rows, out).transposed(),
            x_windows,
            T::ONE,
            out.div_ceil(4).max(1),
        );
        if !input_wanted {
            return None;
        }
        // The same convolution with the kernel turned round: rows (k, out), columns in.
        let mut turned = vec![T::ZERO; kernel * out * inputs];
        for o in 0..out {
            for k in 0..kernel {
                let from = (o * kernel + kernel - 1 - k) * inputs;
                let to = (k * out + o) * inputs;
                turned[to..to + inputs].copy_from_slice(&self.weight.value[from..from + inputs]);
            }
        }
        let mut dx = vec![T::ZERO; layout.rows * inputs];
        multiply_in_blocks(
            &mut dx[half * inputs..],
            windows(dy, layout, out, kernel),
            View::new(&turned, kernel * out, inputs),
            T::ZERO,
            BLOCK,
        );
        Some(dx)
    }

    pub fn params(&self) -> [&Param<T>; 2] {
        [&self.weight, &self.bias]
    }

    pub fn params_mut(&mut self) -> [&mut Param<T>; 2] {
        [&mut self.weight, &mut self.bias]
    }
}
