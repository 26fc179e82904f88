//! Loading noises and rooms, and keeping those of the robot away from training.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use earnest_augment::{Sound, SoundBank, Sources};
use earnest_corpus::{
    Clip, Collection, SoundMemory, builtin_noises, builtin_rooms, load_noises, load_rooms,
    robot_noises, robot_rooms,
};
use serde::{Deserialize, Serialize};

use crate::error::ExperimentError;
use crate::observer::{Event, Observer};

/// Where noises and rooms come from. `None` means the built-in synthetic ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// How many MiB of decoded sounds are kept; what does not fit is decoded again at each use,
    /// with the same result.
    #[serde(default = "default_memory", skip_serializing_if = "is_default_memory")]
    pub memory_mib: u64,
}

/// Enough for some four hours of sound.
pub const DEFAULT_SOUND_MEMORY_MIB: u64 = 1024;

fn default_memory() -> u64 {
    DEFAULT_SOUND_MEMORY_MIB
}

fn is_default_memory(mib: &u64) -> bool {
    *mib == DEFAULT_SOUND_MEMORY_MIB
}

impl Default for SourceSpec {
    fn default() -> Self {
        Self {
            noise: None,
            rooms: None,
            robot_noise: None,
            robot_rooms: None,
            noise_folds: Vec::new(),
            robot_noise_folds: Vec::new(),
            memory_mib: DEFAULT_SOUND_MEMORY_MIB,
        }
    }
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

/// Noises or rooms.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Noises,
    Rooms,
}

/// A folder and which of its folds, as a user gives them.
#[derive(Clone, Copy)]
struct Chosen<'a> {
    folder: Option<&'a Path>,
    folds: &'a [u32],
}

impl Chosen<'_> {
    fn in_words(&self, folder: &Path) -> String {
        match self.folds {
            [] => folder.display().to_string(),
            folds => format!("{} folds {folds:?}", folder.display()),
        }
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Noises => "noises",
            Self::Rooms => "rooms",
        }
    }

    fn open(self, folder: &Path, folds: &[u32]) -> Result<Collection, ExperimentError> {
        let collection = match self {
            Self::Noises => Collection::open(folder)?,
            Self::Rooms => Collection::open_rooms(folder)?,
        };
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

    /// Decodes; what cannot be used is named and left out.
    fn load(
        self,
        clips: &[Clip],
        memory: &mut SoundMemory,
        observer: &dyn Observer,
    ) -> Result<SoundBank, ExperimentError> {
        let loaded = match self {
            Self::Noises => load_noises(clips, memory, || ()),
            Self::Rooms => load_rooms(clips, memory, || ()),
        };
        for left_out in &loaded.left_out {
            observer.event(Event::Warning(&format!("left out: {left_out}")));
        }
        if loaded.decoded_again > 0 {
            observer.event(Event::Warning(&format!(
                "{} of {} {} do not fit into memory and are decoded at each use, which is slow; see --sound-memory",
                loaded.decoded_again,
                loaded.bank.sounds().len(),
                self.name()
            )));
        }
        if loaded.bank.is_empty() {
            let first = clips.first().map_or(Path::new(""), |c| &c.path);
            let folder = first.parent().unwrap_or(first);
            return Err(ExperimentError::Setup(format!(
                "{}: no usable file in {}",
                self.name(),
                folder.display()
            )));
        }
        Ok(loaded.bank)
    }

    fn builtin(self) -> SoundBank {
        builtin(match self {
            Self::Noises => builtin_noises(BUILTIN_SEED),
            Self::Rooms => builtin_rooms(BUILTIN_SEED),
        })
    }

    fn builtin_robot(self) -> SoundBank {
        builtin(match self {
            Self::Noises => robot_noises(BUILTIN_SEED),
            Self::Rooms => robot_rooms(BUILTIN_SEED),
        })
    }

    fn builtin_in_words(self) -> &'static str {
        match self {
            Self::Noises => {
                "noises: built-in synthetic ones for training (knocks, crashes, sirens, alarms, beeps, machines), a synthetic robot's fans and motors for the test"
            }
            Self::Rooms => {
                "rooms: built-in synthetic ones for training, another synthetic room for the test"
            }
        }
    }

    /// What training draws from, holding nothing out.
    fn for_training(
        self,
        chosen: Chosen<'_>,
        memory: &mut SoundMemory,
        observer: &dyn Observer,
    ) -> Result<SoundBank, ExperimentError> {
        match chosen.folder {
            None => Ok(self.builtin()),
            Some(folder) => {
                let clips = self.open(folder, chosen.folds)?.clips;
                self.load(&clips, memory, observer)
            }
        }
    }

    /// What training draws from, what the robot hears, and both in words.
    fn for_both(
        self,
        training: Chosen<'_>,
        robot: Chosen<'_>,
        memory: &mut SoundMemory,
        observer: &dyn Observer,
    ) -> Result<(SoundBank, SoundBank, String), ExperimentError> {
        let what = self.name();
        let Some(own) = training.folder else {
            let Some(folder) = robot.folder else {
                let text = self.builtin_in_words().to_owned();
                return Ok((self.builtin(), self.builtin_robot(), text));
            };
            let clips = self.open(folder, robot.folds)?.clips;
            let text = format!(
                "{what}: built-in synthetic for training, {} ({} files) for the robot",
                robot.in_words(folder),
                clips.len()
            );
            return Ok((self.builtin(), self.load(&clips, memory, observer)?, text));
        };
        let (train, heard, text) = if robot.folder.is_none() && robot.folds.is_empty() {
            let (train, held) = self.open(own, training.folds)?.hold_out();
            if held.is_empty() {
                return Err(ExperimentError::Setup(format!(
                    "{what}: all of {} is of one source, so nothing can be held out for the robot; {}",
                    training.in_words(own),
                    match self {
                        Self::Noises => "give it others (--robot-noise)",
                        Self::Rooms =>
                            "put each room in a folder of its own, name rooms in a manifest.csv (path,room), or give it others (--robot-rooms)",
                    }
                )));
            }
            let text = format!(
                "{what}: {}, {} files for training, {} files of other sources held out for the robot",
                training.in_words(own),
                train.len(),
                held.len()
            );
            (train, held, text)
        } else {
            let folder = robot.folder.unwrap_or(own);
            let train = self.open(own, training.folds)?.clips;
            let heard = self.open(folder, robot.folds)?.clips;
            let train = apart(what, train, &heard, observer)?;
            let text = format!(
                "{what}: {} ({} files) for training, {} ({} files) for the robot",
                training.in_words(own),
                train.len(),
                robot.in_words(folder),
                heard.len()
            );
            (train, heard, text)
        };
        Ok((
            self.load(&train, memory, observer)?,
            self.load(&heard, memory, observer)?,
            text,
        ))
    }
}

