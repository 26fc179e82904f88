//! An experiment: what is in `experiment.toml`, with every default written out.

use std::borrow::Cow;
use std::path::PathBuf;

use earnest_augment::Chain;
use earnest_corpus::Scale;
use earnest_files::{RelativePath, toml_file};
use earnest_model::{Architecture, Recipe, Task};
use earnest_random::Key;
use serde::{Deserialize, Serialize};

use crate::chains::{Chains, Drawn};
use crate::class_spec::ClassSpec;
use crate::condition_spec::{CLEAN, ConditionSpec, RobotSpec, check_conditions};
use crate::corpora::Corpora;
use crate::error::ExperimentError;
use crate::feature_table::FeatureTableSpec;
use crate::protocol::Protocol;
use crate::protocol::fold::Fold;
use crate::protocol::validation::Validation;
use crate::sources::SourceSpec;
use crate::sources::fingerprints::Fingerprints;
use crate::training::Training;
use crate::training::presenter::{Presentation, refuse_idle_validation_copies};

fn unnamed() -> String {
    "experiment".into()
}

/// Everything that decides an experiment's result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// Its name; `experiment` if left out.
    #[serde(default = "unnamed")]
    pub name: String,
    /// All randomness.
    #[serde(default = "first_seed")]
    pub seed: u64,
    /// How often each unit is trained, with seeds `seed`, `seed + 1` and so on; the robot
    /// hears the same each time.
    #[serde(default = "once")]
    pub repeats: usize,
    /// How the corpus is cut; chosen by its number of speakers if left out
    /// ([`Protocol::suited`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Protocol>,
    /// Allows test speakers to be trained on, as some published folds have it. The report says
    /// so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared_speakers: bool,
    /// Leaves utterances whose robot recording cannot be scored (missing, silent, clipped through,
    /// of another length) out of the test in every condition. The report names them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leave_out_unusable: bool,
    /// Which folds: `all`, a number, or names (test speakers).
    #[serde(default = "all_folds")]
    pub folds: String,
    /// Who validates; chosen by the corpus if left out ([`Validation::suited`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<Validation>,
    /// Whether each presentation of an augmented utterance is drawn anew.
    #[serde(default)]
    pub presentation: Presentation,
    /// Which tasks; if left out, those that the corpus has labels for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<Task>,
    /// Scales of the dimensional task; if left out, those of the corpus
    /// ([`Corpus::usual_scales`](earnest_corpus::Corpus::usual_scales)).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scales: Vec<Scale>,
    /// With and without augmentation, and with parts of it.
    #[serde(default = "both_trainings")]
    pub trainings: Vec<Training>,
    /// Whether each of several corpora counts alike in training, however many utterances it has.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub balance: bool,
    /// The corpus, or several; if it is left out, whoever runs the experiment names one.
    #[serde(default)]
    pub corpus: Corpora,
    /// Its classes.
    #[serde(default)]
    pub classes: ClassSpec,
    /// Features of the user's own in place of those of the recipes' front ends. There are no
    /// waveforms then: nothing is augmented, and the robot condition is a table too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features_table: Option<FeatureTableSpec>,
    /// The robot condition. If nobody says one, and there are no other conditions, a simulated
    /// robot ([`Experiment::settle_robot`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robot: Option<RobotSpec>,
    /// Named conditions that are tested beside clean speech and the robot.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<ConditionSpec>,
    /// Noises and rooms.
    #[serde(default)]
    pub sources: SourceSpec,
    /// The augmentation; the paper's if left out.
    #[serde(default = "Chain::paper")]
    pub augmentation: Chain,
    /// Chains that recipes name ([`Recipe::chain`]).
    #[serde(default, skip_serializing_if = "Chains::is_empty")]
    pub chains: Chains,
    /// Recipes, of which each has a name of its own; the paper's two if left out.
    #[serde(default = "paper_recipes")]
    pub recipes: Vec<Recipe>,
    /// Written by Earnest: what everything was when it ran.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fingerprints: Fingerprints,
}

fn is_default(fingerprints: &Fingerprints) -> bool {
    *fingerprints == Fingerprints::default()
}

