//! Running an experiment: its units one after the other, each whole or resumable.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use earnest_augment::Sources;
use earnest_corpus::{Corpus, Emotion, LabelMap, Layout, OpenOptions, Utterance};
use earnest_features::Features;
use earnest_model::{EpochReport, Task};
use earnest_random::Key;
use earnest_scene::{Condition, SimulatedRobot};
use serde::{Deserialize, Serialize};

use crate::dataset::Dataset;
use crate::error::ExperimentError;
use crate::experiment::{CorpusSpec, Experiment, RobotSpec, Unit};
use crate::fold::{Fold, folds, select};
use crate::observer::{Event, Observer};
use crate::prediction::{self, Prediction, figures};
use crate::presenter::{Augmentation, in_drawn_order};
use crate::report;
use crate::sources::LoadedSources;
use crate::storage::{create_folder, read_text, write_whole};
use crate::table::{CONDITIONS, Table1, UnitResult, number};
use crate::tensorboard::event_file;
use crate::training::{
    Trained, Training, TrainingPlan, copies_folder, forget_copies, forget_progress, train,
};
use crate::validation::Validation;

/// What a report says of the corpus and the conditions; kept in `about.json` so that the
/// report can be made again without the corpus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// Name of the corpus.
    pub corpus: String,
    /// True if it is synthetic.
    pub synthetic: bool,
    /// Its fingerprint.
    pub fingerprint: String,
    /// Four-class utterances by class, in the order of [`Emotion::ALL`].
    pub classes: Vec<usize>,
    /// Speakers.
    pub speakers: usize,
    /// Folds that were run and folds there are.
    pub folds: (usize, usize),
    /// True if sessions are the corpus's own, false if speakers were paired.
    pub own_sessions: bool,
    /// Problems found in the corpus.
    pub problems: usize,
    /// The robot condition, noises and rooms, in words.
    pub conditions: Vec<String>,
    /// Version of Earnest.
    pub earnest: String,
}

/// A finished experiment.
pub struct Outcome {
    /// The experiment as it ran.
    pub experiment: Experiment,
    /// Corpus and conditions.
    pub about: About,
    /// All units.
    pub units: Vec<UnitResult>,
    /// Training histories by unit id.
    pub histories: Vec<(String, Vec<EpochReport>)>,
    /// Table I.
    pub table: Table1,
    /// The run's folder.
    pub folder: PathBuf,
}

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

/// Runs an experiment in a folder, or goes on with it. Finished units are kept; a half-done
/// one resumes from its last epoch. At the end the tables and the report are written.
///
/// # Errors
/// See [`ExperimentError`]. What is finished stays.
pub fn run(
    mut experiment: Experiment,
    folder: &Path,
    observer: &dyn Observer,
) -> Result<Outcome, ExperimentError> {
    experiment.check()?;
    let corpus = open_corpus(&experiment.corpus)?;
    if !corpus.problems.is_empty() {
        observer.event(Event::Warning(&format!(
            "{} problems in the corpus; `earnest corpus inspect {}` lists them",
            corpus.problems.len(),
            experiment.corpus.path.display()
        )));
    }
    // Only four-class utterances count, so only their speakers make folds.
    let four_class = corpus.four_class();
    let rated = |u: &Utterance| u.arousal.is_some() && u.valence.is_some();
    if experiment.tasks.contains(&Task::Dimensional) && !four_class.utterances.iter().any(rated) {
        return Err(ExperimentError::Setup(format!(
            "the dimensional task needs arousal and valence, and {} has none",
            corpus.name
        )));
    }
    let (all, own_sessions) = folds(&four_class)?;
    let speakers = all.len();
    let validation = experiment
        .validation
        .unwrap_or_else(|| Validation::suited(corpus.layout, speakers));
    experiment.validation = Some(validation);
    let chosen = select(&all, &experiment.folds)?
        .into_iter()
        .map(|fold| validation.apply(fold, own_sessions))
        .collect::<Result<Vec<_>, _>>()?;
    let fingerprint = corpus.fingerprint();
    experiment.corpus.fingerprint = Some(fingerprint.clone());
    experiment.corpus.layout = Some(corpus.layout.name().to_owned());
    let units = experiment.units(&chosen);
    settle_folder(&experiment, folder)?;

    let simulated = matches!(experiment.robot, RobotSpec::Simulated { .. });
    let augmented = experiment.trainings.contains(&Training::Augmented);
    let pending = units
        .iter()
        .any(|u| !unit_folder(folder, u).join("done").is_file());
    let about_path = folder.join("about.json");
    if pending || !about_path.is_file() {
        let sources = if simulated {
            Some(experiment.sources.load(observer)?)
        } else if augmented {
            // Nothing needs to be held out for a robot that was recorded.
            Some(LoadedSources {
                training: experiment.sources.load_for_training(observer)?,
                robot: Sources::default(),
                description: Vec::new(),
            })
        } else {
            None
        };
        let robot = match &experiment.robot {
            RobotSpec::Recordings { path } => {
                if !path.is_dir() {
                    return Err(ExperimentError::Setup(format!(
                        "there is no folder of robot recordings at {}",
                        path.display()
                    )));
                }
                Condition::Recordings(path.clone())
            }
            RobotSpec::Simulated { snr_db } => match &sources {
                Some(sources) => simulated_robot(sources, *snr_db, experiment.seed),
                None => Condition::Clean,
            },
        };
        let about = describe(
            &experiment,
            &corpus,
            &chosen,
            all.len(),
            own_sessions,
            &sources,
        );
        write_whole(
            &about_path,
            &serde_json::to_vec_pretty(&about).unwrap_or_default(),
        )?;
        let dataset = Dataset::load(&corpus, observer)?;
        let mut runner = Runner {
            experiment: &experiment,
            dataset: &dataset,
            sources: sources.as_ref(),
            robot,
            heard: HashMap::new(),
            corpus: format!("{} ({fingerprint})", corpus.name),
            folder,
            observer,
        };
        for (i, unit) in units.iter().enumerate() {
            runner.unit(unit, i + 1, units.len())?;
        }
    }
    forget_copies(folder);
    let outcome = collect(folder)?;
    write_results(&outcome)?;
    Ok(outcome)
}

