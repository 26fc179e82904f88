//! Training one model on a corpus.

use std::path::Path;

use earnest_augment::Chain;
use earnest_corpus::{ContentIndex, Corpus, Layout, Scale};
use earnest_model::{EpochReport, Heard, Recipe, Task, Tried};
use earnest_random::Key;

use crate::class_spec::ClassSpec;
use crate::corpora::Corpora;
use crate::dataset::{Dataset, FeatureSource};
use crate::error::ExperimentError;
use crate::observer::{Notice, Observer};
use crate::opening::{classless_of_each, open_corpora, settled_classes, tell_of_problems};
use crate::protocol::Protocol;
use crate::protocol::fold::Fold;
use crate::protocol::validation::Validation;
use crate::running::history::write_trained;
use crate::running::prepare::{
    corpus_contents, refuse_idle_corpora, refuse_one_class, refuse_one_corpus_in_another,
    refuse_unlisted, refuse_unnamed_speakers,
};
use crate::sources::SourceSpec;
use crate::sources::chosen::ChosenSources;
use crate::sources::fingerprints::{corpora_heard, fingerprint_of_chain, fingerprint_of_fold};
use crate::training::presenter::{Augmentation, Presentation, refuse_idle_validation_copies};
use crate::training::{
    Trained, TrainingPlan, copies_folder, forget_copies, forget_progress, train,
};

/// A model that is trained on augmented waveforms: by which chain, from which sounds.
#[derive(Clone, Debug)]
pub struct Augmented {
    /// The chain.
    pub chain: Chain,
    /// Noises and rooms.
    pub sources: SourceSpec,
    /// Whether presentations are drawn anew or are copies.
    pub presentation: Presentation,
}

/// A model to train on a corpus.
#[derive(Clone, Debug)]
pub struct ModelTraining {
    /// The corpus, or several.
    pub corpus: Corpora,
    /// Whether each of several corpora counts alike.
    pub balance: bool,
    /// Its classes.
    pub classes: ClassSpec,
    /// What is predicted.
    pub task: Task,
    /// How.
    pub recipe: Recipe,
    /// The augmentation; `None` trains on the corpus's own waveforms.
    pub augmented: Option<Augmented>,
    /// Who says which epoch was best; `None` decides by the number of speakers.
    pub validation: Option<Validation>,
    /// Or these speakers say it; all others that are not left out train.
    pub validation_speakers: Vec<String>,
    /// Speakers that are not used at all.
    pub leave_out: Vec<String>,
    /// All randomness.
    pub seed: u64,
}

/// A model that can be trained: what could be checked was.
pub struct PreparedTraining {
    training: ModelTraining,
    corpus: Corpus,
    scales: Vec<Scale>,
    fold: Fold,
}

/// What training a member of an ensemble came to.
pub struct TrainedMember {
    /// What its recipe is called, or its engine.
    pub title: String,
    /// All epochs of a network.
    pub history: Vec<EpochReport>,
}

/// A model as it was trained and saved.
pub struct TrainedModel {
    /// True if it was trained a second time, on those who validated, too.
    pub refitted: bool,
    /// Of an ensemble, its members that learn the task, by their numbers from 1.
    pub members: Vec<(usize, TrainedMember)>,
    /// All epochs of a network.
    pub history: Vec<EpochReport>,
    /// What a baseline tried.
    pub search: Vec<Tried>,
    /// Utterances that trained.
    pub utterances: usize,
    /// Who was heard, those who validated included: of several corpora or copies, fewer than the fold
    /// names where a recording would be on two sides.
    pub speakers: usize,
    /// Who trained, and who validated.
    pub fold: Fold,
}

