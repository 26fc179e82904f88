//! MS-SNSD (Reddy et al. 2019): `noise_train/AirConditioner_1.wav`, `noise_test/...`. Its
//! test noises are fold 2, so that they are what is held out; its `clean_*` is speech.

use std::path::Path;

use super::{Clip, Collection, CollectionError, audio_in};
use crate::layout::stem_and_folder;
use crate::left_out::LeftOut;

/// Classes with human voices: unwanted as background noise (docs/paper.md, section 4).
const VOICES: [&str; 7] = [
    "AirportAnnouncements",
    "Babble",
    "Cafe",
    "Cafeteria",
    "Meeting",
    "NeighborSpeaking",
    "Restaurant",
];

pub fn read(folder: &Path) -> Result<Option<Collection>, CollectionError> {
    let parts = [("noise_train", 1), ("noise_test", 2)];
    if !parts.iter().any(|(p, _)| folder.join(p).is_dir()) {
        return Ok(None);
    }
    let mut collection = Collection {
        layout: "MS-SNSD",
        clips: Vec::new(),
        voices: Vec::new(),
        left_out: Vec::new(),
    };
    for (part, fold) in parts {
        if !folder.join(part).is_dir() {
            continue;
        }
        for file in audio_in(&folder.join(part))? {
            let name = format!("{part}/{file}");
            let (stem, _) = stem_and_folder(&file);
            let class = stem.rsplit_once('_').map_or(stem, |(class, _)| class);
            let clip = Clip {
                path: folder.join(&name),
                source: format!("MS-SNSD:{stem}"),
                category: Some(class.to_owned()),
                fold: Some(fold),
                name: name.clone(),
            };
            if VOICES.contains(&class) {
                let why = format!("{class} has human voices");
                collection.left_out.push(LeftOut::new(name, why));
                collection.voices.push(clip);
            } else {
                collection.clips.push(clip);
            }
        }
    }
    for part in ["clean_train", "clean_test"] {
        if folder.join(part).is_dir() {
            let why = "it is human voice";
            collection.left_out.push(LeftOut::new(part, why));
        }
    }
    Ok(Some(collection))
}
