//! Where the files that a manifest lists lie below the corpus's folder.
//!
//! An utterance's place is the path of its recording below a robot's recordings or a simulated
//! scene, so it must be relative to something whatever the manifest says. It is relative to the
//! folder that the manifest's paths are relative to, if all listed files lie in it; otherwise to
//! the deepest folder that all listed files lie in. Places do not hang on how the corpus was
//! named on the command line. A stretch of a file has a place of its own beside the file's:
//! `talk.wav` from 1.25 to 3.5 s is `talk_1.25-3.5.wav`.

use std::path::{Component, Path, PathBuf};

use earnest_audio::Stretch;
use earnest_files::{RelativePath, RelativePathError};

use super::stem_and_folder;

/// The place of a file that a manifest in a folder lists: in that folder, by a path relative to
/// `base`, which is `root` or lies below it.
pub(super) fn inside(root: &Path, base: &Path, text: &str) -> Result<RelativePath, String> {
    let outside = || {
        format!(
            "{text:?} lies outside {}; a manifest or wav.scp that is found in a folder lists only what lies in it: give the file itself as the corpus if you trust it, or --root",
            root.display()
        )
    };
    let listed = Path::new(text);
    if listed.components().any(|c| c == Component::ParentDir) {
        return Err(outside());
    }
    if listed.is_absolute() {
        let roots = [root.to_owned(), canonical(root)];
        let below = roots.iter().find_map(|r| listed.strip_prefix(r).ok());
        let below = below.and_then(Path::to_str).ok_or_else(outside)?;
        return RelativePath::new(below).map_err(|e| e.to_string());
    }
    let path = RelativePath::new(text).map_err(|e| e.to_string())?;
    match RelativePath::below(root, base) {
        Some(folder) => RelativePath::new(&format!("{folder}/{path}")).map_err(|e| e.to_string()),
        None => Ok(path),
    }
}

/// The places of all files that a user's own manifest lists, by paths relative to `root`.
pub(super) fn anywhere(root: &Path, texts: &[&str]) -> Vec<Result<RelativePath, String>> {
    let root = canonical(root);
    let files: Vec<PathBuf> = texts
        .iter()
        .map(|text| {
            let listed = root.join(text);
            let file = without_dots(&listed);
            if file.starts_with(&root) {
                return file;
            }
            // The same file by another name, through a link.
            let through_link = listed.canonicalize().ok();
            through_link
                .filter(|f| f.starts_with(&root))
                .unwrap_or(file)
        })
        .collect();
    let base = match files.iter().all(|f| f.starts_with(&root)) {
        true => root,
        false => deepest_folder(&files),
    };
    files
        .iter()
        .map(|file| {
            let below = file.strip_prefix(&base).ok().and_then(Path::to_str);
            RelativePath::new(below.unwrap_or_default()).map_err(|e| e.to_string())
        })
        .collect()
}

/// The place of a stretch of the file at `place`.
pub(super) fn of_stretch(
    place: &RelativePath,
    stretch: Stretch,
) -> Result<RelativePath, RelativePathError> {
    let text = place.as_str();
    let (stem, _) = stem_and_folder(text);
    let folder = text.rsplit_once('/').map_or("", |(folder, _)| folder);
    // A name always has an extension, or a moment's fraction would be taken for one.
    let extension = Path::new(text)
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or("wav");
    RelativePath::new(&format!("./{folder}/{stem}_{stretch}.{extension}"))
}

/// The folder by the one name that it has without links; as it is if it cannot be told.
fn canonical(folder: &Path) -> PathBuf {
    folder
        .canonicalize()
        .or_else(|_| std::path::absolute(folder))
        .unwrap_or_else(|_| folder.to_owned())
}

/// An absolute path without `.` and `..`.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

/// The deepest folder that all files lie in.
fn deepest_folder(files: &[PathBuf]) -> PathBuf {
    let mut folders = files.iter().filter_map(|f| f.parent());
    let mut shared: PathBuf = folders.next().unwrap_or(Path::new("/")).to_owned();
    for folder in folders {
        while !folder.starts_with(&shared) && shared.pop() {}
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(texts: &[&str]) -> Vec<String> {
        anywhere(Path::new("/no/such/corpus"), texts)
            .into_iter()
            .map(|p| p.map_or_else(|e| e, |p| p.to_string()))
            .collect()
    }

    #[test]
    fn files_in_the_manifests_folder_keep_their_paths_however_they_are_written() {
        assert_eq!(
            places(&["wav/a.wav", "./wav/x/../b.wav", "/no/such/corpus/c.wav"]),
            ["wav/a.wav", "wav/b.wav", "c.wav"]
        );
    }

    #[test]
    fn files_elsewhere_are_placed_below_the_deepest_folder_they_share() {
        assert_eq!(
            places(&["/data/one/a.wav", "/data/two/a.wav"]),
            ["one/a.wav", "two/a.wav"]
        );
        assert_eq!(places(&["../other/a.wav"]), ["a.wav"]);
        assert_eq!(
            places(&["../other/a.wav", "b.wav"]),
            ["other/a.wav", "corpus/b.wav"]
        );
        assert_eq!(places(&["/a.wav", "/b/c.wav"]), ["a.wav", "b/c.wav"]);
    }

    #[test]
    fn each_stretch_of_a_file_has_a_place_of_its_own() {
        let place = |text: &str, start: f64, end: Option<f64>| {
            let stretch = Stretch::new(start, end).unwrap().unwrap();
            let place = of_stretch(&RelativePath::new(text).unwrap(), stretch).unwrap();
            place.with_extension("wav").to_string()
        };
        assert_eq!(place("a/talk.flac", 1.25, Some(3.5)), "a/talk_1.25-3.5.wav");
        assert_eq!(place("talk.wav", 2.0, None), "talk_2-end.wav");
        // Without an extension neither loses its fraction.
        assert_eq!(place("talk", 1.25, Some(3.5)), "talk_1.25-3.5.wav");
        assert_eq!(place("a.b/talk", 1.25, Some(3.6)), "a.b/talk_1.25-3.6.wav");
    }

    #[test]
    fn a_manifest_in_a_folder_reaches_no_further_than_the_folder() {
        let root = Path::new("/no/such/corpus");
        let base = root.join("list");
        for text in ["../a.wav", "a/../../b.wav", "/etc/passwd", "x/../a.wav"] {
            assert!(inside(root, &base, text).is_err(), "{text}");
        }
        let place = |text| inside(root, &base, text).unwrap().to_string();
        assert_eq!(place("wav/a.wav"), "list/wav/a.wav");
        assert_eq!(place("/no/such/corpus/wav/a.wav"), "wav/a.wav");
    }
}
