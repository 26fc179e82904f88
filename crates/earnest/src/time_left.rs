//! How long a run will go on, from what its units took so far.

use std::collections::BTreeMap;
use std::time::Duration;

/// Remembers what each kind of unit took.
#[derive(Debug, Default)]
pub struct TimeLeft {
    pending: Vec<String>,
    workers: usize,
    took: BTreeMap<String, (f64, f64)>,
}

/// Task, network and training of a unit: its id up to the fold.
fn kind(id: &str) -> &str {
    id.split("-fold_").next().unwrap_or(id)
}

impl TimeLeft {
    /// For the units that are not finished.
    pub fn new(pending: &[String], workers: usize) -> Self {
        Self {
            pending: pending.to_vec(),
            workers: workers.max(1),
            took: BTreeMap::new(),
        }
    }

    /// A unit is finished.
    pub fn finished(&mut self, id: &str, took: Option<Duration>) {
        self.pending.retain(|p| p != id);
        if let Some(took) = took {
            let (sum, n) = self.took.entry(kind(id).to_owned()).or_default();
            *sum += took.as_secs_f64();
            *n += 1.0;
        }
    }

    /// What is left, once anything is known: the mean of each kind, of all kinds for those not
    /// met yet.
    pub fn left(&self) -> Option<Duration> {
        let (all, n) = self
            .took
            .values()
            .fold((0.0, 0.0), |(sum, n), (s, k)| (sum + s, n + k));
        // Nobody said who works: on a cluster that is the scheduler's affair.
        if n == 0.0 || self.workers == 0 {
            return None;
        }
        let seconds: f64 = self
            .pending
            .iter()
            .map(|id| match self.took.get(kind(id)) {
                Some((sum, n)) => sum / n,
                None => all / n,
            })
            .sum();
        Some(Duration::from_secs_f64(seconds / self.workers as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_promised_of_a_run_that_others_do() {
        let mut left = TimeLeft::default();
        left.finished("a-fold_1", Some(Duration::from_secs(10)));
        assert_eq!(left.left(), None);
    }

    #[test]
    fn each_kind_counts_with_its_own_mean() {
        let ids = ["a-fold_1", "a-fold_2", "b-fold_1", "b-fold_2", "c-fold_1"];
        let mut left = TimeLeft::new(&ids.map(String::from), 1);
        assert_eq!(left.left(), None);
        left.finished("a-fold_1", Some(Duration::from_secs(10)));
        assert_eq!(left.left(), Some(Duration::from_secs(40)));
        left.finished("b-fold_1", Some(Duration::from_secs(30)));
        assert_eq!(left.left(), Some(Duration::from_secs(10 + 30 + 20)));
        left.finished("c-fold_1", None);
        assert_eq!(left.left(), Some(Duration::from_secs(40)));
    }
}
