//! The four classes of the paper.

use serde::{Deserialize, Serialize};

/// An emotion that models are trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Emotion {
    /// Anger.
    Angry,
    /// Happiness; excitement joins it (docs/paper.md, section 2).
    Happy,
    /// No emotion.
    Neutral,
    /// Sadness.
    Sad,
}

impl Emotion {
    /// All four, in the order of class numbers.
    pub const ALL: [Self; 4] = [Self::Angry, Self::Happy, Self::Neutral, Self::Sad];

    /// `angry`, `happy`, `neutral` or `sad`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Angry => "angry",
            Self::Happy => "happy",
            Self::Neutral => "neutral",
            Self::Sad => "sad",
        }
    }

    /// Class number, 0 .. 3.
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }

    /// From its name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|e| e.name() == name)
    }
}

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
