//! Settings of the 32 descriptors.

use serde::{Deserialize, Serialize};

/// Whose definition of the descriptors is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// openSMILE's eGeMAPSv01a, oddities included: what the literature's numbers and the
    /// paper are made with (docs/descriptors.md).
    #[default]
    OpenSmile,
    /// The same 32 columns measured as phonetics defines them: see the crate's README for
    /// what differs and why.
    Accurate,
}

impl Mode {
    /// As TOML has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenSmile => "opensmile",
            Self::Accurate => "accurate",
        }
    }
}

/// Which of openSMILE's two definitions of the same descriptors mode `opensmile` follows; mode
/// `accurate` has one for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// eGeMAPSv01a: docs/descriptors.md, sections 1-14.
    V01a,
    /// eGeMAPSv01b and eGeMAPSv02, which differ in two settings: docs/descriptors.md, section 15.
    V02,
}

/// Length of the short window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub enum ShortWindow {
    /// 20 ms, what openSMILE's eGeMAPS really uses.
    #[default]
    Ms20,
    /// 25 ms, what its instances are named for and the paper says.
    Ms25,
}

impl ShortWindow {
    /// Milliseconds.
    #[must_use]
    pub fn milliseconds(self) -> u32 {
        match self {
            Self::Ms20 => 20,
            Self::Ms25 => 25,
        }
    }

    /// Seconds.
    #[must_use]
    pub fn seconds(self) -> f64 {
        match self {
            Self::Ms20 => 0.020,
            Self::Ms25 => 0.025,
        }
    }
}

impl From<ShortWindow> for u32 {
    fn from(window: ShortWindow) -> Self {
        window.milliseconds()
    }
}

impl TryFrom<u32> for ShortWindow {
    type Error = String;

    fn try_from(milliseconds: u32) -> Result<Self, String> {
        match milliseconds {
            20 => Ok(Self::Ms20),
            25 => Ok(Self::Ms25),
            other => Err(format!("window_ms is {other}; it is 20 or 25")),
        }
    }
}

/// Settings of the 32 descriptors. The default is openSMILE's eGeMAPSv01a.
///
/// ```toml
/// name = "lld32"
/// mode = "opensmile"   # or "accurate"
/// window_ms = 20       # or 25
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lld32 {
    /// Whose definition.
    pub mode: Mode,
    /// Short window; `window_ms` in files, a number.
    #[serde(rename = "window_ms")]
    pub window: ShortWindow,
}
