//! Who runs an experiment's units: this machine, or Slurm.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use earnest_experiment::{
    Experiment, RunOptions, SlurmOptions, finish, open_corpora, prepare, refuse_foreign_files,
    run_on_slurm, run_units,
};
use earnest_report::{write_cards, write_report};

use super::bounds::{MOST_THREADS, one_to};
use super::options::no_effect;
use super::outputs::Inputs;
use super::print_report;
use crate::failure::Failure;
use crate::progress::Progress;

/// Who runs units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExecutorName {
    /// Threads of this process
    Local,
    /// Job arrays on a cluster; the run's folder must be on a file system that all nodes share
    Slurm,
}

/// Who runs units, and how many at a time.
#[derive(Args, Clone, Debug)]
pub struct ExecutorOptions {
    /// Who trains
    #[arg(long, value_enum, default_value = "local")]
    executor: ExecutorName,
    /// Units trained at the same time, each on its share of the threads [default: one for each
    /// 4 threads, as memory permits]
    #[arg(long, value_name = "N", value_parser = one_to::<u16>(MOST_THREADS))]
    workers: Option<u16>,
    /// Only these units, by id, and no report; `earnest plan --units` lists them
    #[arg(
        long,
        value_name = "ID,ID",
        value_delimiter = ',',
        conflicts_with = "executor"
    )]
    units: Option<Vec<String>>,
    /// Slurm: the partition
    #[arg(long, value_name = "NAME", help_heading = "Slurm")]
    partition: Option<String>,
    /// Slurm: the most time for a task, such as 4:00:00
    #[arg(long, value_name = "TIME", help_heading = "Slurm")]
    time: Option<String>,
    /// Slurm: cores for a task
    #[arg(long, value_name = "N", help_heading = "Slurm", value_parser = one_to::<u16>(MOST_THREADS))]
    cpus_per_task: Option<u16>,
    /// Slurm: the most tasks at the same time
    #[arg(long, value_name = "N", help_heading = "Slurm", value_parser = clap::value_parser!(u16).range(1..))]
    array_limit: Option<u16>,
    /// Slurm: units that a task runs one after the other [default: 1]
    #[arg(long, value_name = "K", help_heading = "Slurm", value_parser = clap::value_parser!(u16).range(1..))]
    units_per_task: Option<u16>,
}

/// Refuses a run's folder that is one of its inputs.
fn spare_inputs(experiment: &Experiment, folder: &Path) -> Result<(), Failure> {
    let mut inputs = Inputs::default();
    inputs.add_corpora(
        &open_corpora(&experiment.corpus, &experiment.classes)?,
        &experiment.corpus,
    );
    for condition in &experiment.heard_in() {
        let what = match condition.is_robot() {
            true => "the robot's recordings".to_owned(),
            false => format!("the recordings of {}", condition.name),
        };
        inputs.add_all(&what, condition.heard.folders());
    }
    let sources = &experiment.sources;
    for (what, folders) in [
        ("noise", &sources.noise),
        ("rooms", &sources.rooms),
        ("robot_noise", &sources.robot_noise),
        ("robot_rooms", &sources.robot_rooms),
    ] {
        inputs.add_all(what, &folders.0);
    }
    inputs.spare_run("--out", folder)
}

impl ExecutorOptions {
    /// Refuses what the executor that was chosen does not look at.
    fn check(&self) -> Result<(), Failure> {
        match self.executor {
            ExecutorName::Local => {
                let flags = [
                    ("--partition", self.partition.is_some()),
                    ("--time", self.time.is_some()),
                    ("--cpus-per-task", self.cpus_per_task.is_some()),
                    ("--array-limit", self.array_limit.is_some()),
                    ("--units-per-task", self.units_per_task.is_some()),
                ];
                let given: Vec<&str> = flags.iter().filter(|f| f.1).map(|f| f.0).collect();
                no_effect(&given, "--executor slurm")
            }
            ExecutorName::Slurm if self.workers.is_some() => no_effect(
                &["--workers"],
                "--executor local; with Slurm, --array-limit says how many tasks run at a time",
            ),
            ExecutorName::Slurm => Ok(()),
        }
    }

    /// Runs an experiment in a folder and prints what came of it.
    pub fn run(&self, experiment: Experiment, folder: &Path) -> Result<(), Failure> {
        self.check()?;
        spare_inputs(&experiment, folder)?;
        refuse_foreign_files(folder)?;
        let progress = Progress::new();
        progress.stop_on_signals()?;
        let prepared = prepare(experiment, &progress)?;
        match self.executor {
            ExecutorName::Local => {
                let options = RunOptions {
                    workers: self.workers.map(Into::into),
                    only: self.units.clone(),
                };
                run_units(&prepared, folder, &options, &progress)?;
                if let Some(units) = &self.units {
                    write_cards(folder, Some(units))?;
                    return Ok(());
                }
            }
            ExecutorName::Slurm => {
                let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("earnest"));
                let options = SlurmOptions {
                    partition: self.partition.clone(),
                    time: self.time.clone(),
                    cpus_per_task: self.cpus_per_task.map(Into::into),
                    array_limit: self.array_limit.map(Into::into),
                    units_per_task: self.units_per_task.map_or(1, Into::into),
                    program,
                };
                run_on_slurm(&prepared, folder, &options, &progress)?;
            }
        }
        print_report(&write_report(finish(folder)?)?);
        Ok(())
    }
}
