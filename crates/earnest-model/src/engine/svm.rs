//! Support vector machine: one against one, a radial or a linear kernel, probabilities by pairwise
//! coupling.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Engine;
use super::baseline::{
    BaselineSettings, COPIES, ClassWeights, Examples, FitError, Fitted, Numbers, Progress, Tried,
    check_copies,
};
use super::inner_folds::InnerFolds;
use super::kernel::grid::{EXACTLY, GIVEN_UP, Grid, ROUGHLY, given};
use super::kernel::pairwise::{coupled, led_by, pairs, winner};
use super::kernel::rows::KernelMatrix;
use super::kernel::sigmoid::Sigmoid;
use super::kernel::smo::{Effort, Problem, Solution};
use super::kernel::vectors::SupportVectors;
use super::kernel::{Kernel, KernelKind, dot};
use super::standardiser::Standardiser;
use crate::task::Task;
use crate::tensors::{Loaded, TensorView, Values};

/// Settings of `kind = "svm"`: a support vector machine for classes, the first thing that a field
/// builds on functionals. It hears the mean over an utterance's rows (one row is itself), standardised
/// over all training rows. C and gamma are chosen by leaving one speaker out at a time. Of equals
/// the first is taken, and of classes the one that wins most of its pairs, as in scikit-learn's `SVC`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "SvmFile")]
pub struct Svm {
    /// How alike two rows are.
    pub kernel: KernelKind,
    /// Penalties of errors to choose from.
    pub c: Vec<f64>,
    /// Widths of the radial kernel to choose from, in units of 1 / columns: 1.0 is what
    /// scikit-learn calls `scale`. Empty with a linear kernel.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gamma: Vec<f64>,
    /// How much each class counts.
    pub class_weights: ClassWeights,
    /// Augmented copies of each training utterance.
    pub copies: usize,
}

/// What a file may leave out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SvmFile {
    #[serde(default)]
    kernel: KernelKind,
    c: Option<Numbers>,
    gamma: Option<Numbers>,
    #[serde(default)]
    class_weights: ClassWeights,
    copies: Option<usize>,
}

impl TryFrom<SvmFile> for Svm {
    type Error = String;

    fn try_from(file: SvmFile) -> Result<Self, String> {
        let usual = Self::of(file.kernel);
        let (c, gamma) = given(file.kernel, file.c, file.gamma, (usual.c, usual.gamma))?;
        Ok(Self {
            kernel: file.kernel,
            c,
            gamma,
            class_weights: file.class_weights,
            copies: file.copies.unwrap_or(usual.copies),
        })
    }
}

impl Default for Svm {
    fn default() -> Self {
        Self::of(KernelKind::Rbf)
    }
}

