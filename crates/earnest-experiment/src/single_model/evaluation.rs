//! Testing one model on a corpus.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use earnest_corpus::{ContentIndex, Corpus, FileContent, Scale, Utterance};
use earnest_features::Features;
use earnest_model::{Channels, CorpusHeard, Description, Task};
use earnest_random::Key;
use earnest_recogniser::Recogniser;
use earnest_scene::Condition;

use crate::class_spec::ClassSpec;
use crate::corpora::Corpora;
use crate::dataset::{Dataset, FeatureSource, HeardIn};
use crate::error::ExperimentError;
use crate::evaluation::answers::answers;
use crate::evaluation::metrics::Metrics;
use crate::evaluation::prediction::Prediction;
use crate::evaluation::tally::metrics_of;
use crate::evaluation::traits::Traits;
use crate::observer::Observer;
use crate::opening::{
    classless, classless_of_each, read_corpora, read_corpus, refuse_idle_changes, tell_of_problems,
};
use crate::running::prepare::{corpus_contents, refuse_one_corpus_in_another, refuse_unlisted};
use crate::running::recorded::scene_of;
use crate::running::run::simulated_robot;
use crate::sources::SourceSpec;
use crate::sources::chosen::ChosenSources;
use crate::sources::known_to_model::KnownToModel;
use crate::sources::robot_folders::RobotFolders;

/// How test utterances reach the model.
#[derive(Clone, Debug)]
pub enum TestedIn {
    /// As they are in the corpus.
    Clean,
    /// The corpus as a robot recorded it, or a scene: a folder; of several corpora one for each, in
    /// their order.
    Recordings(Vec<PathBuf>),
    /// A simulated robot.
    Robot {
        /// Its noises and rooms, and those that are kept from it.
        sources: SourceSpec,
        /// Speech over noise, dB.
        snr_db: f64,
    },
}

/// What becomes of what the model heard in training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnShared {
    /// The test is refused.
    #[default]
    Refuse,
    /// It is left out of the test, and the notes say so.
    LeaveOut,
    /// It is tested on, and the notes say that this flatters the model.
    Allow,
}

/// A test of a model on a corpus.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The model's folder.
    pub model: PathBuf,
    /// The corpus, or several, which are read by the model's class set.
    pub corpus: Corpora,
    /// What is changed of which label counts as which class, `label=class`, beyond what the model
    /// was trained with.
    pub map: Vec<String>,
    /// Who is tested; all if left out.
    pub speakers: Vec<String>,
    /// The condition.
    pub condition: TestedIn,
    /// What is heard of recordings with several channels; as the model's recipe says if left out.
    pub channels: Option<Channels>,
    /// What becomes of what the model heard in training.
    pub on_shared: OnShared,
    /// Speakers of a manifest who are called like some that the model knows are other people.
    pub other_speakers: bool,
    /// Utterances whose recording cannot be scored are left out, instead of refusing the test.
    pub leave_out_unusable: bool,
    /// All randomness: the simulated robot's, and the order in which a model that adapts hears.
    pub seed: u64,
}

/// What a test comes to.
#[derive(Clone, Debug)]
pub struct Evaluated {
    /// The model's own description.
    pub description: Description,
    /// The corpus's name.
    pub corpus: String,
    /// `clean` or `robot`.
    pub condition: &'static str,
    /// What a reader must know beside the metrics.
    pub notes: Vec<String>,
    /// All answers.
    pub predictions: Vec<Prediction>,
    /// What they come to.
    pub metrics: Metrics,
    /// What the corpus says of those who speak.
    pub traits: Traits,
}

/// The first few of some names.
fn first_of(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>();
    let more = match names.len().saturating_sub(SHOWN) {
        0 => "",
        _ => ", …",
    };
    format!("{}{more}", shown.join(", "))
}

fn refused<T>(message: String) -> Result<T, ExperimentError> {
    Err(ExperimentError::Setup(message))
}

