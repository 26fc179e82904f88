//! `earnest demo`: the paper's effect in a few minutes, from audio that Earnest makes.

use std::path::PathBuf;

use clap::Args;
use earnest_corpus::synthetic::{SyntheticSettings, count, write};
use earnest_experiment::{Experiment, run as run_experiment};
use earnest_report::write_report;

use super::bounds::one_to;
use super::print_report;
use crate::failure::Failure;
use crate::progress::Progress;

const DEMO: &str = include_str!("../../../../experiments/demo.toml");

/// Make a synthetic corpus and run a small Table I on it.
#[derive(Args)]
#[command(after_help = "Example:\n  earnest demo\n\n\
    The corpus is synthetic and its metrics say nothing about people; the experiment is the real one, \
    with a smaller network and fewer folds. Run again, it goes on where it stopped.")]
pub struct Arguments {
    /// Where the corpus and the run are written
    #[arg(long, default_value = "earnest-demo", value_name = "DIR")]
    out: PathBuf,
    /// Test speakers (folds), at most 10
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = one_to::<usize>(10))]
    folds: usize,
    /// All randomness
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs the verb.
pub fn run(a: Arguments) -> Result<(), Failure> {
    let settings = SyntheticSettings {
        seed: a.seed,
        utterances_per_speaker: 32,
    };
    let corpus = a.out.join(format!("synthetic-corpus-seed-{}", a.seed));
    let progress = Progress::new();
    progress.stop_on_signals()?;
    // The marker is written last: its presence means the corpus is whole.
    if !corpus.join("SYNTHETIC.json").is_file() {
        progress.start("synthesising speech", count(settings));
        let result = write(&corpus, settings, || progress.advance());
        progress.finish();
        result?;
    }
    let mut experiment = Experiment::from_toml(DEMO).map_err(Failure::asked)?;
    experiment.corpus = corpus.into();
    experiment.seed = a.seed;
    experiment.folds = a.folds.to_string();
    let run = a.out.join(format!("run-seed-{}-folds-{}", a.seed, a.folds));
    let outcome = run_experiment(experiment, &run, &progress)?;
    print_report(&write_report(outcome)?);
    Ok(())
}
