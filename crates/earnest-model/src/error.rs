//! What can go wrong with a model or its training.

use std::path::PathBuf;

/// Why training stopped or a model could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Numbers that nothing can be trained with.
    #[error("the recipe for the {network} cannot be used: {reason}")]
    Recipe {
        /// The network it is for.
        network: &'static str,
        /// The key, and what is wrong with it.
        reason: String,
    },
    /// The loss became NaN, infinite or absurdly large.
    #[error(
        "the loss is {loss} in epoch {epoch}, batch {batch} (utterances {utterances}); a lower learning_rate usually helps, else look at these utterances"
    )]
    Diverged {
        /// Epoch, counted from 1.
        epoch: usize,
        /// Batch in the epoch, counted from 1.
        batch: usize,
        /// The loss.
        loss: f64,
        /// Ids of the batch.
        utterances: String,
    },
    /// An utterance could not be presented.
    #[error("cannot present utterance {id}: {reason}")]
    Presentation {
        /// The utterance.
        id: String,
        /// Why.
        reason: String,
    },
    /// A file could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{} is no usable {what}: {reason}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What it should be.
        what: &'static str,
        /// Why it is not.
        reason: String,
    },
}
