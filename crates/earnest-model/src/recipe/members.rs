//! The members of a recipe that is an ensemble: recipes of their own, which learn from the same utterances
//! and answer together.
//!
//! Each hears its own front end. What the ensemble is given are their columns side by side
//! ([`Joined`]), or one front end's if they share it, so that whoever makes features for a model needs not know what
//! is in it.

use std::ops::Range;

use earnest_features::FrontEndSettings;
use earnest_features::front_end::joined::Joined;

use super::Recipe;
use crate::channels::Channels;
use crate::engine::{Architecture, ENSEMBLE};
use crate::normalisation::Normalisation;
use crate::task::Task;

/// The most members.
const MOST_MEMBERS: usize = 16;

/// Which of an ensemble's columns a member is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    /// Of each row.
    pub columns: Range<usize>,
    /// True if all rows of a recording are the same to it, and it is given the first alone.
    pub one_row: bool,
}

/// The different front ends of some members, in their order.
fn front_ends_of(members: &[Recipe]) -> Vec<FrontEndSettings> {
    let mut all: Vec<FrontEndSettings> = Vec::new();
    for member in members {
        if !all.contains(&member.features) {
            all.push(member.features.clone());
        }
    }
    all
}

/// The front end of an ensemble of these members.
pub(crate) fn features_of(members: &[Recipe]) -> FrontEndSettings {
    let mut parts = front_ends_of(members);
    match parts.len() {
        0 => FrontEndSettings::default(),
        1 => parts.remove(0),
        _ => Joined { parts }.into(),
    }
}

impl Recipe {
    /// True if it is an ensemble.
    #[must_use]
    pub fn is_ensemble(&self) -> bool {
        matches!(self.architecture, Architecture::Ensemble(_))
    }

    /// The members that learn a task, with their numbers from 0: those that do not take no part in it.
    /// None of a recipe that is no ensemble.
    pub fn members_of(&self, task: Task) -> impl Iterator<Item = (usize, &Self)> {
        let all = self.members.iter().enumerate();
        all.filter(move |(_, member)| member.serves(task))
    }

    /// Which of its members take no part in a task, in a sentence; none if all do.
    #[must_use]
    pub fn sitting_out(&self, task: Task) -> Option<String> {
        let idle = (1..).zip(&self.members).filter(|(_, m)| !m.serves(task));
        let names: Vec<String> = idle
            .map(|(number, m)| format!("{number} ({})", m.title()))
            .collect();
        let (members, take) = match names.len() {
            0 => return None,
            1 => ("member", "takes"),
            _ => ("members", "take"),
        };
        Some(format!(
            "of the recipe {} the {members} {} {take} no part in the {} task",
            self.title(),
            names.join(" and "),
            task.name()
        ))
    }

    /// True if it learns from a task: as its engine does, or, of an ensemble, any of its members.
    #[must_use]
    pub fn serves(&self, task: Task) -> bool {
        match self.is_ensemble() {
            true => self.members.iter().any(|member| member.serves(task)),
            false => self.architecture.serves(task),
        }
    }

    /// The recipes that are trained for a task: its members that learn it, or itself.
    pub fn trained(&self, task: Task) -> impl Iterator<Item = &Self> {
        let own = (!self.is_ensemble()).then_some(self);
        own.into_iter()
            .chain(self.members_of(task).map(|(_, member)| member))
    }

    /// True if it is a network or has one among its members: it is trained in epochs, and somebody
    /// validates.
    #[must_use]
    pub fn has_network(&self) -> bool {
        let is_network = |recipe: &Self| recipe.architecture.is_network();
        is_network(self) || self.members.iter().any(is_network)
    }

    /// True if it is a baseline or has one among its members, which learns from those who validate, too.
    #[must_use]
    pub fn has_baseline(&self) -> bool {
        let is_baseline = |recipe: &Self| !recipe.architecture.is_network();
        match self.is_ensemble() {
            true => self.members.iter().any(is_baseline),
            false => is_baseline(self),
        }
    }

    /// Has networks trained for so many epochs at most, its members that are networks included.
    pub fn limit_epochs(&mut self, most: usize) {
        if self.architecture.is_network() {
            self.max_epochs = most;
        }
        self.members.iter_mut().for_each(|m| m.limit_epochs(most));
    }

    /// The most augmented copies of an utterance that it learns from; as many as there are of a network.
    #[must_use]
    pub fn most_copies(&self) -> usize {
        match self.has_network() {
            true => usize::MAX,
            false => {
                let members = self.members.iter().map(|m| m.architecture.copies());
                members
                    .chain([self.architecture.copies()])
                    .max()
                    .unwrap_or(0)
            }
        }
    }

    /// All front ends that training and answering need: its own, and those of its members.
    #[must_use]
    pub fn front_ends(&self) -> Vec<&FrontEndSettings> {
        let mut all = vec![&self.features];
        for member in &self.members {
            if !all.contains(&&member.features) {
                all.push(&member.features);
            }
        }
        all
    }

