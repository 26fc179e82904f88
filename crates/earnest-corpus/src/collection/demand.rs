//! DEMAND (Thiemann et al. 2013): a folder for each place, `DKITCHEN/ch01.wav` to
//! `ch16.wav` of one microphone array. The first channel is used: the others hear the same.

use std::path::Path;

use super::{Clip, Collection, CollectionError, audio_in};
use crate::left_out::LeftOut;

/// Places where people talk within the array's hearing.
const VOICES: [&str; 4] = ["OMEETING", "PCAFETER", "PRESTO", "SCAFE"];

/// What the first letter of a place means.
fn category(place: &str) -> Option<&'static str> {
    Some(match place.chars().next()? {
        'D' => "domestic",
        'N' => "nature",
        'O' => "office",
        'P' => "public",
        'S' => "street",
        'T' => "transportation",
        _ => return None,
    })
}

pub fn read(folder: &Path) -> Result<Option<Collection>, CollectionError> {
    let mut collection = Collection {
        layout: "DEMAND",
        clips: Vec::new(),
        voices: Vec::new(),
        left_out: Vec::new(),
    };
    let files = audio_in(folder)?;
    for file in &files {
        // Archives unpack as DKITCHEN or DKITCHEN_16k/DKITCHEN.
        let parts: Vec<&str> = file.split('/').collect();
        let (name, inner) = match parts.as_slice() {
            [name, "ch01.wav"] => (*name, None),
            [name, inner, "ch01.wav"] => (*name, Some(*inner)),
            _ => continue,
        };
        let place = name.split('_').next().unwrap_or(name);
        let direct = format!("{name}/ch01.wav");
        if inner.is_some_and(|i| i != place || files.contains(&direct)) {
            continue;
        }
        let path = folder.join(file);
        let clip = Clip {
            name: format!("{name}/ch01.wav"),
            path,
            source: format!("DEMAND:{place}"),
            category: category(place).map(str::to_owned),
            fold: None,
        };
        if VOICES.contains(&place) {
            let why = "people talk there";
            collection.left_out.push(LeftOut::new(name, why));
            collection.voices.push(clip);
        } else {
            collection.clips.push(clip);
        }
    }
    let any = !collection.clips.is_empty() || !collection.left_out.is_empty();
    Ok(any.then_some(collection))
}
