//! A manifest: a table of audio files. CSV, TSV or JSONL (one object a line); Hugging
//! Face's AudioFolder (`metadata.csv`, `metadata.jsonl`) is one.
//!
//! | column | other names | meaning |
//! |---|---|---|
//! | `path` | `file_name`, `file`, `filename`, `audio`, `wav` | audio file, relative to the manifest |
//! | `speaker` | `speaker_id`, `spk`, `spk_id`, `actor`, `talker` | who speaks; needed for folds |
//! | `emotion` | `label`, `class`, `category` | the label |
//! | `session` | `session_id`, `dialogue` | optional: speakers recorded together |
//! | `id` | `utterance`, `utterance_id`, `key` | optional; the path without extension otherwise |
//! | `arousal` | `activation`, `aro` | optional number |
//! | `valence` | `val` | optional number |
//! | `sex` | `gender` | optional |
//!
//! Other columns are ignored.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::Path;

use super::{Reading, Survey, numbered_lines, relative};
use crate::corpus::Utterance;
use crate::emotion::Sex;
use crate::problem::ProblemKind;

const NAMES: [&str; 6] = [
    "manifest.csv",
    "manifest.tsv",
    "manifest.jsonl",
    "metadata.csv",
    "metadata.tsv",
    "metadata.jsonl",
];

/// True for the file names that are taken for manifests.
pub(super) fn is_manifest_name(name: &OsStr) -> bool {
    name.to_str()
        .is_some_and(|n| NAMES.contains(&n.to_ascii_lowercase().as_str()))
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Column {
    Path,
    Speaker,
    Emotion,
    Session,
    Id,
    Arousal,
    Valence,
    Sex,
}

fn column(name: &str) -> Option<Column> {
    Some(match name.trim().to_lowercase().as_str() {
        "path" | "file_name" | "file" | "filename" | "audio" | "wav" => Column::Path,
        "speaker" | "speaker_id" | "spk" | "spk_id" | "actor" | "talker" => Column::Speaker,
        "emotion" | "label" | "class" | "category" => Column::Emotion,
        "session" | "session_id" | "dialogue" => Column::Session,
        "id" | "utterance" | "utterance_id" | "key" => Column::Id,
        "arousal" | "activation" | "aro" => Column::Arousal,
        "valence" | "val" => Column::Valence,
        "sex" | "gender" => Column::Sex,
        _ => return None,
    })
}

type Row = HashMap<Column, String>;

pub(super) fn read(survey: &Survey) -> Reading {
    let mut reading = Reading::default();
    for manifest in &survey.manifests {
        let extension = manifest
            .extension()
            .and_then(OsStr::to_str)
            .map(str::to_ascii_lowercase);
        match extension.as_deref() {
            Some("jsonl" | "ndjson" | "json") => read_jsonl(survey, manifest, &mut reading),
            Some("tsv") => read_table(survey, manifest, b'\t', &mut reading),
            _ => read_table(survey, manifest, b',', &mut reading),
        }
    }
    reading
}

fn read_jsonl(survey: &Survey, manifest: &Path, reading: &mut Reading) {
    let lines = match numbered_lines(manifest) {
        Ok(lines) => lines,
        Err(error) => {
            reading.problem(
                ProblemKind::UnreadableLine,
                manifest,
                None,
                error.to_string(),
            );
            return;
        }
    };
    for (line, text) in lines {
        if text.trim().is_empty() {
            continue;
        }
        let object: serde_json::Map<String, serde_json::Value> = match serde_json::from_str(&text) {
            Ok(object) => object,
            Err(error) => {
                reading.problem(
                    ProblemKind::UnreadableLine,
                    manifest,
                    Some(line),
                    format!("not a JSON object: {error}"),
                );
                continue;
            }
        };
        let mut row = Row::new();
        for (name, value) in object {
            let text = match value {
                serde_json::Value::String(s) => s,
                serde_json::Value::Number(n) => n.to_string(),
                _ => continue,
            };
            if let Some(column) = column(&name) {
                row.entry(column).or_insert(text);
            }
        }
        add(survey, manifest, line, &row, reading);
    }
}

fn read_table(survey: &Survey, manifest: &Path, delimiter: u8, reading: &mut Reading) {
    let mut reader = match csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_path(manifest)
    {
        Ok(reader) => reader,
        Err(error) => {
            reading.problem(
                ProblemKind::UnreadableLine,
                manifest,
                None,
                error.to_string(),
            );
            return;
        }
    };
    let headers: Vec<Option<Column>> = match reader.byte_headers() {
        Ok(headers) => headers
            .iter()
            .map(|h| column(String::from_utf8_lossy(h).trim_start_matches('\u{feff}')))
            .collect(),
        Err(error) => {
            reading.problem(
                ProblemKind::UnreadableLine,
                manifest,
                Some(1),
                error.to_string(),
            );
            return;
        }
    };
    for needed in [
        (Column::Path, "path (or file_name)"),
        (Column::Emotion, "emotion (or label)"),
    ] {
        if !headers.contains(&Some(needed.0)) {
            reading.problem(
                ProblemKind::UnreadableLine,
                manifest,
                Some(1),
                format!("the header has no column {}", needed.1),
            );
            return;
        }
    }
    for record in reader.byte_records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map(|p| p.line() as usize);
                reading.problem(
                    ProblemKind::UnreadableLine,
                    manifest,
                    line,
                    error.to_string(),
                );
                continue;
            }
        };
        let line = record.position().map_or(0, |p| p.line() as usize);
        if record.len() != headers.len() {
            reading.problem(
                ProblemKind::UnreadableLine,
                manifest,
                Some(line),
                format!(
                    "{} cells where the header has {}",
                    record.len(),
                    headers.len()
                ),
            );
            continue;
        }
        let mut row = Row::new();
        for (column, cell) in headers.iter().zip(&record) {
            if let Some(column) = column {
                row.entry(*column)
                    .or_insert_with(|| String::from_utf8_lossy(cell).trim().to_owned());
            }
        }
        add(survey, manifest, line, &row, reading);
    }
}

