//! Choosing noises and rooms, and keeping those of the robot away from training.

pub(crate) mod chosen;
pub(crate) mod fingerprints;
pub(crate) mod heard_in_scene;
pub(crate) mod known_to_model;
pub(crate) mod recordings;
pub(crate) mod robot_folders;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use earnest_corpus::{Clip, Collection, ContentIndex};
use earnest_scene::simulate::SceneSound;
use serde::{Deserialize, Serialize};

use crate::error::ExperimentError;
use crate::folders::Folders;
use crate::observer::{Notice, Observer};
use crate::sources::chosen::{ChosenSources, Known, Pick, SoundKind, Split, known};
use crate::sources::heard_in_scene::HeardInScene;

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

/// What collections of several folders are called: by the folder's own name, however it was
/// spelt, with a number where two are called alike.
fn own_names(folders: &[PathBuf]) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    folders
        .iter()
        .map(|folder| {
            let place = folder.canonicalize().unwrap_or_else(|_| folder.clone());
            let name = place.file_name().unwrap_or(place.as_os_str());
            let name = name.to_string_lossy().into_owned();
            let count = seen.entry(name.clone()).or_default();
            *count += 1;
            match count {
                1 => name,
                n => format!("{name} {n}"),
            }
        })
        .collect()
}

impl SoundKind {
    /// Opens all folders. Of several, names begin with the folder's, so that they differ.
    fn open(self, chosen: Chosen<'_>) -> Result<Vec<Collection>, ExperimentError> {
        let several = chosen.folders.len() > 1;
        let mut folds: BTreeSet<u32> = BTreeSet::new();
        let mut open = |(folder, name): (&PathBuf, String)| {
            let mut collection = match self {
                Self::Noises => Collection::open(folder)?,
                Self::Rooms => Collection::open_rooms(folder)?,
            };
            folds.extend(collection.clips.iter().filter_map(|c| c.fold));
            // Folds are only asked of collections that have any.
            let has_folds = collection.clips.iter().any(|c| c.fold.is_some());
            if !chosen.folds.is_empty() && has_folds {
                collection = collection.folds(chosen.folds);
            }
            if several {
                for clip in &mut collection.clips {
                    clip.name = format!("{name}/{}", clip.name);
                }
            }
            Ok(collection)
        };
        let collections = chosen
            .folders
            .iter()
            .zip(own_names(chosen.folders))
            .map(&mut open)
            .collect::<Result<Vec<_>, ExperimentError>>()?;
        if let Some(unknown) = chosen.folds.iter().find(|f| !folds.contains(f)) {
            let known: Vec<String> = folds.iter().map(u32::to_string).collect();
            return Err(ExperimentError::Setup(format!(
                "{}: there is no fold {unknown}; {}",
                self.name(),
                match known.as_slice() {
                    [] => "these collections have no folds".to_owned(),
                    known => format!("folds are {}", known.join(", ")),
                }
            )));
        }
        Ok(collections)
    }

