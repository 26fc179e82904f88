//! `earnest run`.

use std::path::PathBuf;

use clap::Args;
use earnest_experiment::{Experiment, run as run_experiment};

use super::print_outcome;
use crate::failure::Failure;
use crate::progress::Progress;

/// Run an experiment from its file, or go on with it.
#[derive(Args)]
#[command(
    after_help = "Example:\n  earnest run runs/table1/experiment.toml --out runs/table1-again\n\n\
    Every run writes its experiment.toml with all defaults; copy and change it."
)]
pub struct Arguments {
    /// The experiment
    #[arg(value_name = "EXPERIMENT.toml")]
    experiment: PathBuf,
    /// The run's folder [default: runs/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Runs the verb.
pub fn run(a: Arguments) -> Result<(), Failure> {
    let text = std::fs::read_to_string(&a.experiment).map_err(|e| {
        Failure::asked(format!(
            "cannot read the experiment {}: {e}",
            a.experiment.display()
        ))
    })?;
    let experiment = Experiment::from_toml(&text)
        .map_err(|e| Failure::asked(format!("{}: {e}", a.experiment.display())))?;
    let out = a
        .out
        .unwrap_or_else(|| PathBuf::from("runs").join(&experiment.name));
    let outcome = run_experiment(experiment, &out, &Progress::new())?;
    print_outcome(&outcome, &out);
    Ok(())
}