fn yes() -> bool {
    true
}

fn is_yes(yes: &bool) -> bool {
    *yes
}

fn first_seed() -> u64 {
    1
}

fn both_trainings() -> Vec<Training> {
    vec![Training::Clean, Training::Augmented]
}

fn paper_recipes() -> Vec<Recipe> {
    vec![
        Recipe::paper(Architecture::paper_rnn()),
        Recipe::paper(Architecture::paper_cnn()),
    ]
}

fn all_folds() -> String {
    "all".into()
}

fn once() -> usize {
    1
}

/// The most repeats and frozen copies: beyond what anyone trains, and small enough to count.
const MOST_REPEATS: usize = 1000;
const MOST_COPIES: usize = 1000;

/// The most memory for sounds: 1 PiB.
const MOST_MEMORY_MIB: u64 = 1 << 30;

/// The longest name of an experiment, in bytes: a folder is called so, and a job.
const LONGEST_NAME: usize = 100;

/// Refuses scales that are there twice, or in another order than models have them.
fn check_scales(scales: &[Scale]) -> Result<(), String> {
    match scales.windows(2).all(|pair| pair[0] < pair[1]) {
        true => Ok(()),
        false => {
            Err("scales: each is there once, in the order arousal, valence, dominance".to_owned())
        }
    }
}

/// Refuses a name that is not one plain file name: it becomes a folder below `runs/`, and
/// stands in tables and job names.
fn check_name(name: &str) -> Result<(), String> {
    let wrong = match RelativePath::new(name) {
        Err(error) => error.to_string(),
        Ok(path) if path.as_str() != name || name.contains('/') => {
            format!("{name:?} has a folder in it")
        }
        Ok(_) if name.trim() != name => format!("{name:?} begins or ends with a space"),
        Ok(_) if name.len() > LONGEST_NAME => {
            format!("{name:?} is longer than {LONGEST_NAME} bytes")
        }
        Ok(_) => return Ok(()),
    };
    Err(format!(
        "name: {wrong}; a run's folder is called so: take one plain file name, as in name = \"table1\""
    ))
}

impl Experiment {
    /// Table I of the paper on a corpus: both networks, both trainings, all folds; the tasks
    /// that the corpus has labels for. It is what `experiments/table1.toml` says.
    #[must_use]
    pub fn table1(corpus: PathBuf) -> Self {
        Self {
            name: "table1".into(),
            seed: 1,
            repeats: 1,
            protocol: None,
            shared_speakers: false,
            leave_out_unusable: false,
            folds: all_folds(),
            validation: None,
            presentation: Presentation::Fresh,
            tasks: Vec::new(),
            scales: Vec::new(),
            trainings: both_trainings(),
            balance: true,
            corpus: corpus.into(),
            classes: ClassSpec::default(),
            features_table: None,
            robot: Some(RobotSpec::default()),
            conditions: Vec::new(),
            sources: SourceSpec::default(),
            augmentation: Chain::paper(),
            chains: Chains::new(),
            recipes: paper_recipes(),
            fingerprints: Fingerprints::default(),
        }
    }

    /// True if it gives the same results as another: the same but for where things lie and how
    /// much memory they may take. Fingerprints say that what lies there is the same.
    #[must_use]
    pub fn gives_the_same_as(&self, other: &Self) -> bool {
        let nowhere = |experiment: &Self| {
            let mut e = experiment.clone();
            for corpus in &mut e.corpus.0 {
                corpus.path = PathBuf::new();
            }
            let conditions = e.conditions.iter_mut().map(|c| &mut c.heard);
            for heard in e.robot.iter_mut().chain(conditions) {
                heard.forget_place();
            }
            if let Some(table) = &mut e.features_table {
                table.path = PathBuf::new();
                table.robot = table.robot.as_ref().map(|_| PathBuf::new());
            }
            let sources = &mut e.sources;
            for folders in [
                &mut sources.noise,
                &mut sources.rooms,
                &mut sources.robot_noise,
                &mut sources.robot_rooms,
            ] {
                folders.0.fill(PathBuf::new());
            }
            sources.memory_mib = 0;
            e
        };
        nowhere(self) == nowhere(other)
    }

