//! Named conditions: recipes by conditions, what groups of them come to, and recipes against each other
//! over all of them.

use std::collections::BTreeMap;

use earnest_experiment::metrics::{COUNT, List, METRICS};
use earnest_experiment::number::{number, signed};
use earnest_experiment::statistics::{
    Interval, by_speaker_over, compare, intervals, intervals_over, mean_over, percentile, seeds_of,
};
use earnest_experiment::{BySpeaker, CLEAN, ConditionSpec, Outcome, Training, pooled_metrics};
use earnest_model::Task;

use crate::figure::{Curve, CurvePoint};
use crate::rivals::pairs_of;
use crate::sweep::MAIN;
use crate::table1::{interval, p_value};
use crate::text_table::{Line, TextTable, title};

/// What stands above the tables.
pub const IN_CONDITIONS: &str = "All conditions beside clean speech: of a group its median and its 10th percentile over the conditions that are in it. The mean is over all conditions, each of which counts alike, a group\u{2019}s too; its 95 % interval is over speakers, who are drawn again in all conditions at once. Share of clean: that mean over the same model\u{2019}s result in clean speech. Every condition stands in tables.csv.";

/// What stands above the table of pairs.
pub const OVER_CONDITIONS: &str = "By how much the second recipe is ahead of the first in the mean over all conditions beside clean speech, in the same training, and p of a paired sign-flip test over speakers, of whom each has the mean over conditions (two-sided, not corrected for the number of comparisons); the sign is left out where the mean over speakers goes the other way. With fewer than six speakers no p can be below .05, and none is given.";

/// What stands above the curves.
pub const CURVES: &str = "Each point is a condition that says its value, with its 95 % interval over speakers; a line goes through the mean of those at the same value.";

/// A recipe after a training, in all conditions.
struct Column {
    recipe: String,
    training: Training,
    clean: List,
    /// In the order of the conditions.
    each: Vec<List>,
    intervals: Vec<[Option<Interval>; COUNT]>,
    mean: List,
    mean_interval: [Option<Interval>; COUNT],
    by_speaker: BTreeMap<String, List>,
}

/// What a run with named conditions comes to in them.
pub struct Conditions {
    conditions: Vec<ConditionSpec>,
    columns: Vec<Column>,
    /// Which of [`METRICS`] are shown.
    metrics: Vec<usize>,
}

/// What is measured of conditions along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Axis {
    /// Speech over noise, dB.
    Snr,
    /// Metres to the speaker.
    Distance,
}

impl Axis {
    pub const ALL: [Self; 2] = [Self::Snr, Self::Distance];

    /// What stands below it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Snr => "speech over noise (dB)",
            Self::Distance => "distance of the speaker (m)",
        }
    }

    /// What files are called after it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Snr => "snr",
            Self::Distance => "distance",
        }
    }

    fn of(self, condition: &ConditionSpec) -> Option<f64> {
        match self {
            Self::Snr => condition.snr_db(),
            Self::Distance => condition.distance_m,
        }
    }
}

