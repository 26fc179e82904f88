//! What a chain draws from.

use earnest_signal::SoundBank;

/// The noises and rooms that a chain draws from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Background noises.
    pub noises: SoundBank,
    /// Room responses.
    pub rooms: SoundBank,
}
