//! What a report leaves in the folder of its run.

use std::path::Path;

use earnest_experiment::{About, CARD, ExperimentError, Outcome, finished_units, write_whole};

use crate::calibration::CALIBRATION_TITLE;
use crate::conditions::{IN_CONDITIONS, OVER_CONDITIONS};
use crate::html::{self, CERTAINTY, caption, run_words, uncertain};
use crate::latex;
use crate::markdown;
use crate::model_card::model_card;
use crate::report::Report;
use crate::rivals::{AGAINST, recipes_against_each_other};
use crate::sweep::{RECIPES, recipes_side_by_side};
use crate::table1::{RECALLS, Table1};
use crate::text_table::TextTable;

/// What stands under a title of a text: words, and a table unless there is nothing to show.
struct Section {
    title: String,
    words: String,
    table: Option<TextTable>,
}

/// The tables for a text: Table I and how sure it is, recalls, recipes, and Table II where there is
/// one.
fn sections(report: &Report) -> Vec<Section> {
    let table1 = &report.table1;
    let parts = table1.parts();
    let section = |title: &str, words: &str, table: Option<TextTable>| Section {
        title: title.to_owned(),
        words: words.to_owned(),
        table,
    };
    let mut sections = Vec::new();
    if report.is_crossed() {
        sections.extend(across(report));
        sections.extend(of_classes(report));
        return sections;
    }
    for (of, part) in &parts {
        let title = match parts.len() {
            1 => "Table I".to_owned(),
            _ => format!("Table I, {}", of.to_lowercase()),
        };
        let words = format!("{} {}.", caption(report, part), part.metrics_explained());
        sections.push(section(&title, &words, Some(part.text())));
    }
    let sure = "How sure Table I is";
    let certainty: Vec<TextTable> = parts.iter().filter_map(|(_, p)| p.certainty()).collect();
    if certainty.is_empty() {
        sections.push(section(sure, &uncertain(&report.outcome), None));
    }
    for table in certainty {
        sections.push(section(sure, CERTAINTY, Some(table)));
    }
    if !table1.classes.is_empty() {
        let recalls = Some(table1.recalls());
        sections.push(section("Recall of each class", RECALLS, recalls));
    }
    if let Some(conditions) = &report.conditions {
        for (i, table) in conditions.tables().into_iter().enumerate() {
            let words = if i == 0 { IN_CONDITIONS } else { "" };
            sections.push(section("Conditions", words, Some(table)));
        }
        if let Some(table) = conditions.against_each_other() {
            let title = "Recipes against each other over all conditions";
            sections.push(section(title, OVER_CONDITIONS, Some(table)));
        }
    }
    if let Some(table) = recipes_against_each_other(&report.outcome, table1) {
        sections.push(section("Recipes against each other", AGAINST, Some(table)));
    }
    sections.extend(across(report));
    if let Some(table) = recipes_side_by_side(&report.outcome, table1) {
        sections.push(section("Recipes side by side", RECIPES, Some(table)));
    }
    if !report.table2.rows.is_empty() {
        let words = report.table2.caption();
        sections.push(section("Table II", &words, Some(report.table2.text())));
    }
    sections.extend(of_classes(report));
    sections
}

/// What is told of probabilities and of groups; nothing where no class was predicted.
fn of_classes(report: &Report) -> Vec<Section> {
    let (words, table) = report.calibration();
    let calibration = (!words.is_empty()).then(|| Section {
        title: CALIBRATION_TITLE.to_owned(),
        words: words.join(" "),
        table,
    });
    let groups = report
        .groups()
        .into_iter()
        .map(|(title, words, table)| Section {
            title: title.to_owned(),
            words,
            table: Some(table),
        });
    calibration.into_iter().chain(groups).collect()
}

/// The tables of several corpora; none of one.
fn across(report: &Report) -> Vec<Section> {
    let Some(across) = &report.across else {
        return Vec::new();
    };
    let section = |title: &str, words: String, table: Option<TextTable>| Section {
        title: title.to_owned(),
        words,
        table,
    };
    let mut sections = Vec::new();
    if let Some(table) = across.matrix_table() {
        let words = format!("{} {MATRIX}", run_words(report));
        sections.push(section("Trained on by tested on", words, Some(table)));
    }
    for table in across.tables() {
        let words = format!("{} {}", across.words(), across.notes().join(" "));
        sections.push(section(across.title(), words, Some(table)));
    }
    let certainty = across.certainty();
    let sure = "How sure these are";
    if certainty.is_empty() {
        sections.push(section(sure, uncertain(&report.outcome), None));
    }
    for table in certainty {
        sections.push(section(sure, CERTAINTY.to_owned(), Some(table)));
    }
    sections
}

/// What stands above the matrices where they are a table of values.
const MATRIX: &str = "Columns: → the corpus that was tested; intervals stand below.";

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
        match self.across.as_ref().filter(|across| across.crossed) {
            Some(across) => csv("tables.csv", across.csv())?,
            None if self.conditions.is_some() => {
                let names = self.outcome.experiment.conditions();
                let all = Table1::of_conditions(&self.outcome.units, &names);
                csv("tables.csv", all.csv())?;
            }
            None => csv("tables.csv", self.table1.csv())?,
        }
        if !self.table2.rows.is_empty() {
            csv("table2.csv", self.table2.csv())?;
        }
        let (mut markdown, mut latex) = (String::new(), latex::PREAMBLE.to_owned());
        for Section {
            title,
            words,
            table,
        } in sections(self)
        {
            let text =
                |form: fn(&TextTable) -> String| table.as_ref().map_or_else(String::new, form);
            let escaped = markdown::escaped(&words);
            let rows = text(TextTable::markdown);
            markdown.push_str(&format!("# {title}\n\n{escaped}\n\n{rows}\n"));
            let comment = latex::comment(&format!("{title}. {words}"));
            latex.push_str(&format!("\n{comment}{}", text(TextTable::latex)));
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
    let units = finished_units(run)?;
    if units.is_empty() {
        return Ok(());
    }
    let about = About::read(run)?;
    for finished in units {
        let path = finished.folder.join(CARD);
        let asked = only.is_none_or(|ids| ids.contains(&finished.unit.id()));
        if !asked || path.is_file() {
            continue;
        }
        let predictions = finished.predictions()?;
        let description = finished.description()?;
        let traits = &about.traits;
        let card = model_card(&finished.unit, &description, &predictions, traits);
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
