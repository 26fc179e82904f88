//! What an experiment would run, how long it would take here, and what it would leave on disk:
//! estimated from units that are finished, else from a trial on a sample of the corpus.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use earnest_corpus::Corpus;
use earnest_model::{Heard, Recipe, Task};
use earnest_random::Key;

use crate::dataset::Dataset;
use crate::error::ExperimentError;
use crate::experiment::Unit;
use crate::observer::{Notice, Observer};
use crate::running::finished::time_taken;
use crate::running::history::read_history;
use crate::running::prepare::Prepared;
use crate::running::run_folder::refuse_other_run;
use crate::running::unit_runner::{is_done, unit_folder};
use crate::training::presenter::Augmentation;
use crate::training::{Training, TrainingPlan, train};

/// So many utterances are tried.
const SAMPLE: usize = 96;

/// Units that differ only in fold and seed.
#[derive(Clone, Debug)]
pub struct UnitKind {
    /// What is predicted.
    pub task: Task,
    /// `rnn` or `cnn`.
    pub recipe: String,
    /// Trained on what.
    pub training: Training,
    /// How many there are.
    pub units: usize,
    /// How many are finished.
    pub done: usize,
    /// Wall time of one, s, alone on this machine's threads.
    pub unit_s: f64,
    /// Epochs of one that the time is for; none of a baseline, which is fitted at once.
    pub epochs: Option<usize>,
    /// True if the time is from finished units, false if from a trial, for the most epochs.
    pub measured: bool,
    /// What one leaves on disk, bytes.
    pub bytes: u64,
}

/// An experiment's plan.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Kinds of units, in the order in which they run.
    pub kinds: Vec<UnitKind>,
    /// Decoding the corpus and extracting its descriptors, once for each process, s.
    pub load_s: f64,
    /// What a unit needs on disk while it is trained, beside what it leaves, bytes.
    pub checkpoint_bytes: u64,
    /// Why the folder cannot be run in, if it cannot: nothing in it counts as done.
    pub refused: Option<String>,
}

impl Plan {
    /// Time left, s: what is not finished, one unit after the other.
    #[must_use]
    pub fn seconds_left(&self) -> f64 {
        let units: f64 = self
            .kinds
            .iter()
            .map(|k| (k.units - k.done) as f64 * k.unit_s)
            .sum();
        if units > 0.0 {
            units + self.load_s
        } else {
            0.0
        }
    }

    /// Bytes in the end.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.kinds.iter().map(|k| k.units as u64 * k.bytes).sum()
    }
}

/// When epochs ended.
struct Watch<'a> {
    inner: &'a dyn Observer,
    ends: Mutex<Vec<Instant>>,
}

impl Observer for Watch<'_> {
    fn event(&self, event: Notice<'_>) {
        match event {
            Notice::Epoch { .. } => {
                if let Ok(mut ends) = self.ends.lock() {
                    ends.push(Instant::now());
                }
            }
            // A sample lacks classes, which says nothing.
            Notice::Note(_) | Notice::Warning(_) => {}
            other => self.inner.event(other),
        }
    }
}

/// What a trial came to.
#[derive(Clone, Copy)]
struct Trial {
    cost: Cost,
    utterances: usize,
    /// The most epochs of a network.
    epochs: Option<usize>,
    model_bytes: u64,
}

impl Trial {
    /// What it takes with so many utterances, s.
    fn seconds(&self, utterances: usize) -> f64 {
        let share = utterances as f64 / self.utterances.max(1) as f64;
        self.cost.of(share, self.epochs)
    }
}

/// What a trial on few utterances took.
#[derive(Clone, Copy)]
enum Cost {
    /// Of a network: an epoch, s; it grows with the utterances.
    Epoch(f64),
    /// Of a baseline: presenting, s, which grows with the utterances, and fitting, s, which grows with
    /// their square.
    Fit(f64, f64),
}

