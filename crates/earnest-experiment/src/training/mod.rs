//! Training one model on some utterances of a dataset.

pub(crate) mod balance;
mod baseline;
mod calibration;
pub(crate) mod copies;
mod ensemble;
pub(crate) mod kept_together;
mod network;
pub(crate) mod presenter;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use earnest_augment::{Chain, Transform};
use earnest_features::Normaliser;
use earnest_files::{MOST_TEXT, read_file};
use earnest_model::{
    Calibration, Description, Engine, EpochReport, FORMAT, Heard, Model, ModelClasses, Recipe,
    Targets, Task, Tried, softmax,
};
use earnest_random::Key;
use serde::{Deserialize, Deserializer, Serialize};

use crate::dataset::Dataset;
use crate::error::ExperimentError;
use crate::evaluation::metrics::{Confusion, Pairs};
use crate::evaluation::prediction::largest;
use crate::observer::{Notice, Observer};
use crate::storage::{create_folder, forget_parts, write_whole};
use presenter::{Augmentation, Presentation, PresentationTime, Presenter};

/// Whether training waveforms are augmented. In a file `clean`, `augmented`, or
/// `without:tempo` for the augmentation without one of its transforms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(into = "String")]
pub enum Training {
    /// Only the corpus's own waveforms.
    Clean,
    /// Each presentation drawn anew from the augmentation chain.
    Augmented,
    /// The same without the steps of one transform: a row of Table II.
    Without(&'static str),
}

impl Training {
    /// `clean`, `augmented` or, for example, `without tempo`.
    #[must_use]
    pub fn name(self) -> Cow<'static, str> {
        match self {
            Self::Clean => "clean".into(),
            Self::Augmented => "augmented".into(),
            Self::Without(transform) => format!("without {transform}").into(),
        }
    }

    /// The chain that training draws from: `None` for clean training.
    #[must_use]
    pub fn chain(self, full: &Chain) -> Option<Chain> {
        match self {
            Self::Clean => None,
            Self::Augmented => Some(full.clone()),
            Self::Without(transform) => Some(full.without(transform)),
        }
    }
}

impl FromStr for Training {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "clean" => Ok(Self::Clean),
            None if text == "augmented" => Ok(Self::Augmented),
            Some(("without", name)) => Transform::NAMES
                .iter()
                .find(|known| **known == name)
                .map(|known| Self::Without(known))
                .ok_or_else(|| {
                    format!(
                        "{text:?}: there is no transform {name:?}; transforms are {}",
                        Transform::NAMES.join(", ")
                    )
                }),
            _ => Err(format!(
                "{text:?} is no training; trainings are clean, augmented and without:TRANSFORM"
            )),
        }
    }
}

// By hand, since a derived one would want to borrow the transform's name for ever.
impl<'de> Deserialize<'de> for Training {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl From<Training> for String {
    fn from(training: Training) -> Self {
        match training {
            Training::Without(transform) => format!("without:{transform}"),
            _ => training.name().into_owned(),
        }
    }
}

/// What [`train`] needs to know.
pub struct TrainingPlan<'a> {
    /// What is predicted.
    pub task: Task,
    /// How.
    pub recipe: &'a Recipe,
    /// The augmentation; `None` trains on clean waveforms.
    pub augmentation: Option<Augmentation<'a>>,
    /// Training utterances, indices into the dataset.
    pub training: &'a [usize],
    /// Validation utterances: heard by a network, clean and as often augmented as is said next, to choose its best
    /// epoch. A baseline has none.
    pub validation: &'a [usize],
    /// Augmented copies of each validation utterance beside it as it is.
    pub validation_copies: usize,
    /// Whether each of several corpora counts alike, however many utterances it has.
    pub balance: bool,
    /// What the augmentation is called in the model's description.
    pub training_name: Cow<'static, str>,
    /// All draws come from here.
    pub key: Key,
    /// All draws of frozen copies come from here: trainings with the same key and folder
    /// share them.
    pub copies_key: Key,
    /// Where frozen copies are kept; without it each presentation is drawn anew.
    pub copies_folder: Option<PathBuf>,
    /// Corpus name and fingerprint, for the model's description.
    pub corpus: String,
    /// The class set, for the model's description.
    pub classes: ModelClasses,
    /// What the model hears beside its utterances, which [`train`] adds.
    pub heard: Heard,
}

impl TrainingPlan<'_> {
    /// Augmented copies of each validation utterance: none where nothing is augmented.
    fn copies_that_validate(&self, presenter: &Presenter<'_>) -> usize {
        match presenter.augments() {
            true => self.validation_copies,
            false => 0,
        }
    }
}

