//! The language that an utterance is spoken in.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// Names that mean one language; the first, of ISO 639-1, is what it is called here.
const KNOWN: [&[&str]; 24] = [
    &["ar", "ara", "arabic"],
    &["cs", "ces", "cze", "czech"],
    &["da", "dan", "danish"],
    &["de", "deu", "ger", "german"],
    &["el", "ell", "gre", "greek"],
    &["en", "eng", "english"],
    &["es", "spa", "spanish"],
    &["et", "est", "estonian"],
    &["fa", "fas", "per", "persian"],
    &["fi", "fin", "finnish"],
    &["fr", "fra", "fre", "french"],
    &["hi", "hin", "hindi"],
    &["hu", "hun", "hungarian"],
    &["it", "ita", "italian"],
    &["ja", "jpn", "japanese"],
    &["ko", "kor", "korean"],
    &["nl", "nld", "dut", "dutch"],
    &["pl", "pol", "polish"],
    &["pt", "por", "portuguese"],
    &["ru", "rus", "russian"],
    &["sv", "swe", "swedish"],
    &["tr", "tur", "turkish"],
    &["ur", "urd", "urdu"],
    &["zh", "zho", "chi", "cmn", "chinese", "mandarin"],
];

/// A language, as ISO 639-1 calls it where it is one of the known ones (`de`), and as it was written,
/// in small letters, elsewhere (`de-ch`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Language(Arc<str>);

impl Language {
    /// From a code of ISO 639 or an English name, in any case: `de`, `deu` and `German` are one
    /// language. `None` of an empty text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        if text.is_empty() {
            return None;
        }
        let known = KNOWN.iter().find(|names| names.contains(&text.as_str()));
        let name = known.and_then(|names| names.first());
        Some(Self(name.copied().unwrap_or(&text).into()))
    }

    /// What it is called.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Language {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_of_a_language_are_one_and_others_stay_as_they_are() {
        for text in ["de", " DEU", "ger", "German"] {
            assert_eq!(Language::parse(text).unwrap().as_str(), "de");
        }
        assert_eq!(Language::parse("de-CH").unwrap().to_string(), "de-ch");
        assert_eq!(Language::parse("  "), None);
    }

    #[test]
    fn no_name_means_two_languages() {
        let mut all: Vec<&str> = KNOWN
            .iter()
            .flat_map(|names| names.iter().copied())
            .collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
