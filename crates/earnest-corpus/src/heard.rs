//! What is heard of clips and utterances: by it copies of one sound are known, whatever their
//! files are called and however many equal channels they have. A copy that was trimmed, re-levelled
//! or coded with loss is another sound, and is not known.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use earnest_audio::ContentHash;
use rayon::prelude::*;

use crate::collection::Clip;
use crate::content_index::{ContentIndex, Hearing};
use crate::corpus::Corpus;
use crate::utterance::Utterance;

/// What is heard of each clip, in their order; nothing of those that cannot be decoded.
/// `progress` is called once for each.
pub fn clips_heard(
    clips: &[Clip],
    hearing: Hearing,
    index: &ContentIndex,
    progress: impl Fn() + Sync,
) -> Vec<Vec<ContentHash>> {
    let files: Vec<PathBuf> = clips.iter().map(|c| c.path.clone()).collect();
    let heard = index.heard(&files, hearing, progress);
    heard.into_iter().map(Result::unwrap_or_default).collect()
}

impl Corpus {
    /// What is heard of some of its utterances, and of the whole files that stretches are cut
    /// from. `progress` is called once for each utterance.
    pub fn heard(
        &self,
        utterances: &[&Utterance],
        index: &ContentIndex,
        progress: impl Fn() + Sync,
    ) -> BTreeSet<ContentHash> {
        let files: BTreeSet<PathBuf> = utterances.iter().map(|u| self.audio_path(u)).collect();
        let files: Vec<PathBuf> = files.into_iter().collect();
        let of_files = index.heard(&files, Hearing::Mono, || ());
        let mut heard: BTreeSet<ContentHash> = of_files.into_iter().flatten().flatten().collect();
        let of_stretches: Vec<ContentHash> = utterances
            .par_iter()
            .filter_map(|utterance| {
                progress();
                utterance.stretch?;
                Some(ContentHash::of(&self.read(utterance).ok()?))
            })
            .collect();
        heard.extend(of_stretches);
        heard
    }

    /// A hash for each of its utterances that stands for the whole recording that it is cut from:
    /// of what is heard of its file, or of the file's place where that cannot be decoded.
    #[must_use]
    pub fn recordings_of(
        &self,
        utterances: &[&Utterance],
        index: &ContentIndex,
    ) -> Vec<ContentHash> {
        let files: BTreeSet<PathBuf> = utterances.iter().map(|u| self.audio_path(u)).collect();
        let files: Vec<PathBuf> = files.into_iter().collect();
        let of_files = index.heard(&files, Hearing::Mono, || ());
        let of_place = |file: &PathBuf| {
            let place = file.canonicalize().unwrap_or_else(|_| file.clone());
            ContentHash::of_bytes(place.as_os_str().as_encoded_bytes())
        };
        let known: HashMap<PathBuf, ContentHash> = files
            .into_iter()
            .zip(of_files)
            .map(|(file, heard)| {
                let heard = heard.ok().and_then(|h| h.first().copied());
                let hash = heard.unwrap_or_else(|| of_place(&file));
                (file, hash)
            })
            .collect();
        utterances
            .iter()
            .filter_map(|u| known.get(&self.audio_path(u)).copied())
            .collect()
    }
}
