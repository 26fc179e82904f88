//! Support vector machine: one against one, a radial or a linear kernel, probabilities by pairwise
//! coupling.

use std::borrow::Cow;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Engine;
use super::baseline::{
    BaselineSettings, COPIES, ClassWeights, Examples, FitError, Fitted, Progress, Tried, best_of,
    check_copies, check_grid, left_out_answers, rounded,
};
use super::inner_folds::InnerFolds;
use super::kernel::pairwise::{coupled, led_by, pairs, winner};
use super::kernel::rows::KernelMatrix;
use super::kernel::search::{
    GIVEN_UP, PATIENCE, SEARCH_PATIENCE, SEARCH_TOLERANCE, TOLERANCE, check_kernel, kernel_words,
    kernels, width_of,
};
use super::kernel::sigmoid::Sigmoid;
use super::kernel::smo::{Problem, Solution};
use super::kernel::{Kernel, KernelKind, dot};
use super::standardiser::{Standardiser, mean_row};
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
    c: Option<Vec<f64>>,
    gamma: Option<Vec<f64>>,
    #[serde(default)]
    class_weights: ClassWeights,
    copies: Option<usize>,
}

impl TryFrom<SvmFile> for Svm {
    type Error = String;

    fn try_from(file: SvmFile) -> Result<Self, String> {
        let usual = Self::of(file.kernel);
        if file.kernel == KernelKind::Linear && file.gamma.is_some() {
            return Err("gamma has no effect with kernel = \"linear\"".into());
        }
        Ok(Self {
            c: file.c.unwrap_or(usual.c),
            gamma: file.gamma.unwrap_or(usual.gamma),
            class_weights: file.class_weights,
            copies: file.copies.unwrap_or(usual.copies),
            kernel: file.kernel,
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
}

/// The machine of a pair.
struct Machine {
    /// The rows that it is fitted to, by number.
    rows: Vec<usize>,
    /// What each counts, and what is subtracted.
    solution: Solution,
}

/// The machines of all pairs, fitted to some rows.
struct Machines {
    /// None where a class has no row.
    of_pairs: Vec<Option<Machine>>,
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
    tolerance: f64,
    patience: usize,
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
            tolerance: self.tolerance,
            patience: self.patience,
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
            kernel_words(self.kernel, &self.c, &self.gamma),
            self.class_weights.words(),
            self.copies
        )
    }

    fn check(&self) -> Result<(), String> {
        check_grid("c", &self.c)?;
        check_kernel(self.kernel, &self.gamma)?;
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
        let kernels = kernels(self.kernel, &self.gamma, examples.columns);

        let folds = InnerFolds::of(examples);
        let searched = folds.searched();
        let gathered: Cow<'_, [f64]> = match folds.len() == examples.len() {
            true => Cow::Borrowed(&rows),
            false => {
                let row = |r: &usize| &rows[r * examples.columns..(r + 1) * examples.columns];
                Cow::Owned(searched.iter().flat_map(row).copied().collect())
            }
        };
        let of_searched: Vec<usize> = searched.iter().map(|r| classes[*r]).collect();
        let weights_searched: Vec<f64> = searched.iter().map(|r| weights[*r]).collect();
        let pieces = kernels.len() * self.c.len() * folds.count() + pairs(outputs).count();
        let progress = Progress::new(examples, pieces);
        let (mut tried, mut decisions) = (Vec::new(), Vec::new());
        for kernel in kernels.iter().filter(|_| folds.count() > 0) {
            let matrix = KernelMatrix::new(*kernel, &gathered, examples.columns).computed();
            let fit = Fit {
                matrix: &matrix,
                classes: &of_searched,
                weights: &weights_searched,
                outputs,
                tolerance: SEARCH_TOLERANCE,
                patience: SEARCH_PATIENCE,
            };
            let of_points = left_out_answers(&folds, &self.c, &progress, |c, of, about| {
                fit.decisions(*c, of, about)
            })?;
            for (c, own) in self.c.iter().zip(of_points) {
                let votes: Vec<Vec<f64>> = own
                    .iter()
                    .map(|decisions| {
                        let won = winner(decisions, outputs);
                        (0..outputs).map(|k| f64::from(k == won)).collect()
                    })
                    .collect();
                let score = (examples.score)(searched, &rounded(&votes));
                let mut values = vec![("c".to_owned(), *c)];
                values.extend(width_of(*kernel));
                tried.push((values, score, *c, *kernel));
                decisions.push(own);
            }
        }
        let scores: Vec<f64> = tried.iter().map(|(_, score, ..)| *score).collect();
        let best = best_of(&scores);
        let (c, kernel) = best.map_or((self.c[0], kernels[0]), |b| (tried[b].2, tried[b].3));
        let about: &[Vec<f64>] = best.map_or(&[], |b| &decisions[b]);
        let sigmoids: Vec<Sigmoid> = pairs(outputs)
            .enumerate()
            .map(|(pair, (i, j))| {
                // As often as each class is there: weights of classes move where machines decide,
                // they do not make a class more frequent.
                let own = of_searched.iter().zip(about).zip(searched);
                let of_pair: Vec<(f64, bool, f64)> = own
                    .filter(|((class, _), _)| **class == i || **class == j)
                    .map(|((class, d), row)| (d[pair], *class == i, examples.weights[*row]))
                    .collect();
                Sigmoid::fit(&of_pair)
            })
            .collect();

        let matrix = KernelMatrix::new(kernel, &rows, examples.columns);
        let fit = Fit {
            matrix: &matrix,
            classes,
            weights: &weights,
            outputs,
            tolerance: TOLERANCE,
            patience: PATIENCE,
        };
        let everything: Vec<usize> = (0..examples.len()).collect();
        let both: Vec<(usize, usize)> = pairs(outputs).collect();
        let of_pairs = both
            .par_iter()
            .map(|pair| {
                let machine = fit.pair(*pair, c, &everything);
                progress.advance()?;
                Ok(machine)
            })
            .collect::<Result<Vec<_>, FitError>>()?;
        let machines = Machines { of_pairs };
        let is_exact = |m: &Option<Machine>| match m {
            Some(machine) => machine.solution.converged,
            None => true,
        };
        let warning = (!machines.of_pairs.iter().all(is_exact)).then(|| GIVEN_UP.to_owned());
        let engine = SvmEngine::new(
            (classes, outputs),
            examples,
            standardiser,
            kernel,
            &machines,
            &sigmoids,
            c,
        );
        let search = tried
            .into_iter()
            .enumerate()
            .map(|(i, (values, score, ..))| Tried {
                values,
                score,
                chosen: Some(i) == best,
            })
            .collect();
        Ok((engine, search, warning))
    }
}

