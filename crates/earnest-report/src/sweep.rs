//! A sweep over recipes: side by side, how each does on the robot and in what they differ.

use std::collections::BTreeMap;

use earnest_experiment::metrics::{AROUSAL_R, DOMINANCE_R, MACRO_F, METRICS, VALENCE_R};
use earnest_experiment::number::number;
use earnest_experiment::{Outcome, Training, recipe_keys};

use crate::table1::{Row, Table1, interval};
use crate::text_table::{Line, TextTable, title};

/// Fewer recipes stand beside each other in Table I.
const LEAST: usize = 3;
/// The metrics of a sweep, as Table II has them: macro F, and the correlations.
pub(crate) const MAIN: [usize; 4] = [MACRO_F, AROUSAL_R, VALENCE_R, DOMINANCE_R];

/// What stands above the table.
pub const RECIPES: &str = "How well each recipe does on the robot after each training, with its 95 % interval over speakers where there is one, and the keys in which recipes differ. ★ marks the best of a column. The best of many tried on the same speakers is flattered by the choice: test it on others.";

/// The recipes of an experiment that has at least three, a row each.
#[must_use]
pub fn recipes_side_by_side(outcome: &Outcome, table1: &Table1) -> Option<TextTable> {
    let recipes = &outcome.experiment.recipes;
    let is_tested = table1.rows.iter().any(|row| row.condition == "robot");
    if recipes.len() < LEAST || !is_tested {
        return None;
    }
    let table = outcome.experiment.features_table.as_ref();
    let keys: Vec<BTreeMap<String, String>> = recipes
        .iter()
        .map(|recipe| recipe_keys(recipe, table).into_iter().collect())
        .collect();
    let mut differing: Vec<&String> = keys.iter().flat_map(BTreeMap::keys).collect();
    differing.sort();
    differing.dedup();
    differing.retain(|key| differs(key, &keys));
    let mut titles = vec![title("recipe")];
    let measured: Vec<(usize, Training)> = MAIN
        .into_iter()
        .filter(|metric| table1.columns.contains(metric))
        .flat_map(|metric| [Training::Clean, Training::Augmented].map(|t| (metric, t)))
        .filter(|(_, training)| outcome.experiment.trainings.contains(training))
        .collect();
    titles.extend(measured.iter().map(|(metric, training)| {
        vec![
            format!("{} on the robot", METRICS[*metric].0),
            training.name().into_owned(),
        ]
    }));
    titles.extend(
        differing
            .iter()
            .map(|key| key.split('.').map(String::from).collect()),
    );
    let row_of = |recipe: &str, training: Training| -> Option<&Row> {
        table1
            .rows
            .iter()
            .find(|r| r.recipe == recipe && r.training == training && r.condition == "robot")
    };
    let value = |recipe: &str, (metric, training): (usize, Training)| {
        let value = row_of(recipe, training)?.pooled.list()[metric]?;
        value.is_finite().then_some(value)
    };
    let best: Vec<Option<f64>> = measured
        .iter()
        .map(|column| {
            let values = recipes.iter().filter_map(|r| value(r.title(), *column));
            values.max_by(f64::total_cmp)
        })
        .collect();
    let rows = recipes
        .iter()
        .zip(&keys)
        .map(|(recipe, own)| {
            let mut cells = vec![recipe.title().to_owned()];
            for (column, best) in measured.iter().zip(&best) {
                let ours = value(recipe.title(), *column);
                let sure = row_of(recipe.title(), column.1).and_then(|r| r.intervals[column.0]);
                let mark = if ours.is_some() && ours == *best {
                    " ★"
                } else {
                    ""
                };
                cells.push(match sure {
                    Some(_) => format!("{} ({}){mark}", number(ours), interval(sure)),
                    None => format!("{}{mark}", number(ours)),
                });
            }
            let dash = || "–".to_owned();
            cells.extend(
                differing
                    .iter()
                    .map(|key| own.get(*key).cloned().unwrap_or_else(dash)),
            );
            Line::measured(cells)
        })
        .collect();
    Some(TextTable {
        titles,
        rows,
        texts: 1,
    })
}

