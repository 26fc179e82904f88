//! Decoded sounds, shared between threads: noises and room responses.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use earnest_level::rms;

use crate::noise::EnergyProfile;

/// Decodes a sound again that is not kept in memory.
pub type Decoder = dyn Fn() -> Result<Vec<f32>, String> + Send + Sync;

#[derive(Clone)]
enum Samples {
    Kept(Arc<[f32]>),
    Decoded(Arc<Decoder>),
}

/// One sound at 16 kHz, mono: in memory, or decoded at each use.
#[derive(Clone)]
pub struct Sound {
    name: String,
    source: String,
    length: usize,
    profile: Arc<EnergyProfile>,
    samples: Samples,
}

impl fmt::Debug for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sound")
            .field("name", &self.name)
            .field("source", &self.source)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// Why a sound cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SoundError {
    /// All samples are (nearly) zero.
    #[error("{0} is silent")]
    Silent(String),
    /// It was kept on disk, and cannot be decoded any more, or has changed.
    #[error("cannot use a sound that could be used before: {0}")]
    Lost(String),
}

/// Below this RMS a sound counts as silent (-90 dB).
const SILENCE: f32 = 3.2e-5;

/// A noise without the silence before and after it; `None` if it is silent throughout.
fn without_silence(samples: &[f32]) -> Option<&[f32]> {
    let floor = samples.iter().fold(0.0_f32, |m, x| m.max(x.abs())) * 1e-3;
    let first = samples.iter().position(|x| x.abs() > floor)?;
    let last = samples.iter().rposition(|x| x.abs() > floor)?;
    Some(&samples[first..=last]).filter(|inner| rms(inner) >= SILENCE)
}

impl Sound {
    /// A sound as it is, in memory: a room response, or a noise that is known to be good.
    /// `source` is what it was cut from (a recording, a room): sounds of one source must not be
    /// split between training and test.
    #[must_use]
    pub fn new(name: String, source: String, samples: Vec<f32>) -> Self {
        Self {
            name,
            source,
            length: samples.len(),
            profile: Arc::new(EnergyProfile::of(&samples)),
            samples: Samples::Kept(samples.into()),
        }
    }

    /// A background noise in memory: silence before and after it is cut off.
    ///
    /// # Errors
    /// [`SoundError::Silent`].
    pub fn noise(name: String, source: String, samples: &[f32]) -> Result<Self, SoundError> {
        match without_silence(samples) {
            Some(inner) => Ok(Self::new(name, source, inner.to_vec())),
            None => Err(SoundError::Silent(name)),
        }
    }

    /// The same sound, not in memory: `decoder` gives what it was made from at each use.
    #[must_use]
    pub fn decoded_again(mut self, decoder: Arc<Decoder>) -> Self {
        self.samples = Samples::Decoded(decoder);
        self
    }

    /// Its name, as drawn and logged.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it was cut from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// True if it has no sample.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// True if it is in memory.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        matches!(self.samples, Samples::Kept(_))
    }

    /// Where its energy is.
    #[must_use]
    pub fn profile(&self) -> &EnergyProfile {
        &self.profile
    }

    /// Its samples; decoded now if they are not in memory.
    ///
    /// # Errors
    /// [`SoundError::Lost`]: it cannot be decoded any more, or it has changed.
    pub fn samples(&self) -> Result<Arc<[f32]>, SoundError> {
        match &self.samples {
            Samples::Kept(samples) => Ok(samples.clone()),
            Samples::Decoded(decoder) => {
                let whole = decoder().map_err(SoundError::Lost)?;
                let inner = match whole.len() == self.length {
                    true => Some(&whole[..]),
                    false => without_silence(&whole),
                };
                match inner {
                    Some(inner) if inner.len() == self.length => Ok(inner.into()),
                    _ => Err(SoundError::Lost(format!(
                        "{} has changed since it was first read",
                        self.name
                    ))),
                }
            }
        }
    }
}

/// A list of sounds to draw from. Cloning it does not copy the audio.
#[derive(Clone, Debug, Default)]
pub struct SoundBank {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    sounds: Vec<Sound>,
    places: HashMap<String, usize>,
}

impl SoundBank {
    /// A bank of these sounds, in this order. Of two with one name, the first is found by it.
    #[must_use]
    pub fn new(sounds: Vec<Sound>) -> Self {
        let mut places = HashMap::new();
        for (i, sound) in sounds.iter().enumerate() {
            places.entry(sound.name.clone()).or_insert(i);
        }
        Self {
            inner: Arc::new(Inner { sounds, places }),
        }
    }

    /// The sounds.
    #[must_use]
    pub fn sounds(&self) -> &[Sound] {
        &self.inner.sounds
    }

    /// The sound of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Sound> {
        self.inner.sounds.get(*self.inner.places.get(name)?)
    }

    /// True if there is nothing to draw from.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.sounds.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_out_of_memory_is_the_same_samples_and_a_changed_one_is_noticed() {
        let mut whole = vec![0.0_f32; 500];
        whole.extend((0..2_000).map(|i| (i as f32).sin()));
        let kept = Sound::noise("n".into(), "s".into(), &whole).unwrap();
        let copy = whole.clone();
        let again = kept
            .clone()
            .decoded_again(Arc::new(move || Ok(copy.clone())));
        assert!(kept.is_kept() && !again.is_kept());
        assert_eq!(kept.samples().unwrap(), again.samples().unwrap());
        whole.truncate(900);
        let changed = kept
            .clone()
            .decoded_again(Arc::new(move || Ok(whole.clone())));
        assert!(
            changed
                .samples()
                .unwrap_err()
                .to_string()
                .contains("has changed")
        );
        let bank = SoundBank::new(vec![kept]);
        assert_eq!(bank.find("n").map(Sound::len), Some(bank.sounds()[0].len()));
        assert!(bank.find("m").is_none());
    }

    #[test]
    fn silence_is_no_noise() {
        assert!(Sound::noise("n".into(), "s".into(), &[0.0; 100]).is_err());
        assert!(Sound::noise("n".into(), "s".into(), &[]).is_err());
    }
}
