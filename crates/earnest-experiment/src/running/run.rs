//! Running an experiment in a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use earnest_corpus::{Corpus, Part, Utterance};
use earnest_model::Heard;
use earnest_random::Key;
use earnest_scene::simulate::Scene;
use earnest_scene::{Condition, SimulatedRobot};

use crate::condition_spec::{ConditionSpec, RobotSpec};
use crate::dataset::Dataset;
use crate::error::ExperimentError;
use crate::evaluation::traits::Traits;
use crate::experiment::{Experiment, Unit};
use crate::observer::{Notice, Observer};
use crate::protocol::Protocol;
use crate::running::heard_tests::HeardTests;
use crate::running::outcome::{About, AboutCorpus, Outcome, collect};
use crate::running::prepare::{Prepared, prepare};
use crate::running::results::write_results;
use crate::running::run_folder::settle_folder;
use crate::running::unit_runner::{Runner, is_done};
use crate::running::workers::{self, Workers};
use crate::sources::chosen::{ChosenSources, LoadedSources};
use crate::sources::robot_folders::RobotFolders;
use crate::storage::{LEFT_BEHIND, forget_parts, write_whole};
use crate::training::forget_copies;

/// The simulated robot of a set of sources.
#[must_use]
pub fn simulated_robot(sources: &LoadedSources, snr_db: f64, seed: u64) -> Condition {
    Condition::Robot(Box::new(SimulatedRobot {
        rooms: sources.robot.rooms.clone(),
        noises: sources.robot.noises.clone(),
        snr_db,
        key: Key::new(seed).with("robot"),
    }))
}

/// How much of an experiment is run here, and by how many at a time.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Units that are trained at the same time; by cores and memory if left out.
    pub workers: Option<usize>,
    /// Only these units (ids); all if left out. Results are then not written: others may still
    /// be at work on the rest.
    pub only: Option<Vec<String>>,
}

/// Runs an experiment in a folder, or goes on with it. Finished units are kept; a half-done
/// one resumes from its last epoch. At the end `results.csv` is written.
///
/// # Errors
/// See [`ExperimentError`]. What is finished stays.
pub fn run(
    experiment: Experiment,
    folder: &Path,
    observer: &dyn Observer,
) -> Result<Outcome, ExperimentError> {
    let prepared = prepare(experiment, observer)?;
    run_units(&prepared, folder, &RunOptions::default(), observer)?;
    finish(folder)
}

/// Collects what is finished and writes `results.csv`.
///
/// # Errors
/// See [`collect`] and [`write_results`].
pub fn finish(folder: &Path) -> Result<Outcome, ExperimentError> {
    forget_copies(folder);
    forget_parts(folder, LEFT_BEHIND);
    let outcome = collect(folder)?;
    write_results(&outcome)?;
    Ok(outcome)
}

/// Runs the units of an experiment that are not finished yet. Any number of processes may do
/// this in one folder: none does a unit that another is at, and each waits for the others.
///
/// # Errors
/// See [`ExperimentError`]. What is finished stays.
pub fn run_units(
    prepared: &Prepared,
    folder: &Path,
    options: &RunOptions,
    observer: &dyn Observer,
) -> Result<(), ExperimentError> {
    let experiment = &prepared.experiment;
    settle_folder(experiment, folder)?;
    let mut units: Vec<(usize, &Unit)> = prepared.units.iter().enumerate().collect();
    if let Some(only) = &options.only {
        if let Some(unknown) = only
            .iter()
            .find(|id| !prepared.units.iter().any(|u| u.id() == **id))
        {
            return Err(ExperimentError::Setup(format!(
                "the experiment has no unit {unknown}; `earnest plan --units` lists them"
            )));
        }
        units.retain(|(_, unit)| only.contains(&unit.id()));
    }
    let pending = units.iter().any(|(_, unit)| !is_done(folder, unit));
    let about_path = folder.join("about.json");
    if !pending && about_path.is_file() {
        return Ok(());
    }
    let mut about = describe(prepared)?;
    let sources = match &prepared.sources {
        Some(chosen) => Some(chosen.load(observer)?),
        None => None,
    };
    let conditions = conditions(prepared, sources.as_ref())?;
    let dataset = Dataset::load(
        &prepared.corpus,
        &prepared.experiment.scales,
        prepared.features(),
        observer,
    )?;
    about.duplicates = dataset.duplicates_in_words();
    if let Some(note) = &about.duplicates {
        observer.event(Notice::Warning(note));
    }
    write_whole(
        &about_path,
        &serde_json::to_vec_pretty(&about).unwrap_or_default(),
    )?;
    let runner = Runner {
        experiment,
        dataset: &dataset,
        sources: sources.as_ref(),
        heard_in_training: heard_in_training(prepared, &about),
        conditions,
        heard: HeardTests::new(room_for_heard(&dataset)),
        unusable: prepared.unusable.iter().map(|u| u.id.as_str()).collect(),
        corpus: format!("{} ({})", prepared.corpus.name, about.fingerprint),
        folder,
        total: prepared.units.len(),
    };
    let workers = Workers::suited(options.workers, units.len());
    workers::run(&runner, &units, workers, observer)
}