/// Keeps training away from what the robot hears: the same file on both sides is refused;
/// another cut from a source that the robot hears (two collections may have clips of one
/// Freesound upload, or of one room) is left out of training.
fn apart(
    what: &str,
    training: Vec<Clip>,
    robot: &[Clip],
    observer: &dyn Observer,
) -> Result<Vec<Clip>, ExperimentError> {
    let place = |c: &Clip| c.path.canonicalize().unwrap_or_else(|_| c.path.clone());
    let files: BTreeSet<PathBuf> = robot.iter().map(place).collect();
    let sources: BTreeSet<&str> = robot.iter().map(|c| c.source.as_str()).collect();
    let refuse = |clip: &Clip| {
        ExperimentError::Setup(format!(
            "{what}: {} would be heard in training and by the robot, so the test would not be honest; give the robot other sources (--robot-noise, --robot-rooms, or folds)",
            clip.path.display()
        ))
    };
    if let Some(clip) = training.iter().find(|c| files.contains(&place(c))) {
        return Err(refuse(clip));
    }
    let (shared, kept): (Vec<Clip>, Vec<Clip>) = training
        .into_iter()
        .partition(|c| sources.contains(c.source.as_str()));
    if let Some(first) = shared.first() {
        if kept.is_empty() {
            return Err(refuse(first));
        }
        observer.event(Event::Warning(&format!(
            "{what}: {} files are left out of training because the robot hears others of the same source (first: {}, of {})",
            shared.len(),
            first.name,
            first.source
        )));
    }
    Ok(kept)
}

fn builtin(list: Vec<(String, Vec<f32>)>) -> SoundBank {
    SoundBank::new(
        list.into_iter()
            .map(|(name, samples)| Sound::new(name.clone(), name, samples))
            .collect(),
    )
}

impl SourceSpec {
    fn training_noise(&self) -> Chosen<'_> {
        Chosen {
            folder: self.noise.as_deref(),
            folds: &self.noise_folds,
        }
    }

    fn training_rooms(&self) -> Chosen<'_> {
        Chosen {
            folder: self.rooms.as_deref(),
            folds: &[],
        }
    }

    /// Opens and decodes what training draws from, holding nothing out: for a model that no
    /// simulated robot will test.
    ///
    /// # Errors
    /// A folder that cannot be used.
    pub fn load_for_training(&self, observer: &dyn Observer) -> Result<Sources, ExperimentError> {
        let memory = &mut SoundMemory::mebibytes(self.memory_mib);
        Ok(Sources {
            noises: Kind::Noises.for_training(self.training_noise(), memory, observer)?,
            rooms: Kind::Rooms.for_training(self.training_rooms(), memory, observer)?,
        })
    }

    /// Opens, splits, checks and decodes.
    ///
    /// # Errors
    /// A folder that cannot be used, or a sound that would be on both sides.
    pub fn load(&self, observer: &dyn Observer) -> Result<LoadedSources, ExperimentError> {
        let memory = &mut SoundMemory::mebibytes(self.memory_mib);
        // Rooms first: there are few of them, and they are small.
        let robot = Chosen {
            folder: self.robot_rooms.as_deref(),
            folds: &[],
        };
        let (rooms, robot_rooms, about_rooms) =
            Kind::Rooms.for_both(self.training_rooms(), robot, memory, observer)?;
        let robot = Chosen {
            folder: self.robot_noise.as_deref(),
            folds: &self.robot_noise_folds,
        };
        let (noises, robot_noises, about_noises) =
            Kind::Noises.for_both(self.training_noise(), robot, memory, observer)?;
        Ok(LoadedSources {
            training: Sources { noises, rooms },
            robot: Sources {
                noises: robot_noises,
                rooms: robot_rooms,
            },
            description: vec![about_noises, about_rooms],
        })
    }
}