/// A fitted machine. Support vectors and what each counts lie as in libsvm: vectors class by class; of a
/// vector of class i, row j - 1 (j > i) or j (j < i) has what it counts against class j.
#[derive(Clone, Debug)]
pub(super) struct SvmEngine {
    outputs: usize,
    standardiser: Standardiser,
    kernel: Kernel,
    /// As they were given, before they are standardised.
    vectors: Vec<f32>,
    /// Standardised.
    standardised: Vec<f64>,
    /// Vectors of each class.
    counts: Vec<f32>,
    dual: Vec<f64>,
    intercept: Vec<f64>,
    sigmoid_a: Vec<f64>,
    sigmoid_b: Vec<f64>,
    width: Vec<f64>,
    c: Vec<f64>,
}

impl SvmEngine {
    fn new(
        (classes, outputs): (&[usize], usize),
        examples: &Examples<'_>,
        standardiser: Standardiser,
        kernel: Kernel,
        machines: &Machines,
        sigmoids: &[Sigmoid],
        c: f64,
    ) -> Self {
        let columns = examples.columns;
        let is_there: Vec<bool> = (0..outputs).map(|k| classes.contains(&k)).collect();
        // Rows that count in any pair, class by class.
        let mut counts_in = vec![false; examples.len()];
        for Machine { rows, solution } in machines.of_pairs.iter().flatten() {
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
        for ((i, j), machine) in pairs(outputs).zip(&machines.of_pairs) {
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
        let vectors: Vec<f32> = chosen
            .iter()
            .flat_map(|r| &examples.rows[r * columns..(r + 1) * columns])
            .copied()
            .collect();
        let counts = (0..outputs)
            .map(|class| chosen.iter().filter(|r| classes[**r] == class).count() as f32)
            .collect();
        Self {
            outputs,
            standardised: standardiser.apply_all(&vectors),
            standardiser,
            width: width_of(kernel)
                .into_iter()
                .map(|(_, gamma)| gamma)
                .collect(),
            kernel,
            vectors,
            counts,
            dual,
            intercept,
            sigmoid_a: sigmoids.iter().map(|s| s.a).collect(),
            sigmoid_b: sigmoids.iter().map(|s| s.b).collect(),
            c: vec![c],
        }
    }

    fn restore(
        kind: KernelKind,
        (columns, outputs): (usize, usize),
        loaded: &mut Loaded,
    ) -> Result<Self, String> {
        let n = loaded.rows_of("support_vectors");
        let of_pairs = pairs(outputs).count();
        let standardiser = Standardiser::restore(columns, loaded)?;
        let vectors = loaded.take("support_vectors", &[n, columns])?;
        let counts = loaded.take("n_support", &[outputs])?;
        let whole = counts.iter().all(|x| *x >= 0.0 && x.fract() == 0.0);
        if !whole || counts.iter().map(|x| f64::from(*x)).sum::<f64>() != n as f64 {
            return Err(format!(
                "tensor n_support is {counts:?}, and there are {n} support vectors"
            ));
        }
        let width = match kind {
            KernelKind::Linear => Vec::new(),
            KernelKind::Rbf => loaded.take_f64("gamma", &[1])?,
        };
        let kernel = match width.as_slice() {
            [] => Kernel::Linear,
            [gamma, ..] if *gamma > 0.0 => Kernel::Rbf(*gamma),
            [gamma, ..] => return Err(format!("tensor gamma is {gamma}; it is above 0")),
        };
        Ok(Self {
            outputs,
            standardised: standardiser.apply_all(&vectors),
            standardiser,
            kernel,
            vectors,
            counts,
            dual: loaded.take_f64("dual_coef", &[outputs.saturating_sub(1), n])?,
            intercept: loaded.take_f64("intercept", &[of_pairs])?,
            sigmoid_a: loaded.take_f64("sigmoid_a", &[of_pairs])?,
            sigmoid_b: loaded.take_f64("sigmoid_b", &[of_pairs])?,
            width,
            c: loaded.take_f64("c", &[1])?,
        })
    }

    /// Decisions of all pairs about a row; above 0 for the first of its pair.
    pub(super) fn decisions(&self, row: &[f32]) -> Vec<f64> {
        let x = self.standardiser.apply(row);
        let columns = x.len().max(1);
        let kernels: Vec<f64> = self
            .standardised
            .chunks_exact(columns)
            .map(|vector| self.kernel.value(vector, &x))
            .collect();
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
        let row = mean_row(sequence, self.standardiser.columns());
        let p = self.probabilities(&self.decisions(&row));
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
        self.standardiser.columns() * size_of::<f64>()
    }

    fn tensors(&self) -> Vec<TensorView<'_>> {
        let n = self.counts.iter().map(|x| *x as usize).sum();
        let columns = self.standardiser.columns();
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
            TensorView::new("n_support", vec![self.outputs], Values::F32(&self.counts)),
            TensorView::new(
                "dual_coef",
                vec![self.outputs.saturating_sub(1), n],
                Values::F64(&self.dual),
            ),
            f64s("intercept", &self.intercept),
            f64s("sigmoid_a", &self.sigmoid_a),
            f64s("sigmoid_b", &self.sigmoid_b),
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