impl ModelTraining {
    /// Opens the corpus and decides who trains and who validates.
    ///
    /// # Errors
    /// The corpus cannot be used, or there are no such speakers, or nobody is left to train on.
    pub fn prepare(mut self) -> Result<PreparedTraining, ExperimentError> {
        let setup = |message: String| Err(ExperimentError::Setup(message));
        if let Err(fault) = self.recipe.check() {
            return setup(fault);
        }
        let idle = self.corpus.check();
        let idle = idle.and_then(|()| self.corpus.refuse_idle_ranges(&[self.task]));
        if let Err(idle) = idle {
            return setup(idle);
        }
        if let Some(augmented) = &self.augmented
            && let Err(idle) = augmented.presentation.refuse_idle([&self.recipe])
        {
            return setup(idle);
        }
        let presentation = self.augmented.as_ref().map(|a| a.presentation);
        if let Err(idle) = refuse_idle_validation_copies(&self.recipe, presentation) {
            return setup(idle);
        }
        if let (None, Some(chain)) = (&self.augmented, &self.recipe.chain) {
            return setup(format!(
                "the recipe {} has chain = {chain:?}, which has no effect: nothing is augmented here (--augment)",
                self.recipe.title()
            ));
        }
        if let Err(idle) = self.recipe.refuse_idle(&[self.task]) {
            return setup(idle);
        }
        let architecture = &self.recipe.architecture;
        if !self.recipe.serves(self.task) {
            return setup(format!(
                "{} does not learn the {} task; svm and logistic learn classes, svr and ridge learn values, networks learn both",
                architecture.name(),
                self.task.name()
            ));
        }
        if !self.recipe.has_network()
            && (self.validation.is_some() || !self.validation_speakers.is_empty())
        {
            return setup(format!(
                "who validates (--validation, --validation-speakers) has no effect on the {}: it leaves each training speaker out in turn to choose its hyperparameters, and learns from all",
                architecture.name()
            ));
        }
        let left_out = |s: &&String| self.leave_out.contains(s);
        if let Some(both) = self.validation_speakers.iter().find(left_out) {
            return setup(format!(
                "speaker {both} is both left out (--leave-out) and validates (--validation-speakers)"
            ));
        }
        let corpus = open_corpora(&self.corpus, &self.classes)?;
        refuse_unlisted(&corpus)?;
        self.classes = settled_classes(&corpus, &self.classes);
        if let (Task::Dimensional, Some(apart)) = (self.task, corpus.scales_apart()) {
            return setup(format!("the dimensional task cannot be done: {apart}"));
        }
        let scales = match self.task {
            Task::Categorical => Vec::new(),
            Task::Dimensional => corpus.usual_scales(),
        };
        let usable = corpus.usable(&scales);
        refuse_idle_corpora(&usable)?;
        let by_speaker = !self.leave_out.is_empty()
            || !self.validation_speakers.is_empty()
            || matches!(self.validation, Some(Validation::Speakers(_)));
        if by_speaker {
            refuse_unnamed_speakers(&usable)?;
        }
        let named = usable.speakers().into_iter();
        let mut speakers: Vec<String> = named.map(String::from).collect();
        for asked in self.validation_speakers.iter().chain(&self.leave_out) {
            if !speakers.contains(asked) {
                return setup(format!(
                    "there is no speaker {asked}; speakers are {}",
                    speakers.join(", ")
                ));
            }
        }
        if self.task == Task::Categorical {
            refuse_one_class(&corpus)?;
        }
        speakers.retain(|s| !self.leave_out.contains(s));
        let mut fold = Fold {
            name: String::new(),
            test: Vec::new(),
            listed: None,
            validation: self.validation_speakers.clone(),
            training: speakers,
            fraction: None,
        };
        // A baseline learns from all.
        if self.recipe.has_network() {
            self.choose_validation(&mut fold, corpus.layout)?;
        }
        Ok(PreparedTraining {
            training: self,
            corpus,
            scales,
            fold,
        })
    }

    /// Has some of those who would train validate instead.
    fn choose_validation(&self, fold: &mut Fold, layout: Layout) -> Result<(), ExperimentError> {
        if !fold.validation.is_empty() {
            fold.training.retain(|s| !fold.validation.contains(s));
            return Ok(());
        }
        let n = fold.training.len();
        let suited = || Validation::suited(layout, &Protocol::Speaker, n);
        match self.validation.unwrap_or_else(suited) {
            Validation::Fraction(share) => fold.fraction = Some(share),
            Validation::Partner => {
                fold.validation = fold.training.split_off(n.saturating_sub(1));
            }
            Validation::Speakers(k) if k < n => {
                fold.validation = fold.training.split_off(n - k);
            }
            Validation::Speakers(k) => {
                return Err(ExperimentError::Setup(format!(
                    "--validation speakers:{k} leaves nobody to train on: there are {n} speakers"
                )));
            }
        }
        Ok(())
    }
}

impl PreparedTraining {
    /// The corpus.
    #[must_use]
    pub fn corpus(&self) -> &Corpus {
        &self.corpus
    }

