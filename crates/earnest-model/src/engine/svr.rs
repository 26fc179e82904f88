//! Support vector regression: a machine for each scale.

use std::borrow::Cow;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Engine;
use super::baseline::{
    BaselineSettings, COPIES, Examples, FitError, Fitted, Progress, Tried, best_of, check_copies,
    check_grid, left_out_answers, rounded,
};
use super::inner_folds::InnerFolds;
use super::kernel::rows::KernelMatrix;
use super::kernel::search::{
    GIVEN_UP, PATIENCE, SEARCH_PATIENCE, SEARCH_TOLERANCE, TOLERANCE, check_kernel, kernel_words,
    kernels, width_of,
};
use super::kernel::smo::{Problem, Solution};
use super::kernel::{Kernel, KernelKind, dot};
use super::standardiser::{Standardiser, mean_row};
use crate::task::Task;
use crate::tensors::{Loaded, TensorView, Values};

/// Settings of `kind = "svr"`: support vector regression of each scale, on the mean over an
/// utterance's rows (one row is itself), standardised over all training rows; targets are
/// standardised too. C and gamma are chosen by leaving one speaker out at a time, for all scales
/// together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "SvrFile")]
pub struct Svr {
    /// How alike two rows are.
    pub kernel: KernelKind,
    /// Penalties of errors to choose from.
    pub c: Vec<f64>,
    /// Widths of the radial kernel to choose from, in units of 1 / columns. Empty with a linear
    /// kernel.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gamma: Vec<f64>,
    /// An error below this, in standard deviations of the scale, costs nothing.
    pub epsilon: f64,
    /// Augmented copies of each training utterance.
    pub copies: usize,
}

/// What a file may leave out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SvrFile {
    #[serde(default)]
    kernel: KernelKind,
    c: Option<Vec<f64>>,
    gamma: Option<Vec<f64>>,
    epsilon: Option<f64>,
    copies: Option<usize>,
}

impl TryFrom<SvrFile> for Svr {
    type Error = String;

    fn try_from(file: SvrFile) -> Result<Self, String> {
        let usual = Self::of(file.kernel);
        if file.kernel == KernelKind::Linear && file.gamma.is_some() {
            return Err("gamma has no effect with kernel = \"linear\"".into());
        }
        Ok(Self {
            c: file.c.unwrap_or(usual.c),
            gamma: file.gamma.unwrap_or(usual.gamma),
            epsilon: file.epsilon.unwrap_or(usual.epsilon),
            copies: file.copies.unwrap_or(usual.copies),
            kernel: file.kernel,
        })
    }
}

impl Default for Svr {
    fn default() -> Self {
        Self::of(KernelKind::Rbf)
    }
}

impl Svr {
    /// The usual settings with a kernel.
    #[must_use]
    pub fn of(kernel: KernelKind) -> Self {
        let (c, gamma) = match kernel {
            KernelKind::Rbf => (vec![0.01, 0.1, 1.0, 10.0], vec![0.25, 1.0, 4.0]),
            KernelKind::Linear => (vec![0.0001, 0.001, 0.01, 0.1], Vec::new()),
        };
        Self {
            kernel,
            c,
            gamma,
            epsilon: 0.1,
            copies: COPIES,
        }
    }
}

/// The machine of a scale, fitted to some rows: what each counts, and what is subtracted.
struct Machine {
    counts: Vec<f64>,
    offset: f64,
    converged: bool,
}

#[derive(Clone, Copy)]
struct Fit<'a> {
    matrix: &'a KernelMatrix<'a>,
    weights: &'a [f64],
    epsilon: f64,
    tolerance: f64,
    patience: usize,
}

impl Fit<'_> {
    fn machine(&self, values: &[f64], c: f64, of: &[usize]) -> Machine {
        let n = of.len();
        let sign = |t: usize| if t < n { 1.0 } else { -1.0 };
        let signs: Vec<f64> = (0..2 * n).map(sign).collect();
        let below = of.iter().map(|r| self.epsilon - values[*r]);
        let above = of.iter().map(|r| self.epsilon + values[*r]);
        let linear: Vec<f64> = below.chain(above).collect();
        let own = of.iter().map(|r| c * self.weights[*r]);
        let most: Vec<f64> = own.clone().chain(own).collect();
        let Solution {
            signed,
            offset,
            converged,
        } = Problem {
            rows: of,
            signs: &signs,
            linear: &linear,
            most: &most,
            tolerance: self.tolerance,
            patience: self.patience,
        }
        .solve(self.matrix);
        Machine {
            counts: (0..n).map(|k| signed[k] + signed[n + k]).collect(),
            offset,
            converged,
        }
    }

    /// Values of all scales for some rows, of machines that are fitted to others.
    fn values(&self, scales: &[Vec<f64>], c: f64, of: &[usize], about: &[usize]) -> Vec<Vec<f64>> {
        let machines: Vec<Machine> = scales.iter().map(|s| self.machine(s, c, of)).collect();
        let value = |row: usize, m: &Machine| self.matrix.weighed(row, of, &m.counts) - m.offset;
        let of_row = |row: &usize| machines.iter().map(|m| value(*row, m)).collect();
        about.iter().map(of_row).collect()
    }
}

