//! An experiment beside its corpus: everything that can be checked before work begins.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use earnest_corpus::{ContentIndex, Corpus, FileContent, Utterance};
use earnest_model::{CorpusHeard, Recipe, Task};

use crate::dataset::FeatureSource;
use crate::error::ExperimentError;
use crate::experiment::{Experiment, Unit};
use crate::feature_table::{FeatureTable, FeatureTables};
use crate::observer::{Notice, Observer};
use crate::opening::{classless_of_each, open_corpora, settled_classes, tell_of_problems};
use crate::protocol::Protocol;
use crate::protocol::fold::{Fold, select};
use crate::protocol::leaks::{refuse_leaks, refuse_tested_twice};
use crate::protocol::validation::Validation;
use crate::running::recorded::{Recorded, RecordedFolder};
use crate::sources::chosen::ChosenSources;
use crate::sources::fingerprints::{Fingerprints, changed, corpora_heard, fingerprint_of_chains};
use crate::sources::recordings::Unusable;
use crate::training::Training;

/// An experiment beside its corpus: what would run.
pub struct Prepared {
    /// With every choice made that the corpus decides.
    pub experiment: Experiment,
    /// The corpus, or all of them joined.
    pub corpus: Corpus,
    /// Stands for what it holds.
    pub fingerprint: String,
    /// The same of each of several corpora.
    pub corpora: Vec<CorpusHeard>,
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
    /// Folders of recordings, in the order of the conditions.
    pub scenes: Vec<RecordedFolder>,
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
    experiment.settle_robot();
    experiment.settle_chains();
    let corpus = open_corpora(&experiment.corpus, &experiment.classes)?;
    refuse_unlisted(&corpus)?;
    tell_of_problems(&corpus, &experiment.corpus, observer);
    experiment.classes = settled_classes(&corpus, &experiment.classes);
    let asked = !experiment.tasks.is_empty();
    if let Some(note) = choose_tasks(&mut experiment, &corpus)? {
        observer.event(Notice::Note(&note));
    }
    match_recipes(&mut experiment, asked, observer)?;
    let idle = experiment.corpus.refuse_idle_ranges(&experiment.tasks);
    idle.map_err(ExperimentError::Setup)?;
    if experiment.tasks.contains(&Task::Categorical) {
        for note in classless_of_each(&corpus) {
            observer.event(Notice::Note(&note));
        }
    }
    // Only the utterances that serve a task count, so only their speakers make folds.
    let usable = corpus.usable(&experiment.scales);
    let tables = read_tables(&experiment, &corpus, &usable, observer)?;
    refuse_idle_corpora(&usable)?;
    let speakers = usable.speakers();
    let protocol = experiment
        .protocol
        .get_or_insert_with(|| match corpus.parts.is_empty() {
            true => Protocol::suited(speakers.len()),
            false => Protocol::suited_to_several(speakers.len()),
        })
        .clone();
    if matches!(
        protocol,
        Protocol::Speaker | Protocol::Groups(_) | Protocol::Pooled
    ) {
        refuse_unnamed_speakers(&usable)?;
    }
    let folding = protocol.folds(&usable, &corpus)?;
    for note in &folding.notes {
        observer.event(Notice::Warning(note));
    }
    let fewest = match protocol.is_cross() {
        // Only the corpora that are trained on validate.
        true => folding.folds.iter().map(|f| f.training.len()).min(),
        false => None,
    };
    let fewest = fewest.unwrap_or(speakers.len());
    let validation = *experiment
        .validation
        .get_or_insert_with(|| Validation::suited(corpus.layout, &protocol, fewest));
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
    settle_fingerprints(&mut experiment, &corpus, &contents)?;
    refuse_one_corpus_in_another(&corpus, &contents, observer)?;
    let recorded = match &tables {
        Some(_) => Recorded::default(),
        None => {
            let tests = tests_of(&experiment, &corpus, &contents, &folds);
            Recorded::look(&experiment, &corpus, &contents, &tests, &index, observer)?
        }
    };
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
    let drawn_from: Vec<_> = (experiment.chains_drawn_from().into_iter())
        .map(|(chain, _)| chain)
        .collect();
    let mut now = Fingerprints::new(
        &folds,
        augmented.then(|| fingerprint_of_chains(&drawn_from)),
        sources.as_ref(),
        recorded.fingerprints,
    );
    if let Some(tables) = &tables {
        now.features_table = Some(tables.clean.fingerprint.clone());
        now.robot_features_table = tables.robot.as_ref().map(|t| t.fingerprint.clone());
    }
    experiment.fingerprints.require(&now)?;
    experiment.fingerprints = now;
    Ok(Prepared {
        units: experiment.units(&folds),
        experiment,
        folds,
        all_folds: folding.folds.len(),
        own_sessions: folding.own_sessions,
        fingerprint: corpus.fingerprint(&contents),
        corpora: corpora_heard(&corpus, &contents),
        corpus,
        sources,
        tables,
        scenes: recorded.scenes,
        unusable: recorded.unusable,
    })
}

