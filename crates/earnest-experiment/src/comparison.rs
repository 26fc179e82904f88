//! Two runs side by side: what both have trained and tested, speaker by speaker.

use std::path::Path;

use earnest_model::Task;

use crate::error::ExperimentError;
use crate::metrics::FIGURES;
use crate::outcome::Outcome;
use crate::report::simple_page;
use crate::statistics::{PairedTest, compare, figures_by_speaker};
use crate::storage::write_whole;
use crate::table1::{CONDITIONS, number, p_value, pooled, seeds_of};
use crate::text_table::TextTable;
use crate::training::Training;

/// One figure of both runs.
#[derive(Clone, Debug)]
pub struct Line {
    /// `rnn` or `cnn`.
    pub network: String,
    /// Trained on what.
    pub training: Training,
    /// `clean` or `robot`.
    pub condition: &'static str,
    /// Which figure: a place in [`FIGURES`].
    pub figure: usize,
    /// Pooled, in A and in B.
    pub values: [Option<f64>; 2],
    /// B against A, over the speakers that both tested.
    pub test: Option<PairedTest>,
}

/// Two runs compared.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What A and B are.
    pub names: [String; 2],
    /// What differs between them beside their figures, in words.
    pub differences: Vec<String>,
    /// All figures that both have.
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

/// Compares two runs.
///
/// # Errors
/// They have nothing in common.
pub fn compare_runs(a: &Outcome, b: &Outcome) -> Result<Comparison, ExperimentError> {
    let mut lines = Vec::new();
    for ours in &a.table.rows {
        let (network, training, condition) = (ours.network.as_str(), ours.training, ours.condition);
        push_lines(&mut lines, a, b, network, training, condition);
    }
    // What Table I does not show: parts of the augmentation.
    let mut parts: Vec<(&str, Training)> = a
        .units
        .iter()
        .filter(|u| matches!(u.training, Training::Without(_)))
        .map(|u| (u.network.as_str(), u.training))
        .collect();
    parts.sort_unstable();
    parts.dedup();
    for (network, training) in parts {
        for condition in CONDITIONS {
            push_lines(&mut lines, a, b, network, training, condition);
        }
    }
    if lines.is_empty() {
        return Err(ExperimentError::Setup(format!(
            "{} and {} have trained nothing alike: no network, training and task is in both",
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

fn push_lines(
    lines: &mut Vec<Line>,
    a: &Outcome,
    b: &Outcome,
    network: &str,
    training: Training,
    condition: &'static str,
) {
    let [x, y] = [a, b].map(|o| pooled(&o.units, network, training, condition).list());
    for task in [Task::Categorical, Task::Dimensional] {
        let each = |o: &Outcome| {
            figures_by_speaker(
                &seeds_of(&o.units, network, task, training, condition),
                task,
            )
        };
        let tests = compare(&each(a), &each(b));
        for figure in 0..FIGURES.len() {
            let of_task = (figure < 3) == (task == Task::Categorical);
            if of_task && x[figure].is_some() && y[figure].is_some() {
                lines.push(Line {
                    network: network.to_owned(),
                    training,
                    condition,
                    figure,
                    values: [x[figure], y[figure]],
                    test: tests[figure],
                });
            }
        }
    }
}

impl Comparison {
    /// As text.
    #[must_use]
    pub fn text(&self) -> TextTable {
        let titles = [
            "network", "trained", "tested", "figure", "A", "B", "B - A", "p", "speakers",
        ];
        let rows = self
            .lines
            .iter()
            .map(|line| {
                let [a, b] = line.values;
                vec![
                    line.network.to_uppercase(),
                    line.training.name().into_owned(),
                    line.condition.to_owned(),
                    FIGURES[line.figure].0.to_owned(),
                    number(a),
                    number(b),
                    number(a.zip(b).map(|(a, b)| b - a)),
                    p_value(line.test),
                    line.test
                        .map_or_else(|| "0".into(), |t| t.speakers.to_string()),
                ]
            })
            .collect();
        TextTable {
            titles: titles.map(String::from).to_vec(),
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
            "B - A is of the pooled figures; p of a paired sign-flip test over the speakers that both tested (two-sided; the sign says whether B is higher).".to_owned(),
        ];
        if !self.differences.is_empty() {
            intro.push(format!("They differ in: {}.", self.differences.join("; ")));
        }
        let page = simple_page("Two runs compared", &intro, &self.text());
        write_whole(path, page.as_bytes())
    }
}
