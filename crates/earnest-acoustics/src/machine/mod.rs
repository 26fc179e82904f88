//! Machines that make noise, synthesised at 16 kHz; pressure in Pa, so that an RMS of 1 is 94 dB
//! SPL.

pub mod event;
pub mod fan;
pub mod hum;
pub mod motor;

use earnest_signal::{amplitude, rms};

/// RMS pressure of a level, Pa.
#[must_use]
pub fn pascal(db_spl: f64) -> f64 {
    amplitude(db_spl - 94.0)
}

/// Level of an RMS pressure, dB SPL; -infinity for none.
#[must_use]
pub fn db_spl(pascal: f64) -> f64 {
    94.0 + 20.0 * pascal.log10()
}

/// Gives a signal this RMS; silence stays.
pub fn level(samples: &mut [f32], wanted: f64) {
    let is = f64::from(rms(samples));
    if is > 0.0 {
        let scale = (wanted / is) as f32;
        samples.iter_mut().for_each(|x| *x *= scale);
    }
}

/// The rate of everything here, samples each second.
pub const RATE: f64 = earnest_signal::SAMPLE_RATE as f64;