    /// From the text of a TOML file.
    ///
    /// # Errors
    /// A sentence with the line and what is wrong.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        let experiment: Self = toml_file::parse(text)?;
        experiment.check().map_err(|e| e.to_string())?;
        Ok(experiment)
    }

    /// As TOML.
    ///
    /// # Errors
    /// If a path is not UTF-8.
    pub fn to_toml(&self) -> Result<String, ExperimentError> {
        toml::to_string(self)
            .map_err(|e| ExperimentError::Setup(format!("cannot write the experiment: {e}")))
    }

    /// Refuses names and numbers that make no sense. An experiment that passes can be written
    /// and read again.
    ///
    /// # Errors
    /// [`ExperimentError::Setup`] with the key.
    pub fn check(&self) -> Result<(), ExperimentError> {
        let setup = ExperimentError::Setup;
        check_name(&self.name).map_err(setup)?;
        for recipe in &self.recipes {
            recipe
                .check()
                .map_err(|e| setup(format!("recipe {}: {e}", recipe.title())))?;
        }
        let mut names: Vec<&str> = self.recipes.iter().map(Recipe::title).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|w| w[0] == w[1]) {
            return Err(setup(format!(
                "two recipes are called {}; give each a name of its own (name = \"…\")",
                twice[0]
            )));
        }
        if self.recipes.is_empty() || self.trainings.is_empty() {
            return Err(setup(
                "an experiment needs at least one recipe and training".into(),
            ));
        }
        if !(1..=MOST_REPEATS).contains(&self.repeats) {
            return Err(setup(format!(
                "repeats must be 1 to {MOST_REPEATS}, not {}",
                self.repeats
            )));
        }
        // Each unit's seed is written, and a TOML file holds no larger number.
        let most = i64::MAX as u64 - self.repeats as u64;
        if self.seed > most {
            return Err(setup(format!(
                "seed must be at most {most}, not {}",
                self.seed
            )));
        }
        self.classes.check().map_err(setup)?;
        self.check_corpora().map_err(setup)?;
        check_scales(&self.scales).map_err(setup)?;
        for (i, task) in self.tasks.iter().enumerate() {
            if self.tasks[..i].contains(task) {
                return Err(setup(format!("tasks: {} is there twice", task.name())));
            }
        }
        for (i, training) in self.trainings.iter().enumerate() {
            if self.trainings[..i].contains(training) {
                return Err(setup(format!(
                    "trainings: {} is there twice",
                    training.name()
                )));
            }
        }
        if let Presentation::Copies(n) = self.presentation
            && !(1..=MOST_COPIES).contains(&n)
        {
            return Err(setup(format!("copies must be 1 to {MOST_COPIES}, not {n}")));
        }
        let augments = self.trainings.iter().any(|t| *t != Training::Clean);
        if augments {
            self.presentation
                .refuse_idle(&self.recipes)
                .map_err(setup)?;
        }
        for recipe in &self.recipes {
            let heard = augments.then_some(self.presentation);
            refuse_idle_validation_copies(recipe, heard).map_err(setup)?;
        }
        if self.sources.memory_mib > MOST_MEMORY_MIB {
            return Err(setup(format!(
                "memory_mib must be at most {MOST_MEMORY_MIB}, not {}",
                self.sources.memory_mib
            )));
        }
        self.sources.check()?;
        self.drawn()
            .check(&self.recipes, &self.trainings)
            .map_err(setup)?;
        if self.features_table.is_some() {
            self.check_beside_table().map_err(setup)?;
        }
        // Whatever else a program may put in: a path that is not UTF-8, a protocol that no
        // file could ask for.
        let again: Self = toml_file::parse(&self.to_toml()?)
            .map_err(|e| setup(format!("the experiment could not be read again: {e}")))?;
        if again != *self {
            return Err(setup(
                "the experiment would not be the same once written and read again: a path is not UTF-8, or a number is none".into(),
            ));
        }
        Ok(())
    }

    /// Refuses what goes with one corpus only, or with several only.
    fn check_corpora(&self) -> Result<(), String> {
        self.corpus.check()?;
        // Tasks that nobody named follow from the corpora: then `prepare` looks.
        if !self.tasks.is_empty() {
            self.corpus.refuse_idle_ranges(&self.tasks)?;
        }
        let several = self.corpus.are_several();
        if !(self.balance || several) {
            return Err(
                "balance has no effect: it needs several corpora, each under [[corpus]]".into(),
            );
        }
        for named in &self.conditions {
            ConditionSpec::check_name(&named.name)
                .map_err(|e| format!("condition {:?}: {e}", named.name))?;
        }
        check_conditions(&self.heard_in(), self.corpus.0.len())?;
        if let Some(protocol) = &self.protocol {
            protocol.check(several)?;
            let without = |t: &&Training| matches!(t, Training::Without(_));
            if let (Protocol::Cross(_), Some(part)) =
                (protocol, self.trainings.iter().find(without))
            {
                return Err(format!(
                    "trainings: {} goes with other protocols than {protocol}, whose tables are by pairs of corpora",
                    part.name()
                ));
            }
        }
        Ok(())
    }

    /// Refuses what has no effect where features come from a table.
    fn check_beside_table(&self) -> Result<(), String> {
        let no_effect = |what: &str| {
            Err(format!(
                "{what} has no effect beside features_table: a table has no waveforms that could be heard"
            ))
        };
        if self.trainings != [Training::Clean] {
            return Err(
                "features_table: a table has no waveforms that could be augmented; trainings must be [\"clean\"]".into(),
            );
        }
        if let Some(recipe) = self.recipes.iter().find(|r| r.is_ensemble()) {
            return Err(format!(
                "features_table: the recipe {} is an ensemble, whose members make their features of audio",
                recipe.title()
            ));
        }
        if matches!(self.robot, Some(RobotSpec::Recordings { .. })) {
            return no_effect("robot.kind = \"recordings\"");
        }
        if !self.conditions.is_empty() {
            return no_effect("conditions");
        }
        if !(self.sources.noise.is_empty() && self.sources.rooms.is_empty()) {
            return no_effect("sources");
        }
        let usual = |r: &Recipe| Recipe::paper(r.architecture.clone()).features;
        match self.recipes.iter().find(|r| r.features != usual(r)) {
            None => Ok(()),
            Some(recipe) => no_effect(&format!("features of the recipe {}", recipe.title())),
        }
    }

    /// How many units it has with so many folds.
    #[must_use]
    pub fn unit_count(&self, folds: usize) -> usize {
        self.served().count() * self.trainings.len() * self.repeats * folds
    }

    /// Each task with each recipe that learns it, in the order in which they run.
    pub(crate) fn served(&self) -> impl Iterator<Item = (Task, &Recipe)> {
        let of_task = |task: &Task| {
            let task = *task;
            let serving = self.recipes.iter();
            serving
                .filter(move |recipe| recipe.serves(task))
                .map(move |recipe| (task, recipe))
        };
        self.tasks.iter().flat_map(of_task)
    }

    fn drawn(&self) -> Drawn<'_> {
        Drawn {
            named: &self.chains,
            usual: &self.augmentation,
        }
    }

    /// The chain of which training by a recipe of this experiment draws.
    #[must_use]
    pub fn chain_of(&self, recipe: &Recipe) -> Cow<'_, Chain> {
        self.drawn().of(recipe)
    }

    /// Every chain that training draws from, with the titles of the recipes that do: first the
    /// experiment's own.
    #[must_use]
    pub fn chains_drawn_from(&self) -> Vec<(Cow<'_, Chain>, Vec<&str>)> {
        let all = self.drawn().from(&self.recipes).into_iter();
        all.map(|(_, chain, titles)| (chain, titles)).collect()
    }

    /// Writes down the built-in chains that recipes name, so that the file says what they were.
    pub fn settle_chains(&mut self) {
        for name in self.recipes.iter().filter_map(|r| r.chain.as_ref()) {
            if let (false, Some(chain)) = (self.chains.contains_key(name), Chain::built_in(name)) {
                self.chains.insert(name.clone(), chain);
            }
        }
    }

    /// Writes down the robot that is meant where nobody says one: a simulated one, unless there are
    /// other conditions.
    pub fn settle_robot(&mut self) {
        if self.conditions.is_empty() {
            self.robot.get_or_insert_default();
        }
    }

    /// All conditions but clean speech, in their order: the robot, if it is tested, and the named ones.
    #[must_use]
    pub fn heard_in(&self) -> Vec<ConditionSpec> {
        let robot = match (&self.robot, self.conditions.is_empty()) {
            (None, true) => Some(RobotSpec::default()),
            (robot, _) => robot.clone(),
        };
        let robot = robot.map(ConditionSpec::robot);
        robot
            .into_iter()
            .chain(self.conditions.iter().cloned())
            .collect()
    }

    /// True if something is simulated here, so that sounds are held out for it.
    #[must_use]
    pub fn simulates(&self) -> bool {
        self.heard_in().iter().any(|c| c.heard.is_simulated())
    }

    /// True if recordings are tested.
    #[must_use]
    pub fn has_recordings(&self) -> bool {
        self.heard_in().iter().any(|c| !c.heard.is_simulated())
    }

    /// Names of the conditions that units are tested in, clean speech first.
    #[must_use]
    pub fn conditions(&self) -> Vec<String> {
        let mut names = vec![CLEAN.to_owned()];
        if !matches!(
            &self.features_table,
            Some(FeatureTableSpec { robot: None, .. })
        ) {
            names.extend(self.heard_in().into_iter().map(|c| c.name));
        }
        names
    }

    /// Names of what is predicted of a task: the classes, or the scales.
    fn outputs(&self, task: Task) -> Vec<String> {
        match task {
            Task::Categorical => self.classes.names.clone(),
            Task::Dimensional => self.scales.iter().map(|s| s.name().to_owned()).collect(),
        }
    }

    /// Refuses a unit that is none of this experiment's, whatever its fold.
    ///
    /// # Errors
    /// A phrase: what of it is another.
    pub(crate) fn require(&self, unit: &Unit) -> Result<(), String> {
        let title = unit.recipe.title();
        let recipe = self.recipes.iter().find(|r| r.title() == title);
        let seeds = (0..self.repeats as u64).map(|repeat| self.seed.wrapping_add(repeat));
        let checks = [
            (self.tasks.contains(&unit.task), "its task"),
            (recipe == Some(&unit.recipe), "its recipe"),
            (
                self.outputs(unit.task) == unit.outputs,
                "its classes or scales, or their order,",
            ),
            (self.trainings.contains(&unit.training), "its training"),
            (self.conditions() == unit.conditions, "its conditions"),
            (seeds.into_iter().any(|seed| seed == unit.seed), "its seed"),
        ];
        match checks.iter().find(|(is_own, _)| !is_own) {
            None => Ok(()),
            Some((_, what)) => Err(format!("{what} is not among the experiment's")),
        }
    }

    /// True if some recipe is a network's, for which somebody validates.
    #[must_use]
    pub fn has_network(&self) -> bool {
        let mut recipes = self.recipes.iter();
        recipes.any(Recipe::has_network)
    }

    /// True if some recipe is a baseline's, which learns from all who are not tested.
    #[must_use]
    pub fn has_baseline(&self) -> bool {
        let mut recipes = self.recipes.iter();
        recipes.any(|recipe| !recipe.has_network())
    }

    /// The units, in the order in which they run.
    #[must_use]
    pub fn units(&self, folds: &[Fold]) -> Vec<Unit> {
        let mut units = Vec::new();
        for (task, recipe) in self.served() {
            let (outputs, conditions) = (self.outputs(task), self.conditions());
            for fold in folds {
                for training in &self.trainings {
                    for repeat in 0..self.repeats as u64 {
                        units.push(Unit {
                            task,
                            outputs: outputs.clone(),
                            conditions: conditions.clone(),
                            recipe: recipe.clone(),
                            training: *training,
                            fold: match recipe.has_network() {
                                true => fold.clone(),
                                false => fold.clone().with_all_training(),
                            },
                            seed: self.seed.wrapping_add(repeat),
                        });
                    }
                }
            }
        }
        units
    }
}

