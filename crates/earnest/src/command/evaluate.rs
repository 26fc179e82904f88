//! `earnest evaluate`.

use std::path::PathBuf;

use clap::Args;
use earnest_corpus::Emotion;
use earnest_experiment::{
    Dataset, Prediction, Truth, confusion, figures, metrics::FIGURES, number, open_corpus,
    simulated_robot,
};
use earnest_features::Features;
use earnest_model::{Model, Task};
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
    earnest evaluate --model my-model --corpus EmoDB --speakers 03 --condition robot --robot my-recordings\n\n\
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
    /// `clean`, or `robot`: recordings with --robot, simulated otherwise
    #[arg(long, default_value = "clean", value_parser = ["clean", "robot"])]
    condition: String,
    #[command(flatten)]
    sounds: SoundOptions,
    #[command(flatten)]
    robot: RobotOptions,
    /// All randomness of the simulated robot
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
pub fn run(a: Arguments) -> Result<(), Failure> {
    must_exist("--model", &a.model)?;
    must_exist("--corpus", &a.corpus.corpus)?;
    let mut model = Model::load(&a.model)?;
    let task = model.description.task;
    let mut corpus = open_corpus(&a.corpus.reading.spec(a.corpus.corpus.clone()))?;
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
    let condition = if a.condition == "clean" {
        Condition::Clean
    } else if let Some(path) = &a.robot.robot {
        must_exist("--robot", path)?;
        Condition::Recordings(path.clone())
    } else {
        let loaded = sources(&a.sounds, &a.robot)?.load(&progress)?;
        simulated_robot(&loaded, a.robot.robot_snr, a.seed)
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
    let references: Vec<&Features> = heard.iter().collect();
    let predictions: Vec<Prediction> = indices
        .iter()
        .zip(model.predict(&references))
        .map(|(i, answer)| {
            let item = &dataset.items[*i];
            Prediction {
                condition: condition.name().to_owned(),
                id: item.utterance.id.clone(),
                speaker: item.utterance.speaker.clone(),
                truth: match task {
                    Task::Categorical => Truth::Class(item.class()),
                    Task::Dimensional => Truth::Values(item.values()),
                },
                answer,
            }
        })
        .collect();
    let all: Vec<&Prediction> = predictions.iter().collect();
    let measured = figures(task, &all);
    if a.json {
        let value = json!({
            "model": a.model, "corpus": corpus.name, "condition": condition.name(),
            "utterances": predictions.len(), "figures": measured,
        });
        println!("{}", serde_json::to_string_pretty(&value)?);
        return Ok(());
    }
    println!(
        "{} model ({} training) on {}, {} condition: {} utterances",
        model.description.recipe.architecture.name().to_uppercase(),
        model.description.training,
        corpus.name,
        condition.name(),
        predictions.len()
    );
    for ((name, _), value) in FIGURES.iter().zip(measured.list()) {
        if value.is_some() {
            println!("  {name:<6} {}", number(value));
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
        println!("{}", text_table(&titles, &rows, 1));
    }
    Ok(())
}
