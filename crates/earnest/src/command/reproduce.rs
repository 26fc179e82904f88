//! `earnest reproduce`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use earnest_experiment::Experiment;

use super::executor::ExecutorOptions;
use super::options::{ClassOptions, CorpusOptions, ExperimentOptions};
use crate::failure::Failure;

const TABLE_1: &str = include_str!("../../../../experiments/table1.toml");
const TABLE_2: &str = include_str!("../../../../experiments/table2.toml");
const ALL: &str = include_str!("../../../../experiments/all.toml");

/// Which of the paper's experiments.
#[derive(Subcommand)]
pub enum Command {
    /// Train with and without augmentation, test clean and as the robot hears it
    #[command(
        after_help = "Examples:\n  earnest reproduce table1 --corpus EmoDB --noise ESC-50 --rooms my-rooms --folds 3\n  \
        earnest reproduce table1 --corpus EmoDB --corpus nEMO --protocol cross --out runs/cross\n\n\
        The same command goes on with an interrupted run. Without --recordings, the robot is simulated: a room \
        response and noise from sources that training never hears. It is experiments/table1.toml with your corpus."
    )]
    Table1(Arguments),
    /// Leave out each step of the augmentation in turn
    #[command(
        after_help = "Example:\n  earnest reproduce table2 --corpus EmoDB --noise ESC-50 --rooms my-rooms --recordings EmoDB_on_icub\n\n\
        The RNN, as in the paper; --networks rnn,cnn for both. It is experiments/table2.toml with your corpus."
    )]
    Table2(Arguments),
    /// Tables I and II, Figures 4 and 5 in one run
    #[command(
        after_help = "Example:\n  earnest reproduce all --corpus IEMOCAP_full_release --recordings IEMOCAP_on_iCub\n\n\
        This takes long: `earnest plan experiments/all.toml --corpus DIR` says how long. It is experiments/all.toml with your corpus."
    )]
    All(Arguments),
}

/// `earnest reproduce table1` and its like.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    corpus: CorpusOptions,
    #[command(flatten)]
    classes: ClassOptions,
    #[command(flatten)]
    experiment: ExperimentOptions,
    #[command(flatten)]
    executor: ExecutorOptions,
    /// The run's folder [default: runs/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Runs the verb.
pub fn run(command: Command) -> Result<(), Failure> {
    let (text, a) = match command {
        Command::Table1(a) => (TABLE_1, a),
        Command::Table2(a) => (TABLE_2, a),
        Command::All(a) => (ALL, a),
    };
    let mut experiment = Experiment::from_toml(text).map_err(Failure::asked)?;
    experiment.corpus = a.corpus.spec()?;
    experiment.classes = a.classes.spec();
    a.experiment.change(&mut experiment)?;
    let out = a
        .out
        .unwrap_or_else(|| PathBuf::from("runs").join(&experiment.name));
    a.executor.run(experiment, &out)
}
