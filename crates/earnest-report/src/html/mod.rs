//! The self-contained HTML report.

mod of_classes;
mod table;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use earnest_corpus::Scale;
use earnest_model::{EpochReport, Normalisation, Task};

use earnest_experiment::metrics::{Confusion, List, METRICS};
use earnest_experiment::number::number;
use earnest_experiment::statistics::{intervals, pooled, seeds_of};
use earnest_experiment::{
    AboutCorpus, CONDITIONS, Crossing, Experiment, ExperimentError, Outcome, Presentation,
    Training, Truth, UnitResult, Validation, confusion, metrics_by_speaker, metrics_of,
};

use crate::across::{Across, MATRICES, Matrix};
use crate::conditions::{self, Conditions};
use crate::figure::{self, Column, Violin};
use crate::report::Report;
use crate::rivals::{AGAINST, recipes_against_each_other};
use crate::sweep::{RECIPES, recipes_side_by_side};
use crate::table1::{RECALLS, Table1};
use crate::text_table::{Line, TextTable, title};

/// What stands above the table of intervals and tests.
pub const CERTAINTY: &str = "95 % intervals of the pooled metrics by bootstrap over speakers (2,000 draws, percentile method; none below three speakers), and p of the difference between augmented and clean training by a paired sign-flip test over speakers (two-sided; the sign says whether augmented training is higher). With fewer than six speakers no p can be below .05, and none is given.";

/// What stands in place of that table where so few speakers were tested that it would be empty.
#[must_use]
pub fn uncertain(outcome: &Outcome) -> String {
    let tested = match outcome.tested_speakers() {
        1 => "One speaker was".to_owned(),
        n => format!("{n} speakers were"),
    };
    format!("{tested} tested: an interval over speakers needs three, a test between trainings six.")
}
/// What Table I, or a part of it, is about.
#[must_use]
pub fn caption(report: &Report, part: &Table1) -> String {
    format!(
        "{} {}. {}",
        run_words(report),
        part.legend(),
        part.notes().join(" ")
    )
}

/// What was run on what, as a sentence.
#[must_use]
pub fn run_words(report: &Report) -> String {
    let outcome = &report.outcome;
    let about = &outcome.about;
    format!(
        "{} on {}: {} utterances, {} speakers, {} of {} folds.",
        outcome.experiment.name,
        about.corpus,
        about.utterances,
        about.speakers,
        about.folds.0,
        about.folds.1,
    )
}

