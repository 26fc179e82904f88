//! The conditions that an experiment is tested in beside clean speech: `[robot]`, and any number of
//! named ones.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::folders::Folders;

/// How what the robot hears comes about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum RobotSpec {
    /// A folder of recordings with the corpus's relative paths.
    Recordings {
        /// The folder; of several corpora one for each, in their order.
        path: Folders,
    },
    /// A room response and noise at a stated SNR, from sources that training never hears.
    Simulated {
        /// Speech over noise, dB.
        #[serde(default = "usual_snr_db")]
        snr_db: f64,
    },
}

fn usual_snr_db() -> f64 {
    DEFAULT_SNR_DB
}

impl Default for RobotSpec {
    /// Simulated, with speech 3 dB over noise.
    fn default() -> Self {
        Self::Simulated {
            snr_db: usual_snr_db(),
        }
    }
}

impl RobotSpec {
    /// The folders of recordings; none of a simulated robot.
    #[must_use]
    pub fn folders(&self) -> &[PathBuf] {
        match self {
            Self::Recordings { path } => &path.0,
            Self::Simulated { .. } => &[],
        }
    }

    /// True if it is simulated here.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        matches!(self, Self::Simulated { .. })
    }

    /// Forgets where recordings lie.
    pub(crate) fn forget_place(&mut self) {
        if let Self::Recordings { path } = self {
            path.0.fill(PathBuf::new());
        }
    }
}

/// SNR of the simulated robot unless asked otherwise, dB. In the paper's range of training
/// noise (0.9 .. 6 dB) but from other sources.
pub const DEFAULT_SNR_DB: f64 = 3.0;

/// The simulated robot's SNR is within these, dB: beyond them nothing is heard of noise or speech.
const SNR_DB: std::ops::RangeInclusive<f64> = -60.0..=120.0;

/// A simulated robot's SNR as a user gives it, dB.
///
/// # Errors
/// A sentence: it is no number, or none from -60 to 120.
pub fn checked_snr_db(text: &str) -> Result<f64, String> {
    let db: f64 = text
        .trim()
        .parse()
        .map_err(|_| format!("{text:?} is no number"))?;
    match SNR_DB.contains(&db) {
        true => Ok(db),
        false => Err(format!(
            "{db} is not between {} and {} dB",
            SNR_DB.start(),
            SNR_DB.end()
        )),
    }
}

/// Refuses an SNR at which nothing is heard of noise or of speech.
pub(crate) fn check_snr_db(snr_db: f64) -> Result<(), String> {
    match SNR_DB.contains(&snr_db) {
        true => Ok(()),
        false => Err(format!("snr_db {snr_db} is not between -60 and 120")),
    }
}

/// What the condition of clean speech is called.
pub const CLEAN: &str = "clean";
/// What the condition under `[robot]` is called.
pub const ROBOT: &str = "robot";

/// The most characters of a condition's name, and of a group's: they stand in tables.
const MOST_OF_NAME: usize = 40;

/// The farthest that a speaker may be, m.
const MOST_DISTANCE_M: f64 = 1000.0;

/// A named condition: one of `[[conditions]]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ConditionFile", into = "ConditionFile")]
pub struct ConditionSpec {
    /// What tables call it: 1 to 40 characters of a-z, A-Z, 0-9, `.`, `_` and `-`.
    pub name: String,
    /// What it is one of, such as robots drawn at random; a group is summed up together.
    pub group: Option<String>,
    /// How what is heard comes about.
    pub heard: RobotSpec,
    /// Speech over noise in recordings, dB, if somebody says it; a simulated one says it itself.
    pub recorded_snr_db: Option<f64>,
    /// How far the speaker is, m, if somebody says it.
    pub distance_m: Option<f64>,
}

/// How a condition comes about, by its name in files.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Recordings,
    Simulated,
}

/// A condition as files have it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionFile {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    kind: Kind,
    #[serde(default, skip_serializing_if = "Folders::is_empty")]
    path: Folders,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    snr_db: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    distance_m: Option<f64>,
}

impl TryFrom<ConditionFile> for ConditionSpec {
    type Error = String;

    fn try_from(file: ConditionFile) -> Result<Self, String> {
        let name = &file.name;
        let (heard, recorded_snr_db) = match (file.kind, file.path.is_empty()) {
            (Kind::Recordings, false) => (RobotSpec::Recordings { path: file.path }, file.snr_db),
            (Kind::Recordings, true) => {
                return Err(format!(
                    "condition {name:?}: kind = \"recordings\" needs path, the folder of its recordings"
                ));
            }
            (Kind::Simulated, true) => {
                let snr_db = file.snr_db.unwrap_or_else(usual_snr_db);
                (RobotSpec::Simulated { snr_db }, None)
            }
            (Kind::Simulated, false) => {
                return Err(format!(
                    "condition {name:?}: path has no effect with kind = \"simulated\"; recordings are kind = \"recordings\""
                ));
            }
        };
        Ok(Self {
            name: file.name,
            group: file.group,
            heard,
            recorded_snr_db,
            distance_m: file.distance_m,
        })
    }
}

