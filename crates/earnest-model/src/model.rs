//! A trained model: a network, and what is needed to use it. On disk a folder with
//! `model.safetensors` (weights) and `model.json` (description). Data, never code.

mod ensemble;

use std::path::{Path, PathBuf};

use earnest_features::{Features, Normaliser, check_scale};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::calibration::Calibration;
use crate::classes::{ModelClasses, check_names};
use crate::engine::Engine;
use crate::error::ModelError;
use crate::heard::Heard;
use crate::loss::softmax;
use crate::normalisation::Listener;
use crate::recipe::Recipe;
use crate::task::Task;
use crate::tensors;

pub use ensemble::EnsembleEngine;

/// Version of the layout of `model.json`. Version 1 had neither `normalise`, `pooling` nor
/// `dropout`; it is read as the paper's. Versions 1 and 2 had no `heard`: such a model cannot say
/// what it was trained on. Versions 1 to 3 had no `classes`: theirs are the paper's four.
/// The seal of version 4 is of `model.json` alone, that of 5 of the weights, too.
pub const FORMAT: u32 = 5;

/// Models of this version or later have in their weights' file what their `model.json` was.
const SEALED: u32 = 4;

/// What the file of the weights says of the `model.json` that belongs to it, and of the weights
/// themselves: whether they are those that were saved. It is no signature: who changes a model on
/// purpose can seal it anew.
fn seal(format: u32, json: &[u8], weights: &[u8]) -> String {
    let mut hasher = Sha256::new_with_prefix(json);
    if format > SEALED {
        hasher.update(weights);
    }
    let hash = hasher.finalize();
    hash[..16].iter().map(|b| format!("{b:02x}")).collect()
}

/// The most columns of a model's input.
const MOST_COLUMNS: usize = 100_000;

/// The scales of the dimensional task.
const SCALES: [&str; 3] = ["arousal", "valence", "dominance"];

/// The most utterances that are predicted in one batch.
const BATCH: usize = 32;
/// The most bytes that a network holds of a batch. A longer utterance goes through it in runs of
/// rows.
const MOST_HELD: usize = 1 << 27;

/// Everything but the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// [`FORMAT`] when it was written.
    pub format: u32,
    /// Version of Earnest that wrote it.
    pub earnest: String,
    /// What it predicts.
    pub task: Task,
    /// Names of the outputs: the classes, or the scales (`arousal`, `valence`, `dominance`).
    pub outputs: Vec<String>,
    /// The class set that it was trained with.
    #[serde(default)]
    pub classes: ModelClasses,
    /// Names of the input columns: those of the recipe's front end, or of the table.
    #[serde(alias = "descriptors")]
    pub columns: Vec<String>,
    /// The table of features that it was trained on in place of a front end's: its name and
    /// fingerprint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features_table: Option<String>,
    /// How it was trained.
    pub recipe: Recipe,
    /// Trained with augmented waveforms or only on clean ones, in words.
    pub training: String,
    /// What it was trained on: name and fingerprint of the corpus.
    pub corpus: String,
    /// Speakers it was trained or validated on: testing on them says nothing.
    pub speakers: Vec<String>,
    /// What it heard in training; none in models of format 1 and 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard: Option<Heard>,
    /// Normalisation of its input.
    pub normaliser: Normaliser,
    /// Mean of each output over the training set (0 for classes).
    pub target_mean: Vec<f32>,
    /// Standard deviation of each output over the training set (1 for classes).
    pub target_deviation: Vec<f32>,
    /// How sure it is of classes, as it was found on the utterances that validated; none unless its
    /// recipe asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
}

impl Description {
    /// Reads the description of the model in a folder.
    ///
    /// # Errors
    /// A missing, truncated, foreign or newer file, with its path.
    pub fn read(folder: &Path) -> Result<Self, ModelError> {
        let (path, json) = Self::bytes(folder)?;
        Self::from_json(&path, &json)
    }

    /// The file of the description, and what is in it.
    fn bytes(folder: &Path) -> Result<(PathBuf, Vec<u8>), ModelError> {
        let path = folder.join("model.json");
        let json = tensors::read(&path, earnest_files::MOST_TEXT)?;
        Ok((path, json))
    }