fn describe(
    experiment: &Experiment,
    corpus: &Corpus,
    chosen: &[Fold],
    all: usize,
    own_sessions: bool,
    sources: &Option<LoadedSources>,
) -> About {
    let four: Vec<_> = corpus
        .utterances
        .iter()
        .filter(|u| u.emotion.is_some())
        .collect();
    let mut speakers: Vec<&str> = four.iter().map(|u| u.speaker.as_str()).collect();
    speakers.sort_unstable();
    speakers.dedup();
    let mut conditions = vec![match &experiment.robot {
        RobotSpec::Recordings { path } => {
            format!("robot: recordings in {}", path.display())
        }
        RobotSpec::Simulated { snr_db } => format!(
            "robot: simulated, one room response and one noise for each utterance, SNR {snr_db} dB"
        ),
    }];
    if let Some(sources) = sources {
        conditions.extend(sources.description.iter().cloned());
    }
    About {
        corpus: corpus.name.clone(),
        synthetic: corpus.synthetic,
        fingerprint: experiment.corpus.fingerprint.clone().unwrap_or_default(),
        classes: Emotion::ALL
            .map(|e| four.iter().filter(|u| u.emotion == Some(e)).count())
            .to_vec(),
        speakers: speakers.len(),
        folds: (chosen.len(), all),
        own_sessions,
        problems: corpus.problems.len(),
        conditions,
        earnest: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// Makes the folder this experiment's, or refuses one that is another's.
fn settle_folder(experiment: &Experiment, folder: &Path) -> Result<(), ExperimentError> {
    let path = folder.join("experiment.toml");
    let text = experiment.to_toml()?;
    // A run that failed before its first unit left nothing worth keeping.
    let begun = std::fs::read_dir(folder.join("units")).is_ok_and(|mut d| d.next().is_some());
    if begun && path.is_file() {
        let before = read_text(&path)?;
        if before != text {
            let changed = before
                .lines()
                .zip(text.lines())
                .find(|(a, b)| a != b)
                .map_or_else(
                    || "it is longer or shorter".to_owned(),
                    |(a, b)| format!("there {a:?}, now {b:?}"),
                );
            return Err(ExperimentError::Setup(format!(
                "{} already holds another experiment ({changed}); choose another --out, or delete that folder",
                folder.display()
            )));
        }
        return Ok(());
    }
    create_folder(&folder.join("units"))?;
    write_whole(&path, text.as_bytes())
}

fn unit_folder(folder: &Path, unit: &Unit) -> PathBuf {
    folder.join("units").join(unit.id())
}

struct Runner<'a> {
    experiment: &'a Experiment,
    dataset: &'a Dataset,
    sources: Option<&'a LoadedSources>,
    robot: Condition,
    /// Robot features of a test speaker and task.
    heard: HashMap<(String, Task), Vec<Features>>,
    corpus: String,
    folder: &'a Path,
    observer: &'a dyn Observer,
}

impl Runner<'_> {
    fn unit(&mut self, unit: &Unit, at: usize, total: usize) -> Result<(), ExperimentError> {
        let id = unit.id();
        let folder = unit_folder(self.folder, unit);
        let finished = |took, summary| Event::UnitFinished {
            id: &id,
            number: at,
            total,
            took,
            summary,
        };
        if folder.join("done").is_file() {
            let predictions = prediction::read(&folder.join("predictions.csv"), unit.task)?;
            self.observer
                .event(finished(None, summary(unit.task, &predictions)));
            return Ok(());
        }
        let start = Instant::now();
        create_folder(&folder)?;
        write_whole(
            &folder.join("unit.json"),
            &serde_json::to_vec_pretty(unit).unwrap_or_default(),
        )?;
        self.observer.event(Event::UnitStarted {
            id: &id,
            number: at,
            total,
        });
        let seed = Key::new(unit.seed);
        // The same utterances validate both trainings and networks.
        let split = seed.with("validation").with(unit.fold.test.as_str());
        let (training, validation) = self.dataset.of_fold(&unit.fold, unit.task, &split);
        let test = std::slice::from_ref(&unit.fold.test);
        let test = self.dataset.of_speakers(test, unit.task);
        let augmentation = match (unit.training, self.sources) {
            (Training::Augmented, Some(sources)) => Some(Augmentation {
                chain: &self.experiment.augmentation,
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
            key: seed.with(id.as_str()),
            copies_key: seed.with("copies"),
            copies_folder: Some(copies_folder(self.folder)),
            corpus: self.corpus.clone(),
        };
        let Trained {
            mut model, history, ..
        } = train(self.dataset, &plan, Some(&folder), self.observer)?;

        let key = (unit.fold.test.clone(), unit.task);
        if !self.heard.contains_key(&key) {
            let heard = self.dataset.hear(&test, &self.robot, self.observer)?;
            self.heard.insert(key.clone(), heard);
        }
        let clean: Vec<&Features> = test
            .iter()
            .map(|i| &self.dataset.items[*i].features)
            .collect();
        let robot: Vec<&Features> = self.heard[&key].iter().collect();
        let speakers = vec![unit.fold.test.as_str(); test.len()];
        let order = seed.with("heard").with(unit.fold.test.as_str());
        let mut predictions = Vec::new();
        for (condition, features) in CONDITIONS.into_iter().zip([clean, robot]) {
            let answers = in_drawn_order(test.len(), &order, |order| {
                let heard: Vec<&Features> = order.iter().map(|i| features[*i]).collect();
                model.predict(&heard, &speakers)
            });
            for (i, answer) in test.iter().zip(answers) {
                predictions.push(self.dataset.items[*i].prediction(condition, unit.task, answer));
            }
        }
        prediction::write(&folder.join("predictions.csv"), unit.task, &predictions)?;
        model.save(&folder)?;
        write_history(&folder, &history)?;
        let took = start.elapsed();
        write_whole(
            &folder.join("done"),
            format!("{:.1} s\n", took.as_secs_f64()).as_bytes(),
        )?;
        forget_progress(&folder);
        self.observer
            .event(finished(Some(took), summary(unit.task, &predictions)));
        Ok(())
    }
}

/// The main figure in both conditions.
fn summary(task: Task, predictions: &[Prediction]) -> String {
    let of = |condition: &str| {
        let p: Vec<&Prediction> = predictions
            .iter()
            .filter(|p| p.condition == condition)
            .collect();
        figures(task, &p)
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

const HISTORY: [&str; 5] = [
    "epoch",
    "training_loss",
    "validation",
    "learning_rate",
    "best",
];

fn write_history(folder: &Path, history: &[EpochReport]) -> Result<(), ExperimentError> {
    let mut text = HISTORY.join(",");
    text.push('\n');
    for e in history {
        text.push_str(&format!(
            "{},{},{},{},{}\n",
            e.epoch, e.training_loss, e.validation, e.learning_rate, e.best
        ));
    }
    write_whole(&folder.join("training.csv"), text.as_bytes())?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |d| d.as_secs_f64());
    let scalars: Vec<(u64, &str, f64)> = history
        .iter()
        .flat_map(|e| {
            let step = e.epoch as u64;
            [
                (step, "loss/training", e.training_loss),
                (step, "score/validation", e.validation),
                (step, "learning_rate", e.learning_rate),
            ]
        })
        .collect();
    write_whole(
        &folder.join("events.out.tfevents.earnest"),
        &event_file(now, &scalars),
    )
}

fn read_history(path: &Path) -> Result<Vec<EpochReport>, ExperimentError> {
    let content = |reason: String| ExperimentError::Content {
        path: path.to_owned(),
        reason,
    };
    let mut reader = csv::Reader::from_path(path).map_err(|e| content(e.to_string()))?;
    reader
        .deserialize()
        .map(|row| row.map_err(|e| content(e.to_string())))
        .collect()
}

/// Reads a run's folder: its finished units are what counts.
///
/// # Errors
/// A folder that is no run, or damaged files in it.
pub fn collect(folder: &Path) -> Result<Outcome, ExperimentError> {
    let toml_path = folder.join("experiment.toml");
    let experiment = Experiment::from_toml(&read_text(&toml_path)?).map_err(|reason| {
        ExperimentError::Content {
            path: toml_path,
            reason,
        }
    })?;
    let about_path = folder.join("about.json");
    let about: About =
        serde_json::from_str(&read_text(&about_path)?).map_err(|e| ExperimentError::Content {
            path: about_path,
            reason: e.to_string(),
        })?;
    let mut found = Vec::new();
    let inner = folder.join("units");
    let entries =
        std::fs::read_dir(&inner).map_err(ExperimentError::file("read the folder", &inner))?;
    for entry in entries.flatten() {
        let path = entry.path();
        if !path.join("done").is_file() {
            continue;
        }
        let unit_path = path.join("unit.json");
        let unit: Unit = serde_json::from_str(&read_text(&unit_path)?).map_err(|e| {
            ExperimentError::Content {
                path: unit_path,
                reason: e.to_string(),
            }
        })?;
        found.push((unit, path));
    }
    let place = |u: &Unit| {
        let network = u.recipe.architecture.name();
        let recipe = experiment
            .recipes
            .iter()
            .position(|r| r.architecture.name() == network);
        (u.task, recipe, u.fold.test.clone(), u.training, u.seed)
    };
    found.sort_by_key(|(unit, _)| place(unit));
    let mut units = Vec::new();
    let mut histories = Vec::new();
    for (unit, path) in found {
        histories.push((unit.id(), read_history(&path.join("training.csv"))?));
        units.push(UnitResult {
            id: unit.id(),
            network: unit.recipe.architecture.name().to_owned(),
            task: unit.task,
            training: unit.training,
            speaker: unit.fold.test.clone(),
            seed: unit.seed,
            predictions: prediction::read(&path.join("predictions.csv"), unit.task)?,
        });
    }
    if units.is_empty() {
        return Err(ExperimentError::Setup(format!(
            "{} has no finished unit yet",
            folder.display()
        )));
    }
    Ok(Outcome {
        table: Table1::new(&units),
        experiment,
        about,
        units,
        histories,
        folder: folder.to_owned(),
    })
}

/// Writes `results.csv`, `tables.md`, `tables.csv`, `tables.tex` and `report.html`.
///
/// # Errors
/// A file cannot be written.
pub fn write_results(outcome: &Outcome) -> Result<(), ExperimentError> {
    let folder = &outcome.folder;
    let mut text = String::from("unit,network,task,training,speaker,seed,condition,utterances");
    for (name, _) in crate::metrics::FIGURES {
        text.push(',');
        text.push_str(&name.replace(' ', "_"));
    }
    text.push('\n');
    for unit in &outcome.units {
        for condition in CONDITIONS {
            let predictions = unit.in_condition(condition);
            // Speakers and ids may hold commas; units are named safely, speakers quoted.
            text.push_str(&format!(
                "{},{},{},{},\"{}\",{},{condition},{}",
                unit.id,
                unit.network,
                unit.task.name(),
                unit.training.name(),
                unit.speaker.replace('"', "\"\""),
                unit.seed,
                predictions.len()
            ));
            for value in figures(unit.task, &predictions).list() {
                text.push(',');
                if let Some(v) = value.filter(|v| v.is_finite()) {
                    text.push_str(&v.to_string());
                }
            }
            text.push('\n');
        }
    }
    write_whole(&folder.join("results.csv"), text.as_bytes())?;
    let table = &outcome.table;
    let caption = report::caption(outcome);
    write_whole(
        &folder.join("tables.md"),
        format!("# Table I\n\n{caption}\n\n{}", table.markdown()).as_bytes(),
    )?;
    let csv = table.csv().map_err(|e| ExperimentError::Content {
        path: folder.join("tables.csv"),
        reason: e.to_string(),
    })?;
    write_whole(&folder.join("tables.csv"), &csv)?;
    let latex = format!("% {caption}\n{}", table.latex());
    write_whole(&folder.join("tables.tex"), latex.as_bytes())?;
    let html = report::html(outcome)?;
    write_whole(&folder.join("report.html"), html.as_bytes())
}
