//! A path that cannot leave the folder it is relative to.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

/// A file's path below some folder, with `/` between its parts: not empty, not absolute, no
/// `..`. Names that come from a table, a label file or an archive become paths only through
/// this type, so that none of them is read or written outside the folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RelativePath(String);

/// Why a text is no [`RelativePath`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} {reason}")]
pub struct RelativePathError {
    text: String,
    reason: &'static str,
}

impl RelativePath {
    /// From a text. `.` parts and doubled `/` are dropped: `./a//b.wav` is `a/b.wav`.
    ///
    /// # Errors
    /// It is empty, absolute, or has a `..`, a backslash or a control character in it.
    pub fn new(text: &str) -> Result<Self, RelativePathError> {
        let wrong = |reason| {
            Err(RelativePathError {
                text: text.to_owned(),
                reason,
            })
        };
        if text.chars().any(char::is_control) {
            return wrong("has a control character in it");
        }
        // On Windows a backslash is a separator: a name that means two things means none.
        if text.contains('\\') {
            return wrong("has a backslash in it; write / between folders");
        }
        let mut parts: Vec<&str> = Vec::new();
        for component in Path::new(text).components() {
            match component {
                Component::Normal(part) => parts.extend(part.to_str()),
                Component::CurDir => {}
                Component::ParentDir => return wrong("leads out of its folder (..)"),
                Component::RootDir | Component::Prefix(_) => {
                    return wrong("is absolute, not relative to its folder");
                }
            }
        }
        if parts.is_empty() {
            return wrong("names no file");
        }
        Ok(Self(parts.join("/")))
    }

    /// From the parts of a path that is known to lie below `root`: a file that a walk found.
    /// `None` if it does not, or if a name is not UTF-8.
    #[must_use]
    pub fn below(root: &Path, path: &Path) -> Option<Self> {
        let parts: Option<Vec<&str>> = path
            .strip_prefix(root)
            .ok()?
            .components()
            .map(|c| c.as_os_str().to_str())
            .collect();
        Self::new(&parts?.join("/")).ok()
    }

    /// The text, `/` between parts.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The file below a folder.
    #[must_use]
    pub fn under(&self, folder: &Path) -> PathBuf {
        folder.join(&self.0)
    }

    /// The same with another extension, or with one where it had none.
    #[must_use]
    pub fn with_extension(&self, extension: &str) -> Self {
        let path = Path::new(&self.0).with_extension(extension);
        Self(path.to_string_lossy().into_owned())
    }
}

impl fmt::Display for RelativePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for RelativePath {
    type Error = RelativePathError;
    fn try_from(text: String) -> Result<Self, RelativePathError> {
        Self::new(&text)
    }
}

impl From<RelativePath> for String {
    fn from(path: RelativePath) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_leaves_its_folder_is_refused_however_it_is_written() {
        for text in [
            "",
            ".",
            "/",
            "/etc/passwd",
            "..",
            "../a.wav",
            "a/../../b.wav",
            "a/..",
            "./..",
            "a\\..\\b.wav",
            "a\nb.wav",
            "a\0b.wav",
        ] {
            assert!(RelativePath::new(text).is_err(), "{text:?}");
        }
        for (text, same) in [
            ("a.wav", "a.wav"),
            ("./a//b.wav", "a/b.wav"),
            ("a/b/c d.wav", "a/b/c d.wav"),
            ("..a/b..wav", "..a/b..wav"),
            ("ü/ß.wav", "ü/ß.wav"),
        ] {
            assert_eq!(RelativePath::new(text).unwrap().as_str(), same);
        }
    }

    #[test]
    fn it_is_checked_when_it_is_read_from_a_file() {
        assert!(serde_json::from_str::<RelativePath>("\"a/b.wav\"").is_ok());
        let error = serde_json::from_str::<RelativePath>("\"../b.wav\"").unwrap_err();
        assert!(error.to_string().contains("leads out"), "{error}");
    }

    #[test]
    fn an_extension_is_replaced() {
        let path = RelativePath::new("a.b/c.flac").unwrap();
        assert_eq!(path.with_extension("wav").as_str(), "a.b/c.wav");
        assert_eq!(
            RelativePath::new("a/c")
                .unwrap()
                .with_extension("wav")
                .as_str(),
            "a/c.wav"
        );
    }

    proptest::proptest! {
        #[test]
        fn what_is_made_of_any_text_stays_below_the_folder(text in "[./a\\\\:]{0,12}|.{0,20}") {
            if let Ok(path) = RelativePath::new(&text) {
                let whole = path.under(Path::new("/folder"));
                assert!(whole.starts_with("/folder") && whole != Path::new("/folder"));
                assert!(whole.components().all(|c| c != Component::ParentDir));
            }
        }
    }
}