    fn clips(self, chosen: Chosen<'_>) -> Result<Vec<Clip>, ExperimentError> {
        let collections = self.open(chosen)?;
        Ok(collections.into_iter().flat_map(|c| c.clips).collect())
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

    /// What training draws from, without what a recorded robot heard.
    fn for_training(
        self,
        chosen: Chosen<'_>,
        heard: &[SceneSound],
        index: &ContentIndex,
        observer: &dyn Observer,
    ) -> Result<Split, ExperimentError> {
        let what = self.name();
        if chosen.folders.is_empty() {
            return Ok(Split {
                training: Pick::Builtin { robot: false },
                robot: Pick::Nothing,
                text: format!("{what}: built-in synthetic for training"),
            });
        }
        let clips = known(self, self.clips(chosen)?, index, observer)?;
        let clips = without_heard(what, clips, &BySound::of_scene(heard), observer)?;
        Ok(Split {
            text: format!(
                "{what}: {} ({} files) for training",
                chosen.in_words(),
                clips.len()
            ),
            training: Pick::Clips(clips),
            robot: Pick::Nothing,
        })
    }

    /// What training draws from, without what was heard in scenes, and what the robot hears.
    fn for_both(
        self,
        training: Chosen<'_>,
        robot: Chosen<'_>,
        heard_in_scenes: &[SceneSound],
        index: &ContentIndex,
        observer: &dyn Observer,
    ) -> Result<Split, ExperimentError> {
        let what = self.name();
        if training.folders.is_empty() && robot.folders.is_empty() {
            return Ok(Split {
                training: Pick::Builtin { robot: false },
                robot: Pick::Builtin { robot: true },
                text: self.builtin_in_words().to_owned(),
            });
        }
        if training.folders.is_empty() {
            let clips = known(self, self.clips(robot)?, index, observer)?;
            return Ok(Split {
                training: Pick::Builtin { robot: false },
                text: format!(
                    "{what}: built-in synthetic for training, {} ({} files) for the robot",
                    robot.in_words(),
                    clips.len()
                ),
                robot: Pick::Clips(clips),
            });
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
        let train = known(self, train, index, observer)?;
        let heard = known(self, heard, index, observer)?;
        let train = apart(what, train, &heard, observer)?;
        let train = without_heard(what, train, &BySound::of_scene(heard_in_scenes), observer)?;
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
        Ok(Split {
            training: Pick::Clips(train),
            robot: Pick::Clips(heard),
            text,
        })
    }
}

/// What the robot hears, by its sources and by what is heard.
struct BySound<'a> {
    sources: BTreeSet<&'a str>,
    contents: BTreeSet<&'a str>,
}

impl<'a> BySound<'a> {
    fn of_clips(clips: &'a [Known]) -> Self {
        Self {
            sources: clips.iter().map(|k| k.clip.source.as_str()).collect(),
            contents: clips.iter().flat_map(Known::contents).collect(),
        }
    }

    fn of_scene(sounds: &'a [SceneSound]) -> Self {
        let contents = sounds.iter().flat_map(|s| &s.contents);
        Self {
            sources: sounds.iter().map(|s| s.source.as_str()).collect(),
            contents: contents.map(String::as_str).collect(),
        }
    }

