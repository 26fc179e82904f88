//! Maximum over time, each value by itself: `y_j = max_t x_tj`. The gradient goes to the
//! first frame that has the maximum.

use super::total_width;
use crate::real::Real;
use crate::sequence::Frames;
use earnest_features::vectorised::vectorised;

pub(super) fn forward<T: Real>(
    frames: &impl Frames,
    parts: &[(&[T], usize)],
    places: &mut Vec<u32>,
    out: &mut [T],
) {
    let total = total_width(parts);
    places.clear();
    places.resize(out.len(), 0);
    vectorised(
        #[inline(always)]
        || {
            for (s, (out, places)) in out
                .chunks_exact_mut(total)
                .zip(places.chunks_exact_mut(total))
                .enumerate()
            {
                of_sequence(frames, s, parts, places, out);
            }
        },
    );
}

/// The maximum of one sequence and its rows, as wide as all parts.
#[inline(always)]
pub(super) fn of_sequence<T: Real>(
    frames: &impl Frames,
    s: usize,
    parts: &[(&[T], usize)],
    places: &mut [u32],
    out: &mut [T],
) {
    let mut column = 0;
    for (x, width) in parts {
        let out = &mut out[column..column + width];
        let places = &mut places[column..column + width];
        for t in 0..frames.frames(s) {
            let row = frames.row(s, t);
            let x = &x[row * width..(row + 1) * width];
            if t == 0 {
                out.copy_from_slice(x);
                places.fill(row as u32);
                continue;
            }
            for ((best, place), x) in out.iter_mut().zip(places.iter_mut()).zip(x) {
                let higher = *x > *best;
                *best = if higher { *x } else { *best };
                *place = if higher { row as u32 } else { *place };
            }
        }
        column += width;
    }
}

pub(super) fn backward<T: Real>(
    frames: &impl Frames,
    parts: &[(&[T], usize)],
    places: &[u32],
    d_out: &[T],
    d_parts: &mut [&mut [T]],
) {
    let total = total_width(parts);
    for d in &mut *d_parts {
        d.fill(T::ZERO);
    }
    for (s, (d_out, places)) in d_out
        .chunks_exact(total)
        .zip(places.chunks_exact(total))
        .enumerate()
    {
        if frames.frames(s) == 0 {
            continue;
        }
        let mut column = 0;
        for ((_, width), d) in parts.iter().zip(&mut *d_parts) {
            for j in 0..*width {
                d[places[column + j] as usize * width + j] += d_out[column + j];
            }
            column += width;
        }
    }
}
