//! Things found wrong in a corpus; each leaves out as little as possible.

use std::fmt;
use std::path::PathBuf;

/// What sort of problem it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ProblemKind {
    /// A folder that cannot be listed: what is in it is not known.
    UnlistedFolder,
    /// A link that leads nowhere.
    DanglingLink,
    /// A pipe, a socket or a device where a file should be.
    NotAFile,
    /// A file or folder whose name is no text that a table could hold.
    UnusableName,
    /// A file of labels that cannot be read at all.
    UnreadableTable,
    /// A label line that cannot be read.
    UnreadableLine,
    /// An utterance whose audio file is not there.
    MissingAudio,
    /// An audio file whose name tells nothing.
    UnknownName,
    /// Audio files of which the labels, complete in this layout, do not speak.
    Unlabelled,
    /// The same id twice; the first counts.
    DuplicateId,
    /// The same stretch of the same file twice; the first counts.
    ListedAgain,
    /// Two utterances whose recordings by a robot would be one file; the first counts.
    SamePlace,
    /// Two utterances with the same samples.
    SameAudio,
    /// Two utterances that have a part of one recording in common.
    Overlapping,
    /// A speaker in two sessions.
    SpeakerInTwoSessions,
    /// An utterance whose speaker is not named.
    UnknownSpeaker,
    /// All utterances are of one speaker, or of none who is named.
    OneSpeaker,
    /// A speaker that the corpus is known to have is not there.
    MissingSpeaker,
    /// No utterance of a class.
    MissingClass,
    /// A label that can be no name of a class.
    UnusableLabel,
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
            Self::UnlistedFolder => "folder that cannot be listed",
            Self::DanglingLink => "link that leads nowhere",
            Self::NotAFile => "no file",
            Self::UnusableName => "name that cannot be used",
            Self::UnreadableTable => "unreadable label file",
            Self::UnreadableLine => "unreadable label line",
            Self::MissingAudio => "missing audio",
            Self::UnknownName => "file name not of this layout",
            Self::Unlabelled => "audio without a label",
            Self::DuplicateId => "duplicate id",
            Self::ListedAgain => "listed again",
            Self::SamePlace => "same place",
            Self::SameAudio => "same audio",
            Self::Overlapping => "overlapping",
            Self::SpeakerInTwoSessions => "speaker in two sessions",
            Self::UnknownSpeaker => "unknown speaker",
            Self::OneSpeaker => "one speaker",
            Self::MissingSpeaker => "missing speaker",
            Self::MissingClass => "missing class",
            Self::UnusableLabel => "label that is no name of a class",
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
            Self::Clipped
                | Self::SameAudio
                | Self::Overlapping
                | Self::SpeakerInTwoSessions
                | Self::UnknownSpeaker
                | Self::OneSpeaker
                | Self::MissingSpeaker
                | Self::MissingClass
                | Self::UnusableLabel
                | Self::MissingFolder
        )
    }

    /// True if nobody can say what was lost: the corpus may hold more than was found.
    #[must_use]
    pub fn hides(self) -> bool {
        matches!(
            self,
            Self::UnlistedFolder
                | Self::DanglingLink
                | Self::NotAFile
                | Self::UnusableName
                | Self::UnreadableTable
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