/// True if recipes that could be alike in a key are not: an engine's sizes say nothing of how it
/// differs from another engine, nor a front end's settings of another front end.
fn differs(key: &str, recipes: &[BTreeMap<String, String>]) -> bool {
    const KIND: &str = "architecture.kind";
    const FRONT_END: &str = "features.name";
    let compared_with = |own: &BTreeMap<String, String>| match key.split('.').next() {
        _ if key == KIND || key == FRONT_END => None,
        Some("architecture") => own.get(KIND).cloned(),
        Some("features") => own.get(FRONT_END).cloned(),
        // Only networks have how they are trained.
        _ => Some(own.contains_key(key).to_string()),
    };
    let mut seen: BTreeMap<Option<String>, Option<&String>> = BTreeMap::new();
    recipes.iter().any(|own| {
        let first = *seen.entry(compared_with(own)).or_insert(own.get(key));
        first != own.get(key)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_experiment::{About, Experiment, Prediction, Truth, UnitResult};
    use earnest_model::{Architecture, Recipe, Task};

    /// A run of recipes of which each has so many of eight answers right.
    fn outcome(right: &[(&str, f64, usize)]) -> Outcome {
        let mut experiment = Experiment::table1("corpus".into());
        experiment.recipes = right
            .iter()
            .map(|(name, learning_rate, _)| Recipe {
                name: (*name).to_owned(),
                learning_rate: *learning_rate,
                ..Recipe::paper(Architecture::rnn(1, 4))
            })
            .collect();
        experiment.trainings = vec![Training::Clean];
        let unit = |(name, _, right): &(&str, f64, usize)| UnitResult {
            id: (*name).to_owned(),
            recipe: (*name).to_owned(),
            task: Task::Categorical,
            outputs: ["a", "b"].map(String::from).to_vec(),
            training: Training::Clean,
            fold: "s".into(),
            crossing: None,
            seed: 1,
            predictions: (0..8)
                .map(|i| Prediction {
                    condition: "robot".into(),
                    id: i.to_string(),
                    speaker: format!("s{}", i / 2),
                    truth: Truth::Class(i % 2),
                    answer: match (i % 2 == 0) == (i < *right) {
                        true => vec![0.9, 0.1],
                        false => vec![0.1, 0.9],
                    },
                })
                .collect(),
        };
        let about = r#"{"corpus":"c","synthetic":false,"fingerprint":"f","classes":[4,4],"rated":0,"utterances":8,"speakers":4,"folds":[1,1],"own_sessions":false,"problems":0,"conditions":[],"earnest":"1"}"#;
        let about: About = serde_json::from_str(about).unwrap();
        Outcome {
            experiment,
            about,
            units: right.iter().map(unit).collect(),
            histories: Vec::new(),
            missing: 0,
            folder: "run".into(),
        }
    }

    #[test]
    fn recipes_stand_side_by_side_with_what_differs_and_the_best_is_marked() {
        let run = outcome(&[("slow", 1e-3, 5), ("fast", 1e-2, 8), ("mid", 3e-3, 6)]);
        let table = recipes_side_by_side(&run, &Table1::new(&run.units)).unwrap();
        let titles = table.flat_titles();
        assert_eq!(titles, ["recipe", "F on the robot clean", "learning_rate"]);
        assert_eq!(table.rows.len(), 3);
        assert_eq!(table.rows[1].cells[0], "fast");
        assert_eq!(table.rows[1].cells[2], "0.01");
        assert_eq!(table.rows[1].cells[1], "1.000 (1.000 .. 1.000) ★");
        let marked = |line: &&Line| line.cells[1].ends_with('★');
        assert_eq!(table.rows.iter().filter(marked).count(), 1);
        // Of engines of several kinds only the kind is told, and what they have in common.
        let mut run = run;
        run.experiment.recipes[2] = Recipe::built_in("svm").unwrap();
        run.experiment.recipes[2].name = "mid".into();
        let table = recipes_side_by_side(&run, &Table1::new(&run.units)).unwrap();
        let titles = table.flat_titles();
        assert_eq!(
            titles[2..],
            ["architecture kind", "features name", "learning_rate"]
        );
        let run = outcome(&[("slow", 1e-3, 5), ("fast", 1e-2, 8)]);
        assert!(recipes_side_by_side(&run, &Table1::new(&run.units)).is_none());
    }
}
