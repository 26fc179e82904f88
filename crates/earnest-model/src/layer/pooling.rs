//! From a sequence to one vector: the mean or the maximum over its own frames.

use crate::real::Real;
use crate::sequence::{Gapped, Packing};

/// Mean over time of packed rows: `[sequences, width]`, in the order the sequences were
/// given in.
pub(crate) fn mean<T: Real>(packing: &Packing, x: &[T], width: usize) -> Vec<T> {
    let mut out = vec![T::ZERO; packing.order.len() * width];
    for (t, alive) in packing.alive.iter().enumerate() {
        for i in 0..*alive {
            let row = &x[(packing.offset[t] + i) * width..];
            let to = packing.order[i] * width;
            for (sum, x) in out[to..to + width].iter_mut().zip(row) {
                *sum += *x;
            }
        }
    }
    for (i, length) in packing.lengths.iter().enumerate() {
        let to = packing.order[i] * width;
        let n = T::from_f64((*length).max(1) as f64);
        for sum in &mut out[to..to + width] {
            *sum = *sum / n;
        }
    }
    out
}

/// The gradient of [`mean`]'s input.
pub(crate) fn mean_backward<T: Real>(packing: &Packing, dy: &[T], width: usize) -> Vec<T> {
    let mut dx = vec![T::ZERO; packing.rows * width];
    for (t, alive) in packing.alive.iter().enumerate() {
        for i in 0..*alive {
            let n = T::from_f64(packing.lengths[i] as f64);
            let from = &dy[packing.order[i] * width..];
            let to = (packing.offset[t] + i) * width;
            for (d, g) in dx[to..to + width].iter_mut().zip(from) {
                *d = *g / n;
            }
        }
    }
    dx
}

/// Maximum over time of gapped rows: `[sequences, width]`, and the row it was found in
/// (the first of equals).
pub(crate) fn max<T: Real>(layout: &Gapped, x: &[T], width: usize) -> (Vec<T>, Vec<usize>) {
    let mut out = vec![T::ZERO; layout.starts.len() * width];
    let mut place = vec![0; out.len()];
    for (i, rows) in layout.sequences().enumerate() {
        for row in rows.clone() {
            for j in 0..width {
                let v = x[row * width + j];
                if row == rows.start || v > out[i * width + j] {
                    out[i * width + j] = v;
                    place[i * width + j] = row;
                }
            }
        }
    }
    (out, place)
}

/// The gradient of [`max`]'s input.
pub(crate) fn max_backward<T: Real>(
    layout: &Gapped,
    dy: &[T],
    place: &[usize],
    width: usize,
) -> Vec<T> {
    let mut dx = vec![T::ZERO; layout.rows * width];
    for (i, (d, row)) in dy.iter().zip(place).enumerate() {
        dx[row * width + i % width] += *d;
    }
    dx
}
