//! Rows of one utterance each, at mean 0 and deviation 1 in every column.

use crate::tensors::{Loaded, TensorView};

/// The mean over an utterance's rows: what a baseline hears of it. One row is itself.
#[must_use]
pub fn mean_row(rows: &[f32], columns: usize) -> Vec<f32> {
    let columns = columns.max(1);
    let count = rows.len() / columns;
    if count == 1 {
        return rows.to_vec();
    }
    let mut sums = vec![0.0_f64; columns];
    for row in rows.chunks_exact(columns) {
        for (sum, x) in sums.iter_mut().zip(row) {
            *sum += f64::from(*x);
        }
    }
    let n = count.max(1) as f64;
    sums.into_iter().map(|sum| (sum / n) as f32).collect()
}

/// The mean and the deviation (over n) of each column.
#[derive(Clone, Debug)]
pub(super) struct Standardiser {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

impl Standardiser {
    /// Of rows end to end. A column that never changes has deviation 1, and becomes 0.
    pub fn fit(rows: &[f32], columns: usize) -> Self {
        let n = (rows.len() / columns.max(1)).max(1) as f64;
        let mut mean = vec![0.0; columns];
        for row in rows.chunks_exact(columns.max(1)) {
            for (sum, x) in mean.iter_mut().zip(row) {
                *sum += f64::from(*x);
            }
        }
        for sum in &mut mean {
            *sum /= n;
        }
        let mut deviation = vec![0.0; columns];
        for row in rows.chunks_exact(columns.max(1)) {
            for ((sum, x), m) in deviation.iter_mut().zip(row).zip(&mean) {
                *sum += (f64::from(*x) - m).powi(2);
            }
        }
        for (sum, m) in deviation.iter_mut().zip(&mean) {
            *sum = (*sum / n).sqrt();
            // What rounding makes of a column that is the same everywhere is no deviation.
            if *sum <= 1e-7 * (1.0 + m.abs()) {
                *sum = 1.0;
            }
        }
        Self { mean, deviation }
    }

    /// Columns of a row.
    pub fn columns(&self) -> usize {
        self.mean.len()
    }

    /// A row, standardised.
    pub fn apply(&self, row: &[f32]) -> Vec<f64> {
        let of = self.mean.iter().zip(&self.deviation);
        row.iter()
            .zip(of)
            .map(|(x, (m, d))| (f64::from(*x) - m) / d)
            .collect()
    }

    /// Rows end to end, standardised.
    pub fn apply_all(&self, rows: &[f32]) -> Vec<f64> {
        let columns = self.columns().max(1);
        rows.chunks_exact(columns)
            .flat_map(|row| self.apply(row))
            .collect()
    }

    /// What stands of it in a model's file.
    pub fn tensors(&self) -> [TensorView<'_>; 2] {
        [
            TensorView::row("mean", &self.mean),
            TensorView::row("deviation", &self.deviation),
        ]
    }

    /// That of a model's file.
    pub fn restore(columns: usize, loaded: &mut Loaded) -> Result<Self, String> {
        let mean = loaded.take_f64("mean", &[columns])?;
        let deviation = loaded.take_f64("deviation", &[columns])?;
        match deviation.iter().position(|d| *d <= 0.0) {
            None => Ok(Self { mean, deviation }),
            Some(i) => Err(format!(
                "tensor deviation is {} at {i}; a deviation is above 0",
                deviation[i]
            )),
        }
    }
}
