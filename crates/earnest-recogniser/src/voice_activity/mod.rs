//! How probable speech is, window by window.

mod energy;
mod product;
mod silero;

use std::str::FromStr;

pub use energy::Energy;
pub use silero::Silero;

/// Samples of a window, at [`earnest_audio::SAMPLE_RATE`]: 32 ms.
pub const WINDOW: usize = 512;

/// Says of one window after the other of a recording how probable speech is in it.
pub trait VoiceActivity: Send {
    /// The probability, 0 to 1, of speech in the next window: samples at 16 kHz, full scale 1.0.
    fn hear(&mut self, window: &[f32; WINDOW]) -> f32;

    /// Forgets what it heard: the next window is the first of another recording.
    fn reset(&mut self);
}

/// Which way speech is told from what is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Detector {
    /// A small recurrent network by Silero, which hears speech in the noise of fans and motors.
    #[default]
    Silero,
    /// How far a window's level lies above the softest of the last seconds. For voices that are not human, and for processors on
    /// which the network is too slow; it takes every loud sound for speech.
    Energy,
}

impl Detector {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Silero, Self::Energy];

    /// Its name on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Silero => "silero",
            Self::Energy => "energy",
        }
    }

    /// One that has heard nothing yet.
    #[must_use]
    pub fn open(self) -> Box<dyn VoiceActivity> {
        match self {
            Self::Silero => Box::new(Silero::new()),
            Self::Energy => Box::new(Energy::new()),
        }
    }
}

impl FromStr for Detector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|d| d.name() == text);
        found.ok_or_else(|| format!("{text:?} is neither `silero` nor `energy`"))
    }
}

/// The level of a window, RMS in dB below a full-scale square; -120 where it is softer than that.
pub(crate) fn level_db(samples: &[f32]) -> f32 {
    const SOFTEST: f32 = -120.0;
    (20.0 * earnest_level::rms(samples).log10()).max(SOFTEST)
}
