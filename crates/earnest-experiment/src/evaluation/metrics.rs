//! What is measured, with scikit-learn's definitions.
//!
//! * accuracy: share of right answers (the paper's "UW Acc").
//! * UAR, unweighted average recall: mean over the classes that occur in the truth of
//!   (right answers of the class / utterances of the class).
//! * macro F: mean of F1 = 2 TP / (2 TP + FP + FN) over the classes that occur in the truth
//!   or in the answers (`f1_score(average="macro", zero_division=0)`).
//! * recall of a class: right answers of the class / utterances of the class.
//! * MAE: mean of |t - a|. r: Pearson's correlation, cov(t, a) / (sd(t) sd(a)).
//! * CCC, Lin's concordance correlation: 2 cov(t, a) / (var(t) + var(a) + (mean(t) - mean(a))^2),
//!   population moments (Lin 1989). It is r, less what is lost by a wrong scale or offset.

use serde::{Deserialize, Serialize};

/// Counts of truth (rows) against answer (columns), for as many classes as occur.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    counts: Vec<usize>,
}

impl Confusion {
    /// From (truth, answer) pairs of class numbers.
    pub fn new(pairs: impl Iterator<Item = (usize, usize)>) -> Self {
        let mut confusion = Self::default();
        for (truth, answer) in pairs {
            confusion.add(truth, answer);
        }
        confusion
    }

    /// Makes room for so many classes.
    fn hold(&mut self, classes: usize) {
        if classes <= self.classes {
            return;
        }
        let mut counts = vec![0; classes * classes];
        for truth in 0..self.classes {
            for answer in 0..self.classes {
                counts[truth * classes + answer] = self.count(truth, answer);
            }
        }
        *self = Self { classes, counts };
    }

    /// Counts one more answer.
    pub fn add(&mut self, truth: usize, answer: usize) {
        self.hold(truth.max(answer) + 1);
        self.counts[truth * self.classes + answer] += 1;
    }

    /// Counts those of another set.
    pub fn merge(&mut self, other: &Self) {
        self.hold(other.classes);
        for truth in 0..other.classes {
            for answer in 0..other.classes {
                self.counts[truth * self.classes + answer] += other.count(truth, answer);
            }
        }
    }

    /// How often `truth` was answered with `answer`.
    #[must_use]
    pub fn count(&self, truth: usize, answer: usize) -> usize {
        match truth.max(answer) < self.classes {
            true => self.counts[truth * self.classes + answer],
            false => 0,
        }
    }

    /// Utterances of a class.
    #[must_use]
    pub fn support(&self, truth: usize) -> usize {
        (0..self.classes).map(|a| self.count(truth, a)).sum()
    }

    fn answered(&self, answer: usize) -> usize {
        (0..self.classes).map(|t| self.count(t, answer)).sum()
    }

    /// All utterances.
    #[must_use]
    pub fn total(&self) -> usize {
        self.counts.iter().sum()
    }

    /// Recall of a class; `None` if it does not occur.
    #[must_use]
    pub fn recall(&self, class: usize) -> Option<f64> {
        match self.support(class) {
            0 => None,
            n => Some(self.count(class, class) as f64 / n as f64),
        }
    }

    /// Share of right answers; NaN without utterances.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        let right: usize = (0..self.classes).map(|c| self.count(c, c)).sum();
        right as f64 / self.total() as f64
    }

    /// Unweighted average recall; NaN without utterances.
    #[must_use]
    pub fn uar(&self) -> f64 {
        mean((0..self.classes).filter_map(|c| self.recall(c)))
    }

    /// Macro F; NaN without utterances.
    #[must_use]
    pub fn macro_f(&self) -> f64 {
        mean((0..self.classes).filter_map(|c| {
            let both = self.support(c) + self.answered(c);
            (both > 0).then(|| 2.0 * self.count(c, c) as f64 / both as f64)
        }))
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut n) = (0.0, 0);
    for v in values {
        sum += v;
        n += 1;
    }
    sum / f64::from(n)
}

/// Sums of (truth, answer) pairs of which errors and correlations follow; sets can be merged.
/// Means and centred sums are updated pair by pair and set by set (Welford 1962; Chan, Golub and
/// LeVeque 1979), so a constant side has a variance of exactly zero.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pairs {
    n: f64,
    truth_mean: f64,
    answer_mean: f64,
    truth_squares: f64,
    answer_squares: f64,
    products: f64,
    distance: f64,
}