/// A test under way.
struct Test<'a> {
    asked: &'a Evaluation,
    known: Option<KnownToModel<'a>>,
    corpus: Corpus,
    fingerprint: String,
    dataset: Dataset,
    /// Utterances of the dataset that are tested.
    indices: Vec<usize>,
    notes: Vec<String>,
}

impl Evaluation {
    /// The folders of recordings, if there are some.
    fn recordings(&self) -> Option<&[PathBuf]> {
        match &self.condition {
            TestedIn::Recordings(folders) => Some(folders),
            TestedIn::Clean | TestedIn::Robot { .. } => None,
        }
    }

    /// Reads what is tested, by the model's classes, with values on the model's scale.
    fn read_corpora(
        &self,
        classes: &ClassSpec,
        model: &Description,
    ) -> Result<Corpus, ExperimentError> {
        let heard = model.heard.iter().flat_map(|h| &h.corpora);
        let heard: Vec<&CorpusHeard> = heard.collect();
        let target = heard.iter().find_map(|of| of.scale_range);
        let target = target.filter(|_| model.task == Task::Dimensional);
        let idle = self.corpus.refuse_idle_ranges(&[model.task]);
        idle.map_err(ExperimentError::Setup)?;
        let Some(one) = self.corpus.single() else {
            let mut corpus = read_corpora(&self.corpus, classes)?;
            if model.task == Task::Dimensional {
                if let Some(apart) = corpus.scales_apart() {
                    return refused(format!("the dimensional task cannot be done: {apart}"));
                }
                let first = self.corpus.0.first().and_then(|spec| spec.scale_range);
                if let (Some(own), Some(target)) = (first, target) {
                    corpus.bring_to_scale(own, target);
                }
            }
            return Ok(corpus);
        };
        let mut corpus = read_corpus(one, classes)?;
        // What was said of this corpus's labels when it was one of several holds for it alone, too.
        let names: Vec<&str> = heard.iter().map(|of| of.name.as_str()).collect();
        let is_this = |of: &&&CorpusHeard| of.corpus == corpus.name;
        if let Some(this) = heard.iter().find(is_this) {
            let labels = classes.labels_of(&this.name, &names);
            let map = labels.map_err(ExperimentError::Setup)?.changes();
            if map != classes.map {
                let own = ClassSpec {
                    map,
                    ..classes.clone()
                };
                corpus = read_corpus(one, &own)?;
            }
        }
        match (one.scale_range, target) {
            (Some(own), Some(target)) => corpus.bring_to_scale(own, target),
            (None, None) => {}
            (Some(_), None) => {
                return refused("a range of the scale has no effect: it needs a model of the dimensional task that was trained on several corpora, or several corpora to test".to_owned());
            }
            (None, Some([low, high])) => {
                return refused(format!(
                    "the model was trained on several corpora, whose values were brought to {low} to {high}; say the range of this corpus's scale, from its least possible value to its greatest (--scale-range {low}..{high}, if it is the same)"
                ));
            }
        }
        Ok(corpus)
    }

    /// What to do about something that the model knows: an error, a note that it is left out, or
    /// a note that it is not.
    fn about_shared(
        &self,
        what: &str,
        first: &str,
        notes: &mut Vec<String>,
    ) -> Result<(), ExperimentError> {
        match self.on_shared {
            OnShared::LeaveOut => notes.push(format!(
                "left out, since the model heard it in training: {what} ({first})"
            )),
            OnShared::Allow => notes.push(format!(
                "the model heard in training: {what} ({first}); these metrics flatter it"
            )),
            OnShared::Refuse => {
                return refused(format!(
                    "the model heard in training: {what} ({first}), so these metrics would flatter it; name others, or leave those out with --leave-out-shared (--allow-shared measures even so)"
                ));
            }
        }
        Ok(())
    }

