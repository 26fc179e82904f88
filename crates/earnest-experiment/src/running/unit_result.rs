//! What a finished unit predicted.

use earnest_model::Task;

use crate::evaluation::prediction::Prediction;
use crate::training::Training;

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
