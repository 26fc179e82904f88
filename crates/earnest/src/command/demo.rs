//! `earnest demo`: the paper's effect in a few minutes, from audio that Earnest makes.

use std::path::PathBuf;

use clap::Args;
use earnest_corpus::synthetic::{Settings, count, write};
use earnest_experiment::{Experiment, Training, run as run_experiment};
use earnest_model::{Architecture, Recipe};

use super::print_outcome;
use crate::failure::Failure;
use crate::progress::Progress;

/// Make a synthetic corpus and run a small Table I on it.
#[derive(Args)]
#[command(after_help = "Example:\n  earnest demo\n\n\
    The corpus is synthetic and its figures say nothing about people; the experiment is the real one, \
    with a smaller network and fewer folds. Run again, it goes on where it stopped.")]
pub struct Arguments {
    /// Where the corpus and the run are written
    #[arg(long, default_value = "earnest-demo", value_name = "DIR")]
    out: PathBuf,
    /// Test speakers (folds), at most 10
    #[arg(long, default_value_t = 3, value_name = "N")]
    folds: usize,
    /// All randomness
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs the verb.
pub fn run(a: Arguments) -> Result<(), Failure> {
    if a.folds == 0 {
        return Err(Failure::asked("--folds must be at least 1"));
    }
    let settings = Settings {
        seed: a.seed,
        utterances_per_speaker: 32,
    };
    let corpus = a.out.join(format!("synthetic-corpus-seed-{}", a.seed));
    let progress = Progress::new();
    // The marker is written last: its presence means the corpus is whole.
    if !corpus.join("SYNTHETIC.json").is_file() {
        progress.start("synthesising speech", count(settings));
        let result = write(&corpus, settings, || progress.advance());
        progress.finish();
        result?;
    }
    let mut experiment = Experiment::table1(corpus);
    experiment.name = "demo".into();
    experiment.seed = a.seed;
    experiment.folds = a.folds.to_string();
    experiment.trainings = vec![Training::Clean, Training::Augmented];
    experiment.recipes = vec![Recipe {
        learning_rate: 2e-3,
        max_epochs: 24,
        patience: 10,
        plateau: 4,
        least_steps: 1,
        ..Recipe::paper(Architecture::rnn(2, 48))
    }];
    let run = a.out.join(format!("run-seed-{}-folds-{}", a.seed, a.folds));
    let outcome = run_experiment(experiment, &run, &progress)?;
    print_outcome(&outcome, &run);
    Ok(())
}