/// What a reader should keep in mind.
#[must_use]
pub fn warnings(outcome: &Outcome) -> Vec<String> {
    let about = &outcome.about;
    let mut out = Vec::new();
    if about.synthetic {
        out.push("The corpus is synthetic: it was made by Earnest and is no speech. These numbers say nothing about people.".to_owned());
    }
    if about.folds.0 < about.folds.1 {
        out.push(format!(
            "Only {} of {} folds were run; other folds may differ much.",
            about.folds.0, about.folds.1
        ));
    }
    let paired = !matches!(outcome.experiment.validation, Some(Validation::Fraction(_)));
    if !about.own_sessions && paired && outcome.experiment.has_network() {
        out.push("The corpus has no sessions, so who validates for whom follows from the order of the speakers' names.".to_owned());
    }
    if about.shared_speakers {
        out.push("Speakers that test were also trained on, as these folds have it: metrics for new speakers would be lower.".to_owned());
    }
    if let Some(first) = about.unusable.first() {
        out.push(format!(
            "{} test utterances are left out in every condition because their robot recording cannot be scored (first: {first}).",
            about.unusable.len()
        ));
    }
    if outcome.missing > 0 {
        out.push(format!(
            "{} of {} units are finished; the tables hold only these.",
            outcome.units.len(),
            outcome.units.len() + outcome.missing
        ));
    }
    match outcome.tested_speakers() {
        n @ 3..10 => out.push(format!(
            "Only {n} speakers were tested: intervals and tests over them are rough."
        )),
        1 => out.push("Only one speaker was tested: that says little about others.".to_owned()),
        2 => out.push("Only two speakers were tested: that says little about others.".to_owned()),
        _ => {}
    }
    if outcome.experiment.repeats == 1 {
        out.push("One seed: training again with another may change metrics by as much as some differences here.".to_owned());
    }
    let early = outcome
        .histories
        .iter()
        .filter(|(_, h)| {
            h.iter()
                .rev()
                .find(|e| e.best)
                // Where there are hardly more epochs, nothing else was possible.
                .is_some_and(|e| e.epoch <= 2 && h.len() >= 6)
        })
        .count();
    let trained = outcome.histories.iter().filter(|(_, h)| !h.is_empty());
    let trained = trained.count();
    if early > 0 {
        out.push(format!(
            "In {early} of {trained} units validation was best in the first two epochs: it is unstable, or a poor guide there."
        ));
    }
    let most = |h: &[EpochReport]| {
        outcome
            .experiment
            .recipes
            .iter()
            .any(|r| r.architecture.is_network() && r.ends_early() && r.max_epochs == h.len())
    };
    let cut = outcome.histories.iter().filter(|(_, h)| most(h)).count();
    if cut > 0 {
        out.push(format!(
            "{cut} of {trained} units were still within their patience when they reached the most epochs allowed."
        ));
    }
    if let Some(duplicates) = &about.duplicates {
        out.push(format!(
            "{duplicates}. Where several of them are tested, each counts, under each speaker's name."
        ));
    }
    match about.problems {
        0 => {}
        1 => out.push("The corpus has a problem; earnest corpus inspect says which.".to_owned()),
        n => out.push(format!(
            "The corpus has {n} problems; earnest corpus inspect lists them."
        )),
    }
    out
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

const STYLE: &str = include_str!("style.css");

/// The whole page.
///
/// # Errors
/// A figure cannot be drawn.
pub fn html(report: &Report) -> Result<String, ExperimentError> {
    let outcome = &report.outcome;
    let mut page = Page::default();
    page.what_was_run(outcome)?;
    if let Some(across) = report.across.as_ref().filter(|a| a.crossed) {
        page.across(report, across)?;
        page.confusions_of_pairs(outcome)?;
        page.calibration(report)?;
        page.groups(report);
        page.speakers(report);
        page.curves(outcome)?;
        page.experiment(outcome)?;
        return Ok(page.finish(outcome));
    }
    page.table_1(report);
    if let Some(conditions) = &report.conditions {
        page.conditions(conditions)?;
    }
    if let Some(table) = recipes_against_each_other(outcome, &report.table1) {
        page.heading("Recipes against each other");
        page.paragraph(AGAINST);
        page.table(&table);
    }
    if let Some(across) = &report.across {
        page.across(report, across)?;
    }
    if let Some(table) = recipes_side_by_side(outcome, &report.table1) {
        page.heading("Recipes side by side");
        page.paragraph(RECIPES);
        page.table(&table);
    }
    if !report.table2.rows.is_empty() {
        page.heading("Table II");
        page.paragraph(&report.table2.caption());
        page.table(&report.table2.text());
    }
    page.folds(report)?;
    page.confusions(outcome)?;
    page.calibration(report)?;
    page.groups(report);
    page.violins(outcome)?;
    page.speakers(report);
    page.curves(outcome)?;
    page.experiment(outcome)?;
    Ok(page.finish(outcome))
}

/// A page of paragraphs and one table.
pub(crate) fn simple_page(title: &str, intro: &[String], table: &TextTable) -> String {
    let mut page = Page::default();
    for text in intro {
        page.paragraph(text);
    }
    page.table(table);
    let title = escape(title);
    format!(
        "{}<h1>{title}</h1>{}</body></html>\n",
        head(&title),
        page.body
    )
}

/// A page's beginning; the title is escaped already.
fn head(title: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{title}</title><style>{STYLE}</style></head><body>"
    )
}

/// A page under way.
#[derive(Default)]
struct Page {
    body: String,
    sections: Vec<String>,
    figures: usize,
}

impl Page {
    fn heading(&mut self, title: &str) {
        self.sections.push(title.to_owned());
        let _ = write!(
            self.body,
            "<h2 id=\"s{}\">{}</h2>",
            self.sections.len(),
            escape(title)
        );
    }

    fn paragraph(&mut self, text: &str) {
        let _ = write!(self.body, "<p>{}</p>", escape(text));
    }

    /// A figure, with a link to it as a file.
    fn figure(&mut self, name: &str, svg: &str) {
        self.figure_of_class(name, "", svg);
    }

    /// A figure that is shown at its own size and scrolls where there is less room.
    fn wide_figure(&mut self, name: &str, svg: &str) {
        let width = svg
            .split_once("width=\"")
            .and_then(|(_, rest)| rest.split_once('"'));
        let width = width.and_then(|(pixels, _)| pixels.parse().ok());
        self.body.push_str(&table::hint(width.unwrap_or(0)));
        self.figure_of_class(name, "wide", svg);
    }

