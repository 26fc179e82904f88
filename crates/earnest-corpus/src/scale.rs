//! Scales that emotion is rated on.

use serde::{Deserialize, Serialize};

/// A scale of the dimensional task (Russell and Mehrabian 1977).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// From calm to excited; also called activation.
    Arousal,
    /// From unpleasant to pleasant.
    Valence,
    /// From submissive to in control.
    Dominance,
}

impl Scale {
    /// All, in the order of a model's outputs.
    pub const ALL: [Self; 3] = [Self::Arousal, Self::Valence, Self::Dominance];

    /// The paper's.
    pub const PAPER: [Self; 2] = [Self::Arousal, Self::Valence];

    /// `arousal`, `valence` or `dominance`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Arousal => "arousal",
            Self::Valence => "valence",
            Self::Dominance => "dominance",
        }
    }

    /// From its name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }
}
