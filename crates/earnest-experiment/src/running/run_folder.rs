//! Whose a run's folder is: nothing in it is replaced that no run wrote, and no experiment takes
//! over the units of another.

use std::path::Path;

use crate::error::ExperimentError;
use crate::experiment::Experiment;
use crate::storage::{create_folder, read_text, write_whole};

/// What a run writes at the end, beside its units.
pub const RESULTS: [&str; 7] = [
    "about.json",
    "results.csv",
    "tables.md",
    "tables.csv",
    "tables.tex",
    "table2.csv",
    "report.html",
];

const EXPERIMENT: &str = "experiment.toml";

/// True if there are units, finished or not.
fn has_units(folder: &Path) -> bool {
    std::fs::read_dir(folder.join("units")).is_ok_and(|mut d| d.next().is_some())
}

/// True if something of this name is there, be it a link that leads nowhere.
fn is_there(folder: &Path, name: &str) -> bool {
    folder.join(name).symlink_metadata().is_ok()
}

/// True if the folder's `experiment.toml` is as a run writes it, its folder of units beside it: a
/// person's own has comments, or leaves defaults out.
fn is_of_a_run(folder: &Path) -> bool {
    let written = earnest_files::read_text(&folder.join(EXPERIMENT)).unwrap_or_default();
    let again = Experiment::from_toml(&written).map(|e| e.to_toml().unwrap_or_default());
    folder.join("units").is_dir() && again.is_ok_and(|again| again == written)
}

/// Refuses a folder with files that a run would replace and that no run wrote, and units whose
/// experiment is not there.
///
/// # Errors
/// [`ExperimentError::Setup`] with the file, and what to do.
pub fn refuse_foreign_files(folder: &Path) -> Result<(), ExperimentError> {
    if has_units(folder) {
        return match is_there(folder, EXPERIMENT) {
            true => Ok(()),
            false => Err(ExperimentError::Setup(format!(
                "{} has units of a run, and not the experiment.toml that says of which, so their metrics might be those of another experiment; put experiment.toml back, choose another --out, or delete that folder's units",
                folder.display()
            ))),
        };
    }
    if is_of_a_run(folder) {
        return Ok(());
    }
    let mut written = std::iter::once(EXPERIMENT).chain(RESULTS);
    match written.find(|name| is_there(folder, name)) {
        None => Ok(()),
        Some(name) => Err(ExperimentError::Setup(format!(
            "{} is there already, no run wrote it, and this one would replace it; choose another --out, or move it away",
            folder.join(name).display()
        ))),
    }
}

/// Refuses a folder that is another experiment's, or that holds files of one's own.
///
/// # Errors
/// [`ExperimentError`]; of another experiment where they begin to differ.
pub fn refuse_other_run(experiment: &Experiment, folder: &Path) -> Result<(), ExperimentError> {
    refuse_foreign_files(folder)?;
    if !has_units(folder) {
        // A run that failed before its first unit left nothing worth keeping.
        return Ok(());
    }
    let before = read_text(&folder.join(EXPERIMENT))?;
    let same = Experiment::from_toml(&before).is_ok_and(|b| b.gives_the_same_as(experiment));
    if same {
        return Ok(());
    }
    Err(ExperimentError::Setup(format!(
        "{} already holds another experiment ({}); choose another --out to keep both, or delete that folder",
        folder.display(),
        first_difference(&before, &experiment.to_toml()?)
    )))
}

/// Makes the folder this experiment's, or refuses one that is another's.
pub(crate) fn settle_folder(experiment: &Experiment, folder: &Path) -> Result<(), ExperimentError> {
    refuse_other_run(experiment, folder)?;
    if has_units(folder) {
        return Ok(());
    }
    let text = experiment.to_toml()?;
    create_folder(&folder.join("units"))?;
    write_whole(&folder.join(EXPERIMENT), text.as_bytes())
}

/// Where two experiments begin to differ, in words.
fn first_difference(before: &str, now: &str) -> String {
    let mut section = "";
    let mut others = now.lines();
    for line in before.lines() {
        let other = others.next();
        if line.starts_with('[') {
            section = line;
        }
        if other != Some(line) {
            let at = match section {
                "" => String::new(),
                section => format!("in {section} "),
            };
            return format!("{at}there {line:?}, now {:?}", other.unwrap_or("nothing"));
        }
    }
    format!("now also {:?}", others.next().unwrap_or_default())
}
