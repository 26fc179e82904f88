//! An experiment beside its corpus: everything that can be checked before work begins.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use earnest_corpus::{
    ContentIndex, Corpus, FileContent, LabelMap, Layout, OpenOptions, UNKNOWN_SPEAKER, Utterance,
};
use earnest_model::Task;
use earnest_scene::recording_of;
use earnest_scene::simulate::Scene;

use crate::error::ExperimentError;
use crate::experiment::{CorpusSpec, Experiment, RobotSpec, Unit};
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
/// [`ExperimentError::Corpus`], a map or layout that is not understood, or a map of a label that
/// the corpus does not have.
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
    let options = OpenOptions {
        layout,
        root: spec.root.clone(),
        labels,
    };
    let corpus = Corpus::open(&spec.path, &options)?;
    let known: BTreeSet<String> = corpus
        .label_counts()
        .into_keys()
        .map(|label| label.trim().to_lowercase())
        .collect();
    for change in corpus.labels.changes() {
        let label = change.split('=').next().unwrap_or_default();
        if !known.contains(label) {
            return Err(ExperimentError::Setup(format!(
                "map {change}: no utterance of {} has the label {label:?}; {}",
                spec.path.display(),
                known_names(label, known.iter().map(String::as_str))
            )));
        }
    }
    Ok(corpus)
}

/// The nearest of some names and all of them, for an error about one that is none of them.
fn known_names<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    let nearest = known
        .iter()
        .map(|name| (strsim::jaro_winkler(unknown, name), *name))
        .filter(|(likeness, _)| *likeness > 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let list = known.join(", ");
    match nearest {
        Some((_, name)) => format!("did you mean {name:?}? There are {list}"),
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
    /// The scene that the robot's recordings are, if they are one.
    pub scene: Option<Scene>,
    /// Utterances that are left out of the test because their robot recording cannot be scored.
    pub unusable: Vec<Unusable>,
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
    let corpus = open_corpus(&experiment.corpus)?;
    refuse_unlisted(&corpus)?;
    if !corpus.problems.is_empty() {
        observer.event(Notice::Warning(&format!(
            "{} problems in the corpus; `earnest corpus inspect {}` lists them",
            corpus.problems.len(),
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
    if matches!(protocol, Protocol::Speaker | Protocol::Groups(_)) {
        refuse_unnamed_speakers(&four_class)?;
    }
    let folding = protocol.folds(&four_class, &corpus)?;
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
    if let RobotSpec::Recordings { path } = &experiment.robot {
        if !path.is_dir() {
            return Err(ExperimentError::Setup(format!(
                "there is no folder of robot recordings at {}",
                path.display()
            )));
        }
        scene = scene_of(path, &corpus, &contents)?;
        let tests: Vec<(&Utterance, f64)> = corpus
            .utterances
            .iter()
            .zip(&contents)
            .filter(|(u, _)| u.emotion.is_some() && folds.iter().any(|f| f.tests(u)))
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
    let mut sources = choose_sources(&experiment, &index, observer)?;
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
    let now = Fingerprints::new(
        &folds,
        augmented.then_some(&experiment.augmentation),
        sources.as_ref(),
        recorded,
    );
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
        scene,
        unusable,
    })
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
