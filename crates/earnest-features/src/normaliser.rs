//! z-normalisation: mean and standard deviation of each column of features over a training set
//! (docs/paper.md, section 3).

use serde::{Deserialize, Serialize};

use crate::Features;

/// Mean and standard deviation of each column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normaliser {
    /// Mean of each column.
    pub mean: Vec<f32>,
    /// Standard deviation of each column; 1 where a column never varies.
    pub deviation: Vec<f32>,
}

/// Deviations that anything real has: what varies less counts as constant (1), and a number
/// divided by the least of these is still one.
const DEVIATIONS: std::ops::RangeInclusive<f32> = 1e-13..=1e13;

/// Refuses means that are no numbers, and deviations that nothing can be divided by.
///
/// # Errors
/// A phrase that begins with `mean` or `deviation` and says which number it is, from 0.
pub fn check_scale(mean: &[f32], deviation: &[f32]) -> Result<(), String> {
    let (least, most) = (DEVIATIONS.start(), DEVIATIONS.end());
    if let Some(i) = mean.iter().position(|m| m.is_nan() || m.abs() > *most) {
        return Err(format!(
            "mean[{i}] is {:e}; it must lie within -{most:e} .. {most:e}",
            mean[i]
        ));
    }
    if let Some(i) = deviation.iter().position(|d| !DEVIATIONS.contains(d)) {
        return Err(format!(
            "deviation[{i}] is {:e}; it must lie within {least:e} .. {most:e}",
            deviation[i]
        ));
    }
    Ok(())
}

impl Normaliser {
    /// Refuses what is not the mean and deviation of so many columns.
    ///
    /// # Errors
    /// A phrase that begins with `mean` or `deviation`.
    pub fn check(&self, columns: usize) -> Result<(), String> {
        for (key, values) in [("mean", &self.mean), ("deviation", &self.deviation)] {
            if values.len() != columns {
                return Err(format!(
                    "{key} has {} numbers; the features have {columns} columns",
                    values.len()
                ));
            }
        }
        check_scale(&self.mean, &self.deviation)
    }

    /// Number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.mean.len()
    }

    /// Over all rows of all matrices (population standard deviation, in f64, two passes). All
    /// have the columns of the first; of no matrix there are no columns.
    pub fn fit<'a>(matrices: impl Iterator<Item = &'a Features> + Clone) -> Self {
        let columns = matrices.clone().next().map_or(0, Features::columns);
        debug_assert!(matrices.clone().all(|m| m.columns() == columns));
        let mut mean = vec![0.0_f64; columns];
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
        let mut variance = vec![0.0_f64; columns];
        for row in matrices.flat_map(Features::rows) {
            for ((v, m), x) in variance.iter_mut().zip(&mean).zip(row) {
                *v += (f64::from(*x) - m).powi(2);
            }
        }
        for v in &mut variance {
            *v /= n;
        }
        Self::from_moments(&mean, &variance)
    }

    fn from_moments(mean: &[f64], variance: &[f64]) -> Self {
        let deviation = |v: &f64| if *v > 1e-24 { v.sqrt() as f32 } else { 1.0 };
        Self {
            mean: mean.iter().map(|m| *m as f32).collect(),
            deviation: variance.iter().map(deviation).collect(),
        }
    }

    /// Normalises features of as many columns in place.
    pub fn apply(&self, features: &mut Features) {
        debug_assert_eq!(features.columns(), self.columns());
        for row in features.rows_mut() {
            for ((x, m), d) in row.iter_mut().zip(&self.mean).zip(&self.deviation) {
                *x = (*x - m) / d;
            }
        }
    }
}

/// How many rows there were, their mean and the mean square of their distance from it, for each
/// column: what is kept of a speaker's utterances to normalise by.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    rows: f64,
    mean: Vec<f64>,
    variance: Vec<f64>,
}

impl Moments {
    /// Of no row yet, of features with so many columns.
    #[must_use]
    pub fn of_no_row(columns: usize) -> Self {
        Self {
            rows: 0.0,
            mean: vec![0.0; columns],
            variance: vec![0.0; columns],
        }
    }

