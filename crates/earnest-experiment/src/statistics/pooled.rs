//! Predictions of units put together: all folds of a seed, the mean over seeds.

use std::collections::BTreeMap;

use earnest_model::Task;

use crate::evaluation::metrics::{COUNT, List, Metrics, mean_and_deviation};
use crate::evaluation::prediction::Prediction;
use crate::evaluation::tally::{BySpeaker, by_speaker, metrics_of};
use crate::running::unit_result::UnitResult;
use crate::training::Training;

/// Predictions of a recipe, task and training in a condition, by seed.
#[must_use]
pub fn by_seed<'a>(
    units: &'a [UnitResult],
    recipe: &str,
    task: Task,
    training: Training,
    condition: &str,
) -> BTreeMap<u64, Vec<&'a Prediction>> {
    let mut seeds: BTreeMap<u64, Vec<&Prediction>> = BTreeMap::new();
    for unit in units
        .iter()
        .filter(|u| u.recipe == recipe && u.task == task && u.training == training)
    {
        seeds
            .entry(unit.seed)
            .or_default()
            .extend(unit.in_condition(condition));
    }
    seeds
}

/// The same by seed and speaker, tallied.
#[must_use]
pub fn seeds_of(
    units: &[UnitResult],
    recipe: &str,
    task: Task,
    training: Training,
    condition: &str,
) -> Vec<BySpeaker> {
    by_seed(units, recipe, task, training, condition)
        .into_values()
        .map(|predictions| by_speaker(predictions.into_iter()))
        .collect()
}

/// Metrics of all folds' predictions together, for each seed.
#[must_use]
pub fn pooled_by_seed(
    units: &[UnitResult],
    recipe: &str,
    task: Task,
    training: Training,
    condition: &str,
) -> Vec<List> {
    by_seed(units, recipe, task, training, condition)
        .values()
        .map(|predictions| metrics_of(task, predictions).list())
        .collect()
}

/// Pooled metrics of both tasks, the mean over seeds, without what a whole row has beside them.
#[must_use]
pub fn pooled(units: &[UnitResult], recipe: &str, training: Training, condition: &str) -> Metrics {
    let mut list = [None; COUNT];
    for task in [Task::Categorical, Task::Dimensional] {
        let of_seed = pooled_by_seed(units, recipe, task, training, condition);
        for (i, place) in list.iter_mut().enumerate() {
            *place = place.or(over(&of_seed, i).map(|(mean, _)| mean));
        }
    }
    Metrics::from_list(list)
}

/// Mean and standard deviation of one metric, where any has it.
#[must_use]
pub fn over(each: &[List], metric: usize) -> Option<(f64, f64)> {
    let values: Vec<f64> = each.iter().filter_map(|f| f[metric]).collect();
    (!values.is_empty()).then(|| mean_and_deviation(&values))
}