/// The utterances that folds test, each with its length in seconds.
fn tests_of<'a>(
    experiment: &Experiment,
    corpus: &'a Corpus,
    contents: &[FileContent],
    folds: &[Fold],
) -> Vec<(&'a Utterance, f64)> {
    let is_usable =
        |u: &Utterance| u.class.is_some() || corpus.rated(u, &experiment.scales).is_some();
    corpus
        .utterances
        .iter()
        .zip(contents)
        .filter(|(u, _)| is_usable(u) && folds.iter().any(|f| f.tests(u)))
        .filter_map(|(u, content)| Some((u, u.seconds_of(content.audio()?))))
        .collect()
}

/// Writes down what the corpora are, or refuses those that are others than were written down.
fn settle_fingerprints(
    experiment: &mut Experiment,
    corpus: &Corpus,
    contents: &[FileContent],
) -> Result<(), ExperimentError> {
    let mut settle = |number: usize, name: Option<&str>, corpus: &Corpus, now: String| {
        let Some(spec) = experiment.corpus.0.get_mut(number) else {
            return Ok(());
        };
        if let Some(before) = &spec.fingerprint
            && *before != now
        {
            let what = format!("the corpus {}", spec.path.display());
            return Err(changed(&what, before, &now));
        }
        spec.fingerprint = Some(now);
        spec.layout = Some(corpus.layout.name().to_owned());
        spec.name = name.map(str::to_owned);
        Ok(())
    };
    if corpus.parts.is_empty() {
        return settle(0, None, corpus, corpus.fingerprint(contents));
    }
    for (part, contents) in corpus.of_parts(contents) {
        let own = part.corpus.fingerprint(contents);
        settle(part.number, Some(&*part.name), &part.corpus, own)?;
    }
    Ok(())
}

/// Refuses corpora of which one adds nothing: none of its utterances serves a task.
///
/// # Errors
/// [`ExperimentError::Setup`] with its name.
pub(crate) fn refuse_idle_corpora(usable: &Corpus) -> Result<(), ExperimentError> {
    let is_used = |name: &str| {
        let of = |u: &&Utterance| u.corpus.as_deref() == Some(name);
        usable.utterances.iter().any(|u| of(&u))
    };
    match usable.parts.iter().find(|part| !is_used(&part.name)) {
        None => Ok(()),
        Some(part) => Err(ExperimentError::Setup(format!(
            "{} has no usable utterance of the classes {}; `earnest corpus inspect` shows its labels, and --map {}:label=class maps them",
            part.name,
            usable.classes.names().join(", "),
            part.name
        ))),
    }
}

