//! Table I: four rows for each recipe, and the two derived ones.

use std::collections::BTreeMap;

use earnest_corpus::FOUR;
use earnest_experiment::metrics::{COUNT, List, METRICS, Metrics};
use earnest_experiment::number::{exact, number, percent};
use earnest_experiment::statistics::{
    Interval, PairedTest, by_seed, compare, intervals, over, pooled, pooled_by_seed, seeds_of,
};
use earnest_experiment::{
    CONDITIONS, Training, UnitResult, confusion, metrics_by_speaker, metrics_of,
};
use earnest_files::text_cell;
use earnest_model::Task;

use crate::paper;
use crate::text_table::TextTable;

/// One measured row.
#[derive(Clone, Debug)]
pub struct Row {
    /// `rnn` or `cnn`.
    pub recipe: String,
    /// Trained on what.
    pub training: Training,
    /// `clean` or `robot`.
    pub condition: &'static str,
    /// Over the predictions of all folds together; with several seeds the mean over them.
    pub pooled: Metrics,
    /// Standard deviation over folds, of each fold's mean over seeds.
    pub deviation: Metrics,
    /// Standard deviation of the pooled metrics over seeds, if there are several.
    pub spread: Metrics,
    /// 95 % intervals over speakers of the pooled metrics.
    pub intervals: [Option<Interval>; COUNT],
    /// Recall of each class of [`Table1::classes`]; several seeds' mean.
    pub recalls: Vec<Option<f64>>,
    /// Folds that have this row.
    pub folds: usize,
    /// Seeds that have this row.
    pub seeds: usize,
    /// The paper's.
    pub paper: Option<Metrics>,
}

/// A derived row, in percent.
#[derive(Clone, Debug)]
pub struct Derived {
    /// `rnn` or `cnn`.
    pub recipe: String,
    /// What it says.
    pub name: String,
    /// Percent, in the order of [`METRICS`].
    pub ours: List,
    /// The paper's.
    pub paper: List,
}

/// Augmented against clean training, on the same speakers.
#[derive(Clone, Debug)]
pub struct TrainingComparison {
    /// `rnn` or `cnn`.
    pub recipe: String,
    /// `clean` or `robot`.
    pub condition: &'static str,
    /// By metric, augmented less clean training, over speakers.
    pub tests: [Option<PairedTest>; COUNT],
    /// Pooled metrics of augmented less those of clean training.
    pub changes: List,
}

/// Table I.
#[derive(Clone, Debug, Default)]
pub struct Table1 {
    /// Measured rows, recipe by recipe.
    pub rows: Vec<Row>,
    /// Names of the classes; none without the categorical task.
    pub classes: Vec<String>,
    /// Gap and improvement rows.
    pub derived: Vec<Derived>,
    /// Paired tests between the trainings.
    pub comparisons: Vec<TrainingComparison>,
    /// Which of [`METRICS`] were measured.
    pub columns: Vec<usize>,
}

/// Change from `before` to `after` in percent of `before`, signed so that plus is better.
pub(crate) fn better_percent(before: Metrics, after: Metrics) -> List {
    let (before, after) = (before.list(), after.list());
    std::array::from_fn(|i| {
        let (b, a) = (before[i]?, after[i]?);
        let change = 100.0 * (a - b) / b.abs();
        let signed = if METRICS[i].1 { -change } else { change };
        signed.is_finite().then_some(signed)
    })
}

/// The recipes of some units, each once, in their order.
pub(crate) fn recipes_of(units: &[UnitResult]) -> Vec<&str> {
    let mut recipes: Vec<&str> = Vec::new();
    for unit in units {
        if !recipes.contains(&unit.recipe.as_str()) {
            recipes.push(&unit.recipe);
        }
    }
    recipes
}

