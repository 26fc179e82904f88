//! What sets of predictions come to: counted once, by speaker where that matters, and added.

use std::collections::BTreeMap;

use earnest_corpus::Emotion;
use earnest_model::Task;

use crate::evaluation::metrics::{Confusion, List, Metrics, Pairs};
use crate::evaluation::prediction::{Prediction, Truth, largest};

/// What a set of predictions comes to; sets can be added.
#[derive(Clone, Debug)]
pub struct Tally {
    confusion: Confusion,
    /// Arousal and valence.
    values: [Pairs; 2],
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            confusion: Confusion::new(Emotion::ALL.len(), std::iter::empty()),
            values: [Pairs::default(); 2],
        }
    }
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
                for (pairs, (t, a)) in self
                    .values
                    .iter_mut()
                    .zip(truth.iter().zip(&prediction.answer))
                {
                    pairs.add(f64::from(*t), f64::from(*a));
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

    /// The metrics of a task.
    pub fn metrics(&self, task: Task) -> Metrics {
        match task {
            Task::Categorical => Metrics {
                accuracy: Some(self.confusion.accuracy()),
                uar: Some(self.confusion.uar()),
                macro_f: Some(self.confusion.macro_f()),
                ..Metrics::default()
            },
            Task::Dimensional => {
                let [arousal, valence] = &self.values;
                Metrics {
                    arousal_mae: Some(arousal.mean_absolute_error()),
                    valence_mae: Some(valence.mean_absolute_error()),
                    arousal_r: Some(arousal.pearson()),
                    valence_r: Some(valence.pearson()),
                    arousal_ccc: Some(arousal.concordance()),
                    valence_ccc: Some(valence.concordance()),
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
    std::array::from_fn(|i| {
        let values: Vec<f64> = lists
            .iter()
            .filter_map(|l| l[i])
            .filter(|v| v.is_finite())
            .collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    })
}