impl Pairs {
    /// Of (truth, answer) pairs.
    #[must_use]
    pub fn of(pairs: &[(f64, f64)]) -> Self {
        let mut all = Self::default();
        for (truth, answer) in pairs {
            all.add(*truth, *answer);
        }
        all
    }

    /// True if there is no pair.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.n == 0.0
    }

    /// Adds a pair.
    pub fn add(&mut self, truth: f64, answer: f64) {
        self.merge(&Self {
            n: 1.0,
            truth_mean: truth,
            answer_mean: answer,
            distance: (truth - answer).abs(),
            ..Self::default()
        });
    }

    /// Adds another set.
    pub fn merge(&mut self, other: &Self) {
        let n = self.n + other.n;
        if n == 0.0 {
            return;
        }
        let truth = other.truth_mean - self.truth_mean;
        let answer = other.answer_mean - self.answer_mean;
        let share = other.n / n;
        let weight = self.n * share;
        self.truth_squares += other.truth_squares + truth * truth * weight;
        self.answer_squares += other.answer_squares + answer * answer * weight;
        self.products += other.products + truth * answer * weight;
        self.truth_mean += truth * share;
        self.answer_mean += answer * share;
        self.distance += other.distance;
        self.n = n;
    }

    /// Mean absolute error; NaN without pairs.
    #[must_use]
    pub fn mean_absolute_error(&self) -> f64 {
        self.distance / self.n
    }

    /// Pearson's correlation; NaN with fewer than two pairs or if one side is constant.
    #[must_use]
    pub fn pearson(&self) -> f64 {
        if self.truth_squares == 0.0 || self.answer_squares == 0.0 {
            return f64::NAN;
        }
        self.products / (self.truth_squares * self.answer_squares).sqrt()
    }

    /// Lin's concordance correlation coefficient with population moments; NaN without pairs or if
    /// both sides are one and the same constant.
    #[must_use]
    pub fn concordance(&self) -> f64 {
        let apart = (self.truth_mean - self.answer_mean).powi(2) * self.n;
        let below = self.truth_squares + self.answer_squares + apart;
        if below == 0.0 {
            return f64::NAN;
        }
        2.0 * self.products / below
    }
}

/// Mean and sample standard deviation (n - 1) of the finite values; the deviation is NaN
/// for fewer than two.
#[must_use]
pub fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    let m = mean(finite.iter().copied());
    if finite.len() < 2 {
        return (m, f64::NAN);
    }
    let sum: f64 = finite.iter().map(|v| (v - m).powi(2)).sum();
    (m, (sum / (finite.len() - 1) as f64).sqrt())
}

/// The metrics of one row of Table I; those of the other task are `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Accuracy.
    pub accuracy: Option<f64>,
    /// Unweighted average recall.
    pub uar: Option<f64>,
    /// Macro F.
    pub macro_f: Option<f64>,
    /// Mean absolute error of arousal.
    pub arousal_mae: Option<f64>,
    /// Mean absolute error of valence.
    pub valence_mae: Option<f64>,
    /// Correlation of arousal.
    pub arousal_r: Option<f64>,
    /// Correlation of valence.
    pub valence_r: Option<f64>,
    /// Concordance of arousal.
    pub arousal_ccc: Option<f64>,
    /// Concordance of valence.
    pub valence_ccc: Option<f64>,
    /// Mean absolute error of dominance.
    pub dominance_mae: Option<f64>,
    /// Correlation of dominance.
    pub dominance_r: Option<f64>,
    /// Concordance of dominance.
    pub dominance_ccc: Option<f64>,
}

/// How many metrics there are.
pub const COUNT: usize = 12;

/// All metrics, in the order of [`METRICS`].
pub type List = [Option<f64>; COUNT];

/// Name of each metric in tables, and whether less is better.
pub const METRICS: [(&str, bool); COUNT] = [
    ("Acc", false),
    ("UAR", false),
    ("F", false),
    ("A MAE", true),
    ("V MAE", true),
    ("A r", false),
    ("V r", false),
    ("A CCC", false),
    ("V CCC", false),
    ("D MAE", true),
    ("D r", false),
    ("D CCC", false),
];

