//! Noises and rooms that Earnest makes itself, for the demo and for people who have none.
//! They are synthetic and are called so. What the robot condition uses is never in the
//! training set.

use earnest_random::{Generator, Key};
use earnest_signal::SAMPLE_RATE;

const RATE: f64 = SAMPLE_RATE as f64;

/// One-pole low-pass noise: the larger `smooth` (0 .. 1), the darker.
fn coloured(generator: &mut Generator, n: usize, smooth: f64) -> Vec<f64> {
    let mut state = 0.0;
    (0..n)
        .map(|_| {
            state = smooth * state + (1.0 - smooth) * generator.normal();
            state
        })
        .collect()
}

fn finish(samples: Vec<f64>) -> Vec<f32> {
    let peak = samples.iter().fold(1e-9_f64, |m, x| m.max(x.abs()));
    samples
        .into_iter()
        .map(|x| (0.5 * x / peak) as f32)
        .collect()
}

/// Impacts: bursts of noise and damped modes at random times.
fn impacts(generator: &mut Generator, n: usize, each_second: f64, decay_s: f64) -> Vec<f64> {
    let mut out = coloured(generator, n, 0.9)
        .into_iter()
        .map(|x| x * 0.01)
        .collect::<Vec<_>>();
    let mut at = 0.0;
    loop {
        at += -(1.0 - generator.unit()).ln() / each_second * RATE;
        if at as usize >= n {
            return out;
        }
        let modes: Vec<(f64, f64)> = (0..4)
            .map(|_| {
                (
                    generator.uniform(200.0, 4000.0),
                    generator.uniform(0.2, 1.0),
                )
            })
            .collect();
        let decay = decay_s * generator.uniform(0.5, 1.5) * RATE;
        for (k, y) in out[at as usize..]
            .iter_mut()
            .enumerate()
            .take((decay * 6.0) as usize)
        {
            let t = k as f64 / RATE;
            let ring: f64 = modes
                .iter()
                .map(|(f, a)| a * (std::f64::consts::TAU * f * t).sin())
                .sum();
            let crack = generator.normal() * (-(k as f64) / (0.15 * decay)).exp();
            *y += (ring + crack) * (-(k as f64) / decay).exp();
        }
    }
}

/// A tone whose pitch moves between two frequencies, or alternates between them.
fn alarm(generator: &mut Generator, n: usize, sweep: bool) -> Vec<f64> {
    let (low, high) = (
        generator.uniform(400.0, 900.0),
        generator.uniform(1000.0, 2500.0),
    );
    let period = generator.uniform(0.3, 1.5) * RATE;
    let mut phase = 0.0_f64;
    (0..n)
        .map(|i| {
            let x = (i as f64 / period).fract();
            let f = if sweep {
                low + (high - low) * (0.5 - 0.5 * (std::f64::consts::TAU * x).cos())
            } else if x < 0.5 {
                low
            } else {
                high
            };
            phase += f / RATE;
            let p = std::f64::consts::TAU * phase;
            p.sin() + 0.3 * (3.0 * p).sin() + 0.02 * generator.normal()
        })
        .collect()
}

/// Short beeps or taps with pauses.
fn beeps(generator: &mut Generator, n: usize) -> Vec<f64> {
    let f = generator.uniform(600.0, 3000.0);
    let (on, off) = (generator.uniform(0.05, 0.2), generator.uniform(0.1, 0.5));
    (0..n)
        .map(|i| {
            let t = i as f64 / RATE;
            let gate = if (t / (on + off)).fract() * (on + off) < on {
                1.0
            } else {
                0.02
            };
            gate * (std::f64::consts::TAU * f * t).sin() + 0.01 * generator.normal()
        })
        .collect()
}

/// A machine: mains hum and broadband noise that swells and falls.
fn machine(generator: &mut Generator, n: usize) -> Vec<f64> {
    let (hum, smooth) = (generator.uniform(45.0, 120.0), generator.uniform(0.3, 0.95));
    let swell = generator.uniform(0.1, 2.0);
    coloured(generator, n, smooth)
        .into_iter()
        .enumerate()
        .map(|(i, x)| {
            let t = i as f64 / RATE;
            let w = std::f64::consts::TAU * t;
            let tones = (hum * w).sin() + 0.5 * (2.0 * hum * w).sin() + 0.3 * (3.0 * hum * w).sin();
            x * (1.0 + 0.5 * (swell * w).sin()) * 3.0 + 0.15 * tones
        })
        .collect()
}

