//! Why a corpus cannot be opened or written.

use std::path::PathBuf;

use earnest_audio::AudioError;

/// Why a folder cannot be opened as a corpus at all.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// No such folder.
    #[error("there is no corpus at {}: {source}", path.display())]
    Absent {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Nothing known was found.
    #[error(
        "{} is not laid out like any corpus that Earnest knows ({audio} audio files in it{unlisted}); known are {known}. Point to the folder that holds the corpus as it was unpacked, or write a manifest.csv with the columns path, speaker, emotion",
        path.display()
    )]
    Unrecognised {
        /// The path.
        path: PathBuf,
        /// Audio files found below it.
        audio: usize,
        /// What of it could not be listed.
        unlisted: String,
        /// Names of known layouts.
        known: String,
    },
    /// A root was given, and there is no manifest or `wav.scp` that it could be for.
    #[error(
        "{} was read as {layout}: a root is for the paths of a manifest, or of Kaldi's wav.scp; leave it out, or name the manifest",
        path.display()
    )]
    Root {
        /// The path.
        path: PathBuf,
        /// The layout.
        layout: &'static str,
    },
    /// The classes that are asked for are none of this corpus.
    #[error("{}: {detail}", path.display())]
    Classes {
        /// The path.
        path: PathBuf,
        /// What is wrong with them.
        detail: String,
    },
    /// Corpora that cannot be joined to one.
    #[error("{0}")]
    Joined(String),
    /// The layout is there but no utterance could be used.
    #[error(
        "{} was read as {layout} and holds no usable utterance; first problem: {first}",
        path.display()
    )]
    Empty {
        /// The path.
        path: PathBuf,
        /// The layout.
        layout: &'static str,
        /// The first problem found.
        first: String,
    },
    /// The file that says whether the corpus is synthetic does not say it.
    #[error(
        "cannot tell whether this corpus is synthetic: {} cannot be read ({detail}); write the corpus again with `earnest corpus synthesize`, or remove the file if its recordings are of people",
        path.display()
    )]
    Marker {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// A file could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Audio could not be written.
    #[error(transparent)]
    Audio(#[from] AudioError),
}
