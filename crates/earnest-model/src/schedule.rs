//! How the learning rate goes over the epochs.

use serde::{Deserialize, Serialize};

/// What the learning rate of an epoch depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// It is halved whenever validation gets no better for a while (docs/paper.md, section 6).
    #[default]
    Plateau,
    /// It follows half a cosine down to zero over all epochs (Loshchilov and Hutter 2017, without
    /// restarts), after epochs in which it rises linearly, if there are such. With r the first
    /// learning rate, W epochs of rise and E in all, it is in epoch e (from 0)
    ///
    /// ```text
    /// r (e + 1) / (W + 1)                        e < W
    /// r (1 + cos(pi (e - W) / (E - W))) / 2      else
    /// ```
    ///
    /// and the same for all steps of an epoch. The best epoch is kept, as always; training ends early
    /// only where the recipe names a patience.
    Cosine,
}

/// The rate of an epoch of [`Schedule::Cosine`]; of those after the last it is the last one's.
pub(crate) fn cosine_rate(first: f64, epoch: usize, rising: usize, epochs: usize) -> f64 {
    let epoch = epoch.min(epochs.saturating_sub(1));
    if epoch < rising {
        return first * (epoch + 1) as f64 / (rising + 1) as f64;
    }
    let falling = epochs.saturating_sub(rising).max(1) as f64;
    let turn = (epoch - rising) as f64 / falling;
    first * (1.0 + (std::f64::consts::PI * turn).cos()) / 2.0
}
