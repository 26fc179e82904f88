//! One-dimensional convolution over time: `y[t] = b + sum_k W_k x[s t + k - K/2]`, zero
//! outside the sequence, K odd, with a stride of s: a sequence of L frames becomes one of
//! `ceil(L / s)`. W is `[out, K, in]`.
//!
//! Sequences lie end to end with K/2 zero rows between them, so a window is K rows side by
//! side and, without stride, the whole layer is one product of overlapping rows. Rows are
//! shared out between threads in blocks, and the weights' gradient is the sum over a fixed
//! number of segments. With a stride (`strided.rs`) the windows of each sequence are products
//! of their own, since no two sequences need begin at a multiple of it.

mod strided;

use std::sync::OnceLock;

use earnest_random::Key;
use rayon::prelude::*;

use super::BLOCK;
use super::column_sums::add_column_sums;
use crate::param::Param;
use crate::product::{Before, View, ViewMut, multiply};
use crate::real::Real;
use crate::sequence::{Gapped, sized};
use earnest_features::vectorised::vectorised;

/// Runs of rows whose part of the weights' gradient is computed side by side.
const SEGMENTS: usize = 8;
/// Values of the segments' parts that one thread adds up at a time.
const SUMMED: usize = 8192;

/// A convolution layer.
#[derive(Clone, Debug)]
pub(crate) struct Conv1d<T> {
    weight: Param<T>,
    bias: Param<T>,
    stride: usize,
    /// Made when it is first needed after the parameters changed.
    laid: OnceLock<Laid<T>>,
}

/// Weights as the products want them: columns side by side.
#[derive(Clone, Debug)]
struct Laid<T> {
    /// `[K * in, out]`.
    forward: Vec<T>,
    /// The kernel turned round, for the gradient of the input: `[K * out, in]`. With a stride,
    /// its taps are sorted by phase.
    turned: Vec<T>,
}

/// Buffers of the backward pass, kept from step to step.
#[derive(Debug, Default)]
pub(crate) struct ConvState<T> {
    /// `[K * in + 1, out]` for each segment: its part of the gradients of W and, last, b.
    parts: Vec<Vec<T>>,
}

/// `count` windows of `kernel` rows of `width` values, one for each row that is not in the
/// first or last margin; the first begins `from` rows on.
fn windows<T>(x: &[T], from: usize, count: usize, width: usize, kernel: usize) -> View<'_, T> {
    View::strided(&x[from * width..], count, kernel * width, width)
}

impl<T: Real> Conv1d<T> {
    /// Uniform start within 1 / sqrt(inputs * kernel).
    pub fn new(
        name: &str,
        inputs: usize,
        outputs: usize,
        (kernel, stride): (usize, usize),
        key: &Key,
    ) -> Self {
        let bound = 1.0 / ((inputs * kernel).max(1) as f64).sqrt();
        Self {
            weight: Param::uniform(
                format!("{name}.weight"),
                &[outputs, kernel, inputs],
                bound,
                key,
            ),
            bias: Param::uniform(format!("{name}.bias"), &[outputs], bound, key),
            stride,
            laid: OnceLock::new(),
        }
    }

    fn sizes(&self) -> (usize, usize, usize) {
        let s = &self.weight.shape;
        (s[0], s[1], s[2])
    }

    /// The weights as laid out, anew if they may have changed. No work is shared out here: a
    /// thread that waits for another's layout must not be given a piece of that.
    fn laid(&self) -> &Laid<T> {
        self.laid.get_or_init(|| {
            let (out, kernel, inputs) = self.sizes();
            let weight = &self.weight.value;
            let mut forward = vec![T::ZERO; weight.len()];
            let mut turned = vec![T::ZERO; weight.len()];
            let places = strided::places(kernel, self.stride);
            for o in 0..out {
                for (k, place) in places.iter().enumerate() {
                    let from = &weight[(o * kernel + k) * inputs..][..inputs];
                    let to = (place * out + o) * inputs;
                    turned[to..to + inputs].copy_from_slice(from);
                    for (i, w) in from.iter().enumerate() {
                        forward[(k * inputs + i) * out + o] = *w;
                    }
                }
            }
            Laid { forward, turned }
        })
    }

