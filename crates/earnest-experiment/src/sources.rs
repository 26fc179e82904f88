//! Loading noises and rooms, and keeping those of the robot away from training.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use earnest_augment::{Sound, SoundBank, Sources};
use earnest_corpus::{Clip, Collection, builtin_noises, builtin_rooms, robot_noises, robot_rooms};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::ExperimentError;
use crate::observer::{Event, Observer};

/// Where noises and rooms come from. `None` means the built-in synthetic ones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSpec {
    /// Folder of noises for training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<PathBuf>,
    /// Folder of room responses for training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rooms: Option<PathBuf>,
    /// Folder of noises for the simulated robot; a part of `noise` is held out otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robot_noise: Option<PathBuf>,
    /// Folder of room responses for the simulated robot; a part of `rooms` is held out
    /// otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robot_rooms: Option<PathBuf>,
    /// Folds of the noise collection used for training, where it has folds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub noise_folds: Vec<u32>,
    /// Folds of the robot's noise collection, where it has folds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub robot_noise_folds: Vec<u32>,
}

/// The built-in sounds do not depend on the experiment's seed: like a collection on disk,
/// they are the same for everybody.
const BUILTIN_SEED: u64 = 1;

/// Decoded sounds for training and for the robot.
pub struct LoadedSources {
    /// What training draws from.
    pub training: Sources,
    /// What the robot hears.
    pub robot: Sources,
    /// In words, for the report.
    pub description: Vec<String>,
}

/// The four sides of a [`SourceSpec`], before decoding.
struct Sides {
    training: Vec<Clip>,
    robot: Vec<Clip>,
    description: String,
}

fn chosen(folder: &Path, folds: &[u32]) -> Result<Collection, ExperimentError> {
    let collection = Collection::open(folder)?;
    if folds.is_empty() {
        return Ok(collection);
    }
    let kept = collection.folds(folds);
    if kept.clips.is_empty() {
        return Err(ExperimentError::Setup(format!(
            "{} has no clip in folds {folds:?}",
            folder.display()
        )));
    }
    Ok(kept)
}

fn sides(
    what: &str,
    training: Option<&Path>,
    training_folds: &[u32],
    robot: Option<&Path>,
    robot_folds: &[u32],
) -> Result<Option<Sides>, ExperimentError> {
    let name = |p: &Path| p.display().to_string();
    let folds = |f: &[u32]| {
        if f.is_empty() {
            String::new()
        } else {
            format!(" folds {f:?}")
        }
    };
    let (train_side, robot_side, description) = match (training, robot) {
        (None, None) => return Ok(None),
        (Some(t), None) if robot_folds.is_empty() => {
            let (train, held) = chosen(t, training_folds)?.hold_out();
            let text = format!(
                "{what}: {}{}, {} files for training, {} files of other sources held out for the robot",
                name(t),
                folds(training_folds),
                train.len(),
                held.len()
            );
            (train, held, text)
        }
        (Some(t), r) => {
            let r = r.unwrap_or(t);
            let train = chosen(t, training_folds)?.clips;
            let robot = chosen(r, robot_folds)?.clips;
            let text = format!(
                "{what}: {}{} ({} files) for training, {}{} ({} files) for the robot",
                name(t),
                folds(training_folds),
                train.len(),
                name(r),
                folds(robot_folds),
                robot.len()
            );
            (train, robot, text)
        }
        (None, Some(r)) => {
            let robot = chosen(r, robot_folds)?.clips;
            let text = format!(
                "{what}: built-in synthetic for training, {}{} ({} files) for the robot",
                name(r),
                folds(robot_folds),
                robot.len()
            );
            (Vec::new(), robot, text)
        }
    };
    check_apart(what, &train_side, &robot_side)?;
    Ok(Some(Sides {
        training: train_side,
        robot: robot_side,
        description,
    }))
}

/// Refuses clips, or sources of clips, that are on both sides.
fn check_apart(what: &str, training: &[Clip], robot: &[Clip]) -> Result<(), ExperimentError> {
    let place = |c: &Clip| c.path.canonicalize().unwrap_or_else(|_| c.path.clone());
    let files: BTreeSet<PathBuf> = training.iter().map(place).collect();
    let sources: BTreeSet<(&Path, &str)> = training.iter().map(source_of).collect();
    for clip in robot {
        if files.contains(&place(clip)) || sources.contains(&source_of(clip)) {
            return Err(ExperimentError::Setup(format!(
                "{what}: {} would be heard in training and by the robot, so the test would not be honest; give the robot other sources (--robot-noise, --robot-rooms, or folds)",
                clip.path.display()
            )));
        }
    }
    Ok(())
}

fn source_of(clip: &Clip) -> (&Path, &str) {
    (clip.path.parent().unwrap_or(Path::new("")), &clip.source)
}

