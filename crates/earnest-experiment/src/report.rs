//! The self-contained HTML report.

use std::fmt::Write as _;

use earnest_corpus::Emotion;
use earnest_model::{EpochReport, Normalisation, Task};

use crate::error::ExperimentError;
use crate::experiment::Experiment;
use crate::figure;
use crate::metrics::Confusion;
use crate::prediction::{confusion, figures};
use crate::presenter::Presentation;
use crate::run::Outcome;
use crate::table::{CONDITIONS, UnitResult, number};
use crate::training::Training;
use crate::validation::Validation;

/// One sentence that says what the table is about.
#[must_use]
pub fn caption(outcome: &Outcome) -> String {
    let about = &outcome.about;
    format!(
        "{} on {}: {} utterances, {} speakers, {} of {} folds. {}. The paper's figures are for IEMOCAP and an iCub.",
        outcome.experiment.name,
        about.corpus,
        about.classes.iter().sum::<usize>(),
        about.speakers,
        about.folds.0,
        about.folds.1,
        outcome.table.legend()
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
    if !about.own_sessions && paired {
        out.push("The corpus has no sessions, so who validates for whom follows from the order of the speakers' names.".to_owned());
    }
    let expected = outcome.experiment.tasks.len()
        * outcome.experiment.recipes.len()
        * outcome.experiment.trainings.len()
        * outcome.experiment.repeats
        * about.folds.0;
    if outcome.units.len() < expected {
        out.push(format!(
            "{} of {expected} units are finished; the tables hold only these.",
            outcome.units.len()
        ));
    }
    let early = outcome
        .histories
        .iter()
        .filter(|(_, h)| {
            h.iter()
                .rev()
                .find(|e| e.best)
                .is_some_and(|e| e.epoch <= 2)
        })
        .count();
    if early > 0 {
        out.push(format!(
            "In {early} of {} units validation was best in the first two epochs: the validation speaker is a poor guide there.",
            outcome.histories.len()
        ));
    }
    let most = |h: &[EpochReport]| {
        outcome
            .experiment
            .recipes
            .iter()
            .any(|r| r.max_epochs == h.len())
    };
    let cut = outcome.histories.iter().filter(|(_, h)| most(h)).count();
    if cut > 0 {
        out.push(format!(
            "{cut} of {} units were still within their patience when they reached the most epochs allowed.",
            outcome.histories.len()
        ));
    }
    if about.problems > 0 {
        out.push(format!(
            "The corpus has {} problems; earnest corpus inspect lists them.",
            about.problems
        ));
    }
    out
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

const STYLE: &str = "
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--paper:#fff;--wash:#f6f8fa;--heat:0,114,178}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa5b1;--line:#30363d;--paper:#0f1318;--wash:#171c23;--heat:86,180,233}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1060px;padding:1.5rem 1rem 4rem;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
h1{font-size:1.7rem;margin:.2em 0}h2{font-size:1.25rem;margin:2.2em 0 .6em;border-bottom:1px solid var(--line);padding-bottom:.25em}
h3{font-size:1rem;margin:1.2em 0 .4em}
p,li{max-width:46rem}.soft{color:var(--soft)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.92rem}
th,td{padding:.32em .6em;text-align:right;white-space:nowrap}
th{font-weight:600;border-bottom:2px solid var(--line)}
td{border-bottom:1px solid var(--line)}
th.l,td.l{text-align:left}td.p,th.p{color:var(--soft)}
tr.derived td{background:var(--wash);font-style:italic}tr.first td{border-top:2px solid var(--line)}
.warn{border-left:4px solid #d55e00;background:var(--wash);padding:.5em 1em;margin:1em 0}
.warn ul{margin:.3em 0;padding-left:1.2em}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:1rem}
figure{margin:0}figure svg{width:100%;max-width:560px;height:auto;border-radius:6px;border:1px solid var(--line)}
figcaption{font-size:.9rem;color:var(--soft);margin-bottom:.3em}
table.confusion td{border:1px solid var(--paper);text-align:center;min-width:3.4rem}
table.confusion th{border:0;text-align:center}table.confusion th.l{text-align:right}
code{background:var(--wash);padding:.1em .3em;border-radius:4px}
details pre{background:var(--wash);padding:1em;overflow-x:auto;font-size:.85rem}
@media print{body{max-width:none}details{display:none}}
";

/// The whole page.
///
/// # Errors
/// A figure cannot be drawn.
pub fn html(outcome: &Outcome) -> Result<String, ExperimentError> {
    let mut page = String::new();
    let about = &outcome.about;
    let title = format!("{} on {}", outcome.experiment.name, about.corpus);
    let _ = write!(
        page,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{0}</title><style>{STYLE}</style></head><body><h1>{0}</h1><p class=\"soft\">Earnest {1}, seed {2}, corpus fingerprint <code>{3}</code></p>",
        escape(&title),
        escape(&about.earnest),
        outcome.experiment.seed,
        escape(&about.fingerprint)
    );
    let warnings = warnings(outcome);
    if !warnings.is_empty() {
        page.push_str("<div class=\"warn\"><strong>Keep in mind</strong><ul>");
        for w in warnings {
            let _ = write!(page, "<li>{}</li>", escape(&w));
        }
        page.push_str("</ul></div>");
    }
    what_was_run(&mut page, outcome);
    table_1(&mut page, outcome);
    folds(&mut page, outcome)?;
    confusions(&mut page, outcome);
    curves(&mut page, outcome)?;
    speakers(&mut page, outcome);
    let toml = outcome.experiment.to_toml()?;
    let _ = write!(
        page,
        "<h2>The experiment, every default written out</h2><details><summary>experiment.toml</summary><pre>{}</pre></details>",
        escape(&toml)
    );
    page.push_str("</body></html>\n");
    Ok(page)
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

fn what_was_run(page: &mut String, outcome: &Outcome) {
    let about = &outcome.about;
    let counts: Vec<String> = Emotion::ALL
        .iter()
        .zip(&about.classes)
        .map(|(e, n)| format!("{n} {}", e.name()))
        .collect();
    let validation = outcome.experiment.validation.map_or_else(
        || "the session's other speaker validates".to_owned(),
        Validation::words,
    );
    let _ = write!(
        page,
        "<h2>What was run</h2><ul><li>Corpus: {}, {} speakers, {} utterances ({}).</li><li>Leave one speaker out: {} of {} folds; {}, the others train.</li>",
        escape(&about.corpus),
        about.speakers,
        about.classes.iter().sum::<usize>(),
        counts.join(", "),
        about.folds.0,
        about.folds.1,
        escape(&validation)
    );
    let _ = write!(page, "<li>{}.</li>", training_words(&outcome.experiment));
    for condition in &about.conditions {
        let _ = write!(page, "<li>{}.</li>", escape(condition));
    }
    page.push_str("</ul>");
}

fn table_1(page: &mut String, outcome: &Outcome) {
    let table = &outcome.table;
    let n = table.columns.len();
    let _ = write!(
        page,
        "<h2>Table I</h2><p>How well emotion is recognised from clean speech and as the robot hears it, by models trained on clean speech only and on augmented speech. Acc is the share of right answers, UAR the mean recall of the classes, F the mean F1 of the classes; MAE the mean absolute error on the corpus's scale, r Pearson's correlation. {}. Gap: robot against clean; improvement: augmented against clean training; plus is better.</p><div class=\"scroll\"><table><thead><tr>",
        table.legend()
    );
    for (i, t) in table.titles().iter().enumerate() {
        let class = match i {
            0..3 => "l",
            i if i >= 3 + n => "p",
            _ => "",
        };
        let _ = write!(page, "<th class=\"{class}\">{}</th>", escape(t));
    }
    page.push_str("</tr></thead><tbody>");
    let mut before = String::new();
    for row in table.cells() {
        let derived = row[2].is_empty();
        let first = !before.is_empty() && before != row[0];
        before.clone_from(&row[0]);
        let class = match (derived, first) {
            (true, _) => "derived",
            (_, true) => "first",
            _ => "",
        };
        let _ = write!(page, "<tr class=\"{class}\">");
        for (i, cell) in row.iter().enumerate() {
            match i {
                1 if derived => {
                    let _ = write!(page, "<td class=\"l\" colspan=\"2\">{}</td>", escape(cell));
                }
                2 if derived => {}
                _ => {
                    let class = match i {
                        0..3 => "l",
                        i if i >= 3 + n => "p",
                        _ => "",
                    };
                    let _ = write!(page, "<td class=\"{class}\">{}</td>", escape(cell));
                }
            }
        }
        page.push_str("</tr>");
    }
    page.push_str("</tbody></table></div>");
}

/// Networks and tasks in the order of the units.
fn groups(outcome: &Outcome) -> Vec<(Task, String)> {
    let mut out: Vec<(Task, String)> = Vec::new();
    for u in &outcome.units {
        let group = (u.task, u.network.clone());
        if !out.contains(&group) {
            out.push(group);
        }
    }
    out
}

fn members<'a>(
    outcome: &'a Outcome,
    task: Task,
    network: &'a str,
    training: Training,
) -> impl Iterator<Item = &'a UnitResult> {
    outcome
        .units
        .iter()
        .filter(move |u| u.task == task && u.network == network && u.training == training)
}

fn folds(page: &mut String, outcome: &Outcome) -> Result<(), ExperimentError> {
    page.push_str("<h2>Spread over folds</h2><p>Each dot is a test speaker (one for each seed), the bar their mean.</p><div class=\"grid\">");
    for (task, network) in groups(outcome) {
        let mut columns = Vec::new();
        for training in [Training::Clean, Training::Augmented] {
            for condition in CONDITIONS {
                let values: Vec<f64> = members(outcome, task, &network, training)
                    .map(|u| {
                        let f = figures(task, &u.in_condition(condition));
                        match task {
                            Task::Categorical => f.macro_f,
                            Task::Dimensional => {
                                f.arousal_r.zip(f.valence_r).map(|(a, v)| (a + v) / 2.0)
                            }
                        }
                        .unwrap_or(f64::NAN)
                    })
                    .collect();
                if !values.is_empty() {
                    let name = format!("{}, {condition}", training.name());
                    columns.push((name, training, values));
                }
            }
        }
        let name = match task {
            Task::Categorical => "macro F",
            Task::Dimensional => "mean r of arousal and valence",
        };
        let title = format!(
            "{} {}: trained, tested",
            network.to_uppercase(),
            task.name()
        );
        let svg = figure::by_fold(&title, name, &columns, None)?;
        let _ = write!(page, "<figure>{svg}</figure>");
    }
    page.push_str("</div>");
    Ok(())
}

fn confusions(page: &mut String, outcome: &Outcome) {
    let of: Vec<_> = groups(outcome)
        .into_iter()
        .filter(|(task, _)| *task == Task::Categorical)
        .collect();
    if of.is_empty() {
        return;
    }
    page.push_str("<h2>Confusion matrices</h2><p>Rows are the truth, columns the answer, in percent of the row; all folds together (Figure 4 of the paper).</p>");
    for (task, network) in of {
        let _ = write!(
            page,
            "<h3>{}</h3><div class=\"grid\">",
            network.to_uppercase()
        );
        for training in [Training::Clean, Training::Augmented] {
            for condition in CONDITIONS {
                let units: Vec<&UnitResult> = members(outcome, task, &network, training).collect();
                if units.is_empty() {
                    continue;
                }
                let c = confusion(units.iter().flat_map(|u| u.in_condition(condition)));
                let _ = write!(
                    page,
                    "<figure><figcaption>{} training, {condition} test</figcaption>{}</figure>",
                    training.name(),
                    confusion_table(&c)
                );
            }
        }
        page.push_str("</div>");
    }
}

fn confusion_table(c: &Confusion) -> String {
    let mut t = String::from("<table class=\"confusion\"><thead><tr><th></th>");
    for e in Emotion::ALL {
        let _ = write!(t, "<th>{}</th>", e.name());
    }
    t.push_str("</tr></thead><tbody>");
    for truth in Emotion::ALL {
        let _ = write!(t, "<tr><th class=\"l\">{}</th>", truth.name());
        let n = c.support(truth.index()).max(1) as f64;
        for answer in Emotion::ALL {
            let count = c.count(truth.index(), answer.index());
            let share = count as f64 / n;
            let _ = write!(
                t,
                "<td style=\"background:rgba(var(--heat),{:.2})\" title=\"{count} of {}\">{:.0}</td>",
                share * 0.75,
                c.support(truth.index()),
                share * 100.0
            );
        }
        t.push_str("</tr>");
    }
    t.push_str("</tbody></table>");
    t
}

fn curves(page: &mut String, outcome: &Outcome) -> Result<(), ExperimentError> {
    page.push_str("<h2>Training</h2><p>One line for each fold and seed.</p><div class=\"grid\">");
    for (task, network) in groups(outcome) {
        let histories: Vec<(Training, &[EpochReport])> = outcome
            .units
            .iter()
            .zip(&outcome.histories)
            .filter(|(u, _)| u.task == task && u.network == network)
            .map(|(u, (_, h))| (u.training, h.as_slice()))
            .collect();
        let name = format!("{} {}", network.to_uppercase(), task.name());
        let score = match task {
            Task::Categorical => "macro F",
            Task::Dimensional => "mean r",
        };
        for (title, y, value) in [
            (
                format!("{name}: training loss"),
                "loss",
                (|e: &EpochReport| e.training_loss) as fn(&EpochReport) -> f64,
            ),
            (format!("{name}: validation"), score, |e| e.validation),
        ] {
            let svg = figure::training_curves(&title, y, &histories, value)?;
            let _ = write!(page, "<figure>{svg}</figure>");
        }
    }
    page.push_str("</div>");
    Ok(())
}

fn speakers(page: &mut String, outcome: &Outcome) {
    page.push_str("<h2>Speaker by speaker</h2><div class=\"scroll\"><table><thead><tr><th class=\"l\">test speaker</th><th class=\"l\">network</th><th class=\"l\">task</th><th class=\"l\">trained</th><th class=\"l\">tested</th><th>seed</th><th>utterances</th>");
    for i in &outcome.table.columns {
        let _ = write!(page, "<th>{}</th>", crate::metrics::FIGURES[*i].0);
    }
    page.push_str("</tr></thead><tbody>");
    for u in &outcome.units {
        for condition in CONDITIONS {
            let predictions = u.in_condition(condition);
            let _ = write!(
                page,
                "<tr><td class=\"l\">{}</td><td class=\"l\">{}</td><td class=\"l\">{}</td><td class=\"l\">{}</td><td class=\"l\">{condition}</td><td>{}</td><td>{}</td>",
                escape(&u.speaker),
                u.network.to_uppercase(),
                u.task.name(),
                u.training.name(),
                u.seed,
                predictions.len()
            );
            let list = figures(u.task, &predictions).list();
            for i in &outcome.table.columns {
                let _ = write!(page, "<td>{}</td>", number(list[*i]));
            }
            page.push_str("</tr>");
        }
    }
    page.push_str("</tbody></table></div>");
}
