//! What a run leaves for people and programs: `results.csv`, `tables.{md,csv,tex}`,
//! `table2.csv`, `report.html`.

use earnest_corpus::Emotion;
use earnest_files::text_cell;

use crate::error::ExperimentError;
use crate::metrics::FIGURES;
use crate::outcome::Outcome;
use crate::report;
use crate::storage::{LEFT_BEHIND, forget_parts, write_whole};
use crate::table1::{CONDITIONS, exact};
use crate::tally::{confusion, figures};

/// A row for each unit and condition, full precision.
fn results_csv(outcome: &Outcome) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut header: Vec<String> = [
        "unit",
        "network",
        "task",
        "training",
        "fold",
        "seed",
        "condition",
        "utterances",
    ]
    .map(String::from)
    .to_vec();
    header.extend(FIGURES.map(|(name, _)| name.replace(' ', "_")));
    header.extend(Emotion::ALL.map(|e| format!("recall_{}", e.name())));
    writer.write_record(&header)?;
    for unit in &outcome.units {
        for condition in CONDITIONS {
            let predictions = unit.in_condition(condition);
            let mut row = vec![
                text_cell(&unit.id).into_owned(),
                text_cell(&unit.network).into_owned(),
                unit.task.name().to_owned(),
                text_cell(&unit.training.name()).into_owned(),
                text_cell(&unit.fold).into_owned(),
                unit.seed.to_string(),
                condition.to_owned(),
                predictions.len().to_string(),
            ];
            row.extend(figures(unit.task, &predictions).list().map(exact));
            let counts = confusion(predictions.iter().copied());
            row.extend(Emotion::ALL.map(|e| exact(counts.recall(e.index()))));
            writer.write_record(&row)?;
        }
    }
    writer.into_inner().map_err(|e| e.into_error().into())
}

/// The tables for a text: Table I, how sure it is, and Table II where there is one.
fn tables(outcome: &Outcome) -> Vec<(&'static str, String, crate::TextTable)> {
    let mut tables = vec![
        ("Table I", report::caption(outcome), outcome.table.text()),
        (
            "How sure Table I is",
            report::CERTAINTY.to_owned(),
            outcome.table.certainty(),
        ),
    ];
    if !outcome.table2.rows.is_empty() {
        tables.push((
            "Table II",
            report::LEFT_OUT.to_owned(),
            outcome.table2.text(),
        ));
    }
    tables
}

/// Writes `results.csv`, `tables.md`, `tables.csv`, `tables.tex`, `table2.csv` (if an
/// augmentation was left out) and `report.html`.
///
/// # Errors
/// A file cannot be written.
pub fn write_results(outcome: &Outcome) -> Result<(), ExperimentError> {
    let folder = &outcome.folder;
    let csv = |name: &str, made: Result<Vec<u8>, csv::Error>| {
        let path = folder.join(name);
        let bytes = made.map_err(|e| ExperimentError::Content {
            path: path.clone(),
            reason: e.to_string(),
        })?;
        write_whole(&path, &bytes)
    };
    csv("results.csv", results_csv(outcome))?;
    csv("tables.csv", outcome.table.csv())?;
    if !outcome.table2.rows.is_empty() {
        csv("table2.csv", outcome.table2.csv())?;
    }
    let (mut markdown, mut latex) = (String::new(), String::new());
    for (title, caption, table) in tables(outcome) {
        markdown.push_str(&format!("# {title}\n\n{caption}\n\n{}\n", table.markdown()));
        latex.push_str(&format!("% {title}. {caption}\n{}\n", table.latex()));
    }
    write_whole(&folder.join("tables.md"), markdown.as_bytes())?;
    write_whole(&folder.join("tables.tex"), latex.as_bytes())?;
    let html = report::html(outcome)?;
    write_whole(&folder.join("report.html"), html.as_bytes())?;
    forget_parts(folder, LEFT_BEHIND);
    Ok(())
}
