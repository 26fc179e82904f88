//! `--condition NAME=FOLDER`: recordings of test utterances under a name of their own.

use std::path::PathBuf;

use clap::Args;
use earnest_experiment::{ConditionSpec, Experiment, Folders, RobotSpec};

use super::must_exist;
use crate::failure::Failure;

/// A condition as it is named: what it is called, and a folder of recordings.
#[derive(Clone, Debug)]
struct NamedFolder {
    name: String,
    path: PathBuf,
}

/// Reads `NAME=FOLDER`.
fn named_folder(text: &str) -> Result<NamedFolder, String> {
    let (name, path) = text
        .split_once('=')
        .filter(|(_, path)| !path.is_empty())
        .ok_or_else(|| format!("{text:?} is not NAME=FOLDER, a name and a folder of recordings"))?;
    ConditionSpec::check_name(name)?;
    Ok(NamedFolder {
        name: name.to_owned(),
        path: path.into(),
    })
}

/// Named conditions beside clean speech and the robot.
#[derive(Args, Clone, Debug, Default)]
pub struct ConditionOptions {
    /// Test in one more condition: the corpus as it was recorded in FOLDER, as for --recordings, under
    /// a name for the tables. May be repeated; with several corpora each name as often as --corpus, in
    /// the same order. The robot is then tested only where the file has [robot], or with --recordings
    /// or --robot-snr
    #[arg(long, value_name = "NAME=FOLDER", value_parser = named_folder)]
    condition: Vec<NamedFolder>,
}

impl ConditionOptions {
    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.condition.is_empty()
    }

    /// Adds them to an experiment, or takes these folders for those of its own that are called so.
    pub fn change(&self, experiment: &mut Experiment) -> Result<(), Failure> {
        let mut asked: Vec<(&str, Vec<PathBuf>)> = Vec::new();
        for NamedFolder { name, path } in &self.condition {
            must_exist("--condition", path)?;
            match asked.iter_mut().find(|(known, _)| known == name) {
                Some((_, folders)) => folders.push(path.clone()),
                None => asked.push((name, vec![path.clone()])),
            }
        }
        let corpora = experiment.corpus.0.len();
        for (name, folders) in asked {
            if folders.len() != corpora {
                return Err(Failure::asked(format!(
                    "--condition {name}=… names {} of recordings, and there {}: each corpus has one, in the same order",
                    counted(folders.len(), "folder", "folders"),
                    match corpora {
                        1 => "is one corpus".to_owned(),
                        n => format!("are {n} corpora"),
                    }
                )));
            }
            experiment.fingerprints.conditions.remove(name);
            let mut own = experiment.conditions.iter_mut();
            match own.find(|condition| condition.name == name) {
                Some(known) => {
                    known.heard = RobotSpec::Recordings {
                        path: Folders(folders),
                    };
                }
                None => {
                    let new = ConditionSpec::recordings(name, folders);
                    experiment.conditions.push(new);
                }
            }
        }
        Ok(())
    }
}

/// A number and what it counts.
fn counted(n: usize, one: &str, several: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { several })
}