    fn figure_of_class(&mut self, name: &str, class: &str, svg: &str) {
        self.figures += 1;
        let file = format!("figure-{:02}-{name}.svg", self.figures);
        let _ = write!(
            self.body,
            "<figure class=\"{class}\"><div class=\"scroll\">{svg}</div><figcaption><a download=\"{file}\" href=\"data:image/svg+xml;base64,{}\">{file}</a></figcaption></figure>",
            STANDARD.encode(svg)
        );
    }

    fn table(&mut self, table: &TextTable) {
        self.body.push_str(&table::html(table));
    }

    fn finish(self, outcome: &Outcome) -> String {
        let about = &outcome.about;
        let title = escape(&format!("{} on {}", outcome.experiment.name, about.corpus));
        let mut page = format!(
            "{}<h1>{title}</h1><p class=\"soft\">Earnest {}, seed {}, corpus fingerprint <code>{}</code></p><nav>",
            head(&title),
            escape(&about.earnest),
            outcome.experiment.seed,
            escape(&about.fingerprint)
        );
        for (i, section) in self.sections.iter().enumerate() {
            let _ = write!(page, "<a href=\"#s{}\">{}</a>", i + 1, escape(section));
        }
        page.push_str("</nav>");
        let warnings = warnings(outcome);
        if !warnings.is_empty() {
            page.push_str("<div class=\"warn\"><strong>Keep in mind</strong><ul>");
            for w in warnings {
                let _ = write!(page, "<li>{}</li>", escape(&w));
            }
            page.push_str("</ul></div>");
        }
        page.push_str(&self.body);
        page.push_str("</body></html>\n");
        page
    }

    fn experiment(&mut self, outcome: &Outcome) -> Result<(), ExperimentError> {
        self.heading("The experiment");
        self.paragraph("Every default written out; earnest run takes it as it is.");
        let _ = write!(
            self.body,
            "<details><summary>experiment.toml</summary><pre>{}</pre></details>",
            escape(&outcome.experiment.to_toml()?)
        );
        Ok(())
    }

    /// Several corpora: matrices where corpora were trained on and others tested, and tables.
    fn across(&mut self, report: &Report, across: &Across) -> Result<(), ExperimentError> {
        self.heading(across.title());
        let matrices = across.matrices();
        if !matrices.is_empty() {
            self.paragraph(MATRICES);
        }
        let mut rest = matrices.as_slice();
        while let Some(first) = rest.first() {
            let alike = |m: &Matrix| m.recipe == first.recipe && m.metric == first.metric;
            let n = rest.iter().take_while(|m| alike(m)).count();
            let (own, others) = rest.split_at(n);
            let name = METRICS[first.metric].0;
            let svg = figure::matrices(&format!("{}: {name}", first.recipe), own)?;
            let file = name.to_lowercase().replace(' ', "-");
            self.wide_figure(&format!("across-{}-{file}", first.recipe), &svg);
            rest = others;
        }
        self.paragraph(&across.words());
        for table in across.tables() {
            self.table(&table);
        }
        for note in across.notes() {
            self.paragraph(&note);
        }
        self.body.push_str("<h3>How sure these are</h3>");
        let certainty = across.certainty();
        match certainty.is_empty() {
            true => self.paragraph(&uncertain(&report.outcome)),
            false => self.paragraph(CERTAINTY),
        }
        for table in &certainty {
            self.table(table);
        }
        Ok(())
    }

    /// What was taken for what, by pairs of corpora; nothing is pooled over them.
    fn confusions_of_pairs(&mut self, outcome: &Outcome) -> Result<(), ExperimentError> {
        let mut pairs: Vec<&Crossing> = Vec::new();
        for crossing in outcome.units.iter().filter_map(|u| u.crossing.as_ref()) {
            if !pairs.contains(&crossing) {
                pairs.push(crossing);
            }
        }
        pairs.sort();
        let categorical = |(task, recipe)| (task == Task::Categorical).then_some(recipe);
        let recipes: Vec<String> = groups(outcome)
            .into_iter()
            .filter_map(categorical)
            .collect();
        if recipes.is_empty() {
            return Ok(());
        }
        self.heading("Confusion matrices");
        self.paragraph("Rows are the truth, columns the answer, in percent of the row, for each pair of corpora.");
        let classes = &outcome.experiment.classes.names;
        for recipe in &recipes {
            for pair in &pairs {
                let of = |u: &&UnitResult| u.crossing.as_ref() == Some(*pair);
                let matrices = confusion_matrices(outcome, recipe, of);
                let title = format!(
                    "{recipe}, trained on {}, tested on {}",
                    pair.trained_words(),
                    pair.tested_words()
                );
                let svg = figure::confusion(&title, classes, &matrices)?;
                let _ = write!(self.body, "<details><summary>{}</summary>", escape(&title));
                let file = format!("{}-{}", pair.trained.join("-"), pair.tested.join("-"));
                self.wide_figure(&format!("confusion-{recipe}-{file}"), &svg);
                self.body.push_str("</details>");
            }
        }
        Ok(())
    }

