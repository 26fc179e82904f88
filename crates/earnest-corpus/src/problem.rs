//! Things found wrong in a corpus; each leaves out as little as possible.

use std::fmt;
use std::path::PathBuf;

/// What sort of problem it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ProblemKind {
    /// A label line that cannot be read.
    UnreadableLine,
    /// An utterance whose audio file is not there.
    MissingAudio,
    /// An audio file whose name tells nothing.
    UnknownName,
    /// The same id twice; the first counts.
    DuplicateId,
    /// A speaker in two sessions.
    SpeakerInTwoSessions,
    /// Audio that cannot be decoded.
    BadAudio,
    /// Audio that is silent.
    Silent,
    /// Audio that is clipped.
    Clipped,
    /// Audio shorter than one 60 ms frame.
    TooShort,
    /// A folder that the layout has is not there.
    MissingFolder,
}

impl ProblemKind {
    /// In words, for a heading.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UnreadableLine => "unreadable label line",
            Self::MissingAudio => "missing audio",
            Self::UnknownName => "file name not of this layout",
            Self::DuplicateId => "duplicate id",
            Self::SpeakerInTwoSessions => "speaker in two sessions",
            Self::BadAudio => "unreadable audio",
            Self::Silent => "silent",
            Self::Clipped => "clipped",
            Self::TooShort => "too short",
            Self::MissingFolder => "missing folder",
        }
    }

    /// True if the utterance cannot be used.
    #[must_use]
    pub fn excludes(self) -> bool {
        !matches!(
            self,
            Self::Clipped | Self::SpeakerInTwoSessions | Self::MissingFolder
        )
    }
}

/// One problem: where, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its sort.
    pub kind: ProblemKind,
    /// The file or folder it was found in.
    pub file: PathBuf,
    /// Line in a text file, from 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub detail: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}: {}", self.kind.name(), self.detail)
    }
}
