//! How sure a network is, on the utterances that validate.

use earnest_features::Features;
use earnest_model::{Calibration, Engine, Task, Validated, predict_normalised};

use super::{Lesson, balance};

/// What the recipe asks to be chosen on the utterances that validate, heard as they validated; of
/// several corpora that count alike each has the same weight. `None` if the recipe asks for nothing,
/// or there are no classes.
pub(super) fn fit(
    lesson: &Lesson<'_>,
    engine: &dyn Engine,
    validation: &[&Features],
) -> Option<Calibration> {
    let plan = lesson.plan;
    if plan.task != Task::Categorical || plan.recipe.keys_of_calibration().is_empty() {
        return None;
    }
    let items = &lesson.dataset.items;
    let classes: Vec<usize> = plan.validation.iter().map(|i| items[*i].class()).collect();
    let validated = Validated {
        rows: &predict_normalised(engine, validation, lesson.outputs),
        classes: &classes,
        weights: &balance::weights(lesson.dataset, plan.validation, plan.balance),
    };
    Calibration::fit(plan.recipe, &validated)
}
