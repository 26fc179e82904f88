//! Mean over time: `y = (1 / T) sum_t x_t`.

use super::total_width;
use crate::real::Real;
use crate::sequence::Frames;
use earnest_features::vectorised::vectorised;

pub(super) fn forward<T: Real>(frames: &impl Frames, parts: &[(&[T], usize)], out: &mut [T]) {
    let total = total_width(parts);
    vectorised(
        #[inline(always)]
        || {
            for (s, out) in out.chunks_exact_mut(total).enumerate() {
                of_sequence(frames, s, parts, out);
            }
        },
    );
}

/// The mean of one sequence, as wide as all parts.
#[inline(always)]
pub(super) fn of_sequence<T: Real>(
    frames: &impl Frames,
    s: usize,
    parts: &[(&[T], usize)],
    out: &mut [T],
) {
    out.fill(T::ZERO);
    let length = frames.frames(s);
    let mut column = 0;
    for (x, width) in parts {
        let out = &mut out[column..column + width];
        for t in 0..length {
            let row = frames.row(s, t) * width;
            for (sum, x) in out.iter_mut().zip(&x[row..row + width]) {
                *sum += *x;
            }
        }
        column += width;
    }
    let share = T::from_f64(1.0 / length.max(1) as f64);
    for sum in out {
        *sum *= share;
    }
}

pub(super) fn backward<T: Real>(
    frames: &impl Frames,
    parts: &[(&[T], usize)],
    d_out: &[T],
    d_parts: &mut [&mut [T]],
) {
    let total = total_width(parts);
    let mut scaled = vec![T::ZERO; total];
    vectorised(
        #[inline(always)]
        || {
            for (s, d_out) in d_out.chunks_exact(total).enumerate() {
                let length = frames.frames(s);
                let share = T::from_f64(1.0 / length.max(1) as f64);
                for (y, d) in scaled.iter_mut().zip(d_out) {
                    *y = *d * share;
                }
                let mut column = 0;
                for ((_, width), d) in parts.iter().zip(&mut *d_parts) {
                    for t in 0..length {
                        let row = frames.row(s, t) * width;
                        d[row..row + width].copy_from_slice(&scaled[column..column + width]);
                    }
                    column += width;
                }
            }
        },
    );
}
