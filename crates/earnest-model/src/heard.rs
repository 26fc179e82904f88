//! What a model heard in training: by this record a test can be refused that would let it hear
//! the same again.

use serde::{Deserialize, Serialize};

/// Sounds that training drew from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoundsHeard {
    /// Stands for the list of clips and what they hold; none if there was nothing to hear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// What the clips were cut from: Freesound uploads, recordings, rooms; sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// Content hashes of the clips, of their files and of what is heard of them (mono, 16 kHz),
    /// sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contents: Vec<String>,
}

impl SoundsHeard {
    /// True if a clip of this source, or with this content, was among them.
    #[must_use]
    pub fn has(&self, source: &str, content: &str) -> bool {
        let among = |list: &[String], x: &str| list.binary_search_by(|y| y.as_str().cmp(x)).is_ok();
        among(&self.sources, source) || among(&self.contents, content)
    }
}

/// One of several corpora that a model was trained on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorpusHeard {
    /// What its speakers' names begin with, before a `/`.
    pub name: String,
    /// Name of the corpus.
    pub corpus: String,
    /// The corpus's fingerprint, by itself.
    pub fingerprint: String,
    /// The least and the greatest value of the scale that values of all corpora were brought to,
    /// where they have values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale_range: Option<[f32; 2]>,
}

/// The record of a training. Speakers are in [`Description::speakers`](crate::Description).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heard {
    /// Name of the corpus.
    pub corpus: String,
    /// The corpus's fingerprint.
    pub fingerprint: String,
    /// Each of several corpora that it was trained on; none of a single one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corpora: Vec<CorpusHeard>,
    /// Content hashes of the utterances that it was trained or validated on (mono, 16 kHz), and
    /// of the whole recordings that they were cut from, sorted.
    pub audio: Vec<String>,
    /// Stands for who trained and who validated.
    pub fold: String,
    /// Stands for the augmentation chain; none for clean training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// Background noises.
    #[serde(default)]
    pub noises: SoundsHeard,
    /// Room responses.
    #[serde(default)]
    pub rooms: SoundsHeard,
}
