//! Baselines: what is fitted at once to one row for each utterance, and chooses its own
//! hyperparameters by leaving speakers out.

use std::fmt::Debug;
use std::sync::atomic::{AtomicUsize, Ordering};

use earnest_random::Key;
use rayon::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use super::Engine;
use super::inner_folds::InnerFolds;
use crate::loss::Targets;
use crate::task::Task;
use crate::tensors::Loaded;

/// How good outputs are for some rows, by number.
pub type Score<'a> = dyn Fn(&[usize], &[Vec<f32>]) -> f64 + Sync + 'a;

/// What a baseline is fitted to: one row for each presentation of a training utterance.
pub struct Examples<'a> {
    /// Values of a row.
    pub columns: usize,
    /// Rows end to end, normalised, each the mean over an utterance's rows ([`mean_row`](crate::mean_row)).
    pub rows: &'a [f32],
    /// What each row is: a class, or a standardised value on each scale.
    pub targets: &'a Targets,
    /// Classes, or scales.
    pub outputs: usize,
    /// How much each row counts; 1 where nothing else is asked for.
    pub weights: &'a [f64],
    /// The number of the speaker of each row.
    pub speakers: &'a [usize],
    /// The number of the utterance of each row: copies of one are kept on one side.
    pub utterances: &'a [usize],
    /// How good outputs are for some rows, by number: higher is better.
    pub score: &'a Score<'a>,
    /// What is drawn comes from here.
    pub key: &'a Key,
    /// Told after each piece how many of how many are done; whoever answers false stops the fit.
    pub go_on: &'a (dyn Fn(usize, usize) -> bool + Sync),
}

impl Examples<'_> {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.speakers.len()
    }

    /// True if there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.speakers.is_empty()
    }

    /// The class of each row; none of values.
    pub(super) fn classes(&self) -> &[usize] {
        match self.targets {
            Targets::Classes(classes) => classes,
            Targets::Values(_) => &[],
        }
    }

    /// Values of a scale, one for each row; none of classes.
    pub(super) fn values(&self, scale: usize) -> Vec<f64> {
        match self.targets {
            Targets::Classes(_) => Vec::new(),
            Targets::Values(values) => {
                let all = values.iter().skip(scale).step_by(self.outputs.max(1));
                all.map(|x| f64::from(*x)).collect()
            }
        }
    }

    /// Refuses examples that nothing can be learnt from.
    pub(super) fn check(&self) -> Result<(), FitError> {
        let (n, d) = (self.len(), self.columns);
        let targets = match self.targets {
            Targets::Classes(classes) => classes.len(),
            Targets::Values(values) => values.len() / self.outputs.max(1),
        };
        let alike = self.rows.len() == n * d
            && targets == n
            && self.weights.len() == n
            && self.utterances.len() == n;
        if n == 0 || d == 0 || !alike {
            return Err(FitError::Examples(format!(
                "there are {n} examples of {d} columns, with {targets} targets"
            )));
        }
        match self.rows.iter().position(|x| !x.is_finite()) {
            None => Ok(()),
            Some(i) => Err(FitError::Examples(format!(
                "example {} is not finite in column {}",
                i / d,
                i % d
            ))),
        }
    }
}

/// A point of a search: what was tried and how good it was on speakers that were left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// Each hyperparameter by name.
    pub values: Vec<(String, f64)>,
    /// Its score over all speakers that were left out in turn; higher is better.
    pub score: f64,
    /// True if the model was fitted with it.
    pub chosen: bool,
}

/// A fitted baseline.
pub struct Fitted {
    /// What answers.
    pub engine: Box<dyn Engine>,
    /// What was tried, in order; empty where there was nothing to choose, or nobody to leave out.
    pub search: Vec<Tried>,
    /// What its user should know, in a sentence: the solver was stopped before it had converged.
    pub warning: Option<String>,
}

/// Why a baseline could not be fitted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// Whoever watched stopped it.
    #[error("the fit was stopped")]
    Stopped,
    /// There is nothing to learn from.
    #[error("the examples cannot be learnt from: {0}")]
    Examples(String),
    /// It learns step by step, or member by member.
    #[error("{0} is trained otherwise, and not fitted at once")]
    Network(&'static str),
}

