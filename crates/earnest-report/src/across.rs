//! Several corpora: what a run comes to by which of them were trained on and which was tested. Nothing
//! is pooled over corpora here.

use earnest_experiment::metrics::METRICS;
use earnest_experiment::number::number;
use earnest_experiment::{
    CrossKind, Outcome, Protocol, Training, UnitResult, statistics::Interval,
};
use earnest_files::text_cell;

use crate::table1::Table1;
use crate::text_table::{Line, TextTable, title};

/// The metrics of a matrix: macro F, and the concordance of each scale.
const SHOWN: [usize; 4] = [2, 7, 8, 11];

/// What stands above the tables by pairs.
pub const PAIRS: &str = "Each row is of one pair: trained on the first corpus, tested on the second, whose speakers are in no training of the pair. Nothing is pooled over pairs.";

/// What stands above matrices.
pub const MATRICES: &str = "Rows: trained on. Columns: tested on. Below a value stands its 95 % interval over the tested speakers, where there are three or more; ± is over seeds. Darker is better, from 0 to 1.";

/// What stands above the table of a pooled run by corpora.
pub const BY_CORPUS: &str = "How the models do that were trained on all corpora together, by the corpus of those who were tested.";

/// What a run comes to for a pair of corpora.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Trained on these: a corpus's name, `others` or `all`.
    pub trained: String,
    /// Tested on this one.
    pub tested: String,
    /// Its metrics, as those of a run by itself, without the paper's.
    pub table: Table1,
}

impl Pair {
    /// What its rows begin with.
    fn names(&self, crossed: bool) -> Vec<String> {
        match crossed {
            true => vec![self.trained.clone(), self.tested.clone()],
            false => vec![self.tested.clone()],
        }
    }
}

/// A run over several corpora.
#[derive(Clone, Debug)]
pub struct Across {
    /// True if corpora were trained on and others tested; otherwise all were trained on.
    pub crossed: bool,
    /// All pairs, in the order of the corpora.
    pub pairs: Vec<Pair>,
    /// Names of the corpora.
    pub names: Vec<String>,
}

/// A cell of a matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Over all answers of the pair; of several seeds the mean.
    pub value: f64,
    /// Over seeds.
    pub spread: Option<f64>,
    /// Over speakers, of the same metric.
    pub interval: Option<Interval>,
}

/// A metric of one recipe, training and condition for all pairs.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// The recipe.
    pub recipe: String,
    /// Trained on what.
    pub training: Training,
    /// `clean`, `robot`, or what a condition is called.
    pub condition: String,
    /// Which metric: a place in [`METRICS`].
    pub metric: usize,
    /// Rows: what was trained on.
    pub trained: Vec<String>,
    /// Columns: what was tested.
    pub tested: Vec<String>,
    /// Row by row; `None` where the pair was not run.
    pub cells: Vec<Vec<Option<Cell>>>,
}

/// Units without the predictions of other corpora than one, whose speakers begin with its name.
fn of_corpus(units: &[UnitResult], name: &str) -> Vec<UnitResult> {
    let is_own = |speaker: &str| {
        let rest = speaker.strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with('/'))
    };
    let of_unit = |unit: &UnitResult| {
        let mut own = unit.clone();
        own.predictions.retain(|p| is_own(&p.speaker));
        (!own.predictions.is_empty()).then_some(own)
    };
    units.iter().filter_map(of_unit).collect()
}

