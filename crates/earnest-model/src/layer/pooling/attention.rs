//! Attention over time (Mirsamadi, Barsoum and Zhang 2017): a learnt query `u` weighs the
//! frames,
//!
//! ```text
//! s_t = u . x_t      a = softmax over t of s      y = sum_t a_t x_t
//! ```
//!
//! and backwards, with `g = dL/dy`,
//!
//! ```text
//! ds_t = a_t (g . x_t - g . y)    dx_t = a_t g + ds_t u    du = sum_t ds_t x_t
//! ```

use earnest_random::Key;

use super::total_width;
use crate::dot::{add_products, no_products};
use crate::param::Param;
use crate::real::Real;
use crate::sequence::{Frames, sized};
use earnest_features::vectorised::vectorised;

/// The query.
#[derive(Clone, Debug)]
pub(crate) struct Attention<T> {
    pub(super) query: Param<T>,
}

impl<T: Real> Attention<T> {
    /// Uniform start within 1 / sqrt(width).
    pub fn new(name: &str, width: usize, key: &Key) -> Self {
        let bound = 1.0 / (width.max(1) as f64).sqrt();
        Self {
            query: Param::uniform(format!("{name}.query"), &[width], bound, key),
        }
    }

    pub(super) fn forward(
        &self,
        frames: &impl Frames,
        parts: &[(&[T], usize)],
        weights: &mut Vec<T>,
        out: &mut [T],
    ) {
        let total = total_width(parts);
        let rows = parts.first().map_or(0, |(x, width)| x.len() / width);
        let weights = sized(weights, rows);
        for (s, out) in out.chunks_exact_mut(total).enumerate() {
            out.fill(T::ZERO);
            let length = frames.frames(s);
            let mut top = None;
            for t in 0..length {
                let row = frames.row(s, t);
                let score = self.score(parts, row);
                weights[row] = score;
                top = Some(match top {
                    Some(top) if top > score => top,
                    _ => score,
                });
            }
            let top = top.unwrap_or(T::ZERO);
            let mut sum = T::ZERO;
            for t in 0..length {
                let w = &mut weights[frames.row(s, t)];
                *w = (*w - top).exp();
                sum += *w;
            }
            for t in 0..length {
                let row = frames.row(s, t);
                weights[row] = weights[row] / sum;
                let mut column = 0;
                for (x, width) in parts {
                    let x = &x[row * width..(row + 1) * width];
                    for (y, x) in out[column..column + width].iter_mut().zip(x) {
                        *y += weights[row] * *x;
                    }
                    column += width;
                }
            }
        }
    }

    /// The score of a row.
    pub(super) fn score(&self, parts: &[(&[T], usize)], row: usize) -> T {
        along(parts, row, &self.query.value)
    }

    /// Turns the scores of one sequence into weights, with the sums of [`Attention::forward`].
    pub(super) fn weigh(scores: &mut [T]) {
        let mut top = None;
        for score in &*scores {
            top = Some(match top {
                Some(top) if top > *score => top,
                _ => *score,
            });
        }
        let top = top.unwrap_or(T::ZERO);
        let mut sum = T::ZERO;
        for w in &mut *scores {
            *w = (*w - top).exp();
            sum += *w;
        }
        for w in scores {
            *w = *w / sum;
        }
    }

    pub(super) fn backward(
        &self,
        frames: &impl Frames,
        parts: &[(&[T], usize)],
        weights: &[T],
        d_out: &[T],
        d_parts: &mut [&mut [T]],
        d_query: &mut Vec<T>,
    ) {
        let total = total_width(parts);
        d_query.clear();
        d_query.resize(total, T::ZERO);
        for (s, d_out) in d_out.chunks_exact(total).enumerate() {
            let length = frames.frames(s);
            // g . y is the weighted mean of g . x_t.
            let mut mean = T::ZERO;
            for t in 0..length {
                let row = frames.row(s, t);
                mean += weights[row] * along(parts, row, d_out);
            }
            for t in 0..length {
                let row = frames.row(s, t);
                let a = weights[row];
                let ds = a * (along(parts, row, d_out) - mean);
                let mut column = 0;
                for ((x, width), d) in parts.iter().zip(&mut *d_parts) {
                    let range = row * width..(row + 1) * width;
                    let columns = column..column + width;
                    let d = d[range.clone()].iter_mut().zip(&d_out[columns.clone()]);
                    for ((d, g), u) in d.zip(&self.query.value[columns.clone()]) {
                        *d = a * *g + ds * *u;
                    }
                    for (du, x) in d_query[columns].iter_mut().zip(&x[range]) {
                        *du += ds * *x;
                    }
                    column += width;
                }
            }
        }
    }

    pub(super) fn gather(&mut self, d_query: &[T]) {
        for (g, d) in self.query.grad.iter_mut().zip(d_query) {
            *g += *d;
        }
    }
}

/// The product of a row, over all its parts, with a vector.
fn along<T: Real>(parts: &[(&[T], usize)], row: usize, vector: &[T]) -> T {
    vectorised(
        #[inline(always)]
        || {
            let mut sums = no_products();
            let mut column = 0;
            for (x, width) in parts {
                let x = &x[row * width..(row + 1) * width];
                add_products(&mut sums, x, &vector[column..column + width]);
                column += width;
            }
            sums.into_iter().sum()
        },
    )
}