/// Refuses several corpora of which one is wholly in another, and names recordings that are in two.
///
/// # Errors
/// [`ExperimentError::Setup`] with both names.
pub(crate) fn refuse_one_corpus_in_another(
    corpus: &Corpus,
    contents: &[FileContent],
    observer: &dyn Observer,
) -> Result<(), ExperimentError> {
    let pairs = corpus.in_two_corpora(contents);
    let name = |i: usize| corpus.utterances[i].corpus.as_deref().unwrap_or_default();
    // By names of two corpora: utterances of the first that are in the second, and a pair.
    type Shared = (BTreeSet<usize>, (usize, usize));
    let mut shared: BTreeMap<(&str, &str), Shared> = BTreeMap::new();
    for (i, j) in pairs {
        for (one, other) in [(i, j), (j, i)] {
            let of = shared
                .entry((name(one), name(other)))
                .or_insert_with(|| (BTreeSet::new(), (one, other)));
            of.0.insert(one);
        }
    }
    for ((one, other), (utterances, (i, j))) in &shared {
        let all = corpus.parts.iter().find(|part| *part.name == **one);
        if all.is_some_and(|part| part.corpus.utterances.len() == utterances.len()) {
            return Err(ExperimentError::Setup(format!(
                "all {} recordings of {one} are in {other}, too, so it would be trained and tested on; leave one of the two out",
                utterances.len()
            )));
        }
        if one < other {
            observer.event(Notice::Warning(&format!(
                "{} recordings are both in {one} and in {other} (first: {} is {}): whoever speaks there is one person, who is never on two sides of a fold",
                utterances.len(),
                corpus.utterances[*i].id,
                corpus.utterances[*j].id
            )));
        }
    }
    Ok(())
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

/// Writes down the tasks, and the scales of the dimensional one. If that is not among them though
/// several corpora have values, it says why.
fn choose_tasks(
    experiment: &mut Experiment,
    corpus: &Corpus,
) -> Result<Option<String>, ExperimentError> {
    let setup = |message: String| Err(ExperimentError::Setup(message));
    let apart = corpus.scales_apart();
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
    if let Some(apart) = &apart
        && (asked.contains(&Task::Dimensional) || !experiment.scales.is_empty())
    {
        return setup(format!("the dimensional task cannot be done: {apart}"));
    }
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
    Ok(match apart {
        Some(apart) if !experiment.tasks.contains(&Task::Dimensional) => {
            Some(format!("only the categorical task is done: {apart}"))
        }
        _ => None,
    })
}

/// Sees to it that each task has a recipe that learns it, and each recipe a task. Tasks that nobody
/// asked for go where no recipe learns them.
fn match_recipes(
    experiment: &mut Experiment,
    asked: bool,
    observer: &dyn Observer,
) -> Result<(), ExperimentError> {
    let learns = |task: Task| move |recipe: &&Recipe| recipe.serves(task);
    let tasks = experiment.tasks.clone();
    for recipe in &experiment.recipes {
        let own: Vec<Task> = [Task::Categorical, Task::Dimensional]
            .into_iter()
            .filter(|task| recipe.serves(*task))
            .collect();
        let served: Vec<Task> = (tasks.iter().copied())
            .filter(|task| own.contains(task))
            .collect();
        if !served.is_empty() {
            recipe
                .refuse_idle(&served)
                .map_err(ExperimentError::Setup)?;
        }
        for note in served.iter().filter_map(|task| recipe.sitting_out(*task)) {
            observer.event(Notice::Note(&note));
        }
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
            corpus.place(),
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
    let unnamed = corpus.utterances.iter().filter(|u| u.is_unnamed()).count();
    let all = corpus.utterances.len();
    Err(ExperimentError::Setup(match unnamed {
        0 => format!(
            "{} has one speaker, {}: with nobody else to test on, speakers cannot be kept apart",
            corpus.place(),
            corpus.speakers().into_iter().next().unwrap_or_default()
        ),
        _ => format!(
            "{unnamed} of {all} utterances of {} name no speaker, so one person could be trained and tested on; name all of them in the manifest's column `speaker`",
            corpus.place()
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

/// Noises and rooms, those of the robot kept away from training; none if nothing needs them.
fn choose_sources(
    experiment: &Experiment,
    index: &ContentIndex,
    observer: &dyn Observer,
) -> Result<Option<ChosenSources>, ExperimentError> {
    let augmented = experiment.trainings.iter().any(|t| *t != Training::Clean);
    let conditions = experiment.heard_in();
    // What scenes had in them matters to training only.
    let recordings: Vec<&PathBuf> = conditions
        .iter()
        .filter(|_| augmented)
        .flat_map(|condition| condition.heard.folders())
        .collect();
    match (experiment.simulates(), augmented) {
        (true, _) => experiment
            .sources
            .choose_for_all(&recordings, index, observer)
            .map(Some),
        (false, true) => experiment
            .sources
            .choose_beside_recordings(&recordings, index, observer)
            .map(Some),
        (false, false) => Ok(None),
    }
}