impl Across {
    /// Of a run; `None` if it is of one corpus.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Option<Self> {
        let names: Vec<String> = outcome
            .about
            .corpora
            .iter()
            .map(|of| of.name.clone())
            .collect();
        if names.is_empty() {
            return None;
        }
        let kind = match &outcome.experiment.protocol {
            Some(Protocol::Cross(kind)) => Some(*kind),
            _ => None,
        };
        let conditions = outcome.experiment.conditions();
        let mut pairs = Vec::new();
        let mut push = |trained: &str, tested: &str, units: &[UnitResult]| {
            if units.is_empty() {
                return;
            }
            let mut table = match kind {
                // Nothing is pooled over pairs, so what conditions come to stands here.
                Some(_) => Table1::of_conditions(units, &conditions),
                None => Table1::new(units),
            };
            table.forget_paper();
            pairs.push(Pair {
                trained: trained.to_owned(),
                tested: tested.to_owned(),
                table,
            });
        };
        let is_pair = |unit: &&UnitResult, trained: Option<&str>, tested: &str| {
            unit.crossing.as_ref().is_some_and(|c| {
                c.tested == [tested] && trained.is_none_or(|name| c.trained == [name])
            })
        };
        match kind {
            None => {
                for name in &names {
                    push("all", name, &of_corpus(&outcome.units, name));
                }
            }
            Some(CrossKind::Others) => {
                for tested in &names {
                    let units = outcome.units.iter();
                    let of: Vec<UnitResult> = units
                        .filter(|u| is_pair(u, None, tested))
                        .cloned()
                        .collect();
                    push("others", tested, &of);
                }
            }
            Some(CrossKind::Pairs | CrossKind::Within) => {
                for trained in &names {
                    for tested in &names {
                        let units = outcome.units.iter();
                        let of: Vec<UnitResult> = units
                            .filter(|u| is_pair(u, Some(trained), tested))
                            .cloned()
                            .collect();
                        push(trained, tested, &of);
                    }
                }
            }
        }
        let mut columns: Vec<usize> = pairs.iter().flat_map(|p| p.table.columns.clone()).collect();
        columns.sort_unstable();
        columns.dedup();
        for pair in &mut pairs {
            pair.table.columns.clone_from(&columns);
        }
        Some(Self {
            crossed: kind.is_some(),
            pairs,
            names,
        })
    }

    /// What its title says.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self.crossed {
            true => "Across corpora",
            false => "By corpus",
        }
    }

    /// What stands above its tables: what a row is, and what the metrics are.
    #[must_use]
    pub fn words(&self) -> String {
        let what = match self.crossed {
            true => PAIRS,
            false => BY_CORPUS,
        };
        let explained = self.pairs.first().map(|pair| {
            format!(
                " {}. {}.",
                pair.table.metrics_explained(),
                pair.table.legend()
            )
        });
        format!("{what}{}", explained.unwrap_or_default())
    }

    /// What is to be known of what guessing comes to, a sentence for each tested corpus.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let first = |name: &String| self.pairs.iter().find(|pair| pair.tested == *name);
        let of = |name: &String| {
            let chance = first(name)?.table.chance.as_ref()?;
            Some(format!("{name}: {}", chance.words()))
        };
        self.names.iter().filter_map(of).collect()
    }

    /// Titles and rows of a table of each pair, below each other.
    fn below_each_other(&self, of: impl Fn(&Table1) -> Option<TextTable>) -> Option<TextTable> {
        let mut all: Option<TextTable> = None;
        for pair in &self.pairs {
            let Some(own) = of(&pair.table) else {
                continue;
            };
            let rows = own.rows.into_iter().map(|line| {
                let mut cells = pair.names(self.crossed);
                cells.extend(line.cells);
                Line { cells, ..line }
            });
            match &mut all {
                Some(table) => table.rows.extend(rows),
                None => {
                    let ours: &[&str] = match self.crossed {
                        true => &["trained on", "tested on"],
                        // All of them trained.
                        false => &["corpus"],
                    };
                    let mut titles: Vec<Vec<String>> = ours.iter().map(|t| title(t)).collect();
                    let texts = titles.len() + own.texts;
                    let own = own.titles.into_iter().map(|path| match path.as_slice() {
                        [one] if one == "trained" => title("training"),
                        [one] if one == "tested" => title("condition"),
                        _ => path,
                    });
                    titles.extend(own);
                    all = Some(TextTable {
                        titles,
                        rows: rows.collect(),
                        texts,
                    });
                }
            }
        }
        all
    }

    /// The tables by pairs: of the classes, and of the scales.
    #[must_use]
    pub fn tables(&self) -> Vec<TextTable> {
        self.parts(|part| Some(part.text()))
    }

    /// Intervals of the metrics by pairs, and the paired tests between the trainings; none where so
    /// few speakers were tested that there is nothing.
    #[must_use]
    pub fn certainty(&self) -> Vec<TextTable> {
        self.parts(Table1::certainty)
    }

    fn parts(&self, of: impl Fn(&Table1) -> Option<TextTable>) -> Vec<TextTable> {
        let of_part = |name: &'static str| {
            self.below_each_other(|table| {
                let mut parts = table.parts().into_iter();
                let (_, own) = parts.find(|(of, _)| *of == name)?;
                of(&own)
            })
        };
        ["Classes", "Scales"]
            .into_iter()
            .filter_map(of_part)
            .collect()
    }

    /// A matrix for each recipe, training, condition and main metric; none where all corpora were
    /// trained on together.
    #[must_use]
    pub fn matrices(&self) -> Vec<Matrix> {
        let mut matrices = Vec::new();
        if !self.crossed {
            return matrices;
        }
        let mut trained: Vec<String> = Vec::new();
        for pair in &self.pairs {
            if !trained.contains(&pair.trained) {
                trained.push(pair.trained.clone());
            }
        }
        let mut conditions: Vec<String> = Vec::new();
        for row in self.pairs.iter().flat_map(|pair| &pair.table.rows) {
            if !conditions.contains(&row.condition) {
                conditions.push(row.condition.clone());
            }
        }
        let is_tested = |name: &&String| self.pairs.iter().any(|pair| pair.tested == **name);
        let tested: Vec<String> = self.names.iter().filter(is_tested).cloned().collect();
        let mut recipes: Vec<&str> = Vec::new();
        for row in self.pairs.iter().flat_map(|pair| &pair.table.rows) {
            if !recipes.contains(&row.recipe.as_str()) {
                recipes.push(&row.recipe);
            }
        }
        for recipe in recipes {
            for metric in SHOWN {
                for training in [Training::Clean, Training::Augmented] {
                    for condition in &conditions {
                        let cell = |trained: &String, tested: &String| {
                            let pair = self
                                .pairs
                                .iter()
                                .find(|p| p.trained == *trained && p.tested == *tested)?;
                            let row = pair.table.rows.iter().find(|r| {
                                r.recipe == recipe
                                    && r.training == training
                                    && r.condition == *condition
                            })?;
                            Some(Cell {
                                value: row.pooled.list()[metric]?,
                                spread: row.spread.list()[metric],
                                interval: row.intervals[metric],
                            })
                        };
                        let cells: Vec<Vec<Option<Cell>>> = trained
                            .iter()
                            .map(|row| tested.iter().map(|column| cell(row, column)).collect())
                            .collect();
                        if cells.iter().flatten().any(Option::is_some) {
                            matrices.push(Matrix {
                                recipe: recipe.to_owned(),
                                training,
                                condition: condition.clone(),
                                metric,
                                trained: trained.clone(),
                                tested: tested.clone(),
                                cells,
                            });
                        }
                    }
                }
            }
        }
        matrices
    }

    /// All matrices as one table; `None` if there is none.
    #[must_use]
    pub fn matrix_table(&self) -> Option<TextTable> {
        let matrices = self.matrices();
        let first = matrices.first()?;
        let mut titles = ["recipe", "metric", "training", "condition", "trained on"]
            .map(title)
            .to_vec();
        let columns = first.tested.iter();
        titles.extend(columns.map(|name| title(&format!("→ {name}"))));
        let mut rows = Vec::new();
        for matrix in &matrices {
            for (trained, cells) in matrix.trained.iter().zip(&matrix.cells) {
                let mut row = vec![
                    matrix.recipe.clone(),
                    METRICS[matrix.metric].0.to_owned(),
                    matrix.training.name().into_owned(),
                    matrix.condition.to_owned(),
                    trained.clone(),
                ];
                let text = |cell: &Option<Cell>| cell.as_ref().map_or("–".to_owned(), Cell::text);
                row.extend(cells.iter().map(text));
                rows.push(Line::measured(row));
            }
        }
        Some(TextTable {
            titles,
            rows,
            texts: 5,
        })
    }

    /// As CSV: the lines of each pair's table, full precision, behind what was trained on and tested.
    ///
    /// # Errors
    /// Never in practice: it is written to memory.
    pub fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for (i, pair) in self.pairs.iter().enumerate() {
            let mut records = pair.table.records().into_iter();
            let header = records.next().unwrap_or_default();
            if i == 0 {
                let ours = ["trained_on", "tested_on"].map(String::from);
                writer.write_record(ours.into_iter().chain(header))?;
            }
            for record in records {
                let ours = [&pair.trained, &pair.tested].map(|t| text_cell(t).into_owned());
                writer.write_record(ours.into_iter().chain(record))?;
            }
        }
        writer.into_inner().map_err(|e| e.into_error().into())
    }
}

impl Cell {
    /// The value, and its spread over seeds.
    #[must_use]
    pub fn text(&self) -> String {
        let value = number(Some(self.value));
        match self.spread.filter(|d| d.is_finite()) {
            Some(spread) => format!("{value} ±{}", number(Some(spread))),
            None => value,
        }
    }
}
