//! Which model a verb asks.

use std::path::PathBuf;

use clap::Args;
use earnest_model::Task;
use earnest_recogniser::Recogniser;

use super::must_hold_model;
use super::options::no_effect;
use crate::failure::Failure;

/// The model that answers.
#[derive(Args, Clone, Debug)]
pub struct ModelOption {
    /// Folder of the model [default: the starter that is built in]
    #[arg(long, value_name = "DIR")]
    pub model: Option<PathBuf>,
}

/// A threshold of certainty.
#[derive(Args, Clone, Debug)]
pub struct UncertainOption {
    /// Say `uncertain` beside answers whose largest probability is below this, instead of below the
    /// model's own threshold: 0 to 1, and 0 for never
    #[arg(long, value_name = "P", value_parser = probability)]
    pub uncertain_below: Option<f32>,
}

fn probability(text: &str) -> Result<f32, String> {
    let p: f32 = text.parse().map_err(|_| format!("{text:?} is no number"))?;
    match (0.0..=1.0).contains(&p) {
        true => Ok(p),
        false => Err("it is a probability, 0 to 1".to_owned()),
    }
}

impl UncertainOption {
    /// Refuses a threshold where there are no probabilities.
    pub fn check(&self, recogniser: &Recogniser) -> Result<(), Failure> {
        if self.uncertain_below.is_some() && recogniser.description().task == Task::Dimensional {
            no_effect(
                &["--uncertain-below"],
                "a model that answers with probabilities of classes, and this one answers with values on scales",
            )?;
        }
        Ok(())
    }
}

impl ModelOption {
    /// The model, which can be given audio, and what it is called in messages.
    pub fn open(&self) -> Result<(Recogniser, String), Failure> {
        let (recogniser, name) = match &self.model {
            Some(folder) => {
                must_hold_model("--model", folder)?;
                (Recogniser::load(folder)?, folder.display().to_string())
            }
            None => (Recogniser::starter()?, "the built-in starter".to_owned()),
        };
        // Before anything is heard: not every model can be given audio.
        recogniser
            .front_end()
            .map_err(|e| Failure::asked(format!("--model {name}: {e}")))?;
        Ok((recogniser, name))
    }

    /// The model's short name in messages and files: that of its folder, or `starter`.
    pub fn id(&self) -> String {
        let folder = self.model.as_ref().map(|folder| {
            let whole = folder.canonicalize().unwrap_or_else(|_| folder.clone());
            let name = whole.file_name().unwrap_or(whole.as_os_str());
            name.to_string_lossy().into_owned()
        });
        folder.unwrap_or_else(|| "starter".to_owned())
    }

    /// Says that the starter answers, where no model was named.
    pub fn tell(&self, recogniser: &Recogniser, name: &str) {
        if self.model.is_none() {
            let model = recogniser.description();
            tell!(
                "{name} answers: {}, {} training on {}; --model takes another, `earnest predict --card` says how well it does",
                model.recipe.title(),
                model.training,
                model.corpus.split(" (").next().unwrap_or_default()
            );
        }
    }
}
