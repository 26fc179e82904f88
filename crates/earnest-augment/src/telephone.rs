//! The telephone: 300 .. 3400 Hz, 8 kHz, 8 bits on a logarithmic scale.

use earnest_signal::{SpectrumShaper, high_pass};

const LOW_HZ: f64 = 300.0;
const HIGH_HZ: f64 = 3_400.0;
/// Nothing is left from here on: half the line's rate.
const END_HZ: f64 = 4_000.0;
/// Constant of the companding law in North America and Japan (ITU-T G.711).
const MU: f32 = 255.0;

/// Steepness of the lower band limit.
const ORDER: u32 = 4;

/// One cosine fall from the band's end to half the line's rate, so that no alias is heard.
fn band_end(hz: f64) -> f64 {
    let x = ((hz - HIGH_HZ) / (END_HZ - HIGH_HZ)).clamp(0.0, 1.0);
    0.5 + 0.5 * (std::f64::consts::PI * x).cos()
}

/// Through mu-law and back, in 8 bits: sign and 127 steps of equal width in the logarithm.
fn companded(x: f32) -> f32 {
    let compressed = (MU * x.abs().min(1.0)).ln_1p() / MU.ln_1p();
    let step = (compressed * 127.0).round() / 127.0;
    ((step * MU.ln_1p()).exp_m1() / MU).copysign(x)
}

/// 16 kHz speech as a telephone line carries it; full scale is 1.0.
pub fn telephone(samples: &mut [f32], shaper: &mut SpectrumShaper) {
    const RATE: u32 = earnest_signal::SAMPLE_RATE;
    shaper.shape(samples, RATE, |hz| {
        high_pass(hz, LOW_HZ, ORDER) * band_end(hz)
    });
    // Every other sample is sent; the low-pass that follows fills the ones between.
    for (i, x) in samples.iter_mut().enumerate() {
        *x = if i % 2 == 0 { 2.0 * companded(*x) } else { 0.0 };
    }
    shaper.shape(samples, RATE, band_end);
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_signal::rms;

    #[test]
    fn only_the_band_gets_through_and_a_tone_in_it_keeps_its_level() {
        let mut shaper = SpectrumShaper::default();
        for (hz, least, most) in [
            (100.0, -60.0, -30.0),
            (1_000.0, -0.3, 0.3),
            (3_000.0, -0.3, 0.3),
            (5_000.0, -200.0, -50.0),
        ] {
            let tone: Vec<f32> = (0..16_000)
                .map(|i| (std::f32::consts::TAU * hz * i as f32 / 16_000.0).sin() * 0.3)
                .collect();
            let mut heard = tone.clone();
            telephone(&mut heard, &mut shaper);
            let middle = 4_000..12_000;
            let db = 20.0 * (rms(&heard[middle.clone()]) / rms(&tone[middle])).log10();
            assert!((least..=most).contains(&db), "{hz} Hz: {db} dB");
        }
    }

    #[test]
    fn companding_keeps_its_38_db_of_signal_over_quantisation_noise_at_any_level() {
        for level in [0.01_f32, 0.1, 0.9] {
            let (mut signal, mut error) = (0.0, 0.0);
            for i in 0..10_000 {
                let x = level * (i as f32 * 0.37).sin();
                signal += x * x;
                error += (x - companded(x)).powi(2);
            }
            let snr = 10.0 * (signal / error).log10();
            assert!((30.0..42.0).contains(&snr), "{level}: {snr} dB");
        }
    }
}
