//! What a report leaves in the folder of its run.

use std::path::Path;

use earnest_experiment::{CARD, ExperimentError, Outcome, finished_units, write_whole};

use crate::html::{self, CERTAINTY, LEFT_OUT, caption};
use crate::model_card::model_card;
use crate::report::Report;
use crate::text_table::TextTable;

/// The tables for a text: Table I, how sure it is, and Table II where there is one.
fn tables(report: &Report) -> Vec<(&'static str, String, TextTable)> {
    let mut tables = vec![
        ("Table I", caption(report), report.table1.text()),
        (
            "How sure Table I is",
            CERTAINTY.to_owned(),
            report.table1.certainty(),
        ),
    ];
    if !report.table1.classes.is_empty() {
        let caption = "Share of the utterances of each class that were recognised; columns are recipe and training, and the condition of the test.";
        tables.push((
            "Recall of each class",
            caption.to_owned(),
            report.table1.recalls(),
        ));
    }
    if !report.table2.rows.is_empty() {
        tables.push(("Table II", LEFT_OUT.to_owned(), report.table2.text()));
    }
    tables
}

impl Report {
    /// Writes `tables.md`, `tables.csv`, `tables.tex`, `table2.csv` (if an augmentation was left
    /// out) and `report.html`.
    ///
    /// # Errors
    /// A file cannot be written, or a figure cannot be drawn.
    pub fn write(&self) -> Result<(), ExperimentError> {
        let folder = &self.outcome.folder;
        let csv = |name: &str, made: Result<Vec<u8>, csv::Error>| {
            let path = folder.join(name);
            let bytes = made.map_err(|e| ExperimentError::Content {
                path: path.clone(),
                reason: e.to_string(),
            })?;
            write_whole(&path, &bytes)
        };
        csv("tables.csv", self.table1.csv())?;
        if !self.table2.rows.is_empty() {
            csv("table2.csv", self.table2.csv())?;
        }
        let (mut markdown, mut latex) = (String::new(), String::new());
        for (title, caption, table) in tables(self) {
            markdown.push_str(&format!("# {title}\n\n{caption}\n\n{}\n", table.markdown()));
            latex.push_str(&format!("% {title}. {caption}\n{}\n", table.latex()));
        }
        write_whole(&folder.join("tables.md"), markdown.as_bytes())?;
        write_whole(&folder.join("tables.tex"), latex.as_bytes())?;
        write_whole(&folder.join("report.html"), html::html(self)?.as_bytes())
    }
}

/// Writes a card ([`CARD`]) beside the model of each finished unit of a run that has none yet, or
/// only of those with these ids.
///
/// # Errors
/// A unit's files cannot be read, or its card cannot be written.
pub fn write_cards(run: &Path, only: Option<&[String]>) -> Result<(), ExperimentError> {
    for finished in finished_units(run)? {
        let path = finished.folder.join(CARD);
        let asked = only.is_none_or(|ids| ids.contains(&finished.unit.id()));
        if !asked || path.is_file() {
            continue;
        }
        let predictions = finished.predictions()?;
        let description = finished.description()?;
        let card = model_card(&finished.unit, &description, &predictions);
        write_whole(&path, card.as_bytes())?;
    }
    Ok(())
}

/// Writes all that people read of a run: cards, tables, the page.
///
/// # Errors
/// As [`write_cards`] and [`Report::write`].
pub fn write_report(outcome: Outcome) -> Result<Report, ExperimentError> {
    write_cards(&outcome.folder, None)?;
    let report = Report::new(outcome);
    report.write()?;
    Ok(report)
}
