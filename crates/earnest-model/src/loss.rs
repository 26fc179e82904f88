//! Losses: the mean over a batch, and its gradient with respect to the outputs.

use crate::real::Real;

/// What the outputs should have been.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// A class number for each utterance.
    Classes(Vec<usize>),
    /// Values, utterance by utterance, as many as there are outputs.
    Values(Vec<f32>),
}

/// Softmax of one row.
#[must_use]
pub fn softmax<T: Real>(row: &[T]) -> Vec<T> {
    let mut top = row.first().copied().unwrap_or(T::ZERO);
    for x in row {
        if *x > top {
            top = *x;
        }
    }
    let exps: Vec<T> = row.iter().map(|x| (*x - top).exp()).collect();
    let mut sum = T::ZERO;
    for e in &exps {
        sum += *e;
    }
    exps.into_iter().map(|e| e / sum).collect()
}

/// Cross-entropy for classes, mean squared error for values; and d loss / d outputs.
#[must_use]
pub fn loss<T: Real>(outputs: &[T], width: usize, targets: &Targets) -> (f64, Vec<T>) {
    weighted_loss(outputs, width, targets, &[])
}

/// The same where each utterance has a weight, which its loss is multiplied with before the mean is
/// taken; an utterance without one counts as of weight 1, which changes no bit.
#[must_use]
pub fn weighted_loss<T: Real>(
    outputs: &[T],
    width: usize,
    targets: &Targets,
    weights: &[f64],
) -> (f64, Vec<T>) {
    let weight = |utterance: usize| weights.get(utterance).copied().unwrap_or(1.0);
    match targets {
        Targets::Classes(classes) => {
            let n = classes.len().max(1) as f64;
            let mut total = 0.0;
            let mut gradient = Vec::with_capacity(outputs.len());
            for (i, (row, class)) in outputs.chunks_exact(width).zip(classes).enumerate() {
                let (p, weight) = (softmax(row), weight(i));
                // Not f64::max, which would hide a NaN.
                let probability = p.get(*class).map_or(f64::NAN, |p| p.to_f64());
                total -= weight
                    * if probability < f64::MIN_POSITIVE {
                        f64::MIN_POSITIVE.ln()
                    } else {
                        probability.ln()
                    };
                gradient.extend(p.into_iter().enumerate().map(|(j, p)| {
                    let truth = if j == *class { T::ONE } else { T::ZERO };
                    (p - truth) / T::from_f64(n) * T::from_f64(weight)
                }));
            }
            (total / n, gradient)
        }
        Targets::Values(values) => {
            let n = values.len().max(1) as f64;
            let mut total = 0.0;
            let gradient = outputs
                .iter()
                .zip(values)
                .enumerate()
                .map(|(i, (y, t))| {
                    let weight = weight(i / width.max(1));
                    let d = y.to_f64() - f64::from(*t);
                    total += weight * (d * d);
                    T::from_f64(weight * (2.0 * d / n))
                })
                .collect();
            (total / n, gradient)
        }
    }
}

/// What each class's probability should have been: 1 - s for an utterance's own class, and the share s
/// spread over all K of them (label smoothing, Szegedy et al. 2016),
///
/// ```text
/// q_j = w ((1 - s) [j = c] + s / K)
/// ```
///
/// times the utterance's weight w. `[utterances, width]`.
#[must_use]
pub(crate) fn smoothed(
    classes: &[usize],
    width: usize,
    weights: &[f64],
    smoothing: f64,
) -> Vec<f64> {
    let everywhere = smoothing / width.max(1) as f64;
    let row = |(i, class): (usize, &usize)| {
        let (weight, class) = (weights.get(i).copied().unwrap_or(1.0), *class);
        (0..width).map(move |j| {
            let own = if j == class { 1.0 - smoothing } else { 0.0 };
            weight * (own + everywhere)
        })
    };
    classes.iter().enumerate().flat_map(row).collect()
}

