//! How sure a model is, on the utterances that validate.

use earnest_model::{Calibration, Task, Validated};

use super::{TrainingPlan, balance};
use crate::dataset::Dataset;

/// What the recipe asks to be chosen on the utterances that validate, from its outputs for their presentations (all
/// as they are, then each copy of all); of several corpora that count alike each has the same weight. `None` if the recipe
/// asks for nothing, or there are no classes.
pub(super) fn fit(
    dataset: &Dataset,
    plan: &TrainingPlan<'_>,
    validated: &[Vec<f32>],
) -> Option<Calibration> {
    if plan.task != Task::Categorical || plan.recipe.keys_of_calibration().is_empty() {
        return None;
    }
    let times = validated.len() / plan.validation.len().max(1);
    let classes = plan.validation.iter().map(|i| dataset.items[*i].class());
    let classes: Vec<usize> = classes.collect();
    let validated = Validated {
        rows: validated,
        classes: &classes.repeat(times),
        weights: &balance::weights(dataset, plan.validation, plan.balance).repeat(times),
    };
    Calibration::fit(plan.recipe, &validated)
}
