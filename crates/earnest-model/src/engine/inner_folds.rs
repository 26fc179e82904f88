//! Who is left out in turn while a baseline chooses its hyperparameters.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::baseline::Examples;

/// With more speakers than this they are left out in so many groups.
const MOST_GROUPS: usize = 10;

/// With one speaker, so many groups of utterances are left out in turn.
const UTTERANCE_GROUPS: usize = 5;

/// The search hears at most so many rows: its cost grows with their square. The rest only takes part
/// in the final fit.
const MOST_ROWS: usize = 6_000;

/// Rows that a search hears, and which of them are left out together.
pub(super) struct InnerFolds {
    /// Numbers of the rows among all examples.
    searched: Vec<usize>,
    /// Of each fold its rows, as places in `searched`.
    folds: Vec<Vec<usize>>,
}

impl InnerFolds {
    /// Speaker by speaker; where there are more than ten, ten groups of speakers; where there is one,
    /// five groups of utterances. All copies of an utterance are on one side.
    pub fn of(examples: &Examples<'_>) -> Self {
        let searched = searched(examples);
        let mut speakers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut utterances: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (place, row) in searched.iter().enumerate() {
            speakers
                .entry(examples.speakers[*row])
                .or_default()
                .push(place);
            utterances
                .entry(examples.utterances[*row])
                .or_default()
                .push(place);
        }
        let folds = match speakers.len() {
            0..2 => grouped(utterances, UTTERANCE_GROUPS, examples),
            2..=MOST_GROUPS => speakers.into_values().collect(),
            _ => grouped(speakers, MOST_GROUPS, examples),
        };
        Self { searched, folds }
    }

    /// How many rows are searched.
    pub fn len(&self) -> usize {
        self.searched.len()
    }

    /// The rows that are searched, by number among all examples.
    pub fn searched(&self) -> &[usize] {
        &self.searched
    }

    /// Numbers among all examples of places among the searched rows.
    pub fn numbers(&self, places: &[usize]) -> Vec<usize> {
        places.iter().map(|place| self.searched[*place]).collect()
    }

    /// What belongs to the searched rows of what belongs to all, `width` values each.
    pub fn gathered<'a, T: Copy>(&self, all: &'a [T], width: usize) -> Cow<'a, [T]> {
        match self.len() * width == all.len() {
            true => Cow::Borrowed(all),
            false => {
                let own = |row: &usize| &all[row * width..(row + 1) * width];
                Cow::Owned(self.searched.iter().flat_map(own).copied().collect())
            }
        }
    }

    /// How many folds; 0 if there are not two that could be kept apart.
    pub fn count(&self) -> usize {
        match self.folds.len() {
            0..2 => 0,
            n => n,
        }
    }

    /// Rows of a fold, as places among the searched.
    pub fn rows(&self, fold: usize) -> &[usize] {
        &self.folds[fold]
    }

    /// All searched rows but those of a fold.
    pub fn others(&self, fold: usize) -> Vec<usize> {
        let mut is_own = vec![false; self.searched.len()];
        for row in &self.folds[fold] {
            is_own[*row] = true;
        }
        (0..self.searched.len()).filter(|i| !is_own[*i]).collect()
    }
}

/// All rows, or as many whole utterances as the search hears, drawn.
fn searched(examples: &Examples<'_>) -> Vec<usize> {
    let n = examples.len();
    if n <= MOST_ROWS {
        return (0..n).collect();
    }
    let mut utterances: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (row, utterance) in examples.utterances.iter().enumerate() {
        utterances.entry(*utterance).or_default().push(row);
    }
    let mut drawn: Vec<Vec<usize>> = utterances.into_values().collect();
    let key = examples.key.with("searched");
    key.generator().shuffle(&mut drawn);
    let mut rows: Vec<usize> = Vec::new();
    for utterance in drawn {
        if rows.len() + utterance.len() > MOST_ROWS {
            break;
        }
        rows.extend(utterance);
    }
    rows.sort_unstable();
    rows
}

/// Members in so many groups of about as many rows: drawn, each to the smallest group so far.
fn grouped(
    members: BTreeMap<usize, Vec<usize>>,
    groups: usize,
    examples: &Examples<'_>,
) -> Vec<Vec<usize>> {
    let mut drawn: Vec<Vec<usize>> = members.into_values().collect();
    let key = examples.key.with("inner folds");
    key.generator().shuffle(&mut drawn);
    let mut folds = vec![Vec::new(); groups.min(drawn.len())];
    for rows in drawn {
        if let Some(smallest) = folds.iter_mut().min_by_key(|fold| fold.len()) {
            smallest.extend(rows);
        }
    }
    for fold in &mut folds {
        fold.sort_unstable();
    }
    folds
}
