//! The emotions that the synthetic corpus speaks: the four classes of the paper.

/// An emotion that a turn of the synthetic corpus is spoken with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emotion {
    /// Anger.
    Angry,
    /// Happiness.
    Happy,
    /// No emotion.
    Neutral,
    /// Sadness.
    Sad,
}

impl Emotion {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Angry, Self::Happy, Self::Neutral, Self::Sad];
}
