//! `earnest predict`.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use clap::Args;
use earnest_experiment::CARD;
use earnest_features::Features;
use earnest_files::{path_cell, text_cell};
use earnest_live::{InFile, NONE, Scribe};
use earnest_model::{Channels, Description, Task};
use earnest_recogniser::{ChannelListeners, FeatureReader, NoAnswer, Recogniser};
use rayon::prelude::*;
use serde_json::json;

use super::inputs::{Takes, audio_files};
use super::model_option::{ModelOption, UncertainOption};
use super::must_hold_model;
use super::options::no_effect;
use super::speech_options::SpeechOptions;
use crate::failure::Failure;

mod segments;

/// Say what a model hears in audio files.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  earnest predict speech.wav\n  earnest predict --model my-model recordings/*.wav\n  earnest predict --segments talk.mp3\n\n\
    Prints CSV: the file, the answer, and each class's probability (or arousal and valence). Where the model has a \
    threshold (its recipe asks for a coverage), or with --uncertain-below, a column certainty says certain or uncertain \
    beside the answer, which stays as it is. The answer to a file of digital silence is none. With --segments each stretch \
    of each file has a row: start and end in seconds, whether somebody speaks, the answer, and the reason where there is none; \
    docs/formats.md has both formats. A file that cannot \
    be read, or a folder that cannot be listed, is named on standard error; the others are still done, and the exit \
    code is 1. A manifest may call its column path, file_name, file, filename, audio or wav. To a model that was \
    trained with --normalise speaker or adaptive, all files of a call are one speaker's, heard in this order; to one \
    with --normalise each_corpus they are one corpus. With --segments each file is a speaker's."
)]
pub struct Arguments {
    #[command(flatten)]
    model: ModelOption,
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
    #[command(flatten)]
    uncertain: UncertainOption,
    /// Print one JSON object a line instead of CSV
    #[arg(long)]
    json: bool,
    /// Find the segments of speech in each file and answer each of them: a row for every stretch, with its start
    /// and end in seconds; silence, noise and too little speech are `none`, with the reason
    #[arg(long, conflicts_with = "card")]
    segments: bool,
    #[command(flatten)]
    speech: SpeechOptions,
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
    scribe: &'a Scribe,
    json: bool,
    table: csv::Writer<crate::say::Out>,
}

impl<'a> Answers<'a> {
    fn begin(model: &'a Description, scribe: &'a Scribe, json: bool) -> Result<Self, Failure> {
        let mut table = csv::Writer::from_writer(crate::say::Out::new());
        if !json {
            let mut header = vec![Cow::Borrowed("file")];
            if model.task == Task::Categorical {
                header.push(Cow::Borrowed("emotion"));
            }
            let certainty = scribe.about().uncertain_below;
            header.extend(certainty.map(|_| Cow::Borrowed("certainty")));
            header.extend(model.outputs.iter().map(|name| text_cell(name)));
            table.write_record(header.iter().map(|cell| cell.as_bytes()))?;
        }
        Ok(Self {
            model,
            scribe,
            json,
            table,
        })
    }

    /// Prints the answer to a file, or that there is none: it is silent.
    fn print(&mut self, file: &Path, answer: Option<&[f32]>) -> Result<(), Failure> {
        let said = answer.map(|values| self.scribe.answer(values));
        if self.json {
            let record = match &said {
                Some(answer) => json!(answer),
                None => json!({
                    "emotion": NONE,
                    "reason": NoAnswer::Silence.name(),
                    "outputs": null,
                }),
            };
            let file = &file.to_string_lossy();
            crate::say::data(&serde_json::to_string(&InFile { file, record })?);
            return Ok(());
        }
        let mut row = vec![path_cell(&file.to_string_lossy()).into_owned()];
        let (emotion, certainty) = match said {
            Some(answer) => (answer.emotion.unwrap_or_default(), answer.certainty),
            None => (NONE.to_owned(), None),
        };
        if self.model.task == Task::Categorical {
            row.push(text_cell(&emotion).into_owned());
        }
        if self.scribe.about().uncertain_below.is_some() {
            row.push(certainty.unwrap_or_default().to_owned());
        }
        match answer {
            Some(values) => row.extend(values.iter().map(|x| format!("{x:.4}"))),
            None => row.extend(self.model.outputs.iter().map(|_| String::new())),
        }
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
        return print_card(a.model.model.as_deref());
    }
    if !a.segments {
        no_effect(&a.speech.given(), "--segments")?;
    }
    let (recogniser, name) = a.model.open()?;
    a.uncertain.check(&recogniser)?;
    let scribe = Scribe::new(&recogniser, &a.model.id(), a.uncertain.uncertain_below);
    let recipe = &recogniser.description().recipe;
    let channels = a.channels.unwrap_or(recipe.channels);
    let how = match a.segments {
        true => Some(segments::How {
            recogniser: &recogniser,
            channels,
            settings: a.speech.settings()?,
        }),
        false => None,
    };
    let inputs = audio_files(&a.files, Takes::WholeFiles)?;
    a.model.tell(&recogniser, &name);
    if let Some(how) = how {
        let bad = segments::print(&how, &scribe, &inputs.paths(), a.json)?;
        return inputs.name_unread(&bad.iter().collect::<Vec<_>>());
    }
    let files = inputs.paths();
    let groups = groups(&files);
    let mut answers = Answers::begin(recogniser.description(), &scribe, a.json)?;
    // Whoever speaks in these files counts as one speaker.
    const SPEAKER: &str = "";
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
                    let is_silent = features.iter().all(says_nothing);
                    if is_silent {
                        tell!(
                            "warning: {}: all rows of its features are the same, as those of digital silence are, so there is no voice to answer to",
                            file.display()
                        );
                    }
                    names.push((file, is_silent));
                    heard.push(features);
                }
                Err(why) => bad.push(why),
            }
        }
        let references: Vec<&[Features]> = heard.iter().map(Vec::as_slice).collect();
        let speakers = vec![SPEAKER; heard.len()];
        let given = recogniser
            .answers_of_channels(&mut listeners, &references, &speakers)
            .map_err(|error| error.naming(|i| names[i].0.display().to_string()))?;
        for ((file, is_silent), answer) in names.into_iter().zip(&given) {
            answers.print(file, (!is_silent).then_some(answer.as_slice()))?;
        }
    }
    answers.table.flush()?;
    inputs.name_unread(&bad.iter().collect::<Vec<_>>())
}
