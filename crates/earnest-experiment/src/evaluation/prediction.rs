//! Predictions, row by row with the utterance's id, so that labels and answers can never
//! be shifted against each other.

use std::path::Path;

use earnest_corpus::Scale;
use earnest_files::{open_file, text_cell, text_of_cell};
use earnest_model::Task;

use crate::error::ExperimentError;
use crate::storage::write_whole;

/// The conditions that a unit is tested in where nobody names others.
pub const CONDITIONS: [&str; 2] = ["clean", "robot"];

/// Index of the largest value; the first of equals.
#[must_use]
pub fn largest(row: &[f32]) -> usize {
    let mut best = 0;
    for (i, x) in row.iter().enumerate() {
        if *x > row[best] {
            best = i;
        }
    }
    best
}

/// A model's answer for one utterance in one condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// `clean`, `robot`, or what a condition is called.
    pub condition: String,
    /// The utterance.
    pub id: String,
    /// Who speaks.
    pub speaker: String,
    /// Class number, or a value on each scale.
    pub truth: Truth,
    /// Probabilities, or values.
    pub answer: Vec<f32>,
}

/// What an utterance really is.
#[derive(Clone, Debug, PartialEq)]
pub enum Truth {
    /// Class number.
    Class(usize),
    /// On each scale of [`Scale::ALL`], where the model predicts it.
    Values([Option<f32>; Scale::ALL.len()]),
}

/// Writes `predictions.csv`: condition, id, speaker, truth, answer, and one column for each
/// output. `names` are the outputs': classes, or scales.
///
/// # Errors
/// The file cannot be written.
pub fn write(
    path: &Path,
    task: Task,
    names: &[String],
    predictions: &[Prediction],
) -> Result<(), ExperimentError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = header(task, names);
    let failed = |e: csv::Error| ExperimentError::Content {
        path: path.to_owned(),
        reason: e.to_string(),
    };
    writer.write_record(&header).map_err(failed)?;
    for p in predictions {
        let texts = [&p.condition, &p.id, &p.speaker];
        let mut row = texts.map(|t| text_cell(t).into_owned()).to_vec();
        match &p.truth {
            Truth::Class(c) => {
                let name = |c: usize| {
                    let name = names.get(c).map_or("", String::as_str);
                    text_cell(name).into_owned()
                };
                row.extend([name(*c), name(largest(&p.answer))]);
            }
            Truth::Values(v) => row.extend(v.iter().flatten().map(f32::to_string)),
        }
        row.extend(p.answer.iter().map(f32::to_string));
        writer.write_record(&row).map_err(failed)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|e| failed(csv::Error::from(e.into_error())))?;
    write_whole(path, &bytes)
}

/// The names of the columns.
fn header(task: Task, names: &[String]) -> Vec<String> {
    let mut header = ["condition", "id", "speaker"].map(String::from).to_vec();
    match task {
        Task::Categorical => header.extend(["truth", "answer"].map(String::from)),
        Task::Dimensional => header.extend(names.iter().map(|name| format!("true_{name}"))),
    }
    header.extend(names.iter().map(|name| text_cell(name).into_owned()));
    header
}

/// Reads `predictions.csv` again: of a model with these outputs.
///
/// # Errors
/// A missing or damaged file, with the line; one of other outputs.
pub fn read(path: &Path, task: Task, names: &[String]) -> Result<Vec<Prediction>, ExperimentError> {
    let content = |reason: String| ExperimentError::Content {
        path: path.to_owned(),
        reason,
    };
    let file = open_file(path).map_err(ExperimentError::file("read", path))?;
    let mut reader = csv::Reader::from_reader(file);
    let found = reader.headers().map_err(|e| content(e.to_string()))?;
    if !found
        .iter()
        .eq(header(task, names).iter().map(String::as_str))
    {
        return Err(content(format!(
            "its columns are not those of answers of {}",
            names.join(", ")
        )));
    }
    let first = match task {
        Task::Categorical => 5,
        Task::Dimensional => 3 + names.len(),
    };
    let mut out = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| content(e.to_string()))?;
        let line = record.position().map_or(0, |p| p.line());
        let cell = |i: usize| record.get(i).unwrap_or("");
        let number = |i: usize| -> Result<f32, ExperimentError> {
            cell(i)
                .parse()
                .map_err(|_| content(format!("line {line}: {:?} is no number", cell(i))))
        };
        let truth = match task {
            Task::Categorical => Truth::Class(
                names
                    .iter()
                    .position(|n| n == text_of_cell(cell(3)))
                    .ok_or_else(|| content(format!("line {line}: {:?} is no class", cell(3))))?,
            ),
            Task::Dimensional => {
                let mut values = [None; Scale::ALL.len()];
                for (column, name) in (3..).zip(names) {
                    let place = Scale::from_name(name)
                        .and_then(|scale| values.get_mut(scale as usize))
                        .ok_or_else(|| content(format!("{name:?} is no scale")))?;
                    *place = Some(number(column)?);
                }
                Truth::Values(values)
            }
        };
        out.push(Prediction {
            condition: text_of_cell(cell(0)).to_owned(),
            id: text_of_cell(cell(1)).to_owned(),
            speaker: text_of_cell(cell(2)).to_owned(),
            truth,
            answer: (first..first + names.len())
                .map(number)
                .collect::<Result<_, _>>()?,
        });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_speakers_that_would_be_formulas_are_read_as_they_were() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("predictions.csv");
        let texts = [
            "=1+1", "'=1", "''+49", "-", "@x", "\tx", "a'=b", "'", "anna",
        ];
        let predictions: Vec<Prediction> = texts
            .iter()
            .map(|text| Prediction {
                condition: "clean".into(),
                id: format!("{text}id"),
                speaker: (*text).into(),
                truth: Truth::Values([Some(-0.5), Some(2.0), None]),
                answer: vec![-1.25, 3.0],
            })
            .collect();
        let names = ["arousal", "valence"].map(String::from);
        write(&path, Task::Dimensional, &names, &predictions).unwrap();
        let again = read(&path, Task::Dimensional, &names).unwrap();
        assert_eq!(again, predictions);
        let other = ["arousal", "dominance"].map(String::from);
        assert!(read(&path, Task::Dimensional, &other).is_err());
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("clean,'=1+1id,'=1+1,-0.5,2,-1.25,3\n"),
            "{text}"
        );
    }
}
