//! Rates of samples.

use pyo3::PyResult;

use crate::errors::refused;

/// Rates that can be brought to another, Hz: those of files that are read.
const RATES: std::ops::RangeInclusive<u32> = 2_000..=768_000;

/// Refuses rates that nothing can be made of.
pub fn require_rate(rate: u32) -> PyResult<()> {
    match RATES.contains(&rate) {
        true => Ok(()),
        false => Err(refused(format!(
            "a rate of {rate} Hz cannot be used; samples have {} to {} Hz",
            RATES.start(),
            RATES.end()
        ))),
    }
}