impl Conditions {
    /// Of a run; `None` without named conditions.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Option<Self> {
        if outcome.experiment.conditions.is_empty() {
            return None;
        }
        let conditions = outcome.experiment.heard_in();
        let mut columns = Vec::new();
        for recipe in &outcome.experiment.recipes {
            for training in &outcome.experiment.trainings {
                let column = Column::of(outcome, recipe.title(), *training, &conditions);
                columns.extend(column);
            }
        }
        let measured = |metric: &usize| columns.iter().any(|c| c.mean[*metric].is_some());
        Some(Self {
            metrics: MAIN.into_iter().filter(measured).collect(),
            conditions,
            columns,
        })
    }

    /// Titles of the columns of recipes; the training is named where there are several.
    fn heads(&self) -> Vec<Vec<String>> {
        let of = |column: &Column| {
            let training = column.training.name().into_owned();
            vec![column.recipe.clone(), training]
        };
        self.columns.iter().map(of).collect()
    }

    /// Groups, each once, in the order of their first conditions, with the places of their conditions.
    fn groups(&self) -> Vec<(&str, Vec<usize>)> {
        let mut groups: Vec<(&str, Vec<usize>)> = Vec::new();
        for (i, condition) in self.conditions.iter().enumerate() {
            let Some(name) = condition.group.as_deref() else {
                continue;
            };
            match groups.iter_mut().find(|(known, _)| *known == name) {
                Some((_, places)) => places.push(i),
                None => groups.push((name, vec![i])),
            }
        }
        groups
    }

    /// Conditions by recipes, a table for each main metric.
    #[must_use]
    pub fn tables(&self) -> Vec<TextTable> {
        self.metrics.iter().map(|m| self.table(*m)).collect()
    }

    fn table(&self, metric: usize) -> TextTable {
        let (snr, distance) = (
            self.conditions.iter().any(|c| c.snr_db().is_some()),
            self.conditions.iter().any(|c| c.distance_m.is_some()),
        );
        let mut titles = vec![title(METRICS[metric].0)];
        titles.extend(snr.then(|| title("dB")));
        titles.extend(distance.then(|| title("m")));
        let texts = titles.len();
        titles.extend(self.heads());
        let row = |name: String, facts: [Option<f64>; 2], cells: &dyn Fn(&Column) -> String| {
            let [db, m] = facts.map(|x| x.map_or_else(String::new, |x| x.to_string()));
            let mut all = vec![name];
            all.extend(snr.then_some(db));
            all.extend(distance.then_some(m));
            all.extend(self.columns.iter().map(cells));
            all
        };
        let none = [None; 2];
        let clean = |c: &Column| number(c.clean[metric]);
        let mut rows = vec![Line::measured(row(CLEAN.to_owned(), none, &clean))];
        for (i, condition) in self.conditions.iter().enumerate() {
            if condition.group.is_none() {
                let facts = [condition.snr_db(), condition.distance_m];
                let own = |c: &Column| number(c.each[i][metric]);
                rows.push(Line::measured(row(condition.name.clone(), facts, &own)));
            }
        }
        for (group, places) in self.groups() {
            for (share, word) in [(0.5, "median"), (0.1, "10th percentile")] {
                let of = |c: &Column| number(c.percentile(&places, metric, share));
                let name = format!("{group} ({}): {word}", places.len());
                rows.push(Line::measured(row(name, none, &of)));
            }
        }
        let n = self.conditions.len();
        let mean = |c: &Column| number(c.mean[metric]);
        let name = match n {
            1 => "mean of one".to_owned(),
            n => format!("mean of {n}"),
        };
        rows.push(Line::derived(row(name, none, &mean)));
        let known = |c: &Column| c.mean_interval[metric].is_some();
        if self.columns.iter().any(known) {
            let sure = |c: &Column| interval(c.mean_interval[metric]);
            rows.push(Line::derived(row("95 % of it".to_owned(), none, &sure)));
        }
        let share = |c: &Column| number(c.share(metric));
        rows.push(Line::derived(row(
            "share of clean".to_owned(),
            none,
            &share,
        )));
        TextTable {
            titles,
            rows,
            texts,
        }
    }

    /// Recipes against each other over all conditions; `None` with one recipe.
    #[must_use]
    pub fn against_each_other(&self) -> Option<TextTable> {
        let mut recipes: Vec<&str> = self.columns.iter().map(|c| c.recipe.as_str()).collect();
        recipes.dedup();
        let mut titles: Vec<Vec<String>> = ["recipe", "against", "trained"].map(title).to_vec();
        for metric in &self.metrics {
            let name = METRICS[*metric].0;
            titles.push(vec![name.to_owned(), "ahead by".to_owned()]);
            titles.push(vec![name.to_owned(), "p".to_owned()]);
        }
        let mut rows = Vec::new();
        for [first, second] in pairs_of(&recipes) {
            for one in self.columns.iter().filter(|c| c.recipe == first) {
                let is_other = |c: &&Column| c.recipe == second && c.training == one.training;
                let Some(other) = self.columns.iter().find(is_other) else {
                    continue;
                };
                let tests = compare(&one.by_speaker, &other.by_speaker);
                let changes: Vec<Option<f64>> = self
                    .metrics
                    .iter()
                    .map(|m| Some(other.mean[*m]? - one.mean[*m]?))
                    .collect();
                // A baseline learns one task only.
                if changes.iter().all(Option::is_none) {
                    continue;
                }
                let mut cells = vec![second.to_owned(), first.to_owned()];
                cells.push(one.training.name().into_owned());
                for (metric, change) in self.metrics.iter().zip(changes) {
                    cells.push(signed(change));
                    cells.push(p_value(tests[*metric], change));
                }
                rows.push(Line::measured(cells));
            }
        }
        (!rows.is_empty()).then_some(TextTable {
            titles,
            rows,
            texts: 3,
        })
    }

    /// Each main metric against an axis on which at least two conditions have different places, a curve
    /// for each recipe and training.
    pub(crate) fn curves(&self) -> Vec<(usize, Axis, Vec<Curve>)> {
        let mut all = Vec::new();
        for axis in Axis::ALL {
            let placed: Vec<(usize, f64)> = self
                .conditions
                .iter()
                .enumerate()
                .filter_map(|(i, c)| Some((i, axis.of(c)?)))
                .collect();
            let Some((_, first)) = placed.first() else {
                continue;
            };
            if placed.iter().all(|(_, x)| x == first) {
                continue;
            }
            for metric in &self.metrics {
                let several = self.columns.iter().any(|c| {
                    let first = self.columns.first().map(|first| first.training);
                    Some(c.training) != first
                });
                let curve = |column: &Column| Curve {
                    name: match several {
                        true => format!("{}, {}", column.recipe, column.training.name()),
                        false => column.recipe.clone(),
                    },
                    points: placed
                        .iter()
                        .filter_map(|(i, x)| {
                            Some(CurvePoint {
                                x: *x,
                                y: column.each[*i][*metric].filter(|y| y.is_finite())?,
                                interval: column.intervals[*i][*metric],
                            })
                        })
                        .collect(),
                };
                let curves: Vec<Curve> = self
                    .columns
                    .iter()
                    .map(curve)
                    .filter(|curve| !curve.points.is_empty())
                    .collect();
                if !curves.is_empty() {
                    all.push((*metric, axis, curves));
                }
            }
        }
        all
    }
}

