//! How a network is trained (docs/paper.md, section 6).

mod members;

use earnest_features::FrontEndSettings;
use serde::{Deserialize, Serialize};

use crate::calibrate::Calibrate;
use crate::channels::Channels;
use crate::engine::{Architecture, ClassWeights, counted};
use crate::masks::Masks;
use crate::normalisation::{FeatureNormalisation, Normalisation};
use crate::schedule::{Schedule, cosine_rate};
use crate::task::Task;
pub(crate) use members::Share;
use members::features_of;

/// A named way to train: front end, engine and hyperparameters.
///
/// In files the keys from `learning_rate` on are a network's: a baseline is fitted at once, so there
/// they would have no effect, and are refused. What a file leaves out of the features is the
/// engine's usual front end: `lld32` for networks, `functionals` for baselines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RecipeFile", into = "RecipeFile")]
pub struct Recipe {
    /// What folders, tables and charts call it: 1 to 40 characters of a-z, A-Z, 0-9, `.`, `_` and
    /// `-`. Empty where nobody named it; [`Recipe::title`] then says the engine's name.
    pub name: String,
    /// The name of the augmentation that its training draws from, `paper`, `robust` or one that an
    /// experiment says under `[chains]`; that of the experiment if left out.
    pub chain: Option<String>,
    /// The front end: what makes features of waveforms, with its settings. Of an ensemble those of its
    /// members, side by side.
    pub features: FrontEndSettings,
    /// The engine, with its settings.
    pub architecture: Architecture,
    /// By whose statistics descriptors are normalised; the paper takes the training set's.
    pub normalise: Normalisation,
    /// The most that a normalised value may be, either way; none if it is not said.
    pub clip: Option<f64>,
    /// What is heard of a robot's recording with several channels.
    pub channels: Channels,
    /// Adam's first learning rate.
    pub learning_rate: f64,
    /// Every gradient value is clipped to plus or minus this.
    pub gradient_clip: f64,
    /// Utterances in a step.
    pub batch_size: usize,
    /// The most epochs trained.
    pub max_epochs: usize,
    /// Epochs without a better validation result after which the learning rate is halved.
    pub plateau: usize,
    /// Epochs without a better validation result after which training stops.
    pub patience: usize,
    /// `plateau` and `patience` count epochs of at least this many steps: on a corpus whose
    /// epoch is shorter, they last proportionally more epochs. (IEMOCAP has some 140 steps
    /// an epoch, EmoDB 9.)
    pub least_steps: usize,
    /// Decoupled weight decay ([`Adam`](crate::Adam)); none is 0.
    pub weight_decay: f64,
    /// How the learning rate goes over the epochs. In files `cosine` takes neither `plateau` nor,
    /// without `patience`, `least_steps`; where it is given no `patience`, that is a million here, and
    /// training does not end early.
    pub schedule: Schedule,
    /// Epochs in which the learning rate of [`Schedule::Cosine`] rises first; fewer than
    /// `max_epochs`.
    pub warmup_epochs: usize,
    /// Decay of an exponential moving average of the weights, step by step and bias-corrected:
    /// `a_t = a_{t-1} + (1 - d) / (1 - d^t) (w_t - a_{t-1})`, running statistics included. It is what is
    /// validated and kept; none if it is not said.
    pub average: Option<f64>,
    /// Share of an utterance's probability that the cross-entropy spreads over all classes (label
    /// smoothing); none is 0. Of the categorical task only.
    pub label_smoothing: f64,
    /// How much utterances of each class count in the cross-entropy; all alike if it is not said. Of
    /// the categorical task only. A baseline that has such weights has them in its architecture.
    pub class_weights: ClassWeights,
    /// Stretches of frames that are masked in each training utterance, drawn anew in each epoch.
    pub mask_frames: Option<Masks>,
    /// Stretches of columns that are masked likewise.
    pub mask_columns: Option<Masks>,
    /// Each training utterance is mixed with another of its batch, by a share from Beta(a, a) with this
    /// a, and what is wanted of it likewise (mixup); none if it is not said. A mixture is as long as its
    /// first utterance; the other is repeated, or cut.
    pub mixup: Option<f64>,
    /// True if a network is trained a second time, on those who validate, too, once all is chosen on them: the
    /// temperature and the threshold stay the first training's, and the last epoch of the second is kept. Of
    /// [`Schedule::Cosine`] without `patience`, which ends when it is to end.
    pub refit: bool,
    /// Augmented copies of each utterance that validates, beside it as it is: what chooses the best epoch, the
    /// temperature and the threshold. The paper has none; trained on clean waveforms nobody hears any.
    pub validation_copies: usize,
    /// How probabilities are made honest on the utterances that validate, after training
    /// ([`Calibration`](crate::Calibration)); not at all if left out.
    pub calibrate: Option<Calibrate>,
    /// The share of the utterances that validate whose answers are certain, above 0 to 1; the others
    /// are the least sure, and say where `uncertain` begins. Nothing is uncertain if left out.
    pub coverage: Option<f64>,
    /// What an ensemble is made of, each a recipe of its own; empty of anything else.
    pub members: Vec<Self>,
}

