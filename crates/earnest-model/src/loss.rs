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

#[cfg(test)]
mod tests {
    use super::*;

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
