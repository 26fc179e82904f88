//! The training loop, one epoch at a time, so that it can stop and go on anywhere between.

use std::path::Path;

use earnest_features::Features;
use earnest_random::Key;
use serde::{Deserialize, Serialize};

use crate::adam::Adam;
use crate::ahead::made_ahead;
use crate::engine::{Engine, Network, NetworkEngine};
use crate::error::ModelError;
use crate::loss::{Targets, distribution_loss, smoothed, weighted_loss};
use crate::masks::Masking;
use crate::mixup::Mixture;
use crate::moving_average::MovingAverage;
use crate::recipe::Recipe;
use crate::tensors::{self, TensorView, Values};

/// Where training utterances come from. `present` is called from many threads, in any
/// order; what it returns may depend on nothing but its arguments.
pub trait Presentations: Sync {
    /// Number of training utterances.
    fn len(&self) -> usize;
    /// True if there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Id of an utterance, for messages.
    fn id(&self, utterance: usize) -> &str;
    /// How much an utterance counts: what its loss is multiplied with. The mean over all is 1.
    fn weight(&self, _utterance: usize) -> f64 {
        1.0
    }
    /// Length in frames of the utterance as it is in the corpus; the first epoch is sorted
    /// by it.
    fn frames(&self, utterance: usize) -> usize;
    /// Normalised features of the utterance as presented in this epoch (counted from 0).
    ///
    /// # Errors
    /// Why it cannot be presented.
    fn present(&self, epoch: usize, utterance: usize) -> Result<Features, String>;
}

/// What an epoch came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochReport {
    /// Counted from 1.
    pub epoch: usize,
    /// Mean loss over the training utterances.
    pub training_loss: f64,
    /// Validation result: higher is better.
    pub validation: f64,
    /// Learning rate of this epoch.
    pub learning_rate: f64,
    /// True if this is the best validation result so far.
    pub best: bool,
}

/// The part of the state that is not tensors.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Progress {
    key: u64,
    history: Vec<EpochReport>,
    learning_rate: f64,
    best: Option<(usize, f64)>,
    since_halved: usize,
    adam_steps: u64,
    /// Training utterances; 0 before the first epoch.
    utterances: usize,
}

/// The most bytes of a checkpoint's note: a million epochs, which a recipe may ask for.
const MOST_NOTE: u64 = 1 << 28;

impl Progress {
    /// Refuses a progress that no training by this recipe can have made.
    fn check(&self, recipe: &Recipe) -> Result<(), String> {
        let done = self.history.len();
        if done > recipe.max_epochs {
            return Err(format!(
                "it has {done} epochs; max_epochs is {}",
                recipe.max_epochs
            ));
        }
        let is_rate = |rate: f64| rate > 0.0 && rate <= recipe.learning_rate;
        let is_rate = |epoch: usize, rate: f64| match recipe.scheduled_rate(epoch) {
            Some(scheduled) => rate == scheduled,
            None => is_rate(rate),
        };
        for (i, report) in self.history.iter().enumerate() {
            if report.epoch != i + 1 {
                return Err(format!("epoch {} stands in place {}", report.epoch, i + 1));
            }
            if !is_rate(i, report.learning_rate) {
                return Err(format!(
                    "the learning_rate of epoch {} is {}",
                    report.epoch, report.learning_rate
                ));
            }
        }
        if !is_rate(done, self.learning_rate) {
            return Err(format!("learning_rate is {}", self.learning_rate));
        }
        if let Some((epoch, score)) = self.best
            && !((1..=done).contains(&epoch) && score.is_finite())
        {
            return Err(format!("best is epoch {epoch} of {done}, with {score}"));
        }
        if self.since_halved > done {
            return Err(format!("since_halved is {} of {done}", self.since_halved));
        }
        if self.adam_steps < done as u64 || (done > 0 && self.utterances == 0) {
            return Err(format!(
                "adam_steps is {} and utterances {} after {done} epochs",
                self.adam_steps, self.utterances
            ));
        }
        Ok(())
    }
}

