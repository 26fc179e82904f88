//! How a corpus is cut into folds.

pub(crate) mod cross;
pub(crate) mod emobox;
pub(crate) mod fold;
pub(crate) mod folding;
mod groups;
pub(crate) mod leaks;
mod pooled;
mod same_person;
pub(crate) mod validation;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use earnest_corpus::Corpus;
use serde::{Deserialize, Serialize};

use crate::error::FoldError;
use cross::CrossKind;
use fold::folds;
use folding::Folding;
use groups::groups;

/// How a corpus, or several, are cut into folds. In a file `speaker`, `groups:5`, `emobox:FOLDER`,
/// and for several corpora `pooled`, `cross`, `cross:others` or `cross:within`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Protocol {
    /// Leave one speaker out: the paper's, for corpora with and without sessions.
    Speaker,
    /// So many groups of speakers, each left out once; a session is never split.
    Groups(usize),
    /// The folds that EmoBox publishes for a corpus: `fold_N/*_train_*.jsonl` and
    /// `*_test_*.jsonl` in this folder.
    Emobox(PathBuf),
    /// Leave one speaker out of the union of several corpora.
    Pooled,
    /// Train on some corpora, test on another.
    Cross(CrossKind),
}

/// From so many speakers on, leaving out each of them takes too long to be the default.
const MANY_SPEAKERS: usize = 30;

/// How many groups they are put into then.
const GROUPS: usize = 10;

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Speaker => f.write_str("speaker"),
            Self::Groups(k) => write!(f, "groups:{k}"),
            Self::Emobox(folder) => write!(f, "emobox:{}", folder.display()),
            Self::Pooled => f.write_str("pooled"),
            Self::Cross(CrossKind::Pairs) => f.write_str("cross"),
            Self::Cross(kind) => write!(f, "cross:{}", kind.name()),
        }
    }
}

impl FromStr for Protocol {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "speaker" => return Ok(Self::Speaker),
            None if text == "pooled" => return Ok(Self::Pooled),
            None if text == "cross" => return Ok(Self::Cross(CrossKind::Pairs)),
            Some(("cross", kind)) => {
                let known = [CrossKind::Others, CrossKind::Within];
                if let Some(kind) = known.into_iter().find(|known| known.name() == kind) {
                    return Ok(Self::Cross(kind));
                }
            }
            Some(("groups", k)) => {
                if let Ok(k) = k.parse()
                    && k >= 2
                {
                    return Ok(Self::Groups(k));
                }
            }
            Some(("emobox", folder)) if !folder.is_empty() => {
                return Ok(Self::Emobox(folder.into()));
            }
            _ => {}
        }
        Err(format!(
            "{text:?} is no protocol; protocols are speaker, groups:K (K of 2 or more) and emobox:FOLDER, and of several corpora pooled, groups:K, cross, cross:others and cross:within"
        ))
    }
}

impl TryFrom<String> for Protocol {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Protocol> for String {
    fn from(protocol: Protocol) -> Self {
        protocol.to_string()
    }
}

impl Protocol {
    /// The choice for a corpus where none is made: leave one speaker out, groups where there
    /// are many speakers.
    #[must_use]
    pub fn suited(speakers: usize) -> Self {
        if speakers > MANY_SPEAKERS {
            Self::Groups(GROUPS)
        } else {
            Self::Speaker
        }
    }

    /// The choice for several corpora where none is made: leave one speaker out of their union,
    /// groups where there are many speakers.
    #[must_use]
    pub fn suited_to_several(speakers: usize) -> Self {
        match Self::suited(speakers) {
            Self::Speaker => Self::Pooled,
            other => other,
        }
    }

    /// Refuses a protocol of one corpus for several, and one of several for one.
    ///
    /// # Errors
    /// A sentence with what to do.
    pub fn check(&self, several: bool) -> Result<(), String> {
        match self {
            Self::Speaker if several => Err("protocol = \"speaker\" leaves a speaker out of one corpus, and there are several: \"pooled\" leaves one out of all of them together, \"cross\" trains on some and tests on others".to_owned()),
            Self::Emobox(_) if several => Err("protocol = \"emobox:…\" has folds of one corpus, and there are several: name one, or take \"pooled\" or \"cross\"".to_owned()),
            Self::Pooled | Self::Cross(_) if !several => Err(format!(
                "protocol = \"{self}\" needs several corpora (--corpus A --corpus B, or several [[corpus]] in a file)"
            )),
            _ => Ok(()),
        }
    }