impl Table1 {
    /// From finished units.
    #[must_use]
    pub fn new(units: &[UnitResult]) -> Self {
        let mut table = Self {
            classes: classes_of(units),
            ..Self::default()
        };
        let is_papers = is_papers(units);
        for recipe in recipes_of(units) {
            for training in [Training::Clean, Training::Augmented] {
                for condition in CONDITIONS {
                    let row = row(units, recipe, training, condition);
                    table.rows.extend(row);
                }
            }
            let find = |training: Training, condition: &str| {
                table.rows.iter().find(|r| {
                    r.recipe == recipe && r.training == training && r.condition == condition
                })
            };
            let paper = |training, condition: &str| {
                let paper = paper::table1(recipe, training, condition);
                paper.filter(|_| is_papers).unwrap_or_default()
            };
            let mut derived = Vec::new();
            for training in [Training::Clean, Training::Augmented] {
                if let (Some(clean), Some(robot)) =
                    (find(training, "clean"), find(training, "robot"))
                {
                    derived.push(Derived {
                        recipe: recipe.to_owned(),
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
                    recipe: recipe.to_owned(),
                    name: "improvement %, on the robot".into(),
                    ours: better_percent(plain.pooled, augmented.pooled),
                    paper: better_percent(
                        paper(Training::Clean, "robot"),
                        paper(Training::Augmented, "robot"),
                    ),
                });
            }
            table.derived.extend(derived);
            table.comparisons.extend(comparisons(units, recipe));
        }
        table.columns = (0..METRICS.len())
            .filter(|i| table.rows.iter().any(|r| r.pooled.list()[*i].is_some()))
            .collect();
        table
    }

    /// The same table with some of its columns (places in [`METRICS`]).
    #[must_use]
    pub fn with_columns(&self, columns: std::ops::Range<usize>) -> Self {
        let mut table = self.clone();
        table.columns.retain(|c| columns.contains(c));
        table
    }

    /// Column titles for [`Table1::cells`].
    #[must_use]
    pub fn titles(&self) -> Vec<String> {
        let mut titles: Vec<String> = ["recipe", "trained", "tested"].map(String::from).to_vec();
        titles.extend(self.columns.iter().map(|i| METRICS[*i].0.to_owned()));
        titles.extend(
            self.paper_columns()
                .map(|i| format!("paper {}", METRICS[i].0)),
        );
        titles
    }

    /// Those of its columns that the paper has too.
    fn paper_columns(&self) -> impl Iterator<Item = usize> {
        let has = |c: &usize| {
            self.rows
                .iter()
                .any(|r| r.paper.is_some_and(|p| p.list()[*c].is_some()))
        };
        self.columns.iter().copied().filter(has)
    }

    /// What a metric of [`Table1::cells`] is, and what stands behind its ±.
    #[must_use]
    pub fn legend(&self) -> String {
        let seeds = self.rows.iter().map(|r| r.seeds).max().unwrap_or(1);
        if seeds > 1 {
            format!(
                "Metrics are of the answers of all folds together, the mean over {seeds} seeds; ± is their standard deviation over seeds"
            )
        } else {
            "Metrics are of the answers of all folds together".to_owned()
        }
    }

    /// All rows as text: measured metrics (see [`Table1::legend`]), then the paper's; after each
    /// recipe its derived rows.
    #[must_use]
    pub fn cells(&self) -> Vec<Vec<String>> {
        let mut out = Vec::new();
        for (i, row) in self.rows.iter().enumerate() {
            let mut cells = vec![
                row.recipe.clone(),
                row.training.name().into_owned(),
                row.condition.to_owned(),
            ];
            let pooled = row.pooled.list();
            let spread = row.spread.list();
            for c in &self.columns {
                cells.push(match (number(pooled[*c]), spread[*c]) {
                    (text, Some(d)) if d.is_finite() => format!("{text} ±{}", number(Some(d))),
                    (text, _) => text,
                });
            }
            let paper = row.paper.unwrap_or_default().list();
            cells.extend(self.paper_columns().map(|c| number(paper[c])));
            out.push(cells);
            let last = self
                .rows
                .get(i + 1)
                .is_none_or(|next| next.recipe != row.recipe);
            if last {
                for d in self.derived.iter().filter(|d| d.recipe == row.recipe) {
                    let mut cells = vec![row.recipe.clone(), d.name.clone(), String::new()];
                    cells.extend(self.columns.iter().map(|c| percent(d.ours[*c])));
                    cells.extend(self.paper_columns().map(|c| percent(d.paper[c])));
                    out.push(cells);
                }
            }
        }
        out
    }

    /// 95 % intervals of the measured rows, and under each recipe's the paired tests.
    #[must_use]
    pub fn certainty(&self) -> TextTable {
        let mut titles: Vec<String> = ["recipe", "trained", "tested"].map(String::from).to_vec();
        titles.extend(self.columns.iter().map(|i| METRICS[*i].0.to_owned()));
        let mut rows = Vec::new();
        for (i, row) in self.rows.iter().enumerate() {
            let mut cells = vec![
                row.recipe.clone(),
                row.training.name().into_owned(),
                row.condition.to_owned(),
            ];
            cells.extend(self.columns.iter().map(|c| interval(row.intervals[*c])));
            rows.push(cells);
            let last = self
                .rows
                .get(i + 1)
                .is_none_or(|next| next.recipe != row.recipe);
            if last {
                for c in self.comparisons.iter().filter(|c| c.recipe == row.recipe) {
                    let mut cells = vec![
                        row.recipe.clone(),
                        "p of augmented against clean".to_owned(),
                        c.condition.to_owned(),
                    ];
                    cells.extend(
                        self.columns
                            .iter()
                            .map(|i| p_value(c.tests[*i], c.changes[*i])),
                    );
                    rows.push(cells);
                }
            }
        }
        TextTable {
            titles,
            rows,
            texts: 3,
        }
    }

    /// The table as text.
    #[must_use]
    pub fn text(&self) -> TextTable {
        TextTable {
            titles: self.titles(),
            rows: self.cells(),
            texts: 3,
        }
    }

    /// Recall of each class, a row for each of them: however many there are, the table is as wide
    /// as there are rows of Table I.
    #[must_use]
    pub fn recalls(&self) -> TextTable {
        let rows: Vec<&Row> = self.rows.iter().filter(|r| !r.recalls.is_empty()).collect();
        let mut titles = vec!["class".to_owned()];
        titles.extend(
            rows.iter()
                .map(|row| format!("{} {}, {}", row.recipe, row.training.name(), row.condition)),
        );
        let of_class = |(class, name): (usize, &String)| {
            let mut cells = vec![name.clone()];
            cells.extend(rows.iter().map(|row| number(row.recall(class))));
            cells
        };
        TextTable {
            titles,
            rows: self.classes.iter().enumerate().map(of_class).collect(),
            texts: 1,
        }
    }

    /// As CSV: one line for each measured row, full precision; beside each metric its
    /// deviation over folds and over seeds, and the paper's metric.
    ///
    /// # Errors
    /// Never in practice: it is written to memory.
    pub fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut header: Vec<String> = ["recipe", "training", "test", "folds", "seeds"]
            .map(String::from)
            .to_vec();
        for i in &self.columns {
            let name = METRICS[*i].0.replace(' ', "_");
            header.extend(
                ["", "_fold_sd", "_seed_sd", "_low", "_high", "_paper"]
                    .map(|end| format!("{name}{end}")),
            );
        }
        let classes = self
            .rows
            .iter()
            .any(|r| r.recalls.iter().any(Option::is_some));
        if classes {
            header.extend(self.classes.iter().map(|name| format!("recall_{name}")));
        }
        writer.write_record(&header)?;
        for row in &self.rows {
            let mut cells = vec![
                text_cell(&row.recipe).into_owned(),
                text_cell(&row.training.name()).into_owned(),
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
                    exact(row.intervals[*i].map(|i| i.low)),
                    exact(row.intervals[*i].map(|i| i.high)),
                    exact(paper[*i]),
                ]);
            }
            if classes {
                cells.extend((0..self.classes.len()).map(|c| exact(row.recall(c))));
            }
            writer.write_record(&cells)?;
        }
        writer.into_inner().map_err(|e| e.into_error().into())
    }
}

