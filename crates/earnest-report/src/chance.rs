//! What an answer is worth that hears nothing: without it nobody can say whether an F of .02 is much.

use earnest_experiment::metrics::{Confusion, Metrics};
use earnest_experiment::number::number;
use earnest_experiment::{Truth, UnitResult};
use earnest_model::Task;

/// What guessing comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Chance {
    /// How many classes can be answered.
    pub classes: usize,
    /// The class of the most test utterances.
    pub most_frequent: String,
    /// The metrics of who always answers that class.
    pub always: Metrics,
}

impl Chance {
    /// Of the utterances that were tested; `None` without the categorical task.
    #[must_use]
    pub fn of(units: &[UnitResult]) -> Option<Self> {
        let first = units.iter().find(|u| u.task == Task::Categorical)?;
        let condition = &first.predictions.first()?.condition;
        // Every kind of unit has the same test utterances.
        let alike = units.iter().filter(|u| {
            u.task == first.task
                && (&u.recipe, u.training, u.seed) == (&first.recipe, first.training, first.seed)
        });
        let truths: Vec<usize> = alike
            .flat_map(|u| u.in_condition(condition))
            .filter_map(|p| match p.truth {
                Truth::Class(class) => Some(class),
                Truth::Values(_) => None,
            })
            .collect();
        let mut counts = vec![0_usize; first.outputs.len()];
        for truth in &truths {
            *counts.get_mut(*truth)? += 1;
        }
        let most = counts.iter().max()?;
        // The first of those that are as frequent.
        let class = counts.iter().position(|n| n == most)?;
        let always = Confusion::new(truths.iter().map(|truth| (*truth, class)));
        Some(Self {
            classes: first.outputs.len(),
            most_frequent: first.outputs[class].clone(),
            always: Metrics {
                accuracy: Some(always.accuracy()),
                uar: Some(always.uar()),
                macro_f: Some(always.macro_f()),
                ..Metrics::default()
            },
        })
    }

    /// The share of right answers, and the UAR, of who guesses evenly.
    #[must_use]
    pub fn even(&self) -> f64 {
        1.0 / self.classes as f64
    }

    /// As a sentence.
    #[must_use]
    pub fn words(&self) -> String {
        format!(
            "Guessing evenly among the {} classes has an Acc and a UAR of {}; always answering “{}”, the most frequent class of the test, an Acc of {}, a UAR of {} and an F of {}.",
            self.classes,
            number(Some(self.even())),
            self.most_frequent,
            number(self.always.accuracy),
            number(self.always.uar),
            number(self.always.macro_f)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_experiment::{Prediction, Training};

    fn unit(training: Training, task: Task) -> UnitResult {
        let predictions = [("clean", 0), ("clean", 2), ("clean", 2), ("robot", 0)];
        UnitResult {
            id: "u".into(),
            recipe: "cnn".into(),
            task,
            outputs: ["angry", "bored", "calm"].map(String::from).to_vec(),
            training,
            fold: "s".into(),
            crossing: None,
            seed: 1,
            predictions: predictions
                .map(|(condition, truth)| Prediction {
                    condition: condition.into(),
                    id: "i".into(),
                    speaker: "s".into(),
                    truth: Truth::Class(truth),
                    answer: vec![1.0, 0.0, 0.0],
                })
                .to_vec(),
        }
    }

    #[test]
    fn it_is_of_the_utterances_tested_each_counted_once() {
        let units = [Training::Clean, Training::Augmented].map(|t| unit(t, Task::Categorical));
        let chance = Chance::of(&units).unwrap();
        assert_eq!((chance.classes, chance.most_frequent.as_str()), (3, "calm"));
        let close = |value: Option<f64>, other: f64| (value.unwrap() - other).abs() < 1e-12;
        assert!(close(chance.always.accuracy, 2.0 / 3.0));
        assert!(close(chance.always.uar, 0.5));
        // F of calm is 2 * 2 / (2 + 3), of angry 0; nobody was bored, and nobody was called so.
        assert!(close(chance.always.macro_f, 0.4));
        assert!(
            chance
                .words()
                .contains("3 classes has an Acc and a UAR of .333; always answering “calm”")
        );
        assert_eq!(
            Chance::of(&[unit(Training::Clean, Task::Dimensional)]),
            None
        );
    }
}
