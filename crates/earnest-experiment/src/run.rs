//! Running an experiment in a folder.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;

use earnest_corpus::{Corpus, Emotion, LabelMap, Layout, OpenOptions, Utterance};
use earnest_model::Task;
use earnest_random::Key;
use earnest_scene::simulate::Scene;
use earnest_scene::{Condition, SimulatedRobot};

use crate::dataset::Dataset;
use crate::error::ExperimentError;
use crate::experiment::{CorpusSpec, Experiment, RobotSpec, Unit};
use crate::fold::{Fold, select};
use crate::leaks::refuse_leaks;
use crate::observer::{Event, Observer};
use crate::outcome::{About, Outcome, collect};
use crate::protocol::Protocol;
use crate::results::write_results;
use crate::sources::LoadedSources;
use crate::storage::{create_folder, read_text, write_whole};
use crate::training::{Training, forget_copies};
use crate::unit_runner::{Runner, is_done};
use crate::validation::Validation;
use crate::workers::{self, Workers};

/// Opens the corpus of an experiment.
///
/// # Errors
/// [`ExperimentError::Corpus`], or a map or layout that is not understood.
pub fn open_corpus(spec: &CorpusSpec) -> Result<Corpus, ExperimentError> {
    let mut labels = LabelMap::default();
    for change in &spec.map {
        labels
            .set_from_text(change)
            .map_err(ExperimentError::Setup)?;
    }
    let layout = match &spec.layout {
        None => None,
        Some(name) => Some(Layout::from_name(name).ok_or_else(|| {
            ExperimentError::Setup(format!(
                "{name:?} is no layout; known are {}",
                Layout::ALL.map(Layout::name).join(", ")
            ))
        })?),
    };
    Ok(Corpus::open(&spec.path, &OpenOptions { layout, labels })?)
}

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

/// An experiment beside its corpus: what would run.
pub struct Prepared {
    /// With every choice made that the corpus decides.
    pub experiment: Experiment,
    /// The corpus.
    pub corpus: Corpus,
    /// The chosen folds.
    pub folds: Vec<Fold>,
    /// How many folds there are.
    pub all_folds: usize,
    /// True if sessions are the corpus's own and decide who validates.
    pub own_sessions: bool,
    /// All units, in the order in which they run.
    pub units: Vec<Unit>,
}

/// Opens the corpus, cuts it into folds, refuses what would not be honest.
///
/// # Errors
/// See [`ExperimentError`].
pub fn prepare(
    mut experiment: Experiment,
    observer: &dyn Observer,
) -> Result<Prepared, ExperimentError> {
    experiment.check()?;
    let corpus = open_corpus(&experiment.corpus)?;
    if !corpus.problems.is_empty() {
        observer.event(Event::Warning(&format!(
            "{} problems in the corpus; `earnest corpus inspect {}` lists them",
            corpus.problems.len(),
            experiment.corpus.path.display()
        )));
    }
    let fingerprint = corpus.fingerprint();
    if let Some(before) = &experiment.corpus.fingerprint
        && *before != fingerprint
    {
        observer.event(Event::Warning(&format!(
            "{} is not the corpus it was when this experiment was written (fingerprint {fingerprint}, not {before})",
            experiment.corpus.path.display()
        )));
    }
    // Only four-class utterances count, so only their speakers make folds.
    let four_class = corpus.four_class();
    let rated = |u: &Utterance| u.arousal.is_some() && u.valence.is_some();
    let any_rated = four_class.utterances.iter().any(rated);
    if experiment.tasks.is_empty() {
        experiment.tasks.push(Task::Categorical);
        experiment
            .tasks
            .extend(any_rated.then_some(Task::Dimensional));
    }
    if experiment.tasks.contains(&Task::Dimensional) && !any_rated {
        return Err(ExperimentError::Setup(format!(
            "the dimensional task needs arousal and valence, and {} has none",
            corpus.name
        )));
    }
    let speakers = four_class.speakers();
    let protocol = experiment
        .protocol
        .get_or_insert_with(|| Protocol::suited(speakers.len()))
        .clone();
    let folding = protocol.folds(&four_class, &corpus)?;
    for note in &folding.notes {
        observer.event(Event::Warning(note));
    }
    let validation = *experiment
        .validation
        .get_or_insert_with(|| Validation::suited(corpus.layout, &protocol, speakers.len()));
    let folds = select(&folding.folds, &experiment.folds)?
        .into_iter()
        .map(|fold| validation.apply(fold, folding.own_sessions))
        .collect::<Result<Vec<_>, _>>()?;
    for fold in &folds {
        refuse_leaks(fold, experiment.shared_speakers)?;
    }
    experiment.corpus.fingerprint = Some(fingerprint);
    experiment.corpus.layout = Some(corpus.layout.name().to_owned());
    Ok(Prepared {
        units: experiment.units(&folds),
        experiment,
        folds,
        all_folds: folding.folds.len(),
        own_sessions: folding.own_sessions,
        corpus,
    })
}

/// Runs an experiment in a folder, or goes on with it. Finished units are kept; a half-done
/// one resumes from its last epoch. At the end the tables and the report are written.
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

