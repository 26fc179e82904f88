//! What a run leaves for programs: `results.csv`.

use std::collections::BTreeMap;

use earnest_files::text_cell;
use earnest_model::Recipe;
use serde_json::Value;

use crate::error::ExperimentError;
use crate::evaluation::calibration::Reliability;
use crate::evaluation::metrics::METRICS;
use crate::evaluation::number::exact;
use crate::evaluation::tally::{confusion, metrics_of};
use crate::feature_table::FeatureTableSpec;
use crate::running::outcome::Outcome;
use crate::running::unit_result::Crossing;
use crate::storage::write_whole;

/// A recipe's keys but its name, and what stands under them, as in `architecture.layers`. Of the
/// features the table says what they are, where there is one.
#[must_use]
pub fn recipe_keys(recipe: &Recipe, table: Option<&FeatureTableSpec>) -> Vec<(String, String)> {
    fn walk(path: &str, value: &Value, out: &mut Vec<(String, String)>) {
        match value {
            Value::Object(inner) => {
                for (key, value) in inner {
                    let dot = if path.is_empty() { "" } else { "." };
                    walk(&format!("{path}{dot}{key}"), value, out);
                }
            }
            Value::String(text) => out.push((path.to_owned(), text.clone())),
            other => out.push((path.to_owned(), other.to_string())),
        }
    }
    let mut out = Vec::new();
    walk(
        "",
        &serde_json::to_value(recipe).unwrap_or_default(),
        &mut out,
    );
    // It is a column of its own.
    out.retain(|(key, _)| key != "name");
    if let Some(table) = table {
        // What the recipe says of features is not what it was given.
        out.retain(|(key, _)| !key.starts_with("features."));
        let name = table.path.file_name().unwrap_or_default();
        let name = format!("table {}", name.to_string_lossy());
        out.push(("features.name".to_owned(), name));
    }
    out
}

/// What is said of probabilities.
const OF_PROBABILITIES: [&str; 2] = ["ECE", "log_loss"];

/// A row for each unit and condition, full precision: metrics, recalls, how honest probabilities are
/// (nothing where there are none), and the keys of the unit's
/// recipe, so that a sweep over recipes is one table.
///
/// # Errors
/// Never in practice: it is written to memory.
pub fn results_csv(outcome: &Outcome) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut header: Vec<String> = [
        "unit",
        "recipe",
        "task",
        "training",
        "fold",
        "seed",
        "condition",
        "utterances",
    ]
    .map(String::from)
    .to_vec();
    let conditions = outcome.experiment.heard_in();
    let named = !outcome.experiment.conditions.is_empty();
    if named {
        header.extend(["group", "snr_db", "distance_m"].map(String::from));
    }
    let several = !outcome.about.corpora.is_empty();
    if several {
        header.extend(["trained_on", "tested_on"].map(String::from));
    }
    header.extend(METRICS.map(|(name, _)| name.replace(' ', "_")));
    let classes = &outcome.experiment.classes.names;
    header.extend(classes.iter().map(|name| format!("recall_{name}")));
    header.extend(OF_PROBABILITIES.map(String::from));
    let table = outcome.experiment.features_table.as_ref();
    let recipes: BTreeMap<&str, BTreeMap<String, String>> = outcome
        .experiment
        .recipes
        .iter()
        .map(|r| (r.title(), recipe_keys(r, table).into_iter().collect()))
        .collect();
    let mut keys: Vec<&String> = Vec::new();
    for key in recipes.values().flat_map(BTreeMap::keys) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys.sort();
    header.extend(keys.iter().map(|key| format!("recipe.{key}")));
    writer.write_record(&header)?;
    for unit in &outcome.units {
        let own = recipes.get(unit.recipe.as_str());
        for condition in &outcome.experiment.conditions() {
            let predictions = unit.in_condition(condition);
            if predictions.is_empty() {
                continue;
            }
            let mut row = vec![
                text_cell(&unit.id).into_owned(),
                text_cell(&unit.recipe).into_owned(),
                unit.task.name().to_owned(),
                text_cell(&unit.training.name()).into_owned(),
                text_cell(&unit.fold).into_owned(),
                unit.seed.to_string(),
                condition.to_owned(),
                predictions.len().to_string(),
            ];
            if named {
                let of = conditions.iter().find(|c| c.name == *condition);
                let group = of.and_then(|c| c.group.as_deref()).unwrap_or_default();
                row.push(text_cell(group).into_owned());
                let numbers = [of.and_then(|c| c.snr_db()), of.and_then(|c| c.distance_m)];
                row.extend(numbers.map(|x| x.map_or_else(String::new, |x| x.to_string())));
            }
            if several {
                let of = unit.crossing.as_ref();
                let words = |words: fn(&Crossing) -> String| of.map_or_else(String::new, words);
                row.push(words(Crossing::trained_words));
                row.push(words(Crossing::tested_words));
            }
            row.extend(metrics_of(unit.task, &predictions).list().map(exact));
            let counts = confusion(predictions.iter().copied());
            row.extend((0..classes.len()).map(|class| exact(counts.recall(class))));
            let reliability = Reliability::of(predictions.iter().copied());
            let [ece, log_loss, _] = reliability.map(|r| r.figures()).unwrap_or_default();
            row.extend([ece, log_loss].map(exact));
            row.extend(keys.iter().map(|key| {
                let value = own.and_then(|own| own.get(*key));
                text_cell(value.map_or("", String::as_str)).into_owned()
            }));
            writer.write_record(&row)?;
        }
    }
    writer.into_inner().map_err(|e| e.into_error().into())
}

/// Writes `results.csv` into the run's folder.
///
/// # Errors
/// It cannot be written.
pub fn write_results(outcome: &Outcome) -> Result<(), ExperimentError> {
    let path = outcome.folder.join("results.csv");
    let bytes = results_csv(outcome).map_err(|e| ExperimentError::Content {
        path: path.clone(),
        reason: e.to_string(),
    })?;
    write_whole(&path, &bytes)
}
