//! A list of steps, drawn anew for each presentation.

use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::limits::{MOST_LONGER, MOST_STEPS};
use crate::noise_reading::NoiseReading;
use crate::range::Range;
use crate::sources::Sources;
use crate::transform::Transform;
use earnest_files::toml_file;

/// A transform and how often it is used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Probability 0 .. 1 for each presentation.
    pub probability: f64,
    /// What is done.
    #[serde(flatten)]
    pub transform: Transform,
}

/// Steps in the order in which they are applied.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// Share of presentations that stay as they are, 0 and less than 1: no step is drawn for them. It is beside what
    /// the steps' own probabilities leave alone.
    #[serde(default, skip_serializing_if = "is_none")]
    pub unchanged: f64,
    /// The steps.
    pub steps: Vec<Step>,
}

fn is_none(share: &f64) -> bool {
    *share == 0.0
}

/// What goes beyond the paper: rooms, machines, microphones, levels.
const ROBUST: &str = include_str!("../chains/robust.toml");

impl Chain {
    /// The names of the chains that need no file.
    pub const BUILT_IN: [&'static str; 2] = ["paper", "robust"];

    /// The chain of one of the names in [`Chain::BUILT_IN`].
    #[must_use]
    pub fn built_in(name: &str) -> Option<Self> {
        match name {
            "paper" => Some(Self::paper()),
            "robust" => Self::from_toml(ROBUST).ok(),
            _ => None,
        }
    }

    /// The paper's chain (docs/paper.md, section 4): tempo, loudness, noise, room, each with
    /// probability 0.5.
    #[must_use]
    pub fn paper() -> Self {
        let step = |transform| Step {
            probability: 0.5,
            transform,
        };
        Self {
            unchanged: 0.0,
            steps: vec![
                step(Transform::Tempo {
                    factor: Range::new(0.85, 1.20),
                }),
                step(Transform::Loudness {
                    gain_db: Range::new(-6.0, 3.0),
                }),
                step(Transform::Noise {
                    ratio: Range::new(0.5, 0.9),
                    reading: NoiseReading::Amplitude,
                }),
                step(Transform::Room {}),
            ],
        }
    }

    /// From the text of a TOML file: a `[[steps]]` table for each step with `transform`,
    /// `probability` and the transform's ranges, each `[low, high]` or one number.
    ///
    /// # Errors
    /// A sentence with the line and what is wrong, unknown keys included.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        let chain: Self =
            toml_file::parse(text).map_err(|e| Self::step_at_fault(text).unwrap_or(e))?;
        chain.check()?;
        Ok(chain)
    }

    /// What is wrong with the first step that cannot be read, and on which line. (A transform
    /// is chosen by a key beside its own keys, so the parser only knows that it is a step.)
    fn step_at_fault(text: &str) -> Option<String> {
        let table: toml::Table = toml::from_str(text).ok()?;
        let steps = table.get("steps")?.as_array()?;
        let placed = DeTable::parse(text).ok()?;
        let places = placed.get_ref().get("steps")?.get_ref().as_array()?;
        let faulty = |(i, step): (usize, &toml::Value)| {
            let error = Step::deserialize(step.clone()).err()?;
            let at_fault = Self::key_at_fault(step, error.message());
            let error = toml_file::with_nearest(error.message());
            let error = match &at_fault {
                Some(key) if !error.contains(key) => format!("{key}: {error}"),
                _ => error,
            };
            // Of an unknown key or transform the message has the name.
            let said = error.split('`').nth(1).unwrap_or_default();
            let name = at_fault.as_deref().unwrap_or(said);
            let place = places.get(i)?;
            let inner = place.get_ref().as_table().and_then(|step| {
                let is_it = |(key, value): &(&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)| {
                    key.get_ref() == name || value.get_ref().as_str() == Some(name)
                };
                step.iter().find(is_it).map(|(key, _)| key.span().start)
            });
            let start = inner.unwrap_or(place.span().start);
            let line = 1 + text.get(..start)?.matches('\n').count();
            Some(format!("line {line}, step {}: {error}", i + 1))
        };
        steps.iter().enumerate().find_map(faulty)
    }

    /// The key without which a step would not fail as it does: of a value of the wrong type a
    /// message does not say whose it is.
    fn key_at_fault(step: &toml::Value, message: &str) -> Option<String> {
        let table = step.as_table()?;
        let mut keys = table.keys().filter(|key| *key != "transform");
        let found = keys.find(|key| {
            let mut without = table.clone();
            without.remove(*key);
            let error = Step::deserialize(toml::Value::Table(without)).err();
            error.is_none_or(|e| e.message() != message)
        });
        found.cloned()
    }

    /// True if one of its steps is this transform.
    #[must_use]
    pub fn has(&self, transform: &str) -> bool {
        self.steps
            .iter()
            .any(|step| step.transform.name() == transform)
    }

    /// True if no step is ever drawn.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.steps.iter().all(|step| step.probability <= 0.0)
    }

    /// The chain without the steps that have nothing to draw from.
    #[must_use]
    pub fn without_missing(mut self, sources: &Sources) -> Self {
        self.steps.retain(|step| !step.transform.lacks(sources));
        self
    }

    /// The chain without the steps of one transform.
    #[must_use]
    pub fn without(&self, transform: &str) -> Self {
        let mut chain = self.clone();
        chain
            .steps
            .retain(|step| step.transform.name() != transform);
        chain
    }

    /// What is wrong with the ranges and probabilities, if anything.
    ///
    /// # Errors
    /// A sentence that names the step.
    pub fn check(&self) -> Result<(), String> {
        if self.steps.len() > MOST_STEPS {
            return Err(format!(
                "steps: there are {} of them; {MOST_STEPS} are the most",
                self.steps.len()
            ));
        }
        if !(0.0..1.0).contains(&self.unchanged) {
            return Err(format!(
                "unchanged must be at least 0 and less than 1, not {}",
                self.unchanged
            ));
        }
        let mut longer = 1.0;
        for (i, step) in self.steps.iter().enumerate() {
            let at = i + 1;
            if !(0.0..=1.0).contains(&step.probability) {
                return Err(format!(
                    "step {at}: probability {} is not between 0 and 1",
                    step.probability
                ));
            }
            step.transform
                .check()
                .map_err(|e| format!("step {at}: {e}"))?;
            if let Transform::Tempo { factor } = &step.transform {
                longer /= factor.low.min(1.0);
            }
            if longer > MOST_LONGER {
                return Err(format!(
                    "step {at}: with the factor of this tempo, an utterance may become {longer:.0} times as long; {MOST_LONGER} times is the most"
                ));
            }
        }
        Ok(())
    }
}