impl BaselineSettings for Svr {
    const TASK: Task = Task::Dimensional;

    fn words(&self) -> String {
        format!(
            "support vector regression, {}, epsilon {}, {} augmented copies",
            kernel_words(self.kernel, &self.c, &self.gamma),
            self.epsilon,
            self.copies
        )
    }

    fn check(&self) -> Result<(), String> {
        check_grid("c", &self.c)?;
        check_kernel(self.kernel, &self.gamma)?;
        if !(0.0..=10.0).contains(&self.epsilon) {
            return Err(format!("epsilon must be 0 to 10, not {}", self.epsilon));
        }
        check_copies(self.copies)
    }

    fn copies(&self) -> usize {
        self.copies
    }

    fn fit(&self, examples: &Examples<'_>) -> Result<Fitted, FitError> {
        examples.check()?;
        let columns = examples.columns;
        let standardiser = Standardiser::fit(examples.rows, columns);
        let rows = standardiser.apply_all(examples.rows);
        let scales: Vec<Vec<f64>> = (0..examples.outputs).map(|s| examples.values(s)).collect();
        let kernels = kernels(self.kernel, &self.gamma, columns);
        let folds = InnerFolds::of(examples);
        let searched = folds.searched();
        let gathered: Cow<'_, [f64]> = match folds.len() == examples.len() {
            true => Cow::Borrowed(&rows),
            false => {
                let row = |r: &usize| &rows[r * columns..(r + 1) * columns];
                Cow::Owned(searched.iter().flat_map(row).copied().collect())
            }
        };
        let of = |values: &[f64]| -> Vec<f64> { searched.iter().map(|r| values[*r]).collect() };
        let scales_searched: Vec<Vec<f64>> = scales.iter().map(|s| of(s)).collect();
        let weights_searched = of(examples.weights);
        let pieces = kernels.len() * self.c.len() * folds.count() + scales.len();
        let progress = Progress::new(examples, pieces);
        let mut tried = Vec::new();
        for kernel in kernels.iter().filter(|_| folds.count() > 0) {
            let matrix = KernelMatrix::new(*kernel, &gathered, columns).computed();
            let fit = Fit {
                matrix: &matrix,
                weights: &weights_searched,
                epsilon: self.epsilon,
                tolerance: SEARCH_TOLERANCE,
                patience: SEARCH_PATIENCE,
            };
            let of_points = left_out_answers(&folds, &self.c, &progress, |c, of, about| {
                fit.values(&scales_searched, *c, of, about)
            })?;
            for (c, answers) in self.c.iter().zip(of_points) {
                let score = (examples.score)(searched, &rounded(&answers));
                tried.push((score, *c, *kernel));
            }
        }
        let scores: Vec<f64> = tried.iter().map(|(score, ..)| *score).collect();
        let best = best_of(&scores);
        let (c, kernel) = best.map_or((self.c[0], kernels[0]), |b| (tried[b].1, tried[b].2));
        let matrix = KernelMatrix::new(kernel, &rows, columns);
        let fit = Fit {
            matrix: &matrix,
            weights: examples.weights,
            epsilon: self.epsilon,
            tolerance: TOLERANCE,
            patience: PATIENCE,
        };
        let everything: Vec<usize> = (0..examples.len()).collect();
        let machines = scales
            .par_iter()
            .map(|values| {
                let machine = fit.machine(values, c, &everything);
                progress.advance()?;
                Ok(machine)
            })
            .collect::<Result<Vec<_>, FitError>>()?;
        let is_exact = machines.iter().all(|m| m.converged);
        let counts = |r: &usize| machines.iter().any(|m| m.counts[*r] != 0.0);
        let chosen: Vec<usize> = everything.into_iter().filter(counts).collect();
        let vectors: Vec<f32> = chosen
            .iter()
            .flat_map(|r| &examples.rows[r * columns..(r + 1) * columns])
            .copied()
            .collect();
        let of_machine =
            |m: &Machine| -> Vec<f64> { chosen.iter().map(|r| m.counts[*r]).collect() };
        let engine = SvrEngine {
            standardised: standardiser.apply_all(&vectors),
            standardiser,
            width: width_of(kernel).into_iter().map(|(_, g)| g).collect(),
            kernel,
            vectors,
            dual: machines.iter().flat_map(of_machine).collect(),
            intercept: machines.iter().map(|m| -m.offset).collect(),
            c: vec![c],
        };
        let search = tried
            .into_iter()
            .enumerate()
            .map(|(i, (score, c, kernel))| {
                let mut values = vec![("c".to_owned(), c)];
                values.extend(width_of(kernel));
                Tried {
                    values,
                    score,
                    chosen: Some(i) == best,
                }
            })
            .collect();
        Ok(Fitted {
            engine: Box::new(engine),
            search,
            warning: (!is_exact).then(|| GIVEN_UP.to_owned()),
        })
    }

    fn restore(
        &self,
        (columns, outputs): (usize, usize),
        loaded: &mut Loaded,
    ) -> Result<Box<dyn Engine>, String> {
        let n = loaded.rows_of("support_vectors");
        let standardiser = Standardiser::restore(columns, loaded)?;
        let vectors = loaded.take("support_vectors", &[n, columns])?;
        let width = match self.kernel {
            KernelKind::Linear => Vec::new(),
            KernelKind::Rbf => loaded.take_f64("gamma", &[1])?,
        };
        let kernel = match width.as_slice() {
            [] => Kernel::Linear,
            [gamma, ..] if *gamma > 0.0 => Kernel::Rbf(*gamma),
            [gamma, ..] => return Err(format!("tensor gamma is {gamma}; it is above 0")),
        };
        Ok(Box::new(SvrEngine {
            standardised: standardiser.apply_all(&vectors),
            standardiser,
            kernel,
            vectors,
            dual: loaded.take_f64("dual_coef", &[outputs, n])?,
            intercept: loaded.take_f64("intercept", &[outputs])?,
            width,
            c: loaded.take_f64("c", &[1])?,
        }))
    }
}