/// A training under way.
pub struct Trainer {
    recipe: Recipe,
    outputs: usize,
    key: Key,
    engine: NetworkEngine,
    best: Vec<Vec<f32>>,
    adam: Adam<f32>,
    average: Option<MovingAverage<f32>>,
    progress: Progress,
}

impl Trainer {
    /// A fresh network, drawn from `key`, for frames of `inputs` values.
    ///
    /// # Errors
    /// [`ModelError::Recipe`]: a number of the recipe makes no sense.
    pub fn new(
        recipe: Recipe,
        inputs: usize,
        outputs: usize,
        key: &Key,
    ) -> Result<Self, ModelError> {
        recipe.check().map_err(|reason| ModelError::Recipe {
            network: recipe.architecture.name(),
            reason,
        })?;
        let architecture = &recipe.architecture;
        let Some(network) = architecture.build(inputs, outputs, &key.with("weights")) else {
            return Err(ModelError::Recipe {
                network: architecture.name(),
                reason: "it is no network: it is fitted, not trained step by step".to_owned(),
            });
        };
        Ok(Self {
            progress: Progress {
                key: key.number(),
                history: Vec::new(),
                learning_rate: recipe.scheduled_rate(0).unwrap_or(recipe.learning_rate),
                best: None,
                since_halved: 0,
                adam_steps: 0,
                utterances: 0,
            },
            best: Vec::new(),
            adam: Adam {
                weight_decay: recipe.weight_decay,
                ..Adam::default()
            },
            average: recipe.average.map(MovingAverage::new),
            key: key.clone(),
            recipe,
            outputs,
            engine: NetworkEngine { network },
        })
    }

    /// What the epochs so far came to.
    #[must_use]
    pub fn history(&self) -> &[EpochReport] {
        &self.progress.history
    }

    /// The best epoch (counted from 1) and its validation result.
    #[must_use]
    pub fn best(&self) -> Option<(usize, f64)> {
        self.progress.best
    }

    /// True when no further epoch should be trained.
    #[must_use]
    pub fn finished(&self) -> bool {
        let done = self.progress.history.len();
        let since_best = done - self.progress.best.map_or(0, |(epoch, _)| epoch);
        let patience = self
            .recipe
            .lasting(self.recipe.patience, self.progress.utterances);
        let gives_up = self.recipe.ends_early() && done > 0 && since_best >= patience;
        done >= self.recipe.max_epochs || gives_up
    }