fn add(survey: &Survey, manifest: &Path, line: usize, row: &Row, reading: &mut Reading) {
    let cell = |c: Column| row.get(&c).map(|s| s.trim()).filter(|s| !s.is_empty());
    let (Some(file), Some(label)) = (cell(Column::Path), cell(Column::Emotion)) else {
        reading.problem(
            ProblemKind::UnreadableLine,
            manifest,
            Some(line),
            "no path or no emotion".into(),
        );
        return;
    };
    let mut number = |column: Column, name: &str| -> Option<f32> {
        let text = cell(column)?;
        let value = text.parse().ok().filter(|x: &f32| x.is_finite());
        if value.is_none() {
            reading.problem(
                ProblemKind::UnreadableLine,
                manifest,
                Some(line),
                format!("{name} is {text:?}, not a number; the row's other columns are used"),
            );
        }
        value
    };
    let arousal = number(Column::Arousal, "arousal");
    let valence = number(Column::Valence, "valence");
    let folder = manifest.parent().unwrap_or(&survey.root);
    let inside = relative(&survey.root, &folder.join(file));
    let Some(path) = inside.filter(|p| !p.split('/').any(|part| part == "..")) else {
        reading.problem(
            ProblemKind::UnreadableLine,
            manifest,
            Some(line),
            format!(
                "{file:?} lies outside the corpus's folder; use paths relative to the manifest"
            ),
        );
        return;
    };
    let without_extension = path
        .rsplit_once('.')
        .map_or(path.as_str(), |(stem, _)| stem);
    reading.utterances.push(Utterance {
        id: cell(Column::Id).unwrap_or(without_extension).to_owned(),
        speaker: cell(Column::Speaker).unwrap_or("unknown").to_owned(),
        session: cell(Column::Session).map(str::to_owned),
        sex: cell(Column::Sex).and_then(Sex::parse),
        label: label.to_owned(),
        emotion: None,
        arousal,
        valence,
        origin: (manifest.to_owned(), Some(line)),
        path,
    });
}
