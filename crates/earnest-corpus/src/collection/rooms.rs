//! Folders of room responses: which file is of which room.

use std::collections::HashMap;
use std::path::Path;

use super::table::Table;
use super::{Clip, Collection, CollectionError, absolute, list};
use crate::layout::stem_and_folder;
use crate::left_out::LeftOut;
use crate::room_file::{RoomFormat, air_room};

/// Rooms by file, from a manifest in the folder or beside it.
fn manifest(
    folder: &Path,
    left_out: &mut Vec<LeftOut>,
) -> Result<HashMap<String, String>, CollectionError> {
    let absolute = absolute(folder);
    let own = folder.file_name().or(absolute.file_name());
    let within = own.map(|n| format!("{}/", n.to_string_lossy()));
    let places = [
        (Some(folder), Some(String::new())),
        (absolute.parent(), within),
    ];
    for (place, prefix) in places {
        let (Some(place), Some(prefix)) = (place, prefix) else {
            continue;
        };
        let Some(table) = Table::read(&place.join("manifest.csv"))? else {
            continue;
        };
        if !table.has(&["path", "room"]) {
            continue;
        }
        return Ok(table
            .rows(&["path", "room"], left_out)
            .iter()
            .filter_map(|row| {
                let path = row.text("path").strip_prefix(&prefix)?;
                Some((path.to_owned(), row.text("room").to_owned()))
            })
            .collect());
    }
    Ok(HashMap::new())
}

/// A file's name without what says where microphone and loudspeaker stood: numbers, angles,
/// channels at its end. It would rather take two rooms for one than one for two.
fn room_of_name(stem: &str) -> &str {
    let mut rest = stem;
    loop {
        let trimmed = rest.trim_end_matches(['_', '-', '+', ' ', '.']);
        let start = trimmed
            .rfind(['_', '-', '+', ' ', '.'])
            .map_or(0, |i| i + 1);
        let word = trimmed[start..].to_ascii_lowercase();
        let short = word.chars().count() <= 5;
        let says_where = (short && word.chars().any(|c| c.is_ascii_digit()))
            || word.chars().count() == 1
            || ["left", "right", "mono", "stereo", "az", "el"].contains(&word.as_str());
        if start == 0 && says_where && word.chars().all(|c| c.is_ascii_digit()) {
            return ""; // nothing but a number: of the folder's one room
        }
        if start == 0 || !says_where {
            return if trimmed.is_empty() { stem } else { trimmed };
        }
        rest = &trimmed[..start];
    }
}

pub fn read(folder: &Path) -> Result<Option<Collection>, CollectionError> {
    let files: Vec<(String, RoomFormat)> = list(folder, |file| RoomFormat::of(file).is_some())?
        .into_iter()
        .map(String::from)
        .filter_map(|name| RoomFormat::of(Path::new(&name)).map(|format| (name, format)))
        .collect();
    if files.is_empty() {
        return Ok(None);
    }
    let mut left_out = Vec::new();
    let rooms = manifest(folder, &mut left_out)?;
    let root = absolute(folder);
    let air = files.iter().all(|(_, f)| *f == RoomFormat::Mat);
    let sofa = files.iter().all(|(_, f)| *f == RoomFormat::Sofa);
    let shared = shared_folder(files.iter().map(|(name, _)| name.as_str()));
    let clips = files
        .into_iter()
        .map(|(name, format)| {
            let (stem, _) = stem_and_folder(&name);
            let inner = name.get(shared..).unwrap_or_default();
            let first_folder = inner.split_once('/').map(|(first, _)| first);
            let own = || root.join(&name[..shared + first_folder.map_or(0, str::len)]);
            let room = rooms.get(&name).cloned().or_else(|| match format {
                RoomFormat::Mat => air_room(stem).map(|r| format!("AIR:{r}")),
                RoomFormat::Sofa | RoomFormat::Audio => None,
            });
            let source = room.unwrap_or_else(|| {
                let path = match (first_folder, format) {
                    (Some(_), _) => own(),
                    (None, RoomFormat::Sofa) => root.join(stem),
                    (None, _) => root.join(room_of_name(stem)),
                };
                path.display().to_string()
            });
            Clip {
                path: folder.join(&name),
                category: Some(short_name(&source).to_owned()),
                source,
                fold: None,
                name,
            }
        })
        .collect();
    Ok(Some(Collection {
        layout: match (air, sofa) {
            (true, _) => "Aachen AIR",
            (_, true) => "SOFA",
            _ => "folder of rooms",
        },
        clips,
        voices: Vec::new(),
        left_out,
    }))
}

/// How long the folders are, `/` included, in which all files lie.
fn shared_folder<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    let folder = |name: &'a str| name.rsplit_once('/').map_or("", |(f, _)| f);
    let mut shared: Option<Vec<&str>> = None;
    for name in names {
        let parts: Vec<&str> = folder(name).split('/').filter(|p| !p.is_empty()).collect();
        shared = Some(match shared {
            None => parts,
            Some(before) => before
                .into_iter()
                .zip(parts)
                .take_while(|(a, b)| a == b)
                .map(|(a, _)| a)
                .collect(),
        });
    }
    shared.unwrap_or_default().iter().map(|p| p.len() + 1).sum()
}

/// The last part of a room's name, for people.
fn short_name(source: &str) -> &str {
    source.rsplit(['/', ':']).next().unwrap_or(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_all_files_share_name_no_room() {
        assert_eq!(shared_folder(["a/b/x", "a/b/y"].into_iter()), 4);
        assert_eq!(shared_folder(["a/b/x", "a/c/y"].into_iter()), 2);
        assert_eq!(shared_folder(["x", "a/c/y"].into_iter()), 0);
        assert_eq!(shared_folder([].into_iter()), 0);
    }

    #[test]
    fn a_room_is_what_is_left_of_a_name_without_positions() {
        for (stem, room) in [
            ("BBCRD_LR_B+000", "BBCRD_LR"),
            ("BBCRD_LR_M-135", "BBCRD_LR"),
            ("St_Margaret_s_Church_ch0", "St_Margaret_s_Church"),
            ("ir_arthur_s1r4_ch1", "ir_arthur"),
            ("kitchen left", "kitchen"),
            ("rir_01", "rir"),
            ("001", ""),
            ("office", "office"),
            ("_", "_"),
            ("Kölner_Dom_2", "Kölner_Dom"),
        ] {
            assert_eq!(room_of_name(stem), room);
        }
    }
}
