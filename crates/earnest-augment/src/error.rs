//! Why a waveform cannot be augmented.

use earnest_signal::SoundError;

/// Why a presentation cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AugmentError {
    /// A step draws from an empty bank.
    #[error("the chain has a step `{0}`, but there is no {0} to draw from")]
    Nothing(&'static str),
    /// The log of draws names a sound that is not there.
    #[error(
        "there is no {kind} named {name}; draws are replayed with the sounds they were drawn from"
    )]
    Unknown {
        /// Noise or room.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// The log of draws has a number that no chain can draw.
    #[error("the log of draws has a number that no chain can draw: {0}")]
    Log(String),
    /// A sample is no number any more.
    #[error(
        "its steps together make the recording louder than any number; take smaller gains and ratios"
    )]
    Beyond,
    /// A sound cannot be used any more.
    #[error(transparent)]
    Sound(#[from] SoundError),
}