impl Svm {
    /// The usual settings with a kernel.
    #[must_use]
    pub fn of(kernel: KernelKind) -> Self {
        let (c, gamma) = match kernel {
            KernelKind::Rbf => (vec![0.1, 1.0, 10.0, 100.0], vec![0.25, 1.0, 4.0]),
            KernelKind::Linear => (vec![0.001, 0.01, 0.1, 1.0], Vec::new()),
        };
        Self {
            kernel,
            c,
            gamma,
            class_weights: ClassWeights::Balanced,
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

/// The machine of a pair.
struct Machine {
    /// The rows that it is fitted to, by number.
    rows: Vec<usize>,
    /// What each counts, and what is subtracted.
    solution: Solution,
}

/// Everything that the machines of a pair need.
#[derive(Clone, Copy)]
struct Fit<'a> {
    matrix: &'a KernelMatrix<'a>,
    /// Of the matrix's rows.
    classes: &'a [usize],
    /// C of each of the matrix's rows, before it is multiplied by C.
    weights: &'a [f64],
    outputs: usize,
    effort: Effort,
}

impl Fit<'_> {
    /// The machine of a pair, of those of these rows that are of one of its classes.
    fn pair(&self, (i, j): (usize, usize), c: f64, of: &[usize]) -> Option<Machine> {
        let members = |class: usize| {
            of.iter()
                .copied()
                .filter(move |r| self.classes[*r] == class)
        };
        let rows: Vec<usize> = members(i).chain(members(j)).collect();
        let first = members(i).count();
        if first == 0 || first == rows.len() {
            return None;
        }
        let sign = |k: usize| if k < first { 1.0 } else { -1.0 };
        let signs: Vec<f64> = (0..rows.len()).map(sign).collect();
        let most: Vec<f64> = rows.iter().map(|r| c * self.weights[*r]).collect();
        let solution = Problem {
            rows: &rows,
            signs: &signs,
            linear: &vec![-1.0; rows.len()],
            most: &most,
            effort: self.effort,
        }
        .solve(self.matrix);
        Some(Machine { rows, solution })
    }

    /// Decisions of machines that are fitted to some rows, about others.
    fn decisions(&self, c: f64, of: &[usize], about: &[usize]) -> Vec<Vec<f64>> {
        let machines: Vec<_> = pairs(self.outputs).map(|p| self.pair(p, c, of)).collect();
        let present: Vec<bool> = (0..self.outputs)
            .map(|class| of.iter().any(|r| self.classes[*r] == class))
            .collect();
        let decide = |row: &usize| {
            let one = |((i, _), machine): ((usize, usize), &Option<Machine>)| match machine {
                Some(Machine { rows, solution }) => {
                    self.matrix.weighed(*row, rows, &solution.signed) - solution.offset
                }
                None => absent(present[i]),
            };
            pairs(self.outputs).zip(&machines).map(one).collect()
        };
        about.iter().map(decide).collect()
    }
}

/// The decision between two classes of which one had no example.
fn absent(first_is_there: bool) -> f64 {
    if first_is_there { 1.0 } else { -1.0 }
}

impl BaselineSettings for Svm {
    const TASK: Task = Task::Categorical;

    fn words(&self) -> String {
        format!(
            "support vector machine, {}, {}, {} augmented copies",
            self.grid().words(),
            self.class_weights.words(),
            self.copies
        )
    }

    fn check(&self) -> Result<(), String> {
        self.grid().check()?;
        check_copies(self.copies)
    }

    fn copies(&self) -> usize {
        self.copies
    }

    fn fit(&self, examples: &Examples<'_>) -> Result<Fitted, FitError> {
        let (engine, search, warning) = self.fitted(examples)?;
        Ok(Fitted {
            engine: Box::new(engine),
            search,
            warning,
        })
    }

    fn restore(
        &self,
        sizes: (usize, usize),
        loaded: &mut Loaded,
    ) -> Result<Box<dyn Engine>, String> {
        Ok(Box::new(SvmEngine::restore(self.kernel, sizes, loaded)?))
    }
}

impl Svm {
    /// The machine, what was tried, and what its user should know.
    pub(super) fn fitted(
        &self,
        examples: &Examples<'_>,
    ) -> Result<(SvmEngine, Vec<Tried>, Option<String>), FitError> {
        examples.check()?;
        let outputs = examples.outputs;
        let standardiser = Standardiser::fit(examples.rows, examples.columns);
        let rows = standardiser.apply_all(examples.rows);
        let classes = examples.classes();
        let weights = self.class_weights.of(classes, examples.weights, outputs);

        let folds = InnerFolds::of(examples);
        let pieces = self.grid().len() * folds.count() + pairs(outputs).count();
        let progress = Progress::new(examples, pieces);
        let of_searched = folds.gathered(classes, 1);
        let weights_searched = folds.gathered(&weights, 1);
        let decisions = |matrix: &KernelMatrix<'_>, c: f64, of: &[usize], about: &[usize]| {
            Fit {
                matrix,
                classes: &of_searched,
                weights: &weights_searched,
                outputs,
                effort: ROUGHLY,
            }
            .decisions(c, of, about)
        };
        let votes = |decisions: &Vec<f64>| {
            let won = winner(decisions, outputs);
            (0..outputs).map(|k| f64::from(k == won)).collect()
        };
        let grid = self.grid();
        let chosen = grid.search(examples, &folds, &progress, &rows, decisions, votes)?;
        // As often as each class is there: weights of classes move where machines decide, they do not
        // make a class more frequent.
        let counts = folds.gathered(examples.weights, 1);
        let sigmoids: Vec<Sigmoid> = pairs(outputs)
            .enumerate()
            .map(|(pair, (i, j))| {
                let own = of_searched.iter().zip(&chosen.answers).zip(counts.iter());
                let of_pair: Vec<(f64, bool, f64)> = own
                    .filter(|((class, _), _)| **class == i || **class == j)
                    .map(|((class, d), count)| (d[pair], *class == i, *count))
                    .collect();
                Sigmoid::fit(&of_pair)
            })
            .collect();