    /// The order in which utterances are presented: by length in the first epoch
    /// (SortaGrad), shuffled afterwards.
    fn order(&self, data: &dyn Presentations, epoch: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..data.len()).collect();
        if epoch == 0 {
            order.sort_by_key(|i| (data.frames(*i), *i));
        } else {
            self.key
                .with("order")
                .with(epoch as u64)
                .generator()
                .shuffle(&mut order);
        }
        order
    }

    /// Trains one epoch, then asks `validate` how good the engine is (higher is better).
    ///
    /// # Errors
    /// [`ModelError::Diverged`], or an utterance that cannot be presented.
    pub fn epoch(
        &mut self,
        data: &dyn Presentations,
        targets: &Targets,
        validate: &mut dyn FnMut(&dyn Engine) -> f64,
    ) -> Result<EpochReport, ModelError> {
        let epoch = self.progress.history.len();
        self.progress.utterances = data.len();
        let order = self.order(data, epoch);
        let batches: Vec<&[usize]> = order.chunks(self.recipe.batch_size).collect();
        let weights = self.weights(data, targets);
        let masking = Masking {
            frames: self.recipe.mask_frames,
            columns: self.recipe.mask_columns,
            key: self.key.clone(),
        };
        let mut total = 0.0;
        made_ahead(
            &batches,
            |i| {
                let mut features = data.present(epoch, *i)?;
                masking.apply(&mut features, epoch, *i);
                Ok(features)
            },
            |number, presented| {
                let batch = batches[number];
                let features = batch
                    .iter()
                    .zip(presented)
                    .map(|(i, features)| usable(data.id(*i), features))
                    .collect::<Result<Vec<_>, _>>()?;
                let value =
                    self.step(data, targets, &weights, batch, &features, (epoch, number))?;
                total += value * batch.len() as f64;
                Ok(())
            },
        )?;
        let averaged = self.averaged();
        let engine = averaged.as_ref().unwrap_or(&self.engine);
        let validation = validate(engine);
        let learning_rate = self.progress.learning_rate;
        let best = validation.is_finite()
            && self
                .progress
                .best
                .is_none_or(|(_, score)| validation > score);
        if best || self.best.is_empty() {
            self.best = values(&*engine.network);
        }
        if best {
            self.progress.best = Some((epoch + 1, validation));
            self.progress.since_halved = 0;
        } else if self.recipe.scheduled_rate(epoch).is_none() {
            self.progress.since_halved += 1;
            if self.progress.since_halved >= self.recipe.lasting(self.recipe.plateau, data.len()) {
                self.progress.learning_rate /= 2.0;
                self.progress.since_halved = 0;
            }
        }
        if let Some(rate) = self.recipe.scheduled_rate(epoch + 1) {
            self.progress.learning_rate = rate;
        }
        let report = EpochReport {
            epoch: epoch + 1,
            training_loss: total / data.len().max(1) as f64,
            validation,
            learning_rate,
            best,
        };
        self.progress.history.push(report.clone());
        Ok(report)
    }

    /// How much each utterance counts, its class's weight included.
    fn weights(&self, data: &dyn Presentations, targets: &Targets) -> Vec<f64> {
        let own: Vec<f64> = (0..data.len()).map(|i| data.weight(i)).collect();
        match targets {
            Targets::Classes(classes) => self.recipe.class_weights.of(classes, &own, self.outputs),
            Targets::Values(_) => own,
        }
    }

    /// One step on a batch; its loss.
    fn step(
        &mut self,
        data: &dyn Presentations,
        targets: &Targets,
        weights: &[f64],
        batch: &[usize],
        features: &[Features],
        (epoch, number): (usize, usize),
    ) -> Result<f64, ModelError> {
        let key = self
            .key
            .with("dropout")
            .with(epoch as u64)
            .with(number as u64);
        let mixture = self.recipe.mixup.map(|alpha| {
            let key = self.key.with("mixup").with(epoch as u64);
            Mixture::draw(batch.len(), alpha, &key.with(number as u64))
        });
        let mixed = mixture.as_ref().map(|m| m.of_features(features));
        let features = mixed.as_deref().unwrap_or(features);
        let sequences: Vec<&[f32]> = features.iter().map(Features::values).collect();
        let y = self.engine.network.forward(&sequences, &key);
        let wanted = select(targets, batch, self.outputs);
        let weights: Vec<f64> = batch.iter().map(|i| weights[*i]).collect();
        let smoothing = self.recipe.label_smoothing;
        let (value, gradient) = match (&wanted, &mixture) {
            (Targets::Classes(classes), _) if smoothing != 0.0 || mixture.is_some() => {
                let mut wanted = smoothed(classes, self.outputs, &weights, smoothing);
                if let Some(mixture) = &mixture {
                    wanted = mixture.of_rows(&wanted, self.outputs);
                }
                distribution_loss(&y, self.outputs, &wanted)
            }
            (Targets::Values(values), Some(mixture)) => {
                let values: Vec<f64> = values.iter().map(|x| f64::from(*x)).collect();
                let mixed = mixture.of_rows(&values, self.outputs);
                let mixed = Targets::Values(mixed.into_iter().map(|x| x as f32).collect());
                let weights = mixture.of_rows(&weights, 1);
                weighted_loss(&y, self.outputs, &mixed, &weights)
            }
            _ => weighted_loss(&y, self.outputs, &wanted, &weights),
        };
        let weight = weights.iter().sum::<f64>() / weights.len().max(1) as f64;
        let limit = EXPLODED * ignorant_loss(targets, self.outputs) * weight.max(1.0);
        if value.is_nan() || value > limit {
            let ids: Vec<&str> = batch.iter().map(|i| data.id(*i)).collect();
            return Err(ModelError::Diverged {
                epoch: epoch + 1,
                batch: number + 1,
                loss: value,
                utterances: ids.join(", "),
            });
        }
        self.engine.network.backward(&gradient);
        self.adam.step(
            self.engine.network.params_mut().into_iter(),
            self.progress.learning_rate,
            self.recipe.gradient_clip,
        );
        if let Some(average) = &mut self.average {
            average.take(self.adam.steps, &self.engine.network.tensors());
        }
        Ok(value)
    }

    /// The network with the averages of its weights, if they are averaged.
    fn averaged(&self) -> Option<NetworkEngine> {
        let average = self.average.as_ref().filter(|a| !a.values.is_empty())?;
        let mut engine = self.engine.clone();
        for (param, value) in engine
            .network
            .tensors_mut()
            .into_iter()
            .zip(&average.values)
        {
            param.value.clone_from(value);
        }
        Some(engine)
    }

    /// The network of the best epoch.
    #[must_use]
    pub fn into_best(mut self) -> Box<dyn Engine> {
        if !self.best.is_empty() {
            for (param, value) in self.engine.network.tensors_mut().into_iter().zip(self.best) {
                param.value = value;
            }
        }
        Box::new(self.engine)
    }

    /// Writes the whole state, so that [`Trainer::resume`] goes on with the same bits.
    ///
    /// # Errors
    /// [`ModelError::File`].
    pub fn save(&mut self, path: &Path) -> Result<(), ModelError> {
        self.progress.adam_steps = self.adam.steps;
        let note = serde_json::to_string(&self.progress).map_err(|e| ModelError::Content {
            path: path.to_owned(),
            what: "checkpoint",
            reason: e.to_string(),
        })?;
        let current = self
            .engine
            .network
            .tensors()
            .into_iter()
            .map(|p| (format!("now.{}", p.name), p.value.as_slice()));
        let averages = self.average.as_ref().map(|a| ("average", &a.values));
        let numbered = [
            ("best", &self.best),
            ("first", &self.adam.first),
            ("second", &self.adam.second),
        ]
        .into_iter()
        .chain(averages)
        .flat_map(|(prefix, list)| {
            list.iter()
                .enumerate()
                .map(move |(i, v)| (format!("{prefix}.{i}"), v.as_slice()))
        });
        tensors::save(
            path,
            current
                .chain(numbered)
                .map(|(name, v)| TensorView::new(name, vec![v.len()], Values::F32(v))),
            Some(note),
        )
    }

    /// Goes on from [`Trainer::save`]. The recipe and key must be those of that training.
    ///
    /// # Errors
    /// An unreadable or foreign file; a number of the recipe that makes no sense.
    pub fn resume(
        recipe: Recipe,
        inputs: usize,
        outputs: usize,
        key: &Key,
        path: &Path,
    ) -> Result<Self, ModelError> {
        let content = |reason: String| ModelError::Content {
            path: path.to_owned(),
            what: "checkpoint",
            reason,
        };
        let mut trainer = Self::new(recipe, inputs, outputs, key)?;
        // Now, best, two moments, and perhaps an average.
        let weights = trainer.recipe.architecture.weights(inputs, outputs);
        let most = weights.saturating_mul(5 * 4).saturating_add(MOST_NOTE);
        let mut loaded = tensors::load(path, "checkpoint", most)?;
        let note = loaded
            .note
            .take()
            .ok_or_else(|| content("it has no progress note".into()))?;
        let progress: Progress = serde_json::from_str(&note).map_err(|e| content(e.to_string()))?;
        if progress.key != trainer.progress.key {
            return Err(content("it belongs to another seed or unit".into()));
        }
        progress
            .check(&trainer.recipe)
            .map_err(|e| content(format!("its progress note: {e}")))?;
        for param in trainer.engine.network.tensors_mut() {
            let name = format!("now.{}", param.name);
            param.value = loaded.take(&name, &[param.value.len()]).map_err(content)?;
        }
        trainer.engine.network.check().map_err(content)?;
        let state_sizes: Vec<usize> = trainer
            .engine
            .network
            .tensors()
            .iter()
            .map(|p| p.value.len())
            .collect();
        let trained_sizes: Vec<usize> = trainer
            .engine
            .network
            .params_mut()
            .iter()
            .map(|p| p.value.len())
            .collect();
        let mut numbered = |prefix: &str, sizes: &[usize]| {
            sizes
                .iter()
                .enumerate()
                .map(|(i, n)| loaded.take(&format!("{prefix}.{i}"), &[*n]))
                .collect::<Result<Vec<_>, _>>()
                .map_err(content)
        };
        trainer.best = numbered("best", &state_sizes)?;
        trainer.adam.first = numbered("first", &trained_sizes)?;
        trainer.adam.second = numbered("second", &trained_sizes)?;
        if let Some(average) = &mut trainer.average {
            average.values = numbered("average", &state_sizes)?;
        }
        loaded.nothing_left().map_err(content)?;
        if let Some(average) = &trainer.average {
            let params = trainer.engine.network.tensors();
            for (param, value) in params.iter().zip(&average.values) {
                param
                    .check_value(value)
                    .map_err(|e| content(format!("of the average, {e}")))?;
            }
        }
        for (param, best) in trainer.engine.network.tensors().iter().zip(&trainer.best) {
            param
                .check_value(best)
                .map_err(|e| content(format!("of the best epoch, {e}")))?;
        }
        for (i, moments) in trainer.adam.second.iter().enumerate() {
            if moments.iter().any(|x| *x < 0.0) {
                return Err(content(format!(
                    "tensor second.{i} has a number below 0; it is a mean of squares"
                )));
            }
        }
        trainer.adam.steps = progress.adam_steps;
        trainer.progress = progress;
        Ok(trainer)
    }
}

