//! How honest probabilities are: what a model of classes says of its own answers, beside how often
//! they are right.
//!
//! More in `docs/calibration.md`, section 3.
//!
//! * Confidence of an answer: the largest of its probabilities.
//! * ECE, expected calibration error (Naeini, Cooper and Hauskrecht 2015; Guo et al. 2017, section 2):
//!   answers are put into 15 bins of equal width by their confidence, bin m holding those in
//!   ((m - 1) / 15, m / 15]; ECE = sum over bins of n_m / n |acc_m - conf_m|, where n_m answers of n are
//!   in the bin, acc_m is the share of them that are right, and conf_m their mean confidence.
//! * Log loss: the mean of -ln p(truth), p at least 2^-52, as scikit-learn's `log_loss` has it.
//! * Accuracy at a coverage (El-Yaniv and Wiener 2010): the share of right answers among those that are
//!   at least as sure as a threshold, against how many of all these are. Answers that are equally sure
//!   are taken together, in the share in which they are right.

use std::collections::BTreeMap;

use crate::evaluation::prediction::{Prediction, Truth, largest};

/// Bins of confidence.
pub const BINS: usize = 15;

/// How far the sum of probabilities may be from 1.
const OFF: f32 = 1e-2;

/// What is measured of probabilities, in the order of [`FIGURES`].
pub type Figures = [Option<f64>; FIGURES.len()];

/// Their names: expected calibration error, log loss, and mean confidence.
pub const FIGURES: [&str; 3] = ["ECE", "log loss", "confidence"];

/// What answers in one bin come to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    /// How many.
    pub answers: usize,
    /// How many are right.
    pub right: usize,
    /// The sum of their confidences.
    pub confidence: f64,
}

/// Sums over answers of which the figures follow; they can be added.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sums {
    bins: [Bin; BINS],
    log_loss: f64,
}

impl Sums {
    fn add(&mut self, truth: usize, answer: &[f32]) {
        let class = largest(answer);
        let confidence = f64::from(answer.get(class).copied().unwrap_or(0.0));
        // The bin whose upper edge is the first that is not below it.
        let edge = (confidence * BINS as f64).ceil() as usize;
        if let Some(bin) = self.bins.get_mut(edge.clamp(1, BINS) - 1) {
            bin.answers += 1;
            bin.right += usize::from(class == truth);
            bin.confidence += confidence;
        }
        let p = answer.get(truth).map_or(0.0, |p| f64::from(*p));
        self.log_loss -= p.clamp(f64::EPSILON, 1.0).ln();
    }

    pub fn merge(&mut self, other: &Self) {
        for (bin, more) in self.bins.iter_mut().zip(&other.bins) {
            bin.answers += more.answers;
            bin.right += more.right;
            bin.confidence += more.confidence;
        }
        self.log_loss += other.log_loss;
    }

    fn answers(&self) -> usize {
        self.bins.iter().map(|bin| bin.answers).sum()
    }

    pub fn figures(&self) -> Figures {
        let n = self.answers();
        let mean = |sum: f64| (n > 0).then(|| sum / n as f64);
        let apart = |bin: &Bin| (bin.right as f64 - bin.confidence).abs();
        [
            mean(self.bins.iter().map(apart).sum()),
            mean(self.log_loss),
            mean(self.bins.iter().map(|bin| bin.confidence).sum()),
        ]
    }
}

/// What answers and their probabilities come to; sets can be added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reliability {
    sums: Sums,
    /// By confidence (its bits, which for numbers from 0 sort as these do): answers, and right ones.
    by_confidence: BTreeMap<u32, (usize, usize)>,
}

/// Reliability of each speaker's answers.
pub type ReliabilityBySpeaker = BTreeMap<String, Reliability>;

/// The numbers of an answer, if they are probabilities.
fn probabilities(prediction: &Prediction) -> Option<(usize, &[f32])> {
    let Truth::Class(truth) = prediction.truth else {
        return None;
    };
    let answer = prediction.answer.as_slice();
    let are_probabilities = answer.iter().all(|p| (0.0..=1.0).contains(p))
        && (answer.iter().sum::<f32>() - 1.0).abs() <= OFF;
    are_probabilities.then_some((truth, answer))
}

