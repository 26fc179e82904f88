//! A run, and the tables that it comes to.

use earnest_experiment::Outcome;

use crate::table1::Table1;
use crate::table2::Table2;

/// What is reported of a run.
pub struct Report {
    /// The run as it stands.
    pub outcome: Outcome,
    /// Table I.
    pub table1: Table1,
    /// Table II; empty unless an augmentation was left out.
    pub table2: Table2,
}

impl Report {
    /// Of a run as it stands in its folder.
    #[must_use]
    pub fn new(outcome: Outcome) -> Self {
        Self {
            table1: Table1::new(&outcome.units),
            table2: Table2::new(&outcome.units),
            outcome,
        }
    }
}
