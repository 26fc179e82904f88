//! Mains hum.

use earnest_random::Generator;
use earnest_signal::amplitude;
use serde::{Deserialize, Serialize};

use super::{RATE, level, pascal};

/// Mains hum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hum {
    /// Of what.
    pub name: String,
    /// Its base, Hz.
    pub base_hz: f64,
    /// How much each next harmonic falls, dB.
    pub fall_db: f64,
    /// Level at the head.
    pub level_db_spl: f64,
}

/// Harmonics up to here, Hz.
const HIGHEST_HZ: f64 = 3_000.0;

/// `n` samples of a hum at its level: its base and harmonics, each so much weaker than the one
/// before.
pub fn hum(hum: &Hum, n: usize, generator: &mut Generator) -> Vec<f32> {
    let count = ((HIGHEST_HZ / hum.base_hz) as usize).clamp(1, 30);
    let tau = std::f64::consts::TAU;
    let mut out = vec![0.0_f32; n];
    for k in 1..=count {
        let amplitude = amplitude(-hum.fall_db * (k - 1) as f64);
        if amplitude < 1e-3 {
            break;
        }
        // A tone by turning a pointer: one multiplication a sample.
        let step = tau * hum.base_hz * k as f64 / RATE;
        let (turn_im, turn_re) = step.sin_cos();
        let (mut im, mut re) = (tau * generator.unit()).sin_cos();
        for y in &mut out {
            *y += (amplitude * im) as f32;
            (re, im) = (re * turn_re - im * turn_im, re * turn_im + im * turn_re);
        }
    }
    level(&mut out, pascal(hum.level_db_spl));
    out
}
