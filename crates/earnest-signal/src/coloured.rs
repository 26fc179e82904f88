//! Noise of a colour: power that falls (or rises) with frequency.

use earnest_random::Key;

use crate::spectrum::SpectrumShaper;

/// Below this the spectrum is level, Hz: a falling one would be all rumble.
const LEVEL_BELOW_HZ: f64 = 20.0;

/// Gaussian noise whose power goes as `f^-exponent` above 20 Hz: 0 is white, 1 pink, 2 brown
/// (red), -1 blue, -2 violet. Its RMS is arbitrary. The same seed gives the same noise.
#[must_use]
pub fn coloured_noise(
    length: usize,
    sample_rate: u32,
    exponent: f64,
    seed: u64,
    shaper: &mut SpectrumShaper,
) -> Vec<f32> {
    let mut generator = Key::new(seed).with("coloured noise").generator();
    // Both halves of Box and Muller's pair: this is most of the work.
    let mut noise = Vec::with_capacity(length + 1);
    while noise.len() < length {
        let radius = (-2.0 * (1.0 - generator.unit()).ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * generator.unit()).sin_cos();
        noise.extend([(radius * cos) as f32, (radius * sin) as f32]);
    }
    noise.truncate(length);
    if exponent != 0.0 {
        shaper.shape(&mut noise, sample_rate, |hz| {
            (hz.max(LEVEL_BELOW_HZ) / 1_000.0).powf(-exponent / 2.0)
        });
    }
    noise
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gain_curve::{high_pass, low_pass};
    use earnest_level::rms;

    #[test]
    fn power_falls_by_three_db_an_octave_for_each_unit_of_the_exponent() {
        let mut shaper = SpectrumShaper::default();
        for exponent in [-2.0, -1.0, 0.0, 1.0, 2.0] {
            let noise = coloured_noise(160_000, 16_000, exponent, 5, &mut shaper);
            let mut level = |from: f64| {
                let mut band = noise.clone();
                shaper.shape(&mut band, 16_000, |hz| {
                    high_pass(hz, from, 16) * low_pass(hz, 2.0 * from, 16)
                });
                20.0 * f64::from(rms(&band)).log10()
            };
            // Octave bands: white gains 3 dB an octave, pink none.
            let slope = (level(2_000.0) - level(250.0)) / 3.0;
            let expected = 3.01 * (1.0 - exponent);
            assert!((slope - expected).abs() < 0.3, "{exponent}: {slope}");
        }
    }
}
