//! One person in two corpora: whoever speaks a recording that is in both, whatever each calls them.

use std::collections::BTreeSet;

use crate::dataset::Dataset;

impl Dataset {
    /// Speakers of other corpora who are the same people as those of some utterances, known by
    /// recordings that are in both corpora, or in a third with both. None in one corpus.
    pub(crate) fn same_people(&self, utterances: &[usize]) -> BTreeSet<&str> {
        let speaker = |i: usize| self.items[i].utterance.speaker.as_str();
        let corpus = |i: usize| self.items[i].utterance.corpus.as_deref();
        if utterances.iter().all(|i| corpus(*i).is_none()) {
            return BTreeSet::new();
        }
        let first: BTreeSet<&str> = utterances.iter().map(|i| speaker(*i)).collect();
        let mut all = first.clone();
        let mut new = first.clone();
        while !new.is_empty() {
            let mut found = BTreeSet::new();
            for name in &new {
                let own: Vec<usize> = (0..self.items.len())
                    .filter(|i| speaker(*i) == *name)
                    .collect();
                let of = own.first().and_then(|i| corpus(*i));
                let contents = self.kept_away_by(&own);
                let elsewhere = (0..self.items.len())
                    .filter(|i| corpus(*i) != of && contents.contains(&self.items[*i].content));
                found.extend(elsewhere.map(speaker));
            }
            new = found.difference(&all).copied().collect();
            all.extend(&new);
        }
        all.difference(&first).copied().collect()
    }
}
