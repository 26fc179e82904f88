//! The probability of a decision: a sigmoid, fitted to decisions about speakers that were left out.
//!
//! P(first | f) = 1 / (1 + exp(a f + b)), with a and b of the greatest likelihood of slightly softened
//! targets (Platt, Probabilistic outputs for support vector machines, 1999), by Newton's method with
//! backtracking, computed so that nothing overflows (Lin, Lin and Weng, A note on Platt's
//! probabilistic outputs, Machine Learning 68, 2007).

/// A fitted sigmoid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::engine) struct Sigmoid {
    pub a: f64,
    pub b: f64,
}

const STEPS: usize = 100;
const LEAST_STEP: f64 = 1e-10;
const ENOUGH: f64 = 1e-9;
/// Keeps Newton's matrix invertible.
const RIDGE: f64 = 1e-12;

impl Sigmoid {
    /// Of decisions, each with whether the first class was right and how much it counts.
    pub fn fit(decisions: &[(f64, bool, f64)]) -> Self {
        let count = |wanted: bool| -> f64 {
            let own = decisions.iter().filter(|(_, first, _)| *first == wanted);
            own.map(|(.., weight)| weight).sum()
        };
        let (first, second) = (count(true), count(false));
        let (high, low) = ((first + 1.0) / (first + 2.0), 1.0 / (second + 2.0));
        let target = |is_first: bool| if is_first { high } else { low };
        let loss = |a: f64, b: f64| -> f64 {
            let one = |(f, is_first, weight): &(f64, bool, f64)| {
                let (t, x) = (target(*is_first), a * f + b);
                // ln(1 + e^x) without overflow.
                weight * (x.max(0.0) + (-x.abs()).exp().ln_1p() - (1.0 - t) * x)
            };
            decisions.iter().map(one).sum()
        };
        let mut own = Self {
            a: 0.0,
            b: ((second + 1.0) / (first + 1.0)).ln(),
        };
        let mut now = loss(own.a, own.b);
        for _ in 0..STEPS {
            let (mut aa, mut bb, mut ab) = (RIDGE, RIDGE, 0.0);
            let (mut ga, mut gb) = (0.0, 0.0);
            for (f, is_first, weight) in decisions {
                let p = own.probability(*f);
                let curve = weight * p * (1.0 - p);
                aa += f * f * curve;
                bb += curve;
                ab += f * curve;
                let off = weight * (target(*is_first) - p);
                ga += f * off;
                gb += off;
            }
            if ga.abs() < ENOUGH && gb.abs() < ENOUGH {
                break;
            }
            let determinant = aa * bb - ab * ab;
            let (da, db) = (
                -(bb * ga - ab * gb) / determinant,
                -(aa * gb - ab * ga) / determinant,
            );
            let slope = ga * da + gb * db;
            let mut step = 1.0;
            while step >= LEAST_STEP {
                let next = loss(own.a + step * da, own.b + step * db);
                if next < now + 1e-4 * step * slope {
                    own = Self {
                        a: own.a + step * da,
                        b: own.b + step * db,
                    };
                    now = next;
                    break;
                }
                step /= 2.0;
            }
            if step < LEAST_STEP {
                break;
            }
        }
        own
    }

    /// The probability of the first class.
    pub fn probability(&self, decision: f64) -> f64 {
        let x = self.a * decision + self.b;
        match x >= 0.0 {
            true => (-x).exp() / (1.0 + (-x).exp()),
            false => 1.0 / (1.0 + x.exp()),
        }
    }
}