/// How test utterances are heard in each condition but clean speech.
fn conditions(
    prepared: &Prepared,
    sources: Option<&LoadedSources>,
) -> Result<BTreeMap<String, Condition>, ExperimentError> {
    let experiment = &prepared.experiment;
    let of = |condition: ConditionSpec| {
        let heard = match (&condition.heard, sources) {
            // Features of tables are not heard from anywhere.
            _ if prepared.tables.is_some() => Condition::Clean,
            (RobotSpec::Recordings { path }, _) => {
                RobotFolders::new(&path.0, &prepared.corpus)?.condition()
            }
            (RobotSpec::Simulated { snr_db }, Some(sources)) => {
                simulated_robot(sources, *snr_db, experiment.seed)
            }
            (RobotSpec::Simulated { .. }, None) => Condition::Clean,
        };
        Ok((condition.name, heard))
    };
    experiment.heard_in().into_iter().map(of).collect()
}

/// Bytes of features that are kept of what is heard in conditions: as much as the corpus's own samples
/// take, of which one condition's features are a part, and 1 GiB at least.
fn room_for_heard(dataset: &Dataset) -> usize {
    const LEAST: usize = 1 << 30;
    let samples = dataset.items.iter().map(|item| item.wave.samples().len());
    LEAST.max(samples.sum::<usize>() * size_of::<f32>())
}

/// What all units' models have heard beside their utterances.
fn heard_in_training(prepared: &Prepared, about: &About) -> Heard {
    let (noises, rooms) = prepared
        .sources
        .as_ref()
        .map(ChosenSources::heard_in_training)
        .unwrap_or_default();
    Heard {
        corpus: about.corpus.clone(),
        fingerprint: about.fingerprint.clone(),
        corpora: prepared.corpora.clone(),
        noises,
        rooms,
        ..Heard::default()
    }
}

