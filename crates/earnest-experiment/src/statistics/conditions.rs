//! Several conditions summed up: the mean of a metric over them, how sure it is, and what it is for
//! each speaker.

use std::collections::BTreeMap;

use earnest_model::Task;

use super::{Interval, of_speakers, resampled};
use crate::evaluation::metrics::{COUNT, List};
use crate::evaluation::tally::{BySpeaker, mean_of, metrics_by_speaker, pooled_metrics};

/// Metrics of all speakers together in each condition, and of these the mean: each condition counts
/// alike. `conditions` has the seeds of each.
#[must_use]
pub fn mean_over(conditions: &[Vec<BySpeaker>], task: Task) -> List {
    let each: Vec<List> = conditions
        .iter()
        .map(|seeds| pooled_metrics(seeds, task))
        .collect();
    mean_of(&each)
}

/// 95 % intervals of [`mean_over`], over speakers: whoever is drawn again is drawn in all conditions.
/// `None` with fewer than three speakers.
#[must_use]
pub fn intervals_over(conditions: &[Vec<BySpeaker>], task: Task) -> [Option<Interval>; COUNT] {
    let seeds: Vec<BySpeaker> = conditions.iter().flatten().cloned().collect();
    resampled(&seeds, |drawn| {
        let mut rest = drawn;
        let each: Vec<List> = conditions
            .iter()
            .map(|of_condition| {
                let (own, others) = rest.split_at(of_condition.len());
                rest = others;
                mean_of(
                    &own.iter()
                        .map(|seed| of_speakers(seed, task))
                        .collect::<Vec<_>>(),
                )
            })
            .collect();
        mean_of(&each)
    })
}

/// Metrics of each speaker, the mean over conditions: what paired tests compare
/// ([`compare`](super::compare)).
#[must_use]
pub fn by_speaker_over(conditions: &[Vec<BySpeaker>], task: Task) -> BTreeMap<String, List> {
    let mut all: BTreeMap<String, Vec<List>> = BTreeMap::new();
    for seeds in conditions {
        for (speaker, list) in metrics_by_speaker(seeds, task) {
            all.entry(speaker).or_default().push(list);
        }
    }
    all.into_iter()
        .map(|(speaker, lists)| (speaker, mean_of(&lists)))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;
    use crate::evaluation::prediction::{Prediction, Truth};
    use crate::evaluation::tally::by_speaker;
    use crate::statistics::intervals;

    /// Of each speaker four utterances, of which so many are right.
    fn condition(right: &[usize]) -> Vec<BySpeaker> {
        let predictions: Vec<Prediction> = right
            .iter()
            .enumerate()
            .flat_map(|(s, right)| {
                (0..4).map(move |i| {
                    let said = if i < *right { i % 2 } else { 1 - i % 2 };
                    let mut answer = vec![0.2; 2];
                    answer[said] = 0.8;
                    Prediction {
                        condition: "c".into(),
                        id: i.to_string(),
                        speaker: format!("s{s}"),
                        truth: Truth::Class(i % 2),
                        answer,
                    }
                })
            })
            .collect();
        vec![by_speaker(predictions.iter())]
    }

    #[test]
    fn each_condition_counts_alike_and_one_alone_is_itself() {
        let (a, b) = (condition(&[4, 2, 3]), condition(&[0, 2, 1]));
        let task = Task::Categorical;
        let accuracy = |conditions: &[Vec<BySpeaker>]| mean_over(conditions, task)[0].unwrap();
        let (of_a, of_b) = (accuracy(from_ref(&a)), accuracy(from_ref(&b)));
        assert!((of_a - 0.75).abs() < 1e-12 && (of_b - 0.25).abs() < 1e-12);
        assert!((accuracy(&[a.clone(), b.clone()]) - 0.5).abs() < 1e-12);
        assert_eq!(intervals_over(from_ref(&a), task), intervals(&a, task));
        assert_eq!(
            intervals_over(&[a.clone(), a.clone()], task),
            intervals(&a, task)
        );
        // Speakers who are good in one and bad in the other are alike over both.
        let both = by_speaker_over(&[a, b], task);
        for list in both.values() {
            assert!((list[0].unwrap() - 0.5).abs() < 1e-12);
        }
    }

    /// Where what a speaker loses in one condition is won in the other, the mean over both is as
    /// good as known.
    #[test]
    fn whoever_is_drawn_again_is_drawn_in_all_conditions() {
        let (a, b) = (condition(&[4, 0, 4, 0]), condition(&[0, 4, 0, 4]));
        let task = Task::Categorical;
        let width = |i: Option<Interval>| i.map(|i| i.high - i.low).unwrap();
        assert!(width(intervals(&a, task)[0]) > 0.5);
        assert!(width(intervals_over(&[a, b], task)[0]) < 1e-12);
    }
}
