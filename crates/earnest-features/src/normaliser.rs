//! z-normalisation: mean and standard deviation of each descriptor over a training set
//! (PAPER.md section 3).

use serde::{Deserialize, Serialize};

use crate::{Features, descriptor};

/// Mean and standard deviation per descriptor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Normaliser {
    /// Mean per descriptor, in column order.
    pub mean: Vec<f32>,
    /// Standard deviation per descriptor, in column order; 1 where a column never varies.
    pub deviation: Vec<f32>,
}

impl Normaliser {
    /// Over all rows of all matrices (population standard deviation, in f64, two passes).
    pub fn fit<'a>(matrices: impl Iterator<Item = &'a Features> + Clone) -> Self {
        let mut mean = [0.0_f64; descriptor::COUNT];
        let mut rows = 0_usize;
        for row in matrices.clone().flat_map(Features::rows) {
            rows += 1;
            for (m, x) in mean.iter_mut().zip(row) {
                *m += f64::from(*x);
            }
        }
        let n = rows.max(1) as f64;
        for m in &mut mean {
            *m /= n;
        }
        let mut variance = [0.0_f64; descriptor::COUNT];
        for row in matrices.flat_map(Features::rows) {
            for ((v, m), x) in variance.iter_mut().zip(&mean).zip(row) {
                *v += (f64::from(*x) - m).powi(2);
            }
        }
        let deviation = variance
            .iter()
            .map(|v| (v / n).sqrt())
            .map(|d| if d > 1e-12 { d as f32 } else { 1.0 })
            .collect();
        Self {
            mean: mean.iter().map(|m| *m as f32).collect(),
            deviation,
        }
    }

    /// Normalises in place.
    pub fn apply(&self, features: &mut Features) {
        for row in features.values_mut().chunks_exact_mut(descriptor::COUNT) {
            for ((x, m), d) in row.iter_mut().zip(&self.mean).zip(&self.deviation) {
                *x = (*x - m) / d;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalised_training_rows_have_mean_0_and_deviation_1_and_a_constant_stays_finite() {
        let mut values = Vec::new();
        for t in 0..100 {
            for c in 0..descriptor::COUNT {
                values.push(if c == 5 { 3.0 } else { (t * (c + 1)) as f32 });
            }
        }
        let mut features = Features::from_values(values);
        let normaliser = Normaliser::fit(std::iter::once(&features));
        normaliser.apply(&mut features);
        for c in 0..descriptor::COUNT {
            let column: Vec<f64> = features.rows().map(|r| f64::from(r[c])).collect();
            let mean = column.iter().sum::<f64>() / 100.0;
            let var = column.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 100.0;
            assert!(mean.abs() < 1e-5);
            let expected = if c == 5 { 0.0 } else { 1.0 };
            assert!((var - expected).abs() < 1e-4, "column {c}: {var}");
        }
    }
}
