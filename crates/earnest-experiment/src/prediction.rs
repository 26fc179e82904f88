//! Predictions, row by row with the utterance's id, so that labels and answers can never
//! be shifted against each other.

use std::path::Path;

use earnest_corpus::Emotion;
use earnest_model::Task;

use crate::error::ExperimentError;
use crate::metrics::{Confusion, Figures, concordance, mean_absolute_error, pearson};
use crate::storage::write_whole;
use crate::training::{largest, outputs};

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

/// Confusion counts of categorical predictions.
#[must_use]
pub fn confusion<'a>(predictions: impl Iterator<Item = &'a Prediction>) -> Confusion {
    Confusion::new(
        Emotion::ALL.len(),
        predictions.filter_map(|p| match p.truth {
            Truth::Class(c) => Some((c, largest(&p.answer))),
            Truth::Values(_) => None,
        }),
    )
}

/// The figures of a set of predictions of one task.
#[must_use]
pub fn figures(task: Task, predictions: &[&Prediction]) -> Figures {
    match task {
        Task::Categorical => {
            let c = confusion(predictions.iter().copied());
            Figures {
                accuracy: Some(c.accuracy()),
                uar: Some(c.uar()),
                macro_f: Some(c.macro_f()),
                ..Figures::default()
            }
        }
        Task::Dimensional => {
            let pairs = |j: usize| -> Vec<(f64, f64)> {
                predictions
                    .iter()
                    .filter_map(|p| match p.truth {
                        Truth::Values(v) => Some((f64::from(v[j]), f64::from(p.answer[j]))),
                        Truth::Class(_) => None,
                    })
                    .collect()
            };
            let (arousal, valence) = (pairs(0), pairs(1));
            Figures {
                arousal_mae: Some(mean_absolute_error(&arousal)),
                valence_mae: Some(mean_absolute_error(&valence)),
                arousal_r: Some(pearson(&arousal)),
                valence_r: Some(pearson(&valence)),
                arousal_ccc: Some(concordance(&arousal)),
                valence_ccc: Some(concordance(&valence)),
                ..Figures::default()
            }
        }
    }
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
        let mut row = vec![p.condition.clone(), p.id.clone(), p.speaker.clone()];
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
    let mut reader = csv::Reader::from_path(path).map_err(|e| content(e.to_string()))?;
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
            condition: cell(0).to_owned(),
            id: cell(1).to_owned(),
            speaker: cell(2).to_owned(),
            truth,
            answer: (5..5 + names.len()).map(number).collect::<Result<_, _>>()?,
        });
    }
    Ok(out)
}