/// Decodes clips; with `every_channel` each channel becomes a sound of its own.
fn decode(clips: &[Clip], every_channel: bool, observer: &dyn Observer) -> Vec<Sound> {
    let results: Vec<Vec<Result<Sound, String>>> = clips
        .par_iter()
        .map(|clip| {
            let channels = if every_channel {
                earnest_audio::read_channels(&clip.path)
            } else {
                earnest_audio::read(&clip.path).map(|w| vec![w])
            };
            let channels = match channels {
                Ok(channels) => channels,
                Err(error) => return vec![Err(error.to_string())],
            };
            let several = channels.len() > 1;
            channels
                .into_iter()
                .enumerate()
                .map(|(i, wave)| {
                    let name = if several {
                        format!("{} channel {}", clip.name, i + 1)
                    } else {
                        clip.name.clone()
                    };
                    Sound::noise(name, clip.source.clone(), wave.samples())
                        .map_err(|e| e.to_string())
                })
                .collect()
        })
        .collect();
    let mut sounds = Vec::new();
    for result in results.into_iter().flatten() {
        match result {
            Ok(sound) => sounds.push(sound),
            Err(reason) => observer.event(Event::Warning(&format!("left out: {reason}"))),
        }
    }
    sounds
}

fn builtin(list: Vec<(String, Vec<f32>)>) -> SoundBank {
    SoundBank::new(
        list.into_iter()
            .map(|(name, samples)| Sound {
                source: name.clone(),
                name,
                samples: samples.into(),
            })
            .collect(),
    )
}

impl SourceSpec {
    /// Opens and decodes what training draws from, holding nothing out: for a model that no
    /// simulated robot will test.
    ///
    /// # Errors
    /// A folder that cannot be used.
    pub fn load_for_training(&self, observer: &dyn Observer) -> Result<Sources, ExperimentError> {
        let bank = |folder: &Option<PathBuf>,
                    folds: &[u32],
                    every_channel: bool,
                    own: &dyn Fn(u64) -> Vec<(String, Vec<f32>)>|
         -> Result<SoundBank, ExperimentError> {
            let Some(folder) = folder else {
                return Ok(builtin(own(BUILTIN_SEED)));
            };
            let sounds = decode(&chosen(folder, folds)?.clips, every_channel, observer);
            if sounds.is_empty() {
                return Err(ExperimentError::Setup(format!(
                    "{} holds no usable file",
                    folder.display()
                )));
            }
            Ok(SoundBank::new(sounds))
        };
        Ok(Sources {
            noises: bank(&self.noise, &self.noise_folds, false, &builtin_noises)?,
            rooms: bank(&self.rooms, &[], true, &builtin_rooms)?,
        })
    }

    /// Opens, splits, checks and decodes.
    ///
    /// # Errors
    /// A folder that cannot be used, or a source that would be on both sides.
    pub fn load(&self, observer: &dyn Observer) -> Result<LoadedSources, ExperimentError> {
        let mut description = Vec::new();
        let noise = sides(
            "noises",
            self.noise.as_deref(),
            &self.noise_folds,
            self.robot_noise.as_deref(),
            &self.robot_noise_folds,
        )?;
        let rooms = sides(
            "rooms",
            self.rooms.as_deref(),
            &[],
            self.robot_rooms.as_deref(),
            &[],
        )?;
        let mut load = |sides: Option<Sides>,
                        every_channel: bool,
                        builtin_text: &str,
                        training: &dyn Fn() -> Vec<(String, Vec<f32>)>,
                        robot: &dyn Fn() -> Vec<(String, Vec<f32>)>|
         -> Result<(SoundBank, SoundBank), ExperimentError> {
            let Some(sides) = sides else {
                description.push(builtin_text.to_owned());
                return Ok((builtin(training()), builtin(robot())));
            };
            let trained = if sides.training.is_empty() {
                builtin(training())
            } else {
                SoundBank::new(decode(&sides.training, every_channel, observer))
            };
            let heard = SoundBank::new(decode(&sides.robot, every_channel, observer));
            if trained.is_empty() || heard.is_empty() {
                return Err(ExperimentError::Setup(format!(
                    "{}: no usable file on one side",
                    sides.description
                )));
            }
            description.push(sides.description);
            Ok((trained, heard))
        };
        let (noises, robot_noise) = load(
            noise,
            false,
            "noises: built-in synthetic ones for training (knocks, crashes, sirens, alarms, beeps, machines), a synthetic robot's fans and motors for the test",
            &|| builtin_noises(BUILTIN_SEED),
            &|| robot_noises(BUILTIN_SEED),
        )?;
        let (rooms, robot_room) = load(
            rooms,
            true,
            "rooms: built-in synthetic ones for training, another synthetic room for the test",
            &|| builtin_rooms(BUILTIN_SEED),
            &|| robot_rooms(BUILTIN_SEED),
        )?;
        Ok(LoadedSources {
            training: Sources { noises, rooms },
            robot: Sources {
                noises: robot_noise,
                rooms: robot_room,
            },
            description,
        })
    }
}
