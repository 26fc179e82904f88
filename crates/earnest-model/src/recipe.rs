//! How a network is trained (docs/paper.md, section 6).

use earnest_features::FrontEndSettings;
use serde::{Deserialize, Serialize};

use crate::engine::{Architecture, counted};
use crate::normalisation::Normalisation;

/// What is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// One of the classes.
    Categorical,
    /// A value on each scale: arousal, valence and the like.
    Dimensional,
}

impl Task {
    /// `categorical` or `dimensional`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Categorical => "categorical",
            Self::Dimensional => "dimensional",
        }
    }
}

/// Network and hyperparameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The front end: what makes features of waveforms, with its settings.
    #[serde(default)]
    pub features: FrontEndSettings,
    /// The engine, with its settings.
    pub architecture: Architecture,
    /// By whose statistics descriptors are normalised; the paper takes the training set's.
    #[serde(default)]
    pub normalise: Normalisation,
    /// Adam's first learning rate.
    #[serde(default = "defaults::learning_rate")]
    pub learning_rate: f64,
    /// Every gradient value is clipped to plus or minus this.
    #[serde(default = "defaults::gradient_clip")]
    pub gradient_clip: f64,
    /// Utterances in a step.
    #[serde(default = "defaults::batch_size")]
    pub batch_size: usize,
    /// The most epochs trained.
    #[serde(default = "defaults::max_epochs")]
    pub max_epochs: usize,
    /// Epochs without a better validation result after which the learning rate is halved.
    #[serde(default = "defaults::plateau")]
    pub plateau: usize,
    /// Epochs without a better validation result after which training stops.
    #[serde(default = "defaults::patience")]
    pub patience: usize,
    /// `plateau` and `patience` count epochs of at least this many steps: on a corpus whose
    /// epoch is shorter, they last proportionally more epochs. (IEMOCAP has some 140 steps
    /// an epoch, EmoDB 9.)
    #[serde(default = "defaults::least_steps")]
    pub least_steps: usize,
}

/// What a file may leave out: the paper's training, our choices where the paper is silent.
mod defaults {
    pub fn learning_rate() -> f64 {
        3e-4
    }
    pub fn gradient_clip() -> f64 {
        1.0
    }
    pub fn batch_size() -> usize {
        32
    }
    pub fn max_epochs() -> usize {
        100
    }
    pub fn plateau() -> usize {
        4
    }
    pub fn patience() -> usize {
        12
    }
    pub fn least_steps() -> usize {
        50
    }
}

impl Recipe {
    /// The paper's training of a network; where the paper is silent, our choices: halve
    /// after 4 epochs (of at least 50 steps) without improvement, stop after 12, 100 epochs
    /// at most.
    #[must_use]
    pub fn paper(architecture: Architecture) -> Self {
        Self {
            features: FrontEndSettings::default(),
            architecture,
            normalise: Normalisation::Corpus,
            learning_rate: defaults::learning_rate(),
            gradient_clip: defaults::gradient_clip(),
            batch_size: defaults::batch_size(),
            max_epochs: defaults::max_epochs(),
            plateau: defaults::plateau(),
            patience: defaults::patience(),
            least_steps: defaults::least_steps(),
        }
    }

    /// How many epochs of `utterances` a `plateau` or `patience` of `epochs` lasts.
    #[must_use]
    pub fn lasting(&self, epochs: usize, utterances: usize) -> usize {
        let steps = utterances.div_ceil(self.batch_size.max(1)).max(1);
        epochs.max(epochs.saturating_mul(self.least_steps).div_ceil(steps))
    }

    /// What is wrong with the numbers, if anything. A recipe that passes can be trained, and
    /// what is written of it can be read again.
    ///
    /// # Errors
    /// A sentence that names the key.
    pub fn check(&self) -> Result<(), String> {
        let front_end = self.features.as_front_end();
        front_end.check().map_err(|e| format!("features.{e}"))?;
        self.architecture.check()?;
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
        within("gradient_clip", self.gradient_clip, 1e-6, 1e6)
    }
}

/// The most of anything that a recipe counts. A million is as good as no limit, and what is
/// counted up to it cannot overflow.
const MOST: usize = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Rnn;

    #[test]
    fn every_number_of_a_recipe_has_bounds_and_the_sentence_names_its_key() {
        let change = |key: &str, number: serde_json::Value| {
            let mut json = serde_json::to_value(Recipe::paper(Architecture::paper_cnn())).unwrap();
            let of = if json.get(key).is_some() {
                &mut json
            } else {
                &mut json["architecture"]
            };
            of[key] = number;
            serde_json::from_value::<Recipe>(json).unwrap()
        };
        let mut keys = 0;
        for key in [
            "batch_size",
            "max_epochs",
            "plateau",
            "patience",
            "least_steps",
            "layers",
            "filters",
            "kernel",
        ] {
            for n in [0, 1_000_001, u64::MAX] {
                let error = change(key, n.into()).check().unwrap_err();
                assert!(error.starts_with(key) && error.contains("not"), "{error}");
            }
            assert_eq!(change(key, 1.into()).check(), Ok(()), "{key}");
            keys += 1;
        }
        for key in ["learning_rate", "gradient_clip", "dropout"] {
            for x in [-1.0, 1e-300, 1e7, f64::MAX] {
                if key == "dropout" && x == 1e-300 {
                    continue;
                }
                let error = change(key, x.into()).check().unwrap_err();
                assert!(error.starts_with(key) && error.contains("not"), "{error}");
            }
            keys += 1;
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
        // Network, normalisation and pooling are words, not numbers.
        let json = serde_json::to_value(Recipe::paper(Architecture::paper_cnn())).unwrap();
        let numbers = json.as_object().unwrap().len() - 2
            + json["architecture"].as_object().unwrap().len()
            - 2;
        assert_eq!(
            keys, numbers,
            "a number of the recipe is not looked at here"
        );
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
