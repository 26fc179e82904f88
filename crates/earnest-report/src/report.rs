//! A run, and the tables that it comes to.

use earnest_experiment::Outcome;

use crate::across::Across;
use crate::calibration::{self, CALIBRATION};
use crate::conditions::Conditions;
use crate::groups::{self, GROUPS_TITLE, SPEAKERS, SPEAKERS_TITLE};
use crate::table1::Table1;
use crate::table2::Table2;
use crate::text_table::TextTable;

/// What is reported of a run.
pub struct Report {
    /// The run as it stands.
    pub outcome: Outcome,
    /// Table I; empty of a run across corpora, of which nothing may be pooled over folds.
    pub table1: Table1,
    /// Several corpora by which were trained on and which was tested; `None` of one.
    pub across: Option<Across>,
    /// Named conditions; `None` without any, and of a run across corpora.
    pub conditions: Option<Conditions>,
    /// Table II; empty unless an augmentation was left out.
    pub table2: Table2,
}

impl Report {
    /// Of a run as it stands in its folder.
    #[must_use]
    pub fn new(outcome: Outcome) -> Self {
        let across = Across::of(&outcome);
        let crossed = across.as_ref().is_some_and(|a| a.crossed);
        let pooled = match crossed {
            true => &[],
            false => outcome.units.as_slice(),
        };
        let conditions = match crossed {
            true => None,
            false => Conditions::of(&outcome),
        };
        Self {
            table1: Table1::new(pooled),
            table2: Table2::new(pooled),
            across,
            conditions,
            outcome,
        }
    }

    /// How far probabilities can be trusted: what stands above the table, and the table; nothing where
    /// no class was predicted.
    #[must_use]
    pub fn calibration(&self) -> (Vec<String>, Option<TextTable>) {
        let told = calibration::Told::of(&self.outcome, self.is_crossed());
        let table = told.table();
        let above = table.as_ref().map(|_| CALIBRATION.to_owned());
        (above.into_iter().chain(told.lacking).collect(), table)
    }

    /// Recall by sex and language, and speaker by speaker: what stands above each table, and the table;
    /// nothing where no class was predicted.
    #[must_use]
    pub fn groups(&self) -> Vec<(&'static str, String, TextTable)> {
        let told = groups::Told::of(&self.outcome, self.is_crossed());
        let of_groups = told
            .table()
            .map(|table| (GROUPS_TITLE, told.words(), table));
        let of_speakers = told
            .speakers()
            .map(|table| (SPEAKERS_TITLE, SPEAKERS.to_owned(), table));
        of_groups.into_iter().chain(of_speakers).collect()
    }

    /// True if corpora were trained on and others tested: then there is no Table I.
    #[must_use]
    pub fn is_crossed(&self) -> bool {
        self.across.as_ref().is_some_and(|across| across.crossed)
    }
}
