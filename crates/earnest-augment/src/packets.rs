//! A network that loses packets.

use earnest_random::Key;
use serde::{Deserialize, Serialize};

/// What is heard in place of a lost packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Concealment {
    /// Nothing.
    #[default]
    Silence,
    /// The packet before, quieter each time (6 dB for each packet).
    Repeat,
}

/// Ramps at the edges of a gap, seconds: a decoder's.
const RAMP_S: f64 = 0.001;

/// Loses packets of `packet` samples: a share of `loss` in all, in bursts that are `burst`
/// packets long in the mean (a two-state chain; Gilbert 1960). The first packet always
/// arrives. Returns how many were lost.
pub fn drop_packets(
    samples: &mut [f32],
    sample_rate: u32,
    packet: usize,
    loss: f64,
    burst: f64,
    concealment: Concealment,
    seed: u64,
) -> usize {
    let packet = packet.max(1);
    let end = 1.0 / burst.max(1.0);
    // In the long run loss = begin / (begin + end).
    let begin = (end * loss / (1.0 - loss).max(1e-9)).min(1.0);
    let mut generator = Key::new(seed).with("packets").generator();
    let ramp = ((RAMP_S * f64::from(sample_rate)) as usize).min(packet / 2);
    let count = samples.len().div_ceil(packet);
    let mut lost = 0;
    let mut gap = 0_usize; // packets lost in a row so far
    for k in 1..count {
        gap = match gap {
            0 => usize::from(generator.chance(begin)),
            _ if generator.chance(end) => {
                rise(&mut samples[k * packet..], ramp);
                0
            }
            n => n + 1,
        };
        if gap == 0 {
            continue;
        }
        lost += 1;
        let at = k * packet;
        let length = packet.min(samples.len() - at);
        match concealment {
            Concealment::Silence => {
                if gap == 1 {
                    fall(&mut samples[..at], ramp);
                }
                samples[at..at + length].fill(0.0);
            }
            Concealment::Repeat => {
                let from = at - packet;
                samples.copy_within(from..from + length, at);
                for x in &mut samples[at..at + length] {
                    *x *= 0.5;
                }
            }
        }
    }
    lost
}

/// Fades the last `ramp` samples out.
fn fall(samples: &mut [f32], ramp: usize) {
    let start = samples.len().saturating_sub(ramp);
    for (i, x) in samples[start..].iter_mut().enumerate() {
        *x *= 1.0 - (i + 1) as f32 / (ramp + 1) as f32;
    }
}

/// Fades the first `ramp` samples in.
fn rise(samples: &mut [f32], ramp: usize) {
    for (i, x) in samples.iter_mut().take(ramp).enumerate() {
        *x *= (i + 1) as f32 / (ramp + 1) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_asked_share_is_lost_in_bursts_of_the_asked_length() {
        let mut samples = vec![1.0_f32; 320 * 20_000];
        let lost = drop_packets(&mut samples, 16_000, 320, 0.1, 3.0, Concealment::Silence, 1);
        assert!((lost as f64 / 20_000.0 - 0.1).abs() < 0.02, "{lost}");
        let silent: Vec<bool> = samples.chunks(320).map(|c| c[100] == 0.0).collect();
        assert_eq!(silent.iter().filter(|s| **s).count(), lost);
        let bursts = silent.windows(2).filter(|w| !w[0] && w[1]).count();
        let mean = lost as f64 / bursts as f64;
        assert!((2.5..3.5).contains(&mean), "{mean}");
    }

    #[test]
    fn nothing_is_lost_at_zero_and_concealment_repeats_what_was_heard() {
        let tone: Vec<f32> = (0..32_000).map(|i| (i as f32 * 0.1).sin()).collect();
        let mut same = tone.clone();
        assert_eq!(
            drop_packets(&mut same, 16_000, 320, 0.0, 1.0, Concealment::Silence, 2),
            0
        );
        assert_eq!(same, tone);
        let mut heard = tone.clone();
        let lost = drop_packets(&mut heard, 16_000, 320, 0.2, 1.0, Concealment::Repeat, 2);
        assert!(lost > 5);
        assert!(heard.chunks(320).all(|c| c.iter().any(|x| *x != 0.0)));
        drop_packets(&mut [], 16_000, 320, 0.5, 1.0, Concealment::Repeat, 2);
    }
}
