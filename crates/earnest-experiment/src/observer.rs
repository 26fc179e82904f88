//! What an experiment tells whoever watches it.

use std::time::Duration;

use earnest_model::EpochReport;

/// Something that happened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Notice<'a> {
    /// A pass over `total` items begins.
    StageStarted {
        /// What is done, for example `decoding`.
        name: &'a str,
        /// Items.
        total: usize,
    },
    /// One more item of the pass is done. Comes from any thread.
    StageAdvanced,
    /// The pass is over.
    StageFinished,
    /// Something that a person should know, and that may be as it should.
    Note(&'a str),
    /// Something that a person should know, and that may be wrong.
    Warning(&'a str),
    /// A unit begins, or goes on from its last epoch.
    UnitStarted {
        /// Its id.
        id: &'a str,
        /// Its number, from 1.
        number: usize,
        /// Units in all.
        total: usize,
    },
    /// The units of a run, before the first begins.
    RunStarted {
        /// Ids of those that are not finished.
        pending: &'a [String],
        /// How many are trained at the same time.
        workers: usize,
    },
    /// A job array was handed to Slurm.
    Submitted {
        /// Its number.
        job: u64,
        /// Units in it.
        units: usize,
        /// Tasks they are shared out to.
        tasks: usize,
    },
    /// All units that are left are being worked on by other processes.
    Waiting {
        /// How many.
        units: usize,
    },
    /// An epoch is over.
    Epoch {
        /// Of which unit; empty for a training outside an experiment.
        unit: &'a str,
        /// What it came to.
        report: &'a EpochReport,
        /// The most epochs there will be.
        most: usize,
    },
    /// A unit is finished, or was already (then `took` is `None`).
    UnitFinished {
        /// Its id.
        id: &'a str,
        /// Number, from 1.
        number: usize,
        /// Units in all.
        total: usize,
        /// How long it took now.
        took: Option<Duration>,
        /// Its main metric in each condition, ready to print.
        summary: String,
    },
}

/// Watches an experiment.
pub trait Observer: Sync {
    /// Called for each event.
    fn event(&self, event: Notice<'_>);

    /// True if a person wants the work to stop. It is asked after each epoch, and then what
    /// is done is kept.
    fn stopping(&self) -> bool {
        false
    }
}

/// Watches nothing.
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _: Notice<'_>) {}
}
