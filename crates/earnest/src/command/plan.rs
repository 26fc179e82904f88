//! `earnest plan`.

use std::path::PathBuf;

use clap::Args;
use earnest_experiment::{Plan, Prepared, Protocol, plan, prepare};
use serde_json::json;

use super::options::FileOptions;
use super::text_table;
use crate::failure::Failure;
use crate::progress::Progress;

/// Say what an experiment would run, how long it would take here, and how much disk.
#[derive(Args)]
#[command(
    after_help = "Example:\n  earnest plan experiments/table1.toml --corpus EmoDB --noise ESC-50\n\n\
    Times are this machine's own: of finished units in the run's folder where there are any, else of two epochs on \
    a sample of the corpus, for the most epochs allowed (training usually stops sooner)."
)]
pub struct Arguments {
    #[command(flatten)]
    file: FileOptions,
    /// The run's folder, for what is finished [default: runs/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// List the units' ids and nothing else
    #[arg(long)]
    units: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "units")]
    json: bool,
}

/// Runs the verb.
pub fn run(a: Arguments) -> Result<(), Failure> {
    let experiment = a.file.read()?;
    let out = a
        .out
        .unwrap_or_else(|| PathBuf::from("runs").join(&experiment.name));
    let progress = Progress::new();
    let prepared = prepare(experiment, &progress)?;
    if a.units {
        for unit in &prepared.units {
            crate::say::data(&unit.id());
        }
        return Ok(());
    }
    let plan = plan(&prepared, &out, &progress)?;
    if a.json {
        crate::say::data(&serde_json::to_string_pretty(&as_json(&prepared, &plan))?);
    } else {
        print(&prepared, &plan);
    }
    Ok(())
}

fn as_json(prepared: &Prepared, plan: &Plan) -> serde_json::Value {
    json!({
        "experiment": prepared.experiment.name,
        "folds": prepared.folds.iter().map(|f| &f.name).collect::<Vec<_>>(),
        "units": prepared.units.len(),
        "kinds": plan.kinds.iter().map(|k| json!({
            "task": k.task.name(), "recipe": k.recipe, "training": k.training.name(),
            "units": k.units, "done": k.done, "unit_s": k.unit_s, "epochs": k.epochs,
            "from_finished_units": k.measured, "bytes_each": k.bytes,
        })).collect::<Vec<_>>(),
        "load_s": plan.load_s,
        "seconds_left": plan.seconds_left(),
        "bytes": plan.bytes(),
        "checkpoint_bytes": plan.checkpoint_bytes,
        "refused": plan.refused,
    })
}

/// A time for people: two digits are enough.
pub fn time(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

fn size(bytes: u64) -> String {
    match bytes as f64 {
        b if b < 1e6 => format!("{:.0} kB", b / 1e3),
        b if b < 1e9 => format!("{:.0} MB", b / 1e6),
        b => format!("{:.1} GB", b / 1e9),
    }
}

fn print(prepared: &Prepared, plan: &Plan) {
    let protocol = prepared.experiment.protocol.as_ref().map(Protocol::words);
    say!(
        "{} on {}: {}, {} of {} folds, {} units.",
        prepared.experiment.name,
        prepared.corpus.name,
        protocol.unwrap_or_default(),
        prepared.folds.len(),
        prepared.all_folds,
        prepared.units.len()
    );
    let all_train = !prepared.experiment.has_network();
    for fold in &prepared.folds {
        let fold = match all_train {
            true => fold.clone().with_all_training(),
            false => fold.clone(),
        };
        let validated = match (fold.fraction, fold.validation.as_slice()) {
            (Some(share), _) => format!("{} % of their utterances validate", share * 100.0),
            _ if all_train => "nobody has to validate".to_owned(),
            (None, []) => "as listed".to_owned(),
            (None, speakers) => format!("validated by {}", speakers.join(" ")),
        };
        let tested = match fold.test.as_slice() {
            [one] if *one == fold.name => String::new(),
            speakers => format!(" tests {};", speakers.join(" ")),
        };
        say!(
            "  fold {}:{tested} {} speakers train, {validated}",
            fold.name,
            fold.training.len()
        );
    }
    let titles = [
        "task", "recipe", "trained", "units", "done", "epochs", "each", "left", "disk",
    ];
    let rows: Vec<Vec<String>> = plan
        .kinds
        .iter()
        .map(|k| {
            vec![
                k.task.name().to_owned(),
                k.recipe.clone(),
                k.training.name().into_owned(),
                k.units.to_string(),
                k.done.to_string(),
                match k.epochs {
                    Some(epochs) if k.measured => epochs.to_string(),
                    Some(most) => format!("at most {most}"),
                    None => "fitted".to_owned(),
                },
                time(k.unit_s),
                time((k.units - k.done) as f64 * k.unit_s),
                size(k.units as u64 * k.bytes),
            ]
        })
        .collect();
    say!("{}", text_table(&titles.map(String::from), &rows, 3));
    let most = if plan.kinds.iter().any(|k| !k.measured && k.units > k.done) {
        "at most "
    } else {
        ""
    };
    say!(
        "left: {most}{} on this machine alone ({} of it to read the corpus); disk: {} in the end, {} more for each unit at work",
        time(plan.seconds_left()),
        time(plan.load_s),
        size(plan.bytes()),
        size(plan.checkpoint_bytes)
    );
    if let Some(why) = &plan.refused {
        say!("note: nothing of it counts as done, and `run` refuses that folder: {why}");
    }
}
