//! Fans: turbulence, and tones at the blades' passing.

use earnest_random::Generator;
use earnest_signal::{SpectrumShaper, amplitude, coloured_noise};
use serde::{Deserialize, Serialize};

use super::{RATE, level, pascal};
use crate::room::head::Vector;

/// A fan: broadband noise, and a tone at the blades' passing with its harmonics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fan {
    /// Which.
    pub name: String,
    /// Revolutions a minute.
    pub rpm: f64,
    /// Blades.
    pub blades: u32,
    /// Level at the head.
    pub level_db_spl: f64,
    /// Tones over broadband, dB.
    pub tone_db: f64,
    /// How fast broadband falls: power as `f^-exponent`.
    #[serde(default = "pink")]
    pub exponent: f64,
    /// Slow changes of speed, share.
    #[serde(default = "hundredth")]
    pub drift: f64,
    /// Where it stands, m; in the head if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place_m: Option<Vector>,
}

fn pink() -> f64 {
    1.0
}
fn hundredth() -> f64 {
    0.01
}

/// Harmonics of the blades' passing.
const HARMONICS: usize = 6;
/// Each is so much weaker than the one before, amplitude.
const FALL: f64 = 0.6;

/// `n` samples of a fan at its level: noise of power `f^-exponent` and, `tone_db` from it, a
/// tone at rpm / 60 x blades with harmonics, whose speed drifts slowly.
pub fn fan(
    fan: &Fan,
    n: usize,
    generator: &mut Generator,
    shaper: &mut SpectrumShaper,
) -> Vec<f32> {
    let seed = generator.next_u64() >> 32;
    let mut out = coloured_noise(n, RATE as u32, fan.exponent, seed, shaper);
    level(&mut out, 1.0);
    // Two slow swings of unrelated periods.
    let swing = [generator.uniform(0.05, 0.12), generator.uniform(0.2, 0.45)];
    let phase = [generator.unit(), generator.unit()];
    let tau = std::f64::consts::TAU;
    let passing = fan.rpm / 60.0 * f64::from(fan.blades);
    let highest = ((0.45 * RATE / passing) as usize).clamp(1, HARMONICS);
    let power: f64 = (0..highest).map(|k| FALL.powi(2 * k as i32) / 2.0).sum();
    let amplitude = amplitude(fan.tone_db) / power.sqrt();
    let mut turn = generator.unit();
    for (i, y) in out.iter_mut().enumerate() {
        let t = i as f64 / RATE;
        let slow =
            (tau * (swing[0] * t + phase[0])).sin() + (tau * (swing[1] * t + phase[1])).sin();
        turn = (turn + passing * (1.0 + fan.drift * 0.5 * slow) / RATE).fract();
        // sin(k x) from the two before it.
        let (sine, cosine) = (tau * turn).sin_cos();
        let (mut before, mut now, mut weight, mut sum) = (0.0, sine, 1.0, 0.0);
        for _ in 0..highest {
            sum += weight * now;
            weight *= FALL;
            (before, now) = (now, 2.0 * cosine * now - before);
        }
        *y += (amplitude * sum) as f32;
    }
    level(&mut out, pascal(fan.level_db_spl));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::db_spl;
    use earnest_random::Key;

    #[test]
    fn a_fan_has_its_level_and_its_tone_at_the_blades_passing() {
        let description = Fan {
            name: "f".into(),
            rpm: 3_000.0,
            blades: 9,
            level_db_spl: 50.0,
            tone_db: 0.0,
            exponent: 1.0,
            drift: 0.0,
            place_m: None,
        };
        let mut generator = Key::new(1).generator();
        let out = fan(
            &description,
            32_000,
            &mut generator,
            &mut SpectrumShaper::default(),
        );
        let rms = f64::from(earnest_signal::rms(&out));
        assert!((db_spl(rms) - 50.0).abs() < 0.01);
        let power_at = |hz: f64| {
            let (mut re, mut im) = (0.0, 0.0);
            for (i, x) in out.iter().enumerate() {
                let phase = std::f64::consts::TAU * hz * i as f64 / 16_000.0;
                re += f64::from(*x) * phase.cos();
                im += f64::from(*x) * phase.sin();
            }
            re * re + im * im
        };
        // 3,000 rpm x 9 blades: 450 Hz.
        assert!(power_at(450.0) > 100.0 * power_at(520.0));
        assert!(power_at(900.0) > 30.0 * power_at(1_010.0));
    }
}