    /// Trains, or goes on with a training that was stopped, and saves the model in a folder.
    ///
    /// # Errors
    /// See [`ExperimentError`]. What an epoch came to stays, to go on from.
    pub fn train(
        self,
        folder: &Path,
        observer: &dyn Observer,
    ) -> Result<TrainedModel, ExperimentError> {
        let Self {
            training: asked,
            corpus,
            scales,
            fold,
        } = self;
        tell_of_problems(&corpus, &asked.corpus, observer);
        if let Some(note) = asked.recipe.sitting_out(asked.task) {
            observer.event(Notice::Note(&note));
        }
        if asked.task == Task::Categorical {
            for note in classless_of_each(&corpus) {
                observer.event(Notice::Note(&note));
            }
        }
        let index = ContentIndex::of_user();
        let chosen = match &asked.augmented {
            Some(augmented) => Some(augmented.sources.choose_for_training(&index, observer)?),
            None => None,
        };
        let contents = corpus_contents(&corpus, &index, observer)?;
        refuse_one_corpus_in_another(&corpus, &contents, observer)?;
        let fingerprint = corpus.fingerprint(&contents);
        let sounds = match &chosen {
            Some(chosen) => Some(chosen.load(observer)?),
            None => None,
        };
        let dataset = Dataset::load(
            &corpus,
            &scales,
            FeatureSource::FrontEnds(std::slice::from_ref(&asked.recipe)),
            observer,
        )?;
        if let Some(note) = dataset.duplicates_in_words() {
            observer.event(Notice::Warning(&note));
        }
        let (noises, rooms) = chosen
            .as_ref()
            .map(ChosenSources::heard_in_training)
            .unwrap_or_default();
        let heard = Heard {
            corpus: corpus.name.clone(),
            fingerprint: fingerprint.clone(),
            corpora: corpora_heard(&corpus, &contents),
            fold: fingerprint_of_fold(&fold),
            chain: asked
                .augmented
                .as_ref()
                .map(|a| fingerprint_of_chain(&a.chain)),
            noises,
            rooms,
            ..Heard::default()
        };
        let seed = Key::new(asked.seed);
        let (training, validation) = dataset.of_fold(&fold, asked.task, &seed.with("validation"));
        let plan = TrainingPlan {
            task: asked.task,
            recipe: &asked.recipe,
            augmentation: asked.augmented.as_ref().zip(sounds.as_ref()).map(
                |(augmented, sounds)| Augmentation {
                    chain: &augmented.chain,
                    sources: &sounds.training,
                    presentation: augmented.presentation,
                },
            ),
            training: &training,
            validation: &validation,
            validation_copies: asked.recipe.validation_copies,
            balance: asked.balance,
            training_name: match asked.augmented {
                Some(_) => "augmented".into(),
                None => "clean".into(),
            },
            key: key_of(&seed, &asked, &fold, &heard)?,
            copies_key: seed.with("copies"),
            copies_folder: Some(copies_folder(folder)),
            corpus: format!("{} ({fingerprint})", corpus.name),
            classes: asked.classes.of_model(),
            heard,
        };
        let trained = train(&dataset, &plan, Some(folder), observer)?;
        if !asked.recipe.architecture.is_network() {
            write_trained(folder, &asked.recipe, &trained)?;
        }
        let Trained {
            model,
            history,
            search,
            members,
            ..
        } = trained;
        let members = members.into_iter().map(|(number, member)| {
            let title = member.model.description.recipe.title().to_owned();
            let history = member.history;
            (number, TrainedMember { title, history })
        });
        model.save(folder)?;
        forget_progress(folder, &asked.recipe);
        forget_copies(folder);
        Ok(TrainedModel {
            refitted: asked.recipe.refit,
            members: members.collect(),
            speakers: model.description.speakers.len(),
            history,
            search,
            utterances: training.len(),
            fold,
        })
    }
}

/// Whatever changes the result changes the key, so a checkpoint of another training in the same
/// folder is not mistaken for this one. Where files lie and how much memory they may take change
/// nothing.
fn key_of(
    seed: &Key,
    asked: &ModelTraining,
    fold: &Fold,
    heard: &Heard,
) -> Result<Key, ExperimentError> {
    let presentation = asked
        .augmented
        .as_ref()
        .map_or(Presentation::default(), |a| a.presentation);
    // What a recipe is called decides nothing, and what is chosen when all is learnt no weight.
    let unnamed = Recipe {
        name: String::new(),
        calibrate: None,
        coverage: None,
        ..asked.recipe.clone()
    };
    let written = || -> serde_json::Result<[String; 5]> {
        Ok([
            serde_json::to_string(&unnamed)?,
            serde_json::to_string(fold)?,
            serde_json::to_string(&presentation)?,
            serde_json::to_string(&(&heard.chain, &heard.noises.fingerprint))?,
            serde_json::to_string(&heard.rooms.fingerprint)?,
        ])
    };
    let [recipe, fold, presentation, chain, rooms] = written()
        .map_err(|e| ExperimentError::Setup(format!("the training cannot be written down: {e}")))?;
    let seed = match asked.balance || !asked.corpus.are_several() {
        true => seed.clone(),
        false => seed.with("unbalanced"),
    };
    Ok(seed
        .with("train")
        .with(heard.fingerprint.as_str())
        .with(recipe.as_str())
        .with(asked.task.name())
        .with(fold.as_str())
        .with(presentation.as_str())
        .with(chain.as_str())
        .with(rooms.as_str()))
}
