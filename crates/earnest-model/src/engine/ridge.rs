//! Ridge regression: a linear function of each scale with a squared penalty.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Engine;
use super::baseline::{
    BaselineSettings, COPIES, Examples, FitError, Fitted, Numbers, Progress, check_copies,
    check_grid, chosen_of, grid_words,
};
use super::cholesky;
use super::inner_folds::InnerFolds;
use super::kernel::dot;
use super::linear_engine::LinearEngine;
use super::standardiser::Standardiser;
use crate::task::Task;
use crate::tensors::Loaded;

/// Settings of `kind = "ridge"`: for each scale the linear function of an utterance's mean row (one row
/// is itself), standardised over all training rows, that minimises Σ w (t - y)² + alpha |v|² over
/// weights v and a free intercept, as scikit-learn's `Ridge`. Alpha is chosen by leaving one speaker out
/// at a time, for all scales together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ridge {
    /// Penalties to choose from.
    #[serde(deserialize_with = "Numbers::list")]
    pub alpha: Vec<f64>,
    /// Augmented copies of each training utterance.
    pub copies: usize,
}

impl Default for Ridge {
    fn default() -> Self {
        Self {
            alpha: vec![1.0, 10.0, 100.0, 1000.0, 10_000.0],
            copies: COPIES,
        }
    }
}

#[derive(Clone, Copy)]
struct Fit<'a> {
    rows: &'a [f64],
    columns: usize,
    /// Values of each scale.
    scales: &'a [Vec<f64>],
    weights: &'a [f64],
}

impl Fit<'_> {
    fn row(&self, i: usize) -> &[f64] {
        &self.rows[i * self.columns..(i + 1) * self.columns]
    }

    /// Weights and intercept of each scale, fitted to some rows.
    fn functions(&self, alpha: f64, of: &[usize]) -> Vec<(Vec<f64>, f64)> {
        let d = self.columns;
        let all: f64 = of.iter().map(|r| self.weights[*r]).sum();
        let weighed = |value: &dyn Fn(usize) -> f64| -> f64 {
            let own = of.iter().map(|r| self.weights[*r] * value(*r));
            own.sum::<f64>() / all
        };
        let mean: Vec<f64> = (0..d).map(|j| weighed(&|r| self.rows[r * d + j])).collect();
        let means: Vec<f64> = self.scales.iter().map(|s| weighed(&|r| s[r])).collect();
        let centred: Vec<Vec<f64>> = of
            .iter()
            .map(|r| self.row(*r).iter().zip(&mean).map(|(x, m)| x - m).collect())
            .collect();
        // With fewer rows than columns the same is solved in as many unknowns as rows.
        match of.len() < d {
            true => self.by_rows(alpha, of, &centred, &mean, &means),
            false => self.by_columns(alpha, of, &centred, &mean, &means),
        }
    }

    /// v = (XᵀWX + alpha)⁻¹ XᵀW t.
    fn by_columns(
        &self,
        alpha: f64,
        of: &[usize],
        centred: &[Vec<f64>],
        mean: &[f64],
        means: &[f64],
    ) -> Vec<(Vec<f64>, f64)> {
        let d = self.columns;
        let mut a = vec![0.0; d * d];
        a.par_chunks_mut(d).enumerate().for_each(|(i, row)| {
            for (r, x) in of.iter().zip(centred) {
                let factor = self.weights[*r] * x[i];
                for (sum, x) in row[..=i].iter_mut().zip(x) {
                    *sum += factor * x;
                }
            }
            row[i] += alpha;
        });
        let mut v: Vec<Vec<f64>> = self
            .scales
            .iter()
            .zip(means)
            .map(|(values, m)| {
                let mut right = vec![0.0; d];
                for (r, x) in of.iter().zip(centred) {
                    let factor = self.weights[*r] * (values[*r] - m);
                    for (sum, x) in right.iter_mut().zip(x) {
                        *sum += factor * x;
                    }
                }
                right
            })
            .collect();
        cholesky::solve(&mut a, d, &mut v);
        with_intercepts(v, mean, means)
    }

    /// v = Xᵀ √W u, with u = (√W X Xᵀ √W + alpha)⁻¹ √W t.
    fn by_rows(
        &self,
        alpha: f64,
        of: &[usize],
        centred: &[Vec<f64>],
        mean: &[f64],
        means: &[f64],
    ) -> Vec<(Vec<f64>, f64)> {
        let n = of.len();
        let root: Vec<f64> = of.iter().map(|r| self.weights[*r].sqrt()).collect();
        let mut a = vec![0.0; n * n];
        a.par_chunks_mut(n.max(1)).enumerate().for_each(|(i, row)| {
            for (j, value) in row[..=i].iter_mut().enumerate() {
                *value = root[i] * root[j] * dot(&centred[i], &centred[j]);
            }
            row[i] += alpha;
        });
        let mut u: Vec<Vec<f64>> = self
            .scales
            .iter()
            .zip(means)
            .map(|(values, m)| {
                let own = of.iter().zip(&root);
                own.map(|(r, root)| root * (values[*r] - m)).collect()
            })
            .collect();
        cholesky::solve(&mut a, n, &mut u);
        let v = u
            .into_iter()
            .map(|u| {
                let mut v = vec![0.0; self.columns];
                for ((x, u), root) in centred.iter().zip(u).zip(&root) {
                    for (sum, x) in v.iter_mut().zip(x) {
                        *sum += root * u * x;
                    }
                }
                v
            })
            .collect();
        with_intercepts(v, mean, means)
    }
}

