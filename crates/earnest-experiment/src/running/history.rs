//! What each epoch of a network came to, on disk: `training.csv`, and for TensorBoard; and what a
//! baseline tried: `search.csv`.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use earnest_model::{EpochReport, Recipe, Tried};

use crate::error::ExperimentError;
use crate::running::tensorboard::event_file;
use crate::storage::{create_folder, write_whole};
use crate::training::{Trained, member_folder};

const HISTORY: [&str; 5] = [
    "epoch",
    "training_loss",
    "validation",
    "learning_rate",
    "best",
];

/// Writes what a training came to into its folder; of an ensemble into those of its members.
pub(crate) fn write_trained(
    folder: &Path,
    recipe: &Recipe,
    trained: &Trained,
) -> Result<(), ExperimentError> {
    if !recipe.is_ensemble() {
        return match recipe.architecture.is_network() {
            true => write_history(folder, &trained.history),
            false => write_search(folder, &trained.search),
        };
    }
    for (number, member) in &trained.members {
        if let Some(recipe) = recipe.members.get(number - 1) {
            let folder = member_folder(folder, *number);
            create_folder(&folder)?;
            write_trained(&folder, recipe, member)?;
        }
    }
    Ok(())
}

/// Writes both files into a unit's folder.
fn write_history(folder: &Path, history: &[EpochReport]) -> Result<(), ExperimentError> {
    let mut text = HISTORY.join(",");
    text.push('\n');
    for e in history {
        text.push_str(&format!(
            "{},{},{},{},{}\n",
            e.epoch, e.training_loss, e.validation, e.learning_rate, e.best
        ));
    }
    write_whole(&folder.join("training.csv"), text.as_bytes())?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |d| d.as_secs_f64());
    let scalars: Vec<(u64, &str, f64)> = history
        .iter()
        .flat_map(|e| {
            let step = e.epoch as u64;
            [
                (step, "loss/training", e.training_loss),
                (step, "score/validation", e.validation),
                (step, "learning_rate", e.learning_rate),
            ]
        })
        .collect();
    write_whole(
        &folder.join("events.out.tfevents.earnest"),
        &event_file(now, &scalars),
    )
}

/// Writes `search.csv` into a unit's folder: each hyperparameter, the score, whether it was chosen.
pub(crate) fn write_search(folder: &Path, search: &[Tried]) -> Result<(), ExperimentError> {
    let names = search.first().map_or(&[][..], |tried| &tried.values);
    let mut text: String = names.iter().map(|(name, _)| format!("{name},")).collect();
    text.push_str("score,chosen\n");
    for tried in search {
        for (_, value) in &tried.values {
            text.push_str(&format!("{value},"));
        }
        text.push_str(&format!("{},{}\n", tried.score, tried.chosen));
    }
    write_whole(&folder.join("search.csv"), text.as_bytes())
}

/// Reads `training.csv` again.
pub(crate) fn read_history(path: &Path) -> Result<Vec<EpochReport>, ExperimentError> {
    let content = |reason: String| ExperimentError::Content {
        path: path.to_owned(),
        reason,
    };
    let file = earnest_files::open_file(path).map_err(ExperimentError::file("read", path))?;
    let mut reader = csv::Reader::from_reader(file);
    let history: Vec<EpochReport> = reader
        .deserialize()
        .map(|row| row.map_err(|e| content(e.to_string())))
        .collect::<Result<_, _>>()?;
    let again = "remove the unit's file `done`, and the run's own command trains it again";
    if history.is_empty() {
        return Err(content(format!(
            "there is no epoch in it, and a network is trained for one or more; {again}"
        )));
    }
    if let Some((number, found)) = (1..)
        .zip(&history)
        .find(|(number, row)| row.epoch != *number)
    {
        return Err(content(format!(
            "epoch {} stands where epoch {number} has to; {again}",
            found.epoch
        )));
    }
    Ok(history)
}
