//! Fingerprints: whether a corpus is the one that it was. They are of what the corpus says and of
//! decoded samples, never of file sizes or dates, and not of where the corpus lies.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use earnest_audio::{AudioError, Content, ContentHash};
use earnest_files::open_file;
use sha2::{Digest, Sha256};

use crate::collection::Clip;
use crate::content_index::ContentIndex;
use crate::corpus::{Corpus, Part};
use crate::error::CorpusError;
use crate::room_file::RoomFormat;
use crate::utterance::Utterance;

/// What an utterance's file holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FileContent {
    /// Audio.
    Audio(Content),
    /// Something that cannot be decoded, and is left out wherever audio is needed; the hash of
    /// its bytes.
    Damaged(ContentHash),
}

impl FileContent {
    /// The hash that stands for it.
    #[must_use]
    pub fn hash(&self) -> ContentHash {
        match self {
            Self::Audio(content) => content.hash,
            Self::Damaged(hash) => *hash,
        }
    }

    /// What was decoded, if it could be.
    #[must_use]
    pub fn audio(&self) -> Option<&Content> {
        match self {
            Self::Audio(content) => Some(content),
            Self::Damaged(_) => None,
        }
    }
}

/// Sixteen hexadecimal digits that stand for a list of texts.
#[must_use]
pub fn fingerprint_of(parts: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        let part = part.as_ref();
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let mut text = String::new();
    for byte in hash.finalize().iter().take(8) {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// [`ContentHash::of_bytes`] of a file of any length.
fn hash_of_bytes(path: &Path) -> Result<ContentHash, CorpusError> {
    open_file(path)
        .and_then(ContentHash::of_reader)
        .map_err(|source| CorpusError::File {
            action: "read",
            path: path.to_owned(),
            source,
        })
}

/// Contents of files, each decoded once.
///
/// # Errors
/// [`CorpusError`]: a file that cannot be opened or read. One that can be read but not decoded
/// is [`FileContent::Damaged`].
pub(crate) fn contents(
    files: &[PathBuf],
    index: &ContentIndex,
    progress: impl Fn() + Sync,
) -> Result<Vec<FileContent>, CorpusError> {
    index
        .contents(files, progress)
        .into_iter()
        .zip(files)
        .map(|(content, file)| match content {
            Ok(content) => Ok(FileContent::Audio(content)),
            Err(error @ AudioError::Open { .. }) => Err(error.into()),
            Err(_) => Ok(FileContent::Damaged(hash_of_bytes(file)?)),
        })
        .collect()
}

/// What the file of each clip holds, in their order: decoded samples of audio, bytes of `.mat` and
/// SOFA files. `progress` is called once for each.
///
/// # Errors
/// A file that cannot be read.
pub fn clip_contents(
    clips: &[Clip],
    index: &ContentIndex,
    progress: impl Fn() + Sync,
) -> Result<Vec<ContentHash>, CorpusError> {
    let is_audio = |clip: &Clip| {
        !matches!(
            RoomFormat::of(&clip.path),
            Some(RoomFormat::Mat | RoomFormat::Sofa)
        )
    };
    let files: Vec<PathBuf> = clips
        .iter()
        .filter(|c| is_audio(c))
        .map(|c| c.path.clone())
        .collect();
    let mut of_audio = contents(&files, index, &progress)?.into_iter();
    clips
        .iter()
        .map(
            |clip| match is_audio(clip).then(|| of_audio.next()).flatten() {
                Some(content) => Ok(content.hash()),
                None => {
                    progress();
                    hash_of_bytes(&clip.path)
                }
            },
        )
        .collect()
}

impl Corpus {
    /// What the file of each utterance holds, in their order. `progress` is called once for
    /// each file.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn contents(
        &self,
        index: &ContentIndex,
        progress: impl Fn() + Sync,
    ) -> Result<Vec<FileContent>, CorpusError> {
        // Utterances may be stretches of one file.
        let mut places: BTreeMap<PathBuf, usize> = BTreeMap::new();
        for utterance in &self.utterances {
            places.insert(self.audio_path(utterance), 0);
        }
        let files: Vec<PathBuf> = places.keys().cloned().collect();
        for (place, number) in places.values_mut().zip(0..) {
            *place = number;
        }
        let of_files = contents(&files, index, progress)?;
        Ok(self
            .utterances
            .iter()
            .filter_map(|u| Some(of_files[*places.get(&self.audio_path(u))?]))
            .collect())
    }

    /// Stands for everything that experiments depend on: ids, paths, speakers, sessions, labels,
    /// classes, values, and decoded samples. `contents` are those of [`Corpus::contents`].
    #[must_use]
    pub fn fingerprint(&self, contents: &[FileContent]) -> String {
        if !self.parts.is_empty() {
            return fingerprint_of(self.of_parts(contents).map(|(part, contents)| {
                let own = part.corpus.fingerprint(contents);
                format!("{}\t{own}\t{:?}", part.name, part.scale_range)
            }));
        }
        fingerprint_of(self.utterances.iter().zip(contents).map(|(u, content)| {
            format!(
                "{}\t{}\t{:?}\t{}\t{:?}\t{}\t{:?}\t{:?}\t{:?}\t{:?}\t{}",
                u.id,
                u.path,
                u.stretch,
                u.speaker,
                u.session,
                u.label,
                self.class_name(u),
                u.arousal,
                u.valence,
                u.dominance,
                content.hash()
            )
        }))
    }

    /// The corpora that it was joined of, each with what the files of its utterances hold, of
    /// `contents` for all of them.
    pub fn of_parts<'a>(
        &'a self,
        contents: &'a [FileContent],
    ) -> impl Iterator<Item = (&'a Part, &'a [FileContent])> {
        let mut left = contents;
        self.parts.iter().map(move |part| {
            let (own, others) = left.split_at(part.corpus.utterances.len().min(left.len()));
            left = others;
            (part, own)
        })
    }

    /// Stands for what is to be heard: ids, paths and decoded samples. Labels may be mapped
    /// otherwise and it stays the same.
    #[must_use]
    pub fn audio_fingerprint(&self, contents: &[FileContent]) -> String {
        fingerprint_of(self.utterances.iter().zip(contents).map(|(u, content)| {
            format!("{}\t{}\t{:?}\t{}", u.id, u.path, u.stretch, content.hash())
        }))
    }
}

impl Utterance {
    /// Its length in seconds, where its file holds this: of the stretch that it is.
    #[must_use]
    pub fn seconds_of(&self, content: &Content) -> f64 {
        let Some(stretch) = self.stretch else {
            return content.duration_s();
        };
        let end = stretch.end_s().unwrap_or_else(|| content.duration_s());
        (end - stretch.start_s()).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_hash_of_its_bytes_however_long_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.mat");
        for length in [0, 1, 1 << 16, 200_001] {
            let bytes: Vec<u8> = (0..length).map(|i| (i * 7 % 251) as u8).collect();
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(hash_of_bytes(&path).unwrap(), ContentHash::of_bytes(&bytes));
        }
    }
}