        let matrix = KernelMatrix::new(chosen.kernel, &rows, examples.columns);
        let fit = Fit {
            matrix: &matrix,
            classes,
            weights: &weights,
            outputs,
            effort: EXACTLY,
        };
        let everything: Vec<usize> = (0..examples.len()).collect();
        let both: Vec<(usize, usize)> = pairs(outputs).collect();
        let machines = both
            .par_iter()
            .map(|pair| {
                let machine = fit.pair(*pair, chosen.c, &everything);
                progress.advance()?;
                Ok(machine)
            })
            .collect::<Result<Vec<_>, FitError>>()?;
        let are_exact = machines.iter().flatten().all(|m| m.solution.converged);
        let point = (chosen.c, chosen.kernel);
        let engine = SvmEngine::new(examples, standardiser, point, &machines, &sigmoids);
        let warning = (!are_exact).then(|| GIVEN_UP.to_owned());
        Ok((engine, chosen.search, warning))
    }
}

/// A fitted machine. Support vectors and what each counts lie as in libsvm: vectors class by class; of a
/// vector of class i, row j - 1 (j > i) or j (j < i) has what it counts against class j.
#[derive(Clone, Debug)]
pub(super) struct SvmEngine {
    outputs: usize,
    vectors: SupportVectors,
    /// Vectors of each class.
    counts: Vec<f32>,
    dual: Vec<f64>,
    intercept: Vec<f64>,
    sigmoid_a: Vec<f64>,
    sigmoid_b: Vec<f64>,
}

impl SvmEngine {
    fn new(
        examples: &Examples<'_>,
        standardiser: Standardiser,
        point: (f64, Kernel),
        machines: &[Option<Machine>],
        sigmoids: &[Sigmoid],
    ) -> Self {
        let (classes, outputs) = (examples.classes(), examples.outputs);
        let is_there: Vec<bool> = (0..outputs).map(|k| classes.contains(&k)).collect();
        // Rows that count in any pair, class by class.
        let mut counts_in = vec![false; examples.len()];
        for Machine { rows, solution } in machines.iter().flatten() {
            for (row, signed) in rows.iter().zip(&solution.signed) {
                counts_in[*row] |= *signed != 0.0;
            }
        }
        let mut chosen: Vec<usize> = (0..examples.len()).filter(|r| counts_in[*r]).collect();
        chosen.sort_by_key(|r| (classes[*r], *r));
        let mut place = vec![None; examples.len()];
        for (k, row) in chosen.iter().enumerate() {
            place[*row] = Some(k);
        }
        let n = chosen.len();
        let mut dual = vec![0.0; outputs.saturating_sub(1) * n];
        let mut intercept = Vec::new();
        for ((i, j), machine) in pairs(outputs).zip(machines) {
            let Some(Machine { rows, solution }) = machine else {
                intercept.push(absent(is_there[i]));
                continue;
            };
            intercept.push(-solution.offset);
            for (row, signed) in rows.iter().zip(&solution.signed) {
                if let Some(k) = place[*row] {
                    let against = if classes[*row] == i { j - 1 } else { i };
                    dual[against * n + k] = *signed;
                }
            }
        }
        let counts = (0..outputs)
            .map(|class| chosen.iter().filter(|r| classes[**r] == class).count() as f32)
            .collect();
        Self {
            outputs,
            vectors: SupportVectors::new(examples, &chosen, standardiser, point),
            counts,
            dual,
            intercept,
            sigmoid_a: sigmoids.iter().map(|s| s.a).collect(),
            sigmoid_b: sigmoids.iter().map(|s| s.b).collect(),
        }
    }