    fn from_json(path: &Path, json: &[u8]) -> Result<Self, ModelError> {
        let content = |reason: String| ModelError::Content {
            path: path.to_owned(),
            what: "model description",
            reason,
        };
        let value: serde_json::Value =
            serde_json::from_slice(json).map_err(|e| content(e.to_string()))?;
        match value.get("format").and_then(serde_json::Value::as_u64) {
            Some(v) if (1..=u64::from(FORMAT)).contains(&v) => {}
            Some(v) => {
                return Err(content(format!(
                    "its format is {v}, this version of Earnest reads 1 to {FORMAT}; a newer Earnest may have written it"
                )));
            }
            None => return Err(content("it has no format number".into())),
        }
        let description: Self =
            serde_json::from_value(value).map_err(|e| content(e.to_string()))?;
        description.check().map_err(content)?;
        // Read once more as it stands: of two keys of the same name a value has the last.
        serde_json::from_slice::<Self>(json).map_err(|e| content(e.to_string()))?;
        Ok(description)
    }

    /// The most bytes of its engine's file.
    fn most_bytes(&self) -> u64 {
        let (inputs, outputs) = (self.columns.len(), self.outputs.len());
        let most = |recipe: &Recipe| match recipe.architecture.is_network() {
            true => (recipe.architecture)
                .weights(inputs, outputs)
                .saturating_mul(4),
            // Its support vectors are as many as they are.
            false => MOST_OF_BASELINE,
        };
        let all = self.recipe.trained(self.task).map(most);
        all.fold(MOST_HEADER, u64::saturating_add)
    }

    /// Refuses a description that does not say what its task, its network and its input are.
    ///
    /// # Errors
    /// A sentence that names the key.
    pub fn check(&self) -> Result<(), String> {
        self.recipe.check().map_err(|e| format!("recipe: {e}"))?;
        let task = self.task;
        check_names("outputs", &self.outputs)?;
        self.classes.check()?;
        match task {
            Task::Categorical if self.outputs.len() < 2 => {
                return Err(format!(
                    "outputs are {:?}; the categorical task has two classes or more",
                    self.outputs
                ));
            }
            Task::Categorical if self.outputs != self.classes.names => {
                return Err(format!(
                    "outputs are {:?}; classes.names are {:?}",
                    self.outputs, self.classes.names
                ));
            }
            Task::Categorical => {}
            Task::Dimensional => {
                let mut places = self
                    .outputs
                    .iter()
                    .map(|name| SCALES.iter().position(|scale| scale == name).map(Some));
                let in_order = places.try_fold(None, |last, place| {
                    let place = place?;
                    (place > last).then_some(place)
                });
                if self.outputs.is_empty() || in_order.is_none() {
                    return Err(format!(
                        "outputs are {:?}; those of the dimensional task are some of {SCALES:?}, in this order",
                        self.outputs
                    ));
                }
            }
        }
        if self.columns.is_empty() || self.columns.len() > MOST_COLUMNS {
            return Err(format!(
                "columns has {} names; a model has 1 to {MOST_COLUMNS}",
                self.columns.len()
            ));
        }
        let front_end = self.recipe.features.as_front_end();
        if self.features_table.is_none() && self.columns != front_end.columns() {
            return Err(format!(
                "columns are not those of its features ({}) in this version",
                front_end.words()
            ));
        }
        self.normaliser
            .check(self.columns.len())
            .map_err(|e| format!("normaliser.{e}"))?;
        let (mean, deviation) = (&self.target_mean, &self.target_deviation);
        for (key, values) in [("target_mean", mean), ("target_deviation", deviation)] {
            if values.len() != self.outputs.len() {
                return Err(format!(
                    "{key} has {} numbers; there are {} outputs",
                    values.len(),
                    self.outputs.len()
                ));
            }
        }
        self.check_calibration()?;
        match task {
            Task::Categorical => {
                for (key, values, of_classes) in [
                    ("target_mean", mean, 0.0),
                    ("target_deviation", deviation, 1.0),
                ] {
                    if let Some(x) = values.iter().find(|x| **x != of_classes) {
                        return Err(format!("{key} has {x}; of classes it is {of_classes}"));
                    }
                }
                Ok(())
            }
            Task::Dimensional => check_scale(mean, deviation).map_err(|e| format!("target_{e}")),
        }
    }

    /// Refuses a calibration that is not what the recipe asks for.
    fn check_calibration(&self) -> Result<(), String> {
        match (self.task, &self.calibration) {
            (Task::Dimensional, Some(_)) => {
                Err("calibration is of probabilities; the dimensional task has none".to_owned())
            }
            (Task::Dimensional, None) => Ok(()),
            (Task::Categorical, Some(calibration)) => calibration
                .check(&self.recipe)
                .map_err(|e| format!("calibration.{e}")),
            (Task::Categorical, None) => match self.recipe.keys_of_calibration().first() {
                Some(key) => Err(format!(
                    "calibration is missing, and the recipe asks for it ({key})"
                )),
                None => Ok(()),
            },
        }
    }

