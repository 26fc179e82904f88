//! What the page says of probabilities, and of groups of speakers.

use earnest_experiment::ExperimentError;
use earnest_experiment::calibration::Reliability;

use super::Page;
use crate::calibration::{CALIBRATION, CALIBRATION_TITLE, Told};
use crate::figure;
use crate::report::Report;

impl Page {
    /// How far probabilities can be trusted: a table, and for each recipe a reliability diagram and
    /// accuracy against coverage.
    pub(super) fn calibration(&mut self, report: &Report) -> Result<(), ExperimentError> {
        let told = Told::of(&report.outcome, report.is_crossed());
        let table = told.table();
        if table.is_none() && told.lacking.is_none() {
            return Ok(());
        }
        self.heading(CALIBRATION_TITLE);
        if let Some(table) = table {
            self.paragraph(CALIBRATION);
            self.table(&table);
        }
        if let Some(lacking) = &told.lacking {
            self.paragraph(lacking);
        }
        if told.calibrated.is_empty() {
            return Ok(());
        }
        self.paragraph("At the left how often answers are right by how sure they are: below the dashed line they are too sure. At the right what is gained by answering only where the model is sure: the share of right answers among the surest utterances, by how many of all they are. All folds and seeds together.");
        self.body.push_str("<div class=\"grid\">");
        let mut rest = told.calibrated.as_slice();
        while let Some((first, _)) = rest.first() {
            let alike =
                |s: &crate::series::Series<'_>| s.recipe == first.recipe && s.pair == first.pair;
            let n = rest.iter().take_while(|(s, _)| alike(s)).count();
            let (own, others) = rest.split_at(n);
            let lines: Vec<(String, &Reliability)> = own
                .iter()
                .map(|(s, of)| {
                    let name = format!("{} training, {} test", s.training.name(), s.condition);
                    (name, &of.reliability)
                })
                .collect();
            let title = match first.pair {
                Some(pair) => format!(
                    "{}, {} → {}",
                    first.recipe,
                    pair.trained_words(),
                    pair.tested_words()
                ),
                None => first.recipe.to_owned(),
            };
            let file = match first.pair {
                Some(pair) => format!(
                    "{}-{}-{}",
                    first.recipe,
                    pair.trained.join("-"),
                    pair.tested.join("-")
                ),
                None => first.recipe.to_owned(),
            };
            let svg = figure::reliability(&format!("{title}: reliability"), &lines)?;
            self.figure(&format!("reliability-{file}"), &svg);
            let svg = figure::coverage(&format!("{title}: accuracy by coverage"), &lines)?;
            self.figure(&format!("coverage-{file}"), &svg);
            rest = others;
        }
        self.body.push_str("</div>");
        Ok(())
    }

    /// Recall by sex, by language and speaker by speaker.
    pub(super) fn groups(&mut self, report: &Report) {
        for (title, words, table) in report.groups() {
            self.heading(title);
            self.paragraph(&words);
            self.table(&table);
        }
    }
}