    /// Fills `y`, which lies as `to` says, from `x`, which lies as `from` says and is zero in
    /// the gaps. What stands in the gaps of `y` means nothing. `to` is `from`
    /// [thinned](Gapped::thinned) by the stride, both with a margin of K/2.
    pub fn forward(&self, from: &Gapped, to: &Gapped, x: &[T], y: &mut [T]) {
        if self.stride > 1 {
            return self.forward_strided(from, to, x, y);
        }
        let layout = from;
        let (out, kernel, inputs) = self.sizes();
        let laid = self.laid();
        let count = (layout.rows() + 1).saturating_sub(kernel);
        y[kernel / 2 * out..][..count * out]
            .par_chunks_mut(BLOCK * out)
            .enumerate()
            .for_each(|(i, y)| {
                for row in y.chunks_exact_mut(out) {
                    row.copy_from_slice(&self.bias.value);
                }
                let rows = y.len() / out;
                multiply(
                    ViewMut::new(y, rows, out),
                    windows(x, i * BLOCK, rows, inputs, kernel),
                    View::new(&laid.forward, kernel * inputs, out),
                    Before::Added,
                );
            });
    }

    /// Adds to the gradients; `dy` must be zero in the gaps. Fills the gradient of x, if
    /// wanted; what stands in its gaps means nothing.
    pub fn backward(
        &mut self,
        from: &Gapped,
        to: &Gapped,
        x: &[T],
        dy: &[T],
        state: &mut ConvState<T>,
        dx: Option<&mut [T]>,
    ) {
        if self.stride > 1 {
            return self.backward_strided(from, to, x, dy, state, dx);
        }
        let layout = from;
        let (out, kernel, inputs) = self.sizes();
        let half = kernel / 2;
        let count = (layout.rows() + 1).saturating_sub(kernel);
        let parts = &mut state.parts;
        parts.resize_with(SEGMENTS, Vec::new);
        let weights = || {
            let segment = count.div_ceil(SEGMENTS);
            parts.par_iter_mut().enumerate().for_each(|(i, part)| {
                let from = (i * segment).min(count);
                let rows = segment.min(count - from);
                let part = sized(part, (kernel * inputs + 1) * out);
                let (weight, bias) = part.split_at_mut(kernel * inputs * out);
                let dy = &dy[(half + from) * out..][..rows * out];
                multiply(
                    ViewMut::new(weight, kernel * inputs, out),
                    windows(x, from, rows, inputs, kernel).transposed(),
                    View::new(dy, rows, out),
                    Before::Forgotten,
                );
                bias.fill(T::ZERO);
                add_column_sums(bias, dy);
            });
        };
        let laid = self.laid();
        let input = || {
            let Some(dx) = dx else {
                return;
            };
            dx[half * inputs..][..count * inputs]
                .par_chunks_mut(BLOCK * inputs)
                .enumerate()
                .for_each(|(i, dx)| {
                    let rows = dx.len() / inputs;
                    multiply(
                        ViewMut::new(dx, rows, inputs),
                        windows(dy, i * BLOCK, rows, out, kernel),
                        View::new(&laid.turned, kernel * out, inputs),
                        Before::Forgotten,
                    );
                });
        };
        rayon::join(weights, input);
        self.add_parts(&mut state.parts);
    }

    /// Adds the segments' parts, in their order, to the gradients.
    fn add_parts(&mut self, parts: &mut [Vec<T>]) {
        let (out, kernel, inputs) = self.sizes();
        let size = kernel * inputs;
        let Some((sum, others)) = parts.split_first_mut() else {
            return;
        };
        let sum = &mut sum[..(size + 1) * out];
        sum.par_chunks_mut(SUMMED).enumerate().for_each(|(i, sum)| {
            vectorised(
                #[inline(always)]
                || {
                    for other in others.iter() {
                        for (s, d) in sum.iter_mut().zip(&other[i * SUMMED..]) {
                            *s += *d;
                        }
                    }
                },
            );
        });
        let rows_of = |o: usize| sum[o..size * out].iter().step_by(out);
        self.weight
            .grad
            .par_chunks_exact_mut(size)
            .enumerate()
            .for_each(|(o, g)| {
                for (g, d) in g.iter_mut().zip(rows_of(o)) {
                    *g += *d;
                }
            });
        for (g, d) in self.bias.grad.iter_mut().zip(&sum[size * out..]) {
            *g += *d;
        }
    }

    pub fn params(&self) -> [&Param<T>; 2] {
        [&self.weight, &self.bias]
    }

    pub fn params_mut(&mut self) -> [&mut Param<T>; 2] {
        self.laid.take();
        [&mut self.weight, &mut self.bias]
    }
}