/// A recipe as files have it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecipeFile {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chain: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    features: Option<FrontEndSettings>,
    architecture: Architecture,
    #[serde(default)]
    normalise: Normalisation,
    #[serde(default, skip_serializing_if = "Channels::is_mean")]
    channels: Channels,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clip: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    learning_rate: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gradient_clip: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    batch_size: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_epochs: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    plateau: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    patience: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    least_steps: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weight_decay: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    schedule: Option<Schedule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    warmup_epochs: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    average: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label_smoothing: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    class_weights: Option<ClassWeights>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mask_frames: Option<Masks>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mask_columns: Option<Masks>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mixup: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refit: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    validation_copies: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    calibrate: Option<Calibrate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    coverage: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    members: Vec<RecipeFile>,
}

impl RecipeFile {
    /// Refuses keys of one schedule beside another.
    fn refuse_idle_of_schedule(&self) -> Result<(), String> {
        let is_cosine = self.schedule == Some(Schedule::Cosine);
        let counts = self.patience.is_some();
        let idle = [
            (
                is_cosine && self.plateau.is_some(),
                "plateau has no effect beside schedule = \"cosine\", which waits for none",
            ),
            (
                is_cosine && !counts && self.least_steps.is_some(),
                "least_steps has no effect beside schedule = \"cosine\" without patience: it says how long that lasts",
            ),
            (
                !is_cosine && self.warmup_epochs.is_some(),
                "warmup_epochs has no effect without schedule = \"cosine\"",
            ),
        ];
        match idle.into_iter().find(|(is_idle, _)| *is_idle) {
            Some((_, why)) => Err(why.to_owned()),
            None => Ok(()),
        }
    }
}

impl TryFrom<RecipeFile> for Recipe {
    type Error = String;

    fn try_from(file: RecipeFile) -> Result<Self, String> {
        if !file.architecture.is_network() {
            let of_networks = [
                ("learning_rate", file.learning_rate.is_some()),
                ("gradient_clip", file.gradient_clip.is_some()),
                ("batch_size", file.batch_size.is_some()),
                ("max_epochs", file.max_epochs.is_some()),
                ("plateau", file.plateau.is_some()),
                ("patience", file.patience.is_some()),
                ("least_steps", file.least_steps.is_some()),
                ("weight_decay", file.weight_decay.is_some()),
                ("schedule", file.schedule.is_some()),
                ("warmup_epochs", file.warmup_epochs.is_some()),
                ("average", file.average.is_some()),
                ("label_smoothing", file.label_smoothing.is_some()),
                ("class_weights", file.class_weights.is_some()),
                ("mask_frames", file.mask_frames.is_some()),
                ("mask_columns", file.mask_columns.is_some()),
                ("mixup", file.mixup.is_some()),
                ("refit", file.refit.is_some()),
            ];
            if let Some((key, _)) = of_networks.iter().find(|(_, given)| *given) {
                return Err(match &file.architecture {
                    Architecture::Ensemble(_) => {
                        format!("{key} has no effect on an ensemble; say it of its members")
                    }
                    baseline => format!(
                        "{key} has no effect on the {}: it is fitted at once, not trained in epochs",
                        baseline.name()
                    ),
                });
            }
        }
        file.refuse_idle_of_schedule()?;
        if let Some(n @ 0) = file.validation_copies {
            counted("validation_copies", n, MOST_COPIES)?;
        }
        // Here, so that what is wrong with a member says which one it is.
        let members = (1..).zip(file.members).map(|(number, member)| {
            Self::try_from(member).map_err(|why| format!("members[{number}]: {why}"))
        });
        let members = members.collect::<Result<Vec<Self>, String>>()?;
        let schedule = file.schedule.unwrap_or_default();
        let mut usual = Self::paper(file.architecture);
        if usual.is_ensemble() {
            usual.features = features_of(&members);
        }
        if schedule == Schedule::Cosine {
            usual.patience = MOST;
        }
        Ok(Self {
            name: file.name,
            chain: file.chain,
            features: file.features.unwrap_or(usual.features),
            architecture: usual.architecture,
            normalise: file.normalise,
            clip: file.clip,
            channels: file.channels,
            learning_rate: file.learning_rate.unwrap_or(usual.learning_rate),
            gradient_clip: file.gradient_clip.unwrap_or(usual.gradient_clip),
            batch_size: file.batch_size.unwrap_or(usual.batch_size),
            max_epochs: file.max_epochs.unwrap_or(usual.max_epochs),
            plateau: file.plateau.unwrap_or(usual.plateau),
            patience: file.patience.unwrap_or(usual.patience),
            least_steps: file.least_steps.unwrap_or(usual.least_steps),
            weight_decay: file.weight_decay.unwrap_or(usual.weight_decay),
            schedule,
            warmup_epochs: file.warmup_epochs.unwrap_or(usual.warmup_epochs),
            average: file.average,
            label_smoothing: file.label_smoothing.unwrap_or(usual.label_smoothing),
            class_weights: file.class_weights.unwrap_or(usual.class_weights),
            mask_frames: file.mask_frames,
            mask_columns: file.mask_columns,
            mixup: file.mixup,
            refit: file.refit.unwrap_or(false),
            validation_copies: file.validation_copies.unwrap_or(0),
            calibrate: file.calibrate,
            coverage: file.coverage,
            members,
        })
    }
}