impl Column {
    /// Of a recipe after a training; `None` if there are no units of it.
    fn of(
        outcome: &Outcome,
        recipe: &str,
        training: Training,
        conditions: &[ConditionSpec],
    ) -> Option<Self> {
        let units = &outcome.units;
        let is_own = |task: Task| {
            move |recipe: &str, training: Training| {
                let mut units = units.iter();
                units.any(|u| u.task == task && u.recipe == recipe && u.training == training)
            }
        };
        let mut column = Self {
            recipe: recipe.to_owned(),
            training,
            clean: [None; COUNT],
            each: vec![[None; COUNT]; conditions.len()],
            intervals: vec![[None; COUNT]; conditions.len()],
            mean: [None; COUNT],
            mean_interval: [None; COUNT],
            by_speaker: BTreeMap::new(),
        };
        let mut found = false;
        for task in [Task::Categorical, Task::Dimensional] {
            if !is_own(task)(recipe, training) {
                continue;
            }
            found = true;
            let seeds = |condition: &str| seeds_of(units, recipe, task, training, condition);
            let each: Vec<Vec<BySpeaker>> = conditions.iter().map(|c| seeds(&c.name)).collect();
            join(&mut column.clean, pooled_metrics(&seeds(CLEAN), task));
            for (i, seeds) in each.iter().enumerate() {
                join(&mut column.each[i], pooled_metrics(seeds, task));
                join(&mut column.intervals[i], intervals(seeds, task));
            }
            join(&mut column.mean, mean_over(&each, task));
            join(&mut column.mean_interval, intervals_over(&each, task));
            for (speaker, list) in by_speaker_over(&each, task) {
                join(column.by_speaker.entry(speaker).or_default(), list);
            }
        }
        found.then_some(column)
    }

    /// A percentile of a metric over conditions.
    fn percentile(&self, places: &[usize], metric: usize, share: f64) -> Option<f64> {
        let each = places.iter().filter_map(|i| self.each[*i][metric]);
        let mut values: Vec<f64> = each.filter(|x| x.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        (!values.is_empty()).then(|| percentile(&values, share))
    }

    /// The mean over the result in clean speech; `None` where that is nothing to have a share of.
    fn share(&self, metric: usize) -> Option<f64> {
        let clean = self.clean[metric].filter(|clean| *clean > 0.0)?;
        Some(self.mean[metric]? / clean)
    }
}

/// Takes what is not there yet: each task has metrics of its own.
fn join<T: Copy>(all: &mut [Option<T>; COUNT], more: [Option<T>; COUNT]) {
    for (place, value) in all.iter_mut().zip(more) {
        *place = place.or(value);
    }
}