/// Noises for training: 24 clips of 4 s in six kinds (knocks, crashes, sirens, alarms,
/// beeps, machines). Name and samples at 16 kHz.
#[must_use]
pub fn builtin_noises(seed: u64) -> Vec<(String, Vec<f32>)> {
    let n = 4 * SAMPLE_RATE as usize;
    let mut out = Vec::new();
    for kind in ["knocks", "crashes", "siren", "alarm", "beeps", "machine"] {
        for number in 0..4_u64 {
            let mut generator = Key::new(seed)
                .with("builtin noise")
                .with(kind)
                .with(number)
                .generator();
            let samples = match kind {
                "knocks" => impacts(&mut generator, n, 5.0, 0.02),
                "crashes" => impacts(&mut generator, n, 1.5, 0.2),
                "siren" => alarm(&mut generator, n, true),
                "alarm" => alarm(&mut generator, n, false),
                "beeps" => beeps(&mut generator, n),
                _ => machine(&mut generator, n),
            };
            out.push((format!("synthetic {kind} {number}"), finish(samples)));
        }
    }
    out
}

/// Ego noise of an imagined robot: fans with blade-pass tones that drift, and motor whine
/// in moves. Never used in training.
#[must_use]
pub fn robot_noises(seed: u64) -> Vec<(String, Vec<f32>)> {
    let n = 6 * SAMPLE_RATE as usize;
    (0..6_u64)
        .map(|number| {
            let mut generator = Key::new(seed).with("robot noise").with(number).generator();
            let blade = generator.uniform(180.0, 420.0);
            let drift = generator.uniform(0.05, 0.3);
            let dark = coloured(&mut generator, n, 0.8);
            let bright = coloured(&mut generator, n, 0.2);
            let (mut phase, mut whine) = (0.0_f64, 0.0_f64);
            let top = generator.uniform(700.0, 1800.0);
            let move_s = generator.uniform(0.8, 2.5);
            let samples = (0..n)
                .map(|i| {
                    let t = i as f64 / RATE;
                    let w = std::f64::consts::TAU;
                    phase += blade * (1.0 + 0.02 * (w * drift * t).sin()) / RATE;
                    let tones = (w * phase).sin()
                        + 0.5 * (2.0 * w * phase).sin()
                        + 0.25 * (4.0 * w * phase).sin();
                    // Speed profile of a joint: up, hold, down, rest.
                    let x = (t / (2.0 * move_s)).fract() * 2.0;
                    let speed = if x < 1.0 {
                        (w / 2.0 * x).sin().max(0.0).sqrt()
                    } else {
                        0.0
                    };
                    whine += top * speed / RATE;
                    let motor = speed
                        * ((w * whine).sin() + 0.6 * (2.0 * w * whine).sin() + 0.5 * bright[i]);
                    2.5 * dark[i] + 0.35 * bright[i] + 0.12 * tones + 0.25 * motor
                })
                .collect();
            (format!("synthetic robot {number}"), finish(samples))
        })
        .collect()
}