/// The smallest piece of an experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// What is predicted.
    pub task: Task,
    /// Names of the outputs: the classes, or the scales.
    pub outputs: Vec<String>,
    /// The conditions that it is tested in.
    pub conditions: Vec<String>,
    /// By which network, trained how.
    pub recipe: Recipe,
    /// On what.
    pub training: Training,
    /// Who trains, validates and tests; nobody validates a baseline.
    pub fold: Fold,
    /// All randomness.
    pub seed: u64,
}

impl Unit {
    /// Its folder's name: unique in the experiment, safe in a file system.
    #[must_use]
    pub fn id(&self) -> String {
        self.called(self.recipe.title())
    }

    /// What its training draws from: what a recipe is called decides nothing, and recipes with the
    /// same engine draw alike, so that they differ in nothing but what they say.
    #[must_use]
    pub fn key(&self) -> Key {
        let text = self.called(self.recipe.architecture.name());
        Key::new(self.seed).with(text.as_str())
    }

    fn called(&self, recipe: &str) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let mut speaker: String = self.fold.name.chars().take(40).map(plain).collect();
        if speaker != self.fold.name {
            // Two names may look the same when made safe.
            let number = Key::new(0).with(self.fold.name.as_str()).number();
            speaker.push_str(&format!("-{:08x}", number >> 32));
        }
        format!(
            "{}-{recipe}-{}-fold_{speaker}-seed_{}",
            self.task.name(),
            self.training.name().replace(' ', "_"),
            self.seed
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_experiment_survives_its_own_toml_with_every_default_written_out() {
        let mut experiment = Experiment::table1("corpus".into());
        experiment.sources.noise = std::path::Path::new("noise").into();
        let text = experiment.to_toml().unwrap();
        for word in ["learning_rate", "probability", "snr_db", "patience"] {
            assert!(text.contains(word), "{word} is not in\n{text}");
        }
        assert_eq!(Experiment::from_toml(&text).unwrap(), experiment);
    }

    #[test]
    fn a_name_that_leaves_its_folder_or_its_line_is_refused() {
        let named = |name: &str| {
            let mut experiment = Experiment::table1("c".into());
            experiment.name = name.into();
            experiment
        };
        let long = "x".repeat(101);
        for name in [
            "",
            ".",
            "..",
            "../../x",
            "a/b",
            "/x",
            "./x",
            "a/",
            "a\\b",
            "a\n\\input{x}",
            "a\rb",
            "a\tb",
            "a\0b",
            " a",
            "a ",
            &long,
        ] {
            let error = named(name).check().unwrap_err().to_string();
            assert!(
                error.starts_with("name: ") && error.contains("plain"),
                "{error}"
            );
            // The same from a file, which is where names come from.
            let text = named(name).to_toml().unwrap();
            assert!(Experiment::from_toml(&text).is_err(), "{name:?}");
        }
        for name in ["table1", "my experiment", "v1.2", "Ärger-3", &long[..100]] {
            assert!(named(name).check().is_ok(), "{name:?}");
        }
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let text = Experiment::table1("c".into()).to_toml().unwrap();
        let wrong = text.replace("learning_rate", "lerning_rate");
        let error = Experiment::from_toml(&wrong).unwrap_err();
        assert!(
            error.contains("lerning_rate") && error.contains("line"),
            "{error}"
        );
        assert!(error.ends_with("did you mean `learning_rate`?"), "{error}");
        for (key, wrong) in [
            ("gain_db", "gain"),
            ("snr_db", "snr"),
            ("kind = \"rnn\"", "kind = \"rn\""),
        ] {
            assert!(text.contains(key), "{key} is not in\n{text}");
            let error = Experiment::from_toml(&text.replace(key, wrong)).unwrap_err();
            let known = key.trim_end_matches('"').rsplit('"').next().unwrap();
            assert!(error.contains(known), "{error}");
        }
    }
}