/// How much each class counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassWeights {
    /// All classes alike, however many examples each has: an example of a class with `n_c` of `n`
    /// examples counts n / (classes n_c), as in scikit-learn.
    #[default]
    Balanced,
    /// All examples alike.
    Equal,
}

impl ClassWeights {
    /// How much each of some rows counts, its own weight included.
    pub(crate) fn of(self, classes: &[usize], weights: &[f64], outputs: usize) -> Vec<f64> {
        if self == Self::Equal {
            return weights.to_vec();
        }
        let mut of_class = vec![0.0; outputs];
        for (class, weight) in classes.iter().zip(weights) {
            if let Some(sum) = of_class.get_mut(*class) {
                *sum += weight;
            }
        }
        let present = of_class.iter().filter(|sum| **sum > 0.0).count() as f64;
        let all: f64 = of_class.iter().sum();
        let factor = |class: usize| match of_class.get(class) {
            Some(sum) if *sum > 0.0 => all / (present * sum),
            _ => 0.0,
        };
        let both = classes.iter().zip(weights);
        both.map(|(class, weight)| weight * factor(*class))
            .collect()
    }

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Balanced => "classes weighed alike",
            Self::Equal => "examples weighed alike",
        }
    }
}

/// The settings of a baseline; their default is its usual ones. Their keys are what stands beside
/// `kind` in a recipe and in `model.json`.
pub(super) trait BaselineSettings:
    Clone + Debug + Default + Serialize + DeserializeOwned
{
    /// What it predicts.
    const TASK: Task;

    /// In words, for a report.
    fn words(&self) -> String;

    /// Refuses numbers that are out of bounds, by a sentence that begins with the key.
    fn check(&self) -> Result<(), String>;

    /// How many augmented copies of each utterance it is fitted to.
    fn copies(&self) -> usize;

    /// Fits it.
    fn fit(&self, examples: &Examples<'_>) -> Result<Fitted, FitError>;

    /// The engine of a model's file.
    fn restore(
        &self,
        sizes: (usize, usize),
        loaded: &mut Loaded,
    ) -> Result<Box<dyn Engine>, String>;
}

/// The most copies of an utterance, and points along one side of a grid.
const MOST_COPIES: usize = 1000;
const MOST_POINTS: usize = 100;

/// Copies that a baseline is fitted to unless it is asked otherwise.
pub(super) const COPIES: usize = 4;

/// Refuses a number of copies that makes no sense.
pub(super) fn check_copies(copies: usize) -> Result<(), String> {
    super::counted("copies", copies, MOST_COPIES)
}

/// Values of a hyperparameter, as a file has them.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "c, gamma and alpha are each a number, or a list of numbers to choose from"
)]
pub(super) enum Numbers {
    /// It alone.
    One(f64),
    /// To choose from.
    Several(Vec<f64>),
}

impl Numbers {
    pub fn all(self) -> Vec<f64> {
        match self {
            Self::One(value) => vec![value],
            Self::Several(values) => values,
        }
    }

    /// For a list that may be one number in a file.
    pub fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        Self::deserialize(deserializer).map(Self::all)
    }
}

/// Refuses a list of hyperparameters to choose from that is empty, too long, or has numbers that
/// are not above 0.
pub(super) fn check_grid(key: &str, grid: &[f64]) -> Result<(), String> {
    if !(1..=MOST_POINTS).contains(&grid.len()) {
        return Err(format!(
            "{key} must be a list of 1 to {MOST_POINTS} numbers to choose from, not of {}",
            grid.len()
        ));
    }
    if let Some(x) = grid.iter().find(|x| !(1e-12..=1e12).contains(*x)) {
        return Err(format!("{key} must be 1e-12 to 1e12, not {x}"));
    }
    match grid
        .iter()
        .enumerate()
        .find(|(i, x)| grid[..*i].contains(x))
    {
        None => Ok(()),
        Some((_, twice)) => Err(format!("{key} has {twice} twice")),
    }
}

