//! Logistic regression with a squared penalty.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Engine;
use super::baseline::{
    BaselineSettings, COPIES, ClassWeights, Examples, FitError, Fitted, Numbers, Progress,
    check_copies, check_grid, chosen_of, grid_words,
};
use super::inner_folds::InnerFolds;
use super::kernel::dot;
use super::lbfgs::minimise;
use super::linear_engine::LinearEngine;
use super::standardiser::Standardiser;
use crate::task::Task;
use crate::tensors::Loaded;

/// Settings of `kind = "logistic"`: multinomial logistic regression on the mean over an utterance's rows
/// (one row is itself), standardised over all training rows. It minimises ½ |W|² + C Σ w (- ln p) over
/// weights W and free intercepts, as scikit-learn's `LogisticRegression`; two classes share one vector
/// of weights. C is chosen by leaving one speaker out at a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Logistic {
    /// Penalties of errors to choose from.
    #[serde(deserialize_with = "Numbers::list")]
    pub c: Vec<f64>,
    /// How much each class counts.
    pub class_weights: ClassWeights,
    /// Augmented copies of each training utterance.
    pub copies: usize,
}

impl Default for Logistic {
    fn default() -> Self {
        Self {
            c: vec![0.0001, 0.001, 0.01, 0.1, 1.0],
            class_weights: ClassWeights::Balanced,
            copies: COPIES,
        }
    }
}

/// Rows are summed in blocks of so many, whatever the number of threads.
const BLOCK: usize = 256;

/// No entry of the gradient is above this, for each unit of weight, when the search is done, and
/// when the model is.
const SEARCH_TOLERANCE: f64 = 1e-5;
const TOLERANCE: f64 = 1e-10;

/// What is fitted.
#[derive(Clone, Copy)]
struct Fit<'a> {
    rows: &'a [f64],
    columns: usize,
    classes: &'a [usize],
    weights: &'a [f64],
    outputs: usize,
    functions: usize,
    tolerance: f64,
}

impl Fit<'_> {
    fn row(&self, i: usize) -> &[f64] {
        &self.rows[i * self.columns..(i + 1) * self.columns]
    }

    /// Values of all classes for a row.
    fn values(&self, parameters: &[f64], row: &[f64], out: &mut [f64]) {
        let width = self.columns + 1;
        let first = self.outputs - self.functions;
        out[..first].fill(0.0);
        for (value, own) in out[first..].iter_mut().zip(parameters.chunks_exact(width)) {
            *value = dot(&own[..self.columns], row) + own[self.columns];
        }
    }

    /// Weights and intercept of each function, end to end, fitted to some rows.
    fn parameters(&self, c: f64, of: &[usize]) -> Vec<f64> {
        let width = self.columns + 1;
        let first = self.outputs - self.functions;
        let all: f64 = of.iter().map(|r| self.weights[*r]).sum();
        let tolerance = self.tolerance * (c * all).max(1.0);
        minimise(
            vec![0.0; self.functions * width],
            tolerance,
            |parameters, gradient| {
                let blocks: Vec<(f64, Vec<f64>)> = of
                    .par_chunks(BLOCK)
                    .map(|block| {
                        let mut own = vec![0.0; parameters.len()];
                        let mut loss = 0.0;
                        let mut p = vec![0.0; self.outputs];
                        for r in block {
                            let row = self.row(*r);
                            self.values(parameters, row, &mut p);
                            let top = p.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                            let sum: f64 = p.iter().map(|x| (x - top).exp()).sum();
                            let (truth, weight) = (self.classes[*r], c * self.weights[*r]);
                            loss += weight * (top + sum.ln() - p[truth]);
                            for (k, part) in own.chunks_exact_mut(width).enumerate() {
                                let class = first + k;
                                let is_own = f64::from(class == truth);
                                let off = weight * ((p[class] - top).exp() / sum - is_own);
                                for (g, x) in part.iter_mut().zip(row) {
                                    *g += off * x;
                                }
                                part[self.columns] += off;
                            }
                        }
                        (loss, own)
                    })
                    .collect();
                gradient.fill(0.0);
                let mut value = 0.0;
                for (loss, own) in blocks {
                    value += loss;
                    for (g, x) in gradient.iter_mut().zip(own) {
                        *g += x;
                    }
                }
                let both = parameters.chunks_exact(width);
                for (own, part) in both.zip(gradient.chunks_exact_mut(width)) {
                    for (w, g) in own[..self.columns].iter().zip(part) {
                        value += 0.5 * w * w;
                        *g += w;
                    }
                }
                value
            },
        )
    }
}

impl BaselineSettings for Logistic {
    const TASK: Task = Task::Categorical;

    fn words(&self) -> String {
        format!(
            "logistic regression, {}, {}, {} augmented copies",
            grid_words("C", &self.c),
            self.class_weights.words(),
            self.copies
        )
    }

    fn check(&self) -> Result<(), String> {
        check_grid("c", &self.c)?;
        check_copies(self.copies)
    }

    fn copies(&self) -> usize {
        self.copies
    }

    fn fit(&self, examples: &Examples<'_>) -> Result<Fitted, FitError> {
        examples.check()?;
        let (columns, outputs) = (examples.columns, examples.outputs);
        let standardiser = Standardiser::fit(examples.rows, columns);
        let rows = standardiser.apply_all(examples.rows);
        let weights = self
            .class_weights
            .of(examples.classes(), examples.weights, outputs);
        let fit = Fit {
            rows: &rows,
            columns,
            classes: examples.classes(),
            weights: &weights,
            outputs,
            functions: LinearEngine::functions(outputs, true),
            tolerance: SEARCH_TOLERANCE,
        };
        let folds = InnerFolds::of(examples);
        let progress = Progress::new(examples, self.c.len() * folds.count() + 1);
        let grid = ("c", self.c.as_slice());
        let (c, search) = chosen_of(grid, examples, &folds, &progress, |c, of, about| {
            let parameters = fit.parameters(c, of);
            let answer = |r: &usize| {
                let mut out = vec![0.0; outputs];
                fit.values(&parameters, fit.row(*r), &mut out);
                out
            };
            about.iter().map(answer).collect()
        })?;
        let everything: Vec<usize> = (0..examples.len()).collect();
        let exact = Fit {
            tolerance: TOLERANCE,
            ..fit
        };
        let parameters = exact.parameters(c, &everything);
        progress.advance()?;
        let functions = parameters.chunks_exact(columns + 1);
        let engine = LinearEngine {
            standardiser,
            coefficients: functions
                .clone()
                .flat_map(|own| &own[..columns])
                .copied()
                .collect(),
            intercept: functions.map(|own| own[columns]).collect(),
            chosen: ("c", vec![c]),
            outputs,
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
        let functions = LinearEngine::functions(sizes.1, true);
        let engine = LinearEngine::restore("c", sizes, functions, loaded)?;
        Ok(Box::new(engine))
    }
}
