//! What an extractor computes.

/// Whose definition of the descriptors is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// openSMILE's eGeMAPSv01a, oddities included: what the literature's numbers and the
    /// paper are made with (docs/descriptors.md).
    #[default]
    OpenSmile,
    /// The same 32 columns measured as phonetics defines them: see the crate's README for
    /// what differs and why.
    Accurate,
}

/// Length of the short window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShortWindow {
    /// 20 ms, what openSMILE's eGeMAPS really uses.
    #[default]
    Ms20,
    /// 25 ms, what its instances are named for and the paper says.
    Ms25,
}

impl ShortWindow {
    /// Seconds.
    #[must_use]
    pub fn seconds(self) -> f64 {
        match self {
            Self::Ms20 => 0.020,
            Self::Ms25 => 0.025,
        }
    }
}

/// Settings of an extractor. The default is openSMILE's eGeMAPSv01a.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Whose definition.
    pub mode: Mode,
    /// Short window.
    pub window: ShortWindow,
}
