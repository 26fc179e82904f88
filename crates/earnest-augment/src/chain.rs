//! A list of steps, drawn anew for each presentation.

use earnest_random::Key;
use serde::{Deserialize, Serialize};

use crate::bank::SoundBank;
use crate::convolve::Convolver;
use crate::level::gain;
use crate::noise::{add_noise, draw_offset};
use crate::room::RoomResponse;
use crate::tempo::tempo;

/// What the noise range means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoiseReading {
    /// Noise RMS over speech RMS.
    #[default]
    Amplitude,
    /// Noise power over speech power.
    Power,
    /// Signal-to-noise ratio in dB.
    SnrDb,
}

/// One transform with its ranges `[low, high]`, drawn uniformly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "transform", rename_all = "snake_case", deny_unknown_fields)]
pub enum Transform {
    /// Time stretch that keeps pitch.
    Tempo {
        /// Speed: above 1 is shorter.
        factor: [f64; 2],
    },
    /// Gain.
    Loudness {
        /// dB.
        gain_db: [f64; 2],
    },
    /// Background noise from the noise bank.
    Noise {
        /// Noise to signal, or the SNR; see `reading`.
        ratio: [f64; 2],
        /// What `ratio` means.
        #[serde(default)]
        reading: NoiseReading,
    },
    /// A response from the room bank.
    Room {},
}

/// A transform and how often it is used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Probability 0 .. 1 for each presentation.
    pub probability: f64,
    /// What is done.
    #[serde(flatten)]
    pub transform: Transform,
}

/// Steps in the order in which they are applied.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// The steps.
    pub steps: Vec<Step>,
}

/// What a step drew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "transform", rename_all = "snake_case")]
pub enum Drawn {
    /// Tempo was changed.
    Tempo {
        /// By this factor.
        factor: f64,
    },
    /// Level was changed.
    Loudness {
        /// By this many dB.
        gain_db: f64,
    },
    /// Noise was added.
    Noise {
        /// Name of the clip.
        clip: String,
        /// Where in the clip, seconds.
        offset_s: f64,
        /// Noise RMS over speech RMS.
        ratio: f64,
    },
    /// A room was put around it.
    Room {
        /// Name of the response.
        response: String,
    },
}

/// The noises and rooms that a chain draws from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Background noises.
    pub noises: SoundBank,
    /// Room responses.
    pub rooms: SoundBank,
}

impl Chain {
    /// The paper's chain (PAPER.md section 4): tempo, loudness, noise, room, each with
    /// probability 0.5.
    #[must_use]
    pub fn paper() -> Self {
        let step = |transform| Step {
            probability: 0.5,
            transform,
        };
        Self {
            steps: vec![
                step(Transform::Tempo {
                    factor: [0.85, 1.20],
                }),
                step(Transform::Loudness {
                    gain_db: [-6.0, 3.0],
                }),
                step(Transform::Noise {
                    ratio: [0.5, 0.9],
                    reading: NoiseReading::Amplitude,
                }),
                step(Transform::Room {}),
            ],
        }
    }

    /// The chain without the steps that have nothing to draw from.
    #[must_use]
    pub fn without_missing(mut self, sources: &Sources) -> Self {
        self.steps.retain(|step| match step.transform {
            Transform::Noise { .. } => !sources.noises.is_empty(),
            Transform::Room {} => !sources.rooms.is_empty(),
            _ => true,
        });
        self
    }

    /// What is wrong with the ranges and probabilities, if anything.
    ///
    /// # Errors
    /// A sentence that names the step.
    pub fn check(&self) -> Result<(), String> {
        for (i, step) in self.steps.iter().enumerate() {
            let at = i + 1;
            if !(0.0..=1.0).contains(&step.probability) {
                return Err(format!(
                    "step {at}: probability {} is not between 0 and 1",
                    step.probability
                ));
            }
            let (name, range, least, most) = match &step.transform {
                Transform::Tempo { factor } => ("factor", factor, 0.5, 2.0),
                Transform::Loudness { gain_db } => ("gain_db", gain_db, -120.0, 60.0),
                Transform::Noise { ratio, reading } => match reading {
                    NoiseReading::SnrDb => ("ratio (SNR in dB)", ratio, -60.0, 120.0),
                    _ => ("ratio", ratio, 0.0, 1000.0),
                },
                Transform::Room {} => continue,
            };
            let [low, high] = *range;
            if !(low >= least && high <= most && low <= high) {
                return Err(format!(
                    "step {at}: {name} = [{low}, {high}] must ascend within [{least}, {most}]"
                ));
            }
        }
        Ok(())
    }
}

/// Applies a chain. Holds FFT plans, so make one for each thread.
pub struct Augmenter {
    chain: Chain,
    sources: Sources,
    convolver: Convolver,
}

/// The rate that noises, rooms and speech have.
const RATE: u32 = earnest_audio::SAMPLE_RATE;

impl Augmenter {
    /// An augmenter for 16 kHz speech.
    #[must_use]
    pub fn new(chain: Chain, sources: Sources) -> Self {
        Self {
            chain,
            sources,
            convolver: Convolver::default(),
        }
    }

