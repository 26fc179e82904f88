//! The product of two vectors.

use crate::real::Real;

/// Sums that run side by side, so that it vectorises.
const LANES: usize = 16;

/// `sum + x . y`, over as many values as both have; what is added when depends on nothing
/// but their number.
#[inline(always)]
pub(crate) fn add_products<T: Real>(sums: &mut [T; LANES], x: &[T], y: &[T]) {
    for (x, y) in x.chunks(LANES).zip(y.chunks(LANES)) {
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum += *x * *y;
        }
    }
}

/// Sums that begin at 0.
#[inline(always)]
pub(crate) fn no_products<T: Real>() -> [T; LANES] {
    [T::ZERO; LANES]
}
