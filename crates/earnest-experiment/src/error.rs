//! What can go wrong with an experiment.

use std::path::PathBuf;

/// Why an experiment stopped. Finished units are kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExperimentError {
    /// The corpus cannot be opened.
    #[error(transparent)]
    Corpus(#[from] earnest_corpus::CorpusError),
    /// A collection of noises or rooms cannot be opened.
    #[error(transparent)]
    Collection(#[from] earnest_corpus::CollectionError),
    /// The corpus cannot be folded.
    #[error(transparent)]
    Fold(#[from] crate::protocol::fold::FoldError),
    /// A model or its training failed.
    #[error(transparent)]
    Model(#[from] earnest_model::ModelError),
    /// An utterance cannot be heard in a condition.
    #[error(transparent)]
    Scene(#[from] earnest_scene::SceneError),
    /// What was heard in a simulated scene cannot be told.
    #[error(transparent)]
    SceneFolder(#[from] earnest_scene::simulate::FolderError),
    /// A file cannot be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("{} cannot be used: {reason}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// An utterance cannot be augmented.
    #[error("cannot augment {0}")]
    Augmentation(String),
    /// A person asked it to stop.
    #[error("stopped; what is finished is kept, and the same command goes on from there")]
    Stopped,
    /// Slurm, or what runs under it, failed.
    #[error("{0}")]
    Slurm(String),
    /// The experiment makes no sense.
    #[error("{0}")]
    Setup(String),
}

impl ExperimentError {
    /// A file, and what was tried with it ("write"): for [`Result::map_err`].
    pub fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }
}
