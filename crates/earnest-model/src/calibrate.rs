//! Ways to make probabilities honest.

use serde::{Deserialize, Serialize};

/// How probabilities are made honest after training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calibrate {
    /// One temperature for all outputs.
    Temperature,
}