    /// The largest probability below which an answer is uncertain, if one was chosen.
    #[must_use]
    pub fn uncertain_below(&self) -> Option<f32> {
        self.calibration.as_ref()?.uncertain_below
    }
}

/// The most bytes of what a baseline has learnt.
const MOST_OF_BASELINE: u64 = 1 << 32;

/// The most bytes of names, shapes and notes in a file of weights.
const MOST_HEADER: u64 = 1 << 24;

/// A model that can predict, on several threads at once if they like.
#[derive(Clone, Debug)]
pub struct Model {
    /// What it is.
    pub description: Description,
    pub(crate) engine: Box<dyn Engine>,
}

impl Model {
    /// From its parts; the engine must have as many outputs as the description names.
    #[must_use]
    pub fn new(description: Description, engine: Box<dyn Engine>) -> Self {
        Self {
            description,
            engine,
        }
    }

    /// For each utterance, heard in this order from the speaker beside it: class
    /// probabilities, or values on the corpus's scale. Who speaks matters only to models
    /// that normalise by speaker ([`Normalisation`](crate::Normalisation)). An utterance
    /// without frames gets whatever a network makes of nothing: uniform probabilities or
    /// the training mean.
    pub fn predict(&self, utterances: &[&Features], speakers: &[&str]) -> Vec<Vec<f32>> {
        let mut listener = self.listener();
        for (features, speaker) in utterances.iter().zip(speakers) {
            listener.hear_of(features, speaker);
        }
        self.predict_next(&mut listener, utterances, speakers)
    }

    /// Somebody who has heard nothing yet, for [`Model::predict_next`].
    #[must_use]
    pub fn listener(&self) -> Listener {
        Listener::new(
            self.description.recipe.normalise,
            self.description.normaliser.clone(),
        )
    }

    /// [`Model::predict`] for some utterances that `listener` hears after those of earlier calls:
    /// the same answers as for all at once, and no more held than the network needs for a few.
    pub fn predict_next(
        &self,
        listener: &mut Listener,
        utterances: &[&Features],
        speakers: &[&str],
    ) -> Vec<Vec<f32>> {
        let normalisers: Vec<Normaliser> = utterances
            .iter()
            .zip(speakers)
            .map(|(features, speaker)| listener.next(features, speaker))
            .collect();
        let how = self.description.recipe.normalisation();
        let outputs = self.description.outputs.len();
        let mut rows = vec![vec![0.0; outputs]; utterances.len()];
        for batch in batches(&*self.engine, utterances) {
            let normalised: Vec<Features> = batch
                .iter()
                .map(|i| {
                    let mut features = utterances[*i].clone();
                    how.normalise(&normalisers[*i], &mut features);
                    features
                })
                .collect();
            let references: Vec<&Features> = normalised.iter().collect();
            forward(&*self.engine, &references, &batch, &mut rows);
        }
        rows.into_iter().map(|row| self.finish(row)).collect()
    }

    /// The answer to one utterance that this normaliser is for ([`Listener::next`]).
    #[must_use]
    pub fn answer(&self, normaliser: &Normaliser, utterance: &Features) -> Vec<f32> {
        let mut normalised = utterance.clone();
        let how = self.description.recipe.normalisation();
        how.normalise(normaliser, &mut normalised);
        let outputs = self.description.outputs.len();
        let rows = predict_normalised(&*self.engine, &[&normalised], outputs);
        rows.into_iter()
            .next()
            .map_or_else(Vec::new, |row| self.finish(row))
    }

    fn finish(&self, row: Vec<f32>) -> Vec<f32> {
        match self.description.task {
            Task::Categorical => match &self.description.calibration {
                Some(calibration) => calibration.probabilities(&row),
                None => softmax(&row),
            },
            Task::Dimensional => row
                .iter()
                .zip(&self.description.target_mean)
                .zip(&self.description.target_deviation)
                .map(|((y, m), d)| y * d + m)
                .collect(),
        }
    }

    /// How many numbers were learnt, running statistics included.
    #[must_use]
    pub fn parameters(&self) -> usize {
        let tensors = self.engine.tensors();
        tensors.iter().map(|tensor| tensor.values.len()).sum()
    }

    /// Writes `model.safetensors` and `model.json` into a folder that exists.
    ///
    /// # Errors
    /// [`ModelError::File`].
    pub fn save(&self, folder: &Path) -> Result<(), ModelError> {
        let path = folder.join("model.json");
        let mut json =
            serde_json::to_vec_pretty(&self.description).map_err(|e| ModelError::Content {
                path: path.clone(),
                what: "model description",
                reason: e.to_string(),
            })?;
        json.push(b'\n');
        let weights = tensors::digest(
            (self.engine.tensors().into_iter()).map(|tensor| (tensor.name.to_string(), tensor)),
        );
        tensors::save(
            &folder.join("model.safetensors"),
            self.engine.tensors().into_iter(),
            Some(seal(self.description.format, &json, &weights)),
        )?;
        tensors::write(&path, &json)
    }

