//! Statistics over time, as x-vectors pool (Snyder, Garcia-Romero, Povey and Khudanpur 2017), and
//! the maximum beside them: of each value its mean, deviation and maximum,
//!
//! ```text
//! m_j = (1 / T) sum_t x_tj
//! s_j = sqrt((1 / T) sum_t (x_tj - m_j)^2 + 1e-5)
//! y = [m, s, max_t x_t]
//! ```
//!
//! three times as wide as its input. What is added below the root keeps the gradient of a value that
//! never changes finite: its deviation is .0032, which is little beside what batch norm or a GRU
//! hand on. Backwards, with g, h and k the gradients of m, s and the maximum,
//!
//! ```text
//! dx_tj = g_j / T + h_j (x_tj - m_j) / (T s_j) + k_j where x_tj is the first maximum
//! ```

use super::{max, mean, total_width};
use crate::real::Real;
use crate::sequence::Frames;
use earnest_features::vectorised::vectorised;

/// Below the root.
pub(super) const FLOOR: f64 = 1e-5;

/// Adds the squared distance of a row from the mean.
#[inline(always)]
pub(super) fn add_squares<T: Real>(sums: &mut [T], x: &[T], mean: &[T]) {
    for ((sum, x), m) in sums.iter_mut().zip(x).zip(mean) {
        let d = *x - *m;
        *sum += d * d;
    }
}

/// Makes deviations of sums of squares.
#[inline(always)]
pub(super) fn deviations<T: Real>(sums: &mut [T], share: T) {
    let floor = T::from_f64(FLOOR);
    for sum in sums {
        *sum = (*sum * share + floor).sqrt();
    }
}

/// Fills `out`, and keeps mean and deviation of each sequence, and the row of each maximum.
pub(super) fn forward<T: Real>(
    frames: &impl Frames,
    parts: &[(&[T], usize)],
    kept: &mut Vec<T>,
    places: &mut Vec<u32>,
    out: &mut [T],
) {
    let total = total_width(parts);
    let sequences = out.len() / (3 * total).max(1);
    kept.clear();
    kept.resize(sequences * 2 * total, T::ZERO);
    places.clear();
    places.resize(sequences * total, 0);
    let both = kept.chunks_exact_mut(2 * total);
    let places = places.chunks_exact_mut(total);
    let out = out.chunks_exact_mut(3 * total);
    vectorised(
        #[inline(always)]
        || {
            for (s, ((out, both), places)) in out.zip(both).zip(places).enumerate() {
                let (statistics, top) = out.split_at_mut(2 * total);
                let (mean, deviation) = statistics.split_at_mut(total);
                mean::of_sequence(frames, s, parts, mean);
                deviation.fill(T::ZERO);
                let length = frames.frames(s);
                let mut column = 0;
                for (x, width) in parts {
                    let columns = column..column + width;
                    for t in 0..length {
                        let row = frames.row(s, t) * width;
                        let x = &x[row..row + width];
                        add_squares(&mut deviation[columns.clone()], x, &mean[columns.clone()]);
                    }
                    column += width;
                }
                deviations(deviation, T::from_f64(1.0 / length.max(1) as f64));
                max::of_sequence(frames, s, parts, places, top);
                both.copy_from_slice(statistics);
            }
        },
    );
}

pub(super) fn backward<T: Real>(
    frames: &impl Frames,
    parts: &[(&[T], usize)],
    kept: &[T],
    places: &[u32],
    d_out: &[T],
    d_parts: &mut [&mut [T]],
) {
    let total = total_width(parts);
    // What each frame gets of its mean, and each distance from the mean of its deviation.
    let mut scaled = vec![T::ZERO; 2 * total];
    let sequences = d_out.chunks_exact(3 * total);
    let sequences = sequences.zip(kept.chunks_exact(2 * total));
    for (s, ((d_out, kept), places)) in sequences.zip(places.chunks_exact(total)).enumerate() {
        let length = frames.frames(s);
        if length == 0 {
            continue;
        }
        let share = T::from_f64(1.0 / length as f64);
        let (mean, deviation) = kept.split_at(total);
        let (of_mean, of_deviation) = scaled.split_at_mut(total);
        for (y, d) in of_mean.iter_mut().zip(d_out) {
            *y = *d * share;
        }
        let d_deviation = d_out[total..].iter().zip(deviation);
        for (y, (d, s)) in of_deviation.iter_mut().zip(d_deviation) {
            *y = *d * share / *s;
        }
        let (of_mean, of_deviation) = (&*of_mean, &*of_deviation);
        let mut column = 0;
        for ((x, width), d) in parts.iter().zip(&mut *d_parts) {
            let columns = column..column + width;
            vectorised(
                #[inline(always)]
                || {
                    for t in 0..length {
                        let row = frames.row(s, t) * width;
                        let rows = d[row..row + width].iter_mut().zip(&x[row..row + width]);
                        let of = of_mean[columns.clone()].iter();
                        let of = of.zip(&of_deviation[columns.clone()]);
                        let of = of.zip(&mean[columns.clone()]);
                        for ((d, x), ((g, h), m)) in rows.zip(of) {
                            *d = *g + *h * (*x - *m);
                        }
                    }
                },
            );
            for j in 0..*width {
                d[places[column + j] as usize * width + j] += d_out[2 * total + column + j];
            }
            column += width;
        }
    }
}
