//! The sounds that a scene is made from, as they were when it was made: whoever trains later must
//! not hear them, whatever their files hold by then.

use std::path::Path;

use earnest_corpus::{Clip, Collection, ContentIndex, Hearing, clips_heard};
use serde::{Deserialize, Serialize};

use crate::lab::{Lab, LabError};

/// What a sound is in a scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// An event that may happen.
    Event,
    /// The robot's own noise.
    Own,
    /// A measured room.
    Room,
}

/// A sound that a scene is made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SceneSound {
    /// What it is in the scene.
    pub part: Part,
    /// Its name in its collection.
    pub name: String,
    /// What it was cut from.
    pub source: String,
    /// Content hashes of what is heard of it (mono, 16 kHz; of a room each of its responses).
    pub contents: Vec<String>,
}

/// All sounds that a lab may let a robot hear, with `events` as its collection of events.
///
/// # Errors
/// [`LabError`]: a folder of them cannot be used.
pub fn sounds_of(
    lab: &Lab,
    events: Option<&Path>,
    index: &ContentIndex,
) -> Result<Vec<SceneSound>, LabError> {
    let mut all = Vec::new();
    let mut add = |part: Part, hearing: Hearing, clips: &[Clip]| {
        let heard = clips_heard(clips, hearing, index, || ());
        for (clip, contents) in clips.iter().zip(heard) {
            all.push(SceneSound {
                part,
                name: clip.name.clone(),
                source: clip.source.clone(),
                contents: contents.iter().map(ToString::to_string).collect(),
            });
        }
    };
    if let Some(folder) = events {
        let collection = open("--events", folder)?;
        let kinds: Vec<&str> = lab
            .event
            .iter()
            .filter(|kind| !kind.made)
            .flat_map(|kind| kind.wanted())
            .collect();
        // People who talk are events, too.
        let clips = collection.clips.into_iter().chain(collection.voices);
        let is_wanted = |clip: &Clip| clip.category.as_deref().is_some_and(|c| kinds.contains(&c));
        let clips: Vec<Clip> = clips.filter(is_wanted).collect();
        add(Part::Event, Hearing::Mono, &clips);
    }
    if let Some(recorded) = &lab.recorded {
        let collection = open(
            "the robot's own noise ([recorded] in the lab's TOML)",
            &recorded.folder,
        )?;
        add(Part::Own, Hearing::Mono, &collection.clips);
    }
    if let Some(folder) = &lab.room.responses {
        let collection = Collection::open_rooms(folder).map_err(|source| LabError::Collection {
            what: "room.responses",
            source,
        })?;
        add(Part::Room, Hearing::Responses, &collection.clips);
    }
    Ok(all)
}

fn open(what: &'static str, folder: &Path) -> Result<Collection, LabError> {
    Collection::open(folder).map_err(|source| LabError::Collection { what, source })
}
