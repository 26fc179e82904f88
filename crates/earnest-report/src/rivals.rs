//! Recipes against each other: what one gains over another on the same test utterances, and how sure
//! that is.

use earnest_experiment::metrics::METRICS;
use earnest_experiment::number::signed;
use earnest_experiment::statistics::{compare, pooled, seeds_of};
use earnest_experiment::{CONDITIONS, Outcome, Training, metrics_by_speaker};
use earnest_model::Task;

use crate::sweep::MAIN;
use crate::table1::{Table1, p_value};
use crate::text_table::{Line, TextTable, title};

/// What stands above the table.
pub const AGAINST: &str = "By how much the second recipe is ahead of the first, in the same training and condition, and p of a paired sign-flip test over speakers (two-sided, not corrected for the number of comparisons); its sign says whether the second is ahead, and is left out where the mean over speakers goes the other way. With fewer than six speakers no p can be below .05, and none is given.";

/// Up to so many recipes are compared each with each; of more, each with the first.
const EACH_WITH_EACH: usize = 4;

/// The recipes of a run with several, in pairs: a row for each training and condition.
#[must_use]
pub fn recipes_against_each_other(outcome: &Outcome, table1: &Table1) -> Option<TextTable> {
    let recipes: Vec<&str> = outcome
        .experiment
        .recipes
        .iter()
        .map(|r| r.title())
        .collect();
    let metrics: Vec<usize> = MAIN
        .into_iter()
        .filter(|metric| table1.columns.contains(metric))
        .collect();
    let mut titles: Vec<Vec<String>> = ["recipe", "against", "trained", "tested"]
        .iter()
        .map(|text| title(text))
        .collect();
    for metric in &metrics {
        let name = METRICS[*metric].0;
        titles.push(vec![name.to_owned(), "ahead by".to_owned()]);
        titles.push(vec![name.to_owned(), "p".to_owned()]);
    }
    let mut rows = Vec::new();
    for [first, second] in pairs_of(&recipes) {
        for training in [Training::Clean, Training::Augmented] {
            let tested = outcome.experiment.conditions();
            let is_tested = |name: &&str| tested.iter().any(|t| t == name);
            for condition in CONDITIONS.into_iter().filter(is_tested) {
                let cells = cells(outcome, [first, second], training, condition, &metrics);
                if let Some(cells) = cells {
                    let names = [second, first, &training.name(), condition];
                    let all = names.iter().map(|n| (*n).to_owned()).chain(cells);
                    rows.push(Line::measured(all.collect()));
                }
            }
        }
    }
    (!rows.is_empty()).then_some(TextTable {
        titles,
        rows,
        texts: 4,
    })
}

/// Recipes in pairs, the first of them and the one that is held to it: each with each of a few, each
/// with the first of more.
pub(crate) fn pairs_of<'a>(recipes: &[&'a str]) -> Vec<[&'a str; 2]> {
    let firsts = match recipes.len() {
        0..2 => 0,
        n @ 2..=EACH_WITH_EACH => n,
        _ => 1,
    };
    let mut pairs = Vec::new();
    for (i, first) in recipes.iter().enumerate().take(firsts) {
        pairs.extend(recipes.iter().skip(i + 1).map(|second| [*first, *second]));
    }
    pairs
}

/// The change and the p of each metric; none if there is nothing that both have.
fn cells(
    outcome: &Outcome,
    recipes: [&str; 2],
    training: Training,
    condition: &str,
    metrics: &[usize],
) -> Option<Vec<String>> {
    let units = &outcome.units;
    let mut tests = [None; METRICS.len()];
    for task in [Task::Categorical, Task::Dimensional] {
        let [first, second] = recipes.map(|recipe| {
            metrics_by_speaker(&seeds_of(units, recipe, task, training, condition), task)
        });
        for (place, test) in tests.iter_mut().zip(compare(&first, &second)) {
            *place = place.or(test);
        }
    }
    let [first, second] = recipes.map(|r| pooled(units, r, training, condition).list());
    let changes: Vec<Option<f64>> = metrics
        .iter()
        .map(|m| Some(second[*m]? - first[*m]?))
        .collect();
    changes.iter().any(Option::is_some).then(|| {
        metrics
            .iter()
            .zip(&changes)
            .flat_map(|(metric, change)| [signed(*change), p_value(tests[*metric], *change)])
            .collect()
    })
}
