//! What decided a run beside its numbers: stand-ins for folds, chain, sounds and recordings, so that
//! a run cannot go on with others unseen.

use std::borrow::Cow;
use std::collections::BTreeMap;

use earnest_augment::Chain;
use earnest_corpus::{Corpus, FileContent, fingerprint_of};
use earnest_model::CorpusHeard;
use serde::{Deserialize, Serialize};

use crate::condition_spec::ROBOT;
use crate::error::ExperimentError;
use crate::protocol::fold::Fold;
use crate::sources::chosen::{ChosenSources, SoundKind};

/// Written by Earnest into `experiment.toml`: what everything was when it ran. Each is left out
/// where there is nothing of the kind. (The corpus's own is beside its path.)
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fingerprints {
    /// Who trains, validates and tests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folds: Option<String>,
    /// The augmentation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// Noises of training: which clips, and their decoded samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noise: Option<String>,
    /// Rooms of training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rooms: Option<String>,
    /// Noises of the simulated robot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub robot_noise: Option<String>,
    /// Rooms of the simulated robot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub robot_rooms: Option<String>,
    /// The robot's recordings of the test utterances.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recordings: Option<String>,
    /// The recordings of the test utterances in each named condition.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub conditions: BTreeMap<String, String>,
    /// The table of features.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features_table: Option<String>,
    /// The table of features as the robot hears.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub robot_features_table: Option<String>,
}

/// Stands for who trains, validates and tests in a fold.
#[must_use]
pub fn fingerprint_of_fold(fold: &Fold) -> String {
    let mut parts = vec![format!(
        "{}\t{:?}\t{:?}\t{:?}\t{:?}",
        fold.name, fold.test, fold.validation, fold.training, fold.fraction
    )];
    if let Some(listed) = &fold.listed {
        for (side, ids) in [
            ("training", &listed.training),
            ("validation", &listed.validation),
            ("test", &listed.test),
        ] {
            parts.push(side.to_owned());
            parts.extend(ids.iter().cloned());
        }
    }
    fingerprint_of(parts)
}

/// What a model says of each of several corpora that it was trained on; nothing of a single one.
/// `contents` are what the files of all utterances hold.
#[must_use]
pub fn corpora_heard(corpus: &Corpus, contents: &[FileContent]) -> Vec<CorpusHeard> {
    let first = corpus.parts.iter().find(|part| part.number == 0);
    let scale_range = first.and_then(|part| part.scale_range);
    corpus
        .of_parts(contents)
        .map(|(part, contents)| CorpusHeard {
            name: part.name.to_string(),
            corpus: part.corpus.name.clone(),
            fingerprint: part.corpus.fingerprint(contents),
            scale_range,
        })
        .collect()
}

/// Stands for an augmentation.
#[must_use]
pub fn fingerprint_of_chain(chain: &Chain) -> String {
    // A chain of numbers and names is always written.
    fingerprint_of([serde_json::to_string(chain).unwrap_or_default()])
}

/// Stands for all that an experiment's training draws from: its chain, or several.
#[must_use]
pub(crate) fn fingerprint_of_chains(chains: &[Cow<'_, Chain>]) -> String {
    match chains {
        [one] => fingerprint_of_chain(one),
        several => fingerprint_of(several.iter().map(|chain| fingerprint_of_chain(chain))),
    }
}

impl Fingerprints {
    /// Of everything that an experiment uses; `recordings` by the names of their conditions.
    pub(crate) fn new(
        folds: &[Fold],
        chain: Option<String>,
        sources: Option<&ChosenSources>,
        mut recordings: BTreeMap<String, String>,
    ) -> Self {
        let noises = sources.map(|s| &s.noises);
        let rooms = sources.map(|s| &s.rooms);
        let (noise, room) = (SoundKind::Noises, SoundKind::Rooms);
        // What no training draws from decides nothing.
        let is_trained = chain.is_some();
        let trained = |f: Option<String>| f.filter(|_| is_trained);
        Self {
            folds: Some(fingerprint_of(folds.iter().map(fingerprint_of_fold))),
            chain,
            noise: trained(noises.and_then(|s| s.training.fingerprint(noise))),
            rooms: trained(rooms.and_then(|s| s.training.fingerprint(room))),
            robot_noise: noises.and_then(|s| s.robot.fingerprint(noise)),
            robot_rooms: rooms.and_then(|s| s.robot.fingerprint(room)),
            recordings: recordings.remove(ROBOT),
            conditions: recordings,
            features_table: None,
            robot_features_table: None,
        }
    }

    /// Refuses what is not as it was when these were written.
    pub(crate) fn require(&self, now: &Self) -> Result<(), ExperimentError> {
        for (what, before, now) in [
            ("the folds", &self.folds, &now.folds),
            ("the augmentation", &self.chain, &now.chain),
            ("the noises for training", &self.noise, &now.noise),
            ("the rooms for training", &self.rooms, &now.rooms),
            ("the robot's noises", &self.robot_noise, &now.robot_noise),
            ("the robot's rooms", &self.robot_rooms, &now.robot_rooms),
            ("the robot's recordings", &self.recordings, &now.recordings),
            (
                "the table of features",
                &self.features_table,
                &now.features_table,
            ),
            (
                "the robot's table of features",
                &self.robot_features_table,
                &now.robot_features_table,
            ),
        ] {
            if let (Some(before), Some(now)) = (before, now)
                && before != now
            {
                return Err(changed(what, before, now));
            }
        }
        for (name, before) in &self.conditions {
            if let Some(now) = now.conditions.get(name).filter(|now| *now != before) {
                let what = format!("the recordings of the condition {name:?}");
                return Err(changed(&what, before, now));
            }
        }
        Ok(())
    }
}

/// Something is not what it was.
pub(crate) fn changed(what: &str, before: &str, now: &str) -> ExperimentError {
    ExperimentError::Setup(format!(
        "{what}: not the same as when this experiment was written (fingerprint {now}, not {before}), so its results would not be what the file says; put back what was there, or take the fingerprints out of the file to run what is there now"
    ))
}
