//! What the two support vector machines have in common: kernels, their rows while a problem is
//! solved, the solver, the search, support vectors, and probabilities of decisions.

pub(super) mod grid;
pub(super) mod pairwise;
pub(super) mod rows;
pub(super) mod sigmoid;
pub(super) mod smo;
pub(super) mod vectors;

use serde::{Deserialize, Serialize};

/// How alike two rows are, before its width is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KernelKind {
    /// exp(-gamma |a - b|²).
    #[default]
    Rbf,
    /// a · b.
    Linear,
}

/// A kernel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kernel {
    /// With its gamma.
    Rbf(f64),
    Linear,
}

impl Kernel {
    /// Its gamma, if it has one.
    pub fn width(self) -> Option<f64> {
        match self {
            Self::Rbf(gamma) => Some(gamma),
            Self::Linear => None,
        }
    }

    /// Its value for two rows.
    pub fn value(self, a: &[f64], b: &[f64]) -> f64 {
        match self {
            Self::Rbf(gamma) => (-gamma * distance(a, b)).exp(),
            Self::Linear => dot(a, b),
        }
    }
}

/// Sums run in so many lanes, whatever the processor.
const LANES: usize = 8;

/// Sum over the elements of two rows, in lanes.
#[inline(always)]
fn lanes(a: &[f64], b: &[f64], of: impl Fn(f64, f64) -> f64) -> f64 {
    let mut sums = [0.0; LANES];
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] += of(x[lane], y[lane]);
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(x, y)| of(*x, *y)).sum();
    sums.iter().sum::<f64>() + rest
}

/// a · b.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    lanes(a, b, |x, y| x * y)
}

/// |a - b|².
fn distance(a: &[f64], b: &[f64]) -> f64 {
    lanes(a, b, |x, y| (x - y) * (x - y))
}
