//! A download of `earnest noise freesound`: its manifest and the clips beside it.

use std::path::Path;

use earnest_files::text_of_cell;

use super::table::Table;
use super::{Clip, Collection, CollectionError};
use crate::left_out::LeftOut;

/// The name of the table of what was downloaded.
pub const MANIFEST: &str = "freesound.csv";

pub fn read(folder: &Path) -> Result<Option<Collection>, CollectionError> {
    let Some(table) = Table::read(&folder.join(MANIFEST))? else {
        return Ok(None);
    };
    let mut collection = Collection {
        layout: "Freesound",
        clips: Vec::new(),
        voices: Vec::new(),
        left_out: Vec::new(),
    };
    let mut seen = std::collections::HashSet::new();
    for row in table.rows(&["file", "id", "licence"], &mut collection.left_out) {
        let file = row.text("file");
        // A clip that was lost and downloaded again has two lines.
        if !seen.insert(file.to_owned()) {
            continue;
        }
        let path = folder.join(file);
        if path.is_file() {
            collection.clips.push(Clip {
                name: file.to_owned(),
                path,
                source: format!("freesound:{}", row.text("id")),
                category: row.get("found_by").map(|tag| text_of_cell(tag).to_owned()),
                fold: None,
            });
        } else {
            let what = format!("{} {file}", row.place());
            collection.left_out.push(LeftOut::new(what, "no such file"));
        }
    }
    Ok(Some(collection))
}
