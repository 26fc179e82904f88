//! What a finished unit predicted.

use std::collections::BTreeSet;

use earnest_model::Task;

use crate::evaluation::prediction::Prediction;
use crate::protocol::fold::Fold;
use crate::training::Training;

/// Which of several corpora a model was trained on, and which it was tested on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Crossing {
    /// Names of the corpora of those who trained, sorted.
    pub trained: Vec<String>,
    /// Names of the corpora of those who were tested, sorted.
    pub tested: Vec<String>,
}

impl Crossing {
    /// Of a fold of several corpora, whose speakers begin with a corpus's name. `None` if one does
    /// not.
    #[must_use]
    pub fn of(fold: &Fold) -> Option<Self> {
        let names = |speakers: &[String]| -> Option<Vec<String>> {
            let names = speakers.iter().map(|s| Some(s.split_once('/')?.0));
            let names: BTreeSet<&str> = names.collect::<Option<_>>()?;
            Some(names.into_iter().map(str::to_owned).collect())
        };
        Some(Self {
            trained: names(&fold.training)?,
            tested: names(&fold.test)?,
        })
    }

    /// The corpora that trained, in words.
    #[must_use]
    pub fn trained_words(&self) -> String {
        self.trained.join(" + ")
    }

    /// The corpora that were tested, in words.
    #[must_use]
    pub fn tested_words(&self) -> String {
        self.tested.join(" + ")
    }
}

/// Predictions of one finished unit.
#[derive(Clone, Debug)]
pub struct UnitResult {
    /// The unit's id.
    pub id: String,
    /// What its recipe is called.
    pub recipe: String,
    /// What was predicted.
    pub task: Task,
    /// Names of the outputs: the classes, or the scales.
    pub outputs: Vec<String>,
    /// Trained on what.
    pub training: Training,
    /// The fold: its test speaker, where one is left out.
    pub fold: String,
    /// Which corpora it was trained and tested on, where there are several.
    pub crossing: Option<Crossing>,
    /// The seed.
    pub seed: u64,
    /// All conditions.
    pub predictions: Vec<Prediction>,
}

impl UnitResult {
    /// The unit's predictions in one condition.
    #[must_use]
    pub fn in_condition(&self, condition: &str) -> Vec<&Prediction> {
        self.predictions
            .iter()
            .filter(|p| p.condition == condition)
            .collect()
    }
}
