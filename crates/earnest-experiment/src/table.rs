//! Table I: four rows for each network, and the two derived ones.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use earnest_model::Task;

use crate::metrics::{FIGURES, Figures, mean_and_deviation};
use crate::paper;
use crate::prediction::{Prediction, figures};
use crate::training::Training;

/// Predictions of one finished unit.
#[derive(Clone, Debug)]
pub struct UnitResult {
    /// The unit's id.
    pub id: String,
    /// `rnn` or `cnn`.
    pub network: String,
    /// What was predicted.
    pub task: Task,
    /// Trained on what.
    pub training: Training,
    /// The test speaker.
    pub speaker: String,
    /// The seed.
    pub seed: u64,
    /// All conditions.
    pub predictions: Vec<Prediction>,
}

impl UnitResult {
    /// The unit's predictions in one condition.
    #[must_use]
    pub fn in_condition(&self, condition: &str) -> Vec<&Prediction> {
        self.predictions
            .iter()
            .filter(|p| p.condition == condition)
            .collect()
    }
}

/// The test conditions of Table I.
pub const CONDITIONS: [&str; 2] = ["clean", "robot"];

/// One measured row.
#[derive(Clone, Debug)]
pub struct Row {
    /// `rnn` or `cnn`.
    pub network: String,
    /// Trained on what.
    pub training: Training,
    /// `clean` or `robot`.
    pub condition: &'static str,
    /// Over the predictions of all folds together; with several seeds the mean over them.
    pub pooled: Figures,
    /// Standard deviation over folds, of each fold's mean over seeds.
    pub deviation: Figures,
    /// Standard deviation of the pooled figures over seeds, if there are several.
    pub spread: Figures,
    /// Folds that have this row.
    pub folds: usize,
    /// Seeds that have this row.
    pub seeds: usize,
    /// The paper's.
    pub paper: Option<Figures>,
}

/// A derived row, in percent.
#[derive(Clone, Debug)]
pub struct Derived {
    /// `rnn` or `cnn`.
    pub network: String,
    /// What it says.
    pub name: String,
    /// Percent, in the order of [`FIGURES`].
    pub ours: [Option<f64>; 7],
    /// The paper's.
    pub paper: [Option<f64>; 7],
}

/// Table I.
#[derive(Clone, Debug, Default)]
pub struct Table1 {
    /// Measured rows, network by network.
    pub rows: Vec<Row>,
    /// Gap and improvement rows.
    pub derived: Vec<Derived>,
    /// Which of [`FIGURES`] were measured.
    pub columns: Vec<usize>,
}

/// Change from `before` to `after` in percent of `before`, signed so that plus is better.
fn better_percent(before: Figures, after: Figures) -> [Option<f64>; 7] {
    let (before, after) = (before.list(), after.list());
    std::array::from_fn(|i| {
        let (b, a) = (before[i]?, after[i]?);
        let change = 100.0 * (a - b) / b.abs();
        let signed = if FIGURES[i].1 { -change } else { change };
        signed.is_finite().then_some(signed)
    })
}

impl Table1 {
    /// From finished units.
    #[must_use]
    pub fn new(units: &[UnitResult]) -> Self {
        let mut table = Self::default();
        let mut networks: Vec<&str> = Vec::new();
        for unit in units {
            if !networks.contains(&unit.network.as_str()) {
                networks.push(&unit.network);
            }
        }
        for network in networks {
            for training in [Training::Clean, Training::Augmented] {
                for condition in CONDITIONS {
                    let row = row(units, network, training, condition);
                    table.rows.extend(row);
                }
            }
            let find = |training: Training, condition: &str| {
                table.rows.iter().find(|r| {
                    r.network == network && r.training == training && r.condition == condition
                })
            };
            let paper = |training, condition: &str| {
                paper::table1(network, training, condition).unwrap_or_default()
            };
            let mut derived = Vec::new();
            for training in [Training::Clean, Training::Augmented] {
                if let (Some(clean), Some(robot)) =
                    (find(training, "clean"), find(training, "robot"))
                {
                    derived.push(Derived {
                        network: network.to_owned(),
                        name: format!("gap %, {} training", training.name()),
                        ours: better_percent(clean.pooled, robot.pooled),
                        paper: better_percent(paper(training, "clean"), paper(training, "robot")),
                    });
                }
            }
            if let (Some(plain), Some(augmented)) = (
                find(Training::Clean, "robot"),
                find(Training::Augmented, "robot"),
            ) {
                derived.push(Derived {
                    network: network.to_owned(),
                    name: "improvement %, on the robot".into(),
                    ours: better_percent(plain.pooled, augmented.pooled),
                    paper: better_percent(
                        paper(Training::Clean, "robot"),
                        paper(Training::Augmented, "robot"),
                    ),
                });
            }
            table.derived.extend(derived);
        }
        table.columns = (0..FIGURES.len())
            .filter(|i| table.rows.iter().any(|r| r.pooled.list()[*i].is_some()))
            .collect();
        table
    }

