//! What lies below a folder, and what of it could not be listed.

use std::ffi::OsStr;
use std::path::Path;

use earnest_files::RelativePath;
use walkdir::WalkDir;

use crate::problem::{Problem, ProblemKind};

/// What lies below a folder. Names that begin with a dot are hidden and left out.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The wanted files, folder by folder in the order of their names.
    pub files: Vec<RelativePath>,
    /// What could not be listed: folders, links that lead nowhere, names that are no text.
    pub problems: Vec<Problem>,
}

pub(crate) fn hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

impl Listing {
    /// Lists the files below a folder that `wanted` says yes to, through links. Nothing is lost
    /// silently: a wanted file or a folder is either listed or a problem.
    #[must_use]
    pub fn of(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Self {
        let mut listing = Self::default();
        let mut walk = WalkDir::new(folder)
            .follow_links(true)
            .sort_by_file_name()
            .into_iter();
        while let Some(entry) = walk.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    listing.problems.extend(problem_of(folder, &error));
                    continue;
                }
            };
            let is_folder = entry.file_type().is_dir();
            if entry.depth() > 0 && hidden(entry.file_name()) {
                if is_folder {
                    walk.skip_current_dir();
                }
                continue;
            }
            let is_wanted = !is_folder && wanted(entry.path());
            if is_wanted && entry.depth() > 0 && !entry.file_type().is_file() {
                listing.problems.push(Problem {
                    kind: ProblemKind::NotAFile,
                    file: entry.path().to_owned(),
                    line: None,
                    detail: "it is a pipe, a socket or a device; remove it, or put a file there"
                        .into(),
                });
                continue;
            }
            if entry.depth() == 0 || !(is_folder || is_wanted) {
                continue;
            }
            match RelativePath::below(folder, entry.path()) {
                Some(path) if is_wanted => listing.files.push(path),
                Some(_) => {}
                None => {
                    if is_folder {
                        walk.skip_current_dir();
                    }
                    listing.problems.push(Problem {
                        kind: ProblemKind::UnusableName,
                        file: entry.path().to_owned(),
                        line: None,
                        detail: "its name is not UTF-8, or has a control character or a backslash in it; rename it".into(),
                    });
                }
            }
        }
        listing
    }
}

/// A walk's error as a problem; `None` for what is hidden.
fn problem_of(folder: &Path, error: &walkdir::Error) -> Option<Problem> {
    let file = error.path().unwrap_or(folder);
    if error.depth() > 0 && file.file_name().is_some_and(hidden) {
        return None;
    }
    let is_link = file.symlink_metadata().is_ok_and(|m| m.is_symlink());
    let (kind, detail) = match (error.loop_ancestor(), error.io_error()) {
        (Some(ancestor), _) => (
            ProblemKind::UnlistedFolder,
            format!(
                "it is a link to {}, which it lies in; remove it",
                ancestor.display()
            ),
        ),
        (None, Some(why)) if is_link => (ProblemKind::DanglingLink, why.to_string()),
        (None, Some(why)) => (ProblemKind::UnlistedFolder, why.to_string()),
        (None, None) => (ProblemKind::UnlistedFolder, error.to_string()),
    };
    Some(Problem {
        kind,
        file: file.to_owned(),
        line: None,
        detail,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    #[test]
    fn whatever_cannot_be_listed_is_named_and_the_rest_is_listed() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        for folder in ["a/b", "c", ".hidden"] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
        }
        for file in ["a/b/1.wav", "c/2.wav", "c/2.txt", ".hidden/3.wav"] {
            std::fs::write(root.join(file), "x").unwrap();
        }
        let odd = root.join(OsStr::from_bytes(b"\xff.wav"));
        let odd_folder = root.join(OsStr::from_bytes(b"\xfe"));
        std::fs::write(&odd, "x").unwrap();
        std::fs::write(root.join(OsStr::from_bytes(b"\xff.txt")), "x").unwrap();
        std::fs::create_dir(&odd_folder).unwrap();
        std::fs::write(odd_folder.join("4.wav"), "x").unwrap();
        symlink("/dev/null", root.join("c/device.wav")).unwrap();
        symlink("/dev/null", root.join("c/device.txt")).unwrap();
        symlink("nowhere", root.join("gone.wav")).unwrap();
        symlink("nowhere", root.join(".#gone")).unwrap();
        symlink("y", root.join("x")).unwrap();
        symlink("x", root.join("y")).unwrap();
        symlink("..", root.join("c/up")).unwrap();
        let listing = Listing::of(root, earnest_audio::has_audio_extension);
        let files: Vec<&str> = listing.files.iter().map(RelativePath::as_str).collect();
        assert_eq!(files, ["a/b/1.wav", "c/2.wav"]);
        let problems: Vec<_> = listing
            .problems
            .iter()
            .map(|p| (p.kind, p.file.strip_prefix(root).unwrap().to_owned()))
            .collect();
        let expected = [
            (ProblemKind::NotAFile, "c/device.wav".into()),
            (ProblemKind::UnlistedFolder, "c/up".into()),
            (ProblemKind::DanglingLink, "gone.wav".into()),
            (ProblemKind::DanglingLink, "x".into()),
            (ProblemKind::DanglingLink, "y".into()),
            (
                ProblemKind::UnusableName,
                odd_folder.strip_prefix(root).unwrap().to_owned(),
            ),
            (
                ProblemKind::UnusableName,
                odd.strip_prefix(root).unwrap().to_owned(),
            ),
        ];
        assert_eq!(problems, expected);
    }
}
