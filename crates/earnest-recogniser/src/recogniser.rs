//! A model that can be given samples.

use std::path::Path;
use std::sync::Arc;

use earnest_audio::SAMPLE_RATE;
use earnest_features::{Features, FrontEnd};
use earnest_model::{Description, Listener, Model};

use crate::answer::Answer;
use crate::error::RecogniserError;
use crate::feature_reader::FeatureReader;
use crate::segmentation::Segmentation;
use crate::stream::RecogniserStream;

/// A model with its front end: samples in, answers out. Everything that predicts goes through it.
/// It never changes, a clone is cheap, and any number of threads may ask one.
#[derive(Clone, Debug)]
pub struct Recogniser {
    model: Arc<Model>,
}

impl Recogniser {
    /// The model in a folder (`model.json`, `model.safetensors`).
    ///
    /// # Errors
    /// As [`Model::load`], and as [`Recogniser::of`].
    pub fn load(folder: &Path) -> Result<Self, RecogniserError> {
        Self::of(Model::load(folder)?)
    }

    /// A model that is in memory.
    ///
    /// # Errors
    /// [`RecogniserError::Table`]: it was trained on a table of features.
    pub fn of(model: Model) -> Result<Self, RecogniserError> {
        if let Some(table) = &model.description.features_table {
            return Err(RecogniserError::Table {
                table: table.clone(),
            });
        }
        let recogniser = Self {
            model: Arc::new(model),
        };
        // A front end that cannot be opened is known before anything is heard.
        recogniser.reader()?;
        Ok(recogniser)
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

    pub(crate) fn front_end(&self) -> &dyn FrontEnd {
        self.model.description.recipe.features.as_front_end()
    }

    pub(crate) fn shared_model(&self) -> Arc<Model> {
        Arc::clone(&self.model)
    }

    /// Makes features of files as this model wants them.
    ///
    /// # Errors
    /// [`RecogniserError::FrontEnd`].
    pub fn reader(&self) -> Result<FeatureReader, RecogniserError> {
        let front_end = self.front_end();
        let stream = front_end.open(SAMPLE_RATE)?;
        Ok(FeatureReader::new(stream, front_end.shortest_s()))
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
    /// [`RecogniserError::OtherFeatures`], or [`RecogniserError::NoNumber`] with the number of the
    /// utterance.
    pub fn answers(
        &self,
        listener: &mut Listener,
        utterances: &[&Features],
        speakers: &[&str],
    ) -> Result<Vec<Vec<f32>>, RecogniserError> {
        let columns = self.model.description.columns.len();
        if let Some(other) = utterances.iter().find(|f| f.columns() != columns) {
            return Err(RecogniserError::OtherFeatures {
                expected: self.front_end().words(),
                columns,
                given: other.columns(),
            });
        }
        let answers = self.model.predict_next(listener, utterances, speakers);
        for (i, answer) in answers.iter().enumerate() {
            require_numbers(answer, || format!("utterance {}", i + 1))?;
        }
        Ok(answers)
    }

    /// The answer to a whole recording of any rate (mono, full scale 1.0); none if it is too short
    /// for a row of features.
    ///
    /// # Errors
    /// As [`Recogniser::stream`] and [`RecogniserStream::push`].
    pub fn recognise(
        &self,
        samples: &[f32],
        sample_rate: u32,
    ) -> Result<Option<Answer>, RecogniserError> {
        let mut answer = None;
        let mut stream = self.stream(sample_rate, Segmentation::Whole)?;
        stream.push(samples, &mut |a| answer = Some(a))?;
        stream.finish(&mut |a| answer = Some(a))?;
        Ok(answer)
    }

    /// Begins to hear samples of any rate that come bit by bit. All that a stream hears is one
    /// speaker's, to a model that adapts to speakers.
    ///
    /// # Errors
    /// [`RecogniserError::NeedsAll`] for windows, [`RecogniserError::Segmentation`], a rate that
    /// cannot be resampled, or a front end that cannot be opened.
    pub fn stream(
        &self,
        sample_rate: u32,
        segmentation: Segmentation,
    ) -> Result<RecogniserStream, RecogniserError> {
        RecogniserStream::new(self, sample_rate, segmentation)
    }
}

/// Refuses an answer that is no number.
pub(crate) fn require_numbers(
    answer: &[f32],
    heard: impl Fn() -> String,
) -> Result<(), RecogniserError> {
    match answer.iter().all(|x| x.is_finite()) {
        true => Ok(()),
        false => Err(RecogniserError::NoNumber { heard: heard() }),
    }
}
