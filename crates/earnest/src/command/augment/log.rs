//! What was drawn, in a file: a JSON line for each presentation.

use std::path::Path;

use earnest_augment::Drawn;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// One presentation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Which file: its path below IN.
    pub input: String,
    /// Its number, from 1.
    pub presentation: u32,
    /// What was done, in this order.
    pub draws: Vec<Drawn>,
}

/// Writes a log, whole or not at all.
pub fn write(path: &Path, entries: &[Entry]) -> Result<(), Failure> {
    let mut text = String::new();
    for entry in entries {
        text.push_str(&serde_json::to_string(entry)?);
        text.push('\n');
    }
    earnest_files::write_whole(path, text.as_bytes())
        .map_err(|e| anyhow::anyhow!("cannot write {}: {e}", path.display()).into())
}

/// Reads a log.
pub fn read(path: &Path) -> Result<Vec<Entry>, Failure> {
    let text = earnest_files::read_text(path)
        .map_err(|e| Failure::asked(format!("--replay: cannot read {}: {e}", path.display())))?;
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(i, line)| {
            serde_json::from_str(line)
                .map_err(|e| Failure::asked(format!("--replay: {}:{}: {e}", path.display(), i + 1)))
        })
        .collect()
}
