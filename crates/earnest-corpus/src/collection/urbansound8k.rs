//! UrbanSound8K (Salamon et al. 2014): `metadata/UrbanSound8K.csv`, `audio/fold1` to
//! `audio/fold10`; cut from Freesound uploads.

use std::path::Path;

use super::table::Table;
use super::{Clip, Collection, CollectionError, name_unlisted};
use crate::left_out::LeftOut;

/// The class with human voices: unwanted as background noise (docs/paper.md, section 4).
const VOICES: &str = "children_playing";

pub fn read(folder: &Path) -> Result<Option<Collection>, CollectionError> {
    let Some(table) = Table::read(&folder.join("metadata/UrbanSound8K.csv"))? else {
        return Ok(None);
    };
    let mut collection = Collection {
        layout: "UrbanSound8K",
        clips: Vec::new(),
        voices: Vec::new(),
        left_out: Vec::new(),
    };
    let needed = ["slice_file_name", "fsID", "fold", "class"];
    for row in table.rows(&needed, &mut collection.left_out) {
        let (file, class, fold) = (
            row.text("slice_file_name"),
            row.text("class"),
            row.text("fold"),
        );
        let name = format!("fold{fold}/{file}");
        let path = folder.join("audio").join(&name);
        let fold: Option<u32> = fold.parse().ok();
        if fold.is_none() {
            let why = "fold is no number";
            collection.left_out.push(LeftOut::new(row.place(), why));
            continue;
        }
        if !path.is_file() {
            let what = format!("{} audio/{name}", row.place());
            collection.left_out.push(LeftOut::new(what, "no such file"));
            continue;
        }
        let clip = Clip {
            name: name.clone(),
            path,
            source: format!("freesound:{}", row.text("fsID")),
            category: Some(class.to_owned()),
            fold,
        };
        if class == VOICES {
            let why = format!("{class} has human voices");
            collection.left_out.push(LeftOut::new(name, why));
            collection.voices.push(clip);
        } else {
            collection.clips.push(clip);
        }
    }
    name_unlisted(&mut collection, folder, "UrbanSound8K.csv")?;
    Ok(Some(collection))
}