impl Cost {
    /// What `share` times as many utterances take, s, in so many epochs.
    fn of(self, share: f64, epochs: Option<usize>) -> f64 {
        match self {
            Self::Epoch(seconds) => seconds * share * epochs.unwrap_or(1) as f64,
            Self::Fit(presenting, fitting) => presenting * share + fitting * share * share,
        }
    }
}

/// Every so many utterances.
fn sample(mut corpus: Corpus) -> Corpus {
    let step = corpus.utterances.len().div_ceil(SAMPLE).max(1);
    corpus.utterances = corpus.utterances.into_iter().step_by(step).collect();
    corpus
}

fn mean_seconds(folder: &Path, units: &[&Unit]) -> Option<(f64, Option<usize>)> {
    let mut all = Vec::new();
    let mut epochs = 0;
    for unit in units {
        let folder = unit_folder(folder, unit);
        let trained = match unit.recipe.architecture.is_network() {
            true => read_history(&folder.join("training.csv")).map(|history| history.len()),
            false => Ok(0),
        };
        if let (Some(took), Ok(own)) = (time_taken(&folder), trained) {
            all.push(took.as_secs_f64());
            epochs += own;
        }
    }
    let n = all.len();
    let of_each = (epochs > 0).then(|| epochs / n);
    (n > 0).then(|| (all.iter().sum::<f64>() / n as f64, of_each))
}

fn bytes_below(folder: &Path) -> u64 {
    std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.metadata().ok())
        .map(|m| m.len())
        .sum()
}

/// Estimates what the units of an experiment would take. `folder` is where they would be, or
/// are.
///
/// # Errors
/// The corpus or the sounds cannot be read.
pub fn plan(
    prepared: &Prepared,
    folder: &Path,
    observer: &dyn Observer,
) -> Result<Plan, ExperimentError> {
    let mut order: Vec<(Task, &str, Training)> = Vec::new();
    let mut groups: BTreeMap<(Task, &str, Training), Vec<&Unit>> = BTreeMap::new();
    for unit in &prepared.units {
        let kind = (unit.task, unit.recipe.title(), unit.training);
        if !order.contains(&kind) {
            order.push(kind);
        }
        groups.entry(kind).or_default().push(unit);
    }
    let refused = refuse_other_run(&prepared.experiment, folder).err();
    let scales = &prepared.experiment.scales;
    let usable = prepared.corpus.usable(scales);
    let whole = usable.utterances.len();
    let small = sample(usable);
    let start = Instant::now();
    let dataset = Dataset::load(&small, scales, prepared.features(), observer)?;
    let load_s =
        start.elapsed().as_secs_f64() * whole as f64 / small.utterances.len().max(1) as f64;
    let sources = match &prepared.sources {
        Some(chosen) => Some(chosen.load(observer)?),
        None => None,
    };
    let mut kinds = Vec::new();
    let mut checkpoint_bytes = 0;
    for kind in order {
        let Some(units) = groups.get(&kind) else {
            continue;
        };
        let Some(first) = units.first() else { continue };
        let done: Vec<&Unit> = units
            .iter()
            .copied()
            .filter(|u| refused.is_none() && is_done(folder, u))
            .collect();
        // Of an ensemble each of its members, one after the other.
        let trials = (first.recipe.trained(first.task))
            .map(|recipe| {
                trial(
                    prepared,
                    &dataset,
                    sources.as_ref(),
                    first,
                    recipe,
                    observer,
                )
            })
            .collect::<Result<Vec<Trial>, ExperimentError>>()?;
        let model_bytes: u64 = trials.iter().map(|trial| trial.model_bytes).sum();
        // Weights, their two moments and the best so far.
        checkpoint_bytes = checkpoint_bytes.max(4 * model_bytes);
        let train_on: usize = prepared
            .corpus
            .utterances
            .iter()
            .filter(|u| match first.task {
                Task::Categorical => u.class.is_some(),
                Task::Dimensional => prepared.corpus.rated(u, scales).is_some(),
            })
            .filter(|u| first.fold.training.contains(&u.speaker))
            .count();
        let most_epochs = trials.iter().filter_map(|trial| trial.epochs).max();
        let (unit_s, epochs, measured) = match mean_seconds(folder, &done) {
            Some((seconds, epochs)) => (seconds, epochs, true),
            None => {
                // Each named condition is decoded and extracted for a fold as the corpus was.
                let named = prepared.experiment.conditions.len() as f64;
                let heard_s = named * load_s / prepared.all_folds.max(1) as f64;
                let trained_s = trials.iter().map(|trial| trial.seconds(train_on));
                (trained_s.sum::<f64>() + heard_s, most_epochs, false)
            }
        };
        let tests = whole / prepared.all_folds.max(1);
        let conditions = first.conditions.len().max(2) as u64;
        let bytes = done.first().map_or(
            // Some 130 bytes a prediction; the rest is small.
            model_bytes + conditions * 130 * tests as u64 + 20_000,
            |u| bytes_below(&unit_folder(folder, u)),
        );
        kinds.push(UnitKind {
            task: kind.0,
            recipe: kind.1.to_owned(),
            training: kind.2,
            units: units.len(),
            done: done.len(),
            unit_s,
            epochs,
            measured,
            bytes,
        });
    }
    Ok(Plan {
        kinds,
        load_s,
        checkpoint_bytes,
        refused: refused.map(|error| error.to_string()),
    })
}

