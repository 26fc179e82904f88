//! Answers of classes by what was trained and tested: what probabilities and groups are told of.

use std::collections::BTreeMap;

use earnest_experiment::{Crossing, Outcome, Prediction, Training};
use earnest_model::Task;

use crate::table1::recipes_of;

/// The answers of a recipe and training in a condition, or in all conditions of a group, all folds
/// together; across corpora, of a pair.
pub(crate) struct Series<'a> {
    pub recipe: &'a str,
    /// Which corpora were trained on and tested, where nothing may be pooled over them.
    pub pair: Option<&'a Crossing>,
    pub training: Training,
    /// The condition, or the group and how many conditions it has.
    pub condition: String,
    /// By seed.
    pub seeds: Vec<Vec<&'a Prediction>>,
}

impl Series<'_> {
    /// What was trained and tested, without the recipe: a cell each.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        if let Some(pair) = self.pair {
            names.push(format!(
                "{} → {}",
                pair.trained_words(),
                pair.tested_words()
            ));
        }
        names.push(self.training.name().into_owned());
        names.push(self.condition.clone());
        names
    }
}

/// What the cells of [`Series::names`] are, the recipe before them.
pub(crate) fn titles(series: &[Series<'_>]) -> Vec<&'static str> {
    let crossed = series.iter().any(|s| s.pair.is_some());
    match crossed {
        true => vec!["recipe", "corpora", "trained", "tested"],
        false => vec!["recipe", "trained", "tested"],
    }
}

/// All series of the categorical task, recipe by recipe; `crossed`: each pair of corpora by itself.
pub(crate) fn categorical(outcome: &Outcome, crossed: bool) -> Vec<Series<'_>> {
    let units = || {
        let all = outcome.units.iter();
        all.filter(|unit| unit.task == Task::Categorical)
    };
    let conditions = conditions(outcome, units().flat_map(|unit| &unit.predictions));
    let mut pairs: Vec<Option<&Crossing>> = units()
        .map(|unit| unit.crossing.as_ref().filter(|_| crossed))
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    let mut all = Vec::new();
    for recipe in recipes_of(&outcome.units) {
        for pair in &pairs {
            for training in [Training::Clean, Training::Augmented] {
                for (title, members) in &conditions {
                    let mut seeds: BTreeMap<u64, Vec<&Prediction>> = BTreeMap::new();
                    let own = units().filter(|unit| {
                        unit.recipe == recipe
                            && unit.training == training
                            && unit.crossing.as_ref().filter(|_| crossed) == *pair
                    });
                    for unit in own {
                        for condition in members {
                            let heard = unit.in_condition(condition);
                            if !heard.is_empty() {
                                seeds.entry(unit.seed).or_default().extend(heard);
                            }
                        }
                    }
                    if !seeds.is_empty() {
                        all.push(Series {
                            recipe,
                            pair: *pair,
                            training,
                            condition: title.clone(),
                            seeds: seeds.into_values().collect(),
                        });
                    }
                }
            }
        }
    }
    all
}

/// The conditions in which there are answers, in their order, under what they are called; those of a
/// group are one, so that twenty random robots are a line and not twenty.
fn conditions<'a>(
    outcome: &'a Outcome,
    predictions: impl Iterator<Item = &'a Prediction>,
) -> Vec<(String, Vec<&'a str>)> {
    let group_of = |name: &str| {
        let mut all = outcome.experiment.conditions.iter();
        all.find(|c| c.name == name)?.group.as_deref()
    };
    let mut found: Vec<(Option<&str>, Vec<&str>)> = Vec::new();
    for prediction in predictions {
        let name = prediction.condition.as_str();
        if found.iter().any(|(_, members)| members.contains(&name)) {
            continue;
        }
        let group = group_of(name);
        match found.iter_mut().find(|(g, _)| g.is_some() && *g == group) {
            Some((_, members)) => members.push(name),
            None => found.push((group, vec![name])),
        }
    }
    let titled = |(group, members): (Option<&'a str>, Vec<&'a str>)| {
        let title = match group {
            Some(group) => format!("{group} ({})", members.len()),
            None => members.concat(),
        };
        (title, members)
    };
    found.into_iter().map(titled).collect()
}