impl Row {
    /// Recall of a class; several seeds' mean.
    #[must_use]
    pub fn recall(&self, class: usize) -> Option<f64> {
        self.recalls.get(class).copied().flatten()
    }
}

/// The classes that units tell apart.
pub(crate) fn classes_of(units: &[UnitResult]) -> Vec<String> {
    let categorical = units.iter().find(|u| u.task == Task::Categorical);
    categorical.map_or_else(Vec::new, |u| u.outputs.clone())
}

/// True if the paper's numbers are of the same classes.
pub(crate) fn is_papers(units: &[UnitResult]) -> bool {
    let classes = classes_of(units);
    classes.is_empty() || classes == FOUR
}

/// Augmented against clean training in both conditions.
fn comparisons(units: &[UnitResult], recipe: &str) -> Vec<TrainingComparison> {
    let mut out = Vec::new();
    for condition in CONDITIONS {
        let mut tests = [None; COUNT];
        for task in [Task::Categorical, Task::Dimensional] {
            let of = |training| {
                metrics_by_speaker(&seeds_of(units, recipe, task, training, condition), task)
            };
            let (clean, augmented) = (of(Training::Clean), of(Training::Augmented));
            for (place, test) in tests.iter_mut().zip(compare(&clean, &augmented)) {
                *place = place.or(test);
            }
        }
        if tests.iter().any(Option::is_some) {
            out.push(TrainingComparison {
                recipe: recipe.to_owned(),
                condition,
                tests,
                changes: {
                    let of = |training| pooled(units, recipe, training, condition).list();
                    let (clean, augmented) = (of(Training::Clean), of(Training::Augmented));
                    std::array::from_fn(|i| Some(augmented[i]? - clean[i]?))
                },
            });
        }
    }
    out
}

