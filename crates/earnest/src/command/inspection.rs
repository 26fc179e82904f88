//! What verbs that look at a collection share: what they are asked, and saying what of the
//! collection is not used.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use earnest_corpus::{Collection, LeftOut};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::visible::on_one_line;

/// What `inspect` of a collection is asked.
#[derive(Args)]
pub struct InspectOptions {
    /// Folder of the collection, as it was unpacked
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Name all that is left out, not the first few
    #[arg(long)]
    pub all: bool,
    /// Print JSON, with every sound
    #[arg(long)]
    pub json: bool,
}

/// The median of sorted values: the middle one, or the mean of the two in the middle. NaN if there
/// are none.
pub fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    match (sorted.len() % 2, sorted.get(middle)) {
        (1, Some(x)) => *x,
        (0, Some(x)) => f64::midpoint(sorted[middle - 1], *x),
        _ => f64::NAN,
    }
}

/// What was left out, for programs.
pub fn to_json(left_out: &[LeftOut]) -> Vec<Value> {
    let each = left_out.iter();
    each.map(|l| json!({"what": l.what, "why": l.why}))
        .collect()
}

/// Names shown for each reason unless all are asked for.
const SHOWN: usize = 5;

/// Prints what was left out, by reason.
pub fn print_left_out(left_out: &[LeftOut], all: bool) {
    if left_out.is_empty() {
        return;
    }
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for l in left_out {
        by_reason.entry(&l.why).or_default().push(&l.what);
    }
    say!("\nLeft out: {}", left_out.len());
    let mut hidden = false;
    for (why, what) in by_reason {
        let shown = if all { what.len() } else { SHOWN };
        let names = what[..what.len().min(shown)].join(", ");
        let names = on_one_line(&names);
        let more = match what.len().saturating_sub(shown) {
            0 => String::new(),
            n => {
                hidden = true;
                format!(" and {n} more")
            }
        };
        say!("  {why} ({}): {names}{more}", what.len());
    }
    if hidden {
        say!("  --all names them all.");
    }
}

/// A failure if a file of the collection cannot be opened, all else having been said.
pub fn require_all_open(collection: &Collection) -> Result<(), Failure> {
    let mut errors = collection.clips.iter().filter_map(|clip| {
        let error = earnest_files::open_file(&clip.path).err()?;
        Some((&clip.path, error))
    });
    let Some((first, error)) = errors.next() else {
        return Ok(());
    };
    Err(anyhow::anyhow!(
        "{} files cannot be opened (first: {}: {error}); make them readable, or take them out of the collection",
        1 + errors.count(),
        first.display()
    )
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_two_is_between_them() {
        assert_eq!(median(&[-9.8, -8.3]), -9.05);
        assert_eq!(median(&[1.0, 2.0, 9.0]), 2.0);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_clip_that_cannot_be_opened_is_a_failure() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a.wav", "b.wav"] {
            std::fs::write(dir.path().join(name), "x").unwrap();
        }
        let collection = Collection::open(dir.path()).unwrap();
        assert!(require_all_open(&collection).is_ok());
        std::fs::remove_file(dir.path().join("b.wav")).unwrap();
        assert!(require_all_open(&collection).is_err());
    }
}
