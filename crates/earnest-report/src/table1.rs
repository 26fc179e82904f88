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

use crate::chance::Chance;
use crate::paper;
use crate::text_table::{Line, TextTable, title};

/// A derived row's word for the robot against clean speech.
const GAP: &str = "gap %";
/// A derived row's word for augmented against clean training.
const IMPROVEMENT: &str = "improvement %";

/// What stands above the recalls of classes.
pub const RECALLS: &str = "Share of the utterances of each class that were recognised; above the columns stand the recipe, what it was trained on, and what it was tested on.";

/// One measured row.
#[derive(Clone, Debug)]
pub struct Row {
    /// `rnn` or `cnn`.
    pub recipe: String,
    /// Trained on what.
    pub training: Training,
    /// `clean`, `robot`, or what a condition is called.
    pub condition: String,
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
    /// Of which training it is, or what it says of both.
    pub trained: String,
    /// Of which condition it is, or what it says of both.
    pub tested: String,
    /// Percent, in the order of [`METRICS`].
    pub ours: List,
    /// Where ours is left out because it would be of something below chance.
    pub noise: [bool; COUNT],
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
    /// What guessing comes to, where there are classes.
    pub chance: Option<Chance>,
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

/// Below which a metric says nothing, so that no percent of it does; `None` where there is no
/// such value.
fn chance_level(metric: usize, chance: Option<&Chance>) -> Option<f64> {
    match (metric, METRICS[metric].1) {
        (0..3, _) => chance.map(Chance::even),
        // An error.
        (_, true) => None,
        _ => Some(0.0),
    }
}

/// Changes in percent less those of what is below chance, which are noise: from .020 to .143 is no
/// improvement by 600 %. Beside a number of the paper's those of classes are given, so that they can
/// be compared; of a correlation that is not above 0 a percent has no meaning at all.
pub(crate) fn of_more_than_chance(
    changes: List,
    before: Metrics,
    chance: Option<&Chance>,
    paper: List,
) -> List {
    let before = before.list();
    std::array::from_fn(|i| {
        let level = chance_level(i, chance).unwrap_or(f64::NEG_INFINITY);
        let of_classes = i < 3;
        let is_compared = of_classes && paper[i].is_some();
        changes[i].filter(|_| is_compared || before[i].is_some_and(|b| b >= level))
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
    /// From finished units: clean speech and the robot.
    #[must_use]
    pub fn new(units: &[UnitResult]) -> Self {
        Self::of_conditions(units, &CONDITIONS)
    }

    /// The same with a row for each of these conditions; what follows from rows is of clean speech and
    /// the robot.
    pub(crate) fn of_conditions(units: &[UnitResult], conditions: &[impl AsRef<str>]) -> Self {
        let mut table = Self {
            classes: classes_of(units),
            chance: Chance::of(units),
            ..Self::default()
        };
        let is_papers = is_papers(units);
        for recipe in recipes_of(units) {
            for training in [Training::Clean, Training::Augmented] {
                for condition in conditions {
                    let row = row(units, recipe, training, condition.as_ref());
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
            let change = |[before, after]: [&Row; 2], [trained, tested]: [&str; 2], paper: List| {
                let changes = better_percent(before.pooled, after.pooled);
                let ours =
                    of_more_than_chance(changes, before.pooled, table.chance.as_ref(), paper);
                Derived {
                    recipe: recipe.to_owned(),
                    trained: trained.to_owned(),
                    tested: tested.to_owned(),
                    noise: std::array::from_fn(|i| changes[i].is_some() && ours[i].is_none()),
                    ours,
                    paper,
                }
            };
            let mut derived = Vec::new();
            for training in [Training::Clean, Training::Augmented] {
                if let (Some(clean), Some(robot)) =
                    (find(training, "clean"), find(training, "robot"))
                {
                    let papers = better_percent(paper(training, "clean"), paper(training, "robot"));
                    derived.push(change([clean, robot], [&training.name(), GAP], papers));
                }
            }
            if let (Some(plain), Some(augmented)) = (
                find(Training::Clean, "robot"),
                find(Training::Augmented, "robot"),
            ) {
                let papers = better_percent(
                    paper(Training::Clean, "robot"),
                    paper(Training::Augmented, "robot"),
                );
                derived.push(change([plain, augmented], [IMPROVEMENT, "robot"], papers));
            }
            table.derived.extend(derived);
            table.comparisons.extend(comparisons(units, recipe));
        }
        table.columns = (0..METRICS.len())
            .filter(|i| table.rows.iter().any(|r| r.pooled.list()[*i].is_some()))
            .collect();
        table
    }

    /// The same table with some of its columns (places in [`METRICS`]), and the recipes that have any of
    /// them: a baseline learns one task only.
    fn with_columns(&self, columns: std::ops::Range<usize>) -> Self {
        let mut table = self.clone();
        table.columns.retain(|c| columns.contains(c));
        let learns = |recipe: &str| {
            let own = self.rows.iter().filter(|r| r.recipe == recipe);
            let mut lists = own.map(|r| r.pooled.list());
            lists.any(|list| table.columns.iter().any(|c| list[*c].is_some()))
        };
        table.rows.retain(|r| learns(&r.recipe));
        table.derived.retain(|d| learns(&d.recipe));
        table.comparisons.retain(|c| learns(&c.recipe));
        table
    }

    /// The metrics of each task apart: together they are wider than a page.
    #[must_use]
    pub fn parts(&self) -> Vec<(&'static str, Self)> {
        [("Classes", 0..3), ("Scales", 3..COUNT)]
            .into_iter()
            .map(|(title, columns)| (title, self.with_columns(columns)))
            .filter(|(_, part)| !part.columns.is_empty())
            .collect()
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

    /// What a metric of the table is, and what stands behind its ±.
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

    /// What the names of the metrics shown stand for.
    #[must_use]
    pub fn metrics_explained(&self) -> String {
        let mut words = Vec::new();
        if self.columns.iter().any(|c| *c < 3) {
            words.push("Acc is the share of right answers (the paper's UW Acc, elsewhere called weighted accuracy), UAR the mean recall of the classes, F the mean F1 of the classes".to_owned());
        }
        let scales: Vec<&str> = [(3, "A arousal"), (4, "V valence"), (9, "D dominance")]
            .into_iter()
            .filter(|(error, _)| self.columns.contains(error))
            .map(|(_, words)| words)
            .collect();
        if !scales.is_empty() {
            words.push(format!(
                "MAE is the mean absolute error on the corpus's scale, r Pearson's correlation, CCC Lin's concordance; {}",
                scales.join(", ")
            ));
        }
        words.join("; ")
    }

    /// What is to be known of the rows and columns that the table has beside its metrics, a
    /// sentence each: derived rows, chance, and the paper's numbers.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let has = |name: &str| {
            self.derived
                .iter()
                .any(|d| d.trained == name || d.tested == name)
        };
        let explained: Vec<&str> = [
            (GAP, "gap %: robot against clean"),
            (
                IMPROVEMENT,
                "improvement %: augmented against clean training",
            ),
        ]
        .into_iter()
        .filter(|(name, _)| has(name))
        .map(|(_, words)| words)
        .collect();
        if !explained.is_empty() {
            notes.push(format!("{}; plus is better.", explained.join("; ")));
        }
        if let Some(chance) = self.chance.as_ref().filter(|_| self.columns.contains(&0)) {
            notes.push(chance.words());
        }
        let is_noise = |d: &Derived| self.columns.iter().any(|c| d.noise[*c]);
        if self.derived.iter().any(is_noise) {
            let even = self.chance.as_ref().filter(|_| self.columns.contains(&0));
            let level = match (even, self.columns.iter().any(|c| *c >= 3)) {
                (Some(chance), true) => {
                    format!("{}, or 0 for r and CCC", number(Some(chance.even())))
                }
                (Some(chance), false) => number(Some(chance.even())),
                _ => "0 for r and CCC".to_owned(),
            };
            notes.push(format!(
                "Of what is below chance ({level}) no change in percent is given: it would be noise."
            ));
        }
        if self.paper_columns().next().is_some() {
            notes.push("Beside them the paper's, for IEMOCAP and an iCub.".to_owned());
        }
        notes
    }

    /// True for the last row of a recipe, below which stands what follows from its rows.
    fn ends_recipe(&self, row: usize) -> bool {
        let next = self.rows.get(row + 1);
        next.is_none_or(|next| next.recipe != self.rows[row].recipe)
    }

    /// 95 % intervals of the measured rows, and under each recipe's the paired tests; `None` where
    /// so few speakers were tested that there is not one.
    #[must_use]
    pub fn certainty(&self) -> Option<TextTable> {
        let known = |row: &Row| self.columns.iter().any(|c| row.intervals[*c].is_some());
        if !self.rows.iter().any(known) {
            return None;
        }
        let mut titles = [title("recipe"), title("trained"), title("tested")].to_vec();
        titles.extend(self.columns.iter().map(|i| title(METRICS[*i].0)));
        let mut rows = Vec::new();
        for (i, row) in self.rows.iter().enumerate() {
            let mut cells = row.names();
            cells.extend(self.columns.iter().map(|c| interval(row.intervals[*c])));
            rows.push(Line::measured(cells));
            let tests = self.comparisons.iter().filter(|c| c.recipe == row.recipe);
            for c in tests.filter(|_| self.ends_recipe(i)) {
                let p = |i: &usize| p_value(c.tests[*i], c.changes[*i]);
                let telling = |i: &usize| c.tests[*i].is_some_and(|t| t.telling_p().is_some());
                if self.columns.iter().any(telling) {
                    let mut cells = [&c.recipe, "p of difference", c.condition]
                        .map(String::from)
                        .to_vec();
                    cells.extend(self.columns.iter().map(p));
                    rows.push(Line::derived(cells));
                }
            }
        }
        Some(TextTable {
            titles,
            rows,
            texts: 3,
        })
    }

    /// The table as text: measured metrics (see [`Table1::legend`]), then the paper's; after each
    /// recipe its derived rows.
    #[must_use]
    pub fn text(&self) -> TextTable {
        let mut titles = [title("recipe"), title("trained"), title("tested")].to_vec();
        titles.extend(self.columns.iter().map(|i| title(METRICS[*i].0)));
        let papers = self.paper_columns();
        titles.extend(papers.map(|i| ["paper", METRICS[i].0].map(String::from).to_vec()));
        let mut rows = Vec::new();
        for (i, row) in self.rows.iter().enumerate() {
            let mut cells = row.names();
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
            rows.push(Line::measured(cells));
            let derived = self.derived.iter().filter(|d| d.recipe == row.recipe);
            for d in derived.filter(|_| self.ends_recipe(i)) {
                let mut cells = vec![row.recipe.clone(), d.trained.clone(), d.tested.clone()];
                cells.extend(self.columns.iter().map(|c| percent(d.ours[*c])));
                cells.extend(self.paper_columns().map(|c| percent(d.paper[c])));
                rows.push(Line::derived(cells));
            }
        }
        TextTable {
            titles,
            rows,
            texts: 3,
        }
    }

    /// Recall of each class, a row for each of them: however many there are, the table is as wide
    /// as there are rows of Table I.
    #[must_use]
    pub fn recalls(&self) -> TextTable {
        let told = |r: &&Row| r.recalls.iter().any(Option::is_some);
        let rows: Vec<&Row> = self.rows.iter().filter(told).collect();
        let mut titles = vec![title("class")];
        titles.extend(rows.iter().map(|row| {
            vec![
                row.recipe.clone(),
                format!("{} →", row.training.name()),
                row.condition.to_owned(),
            ]
        }));
        let of_class = |(class, name): (usize, &String)| {
            let mut cells = vec![name.clone()];
            cells.extend(rows.iter().map(|row| number(row.recall(class))));
            Line::measured(cells)
        };
        TextTable {
            titles,
            rows: self.classes.iter().enumerate().map(of_class).collect(),
            texts: 1,
        }
    }

    /// Without the paper's numbers, which are of other corpora.
    pub(crate) fn forget_paper(&mut self) {
        for row in &mut self.rows {
            row.paper = None;
        }
        for derived in &mut self.derived {
            derived.paper = [None; COUNT];
        }
    }

    /// As CSV: one line for each measured row, full precision; beside each metric its
    /// deviation over folds and over seeds, and the paper's metric.
    ///
    /// # Errors
    /// Never in practice: it is written to memory.
    pub fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for record in self.records() {
            writer.write_record(&record)?;
        }
        writer.into_inner().map_err(|e| e.into_error().into())
    }

    /// The lines of its CSV, the header first.
    pub(crate) fn records(&self) -> Vec<Vec<String>> {
        let mut records = Vec::with_capacity(self.rows.len() + 1);
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
        records.push(header);
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
            records.push(cells);
        }
        records
    }
}

impl Row {
    /// What it is of: recipe, training, condition.
    fn names(&self) -> Vec<String> {
        vec![
            self.recipe.clone(),
            self.training.name().into_owned(),
            self.condition.to_owned(),
        ]
    }

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
fn row(units: &[UnitResult], recipe: &str, training: Training, condition: &str) -> Option<Row> {
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
        condition: condition.to_owned(),
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
    use crate::text_table::of_the_paper;
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
            crossing: None,
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

    /// The same units by a network that the paper has not.
    fn others(units: [UnitResult; 2]) -> [UnitResult; 2] {
        units.map(|unit| UnitResult {
            recipe: "paper-crnn".into(),
            ..unit
        })
    }

    #[test]
    fn of_what_is_below_chance_no_percent_is_given_and_that_is_said() {
        // Of four classes one answer in eight is right.
        let units = others([unit(Training::Clean, 8, 1), unit(Training::Augmented, 8, 4)]);
        let table = Table1::new(&units);
        let [gap, _, improvement] = table.derived.as_slice() else {
            panic!("two gaps and an improvement");
        };
        assert!(gap.ours[0].is_some() && !gap.noise[0]);
        assert!(improvement.ours[0].is_none() && improvement.noise[0]);
        let notes = table.notes().join(" ");
        assert!(notes.contains("below chance (.250)"), "{notes}");
        // Beside the paper's numbers all are given.
        let table = Table1::new(&[unit(Training::Clean, 8, 1), unit(Training::Augmented, 8, 4)]);
        assert!(table.derived[2].ours[0].is_some());
        assert!(!table.notes().join(" ").contains("below chance"));
    }

    #[test]
    fn the_paper_is_named_only_beside_its_numbers() {
        let units = [unit(Training::Clean, 8, 2), unit(Training::Augmented, 8, 4)];
        let paper = |units: &[UnitResult]| {
            let table = Table1::new(units);
            let titles = table.text().titles;
            let said = table
                .notes()
                .iter()
                .any(|note| note.contains("the paper's"));
            assert_eq!(said, titles.iter().any(|t| of_the_paper(t)));
            said
        };
        assert!(paper(&units));
        assert!(!paper(&others(units.clone())));
        let three = units.map(|unit| UnitResult {
            outputs: ["a", "b", "c", "d"].map(String::from).to_vec(),
            ..unit
        });
        assert!(!paper(&three));
    }

    #[test]
    fn only_metrics_that_are_shown_are_explained() {
        let table = Table1::new(&[unit(Training::Clean, 8, 2)]);
        assert_eq!(table.parts().len(), 1);
        let words = table.metrics_explained();
        assert!(words.contains("UAR") && !words.contains("CCC"), "{words}");
        // A clean training alone has a gap and no improvement.
        let notes = table.notes().join(" ");
        assert!(
            notes.contains("gap %:") && !notes.contains("improvement"),
            "{notes}"
        );
        assert!(
            notes.contains("Guessing evenly among the 4 classes"),
            "{notes}"
        );
    }

    #[test]
    fn of_one_speaker_nothing_is_sure_and_no_table_says_so() {
        let units = [unit(Training::Clean, 8, 2), unit(Training::Augmented, 8, 4)];
        assert_eq!(Table1::new(&units).certainty(), None);
        let by_three = units.map(|mut unit| {
            for (i, prediction) in unit.predictions.iter_mut().enumerate() {
                prediction.speaker = format!("s{}", i % 3);
            }
            unit
        });
        let table = Table1::new(&by_three).certainty().unwrap();
        // Three speakers have an interval and no p.
        assert_eq!(table.rows.len(), 4);
        assert!(table.rows.iter().all(|line| line.cells[3].contains(" .. ")));
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
