//! `earnest report`.

use std::path::PathBuf;

use clap::Args;
use earnest_experiment::{collect, write_results};
use earnest_report::{COMPARED, Comparison, Report, compare_runs};

use super::outputs::Inputs;
use super::table::report_table;
use super::{must_hold_run, print_report};
use crate::failure::Failure;

/// Write the tables and the report of a run again, or compare two runs.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  earnest report runs/table1\n  earnest report runs/table1 runs/robust\n\n\
    Uses the units that are finished; the corpus is not needed. Of two runs, what both have trained is compared \
    over the test utterances that both have; --out writes the comparison as a page."
)]
pub struct Arguments {
    /// The run's folder
    #[arg(value_name = "DIR")]
    run: PathBuf,
    /// Another run, to compare with the first
    #[arg(value_name = "OTHER")]
    other: Option<PathBuf>,
    /// Where a comparison is written as HTML
    #[arg(long, value_name = "FILE", requires = "other")]
    out: Option<PathBuf>,
}

/// Runs the verb.
pub fn run(a: Arguments) -> Result<(), Failure> {
    must_hold_run("the run", &a.run)?;
    let outcome = collect(&a.run)?;
    let Some(other) = a.other else {
        write_results(&outcome)?;
        let report = Report::new(outcome);
        report.write()?;
        print_report(&report);
        return Ok(());
    };
    must_hold_run("the other run", &other)?;
    if let Some(path) = &a.out {
        let mut inputs = Inputs::default();
        inputs.add_run("the run's", &a.run);
        inputs.add_run("the other run's", &other);
        inputs.spare("--out", path)?;
    }
    let comparison: Comparison = compare_runs(&outcome, &collect(&other)?)?;
    say!("A: {}\nB: {}", comparison.names[0], comparison.names[1]);
    for line in &comparison.differences {
        say!("note: {line}");
    }
    say!("{}", report_table(&comparison.text()));
    say!("{COMPARED}");
    if let Some(path) = a.out {
        comparison.write_html(&path)?;
        say!("report: {}", path.display());
    }
    Ok(())
}