impl From<ConditionSpec> for ConditionFile {
    fn from(condition: ConditionSpec) -> Self {
        let snr_db = condition.snr_db();
        let (kind, path) = match condition.heard {
            RobotSpec::Recordings { path } => (Kind::Recordings, path),
            RobotSpec::Simulated { .. } => (Kind::Simulated, Folders::default()),
        };
        Self {
            name: condition.name,
            group: condition.group,
            kind,
            path,
            snr_db,
            distance_m: condition.distance_m,
        }
    }
}

/// True if a name can be a condition's or a group's.
fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    (1..=MOST_OF_NAME).contains(&name.len()) && name.chars().all(is_plain)
}

impl ConditionSpec {
    /// Recordings under a name.
    #[must_use]
    pub fn recordings(name: &str, folders: Vec<PathBuf>) -> Self {
        Self {
            name: name.to_owned(),
            group: None,
            heard: RobotSpec::Recordings {
                path: Folders(folders),
            },
            recorded_snr_db: None,
            distance_m: None,
        }
    }

    /// What `[robot]` says, as one of them.
    #[must_use]
    pub fn robot(heard: RobotSpec) -> Self {
        Self {
            name: ROBOT.to_owned(),
            group: None,
            heard,
            recorded_snr_db: None,
            distance_m: None,
        }
    }

    /// Speech over noise, dB, where it is known.
    #[must_use]
    pub fn snr_db(&self) -> Option<f64> {
        match &self.heard {
            RobotSpec::Recordings { .. } => self.recorded_snr_db,
            RobotSpec::Simulated { snr_db } => Some(*snr_db),
        }
    }

    /// Refuses a name that no condition of a user's can have.
    ///
    /// # Errors
    /// A sentence.
    pub fn check_name(name: &str) -> Result<(), String> {
        if !is_name(name) {
            return Err(format!(
                "name must be 1 to {MOST_OF_NAME} characters of a-z, A-Z, 0-9, '.', '_' and '-', not {name:?}"
            ));
        }
        match name {
            CLEAN => Err(format!(
                "name must not be {CLEAN:?}: clean speech is always tested, and is called so"
            )),
            ROBOT => Err(format!(
                "name must not be {ROBOT:?}: that is the condition under [robot] (--recordings)"
            )),
            _ => Ok(()),
        }
    }

    /// True if it is what `[robot]` says.
    #[must_use]
    pub fn is_robot(&self) -> bool {
        self.name == ROBOT
    }

    fn check(&self) -> Result<(), String> {
        if self.is_robot() {
            return self.snr_db().map_or(Ok(()), check_snr_db);
        }
        let of = |e: String| format!("condition {:?}: {e}", self.name);
        if let Some(group) = self.group.as_deref().filter(|group| !is_name(group)) {
            return Err(of(format!(
                "group must be 1 to {MOST_OF_NAME} characters of a-z, A-Z, 0-9, '.', '_' and '-', not {group:?}"
            )));
        }
        if let Some(snr_db) = self.snr_db() {
            check_snr_db(snr_db).map_err(of)?;
        }
        if let Some(distance_m) = self.distance_m
            && !(distance_m > 0.0 && distance_m <= MOST_DISTANCE_M)
        {
            return Err(of(format!(
                "distance_m must be above 0 and at most {MOST_DISTANCE_M}, not {distance_m}"
            )));
        }
        Ok(())
    }
}

/// Refuses conditions that cannot be, or of which two are one; `corpora` is how many there are.
pub(crate) fn check_conditions(all: &[ConditionSpec], corpora: usize) -> Result<(), String> {
    for condition in all {
        condition.check()?;
    }
    let mut names = BTreeSet::new();
    if let Some(twice) = all.iter().find(|c| !names.insert(c.name.as_str())) {
        return Err(format!(
            "two conditions are called {:?}; give each a name of its own",
            twice.name
        ));
    }
    let groups: BTreeSet<&str> = all.iter().filter_map(|c| c.group.as_deref()).collect();
    if let Some(both) = names.iter().find(|name| groups.contains(*name)) {
        return Err(format!(
            "{both:?} is the name of a condition and of a group; call one of them otherwise"
        ));
    }
    for (i, one) in all.iter().enumerate() {
        let mut others = all.iter().skip(i + 1);
        if let Some(other) = others.find(|c| c.heard == one.heard) {
            // The same rooms and noises are drawn in each, so that only the SNR differs.
            let what = match &one.heard {
                RobotSpec::Simulated { snr_db } => format!("are both simulated at {snr_db} dB"),
                RobotSpec::Recordings { .. } => "have the same folder".to_owned(),
            };
            return Err(format!(
                "the conditions {:?} and {:?} {what}, so they are one; take one of them out",
                one.name, other.name
            ));
        }
    }
    for condition in all.iter().filter(|c| !c.heard.is_simulated()) {
        let folders = condition.heard.folders().len();
        if folders != corpora {
            let which = match condition.is_robot() {
                true => "folders of recordings in robot.path".to_owned(),
                false => format!(
                    "folders of recordings of the condition {:?}",
                    condition.name
                ),
            };
            return Err(format!(
                "{which}: {folders}; corpora: {corpora}. Each corpus has a folder of its own, in the same order"
            ));
        }
    }
    Ok(())
}
