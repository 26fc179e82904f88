//! What a model heard in training and a test would let it hear again: such a test flatters it.

use std::collections::BTreeSet;

use earnest_corpus::{Corpus, Layout};
use earnest_model::{Description, Heard, SoundsHeard};

use crate::chosen::{ChosenSources, Known, Pick, Split};
use crate::dataset::Dataset;

/// What a model knows from its training.
#[derive(Clone, Copy, Debug)]
pub struct KnownToModel<'a> {
    heard: &'a Heard,
    speakers: &'a [String],
}

impl<'a> KnownToModel<'a> {
    /// By the model's own record; `None` if it has none (models of format 1 and 2).
    #[must_use]
    pub fn of(description: &'a Description) -> Option<Self> {
        Some(Self {
            heard: description.heard.as_ref()?,
            speakers: &description.speakers,
        })
    }

    /// The speakers of a corpus whom the model was trained or validated on: of the corpus that it
    /// was trained on those of its names; of any corpus those of whom it heard an utterance,
    /// whatever the file or the speaker is called. Of the same collection of files in another
    /// state (a published corpus with fewer files, say) names count, too; a manifest's names say
    /// nothing about those of another manifest.
    #[must_use]
    pub fn speakers(
        &self,
        corpus: &Corpus,
        fingerprint: &str,
        dataset: &Dataset,
    ) -> BTreeSet<String> {
        let same_names = fingerprint == self.heard.fingerprint
            || (corpus.layout != Layout::Manifest && corpus.name == self.heard.corpus);
        dataset
            .items
            .iter()
            .filter(|item| {
                let by_name = same_names && self.speakers.contains(&item.utterance.speaker);
                let audio = item.content.to_string();
                by_name || self.heard.audio.binary_search(&audio).is_ok()
            })
            .map(|item| item.utterance.speaker.clone())
            .collect()
    }

    /// Noises and rooms of a simulated robot that the model heard in training, each in words, and
    /// the sources without them.
    #[must_use]
    pub fn sounds(&self, sources: &ChosenSources) -> (Vec<String>, ChosenSources) {
        let mut shared = Vec::new();
        let mut apart = |split: &Split, heard: &SoundsHeard| -> Split {
            let mut rest = split.clone();
            if let Pick::Clips(clips) = &mut rest.robot {
                clips.retain(|known: &Known| {
                    let is_known = heard.has(&known.clip.source, &known.content);
                    if is_known {
                        shared.push(format!("{} (of {})", known.clip.name, known.clip.source));
                    }
                    !is_known
                });
            }
            rest
        };
        let rest = ChosenSources {
            noises: apart(&sources.noises, &self.heard.noises),
            rooms: apart(&sources.rooms, &self.heard.rooms),
            memory_mib: sources.memory_mib,
        };
        (shared, rest)
    }
}
