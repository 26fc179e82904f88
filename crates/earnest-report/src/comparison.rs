//! Two runs side by side: what both have trained alike, over the test utterances that both have.

use std::collections::BTreeSet;
use std::path::Path;

use earnest_experiment::metrics::METRICS;
use earnest_experiment::number::number;
use earnest_experiment::statistics::{PairedTest, by_seed, compare};
use earnest_experiment::{
    BySpeaker, ExperimentError, Outcome, Prediction, Protocol, Training, by_speaker,
    metrics_by_speaker, pooled_metrics, write_whole,
};
use earnest_model::Task;

use crate::html::simple_page;
use crate::table1::{p_value, recipes_of};
use crate::text_table::{Line as TableLine, TextTable, title};

/// One metric of both runs.
#[derive(Clone, Debug)]
pub struct Line {
    /// `rnn` or `cnn`.
    pub recipe: String,
    /// Trained on what.
    pub training: Training,
    /// `clean` or `robot`.
    pub condition: String,
    /// Which metric: a place in [`METRICS`].
    pub metric: usize,
    /// Over the shared test utterances together, in A and in B; several seeds' mean.
    pub values: [Option<f64>; 2],
    /// B against A, over the speakers of the shared utterances.
    pub test: Option<PairedTest>,
    /// Test utterances that both have.
    pub utterances: usize,
    /// Their speakers.
    pub speakers: usize,
}

/// Two runs compared.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What A and B are.
    pub names: [String; 2],
    /// What differs between them beside their metrics, in words.
    pub differences: Vec<String>,
    /// All metrics that both have.
    pub lines: Vec<Line>,
}

/// Keys of two experiments that differ, each with its values.
fn differences(a: &toml::Value, b: &toml::Value, at: &str, out: &mut Vec<String>) {
    match (a, b) {
        (toml::Value::Table(x), toml::Value::Table(y)) => {
            let mut keys: Vec<&String> = x.keys().chain(y.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                let inner = match at {
                    "" => key.clone(),
                    _ => format!("{at}.{key}"),
                };
                match (x.get(key), y.get(key)) {
                    (Some(x), Some(y)) => differences(x, y, &inner, out),
                    (x, y) => {
                        let text = |v: Option<&toml::Value>| {
                            v.map_or("nothing".to_owned(), ToString::to_string)
                        };
                        out.push(format!("{inner}: A has {}, B {}", text(x), text(y)));
                    }
                }
            }
        }
        (toml::Value::Array(x), toml::Value::Array(y)) if x.len() == y.len() => {
            for (i, (x, y)) in x.iter().zip(y).enumerate() {
                differences(x, y, &format!("{at}[{}]", i + 1), out);
            }
        }
        (toml::Value::Array(x), toml::Value::Array(y))
            if x.iter().chain(y).any(|v| v.is_table()) =>
        {
            out.push(format!("{at}: A has {} of them, B {}", x.len(), y.len()));
        }
        _ if a != b => out.push(format!("{at}: A has {a}, B {b}")),
        _ => {}
    }
}

/// Compares two runs over the test utterances that both have, no others.
///
/// # Errors
/// They are of different corpora, or have nothing in common.
pub fn compare_runs(a: &Outcome, b: &Outcome) -> Result<Comparison, ExperimentError> {
    if a.about.fingerprint != b.about.fingerprint {
        return Err(ExperimentError::Setup(format!(
            "{} was run on {} ({}), {} on {} ({}): these are not the same utterances with the same labels, so their metrics cannot be compared",
            a.folder.display(),
            a.about.corpus,
            a.about.fingerprint,
            b.folder.display(),
            b.about.corpus,
            b.about.fingerprint
        )));
    }
    let crossed = |o: &&&Outcome| {
        o.experiment
            .protocol
            .as_ref()
            .is_some_and(Protocol::is_cross)
    };
    if let Some(run) = [a, b].iter().find(|o| crossed(o)) {
        return Err(ExperimentError::Setup(format!(
            "{} was trained on some corpora and tested on others: its metrics are by pairs of corpora, and runs are compared over all that they tested; compare the two runs' results.csv by trained_on and tested_on",
            run.folder.display()
        )));
    }
    let mut lines = Vec::new();
    let conditions = a.experiment.conditions();
    for recipe in recipes_of(&a.units) {
        for training in [Training::Clean, Training::Augmented] {
            for condition in &conditions {
                push_lines(&mut lines, a, b, recipe, training, condition);
            }
        }
    }
    // What Table I does not show: parts of the augmentation.
    let mut parts: Vec<(&str, Training)> = a
        .units
        .iter()
        .filter(|u| matches!(u.training, Training::Without(_)))
        .map(|u| (u.recipe.as_str(), u.training))
        .collect();
    parts.sort_unstable();
    parts.dedup();
    for (recipe, training) in parts {
        for condition in &conditions {
            push_lines(&mut lines, a, b, recipe, training, condition);
        }
    }
    if lines.is_empty() {
        return Err(ExperimentError::Setup(format!(
            "{} and {} cannot be compared: no recipe, training and task was tested on the same utterances in both",
            a.folder.display(),
            b.folder.display()
        )));
    }
    let value = |outcome: &Outcome| toml::Value::try_from(&outcome.experiment).ok();
    let mut differing = Vec::new();
    if let (Some(x), Some(y)) = (value(a), value(b)) {
        differences(&x, &y, "", &mut differing);
    }
    if a.about.earnest != b.about.earnest {
        differing.push(format!(
            "A was run by Earnest {}, B by {}",
            a.about.earnest, b.about.earnest
        ));
    }
    let name = |o: &Outcome| {
        format!(
            "{} ({} on {}, {} of {} folds)",
            o.folder.display(),
            o.experiment.name,
            o.about.corpus,
            o.about.folds.0,
            o.about.folds.1
        )
    };
    Ok(Comparison {
        names: [name(a), name(b)],
        differences: differing,
        lines,
    })
}

