//! `earnest predict`.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use clap::Args;
use earnest_experiment::{CARD, largest};
use earnest_features::Features;
use earnest_files::{path_cell, text_cell};
use earnest_model::{Channels, Description, Task};
use earnest_recogniser::{ChannelListeners, FeatureReader, Recogniser, is_uncertain};
use rayon::prelude::*;
use serde_json::json;

use super::inputs::{Takes, audio_files};
use super::must_hold_model;
use super::options::no_effect;
use crate::failure::Failure;

/// Say what a model hears in audio files.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  earnest predict speech.wav\n  earnest predict --model my-model recordings/*.wav\n\n\
    Prints CSV: the file, the answer, and each class's probability (or arousal and valence). Where the model has a \
    threshold (its recipe asks for a coverage), or with --uncertain-below, a column certainty says certain or uncertain \
    beside the answer, which stays as it is. A file that cannot \
    be read, or a folder that cannot be listed, is named on standard error; the others are still done, and the exit \
    code is 1. A manifest may call its column path, file_name, file, filename, audio or wav. To a model that was \
    trained with --normalise speaker or adaptive, all files of a call are one speaker's, heard in this order; to one \
    with --normalise each_corpus they are one corpus."
)]
pub struct Arguments {
    /// Folder of the model [default: the starter that is built in]
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Audio files, folders of them, or manifests (.csv, .tsv, .jsonl with a column `path`)
    #[arg(required_unless_present = "card", value_name = "FILE|DIR|MANIFEST")]
    files: Vec<PathBuf>,
    /// What is heard of files with several channels: their `mean`, or `each` by itself, whose
    /// log-probabilities (values) are averaged [default: what the model's recipe says, mean]
    #[arg(long, value_name = "HOW")]
    channels: Option<Channels>,
    /// Print the card of the built-in starter, or of --model: what it was trained on, how well it does
    /// and for whom
    #[arg(long, conflicts_with_all = ["files", "channels", "json", "uncertain_below"])]
    card: bool,
    /// Say `uncertain` beside answers whose largest probability is below this, instead of below the
    /// model's own threshold: 0 to 1, and 0 for never
    #[arg(long, value_name = "P", value_parser = probability)]
    uncertain_below: Option<f32>,
    /// Print one JSON object a line instead of CSV
    #[arg(long)]
    json: bool,
}

fn probability(text: &str) -> Result<f32, String> {
    let p: f32 = text.parse().map_err(|_| format!("{text:?} is no number"))?;
    match (0.0..=1.0).contains(&p) {
        true => Ok(p),
        false => Err("it is a probability, 0 to 1".to_owned()),
    }
}

/// Hears some files, on all cores: of each the features of its channels, or those of their mean.
fn hear(
    recogniser: &Recogniser,
    channels: Channels,
    files: &[PathBuf],
) -> Result<Vec<Result<Vec<Features>, String>>, Failure> {
    // Opened once here, so that a front end that cannot be is one error and not one a file.
    drop(recogniser.reader()?);
    let read = |reader: &mut Option<FeatureReader>, file: &PathBuf| {
        let reader = match reader {
            Some(reader) => reader,
            none => none.insert(recogniser.reader().map_err(|e| e.to_string())?),
        };
        let features = match channels {
            Channels::Mean => reader.read(file).map(|features| vec![features]),
            Channels::Each => reader.read_channels(file),
        };
        features.map_err(|e| e.to_string())
    };
    Ok(files.par_iter().map_init(|| None, read).collect())
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
    /// Below which probability an answer is uncertain.
    uncertain_below: Option<f32>,
    table: csv::Writer<crate::say::Out>,
}

impl<'a> Answers<'a> {
    fn begin(
        model: &'a Description,
        json: bool,
        uncertain_below: Option<f32>,
    ) -> Result<Self, Failure> {
        let mut table = csv::Writer::from_writer(crate::say::Out::new());
        if !json {
            let mut header = vec![Cow::Borrowed("file")];
            if model.task == Task::Categorical {
                header.push(Cow::Borrowed("emotion"));
            }
            header.extend(uncertain_below.map(|_| Cow::Borrowed("certainty")));
            header.extend(model.outputs.iter().map(|name| text_cell(name)));
            table.write_record(header.iter().map(|cell| cell.as_bytes()))?;
        }
        Ok(Self {
            model,
            json,
            uncertain_below,
            table,
        })
    }

