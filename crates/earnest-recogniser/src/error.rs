//! Why there is no answer.

use std::path::PathBuf;

use earnest_audio::{AudioError, ResampleError};
use earnest_features::FrontEndError;
use earnest_model::ModelError;

/// Why a recogniser cannot be made, or cannot answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecogniserError {
    /// The model's files.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The model's front end cannot be opened.
    #[error("the model's front end cannot be opened: {0}")]
    FrontEnd(#[from] FrontEndError),
    /// An audio file.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// Samples of this rate cannot be brought to the rate of models.
    #[error(transparent)]
    Resample(#[from] ResampleError),
    /// The model was trained on a table of features, of which nobody knows how to make them of
    /// samples.
    #[error(
        "the model was trained on a table of features ({table}), so it cannot be given audio; `earnest reproduce --features-table` tests such a model in its own experiment"
    )]
    Table {
        /// The table.
        table: String,
    },
    /// Features of another front end.
    #[error(
        "the model takes features of {expected} ({columns} columns), and was given {given} columns"
    )]
    OtherFeatures {
        /// The model's front end in words.
        expected: String,
        /// Its columns.
        columns: usize,
        /// What was given.
        given: usize,
    },
    /// A file is too short for a row of features.
    #[error("{} is shorter than {:.0} ms", path.display(), shortest_s * 1000.0)]
    TooShort {
        /// The file.
        path: PathBuf,
        /// Seconds of audio that the first row needs.
        shortest_s: f64,
    },
    /// The model's weights are of no use.
    #[error(
        "the model answers {heard} with what is no number, so its weights are of no use; train it again, or take another"
    )]
    NoNumber {
        /// Which utterance of those it was asked about, counted from 0.
        utterance: usize,
        /// What it is called.
        heard: String,
    },
    /// A stream cannot know what a speaker will say.
    #[error(
        "the model normalises by each speaker's own statistics (--normalise speaker), which are known only when all of a speaker's utterances were heard, so it cannot answer to a stream; train it with --normalise corpus or adaptive"
    )]
    NeedsAll,
    /// Windows or settings of segments that make no sense.
    #[error("{0}")]
    Segmentation(String),
    /// Samples that cannot be heard.
    #[error("{0}")]
    Samples(String),
}

impl RecogniserError {
    /// The same error about an utterance of another number.
    pub(crate) fn of_utterance(self, number: impl FnOnce(usize) -> usize) -> Self {
        match self {
            Self::NoNumber { utterance, .. } => {
                let utterance = number(utterance);
                Self::NoNumber {
                    utterance,
                    heard: format!("utterance {}", utterance + 1),
                }
            }
            other => other,
        }
    }

    /// The same error, with what the utterance is called that it is about, by its number from 0.
    #[must_use]
    pub fn naming(self, name: impl FnOnce(usize) -> String) -> Self {
        match self {
            Self::NoNumber { utterance, .. } => Self::NoNumber {
                utterance,
                heard: name(utterance),
            },
            other => other,
        }
    }
}
