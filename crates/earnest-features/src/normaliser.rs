//! z-normalisation: mean and standard deviation of each descriptor over a training set
//! (docs/paper.md, section 3).

use serde::{Deserialize, Serialize};

use crate::{Features, descriptor};

/// Mean and standard deviation per descriptor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normaliser {
    /// Mean per descriptor, in column order.
    pub mean: Vec<f32>,
    /// Standard deviation per descriptor, in column order; 1 where a column never varies.
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
    /// Refuses what is not the mean and deviation of 32 descriptors.
    ///
    /// # Errors
    /// A phrase that begins with `mean` or `deviation`.
    pub fn check(&self) -> Result<(), String> {
        for (key, values) in [("mean", &self.mean), ("deviation", &self.deviation)] {
            if values.len() != descriptor::COUNT {
                return Err(format!(
                    "{key} has {} numbers; there are {} descriptors",
                    values.len(),
                    descriptor::COUNT
                ));
            }
        }
        check_scale(&self.mean, &self.deviation)
    }

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

    /// Normalises in place.
    pub fn apply(&self, features: &mut Features) {
        for row in features.values_mut().chunks_exact_mut(descriptor::COUNT) {
            for ((x, m), d) in row.iter_mut().zip(&self.mean).zip(&self.deviation) {
                *x = (*x - m) / d;
            }
        }
    }
}

/// How many rows there were, their mean and the mean square of their distance from it, per
/// descriptor: what is kept of a speaker's utterances to normalise by.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    rows: f64,
    mean: [f64; descriptor::COUNT],
    variance: [f64; descriptor::COUNT],
}

impl Default for Moments {
    /// Of no row.
    fn default() -> Self {
        Self {
            rows: 0.0,
            mean: [0.0; descriptor::COUNT],
            variance: [0.0; descriptor::COUNT],
        }
    }
}

impl Moments {
    /// Of all rows of a matrix.
    #[must_use]
    pub fn of(features: &Features) -> Self {
        let mut moments = Self::default();
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
        let mut moments = Self {
            rows,
            ..Self::default()
        };
        for (m, x) in moments.mean.iter_mut().zip(&normaliser.mean) {
            *m = f64::from(*x);
        }
        for (v, d) in moments.variance.iter_mut().zip(&normaliser.deviation) {
            *v = f64::from(*d).powi(2);
        }
        moments
    }

    /// Takes further rows in (Chan, Golub and LeVeque 1983).
    pub fn add(&mut self, other: &Self) {
        let rows = self.rows + other.rows;
        if rows == 0.0 {
            return;
        }
        let (a, b) = (self.rows / rows, other.rows / rows);
        for j in 0..descriptor::COUNT {
            let apart = other.mean[j] - self.mean[j];
            self.mean[j] += apart * b;
            self.variance[j] = a * self.variance[j] + b * other.variance[j] + a * b * apart.powi(2);
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

    #[test]
    fn moments_of_parts_are_those_of_the_whole_and_an_assumption_fades_with_what_is_heard() {
        let value = |t: usize, c: usize| ((t * (c + 3)) % 41) as f32 + c as f32;
        let matrix = |times: std::ops::Range<usize>| {
            let values = times.flat_map(|t| (0..descriptor::COUNT).map(move |c| value(t, c)));
            Features::from_values(values.collect())
        };
        let whole = Normaliser::fit(std::iter::once(&matrix(0..500)));
        let mut moments = Moments::default();
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
            mean: vec![0.0; descriptor::COUNT],
            deviation: vec![1.0; descriptor::COUNT],
        };
        let mut adaptive = Moments::assumed(&prior, 100.0);
        assert!(close(&adaptive.normaliser(), &prior, 1e-6));
        for _ in 0..10_000 {
            adaptive.add(&moments);
        }
        assert!(close(&adaptive.normaliser(), &whole, 0.01));
    }
}
