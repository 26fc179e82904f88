//! `earnest report`.

use std::path::PathBuf;

use clap::Args;
use earnest_experiment::{collect, write_results};

use super::{must_exist, print_outcome};
use crate::failure::Failure;

/// Write the tables and the report of a run again.
#[derive(Args)]
#[command(
    after_help = "Example:\n  earnest report runs/table1\n\nUses the units that are finished; the corpus is not needed."
)]
pub struct Arguments {
    /// The run's folder
    #[arg(value_name = "DIR")]
    run: PathBuf,
}

/// Runs the verb.
pub fn run(a: Arguments) -> Result<(), Failure> {
    must_exist("the run", &a.run)?;
    let outcome = collect(&a.run)?;
    write_results(&outcome)?;
    print_outcome(&outcome, &a.run);
    Ok(())
}
