//! One folder or several, as an experiment names them.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Folders of sounds. In a file one is a text, several are a list of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Folders(pub Vec<PathBuf>);

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "a folder, or a list of folders")]
enum Written {
    One(PathBuf),
    Several(Vec<PathBuf>),
}

impl From<Written> for Folders {
    fn from(written: Written) -> Self {
        match written {
            Written::One(folder) => Self(vec![folder]),
            Written::Several(folders) => Self(folders),
        }
    }
}

impl From<Folders> for Written {
    fn from(mut folders: Folders) -> Self {
        match folders.0.len() {
            1 => Self::One(folders.0.remove(0)),
            _ => Self::Several(folders.0),
        }
    }
}

impl From<PathBuf> for Folders {
    fn from(folder: PathBuf) -> Self {
        Self(vec![folder])
    }
}

impl From<&Path> for Folders {
    fn from(folder: &Path) -> Self {
        Self(vec![folder.to_owned()])
    }
}

impl Folders {
    /// True if there is none: then the built-in sounds are meant.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct File {
        noise: Folders,
    }

    #[test]
    fn one_folder_is_a_text_and_several_are_a_list() {
        for (text, folders) in [
            ("noise = \"a\"\n", vec!["a"]),
            ("noise = [\"a\", \"b\"]\n", vec!["a", "b"]),
        ] {
            let file: File = toml::from_str(text).unwrap();
            assert_eq!(
                file.noise.0,
                folders.iter().map(PathBuf::from).collect::<Vec<_>>()
            );
            assert_eq!(toml::to_string(&file).unwrap(), text);
        }
        let error = toml::from_str::<File>("noise = 3").unwrap_err().to_string();
        assert!(error.contains("a folder, or a list of folders"), "{error}");
    }
}
