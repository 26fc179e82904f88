//! What messages, tables and files say of a model, an answer and a segment. `docs/formats.md` promises these shapes.

use std::borrow::Cow;

use earnest_files::text_cell;
use earnest_model::Task;
use earnest_recogniser::{Answer, NoAnswer, Recogniser, Segment, is_uncertain};
use serde::Serialize;

/// The number of the formats: of the lines of `earnest listen`, of `earnest predict --segments`, and of what `earnest serve` adds to
/// others' protocols. It grows when a field changes its meaning or goes; fields may be added without.
pub const FORMAT: u32 = 1;

/// What is said where there is no answer.
pub const NONE: &str = "none";

/// What a model is, for who talks to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AboutModel {
    /// Its short name: `starter`, or that of its folder.
    pub id: String,
    /// Its recipe.
    pub title: String,
    /// `categorical` (its outputs are classes, and values probabilities) or `dimensional` (its outputs are scales).
    pub task: &'static str,
    /// Names of an answer's values.
    pub outputs: Vec<String>,
    /// Below which probability an answer is uncertain, if the model or the user says so.
    pub uncertain_below: Option<f32>,
    /// For scales: the mean of each over the utterances that trained the model, and
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean: Option<Vec<f32>>,
    /// the standard deviation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deviation: Option<Vec<f32>>,
}

/// Puts answers and segments of a model into words.
#[derive(Clone, Debug)]
pub struct Scribe {
    about: AboutModel,
    task: Task,
}

/// An answer in words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnswerRecord {
    /// The class; none of a model that answers on scales.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emotion: Option<String>,
    /// `certain` or `uncertain`, where there is a threshold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certainty: Option<&'static str>,
    /// Each class's probability, or the value on each scale.
    pub outputs: serde_json::Map<String, serde_json::Value>,
}

/// A segment in words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SegmentRecord {
    /// Where it begins, seconds from the start of the recording.
    pub start: f64,
    /// Where it ends.
    pub end: f64,
    /// True if somebody speaks.
    pub speech: bool,
    /// The class, or `none`; absent where a model that answers on scales has an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emotion: Option<String>,
    /// Why there is no answer: `silence`, `noise`, `too_little_speech`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// As in [`AnswerRecord`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certainty: Option<&'static str>,
    /// As in [`AnswerRecord`]; `null` where there is no answer.
    pub outputs: Option<serde_json::Map<String, serde_json::Value>>,
}

/// An answer or a segment, and the file that it is of.
#[derive(Clone, Debug, Serialize)]
pub struct InFile<'a, R> {
    /// The file, as it was named.
    pub file: &'a str,
    /// What is said of it.
    #[serde(flatten)]
    pub record: R,
}

impl Scribe {
    /// For a model of this name. `uncertain_below` is the user's threshold; without it the model's own counts.
    #[must_use]
    pub fn new(recogniser: &Recogniser, id: &str, uncertain_below: Option<f32>) -> Self {
        let description = recogniser.description();
        let task = description.task;
        let of_scales = |values: &Vec<f32>| (task == Task::Dimensional).then(|| values.clone());
        let below = uncertain_below.or(recogniser.uncertain_below());
        Self {
            about: AboutModel {
                id: id.to_owned(),
                title: description.recipe.title().to_owned(),
                task: task.name(),
                outputs: description.outputs.clone(),
                uncertain_below: below.filter(|_| task == Task::Categorical),
                mean: of_scales(&description.target_mean),
                deviation: of_scales(&description.target_deviation),
            },
            task,
        }
    }

    /// What the model is.
    #[must_use]
    pub fn about(&self) -> &AboutModel {
        &self.about
    }

    /// An answer's values.
    #[must_use]
    pub fn answer(&self, values: &[f32]) -> AnswerRecord {
        let names = &self.about.outputs;
        let emotion = (self.task == Task::Categorical)
            .then(|| names.get(Answer::largest_of(values)).cloned())
            .flatten();
        let pairs = names.iter().zip(values);
        AnswerRecord {
            emotion,
            certainty: self.certainty(values),
            outputs: pairs
                .map(|(name, x)| (name.clone(), serde_json::json!(x)))
                .collect(),
        }
    }

    fn certainty(&self, values: &[f32]) -> Option<&'static str> {
        let below = self.about.uncertain_below?;
        Some(match is_uncertain(values, below) {
            true => "uncertain",
            false => "certain",
        })
    }

    /// A segment.
    #[must_use]
    pub fn segment(&self, segment: &Segment) -> SegmentRecord {
        let answer = segment.answer.as_deref().map(|values| self.answer(values));
        let reason = segment
            .answer
            .as_ref()
            .err()
            .map(|why| NoAnswer::name(*why));
        let (emotion, certainty, outputs) = match answer {
            Ok(answer) => (answer.emotion, answer.certainty, Some(answer.outputs)),
            Err(_) => (Some(NONE.to_owned()), None, None),
        };
        SegmentRecord {
            start: segment.start_s,
            end: segment.end_s,
            speech: segment.is_speech(),
            emotion,
            reason,
            certainty,
            outputs,
        }
    }

    /// The columns of a table of segments, behind that of the file: `start`, `end`, `speech`, `emotion`, `reason`, `certainty` where
    /// there is a threshold, and the outputs.
    #[must_use]
    pub fn columns(&self) -> Vec<Cow<'_, str>> {
        let mut columns: Vec<Cow<'_, str>> = ["start", "end", "speech", "emotion", "reason"]
            .map(Cow::from)
            .into();
        columns.extend(self.about.uncertain_below.map(|_| Cow::from("certainty")));
        columns.extend(self.about.outputs.iter().map(|name| text_cell(name)));
        columns
    }

    /// A segment's cells below [`Scribe::columns`]; a cell is empty where there is nothing to say, and no name is a formula.
    #[must_use]
    pub fn cells(&self, segment: &Segment) -> Vec<String> {
        let record = self.segment(segment);
        let mut cells = vec![
            record.start.to_string(),
            record.end.to_string(),
            if record.speech { "yes" } else { "no" }.to_owned(),
            text_cell(&record.emotion.unwrap_or_default()).into_owned(),
            record.reason.unwrap_or_default().to_owned(),
        ];
        if self.about.uncertain_below.is_some() {
            cells.push(record.certainty.unwrap_or_default().to_owned());
        }
        match &segment.answer {
            Ok(values) => cells.extend(values.iter().map(|x| format!("{x:.4}"))),
            Err(_) => cells.extend(self.about.outputs.iter().map(|_| String::new())),
        }
        cells
    }
}
