//! How sure a metric is: intervals over speakers, and a paired test between two trainings.
//!
//! * Interval: bootstrap over speakers. Utterances of one speaker are alike, so what is drawn
//!   again is speakers, with replacement, each with all utterances; the metric is computed of
//!   them together, 2,000 times; the interval is from the 2.5th to the 97.5th percentile (the
//!   percentile method of Efron and Tibshirani 1993, section 13.3). With several seeds the
//!   metric is the mean over them. With few speakers it is too narrow: 10 draws of 10 people
//!   cannot know what an eleventh would do.
//! * Over conditions: the mean of the metric over several conditions, each of which counts alike; who
//!   is drawn again is drawn in all of them. A test then compares each speaker's mean over conditions.
//! * Test: paired sign-flip (permutation) test over speakers. For each speaker the difference
//!   of the two trainings; under the hypothesis that they are alike each difference could as
//!   well have had the other sign. p is the share of sign patterns whose mean difference is at
//!   least as far from zero, all 2^n of them up to 16 speakers, 100,000 drawn ones (and the
//!   observed) above; two-sided (`scipy.stats.permutation_test`, `permutation_type="samples"`).

mod calibrated;
mod conditions;
pub mod groups;
mod pooled;
mod resampled;

pub use calibrated::Calibrated;
pub use conditions::{by_speaker_over, intervals_over, mean_over};
pub use pooled::{by_seed, over, pooled, pooled_by_seed, seeds_of};
pub use resampled::resampled;
use resampled::resampled_groups;

use std::collections::BTreeMap;

use earnest_model::Task;
use earnest_random::Key;
use serde::{Deserialize, Serialize};

use crate::evaluation::metrics::{COUNT, List};
use crate::evaluation::tally::{BySpeaker, Tally, mean_of};

/// How often speakers are drawn again.
const RESAMPLES: usize = 2000;

/// Up to so many speakers all sign patterns are tried.
const ALL_SIGNS: usize = 16;

/// Above, so many are drawn.
const DRAWN_SIGNS: usize = 100_000;

/// From the least to the most that a metric may well be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// 2.5th percentile.
    pub low: f64,
    /// 97.5th percentile.
    pub high: f64,
}

/// 95 % intervals of each metric over speakers; `None` with fewer than three of them. The same
/// bits each time.
#[must_use]
pub fn intervals(seeds: &[BySpeaker], task: Task) -> [Option<Interval>; COUNT] {
    resampled(seeds, |drawn| {
        let of_seeds: Vec<List> = drawn.iter().map(|seed| of_speakers(seed, task)).collect();
        mean_of(&of_seeds)
    })
}

/// Metrics of some speakers together.
fn of_speakers(speakers: &[&Tally], task: Task) -> List {
    let mut all = Tally::default();
    speakers.iter().for_each(|tally| all.merge(tally));
    all.metrics(task).list()
}

/// Of sorted values, of which there is one at least, between neighbours on a straight line (numpy's
/// default); `share` from 0 to 1.
#[must_use]
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let (low, part) = (at.floor() as usize, at.fract());
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + part * (sorted[high] - sorted[low])
}

/// A paired comparison.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairedTest {
    /// Mean difference over speakers.
    pub difference: f64,
    /// Two-sided p of the sign-flip test.
    pub p: f64,
    /// Speakers compared.
    pub speakers: usize,
}

/// The p that a paired comparison must be able to reach before it is worth printing.
const TELLING: f64 = 0.05;

impl PairedTest {
    /// Its p, if so many speakers could give one below .05 at all: six or more, as even when all
    /// differ in the same direction p is 2 / 2^n.
    #[must_use]
    pub fn telling_p(&self) -> Option<f64> {
        let least = 2.0 / 2.0_f64.powf(self.speakers as f64);
        (least < TELLING).then_some(self.p)
    }
}

/// Tests whether differences of pairs are about zero. `None` without any.
#[must_use]
pub fn sign_flip_test(differences: &[f64]) -> Option<PairedTest> {
    let n = differences.len();
    if n == 0 || differences.iter().any(|d| !d.is_finite()) {
        return None;
    }
    let sum: f64 = differences.iter().sum();
    // Sums that are equal but for rounding count as equal, as in scipy.
    let edge = sum.abs() * (1.0 - 1e-10);
    let (far, all) = if n <= ALL_SIGNS {
        let patterns = 1_u32 << n;
        let far = (0..patterns)
            .filter(|pattern| {
                let flipped: f64 = differences
                    .iter()
                    .enumerate()
                    .map(|(i, d)| if pattern >> i & 1 == 1 { -d } else { *d })
                    .sum();
                flipped.abs() >= edge
            })
            .count();
        (far, patterns as usize)
    } else {
        let mut generator = Key::new(0).with("sign flips").generator();
        let far = (0..DRAWN_SIGNS)
            .filter(|_| {
                let flipped: f64 = differences
                    .iter()
                    .map(|d| if generator.below(2) == 1 { -d } else { *d })
                    .sum();
                flipped.abs() >= edge
            })
            .count();
        (far + 1, DRAWN_SIGNS + 1)
    };
    Some(PairedTest {
        difference: sum / n as f64,
        p: far as f64 / all as f64,
        speakers: n,
    })
}

