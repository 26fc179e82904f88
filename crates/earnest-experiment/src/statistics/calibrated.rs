//! How honest probabilities are, with intervals over speakers.

use super::{Interval, resampled};
use crate::evaluation::calibration::{FIGURES, Figures, Reliability, ReliabilityBySpeaker, Sums};
use crate::evaluation::tally::mean_of_some;

/// What probabilities come to, over all speakers; of several seeds the mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibrated {
    /// In the order of [`FIGURES`].
    pub figures: Figures,
    /// 95 % intervals over speakers; none below three.
    pub intervals: [Option<Interval>; FIGURES.len()],
    /// All answers of all seeds together, for figures.
    pub reliability: Reliability,
}

/// All speakers' answers together.
fn together<'a>(speakers: impl Iterator<Item = &'a Reliability>) -> Reliability {
    let mut all = Reliability::default();
    speakers.for_each(|of_speaker| all.merge(of_speaker));
    all
}

impl Calibrated {
    /// Of each seed's answers by speaker; `None` without any.
    #[must_use]
    pub fn of(seeds: &[ReliabilityBySpeaker]) -> Option<Self> {
        let all: Vec<Reliability> = seeds.iter().map(|seed| together(seed.values())).collect();
        let figures: Vec<Figures> = all.iter().map(Reliability::figures).collect();
        let intervals = resampled(seeds, |drawn| {
            let of_seeds: Vec<Figures> = drawn
                .iter()
                .map(|of_seed| {
                    let mut all = Sums::default();
                    of_seed.iter().for_each(|of| all.merge(of.sums()));
                    all.figures()
                })
                .collect();
            mean_of_some(&of_seeds)
        });
        (!seeds.is_empty()).then(|| Self {
            figures: mean_of_some(&figures),
            intervals,
            reliability: together(all.iter()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::calibration::reliability_by_speaker;
    use crate::evaluation::prediction::{Prediction, Truth};

    fn said(speaker: &str, truth: usize, answer: &[f32]) -> Prediction {
        Prediction {
            condition: "clean".into(),
            id: String::new(),
            speaker: speaker.into(),
            truth: Truth::Class(truth),
            answer: answer.to_vec(),
        }
    }

    #[test]
    fn without_answers_there_is_nothing() {
        assert_eq!(Calibrated::of(&[]), None);
    }

    #[test]
    fn speakers_together_are_all_their_answers_and_intervals_hold_the_figure() {
        let answer = |i: usize| {
            let p = 0.5 + (i * 7 % 50) as f32 / 100.0;
            said(["a", "b", "c", "d"][i % 4], i * 5 % 3 % 2, &[p, 1.0 - p])
        };
        let all: Vec<Prediction> = (0..80).map(answer).collect();
        let seed = reliability_by_speaker(all.iter()).unwrap();
        let of = Calibrated::of(std::slice::from_ref(&seed)).unwrap();
        let direct = Reliability::of(all.iter()).unwrap();
        for (i, (a, b)) in of.figures.iter().zip(direct.figures()).enumerate() {
            assert!((a.unwrap() - b.unwrap()).abs() < 1e-12, "{}", FIGURES[i]);
        }
        let loss = of.intervals[1].unwrap();
        let value = of.figures[1].unwrap();
        assert!(loss.low <= value && value <= loss.high);
        // Two seeds that say the same have the figures of one, and twice its answers.
        let twice = Calibrated::of(&[seed.clone(), seed]).unwrap();
        assert_eq!((twice.figures, twice.intervals), (of.figures, of.intervals));
        for (a, b) in twice.reliability.figures().iter().zip(of.figures) {
            assert!((a.unwrap() - b.unwrap()).abs() < 1e-12);
        }
        let answers = |c: &Calibrated| {
            c.reliability
                .bins()
                .iter()
                .map(|b| b.answers)
                .sum::<usize>()
        };
        assert_eq!((answers(&twice), answers(&of)), (160, 80));
    }
}