/// Collects what is finished and writes the tables and the report.
///
/// # Errors
/// See [`collect`] and [`write_results`].
pub fn finish(folder: &Path) -> Result<Outcome, ExperimentError> {
    forget_copies(folder);
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
    let sources = load_sources(experiment, observer)?;
    let robot = match &experiment.robot {
        RobotSpec::Recordings { path } => Condition::Recordings(path.clone()),
        RobotSpec::Simulated { snr_db } => match &sources {
            Some(sources) => simulated_robot(sources, *snr_db, experiment.seed),
            None => Condition::Clean,
        },
    };
    let about = describe(prepared, sources.as_ref())?;
    write_whole(
        &about_path,
        &serde_json::to_vec_pretty(&about).unwrap_or_default(),
    )?;
    let dataset = Dataset::load(&prepared.corpus, observer)?;
    let runner = Runner {
        experiment,
        dataset: &dataset,
        sources: sources.as_ref(),
        robot,
        heard: Mutex::new(HashMap::new()),
        corpus: format!("{} ({})", prepared.corpus.name, about.fingerprint),
        folder,
        total: prepared.units.len(),
    };
    let workers = Workers::suited(options.workers, units.len());
    workers::run(&runner, &units, workers, observer)
}

/// Noises and rooms, those of the robot kept away from training.
pub(crate) fn load_sources(
    experiment: &Experiment,
    observer: &dyn Observer,
) -> Result<Option<LoadedSources>, ExperimentError> {
    let augmented = experiment.trainings.iter().any(|t| *t != Training::Clean);
    match &experiment.robot {
        RobotSpec::Simulated { .. } => experiment.sources.load(observer).map(Some),
        RobotSpec::Recordings { path } => {
            if !path.is_dir() {
                return Err(ExperimentError::Setup(format!(
                    "there is no folder of robot recordings at {}",
                    path.display()
                )));
            }
            if !augmented {
                return Ok(None);
            }
            experiment
                .sources
                .load_beside_recordings(path, observer)
                .map(Some)
        }
    }
}

fn describe(
    prepared: &Prepared,
    sources: Option<&LoadedSources>,
) -> Result<About, ExperimentError> {
    let Prepared {
        experiment, corpus, ..
    } = prepared;
    let four = corpus.four_class();
    let mut conditions = vec![match &experiment.robot {
        RobotSpec::Recordings { path } => match Scene::of_folder(path)? {
            Some(scene) => format!(
                "robot: a simulated scene in {}, {}",
                path.display(),
                scene.lab.name
            ),
            None => format!("robot: recordings in {}", path.display()),
        },
        RobotSpec::Simulated { snr_db } => format!(
            "robot: simulated, one room response and one noise for each utterance, SNR {snr_db} dB"
        ),
    }];
    if let Some(sources) = sources {
        conditions.extend(sources.description.iter().cloned());
    }
    Ok(About {
        corpus: corpus.name.clone(),
        synthetic: corpus.synthetic,
        fingerprint: experiment.corpus.fingerprint.clone().unwrap_or_default(),
        classes: Emotion::ALL
            .map(|e| {
                four.utterances
                    .iter()
                    .filter(|u| u.emotion == Some(e))
                    .count()
            })
            .to_vec(),
        speakers: four.speakers().len(),
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
        snr_percentiles_db: snr_percentiles(&experiment.robot)?,
        problems: corpus.problems.len(),
        conditions,
        earnest: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

/// The 0th, 5th .. 100th percentile of the robot condition's SNR, where it is known.
fn snr_percentiles(robot: &RobotSpec) -> Result<Vec<f64>, ExperimentError> {
    match robot {
        RobotSpec::Simulated { snr_db } => Ok(vec![*snr_db; 21]),
        RobotSpec::Recordings { path } => {
            if Scene::of_folder(path)?.is_none() {
                return Ok(Vec::new());
            }
            let mut all: Vec<f64> = Scene::entries(path)?
                .iter()
                .map(|entry| entry.draws.snr_db)
                .collect();
            all.sort_by(f64::total_cmp);
            Ok(match all.len() {
                0 => Vec::new(),
                n => (0..=20).map(|i| all[i * (n - 1) / 20]).collect(),
            })
        }
    }
}

/// Makes the folder this experiment's, or refuses one that is another's.
pub(crate) fn settle_folder(experiment: &Experiment, folder: &Path) -> Result<(), ExperimentError> {
    let path = folder.join("experiment.toml");
    let text = experiment.to_toml()?;
    // A run that failed before its first unit left nothing worth keeping.
    let begun = std::fs::read_dir(folder.join("units")).is_ok_and(|mut d| d.next().is_some());
    if begun && path.is_file() {
        let before = read_text(&path)?;
        if before != text {
            return Err(ExperimentError::Setup(format!(
                "{} already holds another experiment ({}); choose another --out to keep both, or delete that folder",
                folder.display(),
                first_difference(&before, &text)
            )));
        }
        return Ok(());
    }
    create_folder(&folder.join("units"))?;
    write_whole(&path, text.as_bytes())
}

/// Where two experiments begin to differ, in words.
fn first_difference(before: &str, now: &str) -> String {
    let mut section = "";
    let mut others = now.lines();
    for line in before.lines() {
        let other = others.next();
        if line.starts_with('[') {
            section = line;
        }
        if other != Some(line) {
            let at = match section {
                "" => String::new(),
                section => format!("in {section} "),
            };
            return format!("{at}there {line:?}, now {:?}", other.unwrap_or("nothing"));
        }
    }
    format!("now also {:?}", others.next().unwrap_or_default())
}
