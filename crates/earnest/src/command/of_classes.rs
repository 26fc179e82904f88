//! What a test of a model of classes says beside its metrics: how far probabilities can be trusted, and
//! for whom it works.

use earnest_experiment::calibration::{FIGURES, reliability_by_speaker};
use earnest_experiment::groups::{FEW, Groups};
use earnest_experiment::number::{number, signed};
use earnest_experiment::{Calibrated, Evaluated, Interval, Prediction};
use earnest_model::Task;
use serde_json::{Value, json};

use super::text_table;

/// The coverages at which the accuracy is given.
const COVERAGES: [f64; 4] = [0.5, 0.7, 0.8, 0.9];

/// What a test of classes says.
pub struct OfClasses {
    /// None where an answer's numbers are no probabilities.
    calibrated: Option<Calibrated>,
    groups: Groups,
    /// The model's threshold.
    uncertain_below: Option<f32>,
    temperature: Option<f32>,
    classes: Vec<String>,
}

/// An interval in words.
fn words(interval: Option<Interval>) -> String {
    interval.map_or_else(String::new, |i| {
        format!(" ({} to {})", number(Some(i.low)), number(Some(i.high)))
    })
}

impl OfClasses {
    /// Of a test; `None` if it is of values on scales.
    pub fn of(evaluated: &Evaluated) -> Option<Self> {
        let description = &evaluated.description;
        if description.task != Task::Categorical {
            return None;
        }
        let all: Vec<&Prediction> = evaluated.predictions.iter().collect();
        let seed = reliability_by_speaker(all.iter().copied());
        let classes = description.outputs.clone();
        let calibration = description.calibration.as_ref();
        Some(Self {
            calibrated: seed.and_then(|seed| Calibrated::of(&[seed])),
            groups: Groups::of(&[all], classes.len(), &evaluated.traits),
            uncertain_below: description.uncertain_below(),
            temperature: calibration.and_then(|c| c.temperature),
            classes,
        })
    }

    /// How far probabilities can be trusted, as JSON; null where there are none.
    pub fn calibration_json(&self) -> Value {
        let Some(of) = &self.calibrated else {
            return Value::Null;
        };
        let [ece, log_loss, confidence] = of.figures;
        let [of_ece, of_log_loss, of_confidence] = of.intervals;
        let coverages = COVERAGES.map(|coverage| {
            json!({"coverage": coverage, "accuracy": of.reliability.accuracy_at(coverage)})
        });
        let mut value = json!({
            "ece": ece, "ece_interval": of_ece, "log_loss": log_loss, "log_loss_interval": of_log_loss,
            "confidence": confidence, "confidence_interval": of_confidence,
            "temperature": self.temperature, "uncertain_below": self.uncertain_below,
            "accuracy_by_coverage": coverages,
        });
        if let Some(below) = self.uncertain_below {
            let (uncertain, accuracy) = of.reliability.certain(below);
            value["uncertain"] = json!(uncertain);
            value["accuracy_of_certain"] = json!(accuracy);
        }
        value
    }

    /// For whom the model works, as JSON: recalls by the name of the class.
    pub fn groups_json(&self) -> Result<Value, serde_json::Error> {
        let mut value = serde_json::to_value(&self.groups)?;
        name_recalls(&mut value, &self.classes);
        Ok(value)
    }

    /// Prints both.
    pub fn print(&self) {
        match &self.calibrated {
            Some(of) => {
                say!("\nHow far probabilities can be trusted (95 % intervals over speakers):");
                let figures = FIGURES.iter().zip(of.figures).zip(of.intervals);
                for ((name, value), interval) in figures {
                    say!("  {name:<10} {}{}", number(value), words(interval));
                }
                let accuracy = |coverage: f64| {
                    let share = number(of.reliability.accuracy_at(coverage));
                    format!("{share} of the surest {} %", coverage * 100.0)
                };
                say!("  right      {}", COVERAGES.map(accuracy).join(", "));
                if let Some(below) = self.uncertain_below {
                    let (uncertain, right) = of.reliability.certain(below);
                    say!(
                        "  uncertain  {uncertain} of {} answers, whose largest probability is below {}; of the others {} are right",
                        of.reliability.answers(),
                        number(Some(f64::from(below))),
                        number(right)
                    );
                }
            }
            None => say!(
                "\nThe model's answers are no probabilities, so nothing is said of how far they can be trusted."
            ),
        }
        self.print_groups();
    }

    fn print_groups(&self) {
        let groups = &self.groups;
        let mut rows = Vec::new();
        let named = groups.sex.iter().map(|(name, of)| ("sex", name, of));
        let spoken = groups
            .language
            .iter()
            .map(|(name, of)| ("language", name, of));
        for (kind, name, of) in named.chain(spoken) {
            rows.push(vec![
                format!("{kind} {name}"),
                of.speakers.to_string(),
                of.utterances.to_string(),
                format!("{}{}", number(of.uar), words(of.interval)),
            ]);
        }
        if let Some(gap) = groups.sex_gap {
            let difference = signed(Some(gap.difference));
            rows.push(vec![
                "gap, female less male".to_owned(),
                "–".to_owned(),
                "–".to_owned(),
                format!("{difference}{}", words(gap.interval)),
            ]);
        }
        let mut speakers = groups.speakers.iter();
        if let Some(only) = speakers.next().filter(|_| groups.speakers.len() == 1) {
            rows.push(of_speaker("speaker", only));
        }
        if let Some(worst) = groups.worst() {
            rows.push(of_speaker("worst speaker", worst));
        }
        if rows.is_empty() {
            return;
        }
        let titles = ["group", "speakers", "utterances", "UAR (95 %)"].map(String::from);
        say!("\nFor whom it works:");
        say!("{}", text_table(&titles, &rows, 1));
        if groups.speakers.iter().any(|of| of.few) {
            say!("* fewer than {FEW} utterances, of which a recall says little");
        }
    }
}

/// A row of one speaker.
fn of_speaker(what: &str, of: &earnest_experiment::groups::OfSpeaker) -> Vec<String> {
    let star = if of.few { " *" } else { "" };
    vec![
        format!("{what}, {}{star}", of.speaker),
        "1".to_owned(),
        of.utterances.to_string(),
        number(of.uar),
    ]
}

/// Gives recalls the names of their classes, wherever they stand.
fn name_recalls(value: &mut Value, classes: &[String]) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map.iter_mut() {
                match (key.as_str(), inner) {
                    ("recalls", inner @ Value::Array(_)) => {
                        let list = inner.as_array().cloned().unwrap_or_default();
                        let named = classes.iter().cloned().zip(list);
                        *inner = Value::Object(named.collect());
                    }
                    (_, inner) => name_recalls(inner, classes),
                }
            }
        }
        Value::Array(list) => list
            .iter_mut()
            .for_each(|inner| name_recalls(inner, classes)),
        _ => {}
    }
}
