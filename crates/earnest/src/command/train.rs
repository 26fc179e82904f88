//! `earnest train`.

use std::path::PathBuf;

use clap::Args;
use earnest_experiment::{Augmented, ModelTraining, Validation};

use super::options::{
    ChainOption, ClassOptions, CorpusOptions, RobotOptions, SoundOptions, TaskName,
    TrainingOptions, no_effect, recipe_called, refuse_no_balance, sources,
};
use super::outputs::{Inputs, one_writer};
use crate::failure::Failure;
use crate::progress::Progress;

/// Train one model.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  earnest train --corpus EmoDB --augment --noise ESC-50 --rooms my-rooms --out my-model\n  \
    earnest train --corpus EmoDB --corpus nEMO --leave-out emodb/03,nemo/SB0 --out my-model\n\n\
    The model's folder holds model.safetensors and model.json. The same command goes on with an interrupted training. \
    With several corpora a speaker's name begins with the corpus's."
)]
pub struct Arguments {
    #[command(flatten)]
    corpus: CorpusOptions,
    #[command(flatten)]
    classes: ClassOptions,
    /// Folder of the model
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Engine or recipe: rnn, cnn, crnn, svm, logistic, svr, ridge, paper-rnn, paper-cnn, robust, or
    /// a recipe's TOML file
    #[arg(
        long,
        visible_alias = "recipe",
        default_value = "paper-rnn",
        value_name = "NAME|FILE"
    )]
    network: String,
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
    /// Let each utterance of several corpora count alike in training, instead of each corpus
    #[arg(long)]
    no_balance: bool,
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
    let corpora = a.corpus.spec()?;
    refuse_no_balance(a.no_balance, &corpora)?;
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
    let mut recipe = recipe_called(&a.network)
        .map_err(|e| Failure::asked(format!("--network (--recipe): {e}")))?;
    a.training.require_use(std::slice::from_ref(&recipe))?;
    a.training.change(&mut recipe)?;
    let chain = a.chain.chain_for(&recipe)?;
    if a.chain.is_given() {
        recipe.chain = None;
    }
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
    let prepared = ModelTraining {
        corpus: corpora.clone(),
        balance: !a.no_balance,
        classes: a.classes.spec(),
        task: a.task.task(),
        recipe,
        augmented: match a.augment {
            true => Some(Augmented {
                chain,
                // No robot hears this model yet, so nothing is held out.
                sources: sources(&a.sounds, &RobotOptions::default())?,
                presentation: a.training.presentation(),
            }),
            false => None,
        },
        validation: a.validation,
        validation_speakers: a.validation_speakers,
        leave_out: a.leave_out,
        seed: a.seed,
    }
    .prepare()?;
    let mut inputs = Inputs::default();
    inputs.add_corpora(prepared.corpus(), &corpora);
    inputs.add_all("--noise", &a.sounds.noise);
    inputs.add_all("--rooms", &a.sounds.rooms);
    if let Some(chain) = a.chain.path() {
        inputs.add("--chain", chain);
    }
    inputs.spare_run("--out", &a.out)?;
    let writer = one_writer("--out", &a.out)?;
    let progress = Progress::new();
    progress.stop_on_signals()?;
    let trained = prepared.train(&a.out, &progress)?;
    progress.finish();
    writer.finish();
    let fold = &trained.fold;
    if let Some(best) = trained.history.iter().rev().find(|e| e.best) {
        let on = match fold.fraction {
            Some(share) => format!("{} % of their utterances", share * 100.0),
            None => fold.validation.join(", "),
        };
        say!(
            "Trained on {} utterances of {} speakers for {} epochs; best in epoch {} (validation {:.3} on {on}).",
            trained.utterances,
            fold.training.len(),
            trained.history.len(),
            best.epoch,
            best.validation,
        );
        if trained.refitted {
            say!(
                "Then it was trained again on them and on those who validated, for as many epochs; that is the model."
            );
        }
    }
    for (number, member) in &trained.members {
        let of = match member.history.iter().rev().find(|e| e.best) {
            Some(best) => format!(
                "{} epochs, best in epoch {} (validation {:.3})",
                member.history.len(),
                best.epoch,
                best.validation
            ),
            None => "fitted at once".to_owned(),
        };
        say!("Member {number}, {}: {of}", member.title);
    }
    if let Some(chosen) = trained.search.iter().find(|tried| tried.chosen) {
        let values: Vec<String> = chosen
            .values
            .iter()
            .map(|(name, value)| match name.as_str() {
                "gamma" => format!("{name} = {value} / columns"),
                _ => format!("{name} = {value}"),
            })
            .collect();
        let left_out = match trained.speakers {
            1 => "groups of utterances of the one speaker, which says nothing about others,",
            _ => "speakers",
        };
        say!(
            "Fitted to {} utterances, speakers: {}. Tried: {}; {} was best on {left_out} that were left out in turn ({:.3}).",
            trained.utterances,
            trained.speakers,
            trained.search.len(),
            values.join(", "),
            chosen.score,
        );
    }
    say!("model: {}", a.out.display());
    Ok(())
}
