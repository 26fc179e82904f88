//! Sounds that went into a simulated scene, by its manifest: nobody who is tested in it may have
//! heard them in training.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use earnest_corpus::{Clip, Collection};
use earnest_scene::simulate::Scene;

use crate::error::ExperimentError;

/// What was heard in a scene; nothing, of a folder that holds none.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeardInScene {
    /// Recordings of events that happened.
    pub events: Vec<Clip>,
    /// Names of the recordings that were heard during an utterance, by its id.
    pub during: BTreeMap<String, BTreeSet<String>>,
    /// The robot's own noise, in every utterance.
    pub own: Vec<Clip>,
    /// Measured responses, in every utterance.
    pub rooms: Vec<Clip>,
}

impl HeardInScene {
    /// Of a folder of recordings.
    ///
    /// # Errors
    /// Its description, its manifest or one of its collections cannot be read, or no longer has
    /// what was heard.
    pub fn of(folder: &Path) -> Result<Self, ExperimentError> {
        let Some(scene) = Scene::of_folder(folder)? else {
            return Ok(Self::default());
        };
        let gone = |what: &str| {
            ExperimentError::Setup(format!(
                "{what} was heard in the scene {} and is no more to be found, so it cannot be checked that training does not hear it too; put it back as it was, correct its folder's path in {}, or make the scene again",
                folder.display(),
                folder.join("scene.toml").display()
            ))
        };
        let there = |path: &Path| match path.is_dir() {
            true => Ok(()),
            false => Err(gone(&path.display().to_string())),
        };
        let mut heard = Self::default();
        for entry in Scene::entries(folder)? {
            let names: BTreeSet<String> = entry
                .draws
                .events
                .into_iter()
                .filter_map(|event| event.recording)
                .collect();
            heard.during.insert(entry.id, names);
        }
        if let Some(events) = &scene.events {
            there(events)?;
            let mut names: BTreeSet<&str> = heard
                .during
                .values()
                .flatten()
                .map(String::as_str)
                .collect();
            let collection = Collection::open(events)?;
            // People who talk are events, too.
            for clip in collection.clips.into_iter().chain(collection.voices) {
                if names.remove(clip.name.as_str()) {
                    heard.events.push(clip);
                }
            }
            if let Some(name) = names.first() {
                return Err(gone(&format!("{name} of {}", events.display())));
            }
        }
        if let Some(own) = &scene.lab.recorded {
            there(&own.folder)?;
            heard.own = Collection::open(&own.folder)?.clips;
        }
        if let Some(responses) = &scene.lab.room.responses {
            there(responses)?;
            heard.rooms = Collection::open_rooms(responses)?.clips;
        }
        Ok(heard)
    }
}
