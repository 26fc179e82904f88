//! Masks over stretches of frames or columns of training utterances (SpecAugment, Park et al. 2019,
//! without its time warping).

use earnest_features::Features;
use earnest_random::Key;
use serde::{Deserialize, Serialize};

use crate::engine::counted;

/// How many stretches of an utterance are masked, and how wide the widest may be.
///
/// Of each stretch the width is drawn uniformly from 0 to the widest, then where it begins, uniformly
/// among all places where it fits; stretches may overlap. Masked values are 0, which after
/// normalisation is the mean. Draws depend on the epoch and the utterance only. No stretch of frames is
/// wider than a fifth of the utterance's, the p = .2 of the paper, and none of columns
/// wider than half of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Masks {
    /// Stretches of each utterance.
    pub count: usize,
    /// The most frames, or columns, of one.
    pub widest: usize,
}

/// The most stretches, and the widest.
const MOST_COUNT: usize = 100;
const MOST_WIDE: usize = 100_000;
/// Of an utterance's frames, and of the columns, the widest is at most the whole by this.
const OF_FRAMES: usize = 5;
const OF_COLUMNS: usize = 2;

impl Masks {
    /// Refuses numbers out of bounds by a sentence that begins with the key.
    pub(crate) fn check(&self, key: &str) -> Result<(), String> {
        counted(&format!("{key}.count"), self.count, MOST_COUNT)?;
        counted(&format!("{key}.widest"), self.widest, MOST_WIDE)
    }

    /// In words, of frames or columns.
    pub(crate) fn words(&self, what: &str) -> String {
        let masks = if self.count == 1 { "mask" } else { "masks" };
        format!("{} {masks} over up to {} {what}", self.count, self.widest)
    }

    /// Each stretch, of so many places.
    fn draw(&self, places: usize, part: usize, key: &Key) -> impl Iterator<Item = (usize, usize)> {
        let mut generator = key.generator();
        let widest = self.widest.min(places / part);
        (0..self.count).map(move |_| {
            let width = generator.below(widest + 1);
            (generator.below(places - width + 1), width)
        })
    }

    /// Masks stretches of frames.
    pub(crate) fn over_frames(&self, features: &mut Features, key: &Key) {
        for (start, width) in self.draw(features.frames(), OF_FRAMES, key) {
            for row in features.rows_mut().skip(start).take(width) {
                row.fill(0.0);
            }
        }
    }

    /// Masks stretches of columns.
    pub(crate) fn over_columns(&self, features: &mut Features, key: &Key) {
        for (start, width) in self.draw(features.columns(), OF_COLUMNS, key) {
            for row in features.rows_mut() {
                row[start..start + width].fill(0.0);
            }
        }
    }
}

/// What is masked of the utterances of a training.
pub(crate) struct Masking {
    pub frames: Option<Masks>,
    pub columns: Option<Masks>,
    pub key: Key,
}

impl Masking {
    /// Masks an utterance in an epoch.
    pub fn apply(&self, features: &mut Features, epoch: usize, utterance: usize) {
        let key = |what: &str| {
            let key = self.key.with(what).with(epoch as u64);
            key.with(utterance as u64)
        };
        if let Some(masks) = self.frames {
            masks.over_frames(features, &key("mask frames"));
        }
        if let Some(masks) = self.columns {
            masks.over_columns(features, &key("mask columns"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: usize = 32;

    fn ones(frames: usize) -> Features {
        Features::from_values(COLUMNS, vec![1.0; frames * COLUMNS])
    }

    #[test]
    fn stretches_are_whole_within_their_width_and_every_place_is_met() {
        let masks = Masks {
            count: 1,
            widest: 7,
        };
        let (mut widths, mut met) = ([0; 8], [0; 100]);
        for k in 0..4000_u64 {
            let mut features = ones(100);
            masks.over_frames(&mut features, &Key::new(3).with(k));
            let masked: Vec<usize> = (0..100)
                .filter(|t| features.values()[t * COLUMNS] == 0.0)
                .collect();
            for t in &masked {
                let row = &features.values()[t * COLUMNS..(t + 1) * COLUMNS];
                assert!(row.iter().all(|x| *x == 0.0));
                met[*t] += 1;
            }
            widths[masked.len()] += 1;
            if let (Some(first), Some(last)) = (masked.first(), masked.last()) {
                assert_eq!(last - first + 1, masked.len());
            }
        }
        // Uniform from 0 to 7: 500 each, with a deviation of 21.
        assert!(widths.iter().all(|n| (400..600).contains(n)), "{widths:?}");
        // 3.5 of about 96.5 places on average: 145, fewer at the ends.
        assert!(met.iter().all(|n| *n > 10), "{met:?}");
        assert!(met[20..80].iter().all(|n| (90..210).contains(n)), "{met:?}");
    }

    #[test]
    fn a_fifth_of_the_frames_and_half_of_the_columns_is_the_widest_and_short_ones_stay() {
        let masks = Masks {
            count: 1,
            widest: 1000,
        };
        let (mut most_frames, mut most_columns) = (0, 0);
        for k in 0..500_u64 {
            let key = Key::new(3).with(k);
            let zeros = |f: &Features| f.values().iter().filter(|x| **x == 0.0).count();
            let mut features = ones(50);
            masks.over_frames(&mut features, &key);
            most_frames = most_frames.max(zeros(&features) / COLUMNS);
            let mut features = ones(50);
            masks.over_columns(&mut features, &key);
            most_columns = most_columns.max(zeros(&features) / 50);
            let mut features = ones(4);
            masks.over_frames(&mut features, &key);
            assert_eq!(features, ones(4));
            let mut one = Features::from_values(1, vec![1.0; 9]);
            masks.over_columns(&mut one, &key);
            assert_eq!(zeros(&one), 0);
        }
        assert_eq!((most_frames, most_columns), (10, 16));
    }
}