impl From<Recipe> for RecipeFile {
    fn from(recipe: Recipe) -> Self {
        let is_network = recipe.architecture.is_network();
        let waits = recipe.schedule == Schedule::Plateau;
        let counts = recipe.ends_early();
        let counted = |n: usize| is_network.then_some(n);
        let rate = |x: f64| is_network.then_some(x);
        Self {
            name: recipe.name,
            chain: recipe.chain,
            // An ensemble's are its members'.
            features: recipe.members.is_empty().then_some(recipe.features),
            architecture: recipe.architecture,
            normalise: recipe.normalise,
            clip: recipe.clip,
            channels: recipe.channels,
            learning_rate: rate(recipe.learning_rate),
            gradient_clip: rate(recipe.gradient_clip),
            batch_size: counted(recipe.batch_size),
            max_epochs: counted(recipe.max_epochs),
            plateau: counted(recipe.plateau).filter(|_| waits),
            patience: counted(recipe.patience).filter(|_| counts),
            least_steps: counted(recipe.least_steps).filter(|_| counts),
            weight_decay: rate(recipe.weight_decay).filter(|decay| *decay != 0.0),
            schedule: (is_network && !waits).then_some(recipe.schedule),
            warmup_epochs: counted(recipe.warmup_epochs).filter(|n| *n != 0),
            average: recipe.average.filter(|_| is_network),
            label_smoothing: rate(recipe.label_smoothing).filter(|share| *share != 0.0),
            class_weights: (is_network && recipe.class_weights != ClassWeights::Equal)
                .then_some(recipe.class_weights),
            mask_frames: recipe.mask_frames.filter(|_| is_network),
            mask_columns: recipe.mask_columns.filter(|_| is_network),
            mixup: recipe.mixup.filter(|_| is_network),
            refit: recipe.refit.then_some(true),
            validation_copies: (recipe.validation_copies > 0).then_some(recipe.validation_copies),
            calibrate: recipe.calibrate,
            coverage: recipe.coverage,
            members: recipe.members.into_iter().map(Into::into).collect(),
        }
    }
}

impl Recipe {
    /// The most characters of a name: it heads the rows of tables.
    pub const MOST_OF_NAME: usize = 40;

    /// The names of recipes that need no file: those of the paper's two networks, the one for robots that nobody
    /// heard in training (`recipes/robust.toml`, docs/robust.md), the CRNN in its usual sizes, and the baselines, each on
    /// functionals.
    pub const BUILT_IN: [&'static str; 8] = [
        PAPER_RNN, PAPER_CNN, ROBUST, CRNN, "svm", "logistic", "svr", "ridge",
    ];

    /// The recipe of one of the names in [`Recipe::BUILT_IN`].
    #[must_use]
    pub fn built_in(name: &str) -> Option<Self> {
        let architecture = match name {
            PAPER_RNN => Architecture::paper_rnn(),
            PAPER_CNN => Architecture::paper_cnn(),
            CRNN => Architecture::crnn(),
            // A test reads it.
            ROBUST => return earnest_files::toml_file::parse(ROBUST_TOML).ok(),
            _ => Architecture::by_name(name).filter(|a| !a.is_network())?,
        };
        Some(Self::paper(architecture))
    }

    /// The paper's training of an engine; where the paper is silent, our choices: halve
    /// after 4 epochs (of at least 50 steps) without improvement, stop after 12, 100 epochs
    /// at most. It is called `paper-rnn` or `paper-cnn` if the engine is exactly the paper's, and
    /// like its engine otherwise. A baseline hears functionals; its keys of epochs say nothing.
    #[must_use]
    pub fn paper(architecture: Architecture) -> Self {
        let name = if architecture == Architecture::paper_rnn() {
            PAPER_RNN
        } else if architecture == Architecture::paper_cnn() {
            PAPER_CNN
        } else {
            architecture.name()
        };
        Self {
            name: name.to_owned(),
            chain: None,
            features: match architecture.is_network() {
                true => FrontEndSettings::default(),
                false => FrontEndSettings::by_name("functionals").unwrap_or_default(),
            },
            architecture,
            normalise: Normalisation::Corpus,
            clip: None,
            channels: Channels::Mean,
            learning_rate: 3e-4,
            gradient_clip: 1.0,
            batch_size: 32,
            max_epochs: 100,
            plateau: PLATEAU,
            patience: 12,
            least_steps: LEAST_STEPS,
            weight_decay: 0.0,
            schedule: Schedule::Plateau,
            warmup_epochs: 0,
            average: None,
            label_smoothing: 0.0,
            class_weights: ClassWeights::Equal,
            mask_frames: None,
            mask_columns: None,
            mixup: None,
            refit: false,
            validation_copies: 0,
            calibrate: None,
            coverage: None,
            members: Vec::new(),
        }
    }