    fn what_was_run(&mut self, outcome: &Outcome) -> Result<(), ExperimentError> {
        let about = &outcome.about;
        let experiment = &outcome.experiment;
        let classes = experiment.classes.names.iter().zip(&about.classes);
        let mut counts: Vec<String> = classes.map(|(name, n)| format!("{n} {name}")).collect();
        let scales: Vec<&str> = experiment.scales.iter().map(|s| s.name()).collect();
        if about.rated != about.classes.iter().sum::<usize>() && !scales.is_empty() {
            counts.push(format!("{} with {}", about.rated, scales.join(" and ")));
        }
        let validation = experiment.validation.map_or_else(
            || "the session's other speaker validates".to_owned(),
            Validation::words,
        );
        let who_trains = match experiment.has_network() {
            true if experiment.has_baseline() => format!(
                "{validation}, the others train; a baseline needs nobody who validates, and learns from all who are not tested"
            ),
            true => format!("{validation}, the others train"),
            false => "all who are not tested train".to_owned(),
        };
        let protocol = match about.protocol.as_str() {
            "" => "leaving one speaker out",
            words => words,
        };
        self.heading("What was run");
        let items = [
            format!(
                "Corpus: {}, {} speakers, {} utterances ({})",
                about.corpus,
                about.speakers,
                about.utterances,
                counts.join(", ")
            ),
            format!(
                "Protocol: {protocol}, {} of {} folds; {who_trains}",
                about.folds.0, about.folds.1
            ),
            training_words(experiment),
        ];
        let mut items: Vec<String> = items.iter().map(|item| sentence(item)).collect();
        items.extend(corpora_words(outcome).iter().map(|words| sentence(words)));
        items.extend(experiment.recipes.iter().map(|r| recipe_words(r, outcome)));
        if experiment.trainings.iter().any(|t| *t != Training::Clean) {
            let chains = experiment.chains_drawn_from();
            for (chain, recipes) in &chains {
                let steps = chain.steps.iter();
                let steps: Vec<String> = steps
                    .map(|s| format!("{} with probability {}", s.transform.name(), s.probability))
                    .collect();
                let whose = match chains.len() {
                    1 => String::new(),
                    _ => format!(" of {}", recipes.join(", ")),
                };
                let steps = steps.join(", ");
                items.push(sentence(&format!(
                    "Augmentation{whose}, in this order: {steps}"
                )));
            }
        }
        items.extend(about.conditions.iter().map(|words| sentence(words)));
        self.body.push_str("<ul>");
        for item in items {
            let _ = write!(self.body, "<li>{item}.</li>");
        }
        self.body.push_str("</ul>");
        let snr = &about.snr_percentiles_db;
        let several = snr.iter().any(|db| (db - snr[0]).abs() > 0.05);
        if several {
            let at = |share: usize| snr[share * (snr.len() - 1) / 100];
            self.paragraph(&format!(
                "Speech over noise as the robot hears it: median {:.1} dB, 90 % of the utterances between {:.1} and {:.1} dB.",
                at(50),
                at(5),
                at(95)
            ));
            let svg = figure::snr_levels("Speech over noise in the robot condition", snr)?;
            self.figure("snr", &svg);
        }
        Ok(())
    }

    fn table_1(&mut self, report: &Report) {
        let table = &report.table1;
        self.heading("Table I");
        self.paragraph(&format!(
            "How well emotion is recognised from clean speech and as the robot hears it, by models trained on clean speech only and on augmented speech. {}. {}.",
            table.metrics_explained(),
            table.legend()
        ));
        let parts = table.parts();
        for (title, part) in &parts {
            if parts.len() > 1 {
                let _ = write!(self.body, "<h3>{title}</h3>");
            }
            self.table(&part.text());
            for note in part.notes() {
                self.paragraph(&note);
            }
        }
        self.body.push_str("<h3>How sure these are</h3>");
        let certainty: Vec<TextTable> = parts.iter().filter_map(|(_, p)| p.certainty()).collect();
        match certainty.is_empty() {
            true => self.paragraph(&uncertain(&report.outcome)),
            false => self.paragraph(CERTAINTY),
        }
        for part in &certainty {
            self.table(part);
        }
        if table
            .rows
            .iter()
            .any(|r| r.recalls.iter().any(Option::is_some))
        {
            self.body.push_str("<h3>Recall of each class</h3>");
            self.paragraph(RECALLS);
            self.table(&table.recalls());
        }
    }

