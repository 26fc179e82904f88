//! Mixtures of pairs of training utterances (mixup, Zhang et al. 2018).
//!
//! In each batch every utterance i gets a partner p(i), by a random order of the batch (some may be
//! their own), and a share drawn from Beta(a, a):
//!
//! ```text
//! x_i' = s x_i + (1 - s) x_p(i)      q_i' = s q_i + (1 - s) q_p(i)
//! ```
//!
//! of features and of what is wanted: probabilities of the classes, or values. A mixture is as long as
//! its first utterance: a partner that is shorter is repeated from its beginning, one that is longer is
//! cut, so a partner's share of the answer is its share of every frame. Each utterance is first in one
//! mixture and partner in one.

use earnest_features::Features;
use earnest_random::{Generator, Key};

/// The partner of each utterance of a batch, and the share of the utterance itself.
pub(crate) struct Mixture {
    partners: Vec<(usize, f64)>,
}

impl Mixture {
    /// For a batch of so many.
    pub fn draw(size: usize, alpha: f64, key: &Key) -> Self {
        let mut order: Vec<usize> = (0..size).collect();
        let mut generator = key.generator();
        generator.shuffle(&mut order);
        let with_share = |partner| (partner, symmetric_beta(alpha, &mut generator));
        Self {
            partners: order.into_iter().map(with_share).collect(),
        }
    }

    /// The mixtures of a batch's features.
    pub fn of_features(&self, given: &[Features]) -> Vec<Features> {
        let mix = |(own, (partner, share)): (&Features, &(usize, f64))| {
            let mut mixed = own.clone();
            let Some(partner) = given.get(*partner).filter(|p| !p.is_empty()) else {
                return mixed;
            };
            let (share, rest) = (*share as f32, (1.0 - share) as f32);
            let others = (0..partner.frames()).cycle();
            let columns = partner.columns();
            for (row, t) in mixed.rows_mut().zip(others) {
                let other = &partner.values()[t * columns..(t + 1) * columns];
                for (x, y) in row.iter_mut().zip(other) {
                    *x = share * *x + rest * *y;
                }
            }
            mixed
        };
        given.iter().zip(&self.partners).map(mix).collect()
    }

    /// The mixtures of rows of `width` numbers, one for each utterance.
    pub fn of_rows(&self, given: &[f64], width: usize) -> Vec<f64> {
        let rows = given.chunks_exact(width.max(1)).zip(&self.partners);
        let mix = |(own, (partner, share)): (&[f64], &(usize, f64))| {
            let other = &given[partner * width..(partner + 1) * width];
            let mixed = own.iter().zip(other);
            mixed
                .map(|(x, y)| share * x + (1.0 - share) * y)
                .collect::<Vec<f64>>()
        };
        rows.flat_map(mix).collect()
    }
}

/// A draw from Beta(a, a) (Jöhnk 1964): of two uniform numbers to the power of 1 / a, whose sum is at
/// most 1, the first by the sum. It takes some (2a over a) tries.
fn symmetric_beta(alpha: f64, generator: &mut Generator) -> f64 {
    loop {
        let x = generator.unit().powf(1.0 / alpha);
        let y = generator.unit().powf(1.0 / alpha);
        let sum = x + y;
        if sum > 0.0 && sum <= 1.0 {
            return x / sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_the_mean_variance_and_distribution_of_beta() {
        #[derive(serde::Deserialize)]
        struct Reference {
            alpha: f64,
            /// Below .1, .2, … .9.
            distribution: Vec<f64>,
        }
        let text = include_str!("../tests/reference/beta.json");
        let all: Vec<Reference> = serde_json::from_str(text).unwrap();
        assert_eq!(all.len(), 4);
        for reference in all {
            let mut generator = Key::new(5).with("beta").generator();
            let n = 20_000;
            let draws: Vec<f64> = (0..n)
                .map(|_| symmetric_beta(reference.alpha, &mut generator))
                .collect();
            let n = f64::from(n);
            let mean = draws.iter().sum::<f64>() / n;
            let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
            assert!((mean - 0.5).abs() < 0.01, "{mean}");
            let expected = 0.25 / (2.0 * reference.alpha + 1.0);
            assert!(
                (variance / expected - 1.0).abs() < 0.04,
                "{variance}, {expected}"
            );
            for (i, expected) in reference.distribution.iter().enumerate() {
                let limit = 0.1 * (i + 1) as f64;
                let below = draws.iter().filter(|x| **x < limit).count() as f64 / n;
                assert!((below - expected).abs() < 0.013, "{below} for {expected}");
            }
        }
    }

    #[test]
    fn a_mixture_is_as_long_as_its_first_and_its_partner_is_repeated_or_cut() {
        let features = |frames: usize, first: f32| {
            let values = (0..frames * 2).map(|i| first + (i / 2) as f32).collect();
            Features::from_values(2, values)
        };
        let given = [features(5, 0.0), features(2, 100.0)];
        let mixture = Mixture {
            partners: vec![(1, 0.75), (0, 0.5)],
        };
        let mixed = mixture.of_features(&given);
        let column = |f: &Features| f.rows().map(|row| row[1]).collect::<Vec<f32>>();
        assert_eq!(column(&mixed[0]), [25.0, 26.0, 26.5, 27.5, 28.0]);
        assert_eq!(column(&mixed[1]), [50.0, 51.0]);
        let wanted = [1.0, 0.0, 0.0, 1.0];
        assert_eq!(mixture.of_rows(&wanted, 2), [0.75, 0.25, 0.5, 0.5]);
    }

    #[test]
    fn everybody_is_a_partner_once() {
        let mixture = Mixture::draw(9, 0.4, &Key::new(2));
        let mut partners: Vec<usize> = mixture.partners.iter().map(|p| p.0).collect();
        partners.sort_unstable();
        assert_eq!(partners, (0..9).collect::<Vec<_>>());
        assert!(mixture.partners.iter().all(|p| (0.0..=1.0).contains(&p.1)));
    }
}
