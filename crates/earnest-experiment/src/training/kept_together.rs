//! What a search may not have on two sides: a recording, and a person.

use std::collections::HashMap;
use std::hash::Hash;

use crate::dataset::Dataset;

/// Of each of some utterances, a number that stands for what it is kept together with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptTogether {
    /// Utterances that are the same recording, or have a part of one in common, have one number.
    pub recordings: Vec<usize>,
    /// Those of a person have one number; speakers who have a recording in common are one person,
    /// whatever they are called.
    pub people: Vec<usize>,
}

impl Dataset {
    /// What of some utterances (indices into the items) belongs together.
    #[must_use]
    pub fn kept_together(&self, utterances: &[usize]) -> KeptTogether {
        let mut groups = Groups::new(utterances.len());
        let contents = |i: &usize| self.kept_away_by(&[*i]);
        groups.join_alike(utterances.iter().map(contents));
        let recordings = groups.numbers();
        let speaker = |i: &usize| [self.items[*i].utterance.speaker.as_str()];
        groups.join_alike(utterances.iter().map(speaker));
        KeptTogether {
            recordings,
            people: groups.numbers(),
        }
    }
}

/// Places in groups, which grow together.
struct Groups {
    /// Another place of the same group, or itself for the first of it.
    towards: Vec<usize>,
}

impl Groups {
    /// Each place by itself.
    fn new(places: usize) -> Self {
        Self {
            towards: (0..places).collect(),
        }
    }

    /// The first place of a group.
    fn first(&self, mut place: usize) -> usize {
        while self.towards[place] != place {
            place = self.towards[place];
        }
        place
    }

    /// Makes one group of all places that have a mark in common; `marks` are those of each place in
    /// turn.
    fn join_alike<M: Eq + Hash>(
        &mut self,
        marks: impl Iterator<Item = impl IntoIterator<Item = M>>,
    ) {
        let mut marked: HashMap<M, usize> = HashMap::new();
        for (place, own) in marks.enumerate() {
            for mark in own {
                let other = *marked.entry(mark).or_insert(place);
                let (a, b) = (self.first(place), self.first(other));
                self.towards[a.max(b)] = a.min(b);
            }
        }
    }

    /// The number of each place's group.
    fn numbers(&self) -> Vec<usize> {
        (0..self.towards.len()).map(|p| self.first(p)).collect()
    }
}
