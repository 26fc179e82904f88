//! What an engine's settings can say of it before it is made, and the bounds that all share.

use std::fmt::Debug;

use earnest_features::descriptor;
use earnest_random::Key;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Network;
use crate::real::Real;

/// The settings of a kind of engine; their default is the kind's usual sizes. Their keys are what
/// stands beside `kind` in a recipe and in `model.json`, so a key that is added later has a
/// default that leaves models as they are.
pub(crate) trait Settings: Clone + Debug + Default + Serialize + DeserializeOwned {
    /// In words, for a report, without the dropout.
    fn words(&self) -> String;

    /// The keys that decide how large it is, with their numbers, for an error.
    fn sizes(&self) -> String;

    /// Share of values dropped in training.
    fn dropout(&self) -> f64;

    /// Refuses numbers that are out of bounds, dropout aside, by a sentence that begins with the
    /// key.
    fn check(&self) -> Result<(), String>;

    /// How many numbers an engine of so many inputs a frame and outputs has, running statistics
    /// included.
    fn weights(&self, inputs: usize, outputs: usize) -> u64;

    /// An engine with random weights.
    fn build<T: Real>(&self, inputs: usize, outputs: usize, key: &Key) -> Box<dyn Network<T>>;

    /// Small ones that between them take every way through its code, for `tests.rs`.
    #[cfg(test)]
    fn examples() -> Vec<Self>;
}

/// The most layers of a network, units of a layer, and frames that a filter sees: far beyond
/// what can be trained here, and small enough that sizes can be multiplied.
pub(crate) const MOST_LAYERS: usize = 100;
pub(crate) const MOST_UNITS: usize = 10_000;
pub(crate) const MOST_FRAMES: usize = 999;

/// The most weights of a network: 4 GB of them, and training holds four times that.
const MOST_WEIGHTS: u64 = 1 << 30;

/// Refuses a number of 0, or one that makes no sense, by its key.
pub(crate) fn counted(name: &str, n: usize, most: usize) -> Result<(), String> {
    if (1..=most).contains(&n) {
        Ok(())
    } else {
        Err(format!("{name} must be 1 to {most}, not {n}"))
    }
}

/// `1 layer` or `2 layers`, of a kind if `what` says one.
pub(crate) fn layers(n: usize, what: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {what}layer{s}")
}

/// Refuses a kernel that is no odd number of frames: it would have no middle.
pub(crate) fn odd(name: &str, n: usize) -> Result<(), String> {
    counted(name, n, MOST_FRAMES)?;
    if n.is_multiple_of(2) {
        return Err(format!("{name} must be odd, not {n}"));
    }
    Ok(())
}

/// [`Settings::words`] with the dropout, if there is any.
pub(super) fn words(settings: &impl Settings) -> String {
    let text = settings.words();
    match settings.dropout() {
        0.0 => text,
        share => format!("{text}, dropout {share}"),
    }
}

/// [`Settings::check`], and what holds for every engine.
pub(super) fn check(settings: &impl Settings) -> Result<(), String> {
    settings.check()?;
    let dropout = settings.dropout();
    if !(0.0..1.0).contains(&dropout) {
        return Err(format!(
            "dropout must be at least 0 and below 1, not {dropout}"
        ));
    }
    let weights = settings.weights(descriptor::COUNT, 1);
    if weights > MOST_WEIGHTS {
        return Err(format!(
            "{} would make {weights} weights, more than {MOST_WEIGHTS}; make it smaller",
            settings.sizes()
        ));
    }
    Ok(())
}
