//! What happens in a room now and then: recordings of a kind, or synthetic ones.

use earnest_random::Generator;
use earnest_signal::{SpectrumShaper, coloured_noise, high_pass, low_pass};

use super::{RATE, level};

/// Kinds that can be made without a recording.
pub const BUILT_IN: [&str; 4] = ["air conditioner", "babble", "knocks", "telephone"];

/// A synthetic event of a built-in kind, with an RMS of 1 where it sounds; `None` if the kind is
/// not built in.
pub fn synthetic(
    kind: &str,
    n: usize,
    generator: &mut Generator,
    shaper: &mut SpectrumShaper,
) -> Option<Vec<f32>> {
    let mut out = match kind {
        "air conditioner" => air_conditioner(n, generator, shaper),
        "babble" => babble(n, generator, shaper),
        "knocks" => knocks(n, generator),
        "telephone" => telephone(n, generator),
        _ => return None,
    };
    level(&mut out, 1.0);
    Some(out)
}

fn seed(generator: &mut Generator) -> u64 {
    generator.next_u64() >> 32
}

/// Steady dark noise with a compressor's hum.
fn air_conditioner(n: usize, generator: &mut Generator, shaper: &mut SpectrumShaper) -> Vec<f32> {
    let mut out = coloured_noise(n, RATE as u32, 1.6, seed(generator), shaper);
    level(&mut out, 1.0);
    let hz = generator.uniform(46.0, 60.0);
    for (i, y) in out.iter_mut().enumerate() {
        let phase = std::f64::consts::TAU * 2.0 * hz * i as f64 / RATE;
        *y += (0.3 * phase.sin() + 0.15 * (2.0 * phase).sin()) as f32;
    }
    out
}

/// Several talkers at once, none to be understood: noise with the long-term spectrum of speech
/// and the rhythm of syllables.
fn babble(n: usize, generator: &mut Generator, shaper: &mut SpectrumShaper) -> Vec<f32> {
    let mut out = vec![0.0_f32; n];
    for _ in 0..5 {
        let mut talker = coloured_noise(n, RATE as u32, 0.0, seed(generator), shaper);
        let formant = generator.uniform(350.0, 650.0);
        // Level to about 500 Hz, then 9 dB an octave down.
        shaper.shape(&mut talker, RATE as u32, |hz| {
            high_pass(hz, 120.0, 2)
                * low_pass(hz, formant, 1)
                * low_pass(hz, 2.5 * formant, 1).sqrt()
        });
        level(&mut talker, 1.0);
        let (rate, phase) = (generator.uniform(3.0, 5.5), generator.unit());
        let (slow, late) = (generator.uniform(0.3, 0.8), generator.unit());
        let tau = std::f64::consts::TAU;
        for (i, (y, x)) in out.iter_mut().zip(&talker).enumerate() {
            let t = i as f64 / RATE;
            let syllable = (0.5 + 0.5 * (tau * (rate * t + phase)).sin()).powf(1.5);
            let phrase = (0.6 + 0.6 * (tau * (slow * t + late)).sin()).clamp(0.0, 1.0);
            *y += x * (syllable * phrase) as f32;
        }
    }
    out
}

/// Two to five knocks on a door.
fn knocks(n: usize, generator: &mut Generator) -> Vec<f32> {
    let mut out = vec![0.0_f32; n];
    let every = generator.uniform(0.16, 0.28);
    let modes: Vec<(f64, f64)> = (0..4)
        .map(|k| {
            let hz = generator.uniform(90.0, 160.0) * f64::from(1 + 2 * k);
            (hz, 0.7_f64.powi(k))
        })
        .collect();
    for knock in 0..2 + generator.below(4) {
        let strength = generator.uniform(0.6, 1.0);
        let at = ((knock as f64 * every + 0.01) * RATE) as usize;
        for (i, y) in out
            .iter_mut()
            .skip(at)
            .take((0.15 * RATE) as usize)
            .enumerate()
        {
            let t = i as f64 / RATE;
            let ring: f64 = modes
                .iter()
                .map(|(hz, a)| a * (std::f64::consts::TAU * hz * t).sin())
                .sum();
            let click = generator.normal() * (-t / 0.002).exp();
            *y += (strength * (ring + click) * (-t / 0.025).exp()) as f32;
        }
    }
    out
}

/// Two tones in turn, twenty times a second, in rings of a second.
fn telephone(n: usize, generator: &mut Generator) -> Vec<f32> {
    let (low, high) = (
        generator.uniform(750.0, 900.0),
        generator.uniform(1_000.0, 1_250.0),
    );
    let mut phase = 0.0_f64;
    (0..n)
        .map(|i| {
            let t = i as f64 / RATE;
            let hz = if (20.0 * t).fract() < 0.5 { low } else { high };
            phase = (phase + hz / RATE).fract();
            let rings = (t / 1.6).fract() * 1.6 < 1.0;
            let wave = (std::f64::consts::TAU * phase).sin()
                + 0.3 * (3.0 * std::f64::consts::TAU * phase).sin();
            if rings { wave as f32 } else { 0.0 }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_random::Key;

    #[test]
    fn every_built_in_kind_sounds_at_its_level_and_differs_each_time() {
        let mut shaper = SpectrumShaper::default();
        for kind in BUILT_IN {
            let mut generator = Key::new(1).with(kind).generator();
            let a = synthetic(kind, 24_000, &mut generator, &mut shaper).unwrap();
            let b = synthetic(kind, 24_000, &mut generator, &mut shaper).unwrap();
            assert!((earnest_signal::rms(&a) - 1.0).abs() < 1e-3, "{kind}");
            assert!(a.iter().all(|x| x.is_finite()) && a != b);
        }
        assert!(synthetic("doorbell", 10, &mut Key::new(1).generator(), &mut shaper).is_none());
    }
}
