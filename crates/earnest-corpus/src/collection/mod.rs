//! Collections of noises and room responses, each from its own layout or a plain folder.

mod demand;
mod esc50;
mod folder;
pub(crate) mod freesound;
mod ms_snsd;
mod musan;
mod rooms;
mod table;
mod urbansound8k;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use earnest_files::RelativePath;

use crate::left_out::LeftOut;
use crate::listing::Listing;
use crate::problem::Problem;
use crate::room_file::RoomFormat;

/// One file of a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    /// Its name in logs: its path within the collection.
    pub name: String,
    /// Its path.
    pub path: PathBuf,
    /// What it was cut from (a longer recording, a Freesound upload, a room), the same in every
    /// collection that has it: one source is never split between training and test.
    pub source: String,
    /// Its class, where the collection has classes.
    pub category: Option<String>,
    /// The collection's own fold, where it has folds.
    pub fold: Option<u32>,
}

/// A collection of sounds.
#[derive(Clone, Debug)]
pub struct Collection {
    /// Its layout: `ESC-50`, `UrbanSound8K`, ..., `folder`.
    pub layout: &'static str,
    /// Its clips, sorted by name.
    pub clips: Vec<Clip>,
    /// Clips of human voices: unwanted for training (docs/paper.md, section 4), yet a robot may hear
    /// people talk.
    pub voices: Vec<Clip>,
    /// Clips left out, and why; voices among them.
    pub left_out: Vec<LeftOut>,
}

