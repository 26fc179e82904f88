//! Table II: what becomes of the main metric when one augmentation is left out.

use earnest_experiment::metrics::{AROUSAL_R, COUNT, MACRO_F, METRICS, Metrics, VALENCE_R};
use earnest_experiment::number::{exact, number, percent};
use earnest_experiment::statistics::{PairedTest, compare, pooled, seeds_of};
use earnest_experiment::{CONDITIONS, Training, UnitResult, metrics_by_speaker};
use earnest_files::text_cell;
use earnest_model::Task;

use crate::chance::Chance;
use crate::paper;
use crate::table1::{better_percent, is_papers, of_more_than_chance, p_value, recipes_of};
use crate::text_table::{Line, TextTable, title};

/// A row: one recipe, metric and transform.
#[derive(Clone, Debug)]
pub struct Row {
    /// `rnn` or `cnn`.
    pub recipe: String,
    /// Which metric: a place in [`METRICS`].
    pub metric: usize,
    /// What is left out; `None` is the whole augmentation.
    pub left_out: Option<&'static str>,
    /// The metric, clean and on the robot.
    pub values: [Option<f64>; 2],
    /// The metrics less the whole augmentation's.
    pub difference: [Option<f64>; 2],
    /// Change in percent of the whole augmentation's, plus is better.
    pub change: [Option<f64>; 2],
    /// The paper's change.
    pub paper: Option<[f64; 2]>,
    /// Paired test against the whole augmentation, over speakers.
    pub tests: [Option<PairedTest>; 2],
}

/// Table II.
#[derive(Clone, Debug, Default)]
pub struct Table2 {
    /// Its rows, recipe by recipe and metric by metric.
    pub rows: Vec<Row>,
}

/// The metrics that Table II is about, by task: macro F; the correlations.
const MAIN: [(Task, usize); 3] = [
    (Task::Categorical, MACRO_F),
    (Task::Dimensional, AROUSAL_R),
    (Task::Dimensional, VALENCE_R),
];

impl Table2 {
    /// From finished units; empty unless something was left out.
    #[must_use]
    pub fn new(units: &[UnitResult]) -> Self {
        let mut left: Vec<&'static str> = Vec::new();
        for unit in units {
            if let Training::Without(transform) = unit.training
                && !left.contains(&transform)
            {
                left.push(transform);
            }
        }
        let mut table = Self::default();
        if left.is_empty() {
            return table;
        }
        let is_papers = is_papers(units);
        let chance = Chance::of(units);
        for recipe in recipes_of(units) {
            let base = values(units, recipe, Training::Augmented);
            for (task, metric) in MAIN {
                for left_out in std::iter::once(None).chain(left.iter().copied().map(Some)) {
                    let training = left_out.map_or(Training::Augmented, Training::Without);
                    let of = values(units, recipe, training);
                    let value = [0, 1].map(|c| of[c].list()[metric]);
                    if value.iter().all(Option::is_none) {
                        continue;
                    }
                    let paper = left_out
                        .filter(|_| metric == 2 && is_papers)
                        .and_then(|name| paper::table2(recipe, name));
                    let change = [0, 1].map(|c| {
                        left_out?;
                        let changes = better_percent(base[c], of[c]);
                        let mut papers = [None; COUNT];
                        papers[metric] = paper.map(|p| p[c]);
                        of_more_than_chance(changes, base[c], chance.as_ref(), papers)[metric]
                    });
                    let tests = [0, 1].map(|c| {
                        left_out?;
                        let each = |training| {
                            metrics_by_speaker(
                                &seeds_of(units, recipe, task, training, CONDITIONS[c]),
                                task,
                            )
                        };
                        compare(&each(Training::Augmented), &each(training))[metric]
                    });
                    let difference = [0, 1].map(|c| {
                        left_out?;
                        Some(of[c].list()[metric]? - base[c].list()[metric]?)
                    });
                    table.rows.push(Row {
                        recipe: recipe.to_owned(),
                        metric,
                        left_out,
                        values: value,
                        difference,
                        change,
                        paper,
                        tests,
                    });
                }
            }
        }
        table
    }

    /// As text.
    #[must_use]
    pub fn text(&self) -> TextTable {
        let mut titles: Vec<Vec<String>> = [
            "recipe", "metric", "left out", "clean", "robot", "clean %", "robot %", "p clean",
            "p robot",
        ]
        .map(title)
        .to_vec();
        let has_papers = self.has_papers();
        if has_papers {
            let papers = ["clean %", "robot %"].map(|name| ["paper", name].map(String::from));
            titles.extend(papers.map(|path| path.to_vec()));
        }
        TextTable {
            titles,
            rows: self
                .rows
                .iter()
                .map(|row| {
                    let mut cells = vec![
                        row.recipe.clone(),
                        METRICS[row.metric].0.to_owned(),
                        row.left_out.unwrap_or("nothing").to_owned(),
                    ];
                    cells.extend(row.values.map(number));
                    cells.extend(row.change.map(percent));
                    cells.extend([0, 1].map(|c| p_value(row.tests[c], row.difference[c])));
                    if has_papers {
                        let paper = |c: usize| percent(row.paper.map(|p| p[c]));
                        cells.extend([0, 1].map(paper));
                    }
                    Line::measured(cells)
                })
                .collect(),
            texts: 3,
        }
    }

    /// What stands above the table.
    #[must_use]
    pub fn caption(&self) -> String {
        let paper = match self.has_papers() {
            true => " The paper's changes are of macro F on IEMOCAP and an iCub.",
            false => "",
        };
        format!(
            "The main metric when one step of the augmentation is left out, its change in percent of the whole augmentation's (plus is better; none of what is below chance, unless beside the paper's), and p of a paired sign-flip test over speakers (none below six speakers).{paper}"
        )
    }

    fn has_papers(&self) -> bool {
        self.rows.iter().any(|row| row.paper.is_some())
    }

    /// As CSV, full precision.
    ///
    /// # Errors
    /// Never in practice: it is written to memory.
    pub fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record([
            "recipe",
            "metric",
            "left_out",
            "clean",
            "robot",
            "clean_change_percent",
            "robot_change_percent",
            "clean_p",
            "robot_p",
            "paper_clean_change_percent",
            "paper_robot_change_percent",
        ])?;
        for row in &self.rows {
            let mut cells = vec![
                text_cell(&row.recipe).into_owned(),
                METRICS[row.metric].0.to_owned(),
                text_cell(row.left_out.unwrap_or_default()).into_owned(),
            ];
            cells.extend(row.values.map(exact));
            cells.extend(row.change.map(exact));
            cells.extend(row.tests.map(|t| exact(t.and_then(|t| t.telling_p()))));
            cells.extend([0, 1].map(|c: usize| exact(row.paper.map(|p| p[c]))));
            writer.write_record(&cells)?;
        }
        writer.into_inner().map_err(|e| e.into_error().into())
    }
}

/// Pooled metrics, clean and on the robot.
fn values(units: &[UnitResult], recipe: &str, training: Training) -> [Metrics; 2] {
    CONDITIONS.map(|condition| pooled(units, recipe, training, condition))
}
