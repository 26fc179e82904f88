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
    match targets {
        Targets::Classes(classes) => {
            let n = classes.len().max(1) as f64;
            let mut total = 0.0;
            let mut gradient = Vec::with_capacity(outputs.len());
            for (row, class) in outputs.chunks_exact(width).zip(classes) {
                let p = softmax(row);
                // Not f64::max, which would hide a NaN.
                let probability = p.get(*class).map_or(f64::NAN, |p| p.to_f64());
                total -= if probability < f64::MIN_POSITIVE {
                    f64::MIN_POSITIVE.ln()
                } else {
                    probability.ln()
                };
                gradient.extend(p.into_iter().enumerate().map(|(j, p)| {
                    let truth = if j == *class { T::ONE } else { T::ZERO };
                    (p - truth) / T::from_f64(n)
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
                .map(|(y, t)| {
                    let d = y.to_f64() - f64::from(*t);
                    total += d * d;
                    T::from_f64(2.0 * d / n)
                })
                .collect();
            (total / n, gradient)
        }
    }
}
