//! How a network is trained (docs/paper.md, section 6).

use earnest_features::FrontEndSettings;
use serde::{Deserialize, Serialize};

use crate::channels::Channels;
use crate::engine::{Architecture, counted};
use crate::normalisation::Normalisation;

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
    /// The front end: what makes features of waveforms, with its settings.
    pub features: FrontEndSettings,
    /// The engine, with its settings.
    pub architecture: Architecture,
    /// By whose statistics descriptors are normalised; the paper takes the training set's.
    pub normalise: Normalisation,
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
}

/// A recipe as files have it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecipeFile {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    features: Option<FrontEndSettings>,
    architecture: Architecture,
    #[serde(default)]
    normalise: Normalisation,
    #[serde(default, skip_serializing_if = "Channels::is_mean")]
    channels: Channels,
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
            ];
            if let Some((key, _)) = of_networks.iter().find(|(_, given)| *given) {
                return Err(format!(
                    "{key} has no effect on the {}: it is fitted at once, not trained in epochs",
                    file.architecture.name()
                ));
            }
        }
        let usual = Self::paper(file.architecture);
        Ok(Self {
            name: file.name,
            features: file.features.unwrap_or(usual.features),
            architecture: usual.architecture,
            normalise: file.normalise,
            channels: file.channels,
            learning_rate: file.learning_rate.unwrap_or(usual.learning_rate),
            gradient_clip: file.gradient_clip.unwrap_or(usual.gradient_clip),
            batch_size: file.batch_size.unwrap_or(usual.batch_size),
            max_epochs: file.max_epochs.unwrap_or(usual.max_epochs),
            plateau: file.plateau.unwrap_or(usual.plateau),
            patience: file.patience.unwrap_or(usual.patience),
            least_steps: file.least_steps.unwrap_or(usual.least_steps),
        })
    }
}

impl From<Recipe> for RecipeFile {
    fn from(recipe: Recipe) -> Self {
        let is_network = recipe.architecture.is_network();
        let counted = |n: usize| is_network.then_some(n);
        let rate = |x: f64| is_network.then_some(x);
        Self {
            name: recipe.name,
            features: Some(recipe.features),
            architecture: recipe.architecture,
            normalise: recipe.normalise,
            channels: recipe.channels,
            learning_rate: rate(recipe.learning_rate),
            gradient_clip: rate(recipe.gradient_clip),
            batch_size: counted(recipe.batch_size),
            max_epochs: counted(recipe.max_epochs),
            plateau: counted(recipe.plateau),
            patience: counted(recipe.patience),
            least_steps: counted(recipe.least_steps),
        }
    }
}

impl Recipe {
    /// The most characters of a name: it heads the rows of tables.
    pub const MOST_OF_NAME: usize = 40;

    /// The names of recipes that need no file: those of the paper's two networks, the CRNN
    /// in its usual sizes, and the baselines, each on functionals.
    pub const BUILT_IN: [&'static str; 7] = [
        PAPER_RNN, PAPER_CNN, CRNN, "svm", "logistic", "svr", "ridge",
    ];

    /// The recipe of one of the names in [`Recipe::BUILT_IN`].
    #[must_use]
    pub fn built_in(name: &str) -> Option<Self> {
        let architecture = match name {
            PAPER_RNN => Architecture::paper_rnn(),
            PAPER_CNN => Architecture::paper_cnn(),
            CRNN => Architecture::crnn(),
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
            features: match architecture.is_network() {
                true => FrontEndSettings::default(),
                false => FrontEndSettings::by_name("functionals").unwrap_or_default(),
            },
            architecture,
            normalise: Normalisation::Corpus,
            channels: Channels::Mean,
            learning_rate: 3e-4,
            gradient_clip: 1.0,
            batch_size: 32,
            max_epochs: 100,
            plateau: 4,
            patience: 12,
            least_steps: 50,
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

    /// Calls it otherwise: its title, as much as there is room for, and something behind it.
    pub fn call_otherwise(&mut self, behind: &str) {
        let room = Self::MOST_OF_NAME.saturating_sub(behind.len());
        let title: String = self.title().chars().take(room).collect();
        self.name = title + behind;
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
        let front_end = self.features.as_front_end();
        front_end.check().map_err(|e| format!("features.{e}"))?;
        self.architecture.check()?;
        if !self.architecture.is_network() {
            return self.check_known_name();
        }
        counted("batch_size", self.batch_size, MOST)?;
        counted("max_epochs", self.max_epochs, MOST)?;
        counted("plateau", self.plateau, MOST)?;
        counted("patience", self.patience, MOST)?;
        counted("least_steps", self.least_steps, MOST)?;
        let within = |name: &str, value: f64, least: f64, most: f64| {
            if (least..=most).contains(&value) {
                Ok(())
            } else {
                Err(format!("{name} must be {least} to {most}, not {value}"))
            }
        };
        within("learning_rate", self.learning_rate, 1e-9, 1.0)?;
        within("gradient_clip", self.gradient_clip, 1e-6, 1e6)?;
        self.check_known_name()
    }
}

impl Recipe {
    /// Refuses the name of a network of the paper, or of an engine, for another.
    fn check_known_name(&self) -> Result<(), String> {
        let name = self.name.as_str();
        let architecture = &self.architecture;
        let is_other = match Self::built_in(name) {
            Some(own) if [PAPER_RNN, PAPER_CNN].contains(&name) => {
                own.architecture != *architecture
            }
            _ => Architecture::NAMES.contains(&name) && architecture.name() != name,
        };
        match is_other {
            false => Ok(()),
            true => Err(format!(
                "name is {name:?}, which is what another network is called, and this one is a {} of other sizes or another engine; give it a name of its own",
                architecture.name()
            )),
        }
    }
}

const PAPER_RNN: &str = "paper-rnn";
const PAPER_CNN: &str = "paper-cnn";
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
                    assert_eq!(changed(key, 1.into()).check(), Ok(()), "{name}: {key}");
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