    /// From the text of a TOML file.
    ///
    /// # Errors
    /// A sentence with the line and what is wrong, or with the key of a number that cannot be.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        let recipe: Self = earnest_files::toml_file::parse(text)?;
        recipe.check()?;
        Ok(recipe)
    }

    /// What it is called: its name, or its engine's if it has none.
    #[must_use]
    pub fn title(&self) -> &str {
        if self.name.is_empty() {
            self.architecture.name()
        } else {
            &self.name
        }
    }

    /// How its features are normalised.
    #[must_use]
    pub fn normalisation(&self) -> FeatureNormalisation {
        FeatureNormalisation {
            by: self.normalise,
            clip: self.clip,
        }
    }

    /// What it does beyond the paper's training, in words for a report, a phrase for each key.
    #[must_use]
    pub fn departures(&self) -> Vec<String> {
        let mut words = Vec::new();
        if self.refit {
            words.push("trained again on those who validated, too".to_owned());
        }
        match self.validation_copies {
            0 => {}
            1 => words.push("validated on an augmented copy, too".to_owned()),
            n => words.push(format!("validated on {n} augmented copies, too")),
        }
        if let Some(clip) = self.clip {
            words.push(format!("normalised values within ±{clip}"));
        }
        if self.weight_decay != 0.0 {
            words.push(format!("weight decay {}", self.weight_decay));
        }
        if let Some(decay) = self.average {
            words.push(format!("moving average of the weights ({decay} a step)"));
        }
        if self.label_smoothing != 0.0 {
            words.push(format!("label smoothing {}", self.label_smoothing));
        }
        if self.class_weights != ClassWeights::Equal {
            words.push(self.class_weights.words().to_owned());
        }
        words.extend(self.mask_frames.map(|masks| masks.words("frames")));
        words.extend(self.mask_columns.map(|masks| masks.words("columns")));
        if let Some(alpha) = self.mixup {
            words.push(format!(
                "utterances mixed in pairs by Beta({alpha}, {alpha})"
            ));
        }
        if self.schedule == Schedule::Cosine {
            words.push(match self.warmup_epochs {
                0 => "learning rate by half a cosine".to_owned(),
                1 => "learning rate rising for 1 epoch, then by half a cosine".to_owned(),
                n => format!("learning rate rising for {n} epochs, then by half a cosine"),
            });
        }
        words
    }

    /// Calls it otherwise: its title, as much as there is room for, and something behind it.
    pub fn call_otherwise(&mut self, behind: &str) {
        let room = Self::MOST_OF_NAME.saturating_sub(behind.len());
        let title: String = self.title().chars().take(room).collect();
        self.name = title + behind;
    }

    /// True if training ends when validation gets no better: always, but for
    /// [`Schedule::Cosine`] without `patience`.
    #[must_use]
    pub fn ends_early(&self) -> bool {
        self.schedule == Schedule::Plateau || self.patience < MOST
    }

    /// How many epochs of `utterances` a `plateau` or `patience` of `epochs` lasts.
    #[must_use]
    pub fn lasting(&self, epochs: usize, utterances: usize) -> usize {
        let steps = utterances.div_ceil(self.batch_size.max(1)).max(1);
        epochs.max(epochs.saturating_mul(self.least_steps).div_ceil(steps))
    }

    /// What is wrong with the name or the numbers, if anything. A recipe that passes can be trained, and
    /// what is written of it can be read again.
    ///
    /// # Errors
    /// A sentence that names the key.
    pub fn check(&self) -> Result<(), String> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        if self.name.len() > Self::MOST_OF_NAME || !self.name.chars().all(is_plain) {
            return Err(format!(
                "name must be 1 to {} characters of a-z, A-Z, 0-9, '.', '_' and '-', not {:?}",
                Self::MOST_OF_NAME,
                self.name
            ));
        }
        if matches!(self.name.as_str(), "." | "..") {
            // Folders are called by it, and these are folders already.
            return Err(format!("name must not be {:?}", self.name));
        }
        if let Some(chain) = &self.chain
            && (chain.is_empty()
                || chain.len() > Self::MOST_OF_NAME
                || !chain.chars().all(is_plain))
        {
            return Err(format!(
                "chain must be a name of 1 to {} characters of a-z, A-Z, 0-9, '.', '_' and '-', not {chain:?}; steps stand in the experiment, under [chains.NAME]",
                Self::MOST_OF_NAME
            ));
        }
        self.architecture.check()?;
        self.check_members()?;
        let front_end = self.features.as_front_end();
        front_end.check().map_err(|e| format!("features.{e}"))?;
        self.check_normalisation()?;
        self.check_calibration()?;
        if !self.architecture.is_network() {
            return self.check_known_name();
        }
        counted("batch_size", self.batch_size, MOST)?;
        counted("max_epochs", self.max_epochs, MOST)?;
        counted("plateau", self.plateau, MOST)?;
        counted("patience", self.patience, MOST)?;
        counted("least_steps", self.least_steps, MOST)?;
        within("learning_rate", self.learning_rate, 1e-9, 1.0)?;
        within("gradient_clip", self.gradient_clip, 1e-6, 1e6)?;
        if self.weight_decay != 0.0 {
            within("weight_decay", self.weight_decay, 1e-9, 1.0)?;
        }
        if let Some(decay) = self.average {
            within("average", decay, 0.5, 0.99999)?;
        }
        if self.label_smoothing != 0.0 {
            within("label_smoothing", self.label_smoothing, 1e-6, 0.9)?;
        }
        for (key, masks) in [
            ("mask_frames", self.mask_frames),
            ("mask_columns", self.mask_columns),
        ] {
            masks.map_or(Ok(()), |masks| masks.check(key))?;
        }
        if self.mask_frames.is_some() && !self.features.as_front_end().row_s().is_finite() {
            return Err(format!(
                "mask_frames has no effect: {} makes one row of a recording",
                self.features.as_front_end().words()
            ));
        }
        if let Some(alpha) = self.mixup {
            within("mixup", alpha, 0.05, 4.0)?;
            if self.batch_size == 1 {
                return Err(
                    "mixup has no effect where batch_size is 1: it mixes utterances of a batch"
                        .into(),
                );
            }
        }
        self.check_schedule()?;
        self.check_known_name()
    }
}