/// A room as direct sound, a few reflections, and a tail of noise that decays faster at
/// high frequencies.
fn room(generator: &mut Generator, rt60_s: f64, direct_to_reverberant_db: f64) -> Vec<f32> {
    let n = ((rt60_s * 1.1 + 0.05) * RATE) as usize;
    let mut tail = vec![0.0_f64; n];
    let (mut slow, mut state) = (0.0_f64, 0.0_f64);
    for (i, y) in tail.iter_mut().enumerate() {
        let t = i as f64 / RATE;
        let x = generator.normal();
        // Air and walls take the highs first: the low-pass closes with time.
        let keep = 0.2 + 0.6 * (t / rt60_s).min(1.0);
        slow = keep * slow + (1.0 - keep) * x;
        state = 0.995 * state + 0.005 * slow;
        let onset = (t / 0.004).min(1.0);
        *y = (slow - state) * 10.0_f64.powf(-3.0 * t / rt60_s) * onset;
    }
    for _ in 0..8 {
        let at = generator.uniform(0.002, 0.04);
        let i = (at * RATE) as usize;
        if let Some(y) = tail.get_mut(i) {
            *y += generator.uniform(-0.6, 0.6) * (1.0 - at / 0.05);
        }
    }
    let energy: f64 = tail.iter().map(|x| x * x).sum::<f64>().max(1e-12);
    let wanted = 10.0_f64.powf(-direct_to_reverberant_db / 10.0);
    let scale = (wanted / energy).sqrt();
    let before = generator.below(80) + 16;
    let mut out = vec![0.0_f64; before + n];
    out[before] = 1.0;
    for (y, x) in out[before..].iter_mut().zip(&tail) {
        *y += x * scale;
    }
    finish(out)
}

/// Rooms for training: 16 responses with RT60 of 0.15 .. 1.2 s.
#[must_use]
pub fn builtin_rooms(seed: u64) -> Vec<(String, Vec<f32>)> {
    (0..16_u64)
        .map(|number| {
            let mut generator = Key::new(seed).with("builtin room").with(number).generator();
            let rt60 = 0.15 * (1.2_f64 / 0.15).powf(number as f64 / 15.0);
            let ratio = generator.uniform(-4.0, 8.0);
            let samples = room(&mut generator, rt60, ratio);
            (
                format!("synthetic room {number} (RT60 {rt60:.2} s)"),
                samples,
            )
        })
        .collect()
}

/// The room in which the imagined robot stands: responses for six places of the talker,
/// RT60 about 0.5 s. Never used in training.
#[must_use]
pub fn robot_rooms(seed: u64) -> Vec<(String, Vec<f32>)> {
    (0..6_u64)
        .map(|number| {
            let mut generator = Key::new(seed).with("robot room").with(number).generator();
            let rt60 = generator.uniform(0.45, 0.55);
            let ratio = generator.uniform(-2.0, 4.0);
            (
                format!("synthetic robot lab, place {number}"),
                room(&mut generator, rt60, ratio),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds for the backward-integrated energy to fall from -5 to -25 dB, times 3
    /// (Schroeder 1965; ISO 3382 T20).
    fn rt60(response: &[f32]) -> f64 {
        let mut left: f64 = response.iter().map(|x| f64::from(*x).powi(2)).sum();
        let total = left;
        let (mut t5, mut t25) = (None, None);
        for (i, x) in response.iter().enumerate() {
            left -= f64::from(*x).powi(2);
            let db = 10.0 * (left.max(1e-30) / total).log10();
            if db < -5.0 && t5.is_none() {
                t5 = Some(i);
            }
            if db < -25.0 && t25.is_none() {
                t25 = Some(i);
            }
        }
        3.0 * (t25.unwrap() - t5.unwrap()) as f64 / RATE
    }

    #[test]
    fn built_in_rooms_reverberate_from_a_little_to_a_lot() {
        let times: Vec<f64> = builtin_rooms(1).iter().map(|(_, r)| rt60(r)).collect();
        assert!(
            times.iter().copied().fold(f64::INFINITY, f64::min) < 0.25,
            "{times:?}"
        );
        assert!(times.iter().copied().fold(0.0, f64::max) > 0.6, "{times:?}");
    }

    #[test]
    fn what_the_robot_hears_is_never_in_the_training_set_and_nothing_is_silent() {
        let training: Vec<_> = builtin_noises(1)
            .into_iter()
            .chain(builtin_rooms(1))
            .collect();
        let robot: Vec<_> = robot_noises(1).into_iter().chain(robot_rooms(1)).collect();
        assert!(training.len() > 20 && robot.len() > 5);
        for (name, samples) in training.iter().chain(&robot) {
            assert!(samples.iter().all(|x| x.is_finite()), "{name}");
            assert!(earnest_signal::rms(samples) > 1e-3, "{name}");
        }
        for (name, samples) in &robot {
            assert!(training.iter().all(|(n, s)| n != name && s != samples));
        }
    }
}