    fn has(&self, known: &Known) -> bool {
        self.sources.contains(known.clip.source.as_str())
            || known.contents().any(|c| self.contents.contains(c))
    }
}

/// Leaves out of training what is of a source that the robot heard, and what sounds the same
/// under another name.
fn without_heard(
    what: &str,
    training: Vec<Known>,
    heard: &BySound<'_>,
    observer: &dyn Observer,
) -> Result<Vec<Known>, ExperimentError> {
    let (shared, kept): (Vec<Known>, Vec<Known>) = training.into_iter().partition(|k| heard.has(k));
    if let Some(first) = shared.first() {
        if kept.is_empty() {
            return Err(refused(what, &first.clip));
        }
        observer.event(Notice::Warning(&format!(
            "{what}: {} files are left out of training because the robot hears the same, or others of the same source (first: {}, of {})",
            shared.len(),
            first.clip.name,
            first.clip.source
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

/// Keeps training away from what the robot hears: the same file on both sides is refused;
/// another cut from a source that the robot hears (two collections may have clips of one
/// Freesound upload, or of one room) is left out of training.
fn apart(
    what: &str,
    training: Vec<Known>,
    robot: &[Known],
    observer: &dyn Observer,
) -> Result<Vec<Known>, ExperimentError> {
    let place = |k: &Known| {
        let path = &k.clip.path;
        path.canonicalize().unwrap_or_else(|_| path.clone())
    };
    let files: BTreeSet<PathBuf> = robot.iter().map(place).collect();
    if let Some(known) = training.iter().find(|k| files.contains(&place(k))) {
        return Err(refused(what, &known.clip));
    }
    without_heard(what, training, &BySound::of_clips(robot), observer)
}

impl SourceSpec {
    /// Refuses folds of noises that are not there.
    ///
    /// # Errors
    /// [`ExperimentError::Setup`].
    pub fn check(&self) -> Result<(), ExperimentError> {
        let idle = |what: &str, needs: &str| {
            Err(ExperimentError::Setup(format!(
                "{what} has no effect: it needs {needs}"
            )))
        };
        if !self.noise_folds.is_empty() && self.noise.is_empty() {
            return idle(
                "noise_folds (--noise-folds)",
                "noise (--noise), whose folds they are",
            );
        }
        let robot = self.robot_noise.is_empty() && self.noise.is_empty();
        if !self.robot_noise_folds.is_empty() && robot {
            return idle(
                "robot_noise_folds (--robot-noise-folds)",
                "robot_noise (--robot-noise) or noise (--noise), whose folds they are",
            );
        }
        Ok(())
    }

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

    /// Opens what training draws from, holding nothing out: for a model that no simulated robot
    /// will test.
    ///
    /// # Errors
    /// A folder or file that cannot be used.
    pub fn choose_for_training(
        &self,
        index: &ContentIndex,
        observer: &dyn Observer,
    ) -> Result<ChosenSources, ExperimentError> {
        self.choose_apart(&HeardInScene::default(), index, observer)
    }

    /// Opens what training draws from, without what went into the robot's recordings (a folder for
    /// each corpus), where they are a simulated scene that says so.
    ///
    /// # Errors
    /// A folder or file that cannot be used.
    pub fn choose_beside_recordings(
        &self,
        robot: &[impl AsRef<Path>],
        index: &ContentIndex,
        observer: &dyn Observer,
    ) -> Result<ChosenSources, ExperimentError> {
        let mut heard = HeardInScene::default();
        for folder in robot {
            heard.join(HeardInScene::of(folder.as_ref())?);
        }
        self.choose_apart(&heard, index, observer)
    }

    /// Opens what training draws from and what a simulated robot hears, as [`SourceSpec::choose`];
    /// training gets nothing that went into recordings either, where they are simulated scenes that
    /// say so.
    ///
    /// # Errors
    /// As [`SourceSpec::choose`].
    pub fn choose_for_all(
        &self,
        recordings: &[impl AsRef<Path>],
        index: &ContentIndex,
        observer: &dyn Observer,
    ) -> Result<ChosenSources, ExperimentError> {
        let mut heard = HeardInScene::default();
        for folder in recordings {
            heard.join(HeardInScene::of(folder.as_ref())?);
        }
        self.choose_both(&heard, index, observer)
    }

    fn choose_apart(
        &self,
        heard: &HeardInScene,
        index: &ContentIndex,
        observer: &dyn Observer,
    ) -> Result<ChosenSources, ExperimentError> {
        self.check()?;
        let (noise, rooms) = (self.training_noise(), self.training_rooms());
        let heard_noises = heard.noises();
        Ok(ChosenSources {
            noises: SoundKind::Noises.for_training(noise, &heard_noises, index, observer)?,
            rooms: SoundKind::Rooms.for_training(rooms, &heard.rooms, index, observer)?,
            memory_mib: self.memory_mib,
        })
    }

    /// Opens, splits and checks what training draws from and what a simulated robot hears.
    ///
    /// # Errors
    /// A folder or file that cannot be used, or a sound that would be on both sides.
    pub fn choose(
        &self,
        index: &ContentIndex,
        observer: &dyn Observer,
    ) -> Result<ChosenSources, ExperimentError> {
        self.choose_both(&HeardInScene::default(), index, observer)
    }

    fn choose_both(
        &self,
        heard: &HeardInScene,
        index: &ContentIndex,
        observer: &dyn Observer,
    ) -> Result<ChosenSources, ExperimentError> {
        self.check()?;
        let robot_rooms = Chosen {
            folders: &self.robot_rooms.0,
            folds: &[],
        };
        let robot_noise = Chosen {
            folders: &self.robot_noise.0,
            folds: &self.robot_noise_folds,
        };
        let heard_noises = heard.noises();
        Ok(ChosenSources {
            noises: SoundKind::Noises.for_both(
                self.training_noise(),
                robot_noise,
                &heard_noises,
                index,
                observer,
            )?,
            rooms: SoundKind::Rooms.for_both(
                self.training_rooms(),
                robot_rooms,
                &heard.rooms,
                index,
                observer,
            )?,
            memory_mib: self.memory_mib,
        })
    }
}