    /// The simulated robot's sounds, of which the model knows none unless that was asked for.
    fn without_known_sounds(
        &self,
        known: Option<KnownToModel<'_>>,
        chosen: ChosenSources,
        notes: &mut Vec<String>,
    ) -> Result<ChosenSources, ExperimentError> {
        let Some(known) = known else {
            return Ok(chosen);
        };
        let (shared, rest) = known.sounds(&chosen);
        if shared.is_empty() {
            return Ok(chosen);
        }
        let what = format!("{} noises or rooms of the robot", shared.len());
        self.about_shared(&what, &first_of(&shared), notes)?;
        if self.on_shared != OnShared::LeaveOut {
            return Ok(chosen);
        }
        if rest.robot_lacks_all() {
            return refused(format!(
                "the model heard all noises or all rooms of the robot in training ({what}: {}); give the robot others (--robot-noise, --robot-rooms)",
                first_of(&shared)
            ));
        }
        Ok(rest)
    }

    /// Tests the model.
    ///
    /// # Errors
    /// See [`ExperimentError`]; [`ExperimentError::Setup`] if the test would not be honest.
    pub fn run(&self, observer: &dyn Observer) -> Result<Evaluated, ExperimentError> {
        let recogniser = Recogniser::load(&self.model)?;
        recogniser.front_end()?;
        let description = recogniser.description().clone();
        let task = description.task;
        let known = KnownToModel::of(&description);
        let mut notes = Vec::new();
        if known.is_none() {
            if self.on_shared != OnShared::Allow {
                return refused(format!(
                    "the model in {} does not say what it heard in training (its model.json has no `heard`, as those of earlier versions have none), so whether this test is honest cannot be told; train it again, or measure even so with --allow-shared",
                    self.model.display()
                ));
            }
            notes.push("the model does not say what it heard in training: whether it knows this speech or these sounds cannot be told".to_owned());
        }
        let mut classes = ClassSpec::asked_of(&description.classes);
        classes
            .change_map(&self.map)
            .map_err(ExperimentError::Setup)?;
        let mut corpus = self.read_corpora(&classes, &description)?;
        refuse_idle_changes(&corpus, &self.map)?;
        let scales: Vec<Scale> = match task {
            Task::Categorical => Vec::new(),
            Task::Dimensional => {
                let names = description.outputs.iter();
                names.filter_map(|name| Scale::from_name(name)).collect()
            }
        };
        refuse_unlisted(&corpus)?;
        tell_of_problems(&corpus, &self.corpus, observer);
        for s in &self.speakers {
            if !corpus.utterances.iter().any(|u| &u.speaker == s) {
                let there: Vec<&str> = corpus.speakers().into_iter().collect();
                return refused(format!(
                    "the corpus has no speaker {s}; speakers are {}",
                    there.join(", ")
                ));
            }
        }
        let recordings = self.recordings();
        let index = ContentIndex::of_user();
        // Sounds first: what is wrong with them shows before the corpus is decoded.
        let chosen = match &self.condition {
            TestedIn::Robot { sources, .. } => {
                let chosen = sources.choose(&index, observer)?;
                Some(self.without_known_sounds(known, chosen, &mut notes)?)
            }
            TestedIn::Clean | TestedIn::Recordings(_) => None,
        };
        let contents = corpus_contents(&corpus, &index, observer)?;
        let fingerprint = corpus.fingerprint(&contents);
        refuse_one_corpus_in_another(&corpus, &contents, observer)?;
        let whole = corpus.clone();
        let robot = match recordings {
            Some(folders) => Some(RobotFolders::new(folders, &whole)?),
            None => None,
        };
        for of in robot.iter().flat_map(|robot| robot.each(&contents)) {
            scene_of(of.folder, of.corpus, of.contents)?;
        }
        let is_asked =
            |u: &Utterance| self.speakers.is_empty() || self.speakers.contains(&u.speaker);
        let seconds: HashMap<String, f64> = corpus
            .utterances
            .iter()
            .zip(&contents)
            .filter(|(u, _)| is_asked(u))
            .filter_map(|(u, content)| Some((u.id.clone(), u.seconds_of(content.audio()?))))
            .collect();
        corpus.utterances.retain(is_asked);
        if task == Task::Categorical {
            notes.extend(match corpus.parts.is_empty() {
                true => classless(&corpus, &corpus.utterances).into_iter().collect(),
                false => classless_of_each(&corpus),
            });
            let missing = corpus.classes.missing(&corpus.utterances);
            if !missing.is_empty() {
                notes.push(format!(
                    "no tested utterance is {}: nothing is said of how well the model knows it, and the means over classes are of the others",
                    missing.join(" or ")
                ));
            }
        }
        let dataset = Dataset::load(
            &corpus,
            &scales,
            FeatureSource::FrontEnds(std::slice::from_ref(&description.recipe)),
            observer,
        )?;
        let indices: Vec<usize> = (0..dataset.items.len())
            .filter(|i| dataset.items[*i].serves(task))
            .collect();
        if indices.is_empty() {
            return refused(format!(
                "no utterance has what the {} task needs",
                task.name()
            ));
        }
        let mut test = Test {
            asked: self,
            known,
            corpus,
            fingerprint,
            dataset,
            indices,
            notes,
        };
        test.settle_known_speakers(&whole, &contents)?;
        if let Some(robot) = &robot {
            for of in robot.each(&contents) {
                test.settle_known_scene(of.folder, of.name)?;
            }
            test.settle_recordings(robot, &seconds, &index, observer)?;
        }
        if test.indices.is_empty() {
            return refused(format!(
                "nothing is left to test on: {}",
                test.notes.join("; ")
            ));
        }
        let condition = match (&self.condition, &chosen) {
            (TestedIn::Robot { snr_db, .. }, Some(chosen)) => {
                simulated_robot(&chosen.load(observer)?, *snr_db, self.seed)
            }
            _ => robot.map_or(Condition::Clean, |robot| robot.condition()),
        };
        let predictions = test.predictions(&recogniser, &condition, observer)?;
        let all: Vec<&Prediction> = predictions.iter().collect();
        Ok(Evaluated {
            metrics: metrics_of(task, &all),
            traits: Traits::of(test.corpus.utterances.iter()),
            corpus: test.corpus.name,
            condition: condition.name(),
            notes: test.notes,
            description,
            predictions,
        })
    }
}

