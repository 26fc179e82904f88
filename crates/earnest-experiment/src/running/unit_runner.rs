//! One unit: trained, tested in every condition, written down.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::slice::from_ref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use earnest_augment::Chain;
use earnest_features::Features;
use earnest_model::{CorpusHeard, Heard, SoundsHeard, Task};
use earnest_random::Key;
use earnest_recogniser::Recogniser;
use earnest_scene::Condition;

use crate::condition_spec::CLEAN;
use crate::dataset::{Dataset, HeardIn, View};
use crate::error::ExperimentError;
use crate::evaluation::answers::answers;
use crate::evaluation::metrics::{AROUSAL_R, List, MACRO_F, VALENCE_R};
use crate::evaluation::number::number;
use crate::evaluation::prediction::{self, CONDITIONS, Prediction};
use crate::evaluation::tally::{mean_of, metrics_of};
use crate::experiment::{Experiment, Unit};
use crate::observer::{Notice, Observer};
use crate::running::finished::{CARD, finish, is_finished, predictions_of};
use crate::running::heard_tests::{HeardKey, HeardTests, OfUtterances};
use crate::running::history::write_trained;
use crate::running::lock::Lock;
use crate::running::unit_result::Crossing;
use crate::sources::chosen::LoadedSources;
use crate::sources::fingerprints;
use crate::storage::{create_folder, forget_parts, write_whole};
use crate::training::presenter::Augmentation;
use crate::training::{Training, TrainingPlan, copies_folder, forget_progress, train};

pub(crate) fn unit_folder(folder: &Path, unit: &Unit) -> PathBuf {
    folder.join("units").join(unit.id())
}

/// True if a unit is finished.
pub(crate) fn is_done(folder: &Path, unit: &Unit) -> bool {
    is_finished(&unit_folder(folder, unit))
}

/// What came of an attempt at a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// It is finished, now or from before.
    Finished,
    /// Another process is at it.
    Elsewhere,
}

/// Names the unit whose epochs are told.
struct OfUnit<'a> {
    id: &'a str,
    inner: &'a dyn Observer,
}

impl Observer for OfUnit<'_> {
    fn event(&self, event: Notice<'_>) {
        self.inner.event(match event {
            Notice::Epoch { report, most, .. } => Notice::Epoch {
                unit: self.id,
                report,
                most,
            },
            other => other,
        });
    }

    fn stopping(&self) -> bool {
        self.inner.stopping()
    }
}

/// All that units need; shared by those who run them.
pub(crate) struct Runner<'a> {
    pub experiment: &'a Experiment,
    pub dataset: &'a Dataset,
    pub sources: Option<&'a LoadedSources>,
    /// What models hear in training beside their utterances.
    pub heard_in_training: Heard,
    /// All conditions but clean speech, by name.
    pub conditions: BTreeMap<String, Condition>,
    /// Features of the test utterances of a fold and task in these conditions.
    pub heard: HeardTests,
    /// Ids of utterances that are left out of the test: their recordings cannot be scored.
    pub unusable: BTreeSet<&'a str>,
    /// Corpus name and fingerprint.
    pub corpus: String,
    pub folder: &'a Path,
    pub total: usize,
}

