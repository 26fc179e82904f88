//! Any folder of audio files: each is its own source, its folder its class.

use std::path::Path;

use super::{Clip, Collection, CollectionError, absolute, audio_in};
use crate::layout::stem_and_folder;

pub fn read(folder: &Path) -> Result<Option<Collection>, CollectionError> {
    let root = absolute(folder);
    let clips: Vec<Clip> = audio_in(folder)?
        .into_iter()
        .map(|name| {
            let (_, class) = stem_and_folder(&name);
            Clip {
                source: root.join(&name).with_extension("").display().to_string(),
                path: folder.join(&name),
                category: (!class.is_empty()).then(|| class.to_owned()),
                fold: None,
                name,
            }
        })
        .collect();
    Ok((!clips.is_empty()).then_some(Collection {
        layout: "folder",
        clips,
        voices: Vec::new(),
        left_out: Vec::new(),
    }))
}