    /// The same table with some of its columns (places in [`FIGURES`]).
    #[must_use]
    pub fn with_columns(&self, columns: std::ops::Range<usize>) -> Self {
        let mut table = self.clone();
        table.columns.retain(|c| columns.contains(c));
        table
    }

    /// Column titles for [`Table1::cells`].
    #[must_use]
    pub fn titles(&self) -> Vec<String> {
        let mut titles: Vec<String> = ["network", "trained", "tested"].map(String::from).to_vec();
        titles.extend(self.columns.iter().map(|i| FIGURES[*i].0.to_owned()));
        titles.extend(
            self.columns
                .iter()
                .map(|i| format!("paper {}", FIGURES[*i].0)),
        );
        titles
    }

    /// What a figure of [`Table1::cells`] is, and what stands behind its ±.
    #[must_use]
    pub fn legend(&self) -> String {
        let seeds = self.rows.iter().map(|r| r.seeds).max().unwrap_or(1);
        if seeds > 1 {
            format!(
                "Figures are pooled over folds, the mean over {seeds} seeds; ± is the standard deviation over seeds"
            )
        } else {
            "Figures are pooled over folds; ± is the standard deviation over folds".to_owned()
        }
    }

    /// All rows as text: measured figures with their deviation (see [`Table1::legend`]), then
    /// the paper's; after each network its derived rows.
    #[must_use]
    pub fn cells(&self) -> Vec<Vec<String>> {
        let mut out = Vec::new();
        for (i, row) in self.rows.iter().enumerate() {
            let mut cells = vec![
                row.network.to_uppercase(),
                row.training.name().to_owned(),
                row.condition.to_owned(),
            ];
            let pooled = row.pooled.list();
            let deviation = if row.seeds > 1 {
                row.spread.list()
            } else {
                row.deviation.list()
            };
            for c in &self.columns {
                cells.push(match (number(pooled[*c]), deviation[*c]) {
                    (text, Some(d)) if d.is_finite() => format!("{text} ±{}", number(Some(d))),
                    (text, _) => text,
                });
            }
            let paper = row.paper.unwrap_or_default().list();
            cells.extend(self.columns.iter().map(|c| number(paper[*c])));
            out.push(cells);
            let last = self
                .rows
                .get(i + 1)
                .is_none_or(|next| next.network != row.network);
            if last {
                for d in self.derived.iter().filter(|d| d.network == row.network) {
                    let mut cells = vec![row.network.to_uppercase(), d.name.clone(), String::new()];
                    cells.extend(self.columns.iter().map(|c| percent(d.ours[*c])));
                    cells.extend(self.columns.iter().map(|c| percent(d.paper[*c])));
                    out.push(cells);
                }
            }
        }
        out
    }

    /// As a Markdown table.
    #[must_use]
    pub fn markdown(&self) -> String {
        let titles = self.titles();
        let mut text = format!("| {} |\n|", titles.join(" | "));
        for i in 0..titles.len() {
            text.push_str(if i < 3 { "---|" } else { "---:|" });
        }
        text.push('\n');
        for row in self.cells() {
            let _ = writeln!(text, "| {} |", row.join(" | "));
        }
        text
    }