    /// Named conditions: tables, curves, recipes against each other.
    fn conditions(&mut self, conditions: &Conditions) -> Result<(), ExperimentError> {
        self.heading("Conditions");
        self.paragraph(conditions::IN_CONDITIONS);
        for table in conditions.tables() {
            self.table(&table);
        }
        let curves = conditions.curves();
        if !curves.is_empty() {
            self.paragraph(conditions::CURVES);
            self.body.push_str("<div class=\"grid\">");
            for (metric, axis, curves) in &curves {
                let name = METRICS[*metric].0;
                let title = format!("{name} by {}", axis.words());
                let svg = figure::curves(&title, axis.words(), name, curves)?;
                let file = name.to_lowercase().replace(' ', "-");
                self.figure(&format!("{}-{file}", axis.name()), &svg);
            }
            self.body.push_str("</div>");
        }
        if let Some(table) = conditions.against_each_other() {
            self.body
                .push_str("<h3>Recipes against each other over all conditions</h3>");
            self.paragraph(conditions::OVER_CONDITIONS);
            self.table(&table);
        }
        Ok(())
    }

    fn folds(&mut self, report: &Report) -> Result<(), ExperimentError> {
        let outcome = &report.outcome;
        self.heading("Spread over folds");
        self.paragraph("Each dot is a fold (one for each seed). The bar is the metric of Table I, of all folds together, and the whisker beside it the metric's 95 % interval over speakers.");
        self.body.push_str("<div class=\"grid\">");
        for (task, recipe) in groups(outcome) {
            let shown: &[(usize, &str)] = match task {
                Task::Categorical => &[(2, "macro F")],
                Task::Dimensional => &[
                    (5, "r of arousal"),
                    (6, "r of valence"),
                    (10, "r of dominance"),
                ],
            };
            let measured = &report.table1.columns;
            for (metric, name) in shown.iter().filter(|(m, _)| measured.contains(m)) {
                let columns = fold_columns(outcome, task, &recipe, *metric);
                let title = format!("{recipe} {}: trained, tested", task.name());
                let svg = figure::by_fold(&title, name, &columns)?;
                let file = METRICS[*metric].0.to_lowercase().replace(' ', "-");
                self.figure(&format!("folds-{recipe}-{file}"), &svg);
            }
        }
        self.body.push_str("</div>");
        Ok(())
    }

    fn confusions(&mut self, outcome: &Outcome) -> Result<(), ExperimentError> {
        let of: Vec<String> = groups(outcome)
            .into_iter()
            .filter(|(task, _)| *task == Task::Categorical)
            .map(|(_, recipe)| recipe)
            .collect();
        if of.is_empty() {
            return Ok(());
        }
        self.heading("Figure 4: confusion matrices");
        let classes = &outcome.experiment.classes.names;
        let cells = match figure::confusion_counts(classes) {
            true => "with counts",
            false => "nothing where nothing was answered so",
        };
        self.paragraph(&format!(
            "Rows are the truth, columns the answer, in percent of the row, {cells}; all folds (and seeds) together."
        ));
        for recipe in of {
            let matrices = confusion_matrices(outcome, &recipe, |_| true);
            let svg = figure::confusion(&recipe, classes, &matrices)?;
            self.wide_figure(&format!("confusion-{recipe}"), &svg);
        }
        Ok(())
    }

    fn violins(&mut self, outcome: &Outcome) -> Result<(), ExperimentError> {
        let of: Vec<String> = groups(outcome)
            .into_iter()
            .filter(|(task, _)| *task == Task::Dimensional)
            .map(|(_, recipe)| recipe)
            .collect();
        let only_named = outcome.experiment.robot.is_none();
        if of.is_empty() || only_named {
            return Ok(());
        }
        self.heading("Figure 5: predictions against the truth");
        self.paragraph("What is predicted on the robot for each true value (rounded to five steps of the corpus's scale): clean training at the left of each violin, augmented at the right, medians as bars, the dashed line a perfect answer. Widths are densities, each half scaled to the same greatest width.");
        for recipe in of {
            self.body.push_str("<div class=\"grid\">");
            for (d, scale) in outcome.experiment.scales.iter().enumerate() {
                let what = scale.name();
                let (all, range) = violins_of(outcome, &recipe, *scale, d);
                let title = format!("{recipe}: {what} on the robot");
                let svg = figure::violins(&title, what, range, &all)?;
                self.figure(&format!("violins-{recipe}-{what}"), &svg);
            }
            self.body.push_str("</div>");
        }
        Ok(())
    }

