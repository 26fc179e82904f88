//! What a run leaves for programs: `results.csv`.

use earnest_files::text_cell;

use crate::error::ExperimentError;
use crate::evaluation::metrics::METRICS;
use crate::evaluation::number::exact;
use crate::evaluation::prediction::CONDITIONS;
use crate::evaluation::tally::{confusion, metrics_of};
use crate::running::outcome::Outcome;
use crate::storage::write_whole;

/// A row for each unit and condition, full precision.
fn results_csv(outcome: &Outcome) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut header: Vec<String> = [
        "unit",
        "network",
        "task",
        "training",
        "fold",
        "seed",
        "condition",
        "utterances",
    ]
    .map(String::from)
    .to_vec();
    header.extend(METRICS.map(|(name, _)| name.replace(' ', "_")));
    let classes = &outcome.experiment.classes.names;
    header.extend(classes.iter().map(|name| format!("recall_{name}")));
    writer.write_record(&header)?;
    for unit in &outcome.units {
        for condition in CONDITIONS {
            let predictions = unit.in_condition(condition);
            let mut row = vec![
                text_cell(&unit.id).into_owned(),
                text_cell(&unit.network).into_owned(),
                unit.task.name().to_owned(),
                text_cell(&unit.training.name()).into_owned(),
                text_cell(&unit.fold).into_owned(),
                unit.seed.to_string(),
                condition.to_owned(),
                predictions.len().to_string(),
            ];
            row.extend(metrics_of(unit.task, &predictions).list().map(exact));
            let counts = confusion(predictions.iter().copied());
            row.extend((0..classes.len()).map(|class| exact(counts.recall(class))));
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