    /// As CSV: one line for each measured row, full precision; beside each figure its
    /// deviation over folds and over seeds, and the paper's figure.
    ///
    /// # Errors
    /// Never in practice: it is written to memory.
    pub fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut header: Vec<String> = ["network", "training", "test", "folds", "seeds"]
            .map(String::from)
            .to_vec();
        for i in &self.columns {
            let name = FIGURES[*i].0.replace(' ', "_");
            header.extend(["", "_sd", "_seed_sd", "_paper"].map(|end| format!("{name}{end}")));
        }
        writer.write_record(&header)?;
        let exact = |v: Option<f64>| {
            v.filter(|v| v.is_finite())
                .map_or(String::new(), |v| v.to_string())
        };
        for row in &self.rows {
            let mut cells = vec![
                row.network.clone(),
                row.training.name().to_owned(),
                row.condition.to_owned(),
                row.folds.to_string(),
                row.seeds.to_string(),
            ];
            let paper = row.paper.unwrap_or_default().list();
            for i in &self.columns {
                cells.extend([
                    exact(row.pooled.list()[*i]),
                    exact(row.deviation.list()[*i]),
                    exact(row.spread.list()[*i]),
                    exact(paper[*i]),
                ]);
            }
            writer.write_record(&cells)?;
        }
        writer.into_inner().map_err(|e| e.into_error().into())
    }

    /// As a LaTeX `tabular` for the booktabs package.
    #[must_use]
    pub fn latex(&self) -> String {
        let titles = self.titles();
        let mut text = format!(
            "\\begin{{tabular}}{{lll{}}}\n\\toprule\n{} \\\\\n\\midrule\n",
            "r".repeat(titles.len() - 3),
            titles.join(" & ")
        );
        let mut before = String::new();
        for row in self.cells() {
            if !before.is_empty() && before != row[0] {
                text.push_str("\\midrule\n");
            }
            before.clone_from(&row[0]);
            let cells: Vec<String> = row
                .iter()
                .map(|c| {
                    c.replace('%', "\\%")
                        .replace('±', "$\\pm$")
                        .replace('−', "$-$")
                })
                .collect();
            let _ = writeln!(text, "{} \\\\", cells.join(" & "));
        }
        text.push_str("\\bottomrule\n\\end{tabular}\n");
        text
    }
}

fn row(
    units: &[UnitResult],
    network: &str,
    training: Training,
    condition: &'static str,
) -> Option<Row> {
    let of: Vec<&UnitResult> = units
        .iter()
        .filter(|u| u.network == network && u.training == training)
        .collect();
    if of.is_empty() {
        return None;
    }
    let mut pooled = [None; 7];
    let mut deviation = [None; 7];
    let mut spread = [None; 7];
    let (mut folds, mut seeds) = (0, 0);
    for task in [Task::Categorical, Task::Dimensional] {
        let of_task: Vec<&UnitResult> = of.iter().copied().filter(|u| u.task == task).collect();
        if of_task.is_empty() {
            continue;
        }
        let mut by_seed: BTreeMap<u64, Vec<&UnitResult>> = BTreeMap::new();
        let mut by_fold: BTreeMap<&str, Vec<&UnitResult>> = BTreeMap::new();
        for unit in of_task {
            by_seed.entry(unit.seed).or_default().push(unit);
            by_fold.entry(&unit.speaker).or_default().push(unit);
        }
        (folds, seeds) = (folds.max(by_fold.len()), seeds.max(by_seed.len()));
        let together = |units: &Vec<&UnitResult>| -> [Option<f64>; 7] {
            let all: Vec<&Prediction> = units
                .iter()
                .flat_map(|u| u.in_condition(condition))
                .collect();
            figures(task, &all).list()
        };
        let of_seed: Vec<[Option<f64>; 7]> = by_seed.values().map(together).collect();
        let of_fold: Vec<[Option<f64>; 7]> = by_fold
            .values()
            .map(|units| {
                let each: Vec<_> = units.iter().map(|u| together(&vec![*u])).collect();
                std::array::from_fn(|i| over(&each, i).map(|(mean, _)| mean))
            })
            .collect();
        for i in 0..7 {
            if let Some((mean, sd)) = over(&of_seed, i) {
                pooled[i] = Some(mean);
                spread[i] = (of_seed.len() > 1).then_some(sd);
                deviation[i] = over(&of_fold, i).map(|(_, sd)| sd);
            }
        }
    }
    Some(Row {
        network: network.to_owned(),
        training,
        condition,
        pooled: Figures::from_list(pooled),
        deviation: Figures::from_list(deviation),
        spread: Figures::from_list(spread),
        folds,
        seeds,
        paper: paper::table1(network, training, condition),
    })
}

