//! Loading noises and rooms, and keeping those of the robot away from training.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use earnest_augment::{Sound, SoundBank, Sources};
use earnest_corpus::{
    Clip, Collection, SoundMemory, builtin_noises, builtin_rooms, load_noises, load_rooms,
    robot_noises, robot_rooms,
};
use earnest_scene::simulate::Scene;
use serde::{Deserialize, Serialize};

use crate::error::ExperimentError;
use crate::folders::Folders;
use crate::observer::{Event, Observer};

/// Where noises and rooms come from. No folder means the built-in synthetic ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSpec {
    /// Folders of noises for training.
    #[serde(default, skip_serializing_if = "Folders::is_empty")]
    pub noise: Folders,
    /// Folders of room responses for training.
    #[serde(default, skip_serializing_if = "Folders::is_empty")]
    pub rooms: Folders,
    /// Folders of noises for the simulated robot; a part of `noise` is held out otherwise.
    #[serde(default, skip_serializing_if = "Folders::is_empty")]
    pub robot_noise: Folders,
    /// Folders of room responses for the simulated robot; a part of `rooms` is held out
    /// otherwise.
    #[serde(default, skip_serializing_if = "Folders::is_empty")]
    pub robot_rooms: Folders,
    /// Folds of the noise collections used for training, where they have folds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub noise_folds: Vec<u32>,
    /// Folds of the robot's noise collections, where they have folds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub robot_noise_folds: Vec<u32>,
    /// How many MiB of decoded sounds are kept; what does not fit is decoded again at each use,
    /// with the same result.
    #[serde(default = "default_memory", skip_serializing_if = "is_default_memory")]
    pub memory_mib: u64,
}

/// Enough for some nine hours of sound: all of UrbanSound8K.
pub const DEFAULT_SOUND_MEMORY_MIB: u64 = 2048;

fn default_memory() -> u64 {
    DEFAULT_SOUND_MEMORY_MIB
}

fn is_default_memory(mib: &u64) -> bool {
    *mib == DEFAULT_SOUND_MEMORY_MIB
}

