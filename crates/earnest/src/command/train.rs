//! `earnest train`.

use std::path::PathBuf;

use clap::Args;
use earnest_augment::Chain;
use earnest_experiment::{
    Dataset, ExperimentError, Observer, TrainingPlan, forget_progress, open_corpus, train,
};
use earnest_random::Key;

use super::must_exist;
use super::options::{CorpusOptions, NetworkName, RobotOptions, SoundOptions, TaskName, sources};
use crate::failure::Failure;
use crate::progress::Progress;

/// Train one model.
#[derive(Args)]
#[command(
    after_help = "Example:\n  earnest train --corpus EmoDB --augment --noise ESC-50 --rooms my-rooms --out my-model\n\n\
    The model's folder holds model.safetensors and model.json. The same command goes on with an interrupted training."
)]
pub struct Arguments {
    #[command(flatten)]
    corpus: CorpusOptions,
    /// Folder of the model
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The network
    #[arg(long, value_enum, default_value = "rnn")]
    network: NetworkName,
    /// The task
    #[arg(long, value_enum, default_value = "categorical")]
    task: TaskName,
    /// Augment the training waveforms, drawn anew in each epoch
    #[arg(long)]
    augment: bool,
    #[command(flatten)]
    sounds: SoundOptions,
    /// Speakers that validate; all others that are not left out train [default: the last
    /// speaker by name]
    #[arg(long, value_name = "SPEAKER,…", value_delimiter = ',')]
    validation: Vec<String>,
    /// Speakers that are not used at all, to evaluate on later
    #[arg(long, value_name = "SPEAKER,…", value_delimiter = ',')]
    leave_out: Vec<String>,
    /// The most epochs
    #[arg(long, value_name = "N")]
    max_epochs: Option<usize>,
    /// All randomness
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs the verb.
pub fn run(a: Arguments) -> Result<(), Failure> {
    must_exist("--corpus", &a.corpus.corpus)?;
    if a.out.join("model.json").exists() {
        return Err(Failure::asked(format!(
            "{} already holds a model; choose another --out",
            a.out.display()
        )));
    }
    let corpus = open_corpus(&a.corpus.reading.spec(a.corpus.corpus.clone()))?;
    let mut speakers: Vec<String> = corpus
        .utterances
        .iter()
        .filter(|u| u.emotion.is_some())
        .map(|u| u.speaker.clone())
        .collect();
    speakers.sort();
    speakers.dedup();
    for asked in a.validation.iter().chain(&a.leave_out) {
        if !speakers.contains(asked) {
            return Err(Failure::asked(format!(
                "there is no speaker {asked}; speakers are {}",
                speakers.join(", ")
            )));
        }
    }
    speakers.retain(|s| !a.leave_out.contains(s));
    let validation = if a.validation.is_empty() {
        speakers.last().cloned().into_iter().collect()
    } else {
        a.validation
    };
    let training: Vec<String> = speakers
        .into_iter()
        .filter(|s| !validation.contains(s))
        .collect();

    let progress = Progress::new();
    let observer: &dyn Observer = &progress;
    let sounds = if a.augment {
        // No robot hears this model yet, so nothing is held out.
        Some(sources(&a.sounds, &RobotOptions::default())?.load_for_training(observer)?)
    } else {
        None
    };
    let dataset = Dataset::load(&corpus, observer)?;
    let mut recipe = a.network.recipe();
    if let Some(most) = a.max_epochs {
        recipe.max_epochs = most;
    }
    recipe.check().map_err(Failure::asked)?;
    let task = a.task.task();
    let chain = Chain::paper();
    let fingerprint = corpus.fingerprint();
    let plan = TrainingPlan {
        task,
        recipe: &recipe,
        augmentation: sounds.as_ref().map(|s| (&chain, s)),
        training: &dataset.of_speakers(&training, task),
        validation: &dataset.of_speakers(&validation, task),
        // Whatever changes the result changes the key, so a checkpoint of another training
        // in the same folder is not mistaken for this one.
        key: Key::new(a.seed)
            .with("train")
            .with(fingerprint.as_str())
            .with(serde_json::to_string(&recipe)?.as_str())
            .with(task.name())
            .with(training.join(",").as_str())
            .with(validation.join(",").as_str())
            .with(format!("{:?} {:?}", a.augment, a.sounds).as_str()),
        corpus: format!("{} ({fingerprint})", corpus.name),
    };
    std::fs::create_dir_all(&a.out).map_err(|source| ExperimentError::File {
        action: "create the folder",
        path: a.out.clone(),
        source,
    })?;
    let (model, history) = train(&dataset, &plan, Some(&a.out), observer)?;
    progress.finish();
    model.save(&a.out)?;
    forget_progress(&a.out);
    if let Some(best) = history.iter().rev().find(|e| e.best) {
        println!(
            "Trained on {} utterances of {} speakers for {} epochs; best in epoch {} (validation {:.3} on {}).",
            plan.training.len(),
            training.len(),
            history.len(),
            best.epoch,
            best.validation,
            validation.join(", ")
        );
    }
    println!("model: {}", a.out.display());
    Ok(())
}
