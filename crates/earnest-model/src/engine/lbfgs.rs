//! The minimum of a smooth convex function, by its gradients.
//!
//! Limited-memory BFGS with the two-loop recursion (Nocedal, Updating quasi-Newton matrices with limited
//! storage, Mathematics of Computation 35, 1980) and a line search for Wolfe's conditions by bisection.

use std::collections::VecDeque;

const MEMORY: usize = 12;
const MOST_STEPS: usize = 2_000;
const MOST_TRIES: usize = 60;

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// A pair of steps of the place and of the gradient.
struct Pair {
    s: Vec<f64>,
    y: Vec<f64>,
    rho: f64,
}

/// Where a function is least, starting from `x`. `evaluate` gives its value and writes its gradient.
/// It ends when no entry of the gradient is above `tolerance`, or when rounding allows no better.
pub(super) fn minimise(
    mut x: Vec<f64>,
    tolerance: f64,
    mut evaluate: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Vec<f64> {
    let n = x.len();
    let mut gradient = vec![0.0; n];
    let mut value = evaluate(&x, &mut gradient);
    let mut pairs: VecDeque<Pair> = VecDeque::new();
    for _ in 0..MOST_STEPS {
        if gradient.iter().all(|g| g.abs() <= tolerance) {
            break;
        }
        let direction = direction(&gradient, &pairs);
        let slope = dot(&gradient, &direction);
        let first = if pairs.is_empty() {
            1.0 / dot(&gradient, &gradient).sqrt().max(1.0)
        } else {
            1.0
        };
        let (mut least, mut most, mut step) = (0.0, f64::INFINITY, first);
        let mut found = None;
        let (mut next, mut next_gradient) = (vec![0.0; n], vec![0.0; n]);
        for _ in 0..MOST_TRIES {
            for ((to, from), d) in next.iter_mut().zip(&x).zip(&direction) {
                *to = from + step * d;
            }
            let next_value = evaluate(&next, &mut next_gradient);
            // What is no number is no descent.
            if next_value.is_nan() || next_value > value + 1e-4 * step * slope {
                most = step;
            } else if dot(&next_gradient, &direction) < 0.9 * slope {
                least = step;
            } else {
                found = Some(next_value);
                break;
            }
            step = match most.is_finite() {
                true => f64::midpoint(least, most),
                false => 2.0 * step,
            };
        }
        let Some(next_value) = found else {
            // Rounding hides what is left to gain.
            break;
        };
        let s: Vec<f64> = next.iter().zip(&x).map(|(a, b)| a - b).collect();
        let y: Vec<f64> = next_gradient
            .iter()
            .zip(&gradient)
            .map(|(a, b)| a - b)
            .collect();
        let curvature = dot(&s, &y);
        if curvature > 0.0 {
            if pairs.len() == MEMORY {
                pairs.pop_front();
            }
            let rho = 1.0 / curvature;
            pairs.push_back(Pair { s, y, rho });
        }
        (x, gradient, value) = (next, next_gradient, next_value);
    }
    x
}

/// Where to go from a gradient.
fn direction(gradient: &[f64], pairs: &VecDeque<Pair>) -> Vec<f64> {
    let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut factors = Vec::with_capacity(pairs.len());
    for pair in pairs.iter().rev() {
        let factor = pair.rho * dot(&pair.s, &q);
        for (q, y) in q.iter_mut().zip(&pair.y) {
            *q -= factor * y;
        }
        factors.push(factor);
    }
    if let Some(last) = pairs.back() {
        let scale = 1.0 / (last.rho * dot(&last.y, &last.y));
        for q in &mut q {
            *q *= scale;
        }
    }
    for (pair, factor) in pairs.iter().zip(factors.into_iter().rev()) {
        let back = pair.rho * dot(&pair.y, &q);
        for (q, s) in q.iter_mut().zip(&pair.s) {
            *q += (factor - back) * s;
        }
    }
    q
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minimum_of_a_narrow_valley_is_found() {
        // Convex, with curvatures from 1 to 10,000.
        let scale = |i: usize| 10_f64.powi(i as i32);
        let found = minimise(vec![5.0; 5], 1e-9, |x, gradient| {
            let mut value = 0.0;
            for (i, (x, g)) in x.iter().zip(gradient).enumerate() {
                let off = x - i as f64;
                value += 0.5 * scale(i) * off * off;
                *g = scale(i) * off;
            }
            value
        });
        for (i, x) in found.iter().enumerate() {
            assert!((x - i as f64).abs() < 1e-8, "{found:?}");
        }
    }
}
