//! A finished run as tables: every unit is checked against its seal, as `earnest report` does.

use std::path::PathBuf;

use earnest_experiment::{Outcome, Truth, collect, results_csv};
use earnest_files::text_of_cell;
use earnest_model::Task;
use earnest_report::Report;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::errors::{raised, refused};

/// A table as its header and its rows of texts.
type Table = (Vec<String>, Vec<Vec<String>>);

/// Reads a CSV of ours back, with texts as they were before they were made safe for spreadsheets.
fn table(bytes: &[u8]) -> PyResult<Table> {
    let failed = |e: csv::Error| refused(format!("a table of results cannot be read back: {e}"));
    let mut reader = csv::Reader::from_reader(bytes);
    let texts = |record: &csv::StringRecord| -> Vec<String> {
        record
            .iter()
            .map(|cell| text_of_cell(cell).to_owned())
            .collect()
    };
    let header = texts(reader.headers().map_err(failed)?);
    let rows = reader
        .records()
        .map(|record| Ok(texts(&record.map_err(failed)?)));
    Ok((header, rows.collect::<PyResult<_>>()?))
}

fn csv_of(made: Result<Vec<u8>, csv::Error>) -> PyResult<Table> {
    table(&made.map_err(|e| refused(format!("a table of results cannot be written: {e}")))?)
}

/// Units, and their predictions: what stands in the columns of a unit's own, by name.
fn units<'py>(py: Python<'py>, outcome: &Outcome) -> PyResult<Bound<'py, PyList>> {
    let all = PyList::empty(py);
    for unit in &outcome.units {
        let one = PyDict::new(py);
        one.set_item("unit", &unit.id)?;
        one.set_item("recipe", &unit.recipe)?;
        one.set_item("task", unit.task.name())?;
        one.set_item("training", unit.training.name())?;
        one.set_item("fold", &unit.fold)?;
        one.set_item("seed", unit.seed)?;
        if let Some(crossing) = &unit.crossing {
            one.set_item("trained_on", crossing.trained_words())?;
            one.set_item("tested_on", crossing.tested_words())?;
        }
        let epochs = outcome.histories.iter().find(|(id, _)| *id == unit.id);
        one.set_item("epochs", epochs.map_or(0, |(_, epochs)| epochs.len()))?;
        one.set_item("folder", outcome.folder.join("units").join(&unit.id))?;
        let of = |pick: fn(&earnest_experiment::Prediction) -> &String| -> Vec<&String> {
            unit.predictions.iter().map(pick).collect()
        };
        one.set_item("condition", of(|p| &p.condition))?;
        one.set_item("id", of(|p| &p.id))?;
        one.set_item("speaker", of(|p| &p.speaker))?;
        one.set_item("outputs", &unit.outputs)?;
        let answers: Vec<&Vec<f32>> = unit.predictions.iter().map(|p| &p.answer).collect();
        one.set_item("answers", answers)?;
        let truths = unit.predictions.iter().map(|p| match &p.truth {
            Truth::Class(class) => vec![Some(*class as f32)],
            Truth::Values(values) => values.to_vec(),
        });
        one.set_item("truths", truths.collect::<Vec<_>>())?;
        one.set_item("is_categorical", unit.task == Task::Categorical)?;
        all.append(one)?;
    }
    Ok(all)
}

/// A run's folder: units with their predictions, tables, and how many units are not finished.
#[pyfunction]
pub fn read_run(py: Python<'_>, folder: PathBuf) -> PyResult<Bound<'_, PyDict>> {
    let (results, report) = py.detach(|| -> PyResult<_> {
        let outcome = collect(&folder).map_err(|e| raised(&e))?;
        let results = csv_of(results_csv(&outcome))?;
        Ok((results, Report::new(outcome)))
    })?;
    let run = PyDict::new(py);
    run.set_item("units", units(py, &report.outcome)?)?;
    run.set_item("results", results)?;
    let crossed = report.across.as_ref().filter(|across| across.crossed);
    run.set_item(
        "tables",
        match crossed {
            Some(across) => csv_of(across.csv())?,
            None => csv_of(report.table1.csv())?,
        },
    )?;
    run.set_item("is_crossed", crossed.is_some())?;
    run.set_item("missing", report.outcome.missing)?;
    run.set_item("name", &report.outcome.experiment.name)?;
    run.set_item("corpus", &report.outcome.about.corpus)?;
    run.set_item("classes", &report.outcome.experiment.classes.names)?;
    let toml = report.outcome.experiment.to_toml();
    run.set_item("toml", toml.map_err(|e| raised(&e))?)?;
    Ok(run)
}
