//! A run as it stands in its folder: its finished units are what counts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use earnest_model::{EpochReport, Task};
use serde::{Deserialize, Serialize};

use crate::error::ExperimentError;
use crate::evaluation::traits::Traits;
use crate::experiment::{Experiment, Unit};
use crate::running::finished::{FinishedUnit, finished_units};
use crate::running::history::read_history;
use crate::running::unit_result::{Crossing, UnitResult};
use crate::storage::read_text;

/// What a report says of the corpus and the conditions; kept in `about.json` so that the
/// report can be made again without the corpus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// Name of the corpus.
    pub corpus: String,
    /// True if it is synthetic.
    pub synthetic: bool,
    /// Its fingerprint.
    pub fingerprint: String,
    /// The corpora that were joined to it; none if it is one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corpora: Vec<AboutCorpus>,
    /// Utterances of each class, in the order of the experiment's classes.
    pub classes: Vec<usize>,
    /// Utterances that serve the dimensional task.
    pub rated: usize,
    /// Utterances that serve a task.
    pub utterances: usize,
    /// Speakers.
    pub speakers: usize,
    /// Folds that were run and folds there are.
    pub folds: (usize, usize),
    /// True if sessions are the corpus's own, false if speakers were paired.
    pub own_sessions: bool,
    /// How the corpus was cut, in words.
    #[serde(default)]
    pub protocol: String,
    /// True if test speakers were also trained on, as published folds may have it.
    #[serde(default)]
    pub shared_speakers: bool,
    /// Speech over noise in the robot condition, dB: the 0th, 5th, 10th .. 100th percentile over
    /// utterances, where it is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub snr_percentiles_db: Vec<f64>,
    /// What the corpus says of those who speak: nothing in runs of earlier versions.
    #[serde(default, skip_serializing_if = "Traits::is_empty")]
    pub traits: Traits,
    /// Problems found in the corpus.
    pub problems: usize,
    /// Utterances that are one recording, or have a part of one in common, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicates: Option<String>,
    /// The robot condition, noises and rooms, in words.
    pub conditions: Vec<String>,
    /// Utterances that are left out of the test because their robot recording cannot be scored,
    /// each with why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unusable: Vec<String>,
    /// Version of Earnest.
    pub earnest: String,
}

impl About {
    /// Reads what a run's folder says.
    ///
    /// # Errors
    /// It is not there, or is damaged.
    pub fn read(folder: &Path) -> Result<Self, ExperimentError> {
        let path = folder.join("about.json");
        let text = read_text(&path)?;
        serde_json::from_str(&text).map_err(|e| ExperimentError::Content {
            path,
            reason: e.to_string(),
        })
    }
}

/// One of several corpora.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AboutCorpus {
    /// What it is called in ids, folds and tables.
    pub name: String,
    /// Its own name.
    pub corpus: String,
    /// Utterances that serve a task.
    pub utterances: usize,
    /// Speakers.
    pub speakers: usize,
    /// Utterances of each class, in the order of the experiment's classes.
    pub classes: Vec<usize>,
}

/// A finished experiment.
pub struct Outcome {
    /// The experiment as it ran.
    pub experiment: Experiment,
    /// Corpus and conditions.
    pub about: About,
    /// All units.
    pub units: Vec<UnitResult>,
    /// Of each unit its id and its epochs; a baseline has none.
    pub histories: Vec<(String, Vec<EpochReport>)>,
    /// Units of the experiment that are not finished.
    pub missing: usize,
    /// The run's folder.
    pub folder: PathBuf,
}

impl Outcome {
    /// How many speakers were tested by the finished units.
    #[must_use]
    pub fn tested_speakers(&self) -> usize {
        let predictions = self.units.iter().flat_map(|u| &u.predictions);
        let speakers: BTreeSet<&str> = predictions.map(|p| p.speaker.as_str()).collect();
        speakers.len()
    }
}

/// Reads a run's folder: its finished units are what counts.
///
/// # Errors
/// A folder that is no run, or damaged files in it.
pub fn collect(folder: &Path) -> Result<Outcome, ExperimentError> {
    let toml_path = folder.join("experiment.toml");
    let experiment = Experiment::from_toml(&read_text(&toml_path)?).map_err(|reason| {
        ExperimentError::Content {
            path: toml_path,
            reason,
        }
    })?;
    let about = About::read(folder)?;
    let mut found = finished_units(folder)?;
    let place = |u: &Unit| {
        let title = u.recipe.title();
        let recipe = experiment.recipes.iter().position(|r| r.title() == title);
        let training = experiment.trainings.iter().position(|t| *t == u.training);
        (u.task, recipe, u.fold.name.clone(), training, u.seed)
    };
    found.sort_by_key(|finished| place(&finished.unit));
    let mut units = Vec::new();
    let mut histories = Vec::new();
    let mut tested: BTreeMap<(Task, String), (PathBuf, BTreeSet<String>)> = BTreeMap::new();
    for finished in found {
        experiment.require(&finished.unit).map_err(|why| {
            ExperimentError::Setup(format!(
                "{} is a unit of another experiment than {}: {why}; remove its folder, and the run's own command trains this unit again",
                finished.folder.display(),
                folder.join("experiment.toml").display()
            ))
        })?;
        let predictions = finished.predictions()?;
        let FinishedUnit { unit, folder: path } = finished;
        let history = match unit.recipe.architecture.is_network() {
            true => read_history(&path.join("training.csv"))?,
            false => Vec::new(),
        };
        histories.push((unit.id(), history));
        let ids: BTreeSet<String> = predictions.iter().map(|p| p.id.clone()).collect();
        let key = (unit.task, unit.fold.name.clone());
        let (first, of_first) = tested
            .entry(key)
            .or_insert_with(|| (path.clone(), ids.clone()));
        if let Some(id) = of_first.symmetric_difference(&ids).next() {
            return Err(ExperimentError::Setup(format!(
                "{} and {} are of one fold and did not test the same utterances ({id} is in one of them only), so their metrics cannot be compared; remove the file `done` of the one that is damaged, and the run's own command trains it again",
                first.join("predictions.csv").display(),
                path.join("predictions.csv").display()
            )));
        }
        units.push(UnitResult {
            id: unit.id(),
            recipe: unit.recipe.title().to_owned(),
            task: unit.task,
            outputs: unit.outputs.clone(),
            training: unit.training,
            crossing: Crossing::of(&unit.fold).filter(|_| !about.corpora.is_empty()),
            fold: unit.fold.name.clone(),
            seed: unit.seed,
            predictions,
        });
    }
    if units.is_empty() {
        return Err(ExperimentError::Setup(format!(
            "{} has no finished unit yet",
            folder.display()
        )));
    }
    Ok(Outcome {
        missing: experiment
            .unit_count(about.folds.0)
            .saturating_sub(units.len()),
        experiment,
        about,
        units,
        histories,
        folder: folder.to_owned(),
    })
}