/// Why a folder is no collection.
#[derive(Debug, thiserror::Error)]
pub enum CollectionError {
    /// No such folder.
    #[error("there is no folder of sounds at {}: {source}", path.display())]
    Absent {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Something in it cannot be listed, so that nobody knows what else it holds.
    #[error("cannot list the sounds in {}: {problem}; mend or remove it", path.display())]
    Unlisted {
        /// The folder of sounds.
        path: PathBuf,
        /// What cannot be listed, and why.
        problem: Problem,
    },
    /// The table that says what its clips are cannot be read.
    #[error("cannot read {}, which says what the sounds are: {detail}", path.display())]
    Table {
        /// The table.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// No audio in it.
    #[error("{} holds no usable audio file{hint}", path.display())]
    Empty {
        /// The path.
        path: PathBuf,
        /// What may be the matter.
        hint: String,
    },
}

/// A reader of one layout: `None` if the folder is not of it.
type Reader = fn(&Path) -> Result<Option<Collection>, CollectionError>;

/// Layouts of noise collections, the telling ones first.
const NOISE_LAYOUTS: [Reader; 7] = [
    esc50::read,
    urbansound8k::read,
    freesound::read,
    musan::read,
    ms_snsd::read,
    demand::read,
    folder::read,
];

impl Collection {
    /// Opens a folder of noises: ESC-50, UrbanSound8K, MUSAN, DEMAND, MS-SNSD or a Freesound
    /// download as they were unpacked (also with one more folder around them), otherwise every
    /// audio file in it. Human voices are left out (docs/paper.md, section 4) where the collection
    /// says what its clips are.
    ///
    /// # Errors
    /// [`CollectionError`].
    pub fn open(folder: &Path) -> Result<Self, CollectionError> {
        Self::first_of(folder, &NOISE_LAYOUTS)
    }

    /// Opens a folder of room responses: Aachen AIR (`.mat`), SOFA, audio files. A clip's
    /// source is its room: named by a manifest (`manifest.csv` with the columns `path`,
    /// `room`), by AIR's metadata, by the folder it lies in, or by its name without what
    /// says where the microphone stood.
    ///
    /// # Errors
    /// [`CollectionError`].
    pub fn open_rooms(folder: &Path) -> Result<Self, CollectionError> {
        Self::first_of(folder, &[rooms::read])
    }

    fn first_of(folder: &Path, layouts: &[Reader]) -> Result<Self, CollectionError> {
        std::fs::read_dir(folder).map_err(|source| CollectionError::Absent {
            path: folder.to_owned(),
            source,
        })?;
        // Layouts look at some of the folder only; the others are not to be lost sight of either.
        let files = list(folder, |file| RoomFormat::of(file).is_some())?;
        let inner = only_folder(&files);
        let places = [Some(folder.to_owned()), inner.map(|i| folder.join(i))];
        let mut found = None;
        for read in layouts {
            for place in places.iter().flatten() {
                if found.is_none() {
                    found = read(place)?;
                }
            }
        }
        let mut collection = found.unwrap_or(Self {
            layout: "folder",
            clips: Vec::new(),
            voices: Vec::new(),
            left_out: Vec::new(),
        });
        collection.clips.sort_by(|a, b| a.name.cmp(&b.name));
        if collection.clips.is_empty() {
            return Err(CollectionError::Empty {
                path: folder.to_owned(),
                hint: collection
                    .left_out
                    .first()
                    .map_or(String::new(), |first| format!("; first problem: {first}")),
            });
        }
        Ok(collection)
    }

    /// Only the clips of these folds of the collection.
    #[must_use]
    pub fn folds(mut self, folds: &[u32]) -> Self {
        self.clips
            .retain(|c| c.fold.is_some_and(|f| folds.contains(&f)));
        self
    }

    /// The distinct sources, sorted.
    #[must_use]
    pub fn sources(&self) -> Vec<&str> {
        let mut sources: Vec<&str> = self.clips.iter().map(|c| c.source.as_str()).collect();
        sources.sort_unstable();
        sources.dedup();
        sources
    }

    /// Splits into clips for training and clips held out for the robot condition: the last
    /// fold where the collection has folds; otherwise every fourth source, or the last where
    /// there are fewer. No source is on both sides; with a single source nothing is held out.
    #[must_use]
    pub fn hold_out(self) -> (Vec<Clip>, Vec<Clip>) {
        let last = self.clips.iter().filter_map(|c| c.fold).max();
        let sources = self.sources();
        let count = sources.len();
        let held: Vec<String> = sources
            .iter()
            .enumerate()
            .filter(|(i, _)| i % 4 == 3 || (count < 4 && count > 1 && i + 1 == count))
            .map(|(_, s)| (*s).to_owned())
            .collect();
        let several_folds = self.clips.iter().any(|c| c.fold != last);
        let of_last_fold: Vec<String> = self
            .clips
            .iter()
            .filter(|c| c.fold == last)
            .map(|c| c.source.clone())
            .collect();
        let is_held = |c: &Clip| match (c.fold, several_folds) {
            // A source that strays over folds goes to one side whole.
            (Some(_), true) => of_last_fold.contains(&c.source),
            _ => held.binary_search(&c.source).is_ok(),
        };
        self.clips.into_iter().partition(|c| !is_held(c))
    }
}

/// The wanted files below a folder.
fn list(
    folder: &Path,
    wanted: impl Fn(&Path) -> bool,
) -> Result<Vec<RelativePath>, CollectionError> {
    let mut listing = Listing::of(folder, wanted);
    match listing.problems.is_empty() {
        true => {
            listing.files.sort();
            Ok(listing.files)
        }
        false => Err(CollectionError::Unlisted {
            path: folder.to_owned(),
            problem: listing.problems.swap_remove(0),
        }),
    }
}

/// Says of audio files below a folder (`audio`) of which the table does not speak that they are
/// left out.
fn name_unlisted(
    collection: &mut Collection,
    folder: &Path,
    table: &str,
) -> Result<(), CollectionError> {
    let mut listed: HashSet<PathBuf> = HashSet::new();
    for clip in collection.clips.iter().chain(&collection.voices) {
        listed.insert(clip.path.clone());
    }
    let audio = folder.join("audio");
    if !audio.is_dir() {
        return Ok(());
    }
    for name in audio_in(&audio)? {
        if !listed.contains(&audio.join(&name)) {
            let why = format!("no line of {table} that can be read says what it is");
            collection.left_out.push(LeftOut::new(name, why));
        }
    }
    Ok(())
}

/// The audio files below a folder, sorted.
fn audio_in(folder: &Path) -> Result<Vec<String>, CollectionError> {
    let files = list(folder, earnest_audio::has_audio_extension)?;
    Ok(files.into_iter().map(String::from).collect())
}

/// The folder that all files lie in, if there is one: archives unpack so.
fn only_folder(files: &[RelativePath]) -> Option<&str> {
    let mut folders = files
        .iter()
        .map(|f| f.as_str().split_once('/').map(|(folder, _)| folder))
        .filter(|folder| *folder != Some("__MACOSX"));
    let first = folders.next()??;
    folders.all(|f| f == Some(first)).then_some(first)
}

/// A place that is the same however the folder was named.
fn absolute(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip(name: &str, source: &str, fold: Option<u32>) -> Clip {
        Clip {
            name: name.into(),
            path: name.into(),
            source: source.into(),
            category: None,
            fold,
        }
    }

    fn split(clips: Vec<Clip>) -> (Vec<String>, Vec<String>) {
        let collection = Collection {
            layout: "folder",
            clips,
            voices: Vec::new(),
            left_out: Vec::new(),
        };
        let (training, held) = collection.hold_out();
        let names = |c: Vec<Clip>| c.into_iter().map(|c| c.name).collect();
        (names(training), names(held))
    }

    #[test]
    fn no_source_is_ever_on_both_sides_even_where_it_strays_over_folds() {
        let (training, held) = split(vec![
            clip("a", "1", Some(1)),
            clip("b", "1", Some(3)),
            clip("c", "2", Some(2)),
            clip("d", "3", Some(3)),
        ]);
        assert_eq!(training, ["c"]);
        assert_eq!(held, ["a", "b", "d"]);
        let (training, held) = split(
            (0..9)
                .map(|i| clip(&i.to_string(), &(i / 2).to_string(), None))
                .collect(),
        );
        assert_eq!(held, ["6", "7"]);
        assert_eq!(training.len(), 7);
        let (training, held) = split(vec![clip("a", "1", None), clip("b", "2", None)]);
        assert_eq!(
            (training, held),
            (vec!["a".to_owned()], vec!["b".to_owned()])
        );
        let (training, held) = split(vec![clip("a", "1", None), clip("b", "1", None)]);
        assert_eq!((training.len(), held.len()), (2, 0));
    }
}