/// Weights for centred rows, with the intercept that they leave for rows as they are.
fn with_intercepts(v: Vec<Vec<f64>>, mean: &[f64], means: &[f64]) -> Vec<(Vec<f64>, f64)> {
    let both = v.into_iter().zip(means);
    both.map(|(v, m)| {
        let intercept = m - dot(&v, mean);
        (v, intercept)
    })
    .collect()
}

impl BaselineSettings for Ridge {
    const TASK: Task = Task::Dimensional;

    fn words(&self) -> String {
        format!(
            "ridge regression, {}, {} augmented copies",
            grid_words("alpha", &self.alpha),
            self.copies
        )
    }

    fn check(&self) -> Result<(), String> {
        check_grid("alpha", &self.alpha)?;
        check_copies(self.copies)
    }

    fn copies(&self) -> usize {
        self.copies
    }

    fn fit(&self, examples: &Examples<'_>) -> Result<Fitted, FitError> {
        examples.check()?;
        let standardiser = Standardiser::fit(examples.rows, examples.columns);
        let rows = standardiser.apply_all(examples.rows);
        let scales: Vec<Vec<f64>> = (0..examples.outputs).map(|s| examples.values(s)).collect();
        let fit = Fit {
            rows: &rows,
            columns: examples.columns,
            scales: &scales,
            weights: examples.weights,
        };
        let folds = InnerFolds::of(examples);
        let progress = Progress::new(examples, self.alpha.len() * folds.count() + 1);
        let grid = ("alpha", self.alpha.as_slice());
        let (alpha, search) = chosen_of(grid, examples, &folds, &progress, |alpha, of, about| {
            let functions = fit.functions(alpha, of);
            let answer = |r: &usize| {
                let row = fit.row(*r);
                functions.iter().map(|(v, b)| dot(v, row) + b).collect()
            };
            about.iter().map(answer).collect()
        })?;
        let everything: Vec<usize> = (0..examples.len()).collect();
        let functions = fit.functions(alpha, &everything);
        progress.advance()?;
        let intercept = functions.iter().map(|(_, b)| *b).collect();
        let engine = LinearEngine {
            standardiser,
            coefficients: functions.into_iter().flat_map(|(v, _)| v).collect(),
            intercept,
            chosen: ("alpha", vec![alpha]),
            outputs: examples.outputs,
        };
        Ok(Fitted {
            engine: Box::new(engine),
            search,
            warning: None,
        })
    }

    fn restore(
        &self,
        sizes: (usize, usize),
        loaded: &mut Loaded,
    ) -> Result<Box<dyn Engine>, String> {
        let engine = LinearEngine::restore("alpha", sizes, sizes.1, loaded)?;
        Ok(Box::new(engine))
    }
}