/// Refuses a number out of bounds by its key.
fn within(name: &str, value: f64, least: f64, most: f64) -> Result<(), String> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err(format!("{name} must be {least} to {most}, not {value}"))
    }
}

impl Recipe {
    /// Refuses a limit that makes no sense, and a normalisation that leaves nothing.
    fn check_normalisation(&self) -> Result<(), String> {
        if let Some(clip) = self.clip {
            within("clip", clip, 0.5, 1000.0)?;
        }
        if !self.normalise.is_of_segment() {
            return Ok(());
        }
        let name = self.normalise.name();
        let front_end = self.features.as_front_end();
        if !front_end.row_s().is_finite() {
            return Err(format!(
                "normalise is {name:?}, but {} makes one row of a recording, which without its own mean is 0; normalise otherwise, or take features with more rows",
                front_end.words()
            ));
        }
        if !self.architecture.is_network() {
            return Err(format!(
                "normalise is {name:?}, but the {} hears the mean over an utterance's rows, which would be 0; normalise otherwise",
                self.architecture.name()
            ));
        }
        Ok(())
    }

    /// Refuses keys that have no effect on any of some tasks.
    ///
    /// # Errors
    /// A sentence that names the key.
    pub fn refuse_idle(&self, tasks: &[Task]) -> Result<(), String> {
        let of_classes = |recipe: &Self| {
            let given = [
                ("label_smoothing", recipe.label_smoothing != 0.0),
                ("class_weights", recipe.class_weights != ClassWeights::Equal),
            ];
            given
                .into_iter()
                .filter(|(_, given)| *given)
                .map(|(key, _)| key)
        };
        // With a member that learns classes alone it is written for both tasks, each time it is used for one.
        let is_for_both = self.members.iter().any(|m| !m.serves(Task::Dimensional));
        if tasks.contains(&Task::Categorical) || is_for_both {
            return Ok(());
        }
        let own = of_classes(self).chain(self.keys_of_calibration());
        let own = own.map(|key| (String::new(), key));
        let of_members = (1..).zip(&self.members).flat_map(|(number, member)| {
            of_classes(member).map(move |key| (format!("members[{number}] of "), key))
        });
        match own.chain(of_members).next() {
            Some((whose, key)) => Err(format!(
                "{whose}the recipe {} has {key}, which has no effect on the dimensional task: it is about classes",
                self.title()
            )),
            None => Ok(()),
        }
    }

    fn check_schedule(&self) -> Result<(), String> {
        let rising = self.warmup_epochs;
        if self.refit && self.ends_early() {
            return Err("refit needs schedule = \"cosine\" without patience: a training whose end is chosen on utterances that validate cannot be done again without any".into());
        }
        match self.schedule {
            Schedule::Plateau if rising != 0 => Err(format!(
                "warmup_epochs is {rising}, which has no effect without schedule = \"cosine\""
            )),
            Schedule::Cosine if self.plateau != PLATEAU => Err(format!(
                "plateau is {}, which has no effect beside schedule = \"cosine\"",
                self.plateau
            )),
            Schedule::Cosine if !self.ends_early() && self.least_steps != LEAST_STEPS => {
                Err(format!(
                    "least_steps is {}, which has no effect beside schedule = \"cosine\" without patience",
                    self.least_steps
                ))
            }
            Schedule::Cosine if rising >= self.max_epochs => Err(format!(
                "warmup_epochs must be less than max_epochs, which is {}, not {rising}",
                self.max_epochs
            )),
            _ => Ok(()),
        }
    }

