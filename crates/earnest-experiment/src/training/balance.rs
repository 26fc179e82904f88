//! How much an utterance counts in training, so that each of several corpora counts alike.

use std::collections::BTreeMap;

use crate::dataset::Dataset;

/// A weight for each of some utterances: N / (K n) of N utterances of K corpora, n of them of its
/// own, so that every corpus's weights have the same sum and the mean of all is 1. Without balance,
/// and of one corpus, each is exactly 1.
#[must_use]
pub fn weights(dataset: &Dataset, utterances: &[usize], balance: bool) -> Vec<f64> {
    let corpus = |i: &usize| dataset.items[*i].utterance.corpus.as_deref();
    let mut counts: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    for i in utterances {
        *counts.entry(corpus(i)).or_default() += 1;
    }
    if !balance || counts.len() < 2 {
        return vec![1.0; utterances.len()];
    }
    let share = utterances.len() as f64 / counts.len() as f64;
    let weight = |i: &usize| share / counts.get(&corpus(i)).copied().unwrap_or(1) as f64;
    utterances.iter().map(weight).collect()
}

/// Some utterances, those of each corpus by themselves if corpora count alike.
pub(crate) fn by_corpus(dataset: &Dataset, utterances: &[usize], balance: bool) -> Vec<Vec<usize>> {
    if !balance {
        return vec![(0..utterances.len()).collect()];
    }
    let mut of: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
    for (place, i) in utterances.iter().enumerate() {
        let corpus = dataset.items[*i].utterance.corpus.as_deref();
        of.entry(corpus).or_default().push(place);
    }
    of.into_values().collect()
}
