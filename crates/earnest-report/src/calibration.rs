//! How far probabilities can be trusted.

use earnest_experiment::calibration::{FIGURES, Reliability, reliability_by_speaker};
use earnest_experiment::number::number;
use earnest_experiment::{Calibrated, Outcome, Prediction};

use crate::series::{self, Series};
use crate::table1::interval;
use crate::text_table::{Line, TextTable, title};

/// What it is called where it has a title.
pub const CALIBRATION_TITLE: &str = "How far probabilities can be trusted";

/// What stands above the table of calibration.
pub const CALIBRATION: &str = "ECE is the expected calibration error: over 15 equal bins of the largest probability, the mean difference between how sure answers are and how often they are right. Log loss is the mean of minus the natural logarithm of the true class's probability. Confidence is the mean of the largest probability: above Acc, answers are too sure. Acc at 80 % is the share of right answers among the surest four fifths. Intervals are of 95 % over speakers.";

/// The coverage at which the table gives the accuracy.
const COVERAGE: f64 = 0.8;

/// What is told of probabilities in a run.
pub(crate) struct Told<'a> {
    /// What has probabilities, with what they come to.
    pub calibrated: Vec<(Series<'a>, Calibrated)>,
    /// What lacks them, in words; none if nothing does.
    pub lacking: Option<String>,
}

impl<'a> Told<'a> {
    /// Of a run; of one across corpora each pair by itself.
    pub fn of(outcome: &'a Outcome, crossed: bool) -> Self {
        let (mut calibrated, mut lacking) = (Vec::new(), Vec::new());
        for series in series::categorical(outcome, crossed) {
            match calibrated_of(&series.seeds) {
                Some(of) => calibrated.push((series, of)),
                None if lacking.contains(&series.recipe) => {}
                None => lacking.push(series.recipe),
            }
        }
        let lacking = (!lacking.is_empty()).then(|| {
            format!(
                "The answers of {} are no probabilities (numbers from 0 to 1 whose sum is 1), so nothing is said of how far theirs can be trusted.",
                lacking.join(" and ")
            )
        });
        Self {
            calibrated,
            lacking,
        }
    }

    /// A row for each series; `None` without any.
    pub fn table(&self) -> Option<TextTable> {
        let (first, _) = self.calibrated.first()?;
        let mut titles: Vec<Vec<String>> = series::titles(std::slice::from_ref(first))
            .into_iter()
            .map(title)
            .collect();
        let texts = titles.len();
        titles.extend(columns());
        let row = |(series, of): &(Series<'_>, Calibrated)| {
            let mut cells = vec![series.recipe.to_owned()];
            cells.extend(series.names());
            cells.extend(figures(of));
            Line::measured(cells)
        };
        Some(TextTable {
            titles,
            rows: self.calibrated.iter().map(row).collect(),
            texts,
        })
    }
}

/// What each seed's answers come to; `None` if an answer's numbers are no probabilities.
pub(crate) fn calibrated_of(seeds: &[Vec<&Prediction>]) -> Option<Calibrated> {
    let by_speaker: Option<Vec<_>> = seeds
        .iter()
        .map(|seed| reliability_by_speaker(seed.iter().copied()))
        .collect();
    Calibrated::of(&by_speaker?)
}

/// Titles of [`figures`].
pub(crate) fn columns() -> Vec<Vec<String>> {
    let [ece, log_loss, confidence] = FIGURES;
    [
        ece,
        "95 %",
        log_loss,
        "95 %",
        confidence,
        "Acc",
        "Acc at 80 %",
    ]
    .map(title)
    .to_vec()
}

/// The cells of a row of figures.
pub(crate) fn figures(of: &Calibrated) -> Vec<String> {
    let [ece, log_loss, confidence] = of.figures.map(number);
    let [of_ece, of_log_loss, _] = of.intervals.map(interval);
    let accuracy = |coverage: f64| number(Reliability::accuracy_at(&of.reliability, coverage));
    vec![
        ece,
        of_ece,
        log_loss,
        of_log_loss,
        confidence,
        accuracy(1.0),
        accuracy(COVERAGE),
    ]
}
