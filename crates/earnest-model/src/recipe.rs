//! How a network is trained (PAPER.md section 6).

use serde::{Deserialize, Serialize};

use crate::network::{Architecture, positive};
use crate::normalisation::Normalisation;

/// What is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// One of the emotions.
    Categorical,
    /// Arousal and valence.
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
    /// The network.
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
        epochs.max((epochs * self.least_steps).div_ceil(steps))
    }

    /// What is wrong with the numbers, if anything.
    ///
    /// # Errors
    /// A sentence that names the key.
    pub fn check(&self) -> Result<(), String> {
        self.architecture.check()?;
        positive("batch_size", self.batch_size)?;
        positive("max_epochs", self.max_epochs)?;
        positive("plateau", self.plateau)?;
        positive("patience", self.patience)?;
        positive("least_steps", self.least_steps)?;
        if !(self.learning_rate > 0.0 && self.learning_rate < 1.0) {
            return Err(format!(
                "learning_rate must lie between 0 and 1, not {}",
                self.learning_rate
            ));
        }
        if self.gradient_clip.is_nan() || self.gradient_clip <= 0.0 {
            return Err(format!(
                "gradient_clip must be above 0, not {}",
                self.gradient_clip
            ));
        }
        Ok(())
    }
}
