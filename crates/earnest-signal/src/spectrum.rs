//! Shaping a whole signal's spectrum by a gain curve, without moving anything in time.

use realfft::RealFftPlanner;

/// Silence put behind a signal before it is transformed, seconds: what a steep curve rings.
const PADDING_S: f64 = 0.1;

/// The least length of at least `n` that has no prime factor above 5 and is even: such
/// lengths are transformed fast.
#[must_use]
pub(crate) fn fast_length(n: usize) -> usize {
    let mut best = n.max(2).next_power_of_two();
    let mut fives = 1;
    while fives < best {
        let mut odd = fives;
        while odd < best {
            let twos = n.div_ceil(odd).next_power_of_two().max(2);
            best = best.min(odd * twos);
            odd *= 3;
        }
        fives *= 5;
    }
    best
}

/// Shapes spectra, keeping its FFT plans between calls.
pub struct SpectrumShaper {
    planner: RealFftPlanner<f32>,
}

impl Default for SpectrumShaper {
    fn default() -> Self {
        Self {
            planner: RealFftPlanner::new(),
        }
    }
}

impl SpectrumShaper {
    /// Multiplies the spectrum of `samples` by `gain(Hz)`, an amplitude factor (not dB). The
    /// curve has no phase: onsets stay where they are.
    pub fn shape(&mut self, samples: &mut [f32], sample_rate: u32, gain: impl Fn(f64) -> f64) {
        if samples.is_empty() {
            return;
        }
        let rate = f64::from(sample_rate);
        let size = fast_length(samples.len() + (PADDING_S * rate) as usize);
        let forward = self.planner.plan_fft_forward(size);
        let inverse = self.planner.plan_fft_inverse(size);
        let mut time = forward.make_input_vec();
        let mut spectrum = forward.make_output_vec();
        time[..samples.len()].copy_from_slice(samples);
        // The buffers come from the plans, so these cannot fail.
        let there = forward.process(&mut time, &mut spectrum);
        for (i, bin) in spectrum.iter_mut().enumerate() {
            *bin *= (gain(i as f64 * rate / size as f64) / size as f64) as f32;
        }
        // Both are real for a real signal (the size is even); rounding must not say otherwise.
        if let Some(dc) = spectrum.first_mut() {
            dc.im = 0.0;
        }
        if let Some(nyquist) = spectrum.last_mut() {
            nyquist.im = 0.0;
        }
        let back = inverse.process(&mut spectrum, &mut time);
        debug_assert!(there.is_ok() && back.is_ok());
        let n = samples.len();
        samples.copy_from_slice(&time[..n]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fast_lengths_are_long_enough_even_and_smooth() {
        for n in [1, 2, 3, 31, 97, 1000, 72_000, 73_601, 131_073] {
            let mut length = fast_length(n);
            assert!(length >= n && length.is_multiple_of(2) && length <= 2 * n.max(2));
            for p in [2, 3, 5] {
                while length.is_multiple_of(p) {
                    length /= p;
                }
            }
            assert_eq!(length, 1);
        }
        assert_eq!(fast_length(72_000), 72_000);
    }

    #[test]
    fn a_flat_curve_changes_nothing_and_a_tone_gets_the_gain_at_its_frequency() {
        let tone: Vec<f32> = (0..16_000)
            .map(|i| (std::f32::consts::TAU * 1_000.0 * i as f32 / 16_000.0).sin() * 0.5)
            .collect();
        let mut shaper = SpectrumShaper::default();
        let mut same = tone.clone();
        shaper.shape(&mut same, 16_000, |_| 1.0);
        for (a, b) in same.iter().zip(&tone) {
            assert!((a - b).abs() < 1e-5);
        }
        let mut louder = tone.clone();
        shaper.shape(&mut louder, 16_000, |hz| 1.0 + hz / 1_000.0);
        let middle = 4_000..12_000;
        let ratio = earnest_level::rms(&louder[middle.clone()]) / earnest_level::rms(&tone[middle]);
        assert!((ratio - 2.0).abs() < 0.01, "{ratio}");
    }
}