/// `C = 1` or `C of 0.1, 1, 10`, for a report.
pub(super) fn grid_words(name: &str, grid: &[f64]) -> String {
    let all: Vec<String> = grid.iter().map(f64::to_string).collect();
    match all.as_slice() {
        [one] => format!("{name} = {one}"),
        _ => format!("{name} of {}", all.join(", ")),
    }
}

/// How far a search is: it is told, and may be stopped.
pub(super) struct Progress<'a> {
    done: AtomicUsize,
    all: usize,
    go_on: &'a (dyn Fn(usize, usize) -> bool + Sync),
}

impl<'a> Progress<'a> {
    /// Of so many pieces.
    pub fn new(examples: &Examples<'a>, all: usize) -> Self {
        Self {
            done: AtomicUsize::new(0),
            all,
            go_on: examples.go_on,
        }
    }

    /// One more piece is done.
    pub fn advance(&self) -> Result<(), FitError> {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        match (self.go_on)(done, self.all) {
            true => Ok(()),
            false => Err(FitError::Stopped),
        }
    }
}

/// What each point answers to the rows of each inner fold, when it is fitted to the others: rows
/// `[searched rows][outputs]` for each point. `answer` is given a point, the rows to fit and the
/// rows to answer.
pub(super) fn left_out_answers<P: Sync>(
    folds: &InnerFolds,
    points: &[P],
    progress: &Progress<'_>,
    answer: impl Fn(&P, &[usize], &[usize]) -> Vec<Vec<f64>> + Sync,
) -> Result<Vec<Vec<Vec<f64>>>, FitError> {
    let pieces: Vec<(usize, usize)> = (0..points.len())
        .flat_map(|point| (0..folds.count()).map(move |fold| (point, fold)))
        .collect();
    let given = pieces
        .par_iter()
        .map(|(point, fold)| {
            let answers = answer(&points[*point], &folds.others(*fold), folds.rows(*fold));
            progress.advance()?;
            Ok(answers)
        })
        .collect::<Result<Vec<_>, FitError>>()?;
    let mut of_points = vec![vec![Vec::new(); folds.len()]; points.len()];
    for ((point, fold), answers) in pieces.into_iter().zip(given) {
        for (row, answer) in folds.rows(fold).iter().zip(answers) {
            of_points[point][*row] = answer;
        }
    }
    Ok(of_points)
}

/// The first of the best scores, the first of all if none is a number; none of no scores.
pub(super) fn best_of(scores: &[f64]) -> Option<usize> {
    let mut best = 0;
    for (i, score) in scores.iter().enumerate() {
        if *score > scores[best] || (scores[best].is_nan() && !score.is_nan()) {
            best = i;
        }
    }
    (!scores.is_empty()).then_some(best)
}

/// Outputs as the score wants them.
pub(super) fn rounded(answers: &[Vec<f64>]) -> Vec<Vec<f32>> {
    let row = |row: &Vec<f64>| row.iter().map(|x| *x as f32).collect();
    answers.iter().map(row).collect()
}

/// Tries each value of one hyperparameter on rows that are left out in turn; what was tried, and the
/// value to take: the best, or the first where nobody can be left out. `answer` is given a value,
/// the rows to fit and the rows to answer, by number among all examples.
pub(super) fn chosen_of(
    (name, grid): (&str, &[f64]),
    examples: &Examples<'_>,
    folds: &InnerFolds,
    progress: &Progress<'_>,
    answer: impl Fn(f64, &[usize], &[usize]) -> Vec<Vec<f64>> + Sync,
) -> Result<(f64, Vec<Tried>), FitError> {
    let searched = folds.searched();
    let of_points = left_out_answers(folds, grid, progress, |value, of, about| {
        answer(*value, &folds.numbers(of), &folds.numbers(about))
    })?;
    let scores: Vec<f64> = of_points
        .iter()
        .filter(|_| folds.count() > 0)
        .map(|answers| (examples.score)(searched, &rounded(answers)))
        .collect();
    let best = best_of(&scores);
    let points = grid.iter().zip(&scores).enumerate();
    let tried = points.map(|(i, (value, score))| Tried {
        values: vec![(name.to_owned(), *value)],
        score: *score,
        chosen: Some(i) == best,
    });
    Ok((grid[best.unwrap_or(0)], tried.collect()))
}