    /// Which of the ensemble's columns a member is given.
    pub(crate) fn share(&self, member: usize) -> Option<Share> {
        let own = &self.members.get(member)?.features;
        let front_end = own.as_front_end();
        let one_row = front_end.row_s().is_infinite();
        match &self.features {
            FrontEndSettings::Joined(joined) if own != &self.features => {
                let part = joined.parts.iter().position(|part| part == own)?;
                let columns = joined.columns_of(part)?;
                Some(Share { columns, one_row })
            }
            _ => Some(Share {
                columns: 0..front_end.columns().len(),
                one_row,
            }),
        }
    }

    /// Its engine in words, for a report; of an ensemble those of its members that answer in a task, or of all.
    #[must_use]
    pub fn engine_words(&self, task: Option<Task>) -> String {
        let Architecture::Ensemble(settings) = &self.architecture else {
            return self.architecture.words();
        };
        let takes_part = |member: &Self| task.is_none_or(|task| member.serves(task));
        let answering = || {
            let all = self.members.iter().enumerate();
            all.filter(|(_, member)| takes_part(member))
        };
        let own = match settings.weights.is_empty() {
            true => crate::engine::Ensemble::default(),
            false => crate::engine::Ensemble {
                weights: answering().map(|(n, _)| settings.weight(n)).collect(),
            },
        };
        let own = Architecture::Ensemble(own).words();
        let members = answering().map(|(_, member)| {
            let features = member.features.as_front_end().words();
            let more: String = (member.departures().iter())
                .map(|words| format!(", {words}"))
                .collect();
            format!("{} ({features}{more})", member.architecture.words())
        });
        format!("{own} of {}", members.collect::<Vec<_>>().join(" and "))
    }

    /// Refuses members where there can be none, and what cannot be a member.
    pub(crate) fn check_members(&self) -> Result<(), String> {
        let Architecture::Ensemble(settings) = &self.architecture else {
            return match self.members.is_empty() {
                true => Ok(()),
                false => Err(format!(
                    "members have no effect on the {}; they are an ensemble's (architecture = {{ kind = \"{ENSEMBLE}\" }})",
                    self.architecture.name()
                )),
            };
        };
        let n = self.members.len();
        if !(2..=MOST_MEMBERS).contains(&n) {
            return Err(format!(
                "members: there are {n} of them; an ensemble has 2 to {MOST_MEMBERS}, each a recipe under [[members]]"
            ));
        }
        if !settings.weights.is_empty() && settings.weights.len() != n {
            return Err(format!(
                "architecture.weights: there are {} of them and {n} members; each member has one",
                settings.weights.len()
            ));
        }
        let idle = [
            ("normalise", self.normalise != Normalisation::Corpus),
            ("clip", self.clip.is_some()),
        ];
        if let Some((key, _)) = idle.iter().find(|(_, given)| *given) {
            return Err(format!(
                "{key} has no effect on an ensemble; say it of its members"
            ));
        }
        if self.features != features_of(&self.members) {
            return Err(
                "features have no effect on an ensemble: each of its members says its own".into(),
            );
        }
        for (number, member) in (1..).zip(&self.members) {
            member
                .check_as_member()
                .and_then(|()| member.check())
                .map_err(|why| format!("members[{number}]: {why}"))?;
            let before = &self.members[..number - 1];
            let is_fitted = !member.architecture.is_network();
            if let Some(other) = before.iter().position(|other| is_fitted && other == member) {
                return Err(format!(
                    "members[{number}] is the same baseline as members[{}], which would answer twice; say so by its weight",
                    other + 1
                ));
            }
            let step = |recipe: &Self| recipe.features.as_front_end().row_s();
            let apart = |other: &Self| {
                let (one, own) = (step(other), step(member));
                one.is_finite() && own.is_finite() && one != own
            };
            if let Some(other) = before.iter().position(apart) {
                return Err(format!(
                    "members[{}].features have a row each {} s and members[{number}].features each {} s; members hear the same rows, so these must be as far apart",
                    other + 1,
                    step(&before[other]),
                    step(member)
                ));
            }
        }
        Ok(())
    }

    fn check_as_member(&self) -> Result<(), String> {
        if self.is_ensemble() {
            return Err("it is an ensemble itself; name its members beside the others".into());
        }
        if matches!(self.features, FrontEndSettings::Joined(_)) {
            return Err("features are `joined`, which is what an ensemble makes of its members' own; a member has a front end of its own".into());
        }
        let of_all = [
            ("chain", self.chain.is_some()),
            ("channels", self.channels != Channels::Mean),
            ("validation_copies", self.validation_copies > 0),
            ("calibrate", self.calibrate.is_some()),
            ("coverage", self.coverage.is_some()),
        ];
        if let Some((key, _)) = of_all.iter().find(|(_, given)| *given) {
            return Err(format!(
                "{key} is said of the ensemble as a whole, not of a member"
            ));
        }
        match self.normalise.heeds_others() {
            true => Err(format!(
                "normalise is {:?}, which depends on other utterances; a member is normalised by corpus, segment or segment_mean",
                self.normalise.name()
            )),
            false => Ok(()),
        }
    }
}
