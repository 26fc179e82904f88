//! Predictions, row by row with the utterance's id, so that labels and answers can never
//! be shifted against each other.

use std::path::Path;

use earnest_files::{open_file, text_cell, text_of_cell};
use earnest_model::Task;

use crate::error::ExperimentError;
use crate::storage::write_whole;

/// The conditions that a unit is tested in.
pub const CONDITIONS: [&str; 2] = ["clean", "robot"];

/// Names of the outputs of a task.
#[must_use]
pub fn outputs(task: Task) -> Vec<String> {
    task.outputs()
        .iter()
        .map(|name| (*name).to_owned())
        .collect()
}

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

/// Refuses an answer of the model in a folder that is no number: weights that are finite may be
/// so large that what comes of them is not.
///
/// # Errors
/// [`ExperimentError::Content`], with what was heard.
pub fn require_numbers(model: &Path, heard: &str, answer: &[f32]) -> Result<(), ExperimentError> {
    match answer.iter().all(|x| x.is_finite()) {
        true => Ok(()),
        false => Err(ExperimentError::Content {
            path: model.join("model.safetensors"),
            reason: format!(
                "the model answers {heard} with what is no number, so its weights are of no use; train it again, or take another"
            ),
        }),
    }
}

/// A model's answer for one utterance in one condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// `clean` or `robot`.
    pub condition: String,
    /// The utterance.
    pub id: String,
    /// Who speaks.
    pub speaker: String,
    /// Class number, or arousal and valence.
    pub truth: Truth,
    /// Probabilities, or values.
    pub answer: Vec<f32>,
}

/// What an utterance really is.
#[derive(Clone, Debug, PartialEq)]
pub enum Truth {
    /// Class number.
    Class(usize),
    /// Arousal and valence.
    Values([f32; 2]),
}

/// Writes `predictions.csv`: condition, id, speaker, truth, answer, and one column for each
/// output.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, task: Task, predictions: &[Prediction]) -> Result<(), ExperimentError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let names = outputs(task);
    let mut header = vec!["condition", "id", "speaker"];
    match task {
        Task::Categorical => header.extend(["truth", "answer"]),
        Task::Dimensional => header.extend(["true_arousal", "true_valence"]),
    }
    header.extend(names.iter().map(String::as_str));
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
                let name = |c: usize| names.get(c).cloned().unwrap_or_default();
                row.extend([name(*c), name(largest(&p.answer))]);
            }
            Truth::Values(v) => row.extend(v.map(|x| x.to_string())),
        }
        row.extend(p.answer.iter().map(f32::to_string));
        writer.write_record(&row).map_err(failed)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|e| failed(csv::Error::from(e.into_error())))?;
    write_whole(path, &bytes)
}

/// Reads `predictions.csv` again.
///
/// # Errors
/// A missing or damaged file, with the line.
pub fn read(path: &Path, task: Task) -> Result<Vec<Prediction>, ExperimentError> {
    let content = |reason: String| ExperimentError::Content {
        path: path.to_owned(),
        reason,
    };
    let file = open_file(path).map_err(ExperimentError::file("read", path))?;
    let mut reader = csv::Reader::from_reader(file);
    let names = outputs(task);
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
                    .position(|n| n == cell(3))
                    .ok_or_else(|| content(format!("line {line}: {:?} is no class", cell(3))))?,
            ),
            Task::Dimensional => Truth::Values([number(3)?, number(4)?]),
        };
        out.push(Prediction {
            condition: text_of_cell(cell(0)).to_owned(),
            id: text_of_cell(cell(1)).to_owned(),
            speaker: text_of_cell(cell(2)).to_owned(),
            truth,
            answer: (5..5 + names.len()).map(number).collect::<Result<_, _>>()?,
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
                truth: Truth::Values([-0.5, 2.0]),
                answer: vec![-1.25, 3.0],
            })
            .collect();
        write(&path, Task::Dimensional, &predictions).unwrap();
        assert_eq!(read(&path, Task::Dimensional).unwrap(), predictions);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("clean,'=1+1id,'=1+1,-0.5,2,-1.25,3\n"),
            "{text}"
        );
    }
}