impl Default for SourceSpec {
    fn default() -> Self {
        Self {
            noise: Folders::default(),
            rooms: Folders::default(),
            robot_noise: Folders::default(),
            robot_rooms: Folders::default(),
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

/// Folders and which of their folds, as a user gives them.
#[derive(Clone, Copy)]
struct Chosen<'a> {
    folders: &'a [PathBuf],
    folds: &'a [u32],
}

impl Chosen<'_> {
    fn in_words(&self) -> String {
        let names: Vec<String> = self
            .folders
            .iter()
            .map(|f| f.display().to_string())
            .collect();
        let names = names.join(" and ");
        match self.folds {
            [] => names,
            folds => format!("{names} folds {folds:?}"),
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

    /// Opens all folders. Of several, names begin with the folder's, so that they differ.
    fn open(self, chosen: Chosen<'_>) -> Result<Vec<Collection>, ExperimentError> {
        let several = chosen.folders.len() > 1;
        let open = |folder: &PathBuf| {
            let mut collection = match self {
                Self::Noises => Collection::open(folder)?,
                Self::Rooms => Collection::open_rooms(folder)?,
            };
            // Folds are only asked of collections that have any.
            let has_folds = collection.clips.iter().any(|c| c.fold.is_some());
            if !chosen.folds.is_empty() && (has_folds || !several) {
                collection = collection.folds(chosen.folds);
            }
            if collection.clips.is_empty() {
                return Err(ExperimentError::Setup(format!(
                    "{} has no clip in folds {:?}",
                    folder.display(),
                    chosen.folds
                )));
            }
            if several {
                for clip in &mut collection.clips {
                    clip.name = format!("{}/{}", folder.display(), clip.name);
                }
            }
            Ok(collection)
        };
        chosen.folders.iter().map(open).collect()
    }

    fn clips(self, chosen: Chosen<'_>) -> Result<Vec<Clip>, ExperimentError> {
        let collections = self.open(chosen)?;
        Ok(collections.into_iter().flat_map(|c| c.clips).collect())
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

    /// What training draws from, without what a recorded robot heard, and in words.
    fn for_training(
        self,
        chosen: Chosen<'_>,
        heard: &[Clip],
        memory: &mut SoundMemory,
        observer: &dyn Observer,
    ) -> Result<(SoundBank, String), ExperimentError> {
        let what = self.name();
        if chosen.folders.is_empty() {
            return Ok((
                self.builtin(),
                format!("{what}: built-in synthetic for training"),
            ));
        }
        let clips = without_heard(what, self.clips(chosen)?, heard, observer)?;
        let text = format!(
            "{what}: {} ({} files) for training",
            chosen.in_words(),
            clips.len()
        );
        Ok((self.load(&clips, memory, observer)?, text))
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
        if training.folders.is_empty() && robot.folders.is_empty() {
            let text = self.builtin_in_words().to_owned();
            return Ok((self.builtin(), self.builtin_robot(), text));
        }
        if training.folders.is_empty() {
            let clips = self.clips(robot)?;
            let text = format!(
                "{what}: built-in synthetic for training, {} ({} files) for the robot",
                robot.in_words(),
                clips.len()
            );
            return Ok((self.builtin(), self.load(&clips, memory, observer)?, text));
        }
        let hold_out = robot.folders.is_empty() && robot.folds.is_empty();
        let robot = Chosen {
            folders: match robot.folders {
                // Other folds of the same.
                [] => training.folders,
                own => own,
            },
            ..robot
        };
        let (train, heard) = if hold_out {
            let (mut train, mut held) = (Vec::new(), Vec::new());
            for collection in self.open(training)? {
                let (more, apart) = collection.hold_out();
                train.extend(more);
                held.extend(apart);
            }
            if held.is_empty() {
                return Err(ExperimentError::Setup(format!(
                    "{what}: all of {} is of one source, so nothing can be held out for the robot; {}",
                    training.in_words(),
                    match self {
                        Self::Noises => "give it others (--robot-noise)",
                        Self::Rooms =>
                            "put each room in a folder of its own, name rooms in a manifest.csv (path,room), or give it others (--robot-rooms)",
                    }
                )));
            }
            (train, held)
        } else {
            (self.clips(training)?, self.clips(robot)?)
        };
        let train = apart(what, train, &heard, observer)?;
        let text = match hold_out {
            true => format!(
                "{what}: {}, {} files for training, {} files of other sources held out for the robot",
                training.in_words(),
                train.len(),
                heard.len()
            ),
            false => format!(
                "{what}: {} ({} files) for training, {} ({} files) for the robot",
                training.in_words(),
                train.len(),
                robot.in_words(),
                heard.len()
            ),
        };
        Ok((
            self.load(&train, memory, observer)?,
            self.load(&heard, memory, observer)?,
            text,
        ))
    }
}

/// Leaves out of training what is of a source that the robot heard.
fn without_heard(
    what: &str,
    training: Vec<Clip>,
    heard: &[Clip],
    observer: &dyn Observer,
) -> Result<Vec<Clip>, ExperimentError> {
    let sources: BTreeSet<&str> = heard.iter().map(|c| c.source.as_str()).collect();
    let (shared, kept): (Vec<Clip>, Vec<Clip>) = training
        .into_iter()
        .partition(|c| sources.contains(c.source.as_str()));
    if let Some(first) = shared.first() {
        if kept.is_empty() {
            return Err(refused(what, first));
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

fn refused(what: &str, clip: &Clip) -> ExperimentError {
    ExperimentError::Setup(format!(
        "{what}: {} would be heard in training and by the robot, so the test would not be honest; give the robot other sources (--robot-noise, --robot-rooms, folds, or another scene)",
        clip.path.display()
    ))
}

/// Noises and rooms that went into a simulated scene, by its manifest; none of a folder that
/// holds no scene.
fn heard_in_scene(folder: &Path) -> Result<(Vec<Clip>, Vec<Clip>), ExperimentError> {
    let Some(scene) = Scene::of_folder(folder)? else {
        return Ok((Vec::new(), Vec::new()));
    };
    let entries = Scene::entries(folder)?;
    let gone = |what: &str, of: &Path| {
        ExperimentError::Setup(format!(
            "{what} was heard in the scene {}, and {} has it no more, so it cannot be checked that training does not hear it too; put the collection back as it was, correct its path in {}, or make the scene again",
            folder.display(),
            of.display(),
            folder.join("scene.toml").display()
        ))
    };
    let there = |path: &Path| match path.is_dir() {
        true => Ok(()),
        false => Err(gone("a collection of sounds", path)),
    };
    let (mut noises, mut rooms) = (Vec::new(), Vec::new());
    if let Some(events) = &scene.events {
        there(events)?;
        let mut names: BTreeSet<&str> = entries
            .iter()
            .flat_map(|entry| &entry.draws.events)
            .filter_map(|event| event.recording.as_deref())
            .collect();
        let collection = Collection::open(events)?;
        // People who talk are events, too.
        for clip in collection.clips.into_iter().chain(collection.voices) {
            if names.remove(clip.name.as_str()) {
                noises.push(clip);
            }
        }
        if let Some(name) = names.first() {
            return Err(gone(name, events));
        }
    }
    if let Some(ego) = &scene.lab.recorded {
        there(&ego.folder)?;
        noises.extend(Collection::open(&ego.folder)?.clips);
    }
    if let Some(responses) = &scene.lab.room.responses {
        there(responses)?;
        rooms.extend(Collection::open_rooms(responses)?.clips);
    }
    Ok((noises, rooms))
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
    if let Some(clip) = training.iter().find(|c| files.contains(&place(c))) {
        return Err(refused(what, clip));
    }
    without_heard(what, training, robot, observer)
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
            folders: &self.noise.0,
            folds: &self.noise_folds,
        }
    }

    fn training_rooms(&self) -> Chosen<'_> {
        Chosen {
            folders: &self.rooms.0,
            folds: &[],
        }
    }

    /// Opens and decodes what training draws from, holding nothing out: for a model that no
    /// simulated robot will test.
    ///
    /// # Errors
    /// A folder that cannot be used.
    pub fn load_for_training(&self, observer: &dyn Observer) -> Result<Sources, ExperimentError> {
        self.load_apart(&[], &[], observer).map(|s| s.training)
    }

    /// Opens and decodes what training draws from, without what went into the robot's
    /// recordings, where they are a simulated scene that says so.
    ///
    /// # Errors
    /// A folder that cannot be used.
    pub fn load_beside_recordings(
        &self,
        robot: &Path,
        observer: &dyn Observer,
    ) -> Result<LoadedSources, ExperimentError> {
        let (noises, rooms) = heard_in_scene(robot)?;
        self.load_apart(&noises, &rooms, observer)
    }

    fn load_apart(
        &self,
        noises: &[Clip],
        rooms: &[Clip],
        observer: &dyn Observer,
    ) -> Result<LoadedSources, ExperimentError> {
        let memory = &mut SoundMemory::mebibytes(self.memory_mib);
        let (noises, about_noises) =
            Kind::Noises.for_training(self.training_noise(), noises, memory, observer)?;
        let (rooms, about_rooms) =
            Kind::Rooms.for_training(self.training_rooms(), rooms, memory, observer)?;
        Ok(LoadedSources {
            training: Sources { noises, rooms },
            robot: Sources::default(),
            description: vec![about_noises, about_rooms],
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
            folders: &self.robot_rooms.0,
            folds: &[],
        };
        let (rooms, robot_rooms, about_rooms) =
            Kind::Rooms.for_both(self.training_rooms(), robot, memory, observer)?;
        let robot = Chosen {
            folders: &self.robot_noise.0,
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
