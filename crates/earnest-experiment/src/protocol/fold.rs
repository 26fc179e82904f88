//! Folds: who trains, validates and tests. Here those that leave one speaker out, the partner
//! validating (docs/paper.md, section 7); others are in `protocol/mod.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use earnest_corpus::{Corpus, Utterance};
use serde::{Deserialize, Serialize};

use crate::error::FoldError;

/// Who trains, who validates, who tests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fold {
    /// What it is called: the test speaker's name where one is left out.
    pub name: String,
    /// The test speakers.
    pub test: Vec<String>,
    /// The validation speakers: the other one of the session, unless
    /// [`Validation`](crate::Validation) chose otherwise; none with a `fraction`, and none where all train.
    pub validation: Vec<String>,
    /// All speakers of the other sessions that do not validate.
    pub training: Vec<String>,
    /// The share of the training speakers' utterances that validates instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fraction: Option<f64>,
    /// The utterances themselves, where a file lists them.
    #[serde(skip)]
    pub listed: Option<Arc<Listed>>,
}

impl Fold {
    /// True if an utterance tests in it.
    #[must_use]
    pub fn tests(&self, utterance: &Utterance) -> bool {
        self.test.contains(&utterance.speaker)
            && self
                .listed
                .as_ref()
                .is_none_or(|ids| ids.test.contains(&utterance.id))
    }

    /// The same fold for who needs nobody to validate, as a baseline: whoever validated trains.
    #[must_use]
    pub fn with_all_training(mut self) -> Self {
        self.training.append(&mut self.validation);
        self.training.sort();
        self.training.dedup();
        self.fraction = None;
        if let Some(ids) = &mut self.listed {
            let ids = Arc::make_mut(ids);
            ids.training.append(&mut ids.validation);
        }
        self
    }
}

/// Ids of the utterances of a fold that a file lists.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listed {
    /// They train.
    pub training: BTreeSet<String>,
    /// They validate; if there is none, a part of the others does.
    pub validation: BTreeSet<String>,
    /// They test.
    pub test: BTreeSet<String>,
}

/// The session of each speaker, where the corpus has any.
///
/// # Errors
/// A speaker in two sessions.
pub(crate) fn sessions_of(corpus: &Corpus) -> Result<BTreeMap<&str, Option<&str>>, FoldError> {
    let mut of: BTreeMap<&str, BTreeSet<Option<&str>>> = BTreeMap::new();
    for u in &corpus.utterances {
        of.entry(&u.speaker)
            .or_default()
            .insert(u.session.as_deref());
    }
    of.into_iter()
        .map(|(speaker, sessions)| {
            if sessions.len() > 1 {
                let list: Vec<&str> = sessions.iter().map(|s| s.unwrap_or("none")).collect();
                return Err(FoldError::Leak {
                    speaker: speaker.to_owned(),
                    sessions: list.join(" and "),
                });
            }
            Ok((speaker, sessions.into_iter().next().flatten()))
        })
        .collect()
}

/// All folds of a corpus that leave one speaker out, in the order of sessions and speakers, and whether its sessions
/// are its own. Where a corpus has no sessions, speakers are paired in the order of their
/// names; an odd last one is validated by its predecessor.
///
/// # Errors
/// [`FoldError`].
pub fn folds(corpus: &Corpus) -> Result<(Vec<Fold>, bool), FoldError> {
    let sessions_of = sessions_of(corpus)?;
    let speakers: Vec<&str> = sessions_of.keys().copied().collect();
    let own = |s: &&str| sessions_of[*s];
    let mut sessions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for s in &speakers {
        if let Some(session) = own(s) {
            sessions.entry(session).or_default().push(s);
        }
    }
    let has_sessions = speakers.iter().all(|s| own(s).is_some())
        && sessions.len() > 1
        && sessions.values().all(|members| members.len() > 1);

    let too_few = || FoldError::TooFew {
        speakers: speakers.len(),
        list: speakers.join(", "),
    };
    let fold = |test: &str, validation: &str, apart: &[&str]| Fold {
        name: test.to_owned(),
        test: vec![test.to_owned()],
        validation: vec![validation.to_owned()],
        fraction: None,
        listed: None,
        training: speakers
            .iter()
            .filter(|s| !apart.contains(s))
            .map(|s| (*s).to_owned())
            .collect(),
    };
    let mut out = Vec::new();
    if has_sessions {
        for members in sessions.values() {
            for (i, test) in members.iter().enumerate() {
                let validation = members[(i + 1) % members.len()];
                out.push(fold(test, validation, members));
            }
        }
    } else {
        if speakers.len() < 3 {
            return Err(too_few());
        }
        for (i, test) in speakers.iter().enumerate() {
            let partner = if i % 2 == 0 && i + 1 < speakers.len() {
                i + 1
            } else {
                i - 1
            };
            out.push(fold(test, speakers[partner], &[test, speakers[partner]]));
        }
    }
    if out.iter().any(|f| f.training.is_empty()) {
        return Err(too_few());
    }
    Ok((out, has_sessions))
}