/// For each metric, whether `b` is better or worse than `a` on the speakers that both have.
#[must_use]
pub fn compare(
    a: &BTreeMap<String, List>,
    b: &BTreeMap<String, List>,
) -> [Option<PairedTest>; COUNT] {
    std::array::from_fn(|i| {
        let differences: Vec<f64> = a
            .iter()
            .filter_map(|(speaker, list)| Some(b.get(speaker)?[i]? - list[i]?))
            .filter(|d| d.is_finite())
            .collect();
        sign_flip_test(&differences)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::prediction::{Prediction, Truth};
    use crate::evaluation::tally::{by_speaker, metrics_of};

    fn said(speaker: &str, truth: usize, answer: usize) -> Prediction {
        let mut probabilities = vec![0.1; 4];
        probabilities[answer] = 0.7;
        Prediction {
            condition: "clean".into(),
            id: String::new(),
            speaker: speaker.into(),
            truth: Truth::Class(truth),
            answer: probabilities,
        }
    }

    fn valued(speaker: &str, truth: f32, answer: f32) -> Prediction {
        Prediction {
            condition: "clean".into(),
            id: String::new(),
            speaker: speaker.into(),
            truth: Truth::Values([Some(truth), Some(6.0 - truth), None]),
            answer: vec![answer, 5.5 - answer],
        }
    }

    #[test]
    fn sums_of_speakers_give_the_same_figures_as_all_predictions_together() {
        let classes: Vec<Prediction> = (0..60)
            .map(|i| said(["a", "b", "c"][i % 3], i * 7 % 4, i * 5 % 3))
            .collect();
        let values: Vec<Prediction> = (0..60)
            .map(|i| {
                let truth = 1.0 + (i * 13 % 17) as f32 / 4.0;
                valued(
                    ["a", "b", "c"][i % 3],
                    truth,
                    truth * 0.7 + (i % 5) as f32 / 5.0,
                )
            })
            .collect();
        for (task, all) in [(Task::Categorical, classes), (Task::Dimensional, values)] {
            let mut together = Tally::default();
            for tally in by_speaker(all.iter()).values() {
                together.merge(tally);
            }
            let direct = metrics_of(task, &all.iter().collect::<Vec<_>>()).list();
            for (a, b) in together.metrics(task).list().iter().zip(direct) {
                match (a, b) {
                    (Some(a), Some(b)) => assert!((a - b).abs() < 1e-9, "{a} {b}"),
                    (a, b) => assert_eq!(*a, b),
                }
            }
        }
    }

    /// Three speakers with accuracies 0, .5 and 1: of the 27 equally likely draws one has mean
    /// 0 and one has mean 1 (3.7 % each, more than 2.5 %), so the interval is all of 0 .. 1.
    #[test]
    fn the_interval_is_that_of_all_equally_likely_draws_of_speakers() {
        let mut all = Vec::new();
        for i in 0..4 {
            all.push(said("a", i % 2, 1 - i % 2));
            all.push(said("b", i % 2, if i < 2 { i % 2 } else { 1 - i % 2 }));
            all.push(said("c", i % 2, i % 2));
        }
        let one = by_speaker(all.iter());
        let interval = intervals(std::slice::from_ref(&one), Task::Categorical)[0].unwrap();
        assert_eq!((interval.low, interval.high), (0.0, 1.0));
        assert_eq!(
            intervals(std::slice::from_ref(&one), Task::Categorical),
            intervals(&[one.clone(), one], Task::Categorical)
        );
        let two: Vec<Prediction> = all.into_iter().filter(|p| p.speaker != "c").collect();
        assert!(intervals(&[by_speaker(two.iter())], Task::Categorical)[0].is_none());
    }

    /// 4 metrics of known mean: 19 speakers' worth of intervals hold it about as often as they
    /// say. (Percentile intervals of 20 speakers are known to be somewhat narrow.)
    #[test]
    fn most_intervals_hold_the_true_value() {
        let mut generator = Key::new(7).with("coverage").generator();
        let mut held = 0;
        for _ in 0..100 {
            let mut all = Vec::new();
            for s in 0..20 {
                let skill = 0.5 + 0.3 * generator.unit();
                for i in 0..10 {
                    let truth = i % 2;
                    let right = generator.unit() < skill;
                    all.push(said(
                        &format!("s{s:02}"),
                        truth,
                        if right { truth } else { 1 - truth },
                    ));
                }
            }
            let i = intervals(&[by_speaker(all.iter())], Task::Categorical)[0].unwrap();
            held += usize::from(i.low <= 0.65 && 0.65 <= i.high);
        }
        assert!((86..=99).contains(&held), "{held} of 100");
    }

    #[test]
    fn percentiles_are_numpys() {
        // numpy.percentile([1, 2, 4, 8], [2.5, 50, 97.5]) = 1.075, 3.0, 7.7
        let sorted = [1.0, 2.0, 4.0, 8.0];
        for (share, value) in [(0.025, 1.075), (0.5, 3.0), (0.975, 7.7)] {
            assert!((percentile(&sorted, share) - value).abs() < 1e-12);
        }
    }

    #[test]
    fn a_difference_that_all_of_ten_speakers_share_has_the_least_p_there_is() {
        let test = sign_flip_test(&[0.1; 10]).unwrap();
        assert!((test.p - 2.0 / 1024.0).abs() < 1e-12);
        assert!(sign_flip_test(&[0.0, 0.0]).unwrap().p == 1.0);
        assert!(sign_flip_test(&[]).is_none());
        // Two-sided, n speakers give 2 / 2^n at least: .0625 with five, .03125 with six.
        assert_eq!(sign_flip_test(&[0.1; 5]).unwrap().telling_p(), None);
        assert_eq!(
            sign_flip_test(&[0.1; 6]).unwrap().telling_p(),
            Some(0.03125)
        );
        let many = sign_flip_test(&[0.1; 40]).unwrap();
        assert!(many.p < 1e-4 && many.p > 0.0);
    }
}