    fn print(&mut self, file: &Path, answer: &[f32]) -> Result<(), Failure> {
        let names = &self.model.outputs;
        let emotion = names.get(largest(answer)).cloned().unwrap_or_default();
        let emotion = (self.model.task == Task::Categorical).then_some(emotion);
        let certainty = self
            .uncertain_below
            .map(|below| match is_uncertain(answer, below) {
                true => "uncertain",
                false => "certain",
            });
        if self.json {
            let values: serde_json::Map<String, serde_json::Value> = names
                .iter()
                .zip(answer)
                .map(|(n, x)| (n.clone(), json!(x)))
                .collect();
            let mut object = json!({"file": file.to_string_lossy(), "outputs": values});
            if let Some(emotion) = emotion {
                object["emotion"] = json!(emotion);
            }
            if let Some(certainty) = certainty {
                object["certainty"] = json!(certainty);
            }
            crate::say::data(&object.to_string());
            return Ok(());
        }
        let mut row = vec![path_cell(&file.to_string_lossy()).into_owned()];
        row.extend(emotion.map(|e| text_cell(&e).into_owned()));
        row.extend(certainty.map(str::to_owned));
        row.extend(answer.iter().map(|x| format!("{x:.4}")));
        self.table.write_record(&row)?;
        Ok(())
    }
}

/// Prints the card that lies beside a model, or the starter's.
fn print_card(model: Option<&Path>) -> Result<(), Failure> {
    let Some(folder) = model else {
        crate::say::data(Recogniser::STARTER_CARD.trim_end());
        return Ok(());
    };
    must_hold_model("--model", folder)?;
    let path = folder.join(CARD);
    if !path.is_file() {
        return Err(Failure::asked(format!(
            "--model {}: it has no card (no {CARD} is in it): a run writes one beside each of its models when it reports, `earnest train` writes none; `earnest evaluate` says how well a model does",
            folder.display()
        )));
    }
    let card = earnest_files::read_text(&path)
        .map_err(|e| Failure::asked(format!("cannot read the card {}: {e}", path.display())))?;
    crate::say::data(card.trim_end());
    Ok(())
}

/// Runs the verb.
pub fn run(a: Arguments) -> Result<(), Failure> {
    if a.card {
        return print_card(a.model.as_deref());
    }
    let (recogniser, name) = match &a.model {
        Some(folder) => {
            must_hold_model("--model", folder)?;
            (Recogniser::load(folder)?, folder.display().to_string())
        }
        None => (Recogniser::starter()?, "the built-in starter".to_owned()),
    };
    // Before anything is heard: not every model can be given audio.
    recogniser
        .front_end()
        .map_err(|e| Failure::asked(format!("--model {name}: {e}")))?;
    if a.uncertain_below.is_some() && recogniser.description().task == Task::Dimensional {
        no_effect(
            &["--uncertain-below"],
            "a model that answers with probabilities of classes, and this one answers with values on scales",
        )?;
    }
    let uncertain_below = a.uncertain_below.or(recogniser.uncertain_below());
    let inputs = audio_files(&a.files, Takes::WholeFiles)?;
    if a.model.is_none() {
        let model = recogniser.description();
        tell!(
            "{name} answers: {}, {} training on {}; --model takes another, `earnest predict --card` says how well it does",
            model.recipe.title(),
            model.training,
            model.corpus.split(" (").next().unwrap_or_default()
        );
    }
    let files = inputs.paths();
    let groups = groups(&files);
    let mut answers = Answers::begin(recogniser.description(), a.json, uncertain_below)?;
    // Whoever speaks in these files counts as one speaker.
    const SPEAKER: &str = "";
    let recipe = &recogniser.description().recipe;
    let channels = a.channels.unwrap_or(recipe.channels);
    let mut listeners = ChannelListeners::new();
    if recipe.normalise.needs_all() {
        for files in &groups {
            for features in hear(&recogniser, channels, files)?.into_iter().flatten() {
                listeners.hear_of(&recogniser, &features, SPEAKER);
            }
        }
    }
    let mut bad = Vec::new();
    for files in groups {
        let (mut names, mut heard) = (Vec::new(), Vec::new());
        for (file, features) in files.iter().zip(hear(&recogniser, channels, files)?) {
            match features {
                Ok(features) => {
                    let says_nothing = |f: &Features| f.is_empty() || f.never_change();
                    if features.iter().all(says_nothing) {
                        tell!(
                            "warning: {}: all rows of its features are the same, as those of digital silence are, so the answer says nothing about a voice",
                            file.display()
                        );
                    }
                    names.push(file);
                    heard.push(features);
                }
                Err(why) => bad.push(why),
            }
        }
        let references: Vec<&[Features]> = heard.iter().map(Vec::as_slice).collect();
        let speakers = vec![SPEAKER; heard.len()];
        let given = recogniser
            .answers_of_channels(&mut listeners, &references, &speakers)
            .map_err(|error| error.naming(|i| names[i].display().to_string()))?;
        for (file, answer) in names.into_iter().zip(&given) {
            answers.print(file, answer)?;
        }
    }
    answers.table.flush()?;
    inputs.name_unread(&bad.iter().collect::<Vec<_>>())
}
