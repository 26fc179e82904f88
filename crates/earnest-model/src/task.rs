//! What is predicted.

use serde::{Deserialize, Serialize};

/// What is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// One of the classes.
    Categorical,
    /// A value on each scale: arousal, valence and the like.
    Dimensional,
}

impl Task {
    /// `categorical` or `dimensional`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Categorical => "categorical",
            Self::Dimensional => "dimensional",
        }
    }
}
