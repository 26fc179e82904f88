//! Decoded sounds, shared between threads: noises and room responses.

use std::sync::Arc;

use earnest_audio::rms;

/// One decoded sound at 16 kHz.
#[derive(Clone, Debug)]
pub struct Sound {
    /// Its name, as drawn and logged.
    pub name: String,
    /// What it was cut from: sounds of one source must not be split between training and
    /// test.
    pub source: String,
    /// Mono samples.
    pub samples: Arc<[f32]>,
}

/// Why a sound cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BankError {
    /// All samples are (nearly) zero.
    #[error("{0} is silent")]
    Silent(String),
}

/// A list of sounds to draw from. Cloning it does not copy the audio.
#[derive(Clone, Debug, Default)]
pub struct SoundBank {
    sounds: Arc<Vec<Sound>>,
}

/// Below this RMS a sound counts as silent (-90 dB).
const SILENCE: f32 = 3.2e-5;

impl SoundBank {
    /// A bank of these sounds, in this order.
    #[must_use]
    pub fn new(sounds: Vec<Sound>) -> Self {
        Self {
            sounds: Arc::new(sounds),
        }
    }

    /// The sounds.
    #[must_use]
    pub fn sounds(&self) -> &[Sound] {
        &self.sounds
    }

    /// True if there is nothing to draw from.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sounds.is_empty()
    }
}

impl Sound {
    /// A background noise: silence before and after it is cut off.
    ///
    /// # Errors
    /// [`BankError::Silent`].
    pub fn noise(name: String, source: String, samples: &[f32]) -> Result<Self, BankError> {
        let floor = samples.iter().fold(0.0_f32, |m, x| m.max(x.abs())) * 1e-3;
        let first = samples.iter().position(|x| x.abs() > floor);
        let last = samples.iter().rposition(|x| x.abs() > floor);
        let inner = match (first, last) {
            (Some(a), Some(b)) => &samples[a..=b],
            _ => return Err(BankError::Silent(name)),
        };
        if rms(inner) < SILENCE {
            return Err(BankError::Silent(name));
        }
        Ok(Self {
            name,
            source,
            samples: inner.into(),
        })
    }
}
