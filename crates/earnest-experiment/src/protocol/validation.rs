//! Who validates: the choice of the utterances that say which epoch was best.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use earnest_corpus::Layout;
use earnest_model::Task;
use earnest_random::Key;
use serde::{Deserialize, Serialize};

use crate::dataset::Dataset;
use crate::error::ExperimentError;
use crate::protocol::Protocol;
use crate::protocol::fold::{Fold, Listed};

/// Who validates while a test speaker is left out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Validation {
    /// The test speaker's partner in the session, as in the paper. Speakers differ so much
    /// that on a small corpus one of them is a poor guide.
    Partner,
    /// So many held-out speakers: the partner and those who follow.
    Speakers(usize),
    /// This share of each training speaker's utterances of each class; no speaker is held
    /// out but the test speaker (and, where sessions are the corpus's own, the partner).
    Fraction(f64),
}

/// The share of utterances that `fraction` means without a number.
const FRACTION: f64 = 0.15;

impl fmt::Display for Validation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Partner => f.write_str("partner"),
            Self::Speakers(k) => write!(f, "speakers:{k}"),
            Self::Fraction(share) => write!(f, "fraction:{share}"),
        }
    }
}

impl FromStr for Validation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text:?} is no way to validate; ways are partner, speakers:K (K of 1 or more) and fraction:F (F above 0, at most 0.5)"
            )
        };
        let (word, number) = match text.split_once(':') {
            Some((word, number)) => (word, Some(number)),
            None => (text, None),
        };
        match (word, number) {
            ("partner", None) => Ok(Self::Partner),
            ("fraction", None) => Ok(Self::Fraction(FRACTION)),
            ("speakers", Some(k)) => match k.parse() {
                Ok(k) if k > 0 => Ok(Self::Speakers(k)),
                _ => Err(wrong()),
            },
            ("fraction", Some(share)) => match share.parse() {
                Ok(share) if share > 0.0 && share <= 0.5 => Ok(Self::Fraction(share)),
                _ => Err(wrong()),
            },
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for Validation {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Validation> for String {
    fn from(validation: Validation) -> Self {
        validation.to_string()
    }
}

impl Validation {
    /// The choice for a corpus where none is made: the paper's for IEMOCAP; a fraction where
    /// speakers are so few that each is needed for training and a few of them are a poor
    /// guide; a tenth of the speakers where there are many.
    #[must_use]
    pub fn suited(layout: Layout, protocol: &Protocol, speakers: usize) -> Self {
        match (layout, protocol, speakers) {
            (Layout::Iemocap, Protocol::Speaker, _) => Self::Partner,
            (_, Protocol::Emobox(_), _) | (_, _, 0..20) => Self::Fraction(FRACTION),
            _ => Self::Speakers(speakers / 10),
        }
    }

    /// In words, for a report.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Partner => "the session's other speaker validates".to_owned(),
            Self::Speakers(1) => "one other speaker validates".to_owned(),
            Self::Speakers(k) => format!("{k} other speakers validate"),
            Self::Fraction(share) => format!(
                "{} % of the training speakers' utterances validate",
                share * 100.0
            ),
        }
    }

    /// A fold as the paper makes it, with this choice of who validates.
    ///
    /// # Errors
    /// Too few speakers.
    pub fn apply(self, mut fold: Fold, own_sessions: bool) -> Result<Fold, ExperimentError> {
        match self {
            // A file that lists who validates is obeyed.
            _ if fold
                .listed
                .as_ref()
                .is_some_and(|l| !l.validation.is_empty()) => {}
            Self::Partner if fold.validation.is_empty() => {
                return Err(ExperimentError::Setup(format!(
                    "validation = \"partner\" needs one speaker to be left out at a time; fold {} has no partner. Use speakers:K or fraction:F",
                    fold.name
                )));
            }
            Self::Partner => {}
            Self::Speakers(_) if fold.listed.is_some() => {
                return Err(ExperimentError::Setup(
                    "validation by speakers does not go with folds that list utterances; use fraction:F".into(),
                ));
            }
            Self::Speakers(k) => {
                let more = k - fold.validation.len().min(k);
                if more >= fold.training.len() {
                    return Err(ExperimentError::Setup(format!(
                        "validation = \"speakers:{k}\" leaves nobody to train on in fold {}: there are {} other speakers",
                        fold.name,
                        fold.training.len() + fold.validation.len()
                    )));
                }
                // Those after the test speaker by name, around the corner.
                let n = fold.training.len();
                let first = fold.test.first();
                let from = fold.training.iter().filter(|s| Some(*s) < first).count();
                let chosen: Vec<String> = (0..more)
                    .map(|i| fold.training[(from + i) % n].clone())
                    .collect();
                fold.training.retain(|s| !chosen.contains(s));
                fold.validation.extend(chosen);
            }
            Self::Fraction(share) => {
                let partner = std::mem::take(&mut fold.validation);
                if !own_sessions {
                    fold.training.extend(partner);
                    fold.training.sort();
                }
                fold.fraction = Some(share);
            }
        }
        Ok(fold)
    }
}

impl Dataset {
    /// The test utterances of a fold for a task.
    #[must_use]
    pub fn tests_of_fold(&self, fold: &Fold, task: Task) -> Vec<usize> {
        let mut of = self.of_speakers(&fold.test, task);
        if let Some(ids) = &fold.listed {
            of.retain(|i| ids.test.contains(&self.items[*i].utterance.id));
        }
        of
    }

