//! `earnest predict`.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use clap::Args;
use earnest_experiment::{largest, require_numbers};
use earnest_features::{Features, Row, Settings, Stream};
use earnest_files::{path_cell, text_cell};
use earnest_model::{Description, Model, Task};
use rayon::prelude::*;
use serde_json::json;

use super::inputs::audio_files;
use super::must_hold_model;
use crate::failure::Failure;

/// Say what a model hears in audio files.
#[derive(Args)]
#[command(
    after_help = "Example:\n  earnest predict --model my-model recordings/*.wav\n\n\
    Prints CSV: the file, the answer, and each class's probability (or arousal and valence). A file that cannot \
    be read, or a folder that cannot be listed, is named on standard error; the others are still done, and the exit \
    code is 1. A manifest may call its column path, file_name, file, filename, audio or wav. To a model that was \
    trained with --normalise speaker or adaptive, all files of a call are one speaker's, heard in this order."
)]
pub struct Arguments {
    /// Folder of the model
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// Audio files, folders of them, or manifests (.csv, .tsv, .jsonl with a column `path`)
    #[arg(required = true, value_name = "FILE|DIR|MANIFEST")]
    files: Vec<PathBuf>,
    /// Print one JSON object a line instead of CSV
    #[arg(long)]
    json: bool,
}

/// The descriptors of a file, of which no more is held at a time than they need.
fn features(path: &Path, stream: &mut Stream) -> Result<Features, String> {
    stream.reset();
    let mut values = Vec::new();
    let mut row_out = |row: &Row| values.extend_from_slice(row);
    earnest_audio::read_blocks(path, |block| stream.push(block, &mut row_out))
        .map_err(|e| e.to_string())?;
    stream.finish(&mut row_out);
    let features = Features::from_values(values);
    if features.is_empty() {
        return Err(format!("{} is shorter than 60 ms", path.display()));
    }
    Ok(features)
}

/// Hears some files, on all cores.
fn hear(files: &[PathBuf]) -> Vec<Result<Features, String>> {
    let stream = || Stream::new(earnest_signal::SAMPLE_RATE, Settings::default());
    files
        .par_iter()
        .map_init(stream, |stream, f| features(f, stream))
        .collect()
}

/// The files in their order, in groups that are held at a time: some dozens, or as many as have
/// some megabytes for each thread. What an hour of speech needs is 46 MB.
fn groups(files: &[PathBuf]) -> Vec<&[PathBuf]> {
    const MOST_FILES: usize = 64;
    const BYTES_A_THREAD: u64 = 4 << 20;
    let most = BYTES_A_THREAD * rayon::current_num_threads() as u64;
    let size = |file: &PathBuf| std::fs::metadata(file).map_or(0, |m| m.len());
    let mut groups = Vec::new();
    let (mut start, mut bytes) = (0, 0_u64);
    for (i, file) in files.iter().enumerate() {
        let own = size(file);
        if i > start && (i - start == MOST_FILES || bytes.saturating_add(own) > most) {
            groups.push(&files[start..i]);
            (start, bytes) = (i, 0);
        }
        bytes = bytes.saturating_add(own);
    }
    groups.push(&files[start..]);
    groups
}

/// Prints answers, a row or an object for each.
struct Answers<'a> {
    model: &'a Description,
    json: bool,
    table: csv::Writer<crate::say::Out>,
}

impl<'a> Answers<'a> {
    fn begin(model: &'a Description, json: bool) -> Result<Self, Failure> {
        let mut table = csv::Writer::from_writer(crate::say::Out::new());
        if !json {
            let mut header = vec![Cow::Borrowed("file")];
            if model.task == Task::Categorical {
                header.push(Cow::Borrowed("emotion"));
            }
            header.extend(model.outputs.iter().map(|name| text_cell(name)));
            table.write_record(header.iter().map(|cell| cell.as_bytes()))?;
        }
        Ok(Self { model, json, table })
    }

    fn print(&mut self, file: &Path, answer: &[f32]) -> Result<(), Failure> {
        let names = &self.model.outputs;
        let emotion = names.get(largest(answer)).cloned().unwrap_or_default();
        let emotion = (self.model.task == Task::Categorical).then_some(emotion);
        if self.json {
            let values: serde_json::Map<String, serde_json::Value> = names
                .iter()
                .zip(answer)
                .map(|(n, x)| (n.clone(), json!(x)))
                .collect();
            let mut object = json!({"file": file, "outputs": values});
            if let Some(emotion) = emotion {
                object["emotion"] = json!(emotion);
            }
            crate::say::data(&object.to_string());
            return Ok(());
        }
        let mut row = vec![path_cell(&file.to_string_lossy()).into_owned()];
        row.extend(emotion.map(|e| text_cell(&e).into_owned()));
        row.extend(answer.iter().map(|x| format!("{x:.4}")));
        self.table.write_record(&row)?;
        Ok(())
    }
}

/// Runs the verb.
pub fn run(a: Arguments) -> Result<(), Failure> {
    must_hold_model("--model", &a.model)?;
    let model = Model::load(&a.model)?;
    let inputs = audio_files(&a.files)?;
    let groups = groups(&inputs.files);
    let description = model.description.clone();
    let mut answers = Answers::begin(&description, a.json)?;
    // Whoever speaks in these files counts as one speaker.
    const SPEAKER: &str = "";
    let mut listener = model.listener();
    if listener.needs_all() {
        for features in groups.iter().flat_map(|files| hear(files)).flatten() {
            listener.hear_of(&features, SPEAKER);
        }
    }
    let mut bad = Vec::new();
    for files in groups {
        let (mut names, mut heard) = (Vec::new(), Vec::new());
        for (file, features) in files.iter().zip(hear(files)) {
            match features {
                Ok(features) => {
                    names.push(file);
                    heard.push(features);
                }
                Err(why) => bad.push(why),
            }
        }
        let references: Vec<&Features> = heard.iter().collect();
        let speakers = vec![SPEAKER; heard.len()];
        let given = model.predict_next(&mut listener, &references, &speakers);
        for (file, answer) in names.into_iter().zip(&given) {
            require_numbers(&a.model, &file.to_string_lossy(), answer)?;
            answers.print(file, answer)?;
        }
    }
    answers.table.flush()?;
    inputs.name_unread(&bad.iter().collect::<Vec<_>>())
}