/// A fitted machine for each scale, with support vectors in common.
#[derive(Clone, Debug)]
struct SvrEngine {
    standardiser: Standardiser,
    kernel: Kernel,
    /// As they were given, before they are standardised.
    vectors: Vec<f32>,
    /// Standardised.
    standardised: Vec<f64>,
    /// `[scales, vectors]`.
    dual: Vec<f64>,
    intercept: Vec<f64>,
    width: Vec<f64>,
    c: Vec<f64>,
}

impl SvrEngine {
    fn answer(&self, sequence: &[f32]) -> Vec<f32> {
        let row = mean_row(sequence, self.standardiser.columns());
        let x = self.standardiser.apply(&row);
        let kernels: Vec<f64> = self
            .standardised
            .chunks_exact(x.len().max(1))
            .map(|vector| self.kernel.value(vector, &x))
            .collect();
        let n = kernels.len();
        let scale = |(s, intercept): (usize, &f64)| {
            let sum = dot(&kernels, &self.dual[s * n..(s + 1) * n]);
            (sum + intercept) as f32
        };
        self.intercept.iter().enumerate().map(scale).collect()
    }
}

impl Engine for SvrEngine {
    fn predict(&self, sequences: &[&[f32]]) -> Vec<f32> {
        sequences.iter().flat_map(|s| self.answer(s)).collect()
    }

    fn predict_long(&self, sequence: &[f32]) -> Vec<f32> {
        self.answer(sequence)
    }

    fn bytes_per_frame(&self) -> usize {
        self.standardiser.columns() * size_of::<f64>()
    }

    fn tensors(&self) -> Vec<TensorView<'_>> {
        let columns = self.standardiser.columns();
        let n = self.vectors.len() / columns.max(1);
        let scales = self.intercept.len();
        let f64s = |name: &'static str, values| {
            let values = Values::F64(values);
            TensorView::new(name, vec![values.len()], values)
        };
        let mut all: Vec<TensorView<'_>> = self.standardiser.tensors().into();
        all.extend([
            TensorView::new(
                "support_vectors",
                vec![n, columns],
                Values::F32(&self.vectors),
            ),
            TensorView::new("dual_coef", vec![scales, n], Values::F64(&self.dual)),
            f64s("intercept", &self.intercept),
            f64s("c", &self.c),
        ]);
        if !self.width.is_empty() {
            all.push(f64s("gamma", &self.width));
        }
        all
    }

    fn boxed_clone(&self) -> Box<dyn Engine> {
        Box::new(self.clone())
    }
}
