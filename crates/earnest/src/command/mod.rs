//! One file for each verb.

pub mod augment;
mod before_after;
pub mod bounds;
mod confusion_table;
pub mod corpus;
pub mod demo;
pub mod evaluate;
mod executor;
pub mod features;
mod inputs;
mod inspection;
pub mod listen;
mod model_option;
mod named_conditions;
pub mod noise;
mod of_classes;
mod options;
mod outputs;
pub mod plan;
pub mod predict;
pub mod report;
pub mod reproduce;
pub mod rooms;
pub mod run;
pub mod scene;
pub mod serve;
mod spectrogram;
mod speech_options;
mod table;
pub mod train;

use std::path::Path;

use earnest_report::{
    AGAINST, CALIBRATION_TITLE, CERTAINTY, GROUPS_TITLE, IN_CONDITIONS, OVER_CONDITIONS, RECIPES,
    Report, TextTable, recipes_against_each_other, recipes_side_by_side, uncertain, warnings,
};

use self::table::{report_table, text_table};
use crate::failure::Failure;

/// Prints Table I, what to keep in mind, and where the rest is.
fn print_report(report: &Report) {
    let (outcome, table) = (&report.outcome, &report.table1);
    if report.is_crossed() {
        print_across(report);
        return print_ending(report);
    }
    say!(
        "\nTable I, {}: {} of {} folds.",
        outcome.about.corpus,
        outcome.about.folds.0,
        outcome.about.folds.1
    );
    say!("{}.", table.legend());
    let parts = table.parts();
    for (_, part) in &parts {
        say!("{}", report_table(&part.text()));
        for note in part.notes() {
            say!("{note}");
        }
    }
    let certainty: Vec<TextTable> = parts.iter().filter_map(|(_, p)| p.certainty()).collect();
    match certainty.is_empty() {
        true => say!("\n{}", uncertain(outcome)),
        false => say!("\n{CERTAINTY}"),
    }
    for part in &certainty {
        say!("{}", report_table(part));
    }
    if let Some(conditions) = &report.conditions {
        say!("\nConditions. {IN_CONDITIONS}");
        for table in conditions.tables() {
            say!("{}", report_table(&table));
        }
        if let Some(pairs) = conditions.against_each_other() {
            say!("\nRecipes against each other over all conditions. {OVER_CONDITIONS}");
            say!("{}", report_table(&pairs));
        }
    }
    if let Some(pairs) = recipes_against_each_other(outcome, table) {
        say!("\nRecipes against each other. {AGAINST}");
        say!("{}", report_table(&pairs));
    }
    print_across(report);
    if let Some(recipes) = recipes_side_by_side(outcome, table) {
        say!("\nRecipes side by side. {RECIPES}");
        say!("{}", report_table(&recipes));
    }
    if !report.table2.rows.is_empty() {
        say!("\nTable II. {}", report.table2.caption());
        say!("{}", report_table(&report.table2.text()));
    }
    print_ending(report);
}

/// Prints several corpora by which were trained on and which was tested; nothing of one.
fn print_across(report: &Report) {
    let Some(across) = &report.across else {
        return;
    };
    if let Some(table) = across.matrix_table() {
        let about = &report.outcome.about;
        say!(
            "\n{}: {} of {} folds. Columns: → the corpus that was tested.",
            about.corpus,
            about.folds.0,
            about.folds.1
        );
        say!("{}", report_table(&table));
    }
    say!("\n{}. {}", across.title(), across.words());
    for table in across.tables() {
        say!("{}", report_table(&table));
    }
    for note in across.notes() {
        say!("{note}");
    }
    let certainty = across.certainty();
    if across.crossed && certainty.is_empty() {
        say!("\n{}", uncertain(&report.outcome));
    }
    if across.crossed && !certainty.is_empty() {
        say!("\n{CERTAINTY}");
    }
    for table in &certainty {
        say!("{}", report_table(table));
    }
}

/// Prints how far probabilities can be trusted and for whom models work, what to keep in mind, and
/// where the rest is.
fn print_ending(report: &Report) {
    let (words, table) = report.calibration();
    if !words.is_empty() {
        say!("\n{CALIBRATION_TITLE}. {}", words.join(" "));
    }
    if let Some(table) = table {
        say!("{}", report_table(&table));
    }
    // Speaker by speaker is for the page.
    let mut groups = report.groups().into_iter();
    if let Some((title, words, table)) = groups.find(|(title, ..)| *title == GROUPS_TITLE) {
        say!("\n{title}. {words}");
        say!("{}", report_table(&table));
    }
    for warning in warnings(&report.outcome) {
        say!("note: {warning}");
    }
    let page = report.outcome.folder.join("report.html");
    say!("report: {}", page.display());
}

/// Asks that a path exist, before any work is done.
fn must_exist(what: &str, path: &Path) -> Result<(), Failure> {
    if path.exists() {
        Ok(())
    } else {
        Err(Failure::asked(format!(
            "{what}: there is nothing at {}",
            path.display()
        )))
    }
}

/// Asks that a folder hold a model, and says where there is one if it does not.
fn must_hold_model(what: &str, folder: &Path) -> Result<(), Failure> {
    must_exist(what, folder)?;
    if folder.join("model.json").symlink_metadata().is_ok() {
        return Ok(());
    }
    let entries = std::fs::read_dir(folder.join("units"));
    let mut units: Vec<_> = entries
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|unit| unit.join("model.json").is_file())
        .collect();
    units.sort();
    let where_else = match units.first() {
        Some(first) => format!(
            "; it is a run, whose {} models are each in a folder of their own: {what} {}",
            units.len(),
            first.display()
        ),
        None => "; `earnest train --out` makes such a folder".to_owned(),
    };
    Err(Failure::asked(format!(
        "{what} {}: it holds no model (no model.json is in it){where_else}",
        folder.display()
    )))
}

/// Asks that a folder hold a run.
fn must_hold_run(what: &str, folder: &Path) -> Result<(), Failure> {
    must_exist(what, folder)?;
    if folder.join("experiment.toml").symlink_metadata().is_ok() {
        return Ok(());
    }
    let advice = match folder.join("model.json").is_file() {
        true => "it is a model's; `earnest evaluate` tests one",
        false => "`earnest run` and `earnest reproduce` make such folders (runs/NAME)",
    };
    Err(Failure::asked(format!(
        "{what} {}: it holds no run (no experiment.toml is in it); {advice}",
        folder.display()
    )))
}