impl Runner<'_> {
    /// Runs a unit unless it is finished or another process is at it.
    pub fn attempt(
        &self,
        unit: &Unit,
        number: usize,
        observer: &dyn Observer,
    ) -> Result<Attempt, ExperimentError> {
        let id = unit.id();
        let folder = unit_folder(self.folder, unit);
        let finished = |took, summary| Notice::UnitFinished {
            id: &id,
            number,
            total: self.total,
            took,
            summary,
        };
        let kept = || -> Result<bool, ExperimentError> {
            if !is_finished(&folder) {
                return Ok(false);
            }
            let predictions = predictions_of(unit, &folder)?;
            observer.event(finished(None, summary(unit.task, &predictions)));
            Ok(true)
        };
        if kept()? {
            return Ok(Attempt::Finished);
        }
        let Some(_lock) = Lock::take(&self.folder.join("locks"), &id)? else {
            return Ok(Attempt::Elsewhere);
        };
        // It may have been finished between the two looks.
        if kept()? {
            return Ok(Attempt::Finished);
        }
        let start = Instant::now();
        create_folder(&folder)?;
        // The unit is ours: whoever wrote these is no more.
        forget_parts(&folder, Duration::ZERO);
        // A card would be of another training.
        let _ = std::fs::remove_file(folder.join(CARD));
        write_whole(
            &folder.join("unit.json"),
            &serde_json::to_vec_pretty(unit).unwrap_or_default(),
        )?;
        observer.event(Notice::UnitStarted {
            id: &id,
            number,
            total: self.total,
        });
        let predictions = self.train_and_test(unit, &folder, observer)?;
        let took = start.elapsed();
        finish(&folder, took)?;
        forget_progress(&folder, &unit.recipe);
        observer.event(finished(Some(took), summary(unit.task, &predictions)));
        Ok(Attempt::Finished)
    }

    fn train_and_test(
        &self,
        unit: &Unit,
        folder: &Path,
        observer: &dyn Observer,
    ) -> Result<Vec<Prediction>, ExperimentError> {
        let id = unit.id();
        let seed = Key::new(unit.seed);
        let name = unit.fold.name.as_str();
        // The same utterances validate both trainings and networks.
        let split = seed.with("validation").with(name);
        let (training, validation) = self.dataset.of_fold(&unit.fold, unit.task, &split);
        let mut test = self.dataset.tests_of_fold(&unit.fold, unit.task);
        test.retain(|i| {
            let id = self.dataset.items[*i].utterance.id.as_str();
            !self.unusable.contains(id)
        });
        if test.is_empty() {
            return Err(ExperimentError::Setup(format!(
                "fold {name} has no usable test utterance for the {} task",
                unit.task.name()
            )));
        }
        let chain: Option<Chain> = unit.training.chain(&self.experiment.chain_of(&unit.recipe));
        let augmentation = match (&chain, self.sources) {
            (Some(chain), Some(sources)) => Some(Augmentation {
                chain,
                sources: &sources.training,
                presentation: self.experiment.presentation,
            }),
            _ => None,
        };
        let plan = TrainingPlan {
            task: unit.task,
            recipe: &unit.recipe,
            augmentation,
            training: &training,
            validation: &validation,
            validation_copies: unit.recipe.validation_copies,
            training_name: unit.training.name(),
            key: unit.key(),
            copies_key: self.copies_key(unit, &seed),
            copies_folder: Some(copies_folder(self.folder)),
            corpus: self.corpus_of(unit),
            balance: self.experiment.balance,
            classes: self.experiment.classes.of_model(),
            heard: self.heard_by(unit, chain.as_ref()),
        };
        let observer = &OfUnit {
            id: &id,
            inner: observer,
        };
        let trained = train(self.dataset, &plan, Some(folder), observer)?;
        write_trained(folder, &unit.recipe, &trained)?;
        trained.model.save(folder)?;
        let recogniser = Recogniser::of(trained.model);

        let view = self.dataset.view(&unit.recipe.features)?;
        let order = seed.with("heard").with(name);
        let mut predictions = Vec::new();
        // One condition after the other: what is heard in all of them need not fit into memory.
        for condition in &unit.conditions {
            let heard = match condition.as_str() {
                CLEAN => None,
                _ => Some(self.heard(unit, condition, view, &test, observer)?),
            };
            let features: Vec<&[Features]> = match &heard {
                None => test.iter().map(|i| from_ref(view.clean(*i))).collect(),
                Some(heard) => heard.iter().map(Vec::as_slice).collect(),
            };
            let given = answers(
                self.dataset,
                &recogniser,
                &test,
                &features,
                condition,
                &order,
            )?;
            predictions.extend(given);
        }
        prediction::write(
            &folder.join("predictions.csv"),
            unit.task,
            &unit.outputs,
            &predictions,
        )?;
        Ok(predictions)
    }

    /// What a unit's frozen copies are drawn from: all that draw of the same steps share them.
    fn copies_key(&self, unit: &Unit, seed: &Key) -> Key {
        let copies = match &unit.recipe.chain {
            Some(name) => seed.with("copies").with("chain").with(name.as_str()),
            None => seed.with("copies"),
        };
        match unit.training {
            Training::Without(transform) => copies.with(transform),
            _ => copies,
        }
    }

    /// What a unit's model is said to be trained on.
    fn corpus_of(&self, unit: &Unit) -> String {
        let heard = self.heard_by(unit, None).corpora;
        if heard.len() == self.heard_in_training.corpora.len() {
            return self.corpus.clone();
        }
        let of = |c: &CorpusHeard| format!("{} ({})", c.corpus, c.fingerprint);
        heard.iter().map(of).collect::<Vec<_>>().join(" + ")
    }

    /// What a unit's model hears in training, beside its utterances.
    fn heard_by(&self, unit: &Unit, chain: Option<&Chain>) -> Heard {
        let mut heard = self.heard_in_training.clone();
        heard.fold = fingerprints::fingerprint_of_fold(&unit.fold);
        if let Some(crossing) = Crossing::of(&unit.fold) {
            heard.corpora.retain(|c| crossing.trained.contains(&c.name));
        }
        heard.chain = chain.map(fingerprints::fingerprint_of_chain);
        if chain.is_none() {
            heard.noises = SoundsHeard::default();
            heard.rooms = SoundsHeard::default();
        }
        heard
    }

    /// The test utterances of a unit as they are heard in a condition.
    fn heard(
        &self,
        unit: &Unit,
        condition: &str,
        view: &View,
        test: &[usize],
        observer: &dyn Observer,
    ) -> Result<OfUtterances, ExperimentError> {
        let channels = unit.recipe.channels;
        let key = HeardKey {
            fold: unit.fold.name.clone(),
            task: unit.task,
            front_end: view.words(),
            channels,
            condition: condition.to_owned(),
        };
        if let Some(heard) = self.heard.get(&key) {
            return Ok(heard);
        }
        let found = self.conditions.get(condition);
        let heard_in = HeardIn {
            name: condition,
            condition: found.ok_or_else(|| {
                ExperimentError::Setup(format!("there is no condition {condition:?}"))
            })?,
            channels,
        };
        // Two units may do this at the same time, with the same result.
        let made = Arc::new(self.dataset.hear(view, test, heard_in, observer)?);
        self.heard.keep(key, Arc::clone(&made));
        Ok(made)
    }
}

