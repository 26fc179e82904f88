//! Rates of samples.

use earnest_audio::RATES;
use pyo3::PyResult;

use crate::errors::refused;

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
