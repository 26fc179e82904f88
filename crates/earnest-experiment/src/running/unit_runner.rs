//! One unit: trained, tested in every condition, written down.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use earnest_augment::Chain;
use earnest_features::Features;
use earnest_model::{CorpusHeard, Heard, SoundsHeard, Task};
use earnest_random::Key;
use earnest_recogniser::Recogniser;
use earnest_scene::Condition;

use crate::dataset::{Dataset, View};
use crate::error::ExperimentError;
use crate::evaluation::answers::answers;
use crate::evaluation::number::number;
use crate::evaluation::prediction::{self, CONDITIONS, Prediction};
use crate::evaluation::tally::metrics_of;
use crate::experiment::{Experiment, Unit};
use crate::observer::{Notice, Observer};
use crate::running::finished::{CARD, finish, is_finished, predictions_of};
use crate::running::history::{write_history, write_search};
use crate::running::lock::Lock;
use crate::running::unit_result::Crossing;
use crate::sources::chosen::LoadedSources;
use crate::sources::fingerprints;
use crate::storage::{create_folder, forget_parts, write_whole};
use crate::training::presenter::Augmentation;
use crate::training::{Trained, Training, TrainingPlan, copies_folder, forget_progress, train};

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

/// What the robot hears of the test utterances of a fold and task, by the front end's words.
pub(crate) type HeardTests = HashMap<(String, Task, String), Arc<Vec<Features>>>;

/// All that units need; shared by those who run them.
pub(crate) struct Runner<'a> {
    pub experiment: &'a Experiment,
    pub dataset: &'a Dataset,
    pub sources: Option<&'a LoadedSources>,
    /// What models hear in training beside their utterances.
    pub heard_in_training: Heard,
    pub robot: Condition,
    /// Robot features of the test utterances of a fold and task.
    pub heard: Mutex<HeardTests>,
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
        forget_progress(&folder);
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
        let chain: Option<Chain> = unit.training.chain(&self.experiment.augmentation);
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
            training_name: unit.training.name(),
            key: unit.key(),
            copies_key: match unit.training {
                Training::Without(transform) => seed.with("copies").with(transform),
                _ => seed.with("copies"),
            },
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
        let Trained {
            model,
            history,
            search,
            ..
        } = trained;
        model.save(folder)?;
        let recogniser = Recogniser::of(model);

        let view = self.dataset.view(&unit.recipe.features)?;
        let is_robot = |condition: &String| condition == "robot";
        let heard = match unit.conditions.iter().any(is_robot) {
            true => self.heard(unit, view, &test, observer)?,
            false => Arc::new(Vec::new()),
        };
        let clean: Vec<&Features> = test.iter().map(|i| view.clean(*i)).collect();
        let robot: Vec<&Features> = heard.iter().collect();
        let order = seed.with("heard").with(name);
        let mut predictions = Vec::new();
        for (condition, features) in unit.conditions.iter().zip([clean, robot]) {
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
        match unit.recipe.architecture.is_network() {
            true => write_history(folder, &history)?,
            false => write_search(folder, &search)?,
        }
        Ok(predictions)
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

    /// The test utterances of a unit as the robot hears them.
    fn heard(
        &self,
        unit: &Unit,
        view: &View,
        test: &[usize],
        observer: &dyn Observer,
    ) -> Result<Arc<Vec<Features>>, ExperimentError> {
        let key = (unit.fold.name.clone(), unit.task, view.words());
        let known = |heard: &HeardTests| heard.get(&key).cloned();
        if let Some(heard) = self.heard.lock().ok().and_then(|heard| known(&heard)) {
            return Ok(heard);
        }
        // Two units may do this at the same time, with the same result.
        let made = Arc::new(self.dataset.hear(view, test, &self.robot, observer)?);
        if let Ok(mut heard) = self.heard.lock() {
            heard.insert(key, Arc::clone(&made));
        }
        Ok(made)
    }
}

/// The main metric in both conditions.
pub(crate) fn summary(task: Task, predictions: &[Prediction]) -> String {
    let of = |condition: &str| {
        let p: Vec<&Prediction> = predictions
            .iter()
            .filter(|p| p.condition == condition)
            .collect();
        metrics_of(task, &p)
    };
    let [clean, robot] = CONDITIONS.map(of);
    match task {
        Task::Categorical => format!(
            "macro F clean {}, robot {}",
            number(clean.macro_f),
            number(robot.macro_f)
        ),
        Task::Dimensional => format!(
            "arousal r clean {}, robot {}; valence r clean {}, robot {}",
            number(clean.arousal_r),
            number(robot.arousal_r),
            number(clean.valence_r),
            number(robot.valence_r)
        ),
    }
}