fn describe(prepared: &Prepared) -> Result<About, ExperimentError> {
    let Prepared {
        experiment, corpus, ..
    } = prepared;
    let usable = corpus.usable(&experiment.scales);
    let heard = match &prepared.tables {
        Some(tables) => match &tables.robot {
            Some(robot) => vec![format!("robot: features of {}", robot.words())],
            None => vec!["robot: not tested".to_owned()],
        },
        None => {
            let conditions = experiment.heard_in();
            let words = conditions.iter().flat_map(|c| condition_words(prepared, c));
            words.collect()
        }
    };
    let tables = prepared.tables.iter();
    let mut conditions: Vec<String> = tables
        .map(|t| format!("features: table {}", t.clean.words()))
        .collect();
    conditions.extend(heard);
    if let Some(sources) = &prepared.sources {
        conditions.extend(sources.description());
    }
    Ok(About {
        duplicates: None,
        corpus: corpus.name.clone(),
        synthetic: corpus.synthetic,
        fingerprint: prepared.fingerprint.clone(),
        corpora: corpus
            .parts
            .iter()
            .map(|part| about_part(part, &usable))
            .collect(),
        classes: (0..corpus.classes.names().len())
            .map(|class| {
                let of_class = |u: &&Utterance| u.class == Some(class);
                corpus.utterances.iter().filter(of_class).count()
            })
            .collect(),
        rated: corpus
            .utterances
            .iter()
            .filter(|u| corpus.rated(u, &experiment.scales).is_some())
            .count(),
        utterances: usable.utterances.len(),
        speakers: usable.speakers().len(),
        folds: (prepared.folds.len(), prepared.all_folds),
        own_sessions: prepared.own_sessions,
        protocol: experiment
            .protocol
            .as_ref()
            .map(Protocol::words)
            .unwrap_or_default(),
        shared_speakers: prepared
            .folds
            .iter()
            .any(|f| f.test.iter().any(|s| f.training.contains(s))),
        traits: Traits::of(usable.utterances.iter()),
        snr_percentiles_db: match &experiment.robot {
            Some(robot) => snr_percentiles(robot)?,
            None => Vec::new(),
        },
        problems: corpus.problems.len(),
        conditions,
        unusable: prepared
            .unusable
            .iter()
            .map(|u| format!("{}: {}", u.id, u.reason))
            .collect(),
        earnest: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

/// What is said of a condition, a line for each of its folders.
fn condition_words(prepared: &Prepared, condition: &ConditionSpec) -> Vec<String> {
    let name = &condition.name;
    let mut facts = String::new();
    if let Some(group) = &condition.group {
        facts += &format!("; group {group}");
    }
    if let Some(snr_db) = condition.recorded_snr_db {
        facts += &format!("; speech {snr_db} dB over noise");
    }
    if let Some(distance_m) = condition.distance_m {
        facts += &format!("; {distance_m} m away");
    }
    let simulated = match condition.heard {
        RobotSpec::Recordings { .. } => None,
        RobotSpec::Simulated { snr_db } => Some(format!(
            "{name}: simulated, one room response and one noise for each utterance, SNR {snr_db} dB{facts}"
        )),
    };
    let own = prepared.scenes.iter().filter(|of| of.condition == *name);
    let recorded = own.map(|of| match &of.scene {
        Some(scene) => format!(
            "{name}: a simulated scene in {}, {}{facts}",
            of.folder.display(),
            scene.lab.name
        ),
        None => format!("{name}: recordings in {}{facts}", of.folder.display()),
    });
    simulated.into_iter().chain(recorded).collect()
}

/// What is said of one of several corpora.
fn about_part(part: &Part, usable: &Corpus) -> AboutCorpus {
    let own = || {
        let of = |u: &&Utterance| u.corpus.as_deref() == Some(&*part.name);
        usable.utterances.iter().filter(of)
    };
    let speakers: BTreeSet<&str> = own().map(|u| u.speaker.as_str()).collect();
    AboutCorpus {
        name: part.name.to_string(),
        corpus: part.corpus.name.clone(),
        utterances: own().count(),
        speakers: speakers.len(),
        classes: (0..usable.classes.names().len())
            .map(|class| own().filter(|u| u.class == Some(class)).count())
            .collect(),
    }
}

/// The 0th, 5th .. 100th percentile of the robot condition's SNR, where it is known.
fn snr_percentiles(robot: &RobotSpec) -> Result<Vec<f64>, ExperimentError> {
    match robot {
        RobotSpec::Simulated { snr_db } => Ok(vec![*snr_db; 21]),
        RobotSpec::Recordings { path } => {
            let mut all: Vec<f64> = Vec::new();
            for folder in &path.0 {
                if Scene::of_folder(folder)?.is_none() {
                    return Ok(Vec::new());
                }
                let entries = Scene::entries(folder)?;
                let snrs = entries.iter().map(|entry| entry.draws.snr_db);
                // Of silence, or in silence, there is none.
                all.extend(snrs.filter(|snr| snr.is_finite()));
            }
            all.sort_by(f64::total_cmp);
            Ok(match all.len() {
                0 => Vec::new(),
                n => (0..=20).map(|i| all[i * (n - 1) / 20]).collect(),
            })
        }
    }
}