/// What [`train`] comes to.
pub struct Trained {
    /// The model of the best epoch.
    pub model: Model,
    /// All epochs of a network.
    pub history: Vec<EpochReport>,
    /// What a baseline tried.
    pub search: Vec<Tried>,
    /// Outputs of the model for the presentations that validate: as they are, then each copy.
    pub(crate) validated: Vec<Vec<f32>>,
    /// Of an ensemble, what training each of its members came to, with its number from 1.
    pub members: Vec<(usize, Self)>,
    /// What presenting took since this start.
    pub time: PresentationTime,
}

/// What was learnt, by whichever way.
struct Learnt {
    engine: Box<dyn Engine>,
    calibration: Option<Calibration>,
    /// Outputs for the presentations that validate, where there are any.
    validated: Vec<Vec<f32>>,
    history: Vec<EpochReport>,
    search: Vec<Tried>,
}

/// A normaliser on disk, with the key of the training it belongs to.
#[derive(Serialize, Deserialize)]
struct KeptNormaliser {
    key: u64,
    normaliser: Normaliser,
}

/// What is learnt from.
struct Lesson<'a> {
    dataset: &'a Dataset,
    plan: &'a TrainingPlan<'a>,
    targets: &'a Targets,
    /// How much each training utterance counts.
    weights: &'a [f64],
    columns: usize,
    outputs: usize,
}

/// The state of a training under way, in its folder.
const CHECKPOINT: &str = "checkpoint.safetensors";
const NORMALISER: &str = "normaliser.json";

/// Removes what [`train`] kept in a folder to go on from, once its result is saved.
pub fn forget_progress(folder: &Path, recipe: &Recipe) {
    let members = (1..=recipe.members.len()).map(|number| member_folder(folder, number));
    for folder in members.chain([folder.to_owned()]) {
        let again = refit_folder(&folder);
        for of in [&folder, &again] {
            for name in [CHECKPOINT, NORMALISER] {
                let _ = std::fs::remove_file(of.join(name));
            }
            // Left by starts that were killed while they wrote.
            forget_parts(of, Duration::ZERO);
        }
        // Refused by the system where somebody's own files lie in it.
        let _ = std::fs::remove_dir(again);
    }
}

/// Where a second training on all keeps what it needs to go on from.
fn refit_folder(folder: &Path) -> PathBuf {
    folder.join("refit")
}

/// Where a member of an ensemble keeps what it needs to go on from, and what its training came to.
pub(crate) fn member_folder(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("member-{number}"))
}

/// Removes a run's frozen copies, once nothing is left to train; what else lies in their folder
/// stays.
pub fn forget_copies(folder: &Path) {
    copies::forget(&copies_folder(folder));
}

/// Where a run keeps frozen copies.
#[must_use]
pub fn copies_folder(folder: &Path) -> PathBuf {
    folder.join(copies::FOLDER)
}

/// Training targets; values are standardised with the mean and deviation that are returned, in which
/// each utterance has its weight.
fn targets(
    dataset: &Dataset,
    indices: &[usize],
    weights: &[f64],
    task: Task,
) -> (Targets, Vec<f32>, Vec<f32>) {
    let outputs = dataset.outputs(task).len();
    let (mut mean, mut deviation) = (vec![0.0_f32; outputs], vec![1.0_f32; outputs]);
    match task {
        Task::Categorical => {
            let classes = indices.iter().map(|i| dataset.items[*i].class()).collect();
            (Targets::Classes(classes), mean, deviation)
        }
        Task::Dimensional => {
            let rows: Vec<&[f32]> = indices
                .iter()
                .filter_map(|i| dataset.items[*i].values.as_deref())
                .collect();
            let n = rows.len().max(1) as f64;
            for j in 0..outputs {
                let weighted = || rows.iter().zip(weights);
                let m = weighted().map(|(r, w)| w * f64::from(r[j])).sum::<f64>() / n;
                let v = weighted()
                    .map(|(r, w)| w * (f64::from(r[j]) - m).powi(2))
                    .sum::<f64>()
                    / n;
                mean[j] = m as f32;
                if v > 1e-12 {
                    deviation[j] = v.sqrt() as f32;
                }
            }
            let values = rows
                .iter()
                .flat_map(|r| (0..outputs).map(|j| (r[j] - mean[j]) / deviation[j]))
                .collect();
            (Targets::Values(values), mean, deviation)
        }
    }
}

/// The score of answers to utterances; of several corpora that count alike the mean of theirs.
fn score(
    plan: &TrainingPlan<'_>,
    dataset: &Dataset,
    utterances: &[usize],
    rows: &[Vec<f32>],
) -> f64 {
    let parts = balance::by_corpus(dataset, utterances, plan.balance);
    let of_part = |places: &Vec<usize>| {
        let indices: Vec<usize> = places.iter().map(|i| utterances[*i]).collect();
        let rows: Vec<&[f32]> = places.iter().map(|i| rows[*i].as_slice()).collect();
        score_of(dataset, &indices, plan.task, &rows)
    };
    parts.iter().map(of_part).sum::<f64>() / parts.len().max(1) as f64
}