    /// The keys of what is chosen on the utterances that validate, as far as they are given.
    #[must_use]
    pub fn keys_of_calibration(&self) -> Vec<&'static str> {
        let calibrate = self.calibrate.map(|_| "calibrate");
        let coverage = self.coverage.map(|_| "coverage");
        calibrate.into_iter().chain(coverage).collect()
    }

    /// Refuses what is to be chosen on utterances that validate where nobody validates, and a share
    /// that is none.
    fn check_calibration(&self) -> Result<(), String> {
        let copies = (self.validation_copies > 0).then_some("validation_copies");
        let keys: Vec<&str> = (copies.into_iter())
            .chain(self.keys_of_calibration())
            .collect();
        if let (false, [key, ..]) = (self.has_network(), keys.as_slice()) {
            return Err(format!(
                "{key} has no effect on the {}: it is about utterances that validate, and nobody validates for {}",
                self.architecture.name(),
                match self.is_ensemble() {
                    true => "an ensemble without a network",
                    false => "a baseline, which learns from all",
                }
            ));
        }
        if self.validation_copies > 0 {
            counted("validation_copies", self.validation_copies, MOST_COPIES)?;
        }
        match self.coverage {
            Some(share) if !(share > 0.0 && share <= 1.0) => {
                Err(format!("coverage must be above 0 to 1, not {share}"))
            }
            _ => Ok(()),
        }
    }

    /// The learning rate of an epoch, from 0, if the schedule alone says it.
    #[must_use]
    pub fn scheduled_rate(&self, epoch: usize) -> Option<f64> {
        let (first, rising) = (self.learning_rate, self.warmup_epochs);
        match self.schedule {
            Schedule::Plateau => None,
            Schedule::Cosine => Some(cosine_rate(first, epoch, rising, self.max_epochs)),
        }
    }

    /// Refuses the name of a network of the paper, or of an engine, for another.
    fn check_known_name(&self) -> Result<(), String> {
        let name = self.name.as_str();
        let architecture = &self.architecture;
        let is_other = match Self::built_in(name) {
            Some(own) if [PAPER_RNN, PAPER_CNN].contains(&name) => {
                own.architecture != *architecture
            }
            Some(own) if name == ROBUST => {
                let learns = |recipe: &Self| {
                    let of = |m: &Self| (m.features.clone(), m.architecture.clone());
                    recipe.members.iter().map(of).collect::<Vec<_>>()
                };
                own.architecture != *architecture || learns(&own) != learns(self)
            }
            _ => Architecture::NAMES.contains(&name) && architecture.name() != name,
        };
        match is_other {
            false => Ok(()),
            true => Err(format!(
                "name is {name:?}, which is what another recipe is called, and this one, of the kind {}, has other sizes or is another engine; give it a name of its own",
                architecture.name()
            )),
        }
    }
}

/// The usual `plateau` and `least_steps`.
const PLATEAU: usize = 4;
const LEAST_STEPS: usize = 50;

/// The most augmented copies of an utterance that validates.
const MOST_COPIES: usize = 100;

const PAPER_RNN: &str = "paper-rnn";
const PAPER_CNN: &str = "paper-cnn";
const ROBUST: &str = "robust";
const ROBUST_TOML: &str = include_str!("../recipes/robust.toml");
const CRNN: &str = "crnn";

