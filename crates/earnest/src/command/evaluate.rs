//! `earnest evaluate`.

use std::path::PathBuf;

use clap::Args;
use earnest_corpus::Emotion;
use earnest_experiment::{
    Dataset, Prediction, confusion, figures, in_drawn_order, metrics::FIGURES, number, open_corpus,
    simulated_robot,
};
use earnest_features::Features;
use earnest_model::{Model, Task};
use earnest_random::Key;
use earnest_scene::Condition;
use serde_json::json;

use super::options::{CorpusOptions, RobotOptions, SoundOptions, sources};
use super::{must_exist, text_table};
use crate::failure::Failure;
use crate::progress::Progress;

/// Measure a model on a corpus.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  earnest evaluate --model my-model --corpus EmoDB --speakers 03\n  \
    earnest evaluate --model my-model --corpus EmoDB --speakers 03 --condition recordings:my-recordings\n\n\
    Name only speakers that the model was not trained on."
)]
pub struct Arguments {
    /// Folder of the model
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    #[command(flatten)]
    corpus: CorpusOptions,
    /// Test speakers [default: all]
    #[arg(long, value_name = "SPEAKER,…", value_delimiter = ',')]
    speakers: Vec<String>,
    /// `clean`; `recordings:DIR`, the corpus as a robot recorded it; or `robot`, a simulated
    /// one (or the recordings of --robot)
    #[arg(long, default_value = "clean", value_name = "WHICH", value_parser = which)]
    condition: Which,
    #[command(flatten)]
    sounds: SoundOptions,
    #[command(flatten)]
    robot: RobotOptions,
    /// All randomness: the simulated robot's, and the order in which utterances are heard
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A condition as asked for.
#[derive(Clone, Debug)]
enum Which {
    Clean,
    Robot,
    Recordings(PathBuf),
}

fn which(text: &str) -> Result<Which, String> {
    match text.split_once(':') {
        None if text == "clean" => Ok(Which::Clean),
        None if text == "robot" => Ok(Which::Robot),
        Some(("recordings", folder)) if !folder.is_empty() => {
            Ok(Which::Recordings(PathBuf::from(folder)))
        }
        _ => Err("conditions are clean, robot, and recordings:DIR".into()),
    }
}

/// Runs the verb.
pub fn run(a: Arguments) -> Result<(), Failure> {
    must_exist("--model", &a.model)?;
    must_exist("--corpus", &a.corpus.corpus)?;
    let mut model = Model::load(&a.model)?;
    let task = model.description.task;
    let mut corpus = open_corpus(&a.corpus.reading.spec(a.corpus.corpus.clone()))?;
    let trained_here = model.description.corpus.contains(&corpus.fingerprint());
    if !a.speakers.is_empty() {
        for s in &a.speakers {
            if !corpus.utterances.iter().any(|u| &u.speaker == s) {
                return Err(Failure::asked(format!("the corpus has no speaker {s}")));
            }
        }
        corpus
            .utterances
            .retain(|u| a.speakers.contains(&u.speaker));
    }
    let progress = Progress::new();
    let recorded = match &a.condition {
        Which::Recordings(path) => Some(path),
        Which::Robot => a.robot.robot.as_ref(),
        Which::Clean => None,
    };
    let condition = match (&a.condition, recorded) {
        (_, Some(path)) => {
            must_exist("the recordings", path)?;
            Condition::Recordings(path.clone())
        }
        (Which::Clean, None) => Condition::Clean,
        (_, None) => {
            let loaded = sources(&a.sounds, &a.robot)?.load(&progress)?;
            simulated_robot(&loaded, a.robot.snr_db(), a.seed)
        }
    };
    let dataset = Dataset::load(&corpus, &progress)?;
    let indices: Vec<usize> = (0..dataset.items.len())
        .filter(|i| dataset.items[*i].serves(task))
        .collect();
    if indices.is_empty() {
        return Err(Failure::asked(format!(
            "no utterance has what the {} task needs",
            task.name()
        )));
    }
    let heard = dataset.hear(&indices, &condition, &progress)?;
    let mut known: Vec<&str> = indices
        .iter()
        .map(|i| dataset.items[*i].utterance.speaker.as_str())
        .filter(|s| trained_here && model.description.speakers.iter().any(|k| k == s))
        .collect();
    known.dedup();
    if !known.is_empty() {
        tell!(
            "warning: the model was trained or validated on speakers {}; these figures flatter it. Use --speakers with others",
            known.join(", ")
        );
    }
    let references: Vec<&Features> = heard.iter().collect();
    let speakers: Vec<&str> = indices
        .iter()
        .map(|i| dataset.items[*i].utterance.speaker.as_str())
        .collect();
    // Whoever adapts to a speaker should not hear them sorted by emotion.
    let order = Key::new(a.seed).with("heard");
    let answers = in_drawn_order(indices.len(), &order, |order| {
        let heard: Vec<&Features> = order.iter().map(|i| references[*i]).collect();
        let speakers: Vec<&str> = order.iter().map(|i| speakers[*i]).collect();
        model.predict(&heard, &speakers)
    });
    let predictions: Vec<Prediction> = indices
        .iter()
        .zip(answers)
        .map(|(i, answer)| dataset.items[*i].prediction(condition.name(), task, answer))
        .collect();
    let all: Vec<&Prediction> = predictions.iter().collect();
    let measured = figures(task, &all);
    if a.json {
        let value = json!({
            "model": a.model, "corpus": corpus.name, "condition": condition.name(),
            "utterances": predictions.len(), "figures": measured,
        });
        say!("{}", serde_json::to_string_pretty(&value)?);
        return Ok(());
    }
    say!(
        "{} model ({} training) on {}, {} condition: {} utterances",
        model.description.recipe.architecture.name().to_uppercase(),
        model.description.training,
        corpus.name,
        condition.name(),
        predictions.len()
    );
    for ((name, _), value) in FIGURES.iter().zip(measured.list()) {
        if value.is_some() {
            say!("  {name:<6} {}", number(value));
        }
    }
    if task == Task::Categorical {
        let c = confusion(predictions.iter());
        let mut titles = vec!["truth \\ answer".to_owned()];
        titles.extend(Emotion::ALL.map(|e| e.name().to_owned()));
        let rows: Vec<Vec<String>> = Emotion::ALL
            .iter()
            .map(|t| {
                let mut row = vec![t.name().to_owned()];
                row.extend(Emotion::ALL.map(|e| c.count(t.index(), e.index()).to_string()));
                row
            })
            .collect();
        say!("{}", text_table(&titles, &rows, 1));
    }
    Ok(())
}
