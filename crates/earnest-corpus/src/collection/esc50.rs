//! ESC-50 (Piczak 2015): `meta/esc50.csv`, `audio/`; cut from Freesound uploads.

use std::path::Path;

use super::table::Table;
use super::{Clip, Collection, CollectionError, name_unlisted};
use crate::left_out::LeftOut;

/// Classes that are human voices: unwanted as background noise (docs/paper.md, section 4).
const VOICES: [&str; 5] = [
    "crying_baby",
    "laughing",
    "coughing",
    "sneezing",
    "breathing",
];

pub fn read(folder: &Path) -> Result<Option<Collection>, CollectionError> {
    let Some(table) = Table::read(&folder.join("meta/esc50.csv"))? else {
        return Ok(None);
    };
    let mut collection = Collection {
        layout: "ESC-50",
        clips: Vec::new(),
        voices: Vec::new(),
        left_out: Vec::new(),
    };
    for row in table.rows(&["filename", "category"], &mut collection.left_out) {
        let (file, category) = (row.text("filename"), row.text("category"));
        let path = folder.join("audio").join(file);
        if !path.is_file() {
            let what = format!("{} audio/{file}", row.place());
            collection.left_out.push(LeftOut::new(what, "no such file"));
            continue;
        }
        let source = match row.get("src_file") {
            Some(id) => format!("freesound:{id}"),
            None => format!("ESC-50:{file}"),
        };
        let clip = Clip {
            name: file.to_owned(),
            path,
            source,
            category: Some(category.to_owned()),
            fold: row.get("fold").and_then(|f| f.parse().ok()),
        };
        if VOICES.contains(&category) {
            let why = format!("{category} is a human voice");
            collection.left_out.push(LeftOut::new(file, why));
            collection.voices.push(clip);
        } else {
            collection.clips.push(clip);
        }
    }
    name_unlisted(&mut collection, folder, "esc50.csv")?;
    Ok(Some(collection))
}
