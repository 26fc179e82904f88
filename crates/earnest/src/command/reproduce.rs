//! `earnest reproduce table1`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use earnest_experiment::{Experiment, Training, Validation, run as run_experiment};

use super::options::{
    ChainOption, CorpusOptions, NetworkName, RobotOptions, SoundOptions, TaskName, TrainingOptions,
    sources,
};
use super::{must_exist, print_outcome};
use crate::failure::Failure;
use crate::progress::Progress;

/// Which of the paper's experiments.
#[derive(Subcommand)]
pub enum Command {
    /// Train with and without augmentation, test clean and as the robot hears it
    #[command(
        after_help = "Example:\n  earnest reproduce table1 --corpus EmoDB --noise ESC-50 --rooms my-rooms --folds 3\n\n\
        The same command goes on with an interrupted run. Without --robot, the robot is simulated: a room \
        response and noise from sources that training never hears."
    )]
    Table1(Table1),
}

/// `earnest reproduce table1`.
#[derive(Args)]
pub struct Table1 {
    #[command(flatten)]
    corpus: CorpusOptions,
    #[command(flatten)]
    sounds: SoundOptions,
    #[command(flatten)]
    chain: ChainOption,
    #[command(flatten)]
    robot: RobotOptions,
    /// Folds: `all`, a number (spread over the speakers), or test speakers by name
    #[arg(long, default_value = "all", value_name = "WHICH")]
    folds: String,
    /// Networks
    #[arg(long, value_enum, value_delimiter = ',', default_value = "rnn,cnn")]
    networks: Vec<NetworkName>,
    /// Tasks; dimensional needs a corpus with arousal and valence
    #[arg(long, value_enum, value_delimiter = ',', default_value = "categorical")]
    tasks: Vec<TaskName>,
    /// Who validates while a speaker is tested: `partner`, the session's other speaker, as in
    /// the paper; `speakers:K`; or `fraction:F` of the training speakers' utterances
    /// [default: `partner` for IEMOCAP, elsewhere by the number of speakers]
    #[arg(long, value_name = "WHO")]
    validation: Option<Validation>,
    #[command(flatten)]
    training: TrainingOptions,
    /// All randomness
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Train each unit with so many seeds, and give mean and spread
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    seeds: u16,
    /// The run's folder
    #[arg(long, default_value = "runs/table1", value_name = "DIR")]
    out: PathBuf,
}

/// Runs the verb.
pub fn run(command: Command) -> Result<(), Failure> {
    let Command::Table1(a) = command;
    must_exist("--corpus", &a.corpus.corpus)?;
    let mut experiment = Experiment::table1(a.corpus.corpus.clone());
    experiment.corpus = a.corpus.reading.spec(a.corpus.corpus);
    experiment.seed = a.seed;
    experiment.folds = a.folds;
    experiment.tasks = a.tasks.iter().map(|t| t.task()).collect();
    experiment.tasks.dedup();
    experiment.trainings = vec![Training::Clean, Training::Augmented];
    experiment.sources = sources(&a.sounds, &a.robot)?;
    experiment.augmentation = a.chain.chain()?;
    experiment.robot = a.robot.spec();
    experiment.recipes = a.networks.iter().map(|n| a.training.recipe(*n)).collect();
    experiment.presentation = a.training.presentation();
    experiment.validation = a.validation;
    experiment.repeats = a.seeds.into();
    let outcome = run_experiment(experiment, &a.out, &Progress::new())?;
    print_outcome(&outcome, &a.out);
    Ok(())
}
