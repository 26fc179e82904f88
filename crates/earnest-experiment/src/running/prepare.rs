//! An experiment beside its corpus: everything that can be checked before work begins.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use earnest_corpus::{
    ClassSet, Classes, ContentIndex, Corpus, FileContent, LabelMap, Layout, OpenOptions,
    UNKNOWN_SPEAKER, Utterance,
};
use earnest_files::{LIKE, nearest};
use earnest_model::{Recipe, Task};
use earnest_scene::recording_of;
use earnest_scene::simulate::Scene;

use crate::class_spec::ClassSpec;
use crate::dataset::FeatureSource;
use crate::error::ExperimentError;
use crate::experiment::{CorpusSpec, Experiment, RobotSpec, Unit};
use crate::feature_table::{FeatureTable, FeatureTables};
use crate::observer::{Notice, Observer};
use crate::protocol::Protocol;
use crate::protocol::fold::{Fold, select};
use crate::protocol::leaks::{refuse_leaks, refuse_tested_twice};
use crate::protocol::validation::Validation;
use crate::sources::chosen::ChosenSources;
use crate::sources::fingerprints::{Fingerprints, changed};
use crate::sources::recordings::{Recordings, Unusable};
use crate::training::Training;

/// Opens the corpus of an experiment.
///
/// # Errors
/// As [`read_corpus`], or a class that no utterance counts as.
pub fn open_corpus(spec: &CorpusSpec, classes: &ClassSpec) -> Result<Corpus, ExperimentError> {
    let setup = |e: String| ExperimentError::Setup(format!("{}: {e}", spec.path.display()));
    let corpus = read_corpus(spec, classes)?;
    refuse_idle_map(&corpus, corpus.classes.labels())?;
    classes.require(&corpus.classes).map_err(setup)?;
    let is_named = matches!(classes.classes(), Classes::Named(_) | Classes::Four);
    let missing = corpus.classes.missing(&corpus.utterances);
    if let Some(name) = missing.first().filter(|_| is_named) {
        let all = ClassSet::all(
            corpus.utterances.iter().map(|u| u.label.as_str()),
            corpus.classes.labels().clone(),
        )
        .map_err(setup)?;
        return Err(setup(format!(
            "no utterance counts as {name:?}; {}",
            known_names(name, all.names().iter().map(String::as_str))
        )));
    }
    Ok(corpus)
}

/// Reads a corpus; whether it has an utterance of each class, or of each label that is sent to one,
/// does not matter.
///
/// # Errors
/// [`ExperimentError::Corpus`], or a map or layout that is not understood.
pub fn read_corpus(spec: &CorpusSpec, classes: &ClassSpec) -> Result<Corpus, ExperimentError> {
    if spec.path.as_os_str().is_empty() {
        return Err(ExperimentError::Setup(
            "the experiment names no corpus: give --corpus DIR, or write path = \"…\" under [corpus] into its file".into(),
        ));
    }
    let labels = classes.labels().map_err(ExperimentError::Setup)?;
    let layout = match &spec.layout {
        None => None,
        Some(name) => Some(Layout::from_name(name).ok_or_else(|| {
            ExperimentError::Setup(format!(
                "{name:?} is no layout; known are {}",
                Layout::ALL.map(Layout::name).join(", ")
            ))
        })?),
    };
    let options = OpenOptions {
        layout,
        root: spec.root.clone(),
        classes: classes.classes(),
        labels,
        limit_values: classes.limit_values,
    };
    Ok(Corpus::open(&spec.path, &options)?)
}

/// Refuses changes of labels that the corpus does not have.
pub(crate) fn refuse_idle_map(corpus: &Corpus, asked: &LabelMap) -> Result<(), ExperimentError> {
    let known: Vec<String> = corpus.label_counts().into_keys().collect();
    match asked.idle(&known).next() {
        None => Ok(()),
        Some(label) => Err(ExperimentError::Setup(format!(
            "--map {label}=…: no utterance of {} has the label {label:?}; {}",
            corpus.name,
            known_names(label, known.iter().map(|label| label.trim()))
        ))),
    }
}

/// Says that a corpus has problems, if it has.
pub(crate) fn tell_of_problems(corpus: &Corpus, spec: &CorpusSpec, observer: &dyn Observer) {
    if !corpus.problems.is_empty() {
        observer.event(Notice::Warning(&format!(
            "{} problems in the corpus; `earnest corpus inspect {}` lists them",
            corpus.problems.len(),
            spec.path.display()
        )));
    }
}

