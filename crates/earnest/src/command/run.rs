//! `earnest run`.

use std::path::PathBuf;

use clap::Args;

use super::executor::ExecutorOptions;
use super::options::FileOptions;
use crate::failure::Failure;

/// Run an experiment from its file, or go on with it.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    earnest run experiments/table1.toml --corpus EmoDB --out runs/emodb\n  \
    earnest run runs/emodb/experiment.toml --out runs/again\n  \
    earnest run experiments/table2.toml --corpus EmoDB --executor slurm --partition cpu --time 2:00:00\n\n\
    Stopped or killed at any moment, the same command goes on from the last epoch. Several processes may run one \
    folder at the same time, on one machine or on several that share it. Every run writes its experiment.toml with all \
    defaults; copy and change it. Ctrl-C stops after the epoch at hand, a second one at once.")]
pub struct Arguments {
    #[command(flatten)]
    file: FileOptions,
    #[command(flatten)]
    executor: ExecutorOptions,
    /// The run's folder [default: runs/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Runs the verb.
pub fn run(a: Arguments) -> Result<(), Failure> {
    let experiment = a.file.read()?;
    let out = a
        .out
        .unwrap_or_else(|| PathBuf::from("runs").join(&experiment.name));
    a.executor.run(experiment, &out)
}