    fn curves(&mut self, outcome: &Outcome) -> Result<(), ExperimentError> {
        if outcome.histories.iter().all(|(_, h)| h.is_empty()) {
            return Ok(());
        }
        self.heading("Training");
        self.paragraph("One line for each fold and seed.");
        self.body.push_str("<div class=\"grid\">");
        for (task, recipe) in groups(outcome) {
            let histories: Vec<(Training, &[EpochReport])> = outcome
                .units
                .iter()
                .zip(&outcome.histories)
                .filter(|(u, _)| u.task == task && u.recipe == recipe)
                .map(|(u, (_, h))| (u.training, h.as_slice()))
                .collect();
            if histories.iter().all(|(_, h)| h.is_empty()) {
                continue;
            }
            let name = format!("{recipe} {}", task.name());
            let score = match task {
                Task::Categorical => "macro F",
                Task::Dimensional => "mean r",
            };
            let loss = figure::training_curves(
                &format!("{name}: training loss"),
                "loss",
                &histories,
                |e| e.training_loss,
            )?;
            self.figure(&format!("loss-{recipe}-{}", task.name()), &loss);
            let validation =
                figure::training_curves(&format!("{name}: validation"), score, &histories, |e| {
                    e.validation
                })?;
            self.figure(&format!("validation-{recipe}-{}", task.name()), &validation);
        }
        self.body.push_str("</div>");
        Ok(())
    }

    fn speakers(&mut self, report: &Report) {
        let outcome = &report.outcome;
        self.heading("Speaker by speaker");
        if outcome.experiment.repeats > 1 {
            self.paragraph("Means over seeds.");
        }
        let crossed = report.across.as_ref().filter(|a| a.crossed);
        let mut columns = report.table1.columns.clone();
        if let Some(pair) = crossed.and_then(|a| a.pairs.first()) {
            columns.clone_from(&pair.table.columns);
        }
        let mut titles = ["speaker", "recipe", "trained", "tested"]
            .map(title)
            .to_vec();
        if crossed.is_some() {
            titles.insert(1, title("trained on"));
        }
        let texts = titles.len();
        titles.extend(columns.iter().map(|i| title(METRICS[*i].0)));
        // Both tasks of a speaker, recipe, training and condition in one row; of what was trained on
        // other corpora in others.
        let mut lists: BTreeMap<(String, String, usize, usize, usize), List> = BTreeMap::new();
        let mut recipes: Vec<String> = Vec::new();
        let mut trained: BTreeMap<String, Vec<UnitResult>> = BTreeMap::new();
        if crossed.is_some() {
            for unit in &outcome.units {
                let on = unit.crossing.as_ref().map(Crossing::trained_words);
                let of = trained.entry(on.unwrap_or_default()).or_default();
                of.push(unit.clone());
            }
        }
        for (task, recipe) in groups(outcome) {
            let n = recipes.iter().position(|known| *known == recipe);
            let n = n.unwrap_or_else(|| {
                recipes.push(recipe.clone());
                recipes.len() - 1
            });
            let alike = trained.iter().map(|(on, units)| (on.as_str(), &units[..]));
            let mut alike: Vec<(&str, &[UnitResult])> = alike.collect();
            if alike.is_empty() {
                alike.push(("", &outcome.units));
            }
            for (on, units) in alike {
                for (t, training) in outcome.experiment.trainings.iter().enumerate() {
                    for (c, condition) in CONDITIONS.into_iter().enumerate() {
                        let seeds = seeds_of(units, &recipe, task, *training, condition);
                        for (speaker, list) in metrics_by_speaker(&seeds, task) {
                            let key = (speaker, on.to_owned(), n, t, c);
                            let row = lists.entry(key).or_default();
                            for (place, value) in row.iter_mut().zip(list) {
                                *place = place.or(value);
                            }
                        }
                    }
                }
            }
        }
        let rows = lists
            .into_iter()
            .map(|((speaker, on, n, t, c), list)| {
                let mut row = vec![speaker];
                row.extend(crossed.map(|_| on));
                row.extend([
                    recipes[n].clone(),
                    outcome.experiment.trainings[t].name().into_owned(),
                    CONDITIONS[c].to_owned(),
                ]);
                row.extend(columns.iter().map(|i| number(list[*i])));
                Line::measured(row)
            })
            .collect();
        let table = TextTable {
            titles,
            rows,
            texts,
        };
        self.table(&table);
    }
}