    /// One presentation: the augmented samples and what was drawn. The same key gives the
    /// same result.
    pub fn apply(&mut self, speech: &[f32], key: &Key) -> (Vec<f32>, Vec<Drawn>) {
        let mut samples = speech.to_vec();
        let mut drawn = Vec::new();
        for (i, step) in self.chain.steps.iter().enumerate() {
            let mut draws = key.with(i as u64).draws();
            if !draws.chance(step.probability) {
                continue;
            }
            match &step.transform {
                Transform::Tempo { factor } => {
                    let factor = draws.uniform(factor[0], factor[1]);
                    samples = tempo(&samples, RATE, factor);
                    drawn.push(Drawn::Tempo { factor });
                }
                Transform::Loudness { gain_db } => {
                    let gain_db = draws.uniform(gain_db[0], gain_db[1]);
                    gain(&mut samples, gain_db);
                    drawn.push(Drawn::Loudness { gain_db });
                }
                Transform::Noise { ratio, reading } => {
                    let value = draws.uniform(ratio[0], ratio[1]);
                    let ratio = match reading {
                        NoiseReading::Amplitude => value,
                        NoiseReading::Power => value.sqrt(),
                        NoiseReading::SnrDb => 10.0_f64.powf(-value / 20.0),
                    };
                    let sounds = self.sources.noises.sounds();
                    if let Some(clip) = sounds.get(draws.below(sounds.len())) {
                        let offset = draw_offset(&clip.samples, samples.len(), &mut draws);
                        add_noise(&mut samples, &clip.samples, offset, ratio);
                        drawn.push(Drawn::Noise {
                            clip: clip.name.clone(),
                            offset_s: offset as f64 / f64::from(RATE),
                            ratio,
                        });
                    }
                }
                Transform::Room {} => {
                    let sounds = self.sources.rooms.sounds();
                    if let Some(room) = sounds.get(draws.below(sounds.len())) {
                        samples =
                            RoomResponse::new(&room.samples).apply(&mut self.convolver, &samples);
                        drawn.push(Drawn::Room {
                            response: room.name.clone(),
                        });
                    }
                }
            }
        }
        (samples, drawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::Sound;
    use earnest_audio::rms;

    fn sources() -> Sources {
        let noise: Vec<f32> = (0..20_000)
            .map(|i| ((i * 7919) % 211) as f32 / 211.0 - 0.5)
            .collect();
        let mut room = vec![0.0_f32; 3_000];
        room[40] = 1.0;
        room[900] = 0.3;
        let sound =
            |name: &str, samples: &[f32]| Sound::noise(name.into(), name.into(), samples).unwrap();
        Sources {
            noises: SoundBank::new(vec![sound("a", &noise), sound("b", &noise[..900])]),
            rooms: SoundBank::new(vec![sound("r", &room)]),
        }
    }

    #[test]
    fn a_presentation_is_repeatable_and_the_next_one_differs() {
        let speech: Vec<f32> = (0..16_000).map(|i| (i as f32 * 0.07).sin() * 0.2).collect();
        let mut one = Augmenter::new(Chain::paper(), sources());
        let mut two = Augmenter::new(Chain::paper(), sources());
        let mut different = 0;
        for i in 0..40_u64 {
            let key = Key::new(9).with(i);
            let _ = two.apply(&speech, &Key::new(3).with(i)); // earlier work leaves no trace
            let (a, drawn) = one.apply(&speech, &key);
            assert_eq!((a.clone(), drawn), two.apply(&speech, &key));
            different += usize::from(a != speech);
        }
        assert!(
            (30..=40).contains(&different),
            "1 in 16 stays clean, {different} of 40 did not"
        );
    }

    #[test]
    fn steps_are_drawn_as_often_and_in_the_ranges_the_paper_says() {
        let speech: Vec<f32> = (0..4_000).map(|i| (i as f32 * 0.07).sin() * 0.2).collect();
        let mut augmenter = Augmenter::new(Chain::paper(), sources());
        let mut counts = [0; 4];
        let n = 600;
        for i in 0..n {
            let (_, drawn) = augmenter.apply(&speech, &Key::new(4).with(i as u64));
            for d in drawn {
                match d {
                    Drawn::Tempo { factor } => {
                        assert!((0.85..1.2).contains(&factor));
                        counts[0] += 1;
                    }
                    Drawn::Loudness { gain_db } => {
                        assert!((-6.0..3.0).contains(&gain_db));
                        counts[1] += 1;
                    }
                    Drawn::Noise { ratio, .. } => {
                        assert!((0.5..0.9).contains(&ratio));
                        counts[2] += 1;
                    }
                    Drawn::Room { .. } => counts[3] += 1,
                }
            }
        }
        for c in counts {
            assert!((250..350).contains(&c), "{counts:?} of {n}");
        }
    }

    #[test]
    fn the_three_readings_of_the_noise_ratio_agree_where_they_should() {
        let speech: Vec<f32> = (0..8_000).map(|i| (i as f32 * 0.07).sin() * 0.2).collect();
        for (reading, value) in [
            (NoiseReading::Amplitude, 0.5),
            (NoiseReading::Power, 0.25),
            (NoiseReading::SnrDb, 20.0 * 2.0_f64.log10()),
        ] {
            let chain = Chain {
                steps: vec![Step {
                    probability: 1.0,
                    transform: Transform::Noise {
                        ratio: [value, value],
                        reading,
                    },
                }],
            };
            let (noisy, _) = Augmenter::new(chain, sources()).apply(&speech, &Key::new(1));
            let added: Vec<f32> = noisy.iter().zip(&speech).map(|(y, x)| y - x).collect();
            assert!(
                (rms(&added) / rms(&speech) - 0.5).abs() < 1e-3,
                "{reading:?}"
            );
        }
    }

    #[test]
    fn senseless_ranges_are_refused_with_the_step_that_has_them() {
        let mut chain = Chain::paper();
        assert!(chain.check().is_ok());
        chain.steps[0].transform = Transform::Tempo {
            factor: [1.2, 0.85],
        };
        assert!(chain.check().unwrap_err().contains("step 1"));
    }
}