/// In words, how many of some utterances have no class, with their most frequent labels; `None` if
/// each has one.
pub(crate) fn classless<'a>(
    corpus: &Corpus,
    utterances: impl IntoIterator<Item = &'a Utterance>,
) -> Option<String> {
    const SHOWN: usize = 5;
    let (mut all, mut labels) = (0, BTreeMap::<&str, usize>::new());
    for utterance in utterances {
        all += 1;
        if utterance.class.is_none() {
            *labels.entry(utterance.label.trim()).or_default() += 1;
        }
    }
    let without: usize = labels.values().sum();
    let mut labels: Vec<(&str, usize)> = labels.into_iter().collect();
    labels.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let more = if labels.len() > SHOWN { ", …" } else { "" };
    let shown = labels
        .iter()
        .take(SHOWN)
        .map(|(label, count)| match *label {
            "" => format!("{count} without a label"),
            label => format!("{label} {count}"),
        });
    let shown: Vec<String> = shown.collect();
    (without > 0).then(|| {
        format!(
            "{without} of {all} utterances have none of the classes {} ({}{more}): no model of these classes hears them; --classes all makes a class of each label",
            corpus.classes.names().join(", "),
            shown.join(", ")
        )
    })
}

/// The nearest of some names and all of them, for an error about one that is none of them.
fn known_names<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    let list = known.join(", ");
    match nearest(unknown, known, LIKE) {
        Some(name) => format!("did you mean {name:?}? There are {list}"),
        None => format!("there are {list}"),
    }
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
    /// Noises and rooms, where any are needed.
    pub sources: Option<ChosenSources>,
    /// Features of the user's own, in place of front ends.
    pub tables: Option<FeatureTables>,
    /// The scene that the robot's recordings are, if they are one.
    pub scene: Option<Scene>,
    /// Utterances that are left out of the test because their robot recording cannot be scored.
    pub unusable: Vec<Unusable>,
}

impl Prepared {
    /// Where features come from.
    pub(crate) fn features(&self) -> FeatureSource<'_> {
        match &self.tables {
            Some(tables) => FeatureSource::Tables(tables),
            None => FeatureSource::FrontEnds(&self.experiment.recipes),
        }
    }
}