/// The most of anything that a recipe counts. A million is as good as no limit, and what is
/// counted up to it cannot overflow.
const MOST: usize = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Rnn;

    #[test]
    fn every_number_of_a_recipe_has_bounds_and_the_sentence_names_its_key() {
        for name in Architecture::NETWORKS {
            let mut usual = Recipe::paper(Architecture::by_name(name).unwrap());
            usual.name = "mine".into();
            usual.clip = Some(4.0);
            usual.weight_decay = 0.01;
            usual.average = Some(0.98);
            usual.label_smoothing = 0.1;
            usual.mixup = Some(0.4);
            let json = serde_json::to_value(&usual).unwrap();
            let changed = |key: &str, number: serde_json::Value| {
                let mut json = json.clone();
                let of = if json.get(key).is_some() {
                    &mut json
                } else {
                    &mut json["architecture"]
                };
                of[key] = number;
                serde_json::from_value::<Recipe>(json).unwrap()
            };
            let numbers = [&json, &json["architecture"]]
                .into_iter()
                .flat_map(|j| j.as_object().unwrap())
                .filter(|(_, value)| value.is_number());
            let mut keys = 0;
            for (key, value) in numbers {
                keys += 1;
                let refused = |number: serde_json::Value| {
                    let error = changed(key, number).check().unwrap_err();
                    assert!(error.starts_with(key) && error.contains("not"), "{error}");
                };
                if value.is_u64() {
                    for n in [0, 1_000_001, u64::MAX] {
                        refused(n.into());
                    }
                    if key != "batch_size" {
                        // Of one utterance there are no pairs to mix.
                        assert_eq!(changed(key, 1.into()).check(), Ok(()), "{name}: {key}");
                    }
                } else {
                    for x in [-1.0, 1e7, f64::MAX] {
                        refused(x.into());
                    }
                    // A dropout may be as little as one likes.
                    if key != "dropout" {
                        refused(1e-300.into());
                    }
                }
            }
            // Seven of every recipe, and at least a size and the dropout of each engine.
            assert!(keys >= 9, "{name} has {keys} numbers");
        }
        // JSON has no such numbers, Rust and TOML do.
        for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let paper = Recipe::paper(Architecture::paper_rnn());
            let mut recipe = paper.clone();
            recipe.gradient_clip = x;
            assert!(recipe.check().unwrap_err().starts_with("gradient_clip"));
            let mut recipe = paper.clone();
            recipe.learning_rate = x;
            assert!(recipe.check().unwrap_err().starts_with("learning_rate"));
            let mut recipe = paper;
            recipe.architecture = Rnn {
                dropout: x,
                ..Rnn::default()
            }
            .into();
            assert!(recipe.check().unwrap_err().starts_with("dropout"));
        }
    }

    #[test]
    fn a_recipe_has_a_name_that_can_be_a_folder_or_it_has_its_engines() {
        let names = |recipe: &Recipe| (recipe.name.clone(), recipe.title().to_owned());
        for name in Recipe::BUILT_IN {
            let recipe = Recipe::built_in(name).unwrap();
            assert_eq!(names(&recipe), (name.into(), name.into()));
            assert_eq!(recipe.check(), Ok(()));
        }
        assert_eq!(Recipe::built_in("paper"), None);
        let smaller = Recipe::paper(Architecture::rnn(2, 48));
        assert_eq!(names(&smaller), ("rnn".into(), "rnn".into()));
        // As files of before there were names have it; and they are written as they were.
        let json = r#"{"architecture":{"kind":"cnn","layers":3,"filters":128,"kernel":5}}"#;
        let mut recipe: Recipe = serde_json::from_str(json).unwrap();
        assert_eq!(names(&recipe), (String::new(), "cnn".into()));
        let written = serde_json::to_value(&recipe).unwrap();
        assert!(written.get("name").is_none());
        assert_eq!(recipe.check(), Ok(()));
        for good in ["a", "Big.RNN_2-x", &"x".repeat(40)] {
            recipe.name = good.to_owned();
            assert_eq!(recipe.check(), Ok(()), "{good}");
        }
        for bad in ["a b", "a/b", "ä", "..", ".", "a\n", &"x".repeat(41)] {
            recipe.name = bad.to_owned();
            let error = recipe.check().unwrap_err();
            assert!(
                error.starts_with("name") && error.contains("not"),
                "{error}"
            );
        }
    }

    #[test]
    fn what_would_leave_nothing_of_an_utterance_is_refused_and_clip_is_for_all() {
        for by in ["segment", "segment_mean"] {
            let of = |rest: &str| Recipe::from_toml(&format!("normalise = {by:?}\n{rest}"));
            let lld = "features = { name = \"lld32\" }\n";
            assert!(of("architecture = { kind = \"cnn\" }").is_ok());
            let error = of(&format!("{lld}architecture = {{ kind = \"svm\" }}")).unwrap_err();
            assert!(error.contains("the svm hears the mean"), "{error}");
            let row = "features = { name = \"functionals\" }\narchitecture = { kind = \"cnn\" }";
            let error = of(row).unwrap_err();
            assert!(error.contains("one row of a recording"), "{error}");
        }
        for kind in Architecture::NAMES {
            let recipe =
                Recipe::from_toml(&format!("clip = 4\narchitecture = {{ kind = {kind:?} }}"));
            let recipe = recipe.unwrap();
            assert_eq!(recipe.clip, Some(4.0));
            let json = serde_json::to_value(&recipe).unwrap();
            assert_eq!(serde_json::from_value::<Recipe>(json).unwrap(), recipe);
        }
        let error = Recipe::from_toml("clip = 0.1\narchitecture = { kind = \"svm\" }");
        assert!(error.unwrap_err().contains("clip must be 0.5 to 1000"));
    }

    #[test]
    fn a_schedules_keys_without_it_and_a_plateau_beside_a_cosine_are_refused() {
        let network = "architecture = { kind = \"cnn\" }";
        let of = |keys: &str| Recipe::from_toml(&format!("{keys}\n{network}"));
        let cosine = of("schedule = \"cosine\"").unwrap();
        assert!(!cosine.ends_early());
        for keys in [
            "schedule = \"cosine\"",
            "schedule = \"cosine\"\nwarmup_epochs = 5",
            "schedule = \"cosine\"\npatience = 9\nleast_steps = 1",
            "schedule = \"plateau\"\nweight_decay = 0.01",
        ] {
            let recipe = of(keys).unwrap();
            let json = serde_json::to_value(&recipe).unwrap();
            for key in ["plateau", "patience", "least_steps", "warmup_epochs"] {
                let is_idle = match key {
                    "plateau" => recipe.schedule == Schedule::Cosine,
                    "warmup_epochs" => recipe.warmup_epochs == 0,
                    _ => !recipe.ends_early(),
                };
                assert_eq!(json.get(key).is_none(), is_idle, "{keys}: {key}");
            }
            assert_eq!(serde_json::from_value::<Recipe>(json).unwrap(), recipe);
        }
        for (keys, key) in [
            ("warmup_epochs = 5", "warmup_epochs"),
            ("schedule = \"cosine\"\nplateau = 4", "plateau"),
            ("schedule = \"cosine\"\nleast_steps = 4", "least_steps"),
            (
                "schedule = \"cosine\"\nmax_epochs = 5\nwarmup_epochs = 5",
                "warmup_epochs",
            ),
            ("weight_decay = 1.5", "weight_decay"),
            ("weight_decay = -0.1", "weight_decay"),
        ] {
            let error = of(keys).unwrap_err();
            assert!(error.contains(key), "{keys}: {error}");
        }
        for key in [
            "weight_decay = 0.1",
            "average = 0.98",
            "mixup = 0.4",
            "mask_frames = { count = 2, widest = 9 }",
            "class_weights = \"balanced\"",
            "label_smoothing = 0.1",
            "schedule = \"plateau\"",
        ] {
            let error = Recipe::from_toml(&format!("{key}\narchitecture = {{ kind = \"svm\" }}"));
            assert!(error.unwrap_err().contains("no effect on the svm"), "{key}");
        }
    }

    #[test]
    fn masks_have_bounds_and_frames_to_mask() {
        let of = |keys: &str, features: &str| {
            let features = format!("features = {{ name = {features:?} }}");
            let network = "architecture = { kind = \"cnn\" }";
            Recipe::from_toml(&format!("{keys}\n{features}\n{network}"))
        };
        let masks =
            "mask_frames = { count = 2, widest = 20 }\nmask_columns = { count = 1, widest = 4 }";
        let recipe = of(masks, "logmel").unwrap();
        let json = serde_json::to_value(&recipe).unwrap();
        assert_eq!(json["mask_frames"]["widest"], 20);
        assert_eq!(serde_json::from_value::<Recipe>(json).unwrap(), recipe);
        for (keys, word) in [
            (
                "mask_frames = { count = 0, widest = 20 }",
                "mask_frames.count must",
            ),
            (
                "mask_frames = { count = 101, widest = 20 }",
                "mask_frames.count must",
            ),
            (
                "mask_columns = { count = 1, widest = 0 }",
                "mask_columns.widest must",
            ),
            ("mask_columns = { count = 1 }", "widest"),
            ("mask_columns = { count = 1, widest = 2, most = 3 }", "most"),
        ] {
            let error = of(keys, "lld32").unwrap_err();
            assert!(error.contains(word), "{error}");
        }
        let error = of(masks, "functionals").unwrap_err();
        assert!(error.contains("one row of a recording"), "{error}");
        let columns = "mask_columns = { count = 1, widest = 4 }";
        assert!(of(columns, "functionals").is_ok());
    }

    #[test]
    fn what_is_chosen_on_validation_is_kept_where_it_is_asked_for_and_refused_where_nobody_validates()
     {
        let text = "calibrate = \"temperature\"\ncoverage = 0.8\narchitecture = { kind = \"cnn\" }";
        let recipe = Recipe::from_toml(text).unwrap();
        assert_eq!(recipe.calibrate, Some(Calibrate::Temperature));
        assert_eq!(recipe.keys_of_calibration(), ["calibrate", "coverage"]);
        let json = serde_json::to_value(&recipe).unwrap();
        assert_eq!(
            (&json["calibrate"], &json["coverage"]),
            (&"temperature".into(), &0.8.into())
        );
        assert_eq!(serde_json::from_value::<Recipe>(json).unwrap(), recipe);
        for key in ["calibrate = \"temperature\"", "coverage = 0.8"] {
            let text = format!("{key}\narchitecture = {{ kind = \"svm\" }}");
            let error = Recipe::from_toml(&text).unwrap_err();
            assert!(error.contains("has no effect on the svm"), "{error}");
            assert!(error.contains("nobody validates"), "{error}");
        }
        for share in [0.0, -0.1, 1.1, f64::NAN] {
            let mut recipe = recipe.clone();
            recipe.coverage = Some(share);
            assert!(recipe.check().unwrap_err().starts_with("coverage"));
        }
        let usual = serde_json::to_value(Recipe::paper(Architecture::paper_cnn())).unwrap();
        assert!(usual.get("calibrate").is_none() && usual.get("coverage").is_none());
    }

    #[test]
    fn patience_without_end_does_not_overflow() {
        let recipe = Recipe {
            batch_size: 0,
            least_steps: usize::MAX,
            ..Recipe::paper(Architecture::paper_rnn())
        };
        assert_eq!(recipe.lasting(usize::MAX, 1), usize::MAX);
        assert_eq!(recipe.lasting(0, 0), 0);
    }
}
