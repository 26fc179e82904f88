//! What a number of a transform may be: the ranges that a chain may draw from, and what a log of
//! draws may say was drawn.

use earnest_signal::SAMPLE_RATE;

/// The least and the most.
pub(crate) type Limits = (f64, f64);

pub(crate) const FACTOR: Limits = (0.5, 2.0);
pub(crate) const GAIN_DB: Limits = (-120.0, 60.0);
/// Of amplitudes.
pub(crate) const RATIO: Limits = (0.0, 1000.0);
/// [`RATIO`]'s range where it is said in dB, and a little beyond what can be heard.
pub(crate) const SNR_DB: Limits = (-60.0, 120.0);
pub(crate) const EXPONENT: Limits = (-2.0, 3.0);
/// Up to half the sample rate.
pub(crate) const FREQUENCY_HZ: Limits = (1.0, SAMPLE_RATE as f64 / 2.0);
pub(crate) const ORDER: Limits = (1.0, 32.0);
pub(crate) const BAND_GAIN_DB: Limits = (-60.0, 60.0);
pub(crate) const DB_PER_OCTAVE: Limits = (-24.0, 24.0);
pub(crate) const SHARE: Limits = (0.0, 0.5);
pub(crate) const LOSS: Limits = (0.0, 0.9);
pub(crate) const PACKET_MS: Limits = (1.0, 200.0);
pub(crate) const BURST: Limits = (1.0, 1000.0);
/// Of a microphone: its resonance and its ripple.
pub(crate) const UNEVENNESS_DB: Limits = (-30.0, 30.0);

/// Of a room: its sides, reverberation, and how far the speaker is.
pub(crate) const SIDE_M: Limits = (1.0, 50.0);
pub(crate) const RT60_S: Limits = (0.05, 3.0);
pub(crate) const DISTANCE_M: Limits = (0.1, 30.0);
/// Of machines.
pub(crate) const RPM: Limits = (60.0, 60_000.0);
pub(crate) const BLADES: Limits = (1.0, 1000.0);
pub(crate) const OVER_DB: Limits = (-100.0, 100.0);
pub(crate) const DRIFT: Limits = (0.0, 0.2);
pub(crate) const MOVES_PER_MINUTE: Limits = (0.1, 600.0);
pub(crate) const MOVE_S: Limits = (0.01, 60.0);
/// Of active speech.
pub(crate) const LEVEL_DB: Limits = (-90.0, 0.0);

/// Refuses a number that was not drawn from within these.
pub(crate) fn within(name: &str, value: f64, (low, high): Limits) -> Result<(), String> {
    // Octaves are drawn on a logarithmic scale and back.
    let slack = 1e-9 * high;
    match (low - slack..=high + slack).contains(&value) {
        true => Ok(()),
        false => Err(format!("{name} = {value} is not {low} .. {high}")),
    }
}

/// The most steps of a chain.
pub(crate) const MOST_STEPS: usize = 1000;

/// By how much the tempos of a chain may make an utterance longer, all together.
pub(crate) const MOST_LONGER: f64 = 16.0;
