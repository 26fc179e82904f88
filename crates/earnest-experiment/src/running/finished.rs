//! A finished unit: its file `done`, which says how long it took and what its predictions were, so
//! that none are counted that the unit did not write.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use earnest_audio::ContentHash;
use earnest_model::Description;

use crate::error::ExperimentError;
use crate::evaluation::prediction::{self, Prediction};
use crate::experiment::Unit;
use crate::storage::{read_text, write_whole};

/// The card of a unit's model, which whoever reports writes.
pub const CARD: &str = "README.md";

const DONE: &str = "done";
const PREDICTIONS: &str = "predictions.csv";
const UNIT: &str = "unit.json";
/// What `done` says the hashes of.
const SEALED: [&str; 2] = [PREDICTIONS, UNIT];

/// A finished unit in its folder.
#[derive(Clone, Debug)]
pub struct FinishedUnit {
    /// The unit.
    pub unit: Unit,
    /// Its folder.
    pub folder: PathBuf,
}

impl FinishedUnit {
    /// What it predicted.
    ///
    /// # Errors
    /// The predictions cannot be read, or they are not those that the unit wrote.
    pub fn predictions(&self) -> Result<Vec<Prediction>, ExperimentError> {
        predictions_of(&self.unit, &self.folder)
    }

    /// What its model says of itself.
    ///
    /// # Errors
    /// `model.json` cannot be read.
    pub fn description(&self) -> Result<Description, ExperimentError> {
        Ok(Description::read(&self.folder)?)
    }
}

/// The finished units in a run's folder, in no order.
///
/// # Errors
/// A folder that cannot be listed, or that holds a unit of another name.
pub fn finished_units(run: &Path) -> Result<Vec<FinishedUnit>, ExperimentError> {
    let inner = run.join("units");
    let entries =
        std::fs::read_dir(&inner).map_err(ExperimentError::file("read the folder", &inner))?;
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let folder = entry.path();
        if !is_finished(&folder) {
            continue;
        }
        let unit = read_unit(&folder)?;
        if folder.file_name() != Some(OsStr::new(&unit.id())) {
            return Err(ExperimentError::Setup(format!(
                "{} holds the unit {}, not the one it is called by, so it was put there from elsewhere; remove it, or put it back where it was",
                folder.display(),
                unit.id()
            )));
        }
        found.push(FinishedUnit { unit, folder });
    }
    Ok(found)
}

fn read_unit(folder: &Path) -> Result<Unit, ExperimentError> {
    let path = folder.join(UNIT);
    serde_json::from_str(&read_text(&path)?).map_err(|e| ExperimentError::Content {
        path,
        reason: e.to_string(),
    })
}

/// True if the unit in a folder is finished.
pub(crate) fn is_finished(folder: &Path) -> bool {
    folder.join(DONE).is_file()
}

/// Says that the unit in a folder is finished: the last that is written of it.
pub(crate) fn finish(folder: &Path, took: Duration) -> Result<(), ExperimentError> {
    let mut text = format!("{:.1} s\n", took.as_secs_f64());
    for name in SEALED {
        let hash = hash_of(&folder.join(name))?;
        text += &format!("{name} {hash}\n");
    }
    write_whole(&folder.join(DONE), text.as_bytes())
}

/// How long a finished unit took.
pub(crate) fn time_taken(folder: &Path) -> Option<Duration> {
    let text = earnest_files::read_text(&folder.join(DONE)).ok()?;
    let seconds = text.split_whitespace().next()?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

fn hash_of(path: &Path) -> Result<ContentHash, ExperimentError> {
    let bytes = earnest_files::read_file(path, earnest_files::MOST_TEXT)
        .map_err(ExperimentError::file("read", path))?;
    Ok(ContentHash::of_bytes(&bytes))
}

/// The predictions of a finished unit.
///
/// # Errors
/// They cannot be read, or they are not those that this unit wrote.
pub(crate) fn predictions_of(
    unit: &Unit,
    folder: &Path,
) -> Result<Vec<Prediction>, ExperimentError> {
    let path = folder.join(PREDICTIONS);
    let of = |path: &Path, what: String| ExperimentError::Content {
        path: path.to_owned(),
        reason: format!(
            "{what}, so its metrics would be wrong; remove {}, and the run's own command trains this unit again",
            folder.join(DONE).display()
        ),
    };
    let other = |what: String| of(&path, what);
    let done = folder.join(DONE);
    let seals = earnest_files::read_text(&done).map_err(ExperimentError::file("read", &done))?;
    for name in SEALED {
        let sealed = seals
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .map(str::trim);
        let file = folder.join(name);
        if sealed != Some(hash_of(&file)?.to_string().as_str()) {
            return Err(of(
                &file,
                format!("it is not as `{DONE}` says that the unit wrote it"),
            ));
        }
    }
    let written = read_unit(folder)?;
    if written != *unit {
        return Err(of(
            &folder.join(UNIT),
            "it is a unit of another experiment: its recipe, classes, seed or fold is not the one of this run".to_owned(),
        ));
    }
    let predictions = prediction::read(&path, unit.task, &unit.outputs)?;
    let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
    for p in &predictions {
        let condition = p.condition.as_str();
        if !unit.conditions.contains(&p.condition) {
            return Err(other(format!("{condition:?} is no condition of a test")));
        }
        if !unit.fold.test.contains(&p.speaker) {
            return Err(other(format!(
                "{} is of speaker {}, who is not tested in fold {}",
                p.id, p.speaker, unit.fold.name
            )));
        }
        if !seen.insert((condition, &p.id)) {
            return Err(other(format!("{} is there twice ({condition})", p.id)));
        }
    }
    for p in &predictions {
        let lacks = unit
            .conditions
            .iter()
            .find(|c| !seen.contains(&(c.as_str(), p.id.as_str())));
        if let Some(condition) = lacks {
            return Err(other(format!(
                "{} has no row for the {condition} condition",
                p.id
            )));
        }
    }
    Ok(predictions)
}
