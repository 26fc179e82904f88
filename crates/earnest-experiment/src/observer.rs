//! What an experiment tells whoever watches it.

use std::time::Duration;

use earnest_model::EpochReport;

/// Something that happened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
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
    /// Something a person should know.
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
    /// An epoch is over.
    Epoch {
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
        /// Its main figure in each condition, ready to print.
        summary: String,
    },
}

/// Watches an experiment.
pub trait Observer: Sync {
    /// Called for each event.
    fn event(&self, event: Event<'_>);
}

/// Watches nothing.
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _: Event<'_>) {}
}