/// What was taken for what, for each training and condition, of some units of a recipe.
fn confusion_matrices(
    outcome: &Outcome,
    recipe: &str,
    of: impl Fn(&&UnitResult) -> bool,
) -> Vec<(String, Confusion)> {
    let mut matrices = Vec::new();
    for training in [Training::Clean, Training::Augmented] {
        for condition in CONDITIONS {
            let units: Vec<&UnitResult> = members(outcome, Task::Categorical, recipe, training)
                .filter(&of)
                .collect();
            let counts = confusion(units.iter().flat_map(|u| u.in_condition(condition)));
            if counts.total() > 0 {
                let name = format!("{} training, {condition} test", training.name());
                matrices.push((name, counts));
            }
        }
    }
    matrices
}

/// A text that begins a line of the page, for HTML.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    escape(&format!(
        "{}{}",
        first.unwrap_or_default(),
        letters.as_str()
    ))
}

/// A column of dots for each training and condition.
fn fold_columns(outcome: &Outcome, task: Task, recipe: &str, metric: usize) -> Vec<Column> {
    let mut columns = Vec::new();
    for training in &outcome.experiment.trainings {
        for condition in CONDITIONS {
            let folds: Vec<f64> = members(outcome, task, recipe, *training)
                .map(|u| {
                    let list = metrics_of(task, &u.in_condition(condition)).list();
                    list[metric].unwrap_or(f64::NAN)
                })
                .collect();
            if folds.iter().all(|value| value.is_nan()) {
                continue;
            }
            let seeds = seeds_of(&outcome.units, recipe, task, *training, condition);
            columns.push(Column {
                name: format!("{}, {condition}", training.name()),
                training: *training,
                folds,
                value: pooled(&outcome.units, recipe, *training, condition).list()[metric],
                interval: intervals(&seeds, task)[metric],
            });
        }
    }
    columns
}

/// Predictions on a scale, the `d`-th output, on the robot by true value, and the range of values.
fn violins_of(
    outcome: &Outcome,
    recipe: &str,
    scale: Scale,
    d: usize,
) -> (Vec<Violin>, (f64, f64)) {
    let mut pairs: Vec<(Training, f64, f64)> = Vec::new();
    for unit in &outcome.units {
        let wanted = matches!(unit.training, Training::Clean | Training::Augmented);
        if unit.task == Task::Dimensional && unit.recipe == recipe && wanted {
            for p in unit.in_condition("robot") {
                let Truth::Values(truth) = p.truth else {
                    continue;
                };
                if let (Some(truth), Some(answer)) = (truth[scale as usize], p.answer.get(d)) {
                    pairs.push((unit.training, f64::from(truth), f64::from(*answer)));
                }
            }
        }
    }
    let truths = || pairs.iter().map(|p| p.1);
    let low = truths().fold(f64::INFINITY, f64::min).floor();
    let high = truths().fold(f64::NEG_INFINITY, f64::max).ceil();
    let (low, high) = if low < high { (low, high) } else { (1.0, 5.0) };
    let step = (high - low) / 4.0;
    let all = (0..5)
        .map(|i| {
            let truth = low + step * f64::from(i);
            let side = |training: Training| {
                let values = pairs
                    .iter()
                    .filter(|p| p.0 == training && ((p.1 - low) / step).round() == f64::from(i))
                    .map(|p| p.2)
                    .collect();
                (training, values)
            };
            Violin {
                truth,
                sides: vec![side(Training::Clean), side(Training::Augmented)],
            }
        })
        .collect();
    (all, (low, high))
}

