//! A speaker's sex.

use serde::{Deserialize, Serialize};

/// A speaker's sex, where the corpus tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
}

impl Sex {
    /// From `f`, `female`, `m`, `male` and the like, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().to_lowercase().as_str() {
            "f" | "female" | "w" | "woman" => Some(Self::Female),
            "m" | "male" | "man" => Some(Self::Male),
            _ => None,
        }
    }
}