/// The main metrics in clean speech, on the robot, and the mean over named conditions.
pub(crate) fn summary(task: Task, predictions: &[Prediction]) -> String {
    let mut of: Vec<(&str, Vec<&Prediction>)> = Vec::new();
    for p in predictions {
        match of.iter_mut().find(|(name, _)| *name == p.condition) {
            Some((_, own)) => own.push(p),
            None => of.push((&p.condition, vec![p])),
        }
    }
    let named = of.iter().filter(|(name, _)| !CONDITIONS.contains(name));
    let named: Vec<List> = named.map(|(_, own)| metrics_of(task, own).list()).collect();
    let mean = mean_of(&named);
    let metrics = CONDITIONS.map(|condition| {
        let own = of.iter().find(|(name, _)| *name == condition);
        let own = own.map_or(&[][..], |(_, own)| own);
        (!own.is_empty(), metrics_of(task, own).list())
    });
    let words = |metric: usize| {
        // As it always was where there is nothing but clean speech and the robot.
        let both = CONDITIONS.into_iter().zip(metrics);
        let both = both.filter(|(_, (is_tested, _))| named.is_empty() || *is_tested);
        let mut words: Vec<String> = both
            .map(|(name, (_, list))| format!("{name} {}", number(list[metric])))
            .collect();
        match named.len() {
            0 => {}
            1 => words.push(format!("another condition {}", number(mean[metric]))),
            n => words.push(format!("mean of {n} others {}", number(mean[metric]))),
        }
        words.join(", ")
    };
    match task {
        Task::Categorical => format!("macro F {}", words(MACRO_F)),
        Task::Dimensional => format!(
            "arousal r {}; valence r {}",
            words(AROUSAL_R),
            words(VALENCE_R)
        ),
    }
}
