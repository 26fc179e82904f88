//! C and widths to choose from, what a machine's settings say of them, and their search.

use super::super::baseline::{
    Examples, FitError, Numbers, Progress, Tried, best_of, check_grid, grid_words,
    left_out_answers, rounded,
};
use super::super::inner_folds::InnerFolds;
use super::rows::KernelMatrix;
use super::smo::Effort;
use super::{Kernel, KernelKind};

/// What is said of a solver that was stopped early.
pub(in crate::engine) const GIVEN_UP: &str = "the support vector machine's solver was stopped before it had converged: its answers are near the best but not the best; smaller values of c converge sooner";

/// Values of C and of the kernel's width.
#[derive(Clone, Copy)]
pub(in crate::engine) struct Grid<'a> {
    pub kernel: KernelKind,
    pub c: &'a [f64],
    /// In units of 1 / columns; empty with a linear kernel.
    pub gamma: &'a [f64],
}

/// Refuses widths of a kernel that has none.
const IDLE_WIDTH: &str = "gamma has no effect with kernel = \"linear\"";

/// What a file says of C and of widths, and where it is silent the usual.
pub(in crate::engine) fn given(
    kernel: KernelKind,
    c: Option<Numbers>,
    gamma: Option<Numbers>,
    usual: (Vec<f64>, Vec<f64>),
) -> Result<(Vec<f64>, Vec<f64>), String> {
    if kernel == KernelKind::Linear && gamma.is_some() {
        return Err(IDLE_WIDTH.into());
    }
    Ok((
        c.map_or(usual.0, Numbers::all),
        gamma.map_or(usual.1, Numbers::all),
    ))
}

/// What a search chose.
pub(in crate::engine) struct Chosen {
    pub c: f64,
    pub kernel: Kernel,
    pub search: Vec<Tried>,
    /// What the chosen point answered to each searched row while its speaker was left out; none where
    /// nobody could be.
    pub answers: Vec<Vec<f64>>,
}

impl Grid<'_> {
    /// In words, for a report.
    pub fn words(&self) -> String {
        let c = grid_words("C", self.c);
        match self.kernel {
            KernelKind::Rbf => format!(
                "radial kernel, {c}, {} / columns",
                grid_words("gamma", self.gamma)
            ),
            KernelKind::Linear => format!("linear kernel, {c}"),
        }
    }

    /// Refuses numbers out of bounds, by a sentence that begins with the key.
    pub fn check(&self) -> Result<(), String> {
        check_grid("c", self.c)?;
        match self.kernel {
            KernelKind::Rbf => check_grid("gamma", self.gamma),
            KernelKind::Linear if self.gamma.is_empty() => Ok(()),
            KernelKind::Linear => Err(IDLE_WIDTH.into()),
        }
    }

    /// The kernels, for so many columns.
    fn kernels(&self, columns: usize) -> Vec<Kernel> {
        let of_width = |gamma: &f64| Kernel::Rbf(gamma / columns.max(1) as f64);
        match self.kernel {
            KernelKind::Linear => vec![Kernel::Linear],
            KernelKind::Rbf => self.gamma.iter().map(of_width).collect(),
        }
    }

    /// How many points there are.
    pub fn len(&self) -> usize {
        self.c.len() * self.gamma.len().max(1)
    }

    /// Tries every point on rows that are left out in turn, and takes the best; the first where nobody
    /// can be left out. `rows` are those of all examples, standardised. `answer` is given a kernel matrix
    /// of the searched rows, C, the rows to fit and the rows to answer, as places among the searched;
    /// `outputs` makes of its answer to one row what is scored.
    pub fn search(
        &self,
        examples: &Examples<'_>,
        folds: &InnerFolds,
        progress: &Progress<'_>,
        rows: &[f64],
        answer: impl Fn(&KernelMatrix<'_>, f64, &[usize], &[usize]) -> Vec<Vec<f64>> + Sync,
        outputs: impl Fn(&Vec<f64>) -> Vec<f64>,
    ) -> Result<Chosen, FitError> {
        let columns = examples.columns;
        let gathered = folds.gathered(rows, columns);
        let (mut points, mut search, mut answers) = (Vec::new(), Vec::new(), Vec::new());
        let kernels = self.kernels(columns);
        for (i, kernel) in kernels.iter().enumerate().filter(|_| folds.count() > 0) {
            let matrix = KernelMatrix::new(*kernel, &gathered, columns).computed();
            let of_points = left_out_answers(folds, self.c, progress, |c, of, about| {
                answer(&matrix, *c, of, about)
            })?;
            for (c, own) in self.c.iter().zip(of_points) {
                let scored: Vec<Vec<f64>> = own.iter().map(&outputs).collect();
                let mut values = vec![("c".to_owned(), *c)];
                // As a recipe has it: in units of 1 / columns.
                values.extend(self.gamma.get(i).map(|gamma| ("gamma".to_owned(), *gamma)));
                search.push(Tried {
                    values,
                    score: (examples.score)(folds.searched(), &rounded(&scored)),
                    chosen: false,
                });
                points.push((*c, *kernel));
                answers.push(own);
            }
        }
        let scores: Vec<f64> = search.iter().map(|tried| tried.score).collect();
        let Some(best) = best_of(&scores) else {
            return Ok(Chosen {
                c: self.c[0],
                kernel: kernels[0],
                search,
                answers: Vec::new(),
            });
        };
        search[best].chosen = true;
        let (c, kernel) = points[best];
        Ok(Chosen {
            c,
            kernel,
            search,
            answers: answers.swap_remove(best),
        })
    }
}

/// The search is solved roughly, the model exactly.
pub(in crate::engine) const ROUGHLY: Effort = Effort {
    tolerance: 1e-3,
    patience: 100,
};
pub(in crate::engine) const EXACTLY: Effort = Effort {
    tolerance: 1e-9,
    patience: 10_000,
};