/// Macro F, or the mean of the scales' correlations (one that is not defined counts as 0).
fn score_of(dataset: &Dataset, indices: &[usize], task: Task, rows: &[&[f32]]) -> f64 {
    match task {
        Task::Categorical => {
            let pairs = indices
                .iter()
                .zip(rows)
                .map(|(i, row)| (dataset.items[*i].class(), largest(&softmax(row))));
            Confusion::new(pairs).macro_f()
        }
        Task::Dimensional => {
            let r = |j: usize| {
                let pairs: Vec<(f64, f64)> = indices
                    .iter()
                    .zip(rows)
                    .filter_map(|(i, row)| {
                        let truth = dataset.items[*i].values.as_ref()?.get(j)?;
                        Some((f64::from(*truth), f64::from(row[j])))
                    })
                    .collect();
                let r = Pairs::of(&pairs).pearson();
                if r.is_finite() { r } else { 0.0 }
            };
            let scales = dataset.scales.len();
            (0..scales).map(r).sum::<f64>() / scales as f64
        }
    }
}

/// Says what a set of utterances lacks to be learnt from or judged by.
fn warn_of_gaps(dataset: &Dataset, plan: &TrainingPlan<'_>, observer: &dyn Observer) {
    if plan.task != Task::Categorical {
        return;
    }
    for (role, indices, effect) in [
        (
            "training",
            plan.training,
            "the model will hardly ever answer it",
        ),
        (
            "validation",
            plan.validation,
            "the choice of the best epoch does not see it",
        ),
    ]
    .into_iter()
    .filter(|(role, indices, _)| !indices.is_empty() || *role == "training")
    {
        let found: BTreeSet<usize> = indices.iter().map(|i| dataset.items[*i].class()).collect();
        let missing: Vec<&str> = (0..)
            .zip(&dataset.classes)
            .filter(|(class, _)| !found.contains(class))
            .map(|(_, name)| name.as_str())
            .collect();
        if !missing.is_empty() {
            observer.event(Notice::Warning(&format!(
                "no {role} utterance is {}: {effect}",
                missing.join(" or ")
            )));
        }
    }
}

/// Trains a model. With a `folder`, the state is kept there after each epoch
/// (`checkpoint.safetensors`, `normaliser.json`), of a member in a folder of its own in it, and an
/// interrupted training goes on from it with the same bits.
///
/// # Errors
/// See [`ExperimentError`].
pub fn train(
    dataset: &Dataset,
    plan: &TrainingPlan<'_>,
    folder: Option<&Path>,
    observer: &dyn Observer,
) -> Result<Trained, ExperimentError> {
    let is_validated = plan.recipe.has_network();
    if plan.training.is_empty() || is_validated && plan.validation.is_empty() {
        let found = match is_validated {
            true => format!(
                "there are {} training and {} validation utterances for the {} task; both are needed",
                plan.training.len(),
                plan.validation.len(),
                plan.task.name()
            ),
            false => format!(
                "there is no training utterance for the {} task",
                plan.task.name()
            ),
        };
        let hint = match plan.task {
            Task::Dimensional => " (does the corpus have arousal and valence?)",
            Task::Categorical => "",
        };
        return Err(ExperimentError::Setup(found + hint));
    }
    warn_of_gaps(dataset, plan, observer);
    match plan.recipe.is_ensemble() {
        true => ensemble::train(dataset, plan, folder, observer),
        false => train_single(dataset, plan, folder, observer),
    }
}

/// Trains a model that is no ensemble; where its recipe asks for it, a second time on those who validate, too. What
/// was chosen on them, and the history, are the first training's.
fn train_single(
    dataset: &Dataset,
    plan: &TrainingPlan<'_>,
    folder: Option<&Path>,
    observer: &dyn Observer,
) -> Result<Trained, ExperimentError> {
    let first = train_one(dataset, plan, folder, observer)?;
    if !plan.recipe.refit {
        return Ok(first);
    }
    let folder = folder.map(refit_folder);
    if let Some(folder) = &folder {
        create_folder(folder)?;
    }
    let mut all = [plan.training, plan.validation].concat();
    all.sort_unstable();
    let again = TrainingPlan {
        training: &all,
        validation: &[],
        key: plan.key.with("refit"),
        augmentation: plan.augmentation,
        training_name: plan.training_name.clone(),
        copies_key: plan.copies_key.clone(),
        copies_folder: plan.copies_folder.clone(),
        corpus: plan.corpus.clone(),
        classes: plan.classes.clone(),
        heard: plan.heard.clone(),
        ..*plan
    };
    let mut second = train_one(dataset, &again, folder.as_deref(), observer)?;
    second.model.description.calibration = first.model.description.calibration;
    Ok(Trained {
        model: second.model,
        time: first.time.and(second.time),
        ..first
    })
}

