//! What can be wrong with an audio file, said so that a person can act on it.

use std::path::{Path, PathBuf};

use crate::stretch::Stretch;

/// Why a recording could not be read or written. Every variant names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AudioError {
    /// The file could not be opened.
    #[error("cannot open audio file {}: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file has no bytes.
    #[error("audio file {} is empty (0 bytes); copy or record it again", .0.display())]
    Empty(PathBuf),
    /// The content is in no known format.
    #[error(
        "{} is not audio that Earnest can read ({detail}); WAV, AIFF, FLAC, Ogg/Vorbis and MP3 are, whatever the file's extension",
        path.display()
    )]
    NotAudio {
        /// The file.
        path: PathBuf,
        /// What the recogniser said.
        detail: String,
    },
    /// The header is fine but there are no samples.
    #[error("audio file {} holds no samples (0 s); remove it or record it again", .0.display())]
    NoSamples(PathBuf),
    /// The file ends before its header says it does.
    #[error(
        "audio file {} is truncated: its header promises {promised} samples a channel, {found} are there; copy it again from its source",
        path.display()
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Samples a channel by the header.
        promised: u64,
        /// Samples a channel that could be decoded.
        found: u64,
    },
    /// The stream does not come to its end.
    #[error(
        "audio file {} is truncated: its last page is missing or cut; copy it again from its source",
        .0.display()
    )]
    Unfinished(PathBuf),
    /// The coded data are broken.
    #[error("audio file {} is damaged after {at_s:.2} s ({detail}); copy it again from its source", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where decoding broke, in seconds.
        at_s: f64,
        /// What the decoder said.
        detail: String,
    },
    /// A sample is NaN or infinite.
    #[error(
        "audio file {} holds a sample that is no number (NaN or infinite) at {at_s:.4} s; the tool that wrote it is at fault: export it again",
        path.display()
    )]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// Where the first one is, in seconds.
        at_s: f64,
    },
    /// The recording is longer than is sensible.
    #[error(
        "audio file {} is longer than {limit_h:.0} h; cut it into utterances first",
        path.display()
    )]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The limit, in hours.
        limit_h: f64,
    },
    /// A stretch is not in the recording.
    #[error(
        "audio file {} lasts {length_s:.3} s; the stretch {stretch} s reaches beyond its end: mend start and end, or copy the whole file",
        path.display()
    )]
    BeyondEnd {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        stretch: Stretch,
        /// How long the file is, seconds.
        length_s: f64,
    },
    /// The rate is unusable.
    #[error("audio file {} has a sample rate of {rate} Hz; {low} to {high} Hz can be read", path.display())]
    Rate {
        /// The file.
        path: PathBuf,
        /// Its rate in Hz.
        rate: u32,
        /// Lowest rate read, Hz.
        low: u32,
        /// Highest rate read, Hz.
        high: u32,
    },
    /// The resampler refused.
    #[error("cannot resample {} from {from} Hz to {to} Hz: {detail}", path.display())]
    Resample {
        /// The file.
        path: PathBuf,
        /// Rate it has, Hz.
        from: u32,
        /// Rate wanted, Hz.
        to: u32,
        /// What the resampler said.
        detail: String,
    },
    /// The file could not be written.
    #[error("cannot write audio file {}: {detail}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        detail: String,
    },
}

impl AudioError {
    /// The file the error is about.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Empty(path) | Self::NoSamples(path) | Self::Unfinished(path) => path,
            Self::Open { path, .. }
            | Self::NotAudio { path, .. }
            | Self::Truncated { path, .. }
            | Self::Damaged { path, .. }
            | Self::NotFinite { path, .. }
            | Self::TooLong { path, .. }
            | Self::BeyondEnd { path, .. }
            | Self::Rate { path, .. }
            | Self::Resample { path, .. }
            | Self::Write { path, .. } => path,
        }
    }
}
