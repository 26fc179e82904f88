//! A model that can be given samples.

use std::path::Path;
use std::sync::Arc;

use earnest_audio::SAMPLE_RATE;
use earnest_features::{Features, FrontEnd};
use earnest_model::{Description, Listener, Model};

use crate::error::RecogniserError;
use crate::feature_reader::{FeatureReader, SpareReaders};

/// A model with its front end: samples in, answers out. Everything that predicts goes through it.
/// It never changes, a clone is cheap, and any number of threads may ask one.
#[derive(Clone, Debug)]
pub struct Recogniser {
    model: Arc<Model>,
    readers: Arc<SpareReaders>,
}

impl Recogniser {
    /// The model in a folder (`model.json`, `model.safetensors`).
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn load(folder: &Path) -> Result<Self, RecogniserError> {
        Ok(Self::of(Model::load(folder)?))
    }

    /// A model that is in memory. One that was trained on a table of features can be given features
    /// only ([`Recogniser::answers`]).
    #[must_use]
    pub fn of(model: Model) -> Self {
        Self {
            model: Arc::new(model),
            readers: Arc::default(),
        }
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// What the model says of itself.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.model.description
    }

    /// Names of an answer's values: the classes, or the scales.
    #[must_use]
    pub fn outputs(&self) -> &[String] {
        &self.model.description.outputs
    }

    /// The probability below which the model's own answers are uncertain, as it was chosen on the
    /// utterances that validated; none where its recipe did not ask for it.
    #[must_use]
    pub fn uncertain_below(&self) -> Option<f32> {
        self.model.description.uncertain_below()
    }

    /// The front end that makes this model's features of samples.
    ///
    /// # Errors
    /// [`RecogniserError::Table`]: there is none.
    pub fn front_end(&self) -> Result<&dyn FrontEnd, RecogniserError> {
        let description = &self.model.description;
        match &description.features_table {
            None => Ok(description.recipe.features.as_front_end()),
            Some(table) => Err(RecogniserError::Table {
                table: table.clone(),
            }),
        }
    }

    pub(crate) fn shared_model(&self) -> Arc<Model> {
        Arc::clone(&self.model)
    }

    /// Makes features of files as this model wants them.
    ///
    /// # Errors
    /// [`RecogniserError::FrontEnd`], or [`RecogniserError::Table`].
    pub fn reader(&self) -> Result<FeatureReader, RecogniserError> {
        let front_end = self.front_end()?;
        let stream = front_end.open(SAMPLE_RATE)?;
        Ok(FeatureReader::new(stream, front_end.shortest_s()))
    }

    /// Readers for who needs one for a moment.
    pub(crate) fn readers(&self) -> &SpareReaders {
        &self.readers
    }

    /// Somebody who has heard nothing yet, for [`Recogniser::answers`].
    #[must_use]
    pub fn listener(&self) -> Listener {
        self.model.listener()
    }

    /// Answers to utterances of which there are features already, heard in this order from the
    /// speaker beside each: probabilities, or values. `listener` has heard the utterances of
    /// earlier calls, and was told of all of them beforehand if it
    /// [needs that](Listener::needs_all).
    ///
    /// # Errors
    /// [`RecogniserError::OtherFeatures`] or [`RecogniserError::NoNumber`].
    pub fn answers(
        &self,
        listener: &mut Listener,
        utterances: &[&Features],
        speakers: &[&str],
    ) -> Result<Vec<Vec<f32>>, RecogniserError> {
        let columns = self.model.description.columns.len();
        if let Some(other) = utterances.iter().find(|f| f.columns() != columns) {
            return Err(RecogniserError::OtherFeatures {
                expected: match self.front_end() {
                    Ok(front_end) => front_end.words(),
                    Err(_) => "a table".to_owned(),
                },
                columns,
                given: other.columns(),
            });
        }
        let answers = self.model.predict_next(listener, utterances, speakers);
        for (i, answer) in answers.iter().enumerate() {
            require_numbers(answer, i)?;
        }
        Ok(answers)
    }
}

/// Refuses an answer that is no number.
pub(crate) fn require_numbers(answer: &[f32], utterance: usize) -> Result<(), RecogniserError> {
    match answer.iter().all(|x| x.is_finite()) {
        true => Ok(()),
        false => Err(RecogniserError::NoNumber {
            utterance,
            heard: format!("utterance {}", utterance + 1),
        }),
    }
}
