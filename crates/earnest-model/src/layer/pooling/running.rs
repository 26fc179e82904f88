//! Pooling of a sequence that comes in runs of rows, in order: the same bits as of the whole.

use super::{Attention, Pooling, total_width};
use crate::real::Real;

/// What is pooled so far of a sequence. All rows are given [`passes`](Running::passes) times, each
/// time from the first to the last.
pub(crate) struct Running<'a, T> {
    kind: Kind<'a, T>,
    out: Vec<T>,
    rows: usize,
}

enum Kind<'a, T> {
    Mean,
    Max,
    /// Scores of the rows in the first pass, their weights in the second.
    Attention(&'a Attention<T>, Vec<T>),
}

impl<T: Real> Pooling<T> {
    /// Begins a sequence whose rows have so many values.
    pub fn running(&self, width: usize) -> Running<'_, T> {
        Running {
            kind: match self {
                Self::Mean => Kind::Mean,
                Self::Max => Kind::Max,
                Self::Attention(layer) => Kind::Attention(layer, Vec::new()),
            },
            out: vec![T::ZERO; width],
            rows: 0,
        }
    }
}

impl<T: Real> Running<'_, T> {
    /// How often the rows are needed.
    pub fn passes(&self) -> usize {
        match self.kind {
            Kind::Attention(..) => 2,
            Kind::Mean | Kind::Max => 1,
        }
    }

    /// Takes the next rows; `parts` stand side by side, each `[rows, width]`.
    pub fn add(&mut self, pass: usize, parts: &[(&[T], usize)]) {
        debug_assert_eq!(total_width(parts), self.out.len());
        let count = parts.first().map_or(0, |(x, width)| x.len() / width);
        for row in 0..count {
            if let Kind::Attention(layer, weights) = &mut self.kind
                && pass == 0
            {
                weights.push(layer.score(parts, row));
                continue;
            }
            let mut column = 0;
            for (x, width) in parts {
                let x = &x[row * width..(row + 1) * width];
                let out = &mut self.out[column..column + width];
                match &self.kind {
                    Kind::Max if self.rows == 0 => out.copy_from_slice(x),
                    Kind::Max => {
                        for (best, x) in out.iter_mut().zip(x) {
                            *best = if *x > *best { *x } else { *best };
                        }
                    }
                    Kind::Mean => {
                        for (sum, x) in out.iter_mut().zip(x) {
                            *sum += *x;
                        }
                    }
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
        if let Kind::Attention(_, weights) = &mut self.kind {
            Attention::weigh(weights);
        }
    }

    /// The sequence as one vector.
    pub fn finish(mut self) -> Vec<T> {
        if let Kind::Mean = self.kind {
            let share = T::from_f64(1.0 / self.rows.max(1) as f64);
            for sum in &mut self.out {
                *sum *= share;
            }
        }
        self.out
    }
}