/// Where macro F stands in [`METRICS`].
pub const MACRO_F: usize = 2;
/// Where the correlation of arousal stands.
pub const AROUSAL_R: usize = 5;
/// Where that of valence stands.
pub const VALENCE_R: usize = 6;
/// Where that of dominance stands.
pub const DOMINANCE_R: usize = 10;

impl Metrics {
    /// In the order of [`METRICS`].
    #[must_use]
    pub fn list(&self) -> List {
        [
            self.accuracy,
            self.uar,
            self.macro_f,
            self.arousal_mae,
            self.valence_mae,
            self.arousal_r,
            self.valence_r,
            self.arousal_ccc,
            self.valence_ccc,
            self.dominance_mae,
            self.dominance_r,
            self.dominance_ccc,
        ]
    }

    /// From the order of [`METRICS`].
    #[must_use]
    pub fn from_list(list: List) -> Self {
        let [
            accuracy,
            uar,
            macro_f,
            arousal_mae,
            valence_mae,
            arousal_r,
            valence_r,
            arousal_ccc,
            valence_ccc,
            dominance_mae,
            dominance_r,
            dominance_ccc,
        ] = list;
        Self {
            accuracy,
            uar,
            macro_f,
            arousal_mae,
            valence_mae,
            arousal_r,
            valence_r,
            arousal_ccc,
            valence_ccc,
            dominance_mae,
            dominance_r,
            dominance_ccc,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked out by hand, label by label: truth 0 0 0 1 1 2, answers 0 0 1 1 2 2.
    #[test]
    fn a_case_counted_by_hand() {
        let c = Confusion::new([0, 0, 0, 1, 1, 2].into_iter().zip([0, 0, 1, 1, 2, 2]));
        assert!((c.accuracy() - 4.0 / 6.0).abs() < 1e-12);
        // Recalls 2/3, 1/2, 1.
        assert!((c.uar() - (2.0 / 3.0 + 0.5 + 1.0) / 3.0).abs() < 1e-12);
        // F1: 2*2/(3+2) = 0.8; 2*1/(2+2) = 0.5; 2*1/(1+2) = 2/3.
        assert!((c.macro_f() - (0.8 + 0.5 + 2.0 / 3.0) / 3.0).abs() < 1e-12);
    }

    /// scikit-learn 1.5: `f1_score([0,0,1,1],[0,3,1,1],average="macro",zero_division=0)` has
    /// classes 0, 1 and 3 (3 only answered): (2/3 + 1 + 0)/3. Class 2 occurs nowhere.
    #[test]
    fn classes_that_occur_nowhere_do_not_count_and_wrongly_answered_ones_do() {
        let c = Confusion::new([0, 0, 1, 1].into_iter().zip([0, 3, 1, 1]));
        assert!((c.macro_f() - (2.0 / 3.0 + 1.0) / 3.0).abs() < 1e-12);
        assert!((c.uar() - 0.75).abs() < 1e-12);
        assert_eq!(c.recall(2), None);
        assert!(Confusion::default().accuracy().is_nan());
    }

    /// The data set of Anscombe 1973, I: r = 0.81642.
    #[test]
    fn pearson_and_mae_have_their_published_values() {
        let x = [10., 8., 13., 9., 11., 14., 6., 4., 12., 7., 5.];
        let y = [
            8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68,
        ];
        let pairs: Vec<(f64, f64)> = x.into_iter().zip(y).collect();
        assert!((Pairs::of(&pairs).pearson() - 0.81642).abs() < 1e-5);
        // One side constant, at a value that has no exact binary fraction.
        let constant = Pairs::of(&[(0.1, 2.0), (0.1, 3.0), (0.1, 7.0)]);
        assert!(constant.pearson().is_nan());
        assert!((Pairs::of(&[(1.0, 2.0), (3.0, 1.0)]).mean_absolute_error() - 1.5).abs() < 1e-12);
        let (m, s) = mean_and_deviation(&[1.0, 2.0, 3.0, 4.0, f64::NAN]);
        assert!((m - 2.5).abs() < 1e-12 && (s - (5.0_f64 / 3.0).sqrt()).abs() < 1e-12);
    }
}