/// Which folds to run: `all`, a number (spread evenly over the list), or speakers by name
/// separated by commas (`group_1`, `fold_1` where folds are not speakers).
///
/// # Errors
/// [`FoldError::Unknown`].
pub fn select(folds: &[Fold], wanted: &str) -> Result<Vec<Fold>, FoldError> {
    let wanted = wanted.trim();
    if wanted.eq_ignore_ascii_case("all") {
        return Ok(folds.to_vec());
    }
    let names: Vec<&str> = wanted.split(',').map(str::trim).collect();
    let by_name = |name: &str| folds.iter().find(|f| f.name == name);
    // A speaker may be called 3: a name wins if all that is asked for are names.
    if !names.iter().all(|n| by_name(n).is_some())
        && let Ok(count) = wanted.parse::<usize>()
        && count > 0
    {
        let n = folds.len();
        if count > n {
            return Err(FoldError::TooManyFolds {
                asked: count,
                there_are: n,
            });
        }
        return Ok((0..count).map(|i| folds[i * n / count].clone()).collect());
    }
    for (i, name) in names.iter().enumerate() {
        if names[..i].contains(name) {
            return Err(FoldError::Twice((*name).to_owned()));
        }
    }
    names
        .into_iter()
        .map(|name| {
            by_name(name).cloned().ok_or_else(|| FoldError::Unknown {
                asked: name.to_owned(),
                known: folds
                    .iter()
                    .map(|f| f.name.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            })
        })
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use earnest_corpus::{Layout, Utterance};
    use earnest_files::RelativePath;

    pub(crate) fn corpus(who: &[(&str, Option<&str>)]) -> Corpus {
        Corpus {
            layout: Layout::Manifest,
            root: "".into(),
            name: "test".into(),
            synthetic: false,
            utterances: who
                .iter()
                .enumerate()
                .map(|(i, (speaker, session))| Utterance {
                    session: session.map(str::to_owned),
                    ..Utterance::of_file(
                        i.to_string(),
                        RelativePath::new(&format!("{i}.wav")).unwrap(),
                        *speaker,
                        "neutral",
                    )
                })
                .collect(),
            problems: vec![],
            classes: earnest_corpus::ClassSet::default(),
            parts: vec![],
        }
    }

    #[test]
    fn with_sessions_the_partner_validates_and_the_other_sessions_train() {
        let c = corpus(&[
            ("1F", Some("1")),
            ("1M", Some("1")),
            ("2F", Some("2")),
            ("2M", Some("2")),
        ]);
        let (folds, own) = folds(&c).unwrap();
        assert!(own);
        assert_eq!(folds.len(), 4);
        assert_eq!(folds[0].test, ["1F"]);
        assert_eq!(folds[0].validation, ["1M"]);
        assert_eq!(folds[0].training, ["2F", "2M"]);
        assert_eq!(folds[3].validation, ["2F"]);
    }

    #[test]
    fn without_sessions_speakers_are_paired_and_no_one_is_on_two_sides() {
        for n in 3..9 {
            let names: Vec<String> = (0..n).map(|i| format!("s{i}")).collect();
            let c = corpus(&names.iter().map(|s| (s.as_str(), None)).collect::<Vec<_>>());
            let (folds, own) = folds(&c).unwrap();
            assert!(!own && folds.len() == n);
            for f in &folds {
                assert!(!f.validation.contains(&f.name) && f.validation.len() == 1);
                assert!(!f.training.contains(&f.name) && !f.training.contains(&f.validation[0]));
                assert_eq!(f.training.len(), n - 2);
            }
        }
        assert!(matches!(
            folds(&corpus(&[("a", None), ("b", None)])),
            Err(FoldError::TooFew { .. })
        ));
    }

    #[test]
    fn a_speaker_in_two_sessions_is_refused_by_name() {
        let c = corpus(&[
            ("a", Some("1")),
            ("b", Some("1")),
            ("a", Some("2")),
            ("c", Some("2")),
        ]);
        let error = folds(&c).unwrap_err().to_string();
        assert!(
            error.contains("speaker a") && error.contains("1 and 2"),
            "{error}"
        );
    }

    #[test]
    fn folds_are_chosen_by_number_or_by_name() {
        let c = corpus(&["03", "08", "09", "10", "11", "12"].map(|s| (s, None)));
        let (all, _) = folds(&c).unwrap();
        let tests =
            |w: &str| select(&all, w).map(|f| f.into_iter().map(|f| f.name).collect::<Vec<_>>());
        assert_eq!(tests("3").unwrap(), ["03", "09", "11"]);
        assert_eq!(tests("10, 03").unwrap(), ["10", "03"]);
        assert_eq!(tests("all").unwrap().len(), 6);
        // A number that is no name and more than there are has no meaning.
        for many in ["99", "16"] {
            let error = tests(many).unwrap_err().to_string();
            assert!(
                error.contains(many) && error.contains("there are 6"),
                "{error}"
            );
        }
        assert!(
            tests("03,10,03")
                .unwrap_err()
                .to_string()
                .contains("03 is named twice")
        );
        assert!(tests("x").unwrap_err().to_string().contains("03, 08"));
    }
}
