//! Saying what of a collection is not used.

use std::collections::BTreeMap;

use earnest_corpus::LeftOut;

/// Names shown for each reason unless all are asked for.
const SHOWN: usize = 5;

/// Prints what was left out, by reason.
pub fn print(left_out: &[LeftOut], all: bool) {
    if left_out.is_empty() {
        return;
    }
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for l in left_out {
        by_reason.entry(&l.why).or_default().push(&l.what);
    }
    println!("\nLeft out: {}", left_out.len());
    let mut hidden = false;
    for (why, what) in by_reason {
        let shown = if all { what.len() } else { SHOWN };
        let names = what[..what.len().min(shown)].join(", ");
        let more = match what.len().saturating_sub(shown) {
            0 => String::new(),
            n => {
                hidden = true;
                format!(" and {n} more")
            }
        };
        println!("  {why} ({}): {names}{more}", what.len());
    }
    if hidden {
        println!("  --all names them all.");
    }
}
