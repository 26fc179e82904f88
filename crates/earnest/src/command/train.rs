//! `earnest train`.

use std::path::PathBuf;

use clap::Args;
use earnest_corpus::ContentIndex;
use earnest_experiment::{
    Augmentation, ChosenSources, Dataset, Event, Fold, Observer, Protocol, Trained, TrainingPlan,
    Validation, copies_folder, corpus_contents, fingerprint_of_chain, fingerprint_of_fold,
    forget_copies, forget_progress, open_corpus, refuse_unlisted, refuse_unnamed_speakers, train,
};
use earnest_model::Heard;
use earnest_random::Key;

use super::must_exist;
use super::options::{
    ChainOption, CorpusOptions, NetworkName, RobotOptions, SoundOptions, TaskName, TrainingOptions,
    no_effect, sources,
};
use super::outputs::{Inputs, one_writer};
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
    /// Augment the training waveforms
    #[arg(long)]
    augment: bool,
    #[command(flatten)]
    sounds: SoundOptions,
    #[command(flatten)]
    chain: ChainOption,
    /// Who says which epoch was best: `speakers:K`, the last K by name, or `fraction:F` of
    /// all speakers' utterances [default: by the number of speakers]
    #[arg(long, value_name = "WHO", value_parser = validation, conflicts_with = "validation_speakers")]
    validation: Option<Validation>,
    /// Or: these speakers; all others that are not left out train
    #[arg(long, value_name = "SPEAKER,…", value_delimiter = ',')]
    validation_speakers: Vec<String>,
    /// Speakers that are not used at all, to evaluate on later
    #[arg(long, value_name = "SPEAKER,…", value_delimiter = ',')]
    leave_out: Vec<String>,
    #[command(flatten)]
    training: TrainingOptions,
    /// All randomness
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn validation(text: &str) -> Result<Validation, String> {
    match text.parse()? {
        Validation::Partner => {
            Err("no speaker is tested, so there is no partner; name speakers with --validation-speakers".into())
        }
        other => Ok(other),
    }
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
    // Weights alone are what an interrupted training leaves, beside what it goes on from.
    let weights = a.out.join("model.safetensors");
    if weights.exists() && !a.out.join("checkpoint.safetensors").exists() {
        return Err(Failure::asked(format!(
            "{} is there already, no training wrote it, and this one would replace it; choose another --out, or move it away",
            weights.display()
        )));
    }
    let chain = a.chain.chain()?;
    let recipe = a.training.recipe(a.network);
    recipe.check().map_err(Failure::asked)?;
    if a.augment {
        a.sounds.require_use(&chain)?;
    } else {
        let mut idle = a.sounds.given();
        if a.chain.is_given() {
            idle.push("--chain");
        }
        idle.extend(a.training.given_of_presentation());
        no_effect(&idle, "--augment")?;
    }
    if let Some(both) = a
        .validation_speakers
        .iter()
        .find(|s| a.leave_out.contains(s))
    {
        return Err(Failure::asked(format!(
            "speaker {both} is both left out (--leave-out) and validates (--validation-speakers)"
        )));
    }
    let corpus = open_corpus(&a.corpus.reading.spec(a.corpus.corpus.clone()))?;
    refuse_unlisted(&corpus)?;
    let mut inputs = Inputs::default();
    inputs.add_corpus(&corpus, &a.corpus.corpus);
    inputs.add_all("--noise", &a.sounds.noise);
    inputs.add_all("--rooms", &a.sounds.rooms);
    if let Some(chain) = a.chain.path() {
        inputs.add("--chain", chain);
    }
    inputs.spare_run("--out", &a.out)?;
    let four_class = corpus.four_class();
    let by_speaker = !a.leave_out.is_empty()
        || !a.validation_speakers.is_empty()
        || matches!(a.validation, Some(Validation::Speakers(_)));
    if by_speaker {
        refuse_unnamed_speakers(&four_class)?;
    }
    let mut speakers: Vec<String> = four_class
        .speakers()
        .into_iter()
        .map(String::from)
        .collect();
    for asked in a.validation_speakers.iter().chain(&a.leave_out) {
        if !speakers.contains(asked) {
            return Err(Failure::asked(format!(
                "there is no speaker {asked}; speakers are {}",
                speakers.join(", ")
            )));
        }
    }
    speakers.retain(|s| !a.leave_out.contains(s));
    let mut fold = Fold {
        name: String::new(),
        test: Vec::new(),
        listed: None,
        validation: a.validation_speakers,
        training: speakers,
        fraction: None,
    };
    if fold.validation.is_empty() {
        let n = fold.training.len();
        match a
            .validation
            .unwrap_or_else(|| Validation::suited(corpus.layout, &Protocol::Speaker, n))
        {
            Validation::Fraction(share) => fold.fraction = Some(share),
            Validation::Partner => fold.validation = fold.training.split_off(n.saturating_sub(1)),
            Validation::Speakers(k) if k < n => fold.validation = fold.training.split_off(n - k),
            Validation::Speakers(k) => {
                return Err(Failure::asked(format!(
                    "--validation speakers:{k} leaves nobody to train on: there are {n} speakers"
                )));
            }
        }
    } else {
        fold.training.retain(|s| !fold.validation.contains(s));
    }

    let spec = match a.augment {
        // No robot hears this model yet, so nothing is held out.
        true => Some(sources(&a.sounds, &RobotOptions::default())?),
        false => None,
    };
    let writer = one_writer("--out", &a.out)?;
    let progress = Progress::new();
    progress.stop_on_signals()?;
    let observer: &dyn Observer = &progress;
    let index = ContentIndex::of_user();
    let chosen = match spec {
        Some(spec) => Some(spec.choose_for_training(&index, observer)?),
        None => None,
    };
    let fingerprint = corpus.fingerprint(&corpus_contents(&corpus, &index, observer)?);
    let sounds = match &chosen {
        Some(chosen) => Some(chosen.load(observer)?),
        None => None,
    };
    let dataset = Dataset::load(&corpus, observer)?;
    if let Some(note) = dataset.duplicates_in_words() {
        observer.event(Event::Warning(&note));
    }
    let task = a.task.task();
    let (noises, rooms) = chosen
        .as_ref()
        .map(ChosenSources::heard_in_training)
        .unwrap_or_default();
    let heard = Heard {
        corpus: corpus.name.clone(),
        fingerprint: fingerprint.clone(),
        fold: fingerprint_of_fold(&fold),
        chain: a.augment.then(|| fingerprint_of_chain(&chain)),
        noises,
        rooms,
        ..Heard::default()
    };
    let seed = Key::new(a.seed);
    let (training, validation) = dataset.of_fold(&fold, task, &seed.with("validation"));
    let presentation = a.training.presentation();
    let plan = TrainingPlan {
        task,
        recipe: &recipe,
        augmentation: sounds.as_ref().map(|sources| Augmentation {
            chain: &chain,
            sources: &sources.training,
            presentation,
        }),
        training: &training,
        validation: &validation,
        training_name: if a.augment { "augmented" } else { "clean" }.into(),
        // Whatever changes the result changes the key, so a checkpoint of another training
        // in the same folder is not mistaken for this one. Where files lie and how much memory
        // they may take change nothing.
        key: seed
            .with("train")
            .with(fingerprint.as_str())
            .with(serde_json::to_string(&recipe)?.as_str())
            .with(task.name())
            .with(serde_json::to_string(&fold)?.as_str())
            .with(serde_json::to_string(&presentation)?.as_str())
            .with(serde_json::to_string(&(&heard.chain, &heard.noises.fingerprint))?.as_str())
            .with(serde_json::to_string(&heard.rooms.fingerprint)?.as_str()),
        copies_key: seed.with("copies"),
        copies_folder: Some(copies_folder(&a.out)),
        corpus: format!("{} ({fingerprint})", corpus.name),
        heard,
    };
    let Trained { model, history, .. } = train(&dataset, &plan, Some(&a.out), observer)?;
    progress.finish();
    model.save(&a.out)?;
    forget_progress(&a.out);
    forget_copies(&a.out);
    writer.finish();
    if let Some(best) = history.iter().rev().find(|e| e.best) {
        let on = match fold.fraction {
            Some(share) => format!("{} % of their utterances", share * 100.0),
            None => fold.validation.join(", "),
        };
        say!(
            "Trained on {} utterances of {} speakers for {} epochs; best in epoch {} (validation {:.3} on {on}).",
            training.len(),
            fold.training.len(),
            history.len(),
            best.epoch,
            best.validation,
        );
    }
    say!("model: {}", a.out.display());
    Ok(())
}