/// Trains a model once.
fn train_one(
    dataset: &Dataset,
    plan: &TrainingPlan<'_>,
    folder: Option<&Path>,
    observer: &dyn Observer,
) -> Result<Trained, ExperimentError> {
    let is_network = plan.recipe.architecture.is_network();
    let view = dataset.view(&plan.recipe.features)?;
    let columns = view.columns();
    let is_row = |i: &usize| view.clean(*i).frames() <= 1;
    if plan.recipe.normalise.is_of_segment() && plan.training.iter().all(is_row) {
        return Err(ExperimentError::Setup(format!(
            "the recipe {} has normalise = {:?}, but each training utterance has one row of features, which without its own mean is 0; normalise otherwise",
            plan.recipe.title(),
            plan.recipe.normalise.name()
        )));
    }
    let names = dataset.outputs(plan.task);
    let frozen = plan
        .augmentation
        .is_some_and(|a| a.presentation != Presentation::Fresh);
    let weights = balance::weights(dataset, plan.training, plan.balance);
    let mut presenter = Presenter::new(
        dataset,
        view,
        plan.training,
        weights.clone(),
        plan.augmentation,
        plan.recipe.normalisation(),
        if frozen {
            plan.copies_key.clone()
        } else {
            plan.key.with("augmentation")
        },
        plan.copies_folder.as_deref(),
        observer,
    )?;
    let number = plan.key.number();
    let normaliser_path = folder.map(|f| f.join(NORMALISER));
    let kept = normaliser_path
        .as_deref()
        .and_then(|p| read_file(p, MOST_TEXT).ok())
        .and_then(|json| serde_json::from_slice::<KeptNormaliser>(&json).ok())
        .filter(|k| k.key == number)
        .map(|k| k.normaliser)
        .filter(|n| n.check(columns.len()).is_ok());
    let normaliser = presenter.fit(kept).map_err(ExperimentError::Setup)?;
    if let Some(path) = &normaliser_path {
        let kept = KeptNormaliser {
            key: number,
            normaliser: normaliser.clone(),
        };
        write_whole(path, &serde_json::to_vec(&kept).unwrap_or_default())?;
    }
    let (wanted, target_mean, target_deviation) =
        targets(dataset, plan.training, &weights, plan.task);
    let lesson = Lesson {
        dataset,
        plan,
        targets: &wanted,
        weights: &weights,
        columns: columns.len(),
        outputs: names.len(),
    };
    let learnt = match is_network {
        true => network::train(&lesson, &mut presenter, folder, observer)?,
        false => baseline::fit(&lesson, &presenter, observer)?,
    };
    let description = describe(
        dataset,
        plan,
        Input {
            columns,
            features_table: view.table().map(str::to_owned),
            normaliser: presenter.normaliser().clone(),
        },
        (target_mean, target_deviation),
        learnt.calibration,
    );
    Ok(Trained {
        model: Model::new(description, learnt.engine),
        history: learnt.history,
        search: learnt.search,
        validated: learnt.validated,
        members: Vec::new(),
        time: presenter.time(),
    })
}

/// What a model is given, and how that is normalised.
struct Input {
    columns: Vec<String>,
    features_table: Option<String>,
    normaliser: Normaliser,
}

/// What a model says of itself.
fn describe(
    dataset: &Dataset,
    plan: &TrainingPlan<'_>,
    input: Input,
    (target_mean, target_deviation): (Vec<f32>, Vec<f32>),
    calibration: Option<Calibration>,
) -> Description {
    let heard = || {
        let all = plan.training.iter().chain(plan.validation);
        all.map(|i| &dataset.items[*i])
    };
    let mut speakers: Vec<String> = heard().map(|item| item.utterance.speaker.clone()).collect();
    speakers.sort();
    speakers.dedup();
    let mut audio: Vec<String> = heard()
        .flat_map(|item| [item.content, item.recording])
        .map(|content| content.to_string())
        .collect();
    audio.sort();
    audio.dedup();
    Description {
        format: FORMAT,
        earnest: env!("CARGO_PKG_VERSION").to_owned(),
        task: plan.task,
        outputs: dataset.outputs(plan.task),
        classes: plan.classes.clone(),
        columns: input.columns,
        features_table: input.features_table,
        recipe: plan.recipe.clone(),
        training: plan.training_name.to_string(),
        corpus: plan.corpus.clone(),
        speakers,
        heard: Some(Heard {
            audio,
            ..plan.heard.clone()
        }),
        normaliser: input.normaliser,
        target_mean,
        target_deviation,
        calibration,
    }
}