/// One row, if there are units for it.
fn row(
    units: &[UnitResult],
    recipe: &str,
    training: Training,
    condition: &'static str,
) -> Option<Row> {
    let of: Vec<&UnitResult> = units
        .iter()
        .filter(|u| u.recipe == recipe && u.training == training)
        .filter(|u| u.predictions.iter().any(|p| p.condition == condition))
        .collect();
    if of.is_empty() {
        return None;
    }
    let mut pooled = [None; COUNT];
    let mut deviation = [None; COUNT];
    let mut spread = [None; COUNT];
    let mut sure = [None; COUNT];
    let mut recalls = Vec::new();
    let (mut folds, mut seeds) = (0, 0);
    for task in [Task::Categorical, Task::Dimensional] {
        let of_task: Vec<&UnitResult> = of.iter().copied().filter(|u| u.task == task).collect();
        if of_task.is_empty() {
            continue;
        }
        let by_seed = by_seed(units, recipe, task, training, condition);
        let mut by_fold: BTreeMap<&str, Vec<&UnitResult>> = BTreeMap::new();
        for unit in of_task {
            by_fold.entry(&unit.fold).or_default().push(unit);
        }
        (folds, seeds) = (folds.max(by_fold.len()), seeds.max(by_seed.len()));
        let seeds_here = seeds_of(units, recipe, task, training, condition);
        for (place, interval) in sure.iter_mut().zip(intervals(&seeds_here, task)) {
            *place = place.or(interval);
        }
        if task == Task::Categorical {
            let of_seed: Vec<_> = by_seed
                .values()
                .map(|predictions| confusion(predictions.iter().copied()))
                .collect();
            let recall = |class: usize| {
                let each: Vec<f64> = of_seed.iter().filter_map(|c| c.recall(class)).collect();
                (!each.is_empty()).then(|| each.iter().sum::<f64>() / each.len() as f64)
            };
            recalls = (0..classes_of(units).len()).map(recall).collect();
        }
        let of_seed = pooled_by_seed(units, recipe, task, training, condition);
        let of_fold: Vec<List> = by_fold
            .values()
            .map(|units| {
                let each: Vec<_> = units
                    .iter()
                    .map(|u| metrics_of(task, &u.in_condition(condition)).list())
                    .collect();
                std::array::from_fn(|i| over(&each, i).map(|(mean, _)| mean))
            })
            .collect();
        for i in 0..COUNT {
            if let Some((mean, sd)) = over(&of_seed, i) {
                pooled[i] = Some(mean);
                spread[i] = (of_seed.len() > 1).then_some(sd);
                deviation[i] = over(&of_fold, i).map(|(_, sd)| sd);
            }
        }
    }
    Some(Row {
        recipe: recipe.to_owned(),
        training,
        condition,
        pooled: Metrics::from_list(pooled),
        deviation: Metrics::from_list(deviation),
        spread: Metrics::from_list(spread),
        intervals: sure,
        recalls,
        folds,
        seeds,
        paper: paper::table1(recipe, training, condition).filter(|_| is_papers(units)),
    })
}

