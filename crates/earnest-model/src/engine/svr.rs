//! Support vector regression: a machine for each scale.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Engine;
use super::baseline::{
    BaselineSettings, COPIES, Examples, FitError, Fitted, Numbers, Progress, check_copies,
};
use super::inner_folds::InnerFolds;
use super::kernel::grid::{EXACTLY, GIVEN_UP, Grid, ROUGHLY, given};
use super::kernel::rows::KernelMatrix;
use super::kernel::smo::{Effort, Problem, Solution};
use super::kernel::vectors::SupportVectors;
use super::kernel::{KernelKind, dot};
use super::standardiser::Standardiser;
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
    c: Option<Numbers>,
    gamma: Option<Numbers>,
    epsilon: Option<f64>,
    copies: Option<usize>,
}

impl TryFrom<SvrFile> for Svr {
    type Error = String;

    fn try_from(file: SvrFile) -> Result<Self, String> {
        let usual = Self::of(file.kernel);
        let (c, gamma) = given(file.kernel, file.c, file.gamma, (usual.c, usual.gamma))?;
        Ok(Self {
            kernel: file.kernel,
            c,
            gamma,
            epsilon: file.epsilon.unwrap_or(usual.epsilon),
            copies: file.copies.unwrap_or(usual.copies),
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

    fn grid(&self) -> Grid<'_> {
        Grid {
            kernel: self.kernel,
            c: &self.c,
            gamma: &self.gamma,
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
    effort: Effort,
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
            effort: self.effort,
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
            self.grid().words(),
            self.epsilon,
            self.copies
        )
    }

    fn check(&self) -> Result<(), String> {
        self.grid().check()?;
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
        let folds = InnerFolds::of(examples);
        let pieces = self.grid().len() * folds.count() + scales.len();
        let progress = Progress::new(examples, pieces);
        let of_searched = |values: &Vec<f64>| folds.gathered(values, 1).into_owned();
        let scales_searched: Vec<Vec<f64>> = scales.iter().map(of_searched).collect();
        let weights_searched = folds.gathered(examples.weights, 1);
        let values = |matrix: &KernelMatrix<'_>, c: f64, of: &[usize], about: &[usize]| {
            Fit {
                matrix,
                weights: &weights_searched,
                epsilon: self.epsilon,
                effort: ROUGHLY,
            }
            .values(&scales_searched, c, of, about)
        };
        let grid = self.grid();
        let chosen = grid.search(examples, &folds, &progress, &rows, values, Vec::clone)?;
        let matrix = KernelMatrix::new(chosen.kernel, &rows, columns);
        let fit = Fit {
            matrix: &matrix,
            weights: examples.weights,
            epsilon: self.epsilon,
            effort: EXACTLY,
        };
        let everything: Vec<usize> = (0..examples.len()).collect();
        let machines = scales
            .par_iter()
            .map(|values| {
                let machine = fit.machine(values, chosen.c, &everything);
                progress.advance()?;
                Ok(machine)
            })
            .collect::<Result<Vec<_>, FitError>>()?;
        let is_exact = machines.iter().all(|m| m.converged);
        let counts = |r: &usize| machines.iter().any(|m| m.counts[*r] != 0.0);
        let kept: Vec<usize> = everything.into_iter().filter(counts).collect();
        let of_machine = |m: &Machine| -> Vec<f64> { kept.iter().map(|r| m.counts[*r]).collect() };
        let point = (chosen.c, chosen.kernel);
        let engine = SvrEngine {
            vectors: SupportVectors::new(examples, &kept, standardiser, point),
            dual: machines.iter().flat_map(of_machine).collect(),
            intercept: machines.iter().map(|m| -m.offset).collect(),
        };
        Ok(Fitted {
            engine: Box::new(engine),
            search: chosen.search,
            warning: (!is_exact).then(|| GIVEN_UP.to_owned()),
        })
    }

    fn restore(
        &self,
        (columns, outputs): (usize, usize),
        loaded: &mut Loaded,
    ) -> Result<Box<dyn Engine>, String> {
        let vectors = SupportVectors::restore(self.kernel, columns, loaded)?;
        Ok(Box::new(SvrEngine {
            dual: loaded.take_f64("dual_coef", &[outputs, vectors.len()])?,
            intercept: loaded.take_f64("intercept", &[outputs])?,
            vectors,
        }))
    }
}

/// A fitted machine for each scale, with support vectors in common.
#[derive(Clone, Debug)]
struct SvrEngine {
    vectors: SupportVectors,
    /// `[scales, vectors]`.
    dual: Vec<f64>,
    intercept: Vec<f64>,
}

impl SvrEngine {
    fn answer(&self, sequence: &[f32]) -> Vec<f32> {
        let kernels = self.vectors.kernels(sequence);
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
        self.vectors.columns() * size_of::<f64>()
    }

    fn tensors(&self) -> Vec<TensorView<'_>> {
        let mut all = self.vectors.tensors();
        all.extend([
            TensorView::new(
                "dual_coef",
                vec![self.intercept.len(), self.vectors.len()],
                Values::F64(&self.dual),
            ),
            TensorView::row("intercept", &self.intercept),
        ]);
        all
    }

    fn boxed_clone(&self) -> Box<dyn Engine> {
        Box::new(self.clone())
    }
}
