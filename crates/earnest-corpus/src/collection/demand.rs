//! DEMAND (Thiemann et al. 2013): a folder for each place, `DKITCHEN/ch01.wav` to
//! `ch16.wav` of one microphone array. The first channel is used: the others hear the same.

use std::path::{Path, PathBuf};

use super::{Clip, Collection, LeftOut, folders_in};

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

/// Its first channel; archives unpack as `DKITCHEN` or `DKITCHEN_16k/DKITCHEN`.
fn first_channel(folder: &Path, place: &str) -> Option<PathBuf> {
    [folder.join("ch01.wav"), folder.join(place).join("ch01.wav")]
        .into_iter()
        .find(|p| p.is_file())
}

pub fn read(folder: &Path) -> Option<Collection> {
    let mut collection = Collection {
        layout: "DEMAND",
        clips: Vec::new(),
        voices: Vec::new(),
        left_out: Vec::new(),
    };
    for inner in folders_in(folder) {
        let name = inner.file_name().and_then(|n| n.to_str()).unwrap_or("");
        let place = name.split('_').next().unwrap_or(name);
        let Some(path) = first_channel(&inner, place) else {
            continue;
        };
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
    any.then_some(collection)
}