/// An interval, or a dash.
#[must_use]
pub fn interval(interval: Option<Interval>) -> String {
    interval.map_or_else(
        || "–".into(),
        |i| format!("{} .. {}", number(Some(i.low)), number(Some(i.high))),
    )
}

/// The p of a test, with the sign of the change that is printed beside it. A dash where so few
/// speakers cannot give a p below .05 ([`PairedTest::telling_p`]); no sign where the mean over
/// speakers and the change disagree about it.
#[must_use]
pub fn p_value(test: Option<PairedTest>, change: Option<f64>) -> String {
    let (Some(test), Some(change)) = (test, change) else {
        return "–".into();
    };
    let Some(p) = test.telling_p() else {
        return "–".into();
    };
    let sign = match (test.difference > 0.0, change > 0.0) {
        (true, true) => " (+)",
        (false, false) if test.difference < 0.0 && change < 0.0 => " (−)",
        _ => "",
    };
    if p < 0.001 {
        format!("<.001{sign}")
    } else {
        format!("{}{sign}", number(Some(p)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_experiment::{Prediction, Truth};

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
            recipe: "rnn".into(),
            task: Task::Categorical,
            outputs: FOUR.map(String::from).to_vec(),
            training,
            fold: "s".into(),
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
        assert_eq!(table.text().markdown().lines().count(), 2 + 4 + 3);
        assert_eq!(
            String::from_utf8(table.csv().unwrap())
                .unwrap()
                .lines()
                .count(),
            5
        );
        let latex = table.text().latex();
        assert!(latex.contains("\\toprule") && latex.contains("gap \\%"));
        assert_eq!(number(Some(0.5312)), ".531");
        assert_eq!(number(Some(-0.04)), "-.040");
        assert_eq!(number(Some(1.351)), "1.351");
        assert_eq!(number(Some(f64::NAN)), "–");
    }

    #[test]
    fn a_p_has_the_sign_of_the_change_it_stands_beside_or_none() {
        let test = |difference, speakers| {
            Some(PairedTest {
                difference,
                p: 0.04,
                speakers,
            })
        };
        assert_eq!(p_value(test(0.1, 8), Some(0.2)), ".040 (+)");
        assert_eq!(p_value(test(-0.1, 8), Some(-0.2)), ".040 (−)");
        assert_eq!(p_value(test(0.1, 8), Some(-0.2)), ".040");
        assert_eq!(p_value(test(0.0, 8), Some(0.0)), ".040");
        assert_eq!(p_value(test(0.1, 5), Some(0.2)), "–");
        assert_eq!(p_value(None, Some(0.2)), "–");
    }
}