    /// True if corpora are trained on and others tested on: then nothing may be pooled over folds.
    #[must_use]
    pub fn is_cross(&self) -> bool {
        matches!(self, Self::Cross(_))
    }

    /// In words, for a report.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Speaker => "leaving one speaker out".to_owned(),
            Self::Groups(k) => format!("{k} groups of speakers, one left out at a time"),
            Self::Emobox(folder) => format!("EmoBox's folds in {}", folder.display()),
            Self::Pooled => "leaving one speaker out of all corpora together".to_owned(),
            Self::Cross(CrossKind::Pairs) => {
                "trained on one corpus, tested on another".to_owned()
            }
            Self::Cross(CrossKind::Others) => {
                "trained on all other corpora, tested on one".to_owned()
            }
            Self::Cross(CrossKind::Within) => "trained on one corpus, tested on another; and within each corpus in groups of speakers, one left out at a time".to_owned(),
        }
    }

    /// Cuts the four-class utterances of a corpus. `whole` is the corpus with all its labels:
    /// fold files may list utterances of other classes.
    ///
    /// # Errors
    /// [`FoldError`]: too few speakers, or files that cannot be used.
    pub fn folds(&self, corpus: &Corpus, whole: &Corpus) -> Result<Folding, FoldError> {
        match self {
            Self::Speaker => {
                let (folds, own_sessions) = folds(corpus)?;
                Ok(Folding {
                    folds,
                    own_sessions,
                    notes: Vec::new(),
                })
            }
            Self::Groups(k) => Ok(Folding {
                folds: groups(corpus, *k)?,
                own_sessions: false,
                notes: Vec::new(),
            }),
            Self::Emobox(folder) => emobox::folds(folder, corpus, whole),
            Self::Pooled => pooled::folds(corpus),
            Self::Cross(kind) => cross::folds(corpus, *kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::fold::tests::corpus;
    use proptest::prelude::*;

    #[test]
    fn a_protocol_is_written_as_it_is_read() {
        for text in [
            "speaker",
            "groups:5",
            "emobox:data/emodb",
            "pooled",
            "cross",
            "cross:others",
            "cross:within",
        ] {
            let protocol: Protocol = text.parse().unwrap();
            assert_eq!(protocol.to_string(), text);
        }
        for wrong in [
            "speakers", "groups", "groups:1", "groups:x", "emobox:", "", "cross:", "cross:x",
        ] {
            let error = wrong.parse::<Protocol>().unwrap_err();
            assert!(error.contains("groups:K"), "{error}");
        }
    }

    #[test]
    fn sessions_stay_together_in_groups() {
        let c = corpus(&[
            ("1F", Some("1")),
            ("1M", Some("1")),
            ("2F", Some("2")),
            ("2M", Some("2")),
            ("3F", Some("3")),
            ("3M", Some("3")),
        ]);
        let folding = Protocol::Groups(3).folds(&c, &c).unwrap();
        for fold in &folding.folds {
            assert_eq!(fold.test.len(), 2);
            assert_eq!(fold.test[0][..1], fold.test[1][..1]);
        }
        let error = Protocol::Groups(4).folds(&c, &c).err().unwrap().to_string();
        assert!(error.contains("groups:4") && error.contains('3'), "{error}");
    }

    proptest! {
        #[test]
        fn each_speaker_is_tested_once_and_never_trained_on_then(
            utterances in proptest::collection::vec(0_usize..12, 12..80),
            k in 2_usize..6,
        ) {
            let names: Vec<String> = (0..12).chain(utterances).map(|i| format!("s{i}")).collect();
            let c = corpus(&names.iter().map(|s| (s.as_str(), None)).collect::<Vec<_>>());
            let folds = Protocol::Groups(k).folds(&c, &c).unwrap().folds;
            prop_assert_eq!(folds.len(), k);
            let mut tested: Vec<&String> = folds.iter().flat_map(|f| &f.test).collect();
            tested.sort();
            tested.dedup();
            prop_assert_eq!(tested.len(), 12);
            for fold in &folds {
                prop_assert!(!fold.test.is_empty());
                prop_assert!(fold.test.iter().all(|s| !fold.training.contains(s)));
                prop_assert_eq!(fold.test.len() + fold.training.len(), 12);
            }
        }
    }
}