    fn restore(
        kind: KernelKind,
        (columns, outputs): (usize, usize),
        loaded: &mut Loaded,
    ) -> Result<Self, String> {
        let vectors = SupportVectors::restore(kind, columns, loaded)?;
        let (n, of_pairs) = (vectors.len(), pairs(outputs).count());
        let counts = loaded.take("n_support", &[outputs])?;
        let whole = counts.iter().all(|x| *x >= 0.0 && x.fract() == 0.0);
        if !whole || counts.iter().map(|x| f64::from(*x)).sum::<f64>() != n as f64 {
            return Err(format!(
                "tensor n_support is {counts:?}, and there are {n} support vectors"
            ));
        }
        Ok(Self {
            outputs,
            vectors,
            counts,
            dual: loaded.take_f64("dual_coef", &[outputs.saturating_sub(1), n])?,
            intercept: loaded.take_f64("intercept", &[of_pairs])?,
            sigmoid_a: loaded.take_f64("sigmoid_a", &[of_pairs])?,
            sigmoid_b: loaded.take_f64("sigmoid_b", &[of_pairs])?,
        })
    }

    /// Decisions of all pairs about an utterance; above 0 for the first of its pair.
    pub(super) fn decisions(&self, sequence: &[f32]) -> Vec<f64> {
        let kernels = self.vectors.kernels(sequence);
        let n = kernels.len();
        let mut first = vec![0_usize; self.outputs + 1];
        for class in 0..self.outputs {
            first[class + 1] = first[class] + self.counts[class] as usize;
        }
        let sum = |class: usize, against: usize| {
            let of = first[class]..first[class + 1];
            dot(
                &kernels[of.clone()],
                &self.dual[against * n + of.start..against * n + of.end],
            )
        };
        pairs(self.outputs)
            .zip(&self.intercept)
            .map(|((i, j), intercept)| sum(i, j - 1) + sum(j, i) + intercept)
            .collect()
    }

    /// Probabilities of all classes; the greatest is of the class that wins most pairs.
    pub(super) fn probabilities(&self, decisions: &[f64]) -> Vec<f64> {
        let sigmoids = self.sigmoid_a.iter().zip(&self.sigmoid_b);
        let of_pairs: Vec<f64> = decisions
            .iter()
            .zip(sigmoids)
            .map(|(d, (a, b))| Sigmoid { a: *a, b: *b }.probability(*d))
            .collect();
        let p = coupled(&of_pairs, self.outputs);
        led_by(winner(decisions, self.outputs), &p)
    }

    fn answer(&self, sequence: &[f32]) -> impl Iterator<Item = f32> + use<> {
        let p = self.probabilities(&self.decisions(sequence));
        p.into_iter().map(|p| p.ln() as f32)
    }
}

impl Engine for SvmEngine {
    /// Logarithms of probabilities.
    fn predict(&self, sequences: &[&[f32]]) -> Vec<f32> {
        sequences.iter().flat_map(|s| self.answer(s)).collect()
    }

    fn predict_long(&self, sequence: &[f32]) -> Vec<f32> {
        self.answer(sequence).collect()
    }

    fn bytes_per_frame(&self) -> usize {
        self.vectors.columns() * size_of::<f64>()
    }

    fn tensors(&self) -> Vec<TensorView<'_>> {
        let mut all = self.vectors.tensors();
        all.extend([
            TensorView::new("n_support", vec![self.outputs], Values::F32(&self.counts)),
            TensorView::new(
                "dual_coef",
                vec![self.outputs.saturating_sub(1), self.vectors.len()],
                Values::F64(&self.dual),
            ),
            TensorView::row("intercept", &self.intercept),
            TensorView::row("sigmoid_a", &self.sigmoid_a),
            TensorView::row("sigmoid_b", &self.sigmoid_b),
        ]);
        all
    }

    fn boxed_clone(&self) -> Box<dyn Engine> {
        Box::new(self.clone())
    }
}