    /// Reads a model from its folder.
    ///
    /// # Errors
    /// A missing, truncated, foreign or newer file, with its path.
    pub fn load(folder: &Path) -> Result<Self, ModelError> {
        let (path, json) = Description::bytes(folder)?;
        let description = Description::from_json(&path, &json)?;
        let weights = folder.join("model.safetensors");
        let loaded = tensors::load(&weights, "model", description.most_bytes())?;
        Self::from_tensors(description, &json, loaded, &weights)
    }

    /// Reads a model whose two files are in memory: `model.json` and `model.safetensors`. `name`
    /// stands in errors where the path of a file would.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn from_bytes(name: &Path, json: &[u8], weights: &[u8]) -> Result<Self, ModelError> {
        let description = Description::from_json(&name.join("model.json"), json)?;
        let path = name.join("model.safetensors");
        let loaded = tensors::parse(&path, "model", weights)?;
        Self::from_tensors(description, json, loaded, &path)
    }

    fn from_tensors(
        description: Description,
        json: &[u8],
        mut loaded: tensors::Loaded,
        weights: &Path,
    ) -> Result<Self, ModelError> {
        let unusable = |reason: String| ModelError::Content {
            path: weights.to_owned(),
            what: "model",
            reason,
        };
        let seal = seal(description.format, json, &loaded.digest);
        let sizes = (description.columns.len(), description.outputs.len());
        let (recipe, task) = (&description.recipe, description.task);
        let restored = match recipe.is_ensemble() {
            true => EnsembleEngine::restore(recipe, task, sizes.1, &mut loaded)
                .map(|engine| Box::new(engine) as Box<dyn Engine>),
            false => recipe.architecture.restore(sizes, &mut loaded),
        };
        let engine = restored.map_err(unusable)?;
        loaded.nothing_left().map_err(unusable)?;
        let sealed = loaded.note.as_deref();
        if sealed != Some(&seal) && (sealed.is_some() || description.format >= SEALED) {
            return Err(unusable(
                "it was not written with the model.json beside it: one of the two is of another model, or was changed; a model is used as it was saved".into(),
            ));
        }
        Ok(Self {
            description,
            engine,
        })
    }
}

/// Raw outputs for normalised utterances, in the order given.
pub fn predict_normalised(
    engine: &dyn Engine,
    utterances: &[&Features],
    outputs: usize,
) -> Vec<Vec<f32>> {
    let mut rows = vec![vec![0.0; outputs]; utterances.len()];
    for batch in batches(engine, utterances) {
        let some: Vec<&Features> = batch.iter().map(|i| utterances[*i]).collect();
        forward(engine, &some, &batch, &mut rows);
    }
    rows
}

/// Utterances to predict together, by number: of like length, and no more than the network holds
/// in [`MOST_HELD`]. Those without frames are left out.
fn batches(engine: &dyn Engine, utterances: &[&Features]) -> Vec<Vec<usize>> {
    let most = most_frames(engine);
    let mut order: Vec<usize> = (0..utterances.len())
        .filter(|i| !utterances[*i].is_empty())
        .collect();
    order.sort_by_key(|i| (utterances[*i].frames(), *i));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut frames = 0;
    for i in order {
        let own = utterances[i].frames();
        match batches.last_mut() {
            Some(batch) if batch.len() < BATCH && frames + own <= most => {
                batch.push(i);
                frames += own;
            }
            _ => {
                batches.push(vec![i]);
                frames = own;
            }
        }
    }
    batches
}

fn most_frames(engine: &dyn Engine) -> usize {
    (MOST_HELD / engine.bytes_per_frame().max(1)).max(1)
}

/// Outputs of one batch, into the rows of its utterances.
fn forward(engine: &dyn Engine, utterances: &[&Features], batch: &[usize], rows: &mut [Vec<f32>]) {
    if let ([alone], [i]) = (utterances, batch)
        && alone.frames() > most_frames(engine)
    {
        rows[*i] = engine.predict_long(alone.values());
        return;
    }
    let sequences: Vec<&[f32]> = utterances.iter().map(|f| f.values()).collect();
    let outputs = engine.predict(&sequences);
    let width = outputs.len() / batch.len().max(1);
    for (i, row) in batch.iter().zip(outputs.chunks_exact(width.max(1))) {
        rows[*i].copy_from_slice(row);
    }
}
