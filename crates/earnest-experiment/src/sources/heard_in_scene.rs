//! Sounds that went into a simulated scene, as the scene says what they held when it was made:
//! nobody who is tested in it may have heard them in training.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use earnest_scene::simulate::{Part, Scene, SceneSound};

use crate::error::ExperimentError;

/// What was heard in a scene; nothing, of a folder that holds none.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeardInScene {
    /// Recordings of events that happened.
    pub events: Vec<SceneSound>,
    /// Names of the recordings that were heard during an utterance, by its id.
    pub during: BTreeMap<String, BTreeSet<String>>,
    /// The robot's own noise, in every utterance.
    pub own: Vec<SceneSound>,
    /// Measured responses, in every utterance.
    pub rooms: Vec<SceneSound>,
}

impl HeardInScene {
    /// Takes in what was heard in another scene.
    pub fn join(&mut self, other: Self) {
        self.events.extend(other.events);
        self.during.extend(other.during);
        self.own.extend(other.own);
        self.rooms.extend(other.rooms);
    }

    /// All noises: events, and the robot's own.
    pub fn noises(&self) -> Vec<SceneSound> {
        self.events.iter().chain(&self.own).cloned().collect()
    }

    /// Of a folder of recordings.
    ///
    /// # Errors
    /// Its description or its manifest cannot be read, or they do not say what was heard.
    pub fn of(folder: &Path) -> Result<Self, ExperimentError> {
        let Some(scene) = Scene::of_folder(folder)? else {
            return Ok(Self::default());
        };
        let unknown = |what: &str| {
            ExperimentError::Setup(format!(
                "{what} was heard in the scene {}, and {} does not say what it held, so it cannot be checked that training does not hear it too; put scene.toml back as `earnest scene simulate` wrote it, or make the scene again in another folder",
                folder.display(),
                folder.join("scene.toml").display()
            ))
        };
        let of_part = |part: Part| -> Vec<SceneSound> {
            let sounds = scene.sounds.iter().filter(|s| s.part == part);
            sounds.cloned().collect()
        };
        let mut heard = Self {
            own: of_part(Part::Own),
            rooms: of_part(Part::Room),
            ..Self::default()
        };
        for entry in Scene::entries(folder)? {
            let names: BTreeSet<String> = entry
                .draws
                .events
                .into_iter()
                .filter_map(|event| event.recording)
                .collect();
            heard.during.insert(entry.id, names);
        }
        let mut names: BTreeSet<&str> = heard
            .during
            .values()
            .flatten()
            .map(String::as_str)
            .collect();
        for sound in of_part(Part::Event) {
            if names.remove(sound.name.as_str()) {
                heard.events.push(sound);
            }
        }
        if let Some(name) = names.first() {
            return Err(unknown(&format!("the event {name}")));
        }
        if scene.lab.recorded.is_some() && heard.own.is_empty() {
            return Err(unknown("the robot's own noise ([lab.recorded])"));
        }
        if scene.lab.room.responses.is_some() && heard.rooms.is_empty() {
            return Err(unknown("a measured room (room.responses)"));
        }
        Ok(heard)
    }
}
