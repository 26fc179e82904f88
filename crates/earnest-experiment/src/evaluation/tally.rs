//! What sets of predictions come to: counted once, by speaker where that matters, and added.

use std::collections::BTreeMap;

use earnest_corpus::Scale;
use earnest_model::Task;

use crate::evaluation::metrics::{Confusion, List, Metrics, Pairs};
use crate::evaluation::prediction::{Prediction, Truth, largest};

/// What a set of predictions comes to; sets can be added.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    confusion: Confusion,
    /// Of each scale of [`Scale::ALL`].
    values: [Pairs; Scale::ALL.len()],
}

impl Tally {
    fn of<'a>(predictions: impl Iterator<Item = &'a Prediction>) -> Self {
        let mut tally = Self::default();
        predictions.for_each(|p| tally.add(p));
        tally
    }

    fn add(&mut self, prediction: &Prediction) {
        match prediction.truth {
            Truth::Class(truth) => self.confusion.add(truth, largest(&prediction.answer)),
            Truth::Values(truth) => {
                // An answer has the scales that the truth has.
                let mut answer = prediction.answer.iter();
                for (pairs, truth) in self.values.iter_mut().zip(truth) {
                    if let (Some(t), Some(a)) = (truth, truth.and_then(|_| answer.next())) {
                        pairs.add(f64::from(t), f64::from(*a));
                    }
                }
            }
        }
    }

    /// Adds another set of predictions.
    pub fn merge(&mut self, other: &Self) {
        self.confusion.merge(&other.confusion);
        for (pairs, more) in self.values.iter_mut().zip(&other.values) {
            pairs.merge(more);
        }
    }

    /// The metrics of a task; of the dimensional one, those of the scales that were predicted.
    pub fn metrics(&self, task: Task) -> Metrics {
        match task {
            Task::Categorical => Metrics {
                accuracy: Some(self.confusion.accuracy()),
                uar: Some(self.confusion.uar()),
                macro_f: Some(self.confusion.macro_f()),
                ..Metrics::default()
            },
            Task::Dimensional => {
                let [arousal, valence, dominance] =
                    self.values.map(|p| (!p.is_empty()).then_some(p));
                Metrics {
                    arousal_mae: arousal.map(|p| p.mean_absolute_error()),
                    valence_mae: valence.map(|p| p.mean_absolute_error()),
                    arousal_r: arousal.map(|p| p.pearson()),
                    valence_r: valence.map(|p| p.pearson()),
                    arousal_ccc: arousal.map(|p| p.concordance()),
                    valence_ccc: valence.map(|p| p.concordance()),
                    dominance_mae: dominance.map(|p| p.mean_absolute_error()),
                    dominance_r: dominance.map(|p| p.pearson()),
                    dominance_ccc: dominance.map(|p| p.concordance()),
                    ..Metrics::default()
                }
            }
        }
    }
}

/// Confusion counts of categorical predictions.
#[must_use]
pub fn confusion<'a>(predictions: impl Iterator<Item = &'a Prediction>) -> Confusion {
    Tally::of(predictions).confusion
}

/// The metrics of a set of predictions of one task.
#[must_use]
pub fn metrics_of(task: Task, predictions: &[&Prediction]) -> Metrics {
    Tally::of(predictions.iter().copied()).metrics(task)
}

/// Predictions of one seed, tallied by speaker.
pub type BySpeaker = BTreeMap<String, Tally>;

/// Tallies predictions by speaker.
pub fn by_speaker<'a>(predictions: impl Iterator<Item = &'a Prediction>) -> BySpeaker {
    let mut out = BySpeaker::new();
    for p in predictions {
        out.entry(p.speaker.clone()).or_default().add(p);
    }
    out
}

/// Metrics of all speakers together; several seeds' mean.
pub fn pooled_metrics(seeds: &[BySpeaker], task: Task) -> List {
    let of_seeds: Vec<List> = seeds
        .iter()
        .map(|seed| {
            let mut all = Tally::default();
            seed.values().for_each(|tally| all.merge(tally));
            all.metrics(task).list()
        })
        .collect();
    mean_of(&of_seeds)
}

/// Metrics of each speaker; several seeds' mean.
pub fn metrics_by_speaker(seeds: &[BySpeaker], task: Task) -> BTreeMap<String, List> {
    let mut all: BTreeMap<String, Vec<List>> = BTreeMap::new();
    for seed in seeds {
        for (speaker, tally) in seed {
            all.entry(speaker.clone())
                .or_default()
                .push(tally.metrics(task).list());
        }
    }
    all.into_iter()
        .map(|(speaker, lists)| (speaker, mean_of(&lists)))
        .collect()
}

/// The mean of each metric over the lists that have it.
pub fn mean_of(lists: &[List]) -> List {
    mean_of_some(lists)
}

/// The mean at each place over the lists that have a number there.
pub(crate) fn mean_of_some<const N: usize>(lists: &[[Option<f64>; N]]) -> [Option<f64>; N] {
    std::array::from_fn(|i| {
        let values: Vec<f64> = lists
            .iter()
            .filter_map(|l| l[i])
            .filter(|v| v.is_finite())
            .collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    })
}