/// Each of several corpora, and how much each counts, in words; nothing of one.
fn corpora_words(outcome: &Outcome) -> Vec<String> {
    let about = &outcome.about;
    let of = |c: &AboutCorpus| {
        let classes = outcome.experiment.classes.names.iter().zip(&c.classes);
        let counts: Vec<String> = classes.map(|(name, n)| format!("{n} {name}")).collect();
        let own = match c.corpus.eq_ignore_ascii_case(&c.name) {
            true => String::new(),
            false => format!(", {}", c.corpus),
        };
        format!(
            "Corpus {}{own}: {} speakers, {} utterances ({})",
            c.name,
            c.speakers,
            c.utterances,
            counts.join(", ")
        )
    };
    let mut words: Vec<String> = about.corpora.iter().map(of).collect();
    if !words.is_empty() {
        words.push(match outcome.experiment.balance {
            true => "Where several corpora are trained on, each counts alike, however many utterances it has".to_owned(),
            false => "Where several corpora are trained on, each utterance counts alike: a corpus counts by how many it has".to_owned(),
        });
    }
    words
}

/// How utterances are presented, normalised and repeated, in words.
fn training_words(experiment: &Experiment) -> String {
    let presented = match experiment.presentation {
        Presentation::Fresh => "Augmentation: drawn anew at each presentation".to_owned(),
        Presentation::Copies(k) => format!("Augmentation: {k} frozen copies of each utterance"),
    };
    let mut ways: Vec<&str> = experiment
        .recipes
        .iter()
        .map(|r| match r.normalise {
            Normalisation::Corpus => "the training set's",
            Normalisation::Speaker => {
                "each speaker's own over all their utterances in a condition (without labels)"
            }
            Normalisation::Adaptive => {
                "at first the training set's, then more and more the speaker's so far"
            }
            Normalisation::EachCorpus => {
                "each corpus's own, over all that is heard of it in training, and in a test in that condition (without labels)"
            }
            Normalisation::Segment => "each utterance's own",
            Normalisation::SegmentMean => {
                "each utterance's own mean, the training set's deviation"
            }
        })
        .collect();
    ways.dedup();
    let seeds = match experiment.repeats {
        1 => "one seed".to_owned(),
        n => format!("{n} seeds"),
    };
    format!(
        "{presented}. Mean and deviation that descriptors are normalised with: {}. Each unit trained with {seeds}",
        ways.join("; ")
    )
}

/// A recipe in words, for HTML: its name stays as it is.
fn recipe_words(recipe: &earnest_model::Recipe, outcome: &Outcome) -> String {
    let name = recipe.title();
    let epochs: Vec<usize> = outcome
        .units
        .iter()
        .zip(&outcome.histories)
        .filter(|(u, _)| u.recipe == name)
        .map(|(_, (_, h))| h.len())
        .collect();
    let trained = match (epochs.iter().min(), epochs.iter().max()) {
        (Some(1), Some(1)) => ", trained 1 epoch".to_owned(),
        (Some(least), Some(most)) if least == most => format!(", trained {most} epochs"),
        (Some(least), Some(most)) => format!(", trained {least} to {most} epochs"),
        _ => String::new(),
    };
    let epochs = match recipe.max_epochs {
        1 => "1 epoch".to_owned(),
        n => format!("{n} epochs"),
    };
    let features = match outcome.experiment.features_table {
        Some(_) => "a table of features".to_owned(),
        None => recipe.features.as_front_end().words(),
    };
    let engine = recipe.engine_words(None);
    let more: String = (recipe.departures().iter())
        .map(|words| format!(", {words}"))
        .collect();
    let patience = match recipe.ends_early() {
        true => format!(", patience {}", recipe.patience),
        false => String::new(),
    };
    let words = match recipe.architecture.is_network() {
        _ if recipe.is_ensemble() => format!(
            "{engine}, whose log-probabilities (or values) are averaged; its baselines learn from all who are not tested"
        ),
        true => format!(
            "{features}; {engine}; Adam, learning rate {}, batches of {}, {epochs} at most{patience}{more}{trained}",
            recipe.learning_rate, recipe.batch_size
        ),
        false => format!(
            "{features}{more}; {engine}, chosen by leaving one training speaker out at a time; it learns from all who are not tested"
        ),
    };
    format!("<code>{}</code>: {}", escape(name), escape(&words))
}

/// Networks and tasks in the order of the units.
fn groups(outcome: &Outcome) -> Vec<(Task, String)> {
    let mut out: Vec<(Task, String)> = Vec::new();
    for u in &outcome.units {
        let group = (u.task, u.recipe.clone());
        if !out.contains(&group) {
            out.push(group);
        }
    }
    out
}

fn members<'a>(
    outcome: &'a Outcome,
    task: Task,
    recipe: &'a str,
    training: Training,
) -> impl Iterator<Item = &'a UnitResult> {
    outcome
        .units
        .iter()
        .filter(move |u| u.task == task && u.recipe == recipe && u.training == training)
}
