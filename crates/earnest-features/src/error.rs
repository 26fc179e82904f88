//! Why features cannot be made as they are asked for.

use std::fmt;

/// Why there is no front end of this name, or none with these settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrontEndError {
    key: String,
    problem: String,
}

impl FrontEndError {
    /// `problem` goes on after the key: `is 8000; …`.
    #[must_use]
    pub fn new(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            problem: problem.into(),
        }
    }

    /// The same of settings that stand under a key of others: `of.bands`.
    pub(crate) fn within(mut self, key: &str) -> Self {
        if self.key != "sample_rate" {
            self.key = format!("{key}.{}", self.key);
        }
        self
    }

    /// The key at fault as TOML has it (`bands`, `pcen.gain`); `name` for a name that nothing has,
    /// `sample_rate` where no setting would do at that rate.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for FrontEndError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.key, self.problem)
    }
}

impl std::error::Error for FrontEndError {}

/// Refuses a number outside a range, or that is none.
pub(crate) fn within(
    key: &str,
    value: f64,
    range: std::ops::RangeInclusive<f64>,
) -> Result<(), FrontEndError> {
    if range.contains(&value) {
        return Ok(());
    }
    let (least, most) = (range.start(), range.end());
    let problem = format!("is {value}; it must lie within {least} .. {most}");
    Err(FrontEndError::new(key, problem))
}

/// Refuses a sample rate that the descriptors are not defined for.
pub(crate) fn check_rate(sample_rate: u32) -> Result<(), FrontEndError> {
    within("sample_rate", sample_rate.into(), 8_000.0..=48_000.0)
}