impl Reliability {
    /// Of answers. `None` without any, of values on scales, or where an answer's numbers are no
    /// probabilities.
    pub fn of<'a>(predictions: impl Iterator<Item = &'a Prediction>) -> Option<Self> {
        let mut all = Self::default();
        for prediction in predictions {
            let (truth, answer) = probabilities(prediction)?;
            all.add(truth, answer);
        }
        (all.answers() > 0).then_some(all)
    }

    fn add(&mut self, truth: usize, answer: &[f32]) {
        self.sums.add(truth, answer);
        let class = largest(answer);
        let confidence = answer.get(class).copied().unwrap_or(0.0);
        let alike = self.by_confidence.entry(confidence.to_bits()).or_default();
        alike.0 += 1;
        alike.1 += usize::from(class == truth);
    }

    /// Adds another set.
    pub fn merge(&mut self, other: &Self) {
        self.sums.merge(&other.sums);
        for (confidence, (answers, right)) in &other.by_confidence {
            let alike = self.by_confidence.entry(*confidence).or_default();
            alike.0 += answers;
            alike.1 += right;
        }
    }

    /// How many answers.
    #[must_use]
    pub fn answers(&self) -> usize {
        self.sums.answers()
    }

    /// The sums that the figures follow from.
    pub(crate) fn sums(&self) -> &Sums {
        &self.sums
    }

    /// Bins of confidence, from the least sure to the surest.
    #[must_use]
    pub fn bins(&self) -> &[Bin; BINS] {
        &self.sums.bins
    }

    /// Expected calibration error, mean log loss and mean confidence; none without answers.
    #[must_use]
    pub fn figures(&self) -> Figures {
        self.sums.figures()
    }

    /// Of the surest answers on, at each confidence that there is: the share of all answers that are at
    /// least as sure, and the share of these that are right.
    #[must_use]
    pub fn accuracy_by_coverage(&self) -> Vec<(f64, f64)> {
        let n = self.answers() as f64;
        let (mut answers, mut right) = (0, 0);
        let points = self.by_confidence.values().rev().map(|(more, of_them)| {
            answers += more;
            right += of_them;
            (answers as f64 / n, right as f64 / answers as f64)
        });
        points.collect()
    }

    /// The share of right answers among the surest, which are this share of all; `None` without
    /// answers.
    #[must_use]
    pub fn accuracy_at(&self, coverage: f64) -> Option<f64> {
        let n = self.answers();
        let wanted = coverage * n as f64;
        let (mut answers, mut right) = (0.0, 0.0);
        for (more, of_them) in self.by_confidence.values().rev() {
            let (more, of_them) = (*more as f64, *of_them as f64);
            if answers + more >= wanted {
                let part = (wanted - answers) / more;
                return (wanted > 0.0).then(|| (right + of_them * part) / wanted);
            }
            answers += more;
            right += of_them;
        }
        None
    }

    /// How many answers are uncertain, with a confidence below a threshold, and the share of right
    /// answers among the others; `None` where no other is left.
    #[must_use]
    pub fn certain(&self, below: f32) -> (usize, Option<f64>) {
        let (mut answers, mut right) = (0, 0);
        for (confidence, (more, of_them)) in &self.by_confidence {
            if f32::from_bits(*confidence) >= below {
                answers += more;
                right += of_them;
            }
        }
        let accuracy = (answers > 0).then(|| right as f64 / answers as f64);
        (self.answers() - answers, accuracy)
    }
}

/// Answers of one seed by speaker; `None` if there are none, or an answer's numbers are no
/// probabilities.
pub fn reliability_by_speaker<'a>(
    predictions: impl Iterator<Item = &'a Prediction>,
) -> Option<ReliabilityBySpeaker> {
    let mut all = ReliabilityBySpeaker::new();
    for prediction in predictions {
        let (truth, answer) = probabilities(prediction)?;
        let of_speaker = all.entry(prediction.speaker.clone()).or_default();
        of_speaker.add(truth, answer);
    }
    (!all.is_empty()).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(speaker: &str, truth: usize, answer: &[f32]) -> Prediction {
        Prediction {
            condition: "clean".into(),
            id: String::new(),
            speaker: speaker.into(),
            truth: Truth::Class(truth),
            answer: answer.to_vec(),
        }
    }

    #[test]
    fn each_confidence_is_in_its_bin_and_1_in_the_last() {
        let mut all = Reliability::default();
        all.add(0, &[0.5, 0.5]);
        all.add(0, &[1.0, 0.0]);
        all.add(1, &[0.25, 0.25, 0.25, 0.25]);
        let of = |bin: usize| (all.bins()[bin].answers, all.bins()[bin].right);
        assert_eq!([of(7), of(14), of(3)], [(1, 1), (1, 1), (1, 0)]);
        // (|1 - .5| + |1 - 1| + |0 - .25|) / 3.
        assert!((all.figures()[0].unwrap() - 0.25).abs() < 1e-12);
    }

    #[test]
    fn the_surest_come_first_and_equals_together() {
        let all = [
            said("a", 0, &[0.9, 0.1]),
            said("a", 1, &[0.8, 0.2]),
            said("b", 0, &[0.8, 0.2]),
            said("b", 1, &[0.6, 0.4]),
        ];
        let all = Reliability::of(all.iter()).unwrap();
        let expected = [(0.25, 1.0), (0.75, 2.0 / 3.0), (1.0, 0.5)];
        assert_eq!(all.accuracy_by_coverage(), expected);
        assert_eq!(all.accuracy_at(0.25), Some(1.0));
        // One, and half of the two that are equally sure.
        assert_eq!(all.accuracy_at(0.5), Some(0.75));
        assert_eq!(all.accuracy_at(1.0), Some(0.5));
        assert_eq!(all.certain(0.7), (1, Some(2.0 / 3.0)));
        assert_eq!(all.certain(0.8), (1, Some(2.0 / 3.0)));
        assert_eq!(all.certain(0.95), (4, None));
    }

    #[test]
    fn what_is_no_probability_has_no_figures_and_no_failure() {
        for answer in [&[0.5_f32, 0.2][..], &[2.0, -1.0], &[f32::NAN, 1.0], &[]] {
            assert_eq!(Reliability::of([said("a", 0, answer)].iter()), None);
            assert_eq!(reliability_by_speaker([said("a", 0, answer)].iter()), None);
        }
    }
}
