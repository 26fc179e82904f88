//! Speech by how loud it is.

use super::{VoiceActivity, WINDOW};

/// Windows of a block, and blocks of which the softest window is the noise: some 4 s.
const BLOCK: usize = 16;
const BLOCKS: usize = 8;
/// Decibels above the noise at which speech is as probable as not, and in which its odds grow e times.
const MIDDLE_DB: f32 = 9.0;
const SLOPE_DB: f32 = 2.0;
/// Softer than this is never speech, dB below full scale.
const FLOOR_DB: f32 = -60.0;

/// How far a window's level lies above the softest window of the last four seconds (after the minimum statistics of
/// Martin 2001): `p = 1 / (1 + exp(-(level - noise - 9 dB) / 2 dB))`, 0 below -60 dB.
#[derive(Clone, Debug)]
pub struct Energy {
    softest: [f32; BLOCKS],
    block: usize,
    windows: usize,
}

impl Energy {
    /// One that has heard nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            softest: [f32::INFINITY; BLOCKS],
            block: 0,
            windows: 0,
        }
    }
}

impl Default for Energy {
    fn default() -> Self {
        Self::new()
    }
}

impl VoiceActivity for Energy {
    fn hear(&mut self, window: &[f32; WINDOW]) -> f32 {
        let level = super::level_db(window);
        if self.windows == BLOCK {
            self.windows = 0;
            self.block = (self.block + 1) % BLOCKS;
            self.softest[self.block] = f32::INFINITY;
        }
        self.windows += 1;
        let own = &mut self.softest[self.block];
        *own = own.min(level);
        let noise = self.softest.iter().copied().fold(f32::INFINITY, f32::min);
        match level > FLOOR_DB {
            true => {
                let above = level - noise.max(FLOOR_DB) - MIDDLE_DB;
                1.0 / (1.0 + (-above / SLOPE_DB).exp())
            }
            false => 0.0,
        }
    }

    fn reset(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_loud_beside_the_noise_is_speech_and_steady_noise_is_not() {
        let tone = |amplitude: f32| std::array::from_fn(|i| amplitude * (i as f32 * 0.3).sin());
        let mut energy = Energy::new();
        let mut heard = Vec::new();
        for i in 0..300 {
            let loud = (100..130).contains(&i);
            heard.push(energy.hear(&tone(if loud { 0.2 } else { 0.01 })));
        }
        assert!(heard[..100].iter().all(|p| *p < 0.1));
        assert!(heard[100..130].iter().all(|p| *p > 0.9));
        assert!(heard[130..].iter().all(|p| *p < 0.1));
        assert_eq!(energy.hear(&[0.0; WINDOW]), 0.0);
    }
}