/// Trains on the sample for two epochs; the second counts, as the first also fits what
/// normalises.
fn trial(
    prepared: &Prepared,
    dataset: &Dataset,
    sources: Option<&crate::LoadedSources>,
    unit: &Unit,
    recipe: &Recipe,
    observer: &dyn Observer,
) -> Result<Trial, ExperimentError> {
    let all: Vec<usize> = (0..dataset.items.len())
        .filter(|i| dataset.items[*i].serves(unit.task))
        .collect();
    // As many validate as usually do; they are trained on too, which costs the same.
    let validation: Vec<usize> = all.iter().copied().step_by(8).collect();
    let chain = unit
        .training
        .chain(&prepared.experiment.chain_of(&unit.recipe));
    let is_network = recipe.architecture.is_network();
    let epochs = is_network.then_some(recipe.max_epochs);
    let recipe = Recipe {
        max_epochs: 2,
        warmup_epochs: recipe.warmup_epochs.min(1),
        ..recipe.clone()
    };
    let watch = Watch {
        inner: observer,
        ends: Mutex::new(Vec::new()),
    };
    let plan = TrainingPlan {
        task: unit.task,
        recipe: &recipe,
        augmentation: match (&chain, sources) {
            (Some(chain), Some(sources)) => Some(Augmentation {
                chain,
                sources: &sources.training,
                presentation: crate::Presentation::Fresh,
            }),
            _ => None,
        },
        training: &all,
        validation: &validation,
        validation_copies: recipe.validation_copies,
        training_name: unit.training.name(),
        key: Key::new(0).with("trial"),
        copies_key: Key::new(0),
        copies_folder: None,
        corpus: String::new(),
        balance: prepared.experiment.balance,
        classes: prepared.experiment.classes.of_model(),
        heard: Heard::default(),
    };
    let start = Instant::now();
    let trained = train(dataset, &plan, None, &watch)?;
    let all_s = start.elapsed().as_secs_f64();
    let ends = watch.ends.into_inner().unwrap_or_default();
    let epoch_s = match ends.as_slice() {
        [.., a, b] => (*b - *a).as_secs_f64(),
        _ => 0.0,
    };
    let cost = match is_network {
        true => Cost::Epoch(epoch_s),
        false => {
            let presenting = trained.time.augmentation + trained.time.extraction;
            let threads = rayon::current_num_threads().max(1) as f64;
            let presenting = (presenting.as_secs_f64() / threads).min(all_s);
            Cost::Fit(presenting, all_s - presenting)
        }
    };
    Ok(Trial {
        cost,
        utterances: all.len(),
        epochs,
        model_bytes: 4 * trained.model.parameters() as u64,
    })
}