/// The features of an utterance, if there is something to learn from.
fn usable(id: &str, features: Result<Features, String>) -> Result<Features, ModelError> {
    let reason = match features {
        Ok(features) if features.is_empty() => "it is shorter than one 60 ms frame".to_owned(),
        Ok(features) => return Ok(features),
        Err(reason) => reason,
    };
    Err(ModelError::Presentation {
        id: id.to_owned(),
        reason,
    })
}

/// Training is given up when a batch's loss is this many times that of knowing nothing.
const EXPLODED: f64 = 100.0;

/// The loss of a network that knows nothing: equal probabilities, or the mean of
/// standardised values.
fn ignorant_loss(targets: &Targets, outputs: usize) -> f64 {
    match targets {
        Targets::Classes(_) => (outputs.max(2) as f64).ln(),
        Targets::Values(_) => 1.0,
    }
}

fn values(network: &dyn Network<f32>) -> Vec<Vec<f32>> {
    network.tensors().iter().map(|p| p.value.clone()).collect()
}

/// The targets of a batch.
fn select(targets: &Targets, batch: &[usize], width: usize) -> Targets {
    match targets {
        Targets::Classes(all) => Targets::Classes(batch.iter().map(|i| all[*i]).collect()),
        Targets::Values(all) => Targets::Values(
            batch
                .iter()
                .flat_map(|i| all[i * width..(i + 1) * width].iter().copied())
                .collect(),
        ),
    }
}
