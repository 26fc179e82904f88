//! `lld32`: the 32 descriptors ([`crate::descriptor`]), a row each 10 ms.

use serde::{Deserialize, Serialize};

use super::{FrontEnd, FrontEndError, RowStream, within};
use crate::descriptor::{COUNT, NAMES};
use crate::framing::{HOP_S, LONG_S};
use crate::pitch::viterbi::Viterbi;
use crate::stream::{Row, Stream};

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

impl FrontEnd for Lld32 {
    fn name(&self) -> &'static str {
        "lld32"
    }

    fn words(&self) -> String {
        format!(
            "lld32: {COUNT} descriptors, mode {}, windows of {} and 60 ms each 10 ms",
            self.mode.name(),
            self.window.milliseconds()
        )
    }

    fn check(&self) -> Result<(), FrontEndError> {
        Ok(())
    }

    fn columns(&self) -> Vec<String> {
        NAMES.map(String::from).to_vec()
    }

    fn row_s(&self) -> f64 {
        HOP_S
    }

    fn shortest_s(&self) -> f64 {
        LONG_S
    }

    fn look_ahead_s(&self) -> f64 {
        // The long window of the next row, and the longest that a decision on F0 waits.
        LONG_S + HOP_S + Viterbi::LONGEST_WAIT as f64 * HOP_S
    }

    fn open(&self, sample_rate: u32) -> Result<Box<dyn RowStream>, FrontEndError> {
        within("sample_rate", sample_rate.into(), 8_000.0..=48_000.0)?;
        Ok(Box::new(Stream::new(sample_rate, *self)))
    }
}

impl RowStream for Stream {
    fn columns(&self) -> usize {
        COUNT
    }

    fn rows(&self, samples: usize) -> usize {
        self.framing().rows(samples)
    }

    fn push(&mut self, samples: &[f32], sink: &mut dyn FnMut(&[f32])) {
        Self::push(self, samples, &mut |row: &Row| sink(row));
    }

    fn finish(&mut self, sink: &mut dyn FnMut(&[f32])) {
        Self::finish(self, &mut |row: &Row| sink(row));
    }

    fn reset(&mut self) {
        Self::reset(self);
    }
}