/// Mean and standard deviation of one figure, where any has it.
fn over(each: &[[Option<f64>; 7]], figure: usize) -> Option<(f64, f64)> {
    let values: Vec<f64> = each.iter().filter_map(|f| f[figure]).collect();
    (!values.is_empty()).then(|| mean_and_deviation(&values))
}

/// Three decimals without the leading zero, as the paper prints; a dash for what is not
/// there or not defined.
#[must_use]
pub fn number(value: Option<f64>) -> String {
    match value.filter(|v| v.is_finite()) {
        None => "–".into(),
        Some(v) => {
            let text = format!("{v:.3}");
            match (text.strip_prefix("0."), text.strip_prefix("-0.")) {
                (Some(rest), _) => format!(".{rest}"),
                (_, Some(rest)) => format!("-.{rest}"),
                _ => text,
            }
        }
    }
}

/// A signed percentage with one decimal.
#[must_use]
pub fn percent(value: Option<f64>) -> String {
    match value.filter(|v| v.is_finite()) {
        None => "–".into(),
        Some(v) => format!("{v:+.1}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prediction::Truth;

    fn unit(training: Training, clean_right: usize, robot_right: usize) -> UnitResult {
        let mut predictions = Vec::new();
        for (condition, right) in [("clean", clean_right), ("robot", robot_right)] {
            for i in 0..8 {
                let truth = i % 4;
                let said = if i < right { truth } else { (truth + 1) % 4 };
                let mut answer = vec![0.1; 4];
                answer[said] = 0.7;
                predictions.push(Prediction {
                    condition: condition.into(),
                    id: i.to_string(),
                    speaker: "s".into(),
                    truth: Truth::Class(truth),
                    answer,
                });
            }
        }
        UnitResult {
            id: "u".into(),
            network: "rnn".into(),
            task: Task::Categorical,
            training,
            speaker: "s".into(),
            seed: 1,
            predictions,
        }
    }

    #[test]
    fn gap_and_improvement_are_signed_so_that_plus_is_better() {
        let table = Table1::new(&[unit(Training::Clean, 8, 2), unit(Training::Augmented, 8, 4)]);
        assert_eq!(table.rows.len(), 4);
        assert_eq!(table.rows[1].pooled.accuracy, Some(0.25));
        let gap = &table.derived[0];
        assert!((gap.ours[0].unwrap() + 75.0).abs() < 1e-9);
        // The paper's own gap: .144 against .531 is -72.9 %, and its A MAE got worse.
        assert!((gap.paper[2].unwrap() + 72.9).abs() < 0.05);
        assert!(gap.paper[3].unwrap() < 0.0);
        let improvement = &table.derived[2];
        assert!((improvement.ours[0].unwrap() - 100.0).abs() < 1e-9);
        assert!((improvement.paper[2].unwrap() - 185.4).abs() < 0.05);
    }

    #[test]
    fn every_form_of_the_table_has_all_rows() {
        let table = Table1::new(&[unit(Training::Clean, 8, 2), unit(Training::Augmented, 8, 4)]);
        assert_eq!(table.markdown().lines().count(), 2 + 4 + 3);
        assert_eq!(
            String::from_utf8(table.csv().unwrap())
                .unwrap()
                .lines()
                .count(),
            5
        );
        assert!(table.latex().contains("\\toprule") && table.latex().contains("gap \\%"));
        assert_eq!(number(Some(0.5312)), ".531");
        assert_eq!(number(Some(-0.04)), "-.040");
        assert_eq!(number(Some(1.351)), "1.351");
        assert_eq!(number(Some(f64::NAN)), "–");
    }
}
