//! What a corpus says of those who speak in it.

use std::collections::{BTreeMap, BTreeSet};

use earnest_corpus::{Language, Sex, Utterance};
use serde::{Deserialize, Serialize};

use crate::evaluation::prediction::Prediction;

/// Sexes and languages, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traits {
    /// Sex by speaker, where known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sex: BTreeMap<String, Sex>,
    /// Language by speaker, where known and one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub language: BTreeMap<String, String>,
    /// Language by utterance, of those who speak several.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub language_of_utterance: BTreeMap<String, String>,
}

impl Traits {
    /// What these utterances say. Of a speaker whose utterances contradict each other in the sex, it is
    /// not known.
    #[must_use]
    pub fn of<'a>(utterances: impl Iterator<Item = &'a Utterance>) -> Self {
        let mut sexes: BTreeMap<&str, BTreeSet<Sex>> = BTreeMap::new();
        let mut spoken: BTreeMap<&str, BTreeMap<Option<&str>, Vec<&str>>> = BTreeMap::new();
        for u in utterances {
            sexes.entry(&u.speaker).or_default().extend(u.sex);
            let language = u.language.as_ref().map(Language::as_str);
            let of_speaker = spoken.entry(&u.speaker).or_default();
            of_speaker.entry(language).or_default().push(&u.id);
        }
        let mut traits = Self::default();
        for (speaker, sexes) in sexes {
            if let (Some(sex), 1) = (sexes.first(), sexes.len()) {
                traits.sex.insert(speaker.to_owned(), *sex);
            }
        }
        for (speaker, languages) in spoken {
            let is_one = languages.len() == 1;
            for (language, ids) in languages {
                let Some(language) = language else { continue };
                if is_one {
                    let of_speaker = (speaker.to_owned(), language.to_owned());
                    traits.language.extend([of_speaker]);
                    continue;
                }
                let of = |id: &str| (id.to_owned(), language.to_owned());
                traits.language_of_utterance.extend(ids.into_iter().map(of));
            }
        }
        traits
    }

    /// True if nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The language of an answer's utterance.
    pub(crate) fn language(&self, prediction: &Prediction) -> Option<&str> {
        let of_utterance = self.language_of_utterance.get(&prediction.id);
        let language = of_utterance.or_else(|| self.language.get(&prediction.speaker));
        language.map(String::as_str)
    }
}
