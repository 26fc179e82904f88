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
    Fold(#[from] FoldError),
    /// A model or its training failed.
    #[error(transparent)]
    Model(#[from] earnest_model::ModelError),
    /// A model cannot be asked, or answers what is no number.
    #[error(transparent)]
    Recogniser(#[from] earnest_recogniser::RecogniserError),
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

/// Why a corpus cannot be folded.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    /// Not enough speakers.
    #[error(
        "leave-one-speaker-out needs at least 3 speakers (or 2 sessions of 2), the corpus has {speakers}: {list}"
    )]
    TooFew {
        /// Speakers there are.
        speakers: usize,
        /// Their names.
        list: String,
    },
    /// A speaker would be on both sides.
    #[error(
        "speaker {speaker} is in sessions {sessions}; a fold would train and test on one person. Give each speaker one session"
    )]
    Leak {
        /// The speaker.
        speaker: String,
        /// Sessions.
        sessions: String,
    },
    /// A fold was asked for that does not exist.
    #[error("there is no fold {asked}; folds are {known}")]
    Unknown {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: String,
    },
    /// More folds were asked for than there are.
    #[error("{asked} folds were asked for, and there are {there_are}; `all` takes them all")]
    TooManyFolds {
        /// Asked for.
        asked: usize,
        /// There are.
        there_are: usize,
    },
    /// A fold was named twice.
    #[error("fold {0} is named twice")]
    Twice(String),
    /// More groups than speakers or sessions.
    #[error(
        "protocol = \"groups:{groups}\" needs at least {groups} speakers (or sessions), the corpus has {there_are}"
    )]
    TooManyGroups {
        /// Asked for.
        groups: usize,
        /// There are.
        there_are: usize,
    },
    /// A person or an utterance would be on both sides.
    #[error("fold {fold}: {what}, so the test would not be honest{advice}")]
    BothSides {
        /// The fold.
        fold: String,
        /// Who is where.
        what: String,
        /// What to try.
        advice: &'static str,
    },
    /// An utterance is tested in two folds.
    #[error(
        "utterance {id} is tested in {folds}, so it would count twice; take it out of one of them, or run one of these folds only (--folds)"
    )]
    TestedTwice {
        /// The utterance.
        id: String,
        /// The folds.
        folds: String,
    },
    /// Several corpora cannot be cut so.
    #[error("{0}")]
    Corpora(String),
    /// A fold file cannot be used.
    #[error("{}{}: {reason}", path.display(), line.map(|l| format!(", line {l}")).unwrap_or_default())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The line, from 1.
        line: Option<usize>,
        /// Why.
        reason: String,
    },
}