/// Opens the corpus, cuts it into folds, looks into all audio that decides the result, and refuses
/// what would not be honest.
///
/// # Errors
/// See [`ExperimentError`].
pub fn prepare(
    mut experiment: Experiment,
    observer: &dyn Observer,
) -> Result<Prepared, ExperimentError> {
    experiment.check()?;
    let corpus = open_corpus(&experiment.corpus, &experiment.classes)?;
    refuse_unlisted(&corpus)?;
    tell_of_problems(&corpus, &experiment.corpus, observer);
    experiment.classes = ClassSpec::of(&corpus.classes, &experiment.classes);
    let asked = !experiment.tasks.is_empty();
    choose_tasks(&mut experiment, &corpus)?;
    match_recipes(&mut experiment, asked, observer)?;
    if experiment.tasks.contains(&Task::Categorical)
        && let Some(note) = classless(&corpus, &corpus.utterances)
    {
        observer.event(Notice::Note(&note));
    }
    // Only the utterances that serve a task count, so only their speakers make folds.
    let usable = corpus.usable(&experiment.scales);
    let tables = read_tables(&experiment, &corpus, &usable, observer)?;
    let speakers = usable.speakers();
    let protocol = experiment
        .protocol
        .get_or_insert_with(|| Protocol::suited(speakers.len()))
        .clone();
    if matches!(protocol, Protocol::Speaker | Protocol::Groups(_)) {
        refuse_unnamed_speakers(&usable)?;
    }
    let folding = protocol.folds(&usable, &corpus)?;
    for note in &folding.notes {
        observer.event(Notice::Warning(note));
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
    refuse_tested_twice(&folds)?;
    let index = ContentIndex::of_user();
    let contents = corpus_contents(&corpus, &index, observer)?;
    let fingerprint = corpus.fingerprint(&contents);
    if let Some(before) = &experiment.corpus.fingerprint
        && *before != fingerprint
    {
        let what = format!("the corpus {}", experiment.corpus.path.display());
        return Err(changed(&what, before, &fingerprint));
    }
    let (mut scene, mut recordings) = (None, None);
    if let RobotSpec::Recordings { path } = &experiment.robot
        && tables.is_none()
    {
        if !path.is_dir() {
            return Err(ExperimentError::Setup(format!(
                "there is no folder of robot recordings at {}",
                path.display()
            )));
        }
        scene = scene_of(path, &corpus, &contents)?;
        let is_usable =
            |u: &Utterance| u.class.is_some() || corpus.rated(u, &experiment.scales).is_some();
        let tests: Vec<(&Utterance, f64)> = corpus
            .utterances
            .iter()
            .zip(&contents)
            .filter(|(u, _)| is_usable(u) && folds.iter().any(|f| f.tests(u)))
            .filter_map(|(u, content)| Some((u, u.seconds_of(content.audio()?))))
            .collect();
        let found = Recordings::inspect(path, &corpus, &tests, &index, observer);
        found.require_a_robot(path, tests.len())?;
        if !experiment.leave_out_unusable {
            found.require_usable(
                tests.len(),
                "of the test in every condition with --leave-out-unusable; the report then says so",
            )?;
        }
        recordings = Some(found);
    }
    let mut sources = match &tables {
        Some(_) => None,
        None => choose_sources(&experiment, &index, observer)?,
    };
    let augmented = experiment.trainings.iter().any(|t| *t != Training::Clean);
    if let Some(sources) = sources
        .as_mut()
        .filter(|s| augmented && s.has_noise_files())
    {
        let is_tested = |u: &&Utterance| folds.iter().any(|f| f.test.contains(&u.speaker));
        let tested: Vec<&Utterance> = corpus.utterances.iter().filter(is_tested).collect();
        observer.event(Notice::StageStarted {
            name: "listening for test speakers in noises",
            total: tested.len(),
        });
        let speech = corpus.heard(&tested, &index, || observer.event(Notice::StageAdvanced));
        observer.event(Notice::StageFinished);
        sources.without_speech(&speech, observer)?;
    }
    let (recorded, unusable) = match recordings {
        Some(found) => (Some(found.fingerprint), found.unusable),
        None => (None, Vec::new()),
    };
    let mut now = Fingerprints::new(
        &folds,
        augmented.then_some(&experiment.augmentation),
        sources.as_ref(),
        recorded,
    );
    if let Some(tables) = &tables {
        now.features_table = Some(tables.clean.fingerprint.clone());
        now.robot_features_table = tables.robot.as_ref().map(|t| t.fingerprint.clone());
    }
    experiment.fingerprints.require(&now)?;
    experiment.fingerprints = now;
    experiment.corpus.fingerprint = Some(fingerprint);
    experiment.corpus.layout = Some(corpus.layout.name().to_owned());
    Ok(Prepared {
        units: experiment.units(&folds),
        experiment,
        folds,
        all_folds: folding.folds.len(),
        own_sessions: folding.own_sessions,
        corpus,
        sources,
        tables,
        scene,
        unusable,
    })
}

/// The user's tables of features, which have all utterances that serve a task.
fn read_tables(
    experiment: &Experiment,
    corpus: &Corpus,
    usable: &Corpus,
    observer: &dyn Observer,
) -> Result<Option<FeatureTables>, ExperimentError> {
    let Some(spec) = &experiment.features_table else {
        return Ok(None);
    };
    let ids: HashSet<&str> = corpus.utterances.iter().map(|u| u.id.as_str()).collect();
    let is_known = |id: &str| ids.contains(id);
    let read = |path: &Path| {
        let table = FeatureTable::read(path, &is_known)?;
        if let Some(note) = table.foreign() {
            observer.event(Notice::Warning(&note));
        }
        Ok::<_, ExperimentError>(table)
    };
    let clean = read(&spec.path)?;
    clean.require(usable.utterances.iter())?;
    let robot = match &spec.robot {
        Some(path) => {
            let robot = read(path)?;
            if robot.fingerprint == clean.fingerprint {
                return Err(ExperimentError::Setup(format!(
                    "{} and {} have the same features: the robot hears something else than the clean speech",
                    spec.path.display(),
                    path.display()
                )));
            }
            robot.require(usable.utterances.iter())?;
            if robot.columns != clean.columns {
                return Err(ExperimentError::Setup(format!(
                    "{} and {} do not have the same columns of features",
                    spec.path.display(),
                    path.display()
                )));
            }
            Some(robot)
        }
        None => None,
    };
    Ok(Some(FeatureTables { clean, robot }))
}

/// Refuses the categorical task where there is nothing to tell apart.
///
/// # Errors
/// [`ExperimentError::Setup`]: there are fewer than two classes.
pub(crate) fn refuse_one_class(corpus: &Corpus) -> Result<(), ExperimentError> {
    match corpus.classes.names().len() {
        2.. => Ok(()),
        n => Err(ExperimentError::Setup(format!(
            "the categorical task tells two classes apart or more, and here are {n} ({}); {} has the labels {}",
            corpus.classes.names().join(", "),
            corpus.name,
            corpus
                .label_counts()
                .into_keys()
                .collect::<Vec<_>>()
                .join(", ")
        ))),
    }
}

/// Writes down the tasks, and the scales of the dimensional one.
fn choose_tasks(experiment: &mut Experiment, corpus: &Corpus) -> Result<(), ExperimentError> {
    let setup = |message: String| Err(ExperimentError::Setup(message));
    let asked = std::mem::take(&mut experiment.tasks);
    let usual = corpus.usual_scales();
    let any_class = corpus.utterances.iter().any(|u| u.class.is_some());
    if asked.contains(&Task::Categorical) || (asked.is_empty() && any_class) {
        refuse_one_class(corpus)?;
        experiment.tasks.push(Task::Categorical);
    }
    let is_rated = match experiment.scales.is_empty() {
        true => !usual.is_empty(),
        false => corpus
            .utterances
            .iter()
            .any(|u| corpus.rated(u, &experiment.scales).is_some()),
    };
    if asked.contains(&Task::Dimensional) && !is_rated {
        let scales: Vec<&str> = match experiment.scales.is_empty() {
            true => vec!["arousal", "valence"],
            false => experiment.scales.iter().map(|s| s.name()).collect(),
        };
        return setup(format!(
            "the dimensional task needs {}, and {} has no utterance with them",
            scales.join(" and "),
            corpus.name
        ));
    }
    if asked.contains(&Task::Dimensional) || (asked.is_empty() && is_rated) {
        experiment.tasks.push(Task::Dimensional);
        if experiment.scales.is_empty() {
            experiment.scales = usual;
        }
    } else if !experiment.scales.is_empty() {
        return setup("scales have no effect without the dimensional task".to_owned());
    }
    if !asked.is_empty() {
        experiment.tasks = asked;
    }
    if experiment.tasks.is_empty() {
        return setup(format!(
            "{} has no utterance with a class, and none with arousal and valence; `earnest corpus inspect` shows its labels, and --map label=class maps them",
            corpus.name
        ));
    }
    Ok(())
}

/// Sees to it that each task has a recipe that learns it, and each recipe a task. Tasks that nobody
/// asked for go where no recipe learns them.
fn match_recipes(
    experiment: &mut Experiment,
    asked: bool,
    observer: &dyn Observer,
) -> Result<(), ExperimentError> {
    let learns = |task: Task| move |recipe: &&Recipe| recipe.architecture.serves(task);
    let tasks = experiment.tasks.clone();
    for recipe in &experiment.recipes {
        let own: Vec<Task> = [Task::Categorical, Task::Dimensional]
            .into_iter()
            .filter(|task| recipe.architecture.serves(*task))
            .collect();
        let missing: Vec<&str> = tasks
            .iter()
            .filter(|task| !own.contains(task))
            .map(|task| task.name())
            .collect();
        if missing.is_empty() {
            continue;
        }
        let name = recipe.title();
        let kind = recipe.architecture.name();
        let only = own.first().map_or("no", |task| task.name());
        if missing.len() == tasks.len() {
            return Err(ExperimentError::Setup(format!(
                "the recipe {name} cannot be trained here: {kind} learns the {only} task only, and this experiment has the {} task; svm and logistic learn classes, svr and ridge learn values, networks learn both",
                missing.join(" and the ")
            )));
        }
        observer.event(Notice::Note(&format!(
            "the recipe {name} takes part in the {only} task only: {kind} does not learn the {} task",
            missing.join(" and the ")
        )));
    }
    let idle = |task: &Task| !experiment.recipes.iter().any(|r| learns(*task)(&r));
    let Some(task) = tasks.iter().find(|task| idle(task)) else {
        return Ok(());
    };
    if asked {
        return Err(ExperimentError::Setup(format!(
            "no recipe of this experiment learns the {} task; add one that does, or take the task out",
            task.name()
        )));
    }
    let task = *task;
    experiment.tasks.retain(|other| *other != task);
    if task == Task::Dimensional {
        experiment.scales.clear();
    }
    Ok(())
}

/// Refuses a corpus of which something could not be listed: what is missing nobody could know.
///
/// # Errors
/// [`ExperimentError::Setup`] with the first.
pub fn refuse_unlisted(corpus: &Corpus) -> Result<(), ExperimentError> {
    let hidden: Vec<_> = corpus.unlisted().collect();
    match hidden.first() {
        None => Ok(()),
        Some(first) => Err(ExperimentError::Setup(format!(
            "{} cannot be read whole, so what it holds is not known ({} such problems; first: {first}); make it readable, or take it out of the corpus",
            corpus.root.display(),
            hidden.len()
        ))),
    }
}

/// Refuses to keep speakers apart where who speaks is not named throughout.
///
/// # Errors
/// [`ExperimentError::Setup`] with how many utterances name nobody.
pub fn refuse_unnamed_speakers(corpus: &Corpus) -> Result<(), ExperimentError> {
    if corpus.has_speakers() {
        return Ok(());
    }
    let unnamed = corpus
        .utterances
        .iter()
        .filter(|u| u.speaker == UNKNOWN_SPEAKER)
        .count();
    let all = corpus.utterances.len();
    Err(ExperimentError::Setup(match unnamed {
        0 => format!(
            "{} has one speaker, {}: with nobody else to test on, speakers cannot be kept apart",
            corpus.root.display(),
            corpus.speakers().into_iter().next().unwrap_or_default()
        ),
        _ => format!(
            "{unnamed} of {all} utterances of {} name no speaker, so one person could be trained and tested on; name all of them in the manifest's column `speaker`",
            corpus.root.display()
        ),
    }))
}

/// What the files of a corpus hold.
///
/// # Errors
/// A file that cannot be read.
pub fn corpus_contents(
    corpus: &Corpus,
    index: &ContentIndex,
    observer: &dyn Observer,
) -> Result<Vec<FileContent>, ExperimentError> {
    observer.event(Notice::StageStarted {
        name: "looking into the corpus",
        total: corpus.utterances.len(),
    });
    let contents = corpus.contents(index, || observer.event(Notice::StageAdvanced));
    observer.event(Notice::StageFinished);
    Ok(contents?)
}

/// The scene that a folder of recordings is, if it is one.
///
/// # Errors
/// It cannot be read, or it was made from another corpus.
pub fn scene_of(
    folder: &Path,
    corpus: &Corpus,
    contents: &[FileContent],
) -> Result<Option<Scene>, ExperimentError> {
    let Some(scene) = Scene::of_folder(folder)? else {
        return Ok(None);
    };
    let now = corpus.audio_fingerprint(contents);
    if scene.corpus != now {
        return Err(ExperimentError::Setup(format!(
            "the scene in {} was made from another corpus than {} (fingerprint {}, not {now}): its recordings are not of these utterances as they are now. Simulate the scene again from this corpus",
            folder.display(),
            corpus.root.display(),
            scene.corpus
        )));
    }
    refuse_other_entries(folder, corpus)?;
    Ok(Some(scene))
}

/// Refuses a scene whose manifest does not say of each utterance that is there what was heard in
/// it, or speaks of others.
fn refuse_other_entries(folder: &Path, corpus: &Corpus) -> Result<(), ExperimentError> {
    let mut entries = BTreeMap::new();
    let fault = |what: String| {
        Err(ExperimentError::Setup(format!(
            "{} {what}, so what was heard in the scene is not known; put it back as `earnest scene simulate` wrote it, or remove it and give that command again, which writes it anew",
            folder.join("scene.jsonl").display()
        )))
    };
    for entry in Scene::entries(folder)? {
        if let Some(twice) = entries.insert(entry.id, entry.path) {
            return fault(format!("has two lines for {twice}"));
        }
    }
    for utterance in &corpus.utterances {
        let place = utterance.path.with_extension("wav");
        match entries.remove(&utterance.id) {
            Some(path) if path == place => {}
            Some(path) => {
                return fault(format!(
                    "says that {} lies at {path}, and it lies at {place}",
                    utterance.id
                ));
            }
            None if recording_of(folder, utterance).is_none() => {}
            None => return fault(format!("has no line for {}, which is there", utterance.id)),
        }
    }
    match entries.first_key_value() {
        None => Ok(()),
        Some((id, _)) => fault(format!(
            "has a line for {id}, which is no utterance of the corpus"
        )),
    }
}

/// Noises and rooms, those of the robot kept away from training; none if nothing needs them.
fn choose_sources(
    experiment: &Experiment,
    index: &ContentIndex,
    observer: &dyn Observer,
) -> Result<Option<ChosenSources>, ExperimentError> {
    let augmented = experiment.trainings.iter().any(|t| *t != Training::Clean);
    match &experiment.robot {
        RobotSpec::Simulated { .. } => experiment.sources.choose(index, observer).map(Some),
        RobotSpec::Recordings { path } if augmented => experiment
            .sources
            .choose_beside_recordings(path, index, observer)
            .map(Some),
        RobotSpec::Recordings { .. } => Ok(None),
    }
}
