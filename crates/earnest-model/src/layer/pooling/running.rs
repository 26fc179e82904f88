//! Pooling of a sequence that comes in runs of rows, in order: the same bits as of the whole.

use super::{Attention, Pooling, statistics, total_width};
use crate::real::Real;

/// What is pooled so far of a sequence. All rows are given [`passes`](Running::passes) times, each
/// time from the first to the last.
pub(crate) struct Running<'a, T> {
    kind: Kind<'a, T>,
    out: Vec<T>,
    /// Values of a row.
    width: usize,
    /// Rows of this pass so far.
    rows: usize,
}

enum Kind<'a, T> {
    Mean,
    Max,
    /// Scores of the rows in the first pass, their weights in the second.
    Attention(&'a Attention<T>, Vec<T>),
    /// Sums and maxima in the first pass, squares in the second.
    Statistics,
}

impl<T: Real> Pooling<T> {
    /// Begins a sequence whose rows have so many values.
    pub fn running(&self, width: usize) -> Running<'_, T> {
        Running {
            kind: match self {
                Self::Mean => Kind::Mean,
                Self::Max => Kind::Max,
                Self::Attention(layer) => Kind::Attention(layer, Vec::new()),
                Self::Statistics => Kind::Statistics,
            },
            out: vec![T::ZERO; self.width(width)],
            width,
            rows: 0,
        }
    }
}

impl<T: Real> Running<'_, T> {
    /// How often the rows are needed.
    pub fn passes(&self) -> usize {
        match self.kind {
            Kind::Attention(..) | Kind::Statistics => 2,
            Kind::Mean | Kind::Max => 1,
        }
    }

    /// Takes the next rows; `parts` stand side by side, each `[rows, width]`.
    pub fn add(&mut self, pass: usize, parts: &[(&[T], usize)]) {
        debug_assert_eq!(total_width(parts), self.width);
        let count = parts.first().map_or(0, |(x, width)| x.len() / width);
        for row in 0..count {
            if let Kind::Attention(layer, weights) = &mut self.kind
                && pass == 0
            {
                weights.push(layer.score(parts, row));
                continue;
            }
            let mut column = 0;
            let (total, is_first) = (self.width, self.rows == 0);
            for (x, width) in parts {
                let x = &x[row * width..(row + 1) * width];
                if let Kind::Statistics = self.kind {
                    let columns = column..column + width;
                    let (both, top) = self.out.split_at_mut(2 * total);
                    let (mean, squares) = both.split_at_mut(total);
                    let (mean, top) = (&mut mean[columns.clone()], &mut top[columns.clone()]);
                    match pass {
                        0 => {
                            add(mean, x);
                            raise(top, x, is_first);
                        }
                        _ => statistics::add_squares(&mut squares[columns], x, mean),
                    }
                    column += width;
                    continue;
                }
                let out = &mut self.out[column..column + width];
                match &self.kind {
                    Kind::Max => raise(out, x, is_first),
                    Kind::Mean | Kind::Statistics => add(out, x),
                    Kind::Attention(_, weights) => {
                        let weight = weights[self.rows];
                        for (sum, x) in out.iter_mut().zip(x) {
                            *sum += weight * *x;
                        }
                    }
                }
                column += width;
            }
            self.rows += 1;
        }
    }

    /// At the end of a pass that is not the last.
    pub fn turn(&mut self) {
        let share = self.share();
        match &mut self.kind {
            Kind::Attention(_, weights) => Attention::weigh(weights),
            Kind::Statistics => {
                for sum in &mut self.out[..self.width] {
                    *sum *= share;
                }
                self.rows = 0;
            }
            Kind::Mean | Kind::Max => {}
        }
    }

    fn share(&self) -> T {
        T::from_f64(1.0 / self.rows.max(1) as f64)
    }

    /// The sequence as one vector.
    pub fn finish(mut self) -> Vec<T> {
        let share = self.share();
        match self.kind {
            Kind::Mean => {
                for sum in &mut self.out {
                    *sum *= share;
                }
            }
            Kind::Statistics => {
                statistics::deviations(&mut self.out[self.width..2 * self.width], share);
            }
            Kind::Max | Kind::Attention(..) => {}
        }
        self.out
    }
}

/// Adds a row to sums.
fn add<T: Real>(sums: &mut [T], x: &[T]) {
    for (sum, x) in sums.iter_mut().zip(x) {
        *sum += *x;
    }
}

/// Takes what is higher in a row.
fn raise<T: Real>(best: &mut [T], x: &[T], is_first: bool) {
    if is_first {
        return best.copy_from_slice(x);
    }
    for (best, x) in best.iter_mut().zip(x) {
        *best = if *x > *best { *x } else { *best };
    }
}