    /// The training and the validation utterances of a fold for a task. With a fraction,
    /// which utterances of a speaker and class validate is drawn from the key. Utterances that are
    /// the same recording, or have a part of one in common, are never on two sides.
    #[must_use]
    pub fn of_fold(&self, fold: &Fold, task: Task, key: &Key) -> (Vec<usize>, Vec<usize>) {
        let of = |speakers: &[String], listed: fn(&Listed) -> &BTreeSet<String>| {
            let mut of = self.of_speakers(speakers, task);
            if let Some(ids) = &fold.listed {
                of.retain(|i| listed(ids).contains(&self.items[*i].utterance.id));
            }
            of
        };
        let training = of(&fold.training, |l| &l.training);
        let (training, validation) = match fold.fraction {
            Some(share) => self.split(training, share, key),
            None => (training, of(&fold.validation, |l| &l.validation)),
        };
        self.without_recordings_of(training, validation, &self.tests_of_fold(fold, task))
    }

    /// Leaves out of training and validation what is the same recording as a test utterance or
    /// has a part of it, and what else the people say who are tested and are in another corpus, too;
    /// and out of training what validates.
    fn without_recordings_of(
        &self,
        mut training: Vec<usize>,
        mut validation: Vec<usize>,
        test: &[usize],
    ) -> (Vec<usize>, Vec<usize>) {
        let people = self.same_people(test);
        let is_other = |i: &usize| !people.contains(self.items[*i].utterance.speaker.as_str());
        training.retain(is_other);
        validation.retain(is_other);
        let content = |i: &usize| self.items[*i].content;
        let mut kept_away = self.kept_away_by(test);
        validation.retain(|i| !kept_away.contains(&content(i)));
        kept_away.extend(self.kept_away_by(&validation));
        training.retain(|i| !kept_away.contains(&content(i)));
        (training, validation)
    }

    /// Draws which share of each speaker's utterances of each class validates.
    fn split(&self, training: Vec<usize>, share: f64, key: &Key) -> (Vec<usize>, Vec<usize>) {
        let mut classes: BTreeMap<usize, BTreeMap<&str, Vec<usize>>> = BTreeMap::new();
        for i in training {
            let item = &self.items[i];
            let speaker = item.utterance.speaker.as_str();
            let speakers = classes.entry(item.class()).or_default();
            speakers.entry(speaker).or_default().push(i);
        }
        let (mut training, mut validation) = (Vec::new(), Vec::new());
        for (class, speakers) in classes {
            let all: usize = speakers.values().map(Vec::len).sum();
            // One of each class at least, unless it is the only one.
            let wanted = ((share * all as f64).round() as usize).max(usize::from(all > 1));
            // Shared out evenly: what rounding leaves over goes to the next speaker.
            let (mut seen, mut taken) = (0, 0);
            for (speaker, mut members) in speakers {
                let key = key.with(speaker).with(class as u64);
                key.generator().shuffle(&mut members);
                seen += members.len();
                let count = (wanted * seen / all - taken).min(members.len());
                taken += count;
                training.extend(members.split_off(count));
                validation.extend(members);
            }
        }
        training.sort_unstable();
        validation.sort_unstable();
        (training, validation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold() -> Fold {
        Fold {
            name: "d".into(),
            test: vec!["d".into()],
            listed: None,
            validation: vec!["c".into()],
            training: ["a", "b", "e", "f"].map(String::from).to_vec(),
            fraction: None,
        }
    }

    #[test]
    fn more_speakers_validate_and_none_of_them_trains_or_tests() {
        let three = Validation::Speakers(3).apply(fold(), true).unwrap();
        assert_eq!(three.validation, ["c", "e", "f"]);
        assert_eq!(three.training, ["a", "b"]);
        let one = Validation::Speakers(1).apply(fold(), true).unwrap();
        assert_eq!(one, Validation::Partner.apply(fold(), true).unwrap());
        let error = Validation::Speakers(5).apply(fold(), true).unwrap_err();
        assert!(error.to_string().contains("nobody to train on"), "{error}");
    }

    #[test]
    fn with_a_fraction_the_partner_trains_unless_the_session_is_a_real_one() {
        let paired = Validation::Fraction(0.2).apply(fold(), false).unwrap();
        assert_eq!(paired.training, ["a", "b", "c", "e", "f"]);
        let own = Validation::Fraction(0.2).apply(fold(), true).unwrap();
        assert_eq!(own.training, ["a", "b", "e", "f"]);
        assert!(own.validation.is_empty() && own.fraction == Some(0.2));
    }

    #[test]
    fn the_default_is_the_papers_for_iemocap_and_elsewhere_grows_with_the_corpus() {
        let suited = |layout, speakers| {
            Validation::suited(layout, &Protocol::suited(speakers), speakers).to_string()
        };
        assert_eq!(suited(Layout::Iemocap, 10), "partner");
        assert_eq!(suited(Layout::EmoDb, 10), "fraction:0.15");
        assert_eq!(suited(Layout::CremaD, 91), "speakers:9");
    }

    #[test]
    fn ways_to_validate_survive_being_written_and_wrong_ones_are_explained() {
        for text in ["partner", "speakers:2", "fraction:0.15"] {
            assert_eq!(text.parse::<Validation>().unwrap().to_string(), text);
        }
        assert_eq!("fraction".parse(), Ok(Validation::Fraction(FRACTION)));
        for wrong in ["speakers", "speakers:0", "fraction:0.9", "partner:2", "x"] {
            let error = wrong.parse::<Validation>().unwrap_err();
            assert!(
                error.contains(wrong) && error.contains("speakers:K"),
                "{error}"
            );
        }
    }
}
