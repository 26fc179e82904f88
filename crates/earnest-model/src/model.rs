//! A trained model: a network, and what is needed to use it. On disk a folder with
//! `model.safetensors` (weights) and `model.json` (description). Data, never code.

use std::path::Path;

use earnest_features::{Features, Normaliser, descriptor};
use earnest_random::Key;
use serde::{Deserialize, Serialize};

use crate::error::ModelError;
use crate::heard::Heard;
use crate::loss::softmax;
use crate::network::{Network, Pass};
use crate::recipe::{Recipe, Task};
use crate::tensors;

/// Version of the layout of `model.json`. Version 1 had neither `normalise`, `pooling` nor
/// `dropout`; it is read as the paper's. Versions 1 and 2 had no `heard`: such a model cannot say
/// what it was trained on.
pub const FORMAT: u32 = 3;

/// Utterances that are predicted in one batch.
const BATCH: usize = 32;

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
    /// Names of the outputs: the classes, or `arousal` and `valence`.
    pub outputs: Vec<String>,
    /// Names of the input columns.
    pub descriptors: Vec<String>,
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
}

/// A model that can predict.
#[derive(Clone, Debug)]
pub struct Model {
    /// What it is.
    pub description: Description,
    pub(crate) network: Network<f32>,
}

impl Model {
    /// From its parts; the network must have as many outputs as the description names.
    #[must_use]
    pub fn new(description: Description, network: Network<f32>) -> Self {
        Self {
            description,
            network,
        }
    }

    /// For each utterance, heard in this order from the speaker beside it: class
    /// probabilities, or values on the corpus's scale. Who speaks matters only to models
    /// that normalise by speaker ([`Normalisation`](crate::Normalisation)). An utterance
    /// without frames gets whatever a network makes of nothing: uniform probabilities or
    /// the training mean.
    pub fn predict(&mut self, utterances: &[&Features], speakers: &[&str]) -> Vec<Vec<f32>> {
        let normalised = self.description.recipe.normalise.apply(
            &self.description.normaliser,
            utterances,
            speakers,
        );
        let references: Vec<&Features> = normalised.iter().collect();
        predict_normalised(
            &mut self.network,
            &references,
            self.description.outputs.len(),
        )
        .into_iter()
        .map(|row| self.finish(row))
        .collect()
    }

    fn finish(&self, row: Vec<f32>) -> Vec<f32> {
        match self.description.task {
            Task::Categorical => softmax(&row),
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
        self.network.tensors().iter().map(|p| p.value.len()).sum()
    }

    /// Writes `model.safetensors` and `model.json` into a folder that exists.
    ///
    /// # Errors
    /// [`ModelError::File`].
    pub fn save(&self, folder: &Path) -> Result<(), ModelError> {
        tensors::save(
            &folder.join("model.safetensors"),
            self.network
                .tensors()
                .into_iter()
                .map(|p| (p.name.clone(), p.shape.clone(), p.value.as_slice())),
            None,
        )?;
        let path = folder.join("model.json");
        let mut json =
            serde_json::to_vec_pretty(&self.description).map_err(|e| ModelError::Content {
                path: path.clone(),
                what: "model description",
                reason: e.to_string(),
            })?;
        json.push(b'\n');
        tensors::write(&path, &json)
    }

    /// Reads a model from its folder.
    ///
    /// # Errors
    /// A missing, truncated, foreign or newer file, with its path.
    pub fn load(folder: &Path) -> Result<Self, ModelError> {
        let path = folder.join("model.json");
        let content = |reason: String| ModelError::Content {
            path: path.clone(),
            what: "model description",
            reason,
        };
        let json = std::fs::read(&path).map_err(|source| ModelError::File {
            action: "read",
            path: path.clone(),
            source,
        })?;
        let value: serde_json::Value =
            serde_json::from_slice(&json).map_err(|e| content(e.to_string()))?;
        match value.get("format").and_then(serde_json::Value::as_u64) {
            Some(v) if (1..=u64::from(FORMAT)).contains(&v) => {}
            Some(v) => {
                return Err(content(format!(
                    "its format is {v}, this version of Earnest reads 1 to {FORMAT}; a newer Earnest may have written it"
                )));
            }
            None => return Err(content("it has no format number".into())),
        }
        let description: Description =
            serde_json::from_value(value).map_err(|e| content(e.to_string()))?;
        description.recipe.check().map_err(content)?;
        let outputs = description.outputs.len();
        if outputs == 0
            || description.target_mean.len() != outputs
            || description.target_deviation.len() != outputs
        {
            return Err(content("outputs and target scaling do not fit".into()));
        }
        if description.descriptors != descriptor::NAMES {
            return Err(content(
                "its descriptors are not the 32 that this version extracts".into(),
            ));
        }
        if description.normaliser.mean.len() != descriptor::COUNT
            || description.normaliser.deviation.len() != descriptor::COUNT
        {
            return Err(content(
                "its normaliser is not one of 32 descriptors".into(),
            ));
        }
        // 1e300 is a number to JSON and none to an f32.
        let normaliser = &description.normaliser;
        let scales = [&normaliser.deviation, &description.target_deviation];
        let means = [&normaliser.mean, &description.target_mean];
        if means.into_iter().flatten().any(|m| !m.is_finite())
            || scales
                .into_iter()
                .flatten()
                .any(|d| !d.is_finite() || *d <= 0.0)
        {
            return Err(content(
                "a mean is not finite, or a deviation not finite and above 0".into(),
            ));
        }
        let weights = folder.join("model.safetensors");
        let mut loaded = tensors::load(&weights, "model")?;
        // A description may ask for any network: none is made that the file cannot fill.
        let architecture = &description.recipe.architecture;
        let needed = architecture.weights(descriptor::COUNT, outputs);
        let found: usize = loaded.tensors.values().map(Vec::len).sum();
        if needed > found as u64 {
            return Err(ModelError::Content {
                path: weights,
                what: "model",
                reason: format!(
                    "its tensors have {found} values, the {} of model.json has {needed}",
                    architecture.name()
                ),
            });
        }
        let mut network = Network::new(
            &description.recipe.architecture,
            descriptor::COUNT,
            outputs,
            &Key::new(0),
        );
        for param in network.tensors_mut() {
            param.value = loaded
                .take(&param.name, param.value.len())
                .map_err(|reason| ModelError::Content {
                    path: weights.clone(),
                    what: "model",
                    reason,
                })?;
        }
        Ok(Self {
            description,
            network,
        })
    }
}

/// Raw outputs for normalised utterances, in the order given. Batches are made of
/// utterances of like length.
pub fn predict_normalised(
    network: &mut Network<f32>,
    utterances: &[&Features],
    outputs: usize,
) -> Vec<Vec<f32>> {
    let mut order: Vec<usize> = (0..utterances.len())
        .filter(|i| !utterances[*i].is_empty())
        .collect();
    order.sort_by_key(|i| (utterances[*i].frames(), *i));
    let mut out = vec![vec![0.0; outputs]; utterances.len()];
    for batch in order.chunks(BATCH) {
        let sequences: Vec<&[f32]> = batch.iter().map(|i| utterances[*i].values()).collect();
        let rows = network.forward(&sequences, Pass::Inference);
        for (i, row) in batch.iter().zip(rows.chunks_exact(outputs)) {
            out[*i].copy_from_slice(row);
        }
    }
    out
}