/// Predictions of a unit's kind in a condition, by seed, and the ids that every seed has.
fn tested<'a>(
    run: &'a Outcome,
    recipe: &str,
    task: Task,
    training: Training,
    condition: &str,
) -> (Vec<Vec<&'a Prediction>>, BTreeSet<&'a str>) {
    let seeds: Vec<Vec<&Prediction>> = by_seed(&run.units, recipe, task, training, condition)
        .into_values()
        .collect();
    let ids = |seed: &Vec<&'a Prediction>| -> BTreeSet<&'a str> {
        seed.iter().map(|p| p.id.as_str()).collect()
    };
    let all = seeds
        .iter()
        .map(ids)
        .reduce(|a, b| a.intersection(&b).copied().collect())
        .unwrap_or_default();
    (seeds, all)
}

fn push_lines(
    lines: &mut Vec<Line>,
    a: &Outcome,
    b: &Outcome,
    recipe: &str,
    training: Training,
    condition: &str,
) {
    for task in [Task::Categorical, Task::Dimensional] {
        let [(x, in_a), (y, in_b)] =
            [a, b].map(|run| tested(run, recipe, task, training, condition));
        let shared: BTreeSet<&str> = in_a.intersection(&in_b).copied().collect();
        if shared.is_empty() {
            continue;
        }
        let tallied = |seeds: Vec<Vec<&Prediction>>| -> Vec<BySpeaker> {
            let of = |seed: Vec<&Prediction>| {
                by_speaker(seed.into_iter().filter(|p| shared.contains(p.id.as_str())))
            };
            seeds.into_iter().map(of).collect()
        };
        let (x, y) = (tallied(x), tallied(y));
        let values = [pooled_metrics(&x, task), pooled_metrics(&y, task)];
        let tests = compare(&metrics_by_speaker(&x, task), &metrics_by_speaker(&y, task));
        for metric in 0..METRICS.len() {
            let of_both = values.map(|list| list[metric]);
            if of_both.iter().all(Option::is_some) {
                lines.push(Line {
                    recipe: recipe.to_owned(),
                    training,
                    condition: condition.to_owned(),
                    metric,
                    values: of_both,
                    test: tests[metric],
                    utterances: shared.len(),
                    speakers: x.first().map_or(0, BySpeaker::len),
                });
            }
        }
    }
}

/// What stands below a comparison.
pub const COMPARED: &str = "A, B and B - A are over the test utterances that both runs have, all of them together; p is of a paired sign-flip test over their speakers (two-sided), left out where fewer than six speakers cannot give one below .05; its sign says whether B is higher, and is left out where the mean over speakers goes the other way than B - A.";

impl Comparison {
    /// As text.
    #[must_use]
    pub fn text(&self) -> TextTable {
        let titles = [
            "recipe",
            "trained",
            "tested",
            "metric",
            "A",
            "B",
            "B - A",
            "p",
            "speakers",
            "utterances",
        ];
        let rows = self
            .lines
            .iter()
            .map(|line| {
                let [a, b] = line.values;
                let change = a.zip(b).map(|(a, b)| b - a);
                TableLine::measured(vec![
                    line.recipe.clone(),
                    line.training.name().into_owned(),
                    line.condition.to_owned(),
                    METRICS[line.metric].0.to_owned(),
                    number(a),
                    number(b),
                    number(change),
                    p_value(line.test, change),
                    line.speakers.to_string(),
                    line.utterances.to_string(),
                ])
            })
            .collect();
        TextTable {
            titles: titles.map(title).to_vec(),
            rows,
            texts: 4,
        }
    }

    /// As a page of its own.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_html(&self, path: &Path) -> Result<(), ExperimentError> {
        let mut intro = vec![
            format!("A: {}.", self.names[0]),
            format!("B: {}.", self.names[1]),
            COMPARED.to_owned(),
        ];
        if !self.differences.is_empty() {
            intro.push(format!("They differ in: {}.", self.differences.join("; ")));
        }
        let page = simple_page("Two runs compared", &intro, &self.text());
        write_whole(path, page.as_bytes())
    }
}
