//! Decoding collections into banks to draw from, within a memory budget.

use std::path::Path;
use std::sync::Arc;

use earnest_signal::{ResponseFacts, Sound, SoundBank};
use rayon::prelude::*;

use crate::collection::Clip;
use crate::left_out::LeftOut;
use crate::room_file::read_responses;

/// How much decoded audio may be kept.
#[derive(Clone, Copy, Debug)]
pub struct SoundMemory {
    left: u64,
}

impl SoundMemory {
    /// So many MiB in all.
    #[must_use]
    pub fn mebibytes(mebibytes: u64) -> Self {
        Self {
            left: mebibytes.saturating_mul(1 << 20),
        }
    }

    /// True, and less is left, if this sound may be kept.
    fn admit(&mut self, sound: &Sound) -> bool {
        let bytes = (sound.len() * size_of::<f32>()) as u64;
        let fits = bytes <= self.left;
        if fits {
            self.left -= bytes;
        }
        fits
    }
}

/// What came of loading clips.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The usable sounds, in the clips' order.
    pub bank: SoundBank,
    /// Files and responses that cannot be used, and why.
    pub left_out: Vec<LeftOut>,
    /// How many sounds did not fit into memory and are decoded again at each use.
    pub decoded_again: usize,
}

/// Clips decoded for each thread before those that do not fit are let go: a clip may last hours.
const AT_ONCE: usize = 2;

/// Decodes noises, mixed down to mono at 16 kHz; silent and unreadable ones are left out.
/// `progress` is called once for each clip.
#[must_use]
pub fn load_noises(clips: &[Clip], memory: &mut SoundMemory, progress: impl Fn() + Sync) -> Loaded {
    load(clips, memory, |clip| {
        let result = noise(clip);
        progress();
        vec![result]
    })
}

/// Decodes room responses, each channel, measurement and receiver for itself, to 16 kHz;
/// silent, clipped, non-decaying and unreadable ones are left out.
/// `progress` is called once for each clip.
#[must_use]
pub fn load_rooms(clips: &[Clip], memory: &mut SoundMemory, progress: impl Fn() + Sync) -> Loaded {
    load(clips, memory, |clip| {
        let result = rooms(clip);
        progress();
        result
    })
}

type Made = Result<(Sound, Arc<earnest_signal::Decoder>), LeftOut>;

fn load(
    clips: &[Clip],
    memory: &mut SoundMemory,
    decode: impl Fn(&Clip) -> Vec<Made> + Sync,
) -> Loaded {
    let mut loaded = Loaded::default();
    let mut sounds = Vec::with_capacity(clips.len());
    for some in clips.chunks(AT_ONCE * rayon::current_num_threads()) {
        let made: Vec<Vec<Made>> = some.par_iter().map(&decode).collect();
        for result in made.into_iter().flatten() {
            match result {
                Ok((sound, _)) if memory.admit(&sound) => sounds.push(sound),
                Ok((sound, decoder)) => {
                    loaded.decoded_again += 1;
                    sounds.push(sound.decoded_again(decoder));
                }
                Err(left_out) => loaded.left_out.push(left_out),
            }
        }
    }
    loaded.bank = SoundBank::new(sounds);
    loaded
}

fn noise(clip: &Clip) -> Made {
    let decode = |path: &Path| {
        let wave = earnest_audio::read(path).map_err(|e| e.to_string())?;
        Ok::<_, String>(wave.into_samples())
    };
    let samples = decode(&clip.path).map_err(|e| LeftOut::new(&clip.name, e))?;
    let sound = Sound::noise(clip.name.clone(), clip.source.clone(), &samples)
        .map_err(|_| LeftOut::new(&clip.name, "it is silent"))?;
    let path = clip.path.clone();
    Ok((sound, Arc::new(move || decode(&path))))
}

/// A response's name in logs.
pub(crate) fn response_name(clip: &Clip, label: &str) -> String {
    match label {
        "" => clip.name.clone(),
        label => format!("{} {label}", clip.name),
    }
}

fn rooms(clip: &Clip) -> Vec<Made> {
    let responses = match read_responses(&clip.path) {
        Ok(responses) => responses,
        Err(why) => return vec![Err(LeftOut::new(&clip.name, why))],
    };
    responses
        .into_iter()
        .enumerate()
        .map(|(i, response)| {
            let name = response_name(clip, &response.label);
            // At the rate at which it was recorded: afterwards clipping cannot be seen.
            ResponseFacts::of(&response.samples, response.sample_rate)
                .map_err(|e| LeftOut::new(&name, e.to_string()))?;
            let samples = response.at_16k().map_err(|e| LeftOut::new(&name, e))?;
            let path = clip.path.clone();
            let again = move || {
                let mut all = read_responses(&path)?;
                if i >= all.len() {
                    return Err(format!(
                        "{} has fewer responses than before",
                        path.display()
                    ));
                }
                all.swap_remove(i).at_16k()
            };
            let sound = Sound::new(name, clip.source.clone(), samples);
            Ok((sound, Arc::new(again) as Arc<earnest_signal::Decoder>))
        })
        .collect()
}
