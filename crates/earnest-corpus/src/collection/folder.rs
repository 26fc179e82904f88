//! Any folder of audio files: each is its own source, its folder its class.

use std::path::Path;

use super::{Clip, Collection, absolute};
use crate::layout::{Survey, stem_and_folder};

pub fn read(folder: &Path) -> Option<Collection> {
    let root = absolute(folder);
    let clips: Vec<Clip> = Survey::of_folder(folder)
        .audio
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
    (!clips.is_empty()).then_some(Collection {
        layout: "folder",
        clips,
        voices: Vec::new(),
        left_out: Vec::new(),
    })
}