/// Cross-entropy with what every class's probability should have been, `[utterances, width]`, and its
/// gradient: the mean over n utterances of
///
/// ```text
/// L = - sum_j q_j ln p_j        dL / dy_j = (p_j sum_k q_k - q_j) / n
/// ```
#[must_use]
pub(crate) fn distribution_loss<T: Real>(
    outputs: &[T],
    width: usize,
    wanted: &[f64],
) -> (f64, Vec<T>) {
    let width = width.max(1);
    let n = (wanted.len() / width).max(1) as f64;
    let mut total = 0.0;
    let mut gradient = Vec::with_capacity(outputs.len());
    for (row, wanted) in outputs.chunks_exact(width).zip(wanted.chunks_exact(width)) {
        let row = row.iter().map(|y| y.to_f64());
        let top = row.clone().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = row.clone().map(|y| (y - top).exp()).sum();
        let mass: f64 = wanted.iter().sum();
        for (y, q) in row.zip(wanted) {
            let logarithm = y - top - sum.ln();
            total -= q * logarithm;
            gradient.push(T::from_f64((logarithm.exp() * mass - q) / n));
        }
    }
    (total / n, gradient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Reference {
        cases: Vec<Case>,
    }

    #[derive(serde::Deserialize)]
    struct Case {
        smoothing: f64,
        classes: Vec<usize>,
        width: usize,
        /// Of each utterance.
        weights: Vec<f64>,
        loss: f64,
        gradient: Vec<f64>,
    }

    #[test]
    fn smoothed_and_weighted_cross_entropy_and_its_gradient_are_pytorchs() {
        let text = include_str!("../tests/reference/cross_entropy.json");
        let reference: Reference = serde_json::from_str(text).unwrap();
        assert_eq!(reference.cases.len(), 4);
        for case in reference.cases {
            let n = case.classes.len() * case.width;
            let outputs: Vec<f64> = (0..n).map(|i| 2.0 * (1.1 * i as f64 + 0.3).sin()).collect();
            let wanted = smoothed(&case.classes, case.width, &case.weights, case.smoothing);
            let (loss, gradient) = distribution_loss(&outputs, case.width, &wanted);
            assert!((loss - case.loss).abs() < 1e-12, "{loss} for {}", case.loss);
            for (a, b) in gradient.iter().zip(&case.gradient) {
                assert!((a - b).abs() < 1e-12, "{a} for {b}");
            }
            // Without smoothing it is the loss of classes.
            if case.smoothing == 0.0 {
                let targets = Targets::Classes(case.classes);
                let (plain, of_plain) =
                    weighted_loss(&outputs, case.width, &targets, &case.weights);
                assert!((plain - loss).abs() < 1e-12);
                for (a, b) in gradient.iter().zip(&of_plain) {
                    assert!((a - b).abs() < 1e-12);
                }
            }
        }
        // What is no number stays none.
        let wanted = smoothed(&[0], 2, &[], 0.1);
        assert!(distribution_loss(&[f64::NAN, 0.0], 2, &wanted).0.is_nan());
        assert!(
            distribution_loss(&[0.0, f64::INFINITY], 2, &wanted)
                .0
                .is_nan()
        );
    }

    #[test]
    fn an_utterance_of_weight_2_counts_as_two_of_weight_1_and_weight_1_changes_no_bit() {
        let once = [0.3_f64, -0.2, 0.9, 0.1];
        let twice = [0.3, -0.2, 0.9, 0.1, 0.9, 0.1];
        for (one, two) in [
            (
                Targets::Classes(vec![0, 1]),
                Targets::Classes(vec![0, 1, 1]),
            ),
            (
                Targets::Values(vec![0.1, 0.2, 0.3, 0.4]),
                Targets::Values(vec![0.1, 0.2, 0.3, 0.4, 0.3, 0.4]),
            ),
        ] {
            let (weighted, gradient) = weighted_loss(&once, 2, &one, &[1.0, 2.0]);
            let (plain, doubled) = loss(&twice, 2, &two);
            // The mean is over two utterances there, over three here.
            assert!((weighted * 2.0 - plain * 3.0).abs() < 1e-12);
            assert!((gradient[2] * 2.0 - (doubled[2] + doubled[4]) * 3.0).abs() < 1e-12);
            assert!((gradient[0] * 2.0 - doubled[0] * 3.0).abs() < 1e-12);
            assert_eq!(
                weighted_loss(&once, 2, &one, &[1.0, 1.0]),
                loss(&once, 2, &one)
            );
        }
    }
}