    /// Of all rows of a matrix.
    #[must_use]
    pub fn of(features: &Features) -> Self {
        let mut moments = Self::of_no_row(features.columns());
        let n = features.frames() as f64;
        if n == 0.0 {
            return moments;
        }
        moments.rows = n;
        for row in features.rows() {
            for (m, x) in moments.mean.iter_mut().zip(row) {
                *m += f64::from(*x) / n;
            }
        }
        for row in features.rows() {
            for ((v, m), x) in moments.variance.iter_mut().zip(&moments.mean).zip(row) {
                *v += (f64::from(*x) - m).powi(2) / n;
            }
        }
        moments
    }

    /// As if a normaliser's mean and deviation came from so many rows.
    #[must_use]
    pub fn assumed(normaliser: &Normaliser, rows: f64) -> Self {
        Self {
            rows,
            mean: normaliser.mean.iter().map(|m| f64::from(*m)).collect(),
            variance: normaliser
                .deviation
                .iter()
                .map(|d| f64::from(*d).powi(2))
                .collect(),
        }
    }

    /// The same as if there were `weight` times as many rows.
    #[must_use]
    pub fn weighing(mut self, weight: f64) -> Self {
        self.rows *= weight;
        self
    }

    /// Number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.mean.len()
    }

    /// Takes further rows of as many columns in (Chan, Golub and LeVeque 1983).
    pub fn add(&mut self, other: &Self) {
        let rows = self.rows + other.rows;
        if rows == 0.0 {
            return;
        }
        let (a, b) = (self.rows / rows, other.rows / rows);
        debug_assert_eq!(self.columns(), other.columns());
        let ours = self.mean.iter_mut().zip(&mut self.variance);
        let theirs = other.mean.iter().zip(&other.variance);
        for ((mean, variance), (m, v)) in ours.zip(theirs) {
            let apart = m - *mean;
            *mean += apart * b;
            *variance = a * *variance + b * v + a * b * apart.powi(2);
        }
        self.rows = rows;
    }

    /// Normalises to mean 0 and deviation 1 over these rows.
    #[must_use]
    pub fn normaliser(&self) -> Normaliser {
        Normaliser::from_moments(&self.mean, &self.variance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: usize = 40;

    #[test]
    fn normalised_training_rows_have_mean_0_and_deviation_1_and_a_constant_stays_finite() {
        let mut values = Vec::new();
        for t in 0..100 {
            for c in 0..COLUMNS {
                values.push(if c == 5 { 3.0 } else { (t * (c + 1)) as f32 });
            }
        }
        let mut features = Features::from_values(COLUMNS, values);
        let normaliser = Normaliser::fit(std::iter::once(&features));
        normaliser.apply(&mut features);
        for c in 0..COLUMNS {
            let column: Vec<f64> = features.rows().map(|r| f64::from(r[c])).collect();
            let mean = column.iter().sum::<f64>() / 100.0;
            let var = column.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 100.0;
            assert!(mean.abs() < 1e-5);
            let expected = if c == 5 { 0.0 } else { 1.0 };
            assert!((var - expected).abs() < 1e-4, "column {c}: {var}");
        }
    }

    #[test]
    fn moments_of_parts_are_those_of_the_whole_and_an_assumption_fades_with_what_is_heard() {
        let value = |t: usize, c: usize| ((t * (c + 3)) % 43) as f32 + c as f32;
        let matrix = |times: std::ops::Range<usize>| {
            let values = times.flat_map(|t| (0..COLUMNS).map(move |c| value(t, c)));
            Features::from_values(COLUMNS, values.collect())
        };
        let whole = Normaliser::fit(std::iter::once(&matrix(0..500)));
        let mut moments = Moments::of_no_row(COLUMNS);
        for part in [0..0, 0..1, 1..77, 77..500] {
            moments.add(&Moments::of(&matrix(part)));
        }
        let close = |a: &Normaliser, b: &Normaliser, tolerance: f32| {
            let pairs = a.mean.iter().zip(&b.mean);
            let pairs = pairs.chain(a.deviation.iter().zip(&b.deviation));
            pairs.into_iter().all(|(a, b)| (a - b).abs() <= tolerance)
        };
        assert!(close(&moments.normaliser(), &whole, 1e-3));
        let prior = Normaliser {
            mean: vec![0.0; COLUMNS],
            deviation: vec![1.0; COLUMNS],
        };
        let mut adaptive = Moments::assumed(&prior, 100.0);
        assert!(close(&adaptive.normaliser(), &prior, 1e-6));
        for _ in 0..10_000 {
            adaptive.add(&moments);
        }
        assert!(close(&adaptive.normaliser(), &whole, 0.01));
    }
}
