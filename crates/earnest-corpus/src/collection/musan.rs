//! MUSAN (Snyder et al. 2015): `noise/free-sound`, `noise/sound-bible`, `music/...`,
//! `speech/...`. Its noise part is used; speech is human voice, and most of its music is sung.

use std::path::Path;

use super::{Clip, Collection, CollectionError, audio_in};
use crate::layout::stem_and_folder;
use crate::left_out::LeftOut;

pub fn read(folder: &Path) -> Result<Option<Collection>, CollectionError> {
    let noise = folder.join("noise");
    if !noise.join("free-sound").is_dir() && !noise.join("sound-bible").is_dir() {
        return Ok(None);
    }
    let mut collection = Collection {
        layout: "MUSAN",
        clips: Vec::new(),
        voices: Vec::new(),
        left_out: Vec::new(),
    };
    for name in audio_in(&noise)? {
        let (stem, part) = stem_and_folder(&name);
        collection.clips.push(Clip {
            path: noise.join(&name),
            source: format!("MUSAN:{stem}"),
            category: Some(part.to_owned()),
            fold: None,
            name,
        });
    }
    for (part, why) in [
        ("speech", "it is human voice"),
        ("music", "much of it is sung"),
    ] {
        if folder.join(part).is_dir() {
            collection.left_out.push(LeftOut::new(part, why));
        }
    }
    Ok(Some(collection))
}
