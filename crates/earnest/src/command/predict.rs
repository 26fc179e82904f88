//! `earnest predict`.

use std::path::{Path, PathBuf};

use clap::Args;
use earnest_experiment::largest;
use earnest_features::{Extractor, Features};
use earnest_model::{Model, Task};
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

fn features(path: &Path, extractor: &mut Extractor) -> Result<Features, String> {
    let wave = earnest_audio::read(path).map_err(|e| e.to_string())?;
    let features = extractor.extract(wave.samples());
    if features.is_empty() {
        return Err(format!("{} is shorter than 60 ms", path.display()));
    }
    Ok(features)
}

/// Runs the verb.
pub fn run(a: Arguments) -> Result<(), Failure> {
    must_hold_model("--model", &a.model)?;
    let mut model = Model::load(&a.model)?;
    let inputs = audio_files(&a.files)?;
    let files = &inputs.files;
    let heard: Vec<Result<Features, String>> = files
        .par_iter()
        .map_init(
            || Extractor::new(earnest_audio::SAMPLE_RATE),
            |extractor, f| features(f, extractor),
        )
        .collect();
    let good: Vec<(&PathBuf, &Features)> = files
        .iter()
        .zip(&heard)
        .filter_map(|(f, h)| Some((f, h.as_ref().ok()?)))
        .collect();
    let references: Vec<&Features> = good.iter().map(|(_, f)| *f).collect();
    // Whoever speaks in these files counts as one speaker.
    let answers = model.predict(&references, &vec![""; references.len()]);
    let names = &model.description.outputs;
    let task = model.description.task;
    let mut writer = csv::Writer::from_writer(crate::say::Out);
    if !a.json {
        let mut header = vec!["file"];
        if task == Task::Categorical {
            header.push("emotion");
        }
        header.extend(names.iter().map(String::as_str));
        writer.write_record(&header)?;
    }
    for ((file, _), answer) in good.iter().zip(&answers) {
        let emotion = names.get(largest(answer)).cloned().unwrap_or_default();
        if a.json {
            let values: serde_json::Map<String, serde_json::Value> = names
                .iter()
                .zip(answer)
                .map(|(n, x)| (n.clone(), json!(x)))
                .collect();
            let mut object = json!({"file": file, "outputs": values});
            if task == Task::Categorical {
                object["emotion"] = json!(emotion);
            }
            say!("{object}");
        } else {
            let mut row = vec![file.display().to_string()];
            if task == Task::Categorical {
                row.push(emotion);
            }
            row.extend(answer.iter().map(|x| format!("{x:.4}")));
            writer.write_record(&row)?;
        }
    }
    writer.flush()?;
    let bad: Vec<&String> = heard.iter().filter_map(|h| h.as_ref().err()).collect();
    inputs.name_unread(&bad)
}