impl Test<'_> {
    /// Speakers that the model heard in training: refused, left out or said.
    fn settle_known_speakers(
        &mut self,
        whole: &Corpus,
        contents: &[FileContent],
    ) -> Result<(), ExperimentError> {
        let Some(known) = self.known else {
            return Ok(());
        };
        let (asked, dataset) = (self.asked, &self.dataset);
        let speakers_if =
            |others: bool| known.speakers(whole, &self.fingerprint, contents, dataset, others);
        let speakers = speakers_if(asked.other_speakers);
        if asked.other_speakers {
            let others: Vec<String> = speakers_if(false).difference(&speakers).cloned().collect();
            if others.is_empty() {
                return refused("--other-speakers has no effect: it needs a manifest, and in it speakers who are called like some that the model was trained on and whose recordings it does not know".to_owned());
            }
            self.notes.push(format!(
                "{} speakers are called like some that the model was trained on, and are taken for other people, as --other-speakers says ({})",
                others.len(),
                first_of(&others)
            ));
        }
        let is_known = |i: &usize| speakers.contains(&dataset.items[*i].utterance.speaker);
        let count = self.indices.iter().filter(|i| is_known(i)).count();
        if count == 0 {
            return Ok(());
        }
        let what = format!(
            "{count} of {} utterances, of {} speakers",
            self.indices.len(),
            speakers.len()
        );
        let names: Vec<String> = speakers.iter().cloned().collect();
        let certain = speakers_if(true);
        let what = match speakers.difference(&certain).count() {
            0 => what,
            n => format!(
                "{what}, {n} of them by their names in a manifest alone (if those are other people, say so with --other-speakers)"
            ),
        };
        asked.about_shared(&what, &first_of(&names), &mut self.notes)?;
        if asked.on_shared == OnShared::LeaveOut {
            self.indices.retain(|i| !is_known(i));
        }
        Ok(())
    }

    /// Sounds of a scene that the model heard in training; of several corpora the scene is of the one
    /// with this name.
    fn settle_known_scene(
        &mut self,
        folder: &Path,
        of: Option<&str>,
    ) -> Result<(), ExperimentError> {
        let Some(known) = self.known else {
            return Ok(());
        };
        let asked = self.asked;
        let shared = known.in_scene(folder)?;
        if let Some(first) = shared.throughout.first() {
            let what = "the scene's own noise or its room, in every utterance";
            if asked.on_shared == OnShared::LeaveOut {
                return refused(format!(
                    "the model heard in training: {what} ({first}), so no utterance of this scene can be left to test on; make the scene with other sounds"
                ));
            }
            asked.about_shared(what, first, &mut self.notes)?;
        }
        let items = &self.dataset.items;
        let known: HashSet<String> = shared
            .utterances
            .iter()
            .map(|id| of.map_or_else(|| id.clone(), |name| format!("{name}/{id}")))
            .collect();
        let heard = |i: &usize| known.contains(&items[*i].utterance.id);
        let count = self.indices.iter().filter(|i| heard(i)).count();
        if count > 0 {
            let what = format!(
                "events of the scene, during {count} of {} utterances",
                self.indices.len()
            );
            asked.about_shared(&what, &first_of(&shared.events), &mut self.notes)?;
            if asked.on_shared == OnShared::LeaveOut {
                self.indices.retain(|i| !heard(i));
            }
        }
        Ok(())
    }

    /// Recordings that cannot be scored.
    fn settle_recordings(
        &mut self,
        robot: &RobotFolders<'_>,
        seconds: &HashMap<String, f64>,
        index: &ContentIndex,
        observer: &dyn Observer,
    ) -> Result<(), ExperimentError> {
        let items = &self.dataset.items;
        let tests: Vec<(&Utterance, f64)> = self
            .indices
            .iter()
            .map(|i| &items[*i].utterance)
            .filter_map(|u| Some((u, *seconds.get(&u.id)?)))
            .collect();
        let stage = "looking at the robot's recordings";
        let found = robot.inspect(&tests, stage, index, observer)?;
        if !self.asked.leave_out_unusable {
            found.require_usable(
                tests.len(),
                "of this test with --leave-out-unusable; its notes then name them",
            )?;
        }
        let bad: HashSet<&str> = found.unusable.iter().map(|u| u.id.as_str()).collect();
        self.indices
            .retain(|i| !bad.contains(items[*i].utterance.id.as_str()));
        self.notes.extend(found.unusable.iter().map(|u| {
            format!(
                "left out, since its recording cannot be scored: {}: {}",
                u.id, u.reason
            )
        }));
        Ok(())
    }

    /// What the model answers.
    fn predictions(
        &self,
        recogniser: &Recogniser,
        condition: &Condition,
        observer: &dyn Observer,
    ) -> Result<Vec<Prediction>, ExperimentError> {
        let front_end = &recogniser.description().recipe.features;
        let view = self.dataset.view(front_end)?;
        let recipe = &recogniser.description().recipe;
        let heard_in = HeardIn {
            name: condition.name(),
            condition,
            channels: self.asked.channels.unwrap_or(recipe.channels),
        };
        let heard = self.dataset.hear(view, &self.indices, heard_in, observer)?;
        let features: Vec<&[Features]> = heard.iter().map(Vec::as_slice).collect();
        answers(
            &self.dataset,
            recogniser,
            &self.indices,
            &features,
            condition.name(),
            &Key::new(self.asked.seed).with("heard"),
        )
    }
}
