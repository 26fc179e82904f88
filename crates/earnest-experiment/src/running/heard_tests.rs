//! What is heard of test utterances, kept while there is room: units of one fold hear the same, and
//! what was dropped is heard again, with the same bits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use earnest_features::Features;
use earnest_model::{Channels, Task};

/// Features of utterances, in their order, each with those of its channels.
pub(crate) type OfUtterances = Arc<Vec<Vec<Features>>>;

/// What decides what is heard.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct HeardKey {
    pub fold: String,
    pub task: Task,
    /// The front end, in words.
    pub front_end: String,
    pub channels: Channels,
    pub condition: String,
}

struct Entry {
    features: OfUtterances,
    bytes: usize,
    /// When it was asked for last.
    asked: u64,
}

#[derive(Default)]
struct Kept {
    entries: HashMap<HeardKey, Entry>,
    bytes: usize,
    clock: u64,
}

/// Features of test utterances by fold, task, front end and condition, up to a number of bytes: with
/// one condition all of them, with dozens those that were asked for last.
pub(crate) struct HeardTests {
    kept: Mutex<Kept>,
    most_bytes: usize,
}

/// What features take in memory.
fn bytes_of(features: &[Vec<Features>]) -> usize {
    let values = features.iter().flatten().map(|f| f.values().len());
    values.sum::<usize>() * size_of::<f32>()
}

impl HeardTests {
    /// Nothing yet, and at most so many bytes.
    pub fn new(most_bytes: usize) -> Self {
        Self {
            kept: Mutex::new(Kept::default()),
            most_bytes,
        }
    }

    /// What is kept under a key.
    pub fn get(&self, key: &HeardKey) -> Option<OfUtterances> {
        let mut kept = self.kept.lock().ok()?;
        kept.clock += 1;
        let now = kept.clock;
        let entry = kept.entries.get_mut(key)?;
        entry.asked = now;
        Some(Arc::clone(&entry.features))
    }

    /// Keeps features, and drops those that were asked for longest ago if there is no room.
    pub fn keep(&self, key: HeardKey, features: OfUtterances) {
        let bytes = bytes_of(&features);
        let Ok(mut kept) = self.kept.lock() else {
            return;
        };
        if bytes > self.most_bytes {
            return;
        }
        kept.clock += 1;
        let asked = kept.clock;
        let entry = Entry {
            features,
            bytes,
            asked,
        };
        kept.bytes += bytes;
        if let Some(before) = kept.entries.insert(key, entry) {
            kept.bytes -= before.bytes;
        }
        while kept.bytes > self.most_bytes {
            let oldest = kept.entries.iter().min_by_key(|(_, entry)| entry.asked);
            let Some(key) = oldest.map(|(key, _)| key.clone()) else {
                return;
            };
            if let Some(dropped) = kept.entries.remove(&key) {
                kept.bytes -= dropped.bytes;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_longest_ago_goes_first() {
        let key = |condition: &str| HeardKey {
            fold: "a".into(),
            task: Task::Categorical,
            front_end: "lld32".into(),
            channels: Channels::Mean,
            condition: condition.into(),
        };
        let ten_values = || Arc::new(vec![vec![Features::from_values(1, vec![0.0; 10])]]);
        let heard = HeardTests::new(2 * 40);
        heard.keep(key("x"), ten_values());
        heard.keep(key("y"), ten_values());
        assert!(heard.get(&key("x")).is_some());
        heard.keep(key("z"), ten_values());
        let there = ["x", "y", "z"].map(|name| heard.get(&key(name)).is_some());
        assert_eq!(there, [true, false, true]);
        // Again under the same key, and what has no room at all.
        heard.keep(key("z"), ten_values());
        heard.keep(
            key("w"),
            Arc::new(vec![vec![Features::from_values(1, vec![0.0; 21])]]),
        );
        let there = ["x", "z", "w"].map(|name| heard.get(&key(name)).is_some());
        assert_eq!(there, [true, true, false]);
    }
}
