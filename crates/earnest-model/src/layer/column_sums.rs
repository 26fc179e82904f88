//! Sums over rows: the gradient of a bias.

use crate::real::Real;
use earnest_features::vectorised::vectorised;

/// Adds the column sums of a row-major matrix to `sums`, row by row.
pub(crate) fn add_column_sums<T: Real>(sums: &mut [T], rows: &[T]) {
    vectorised(
        #[inline(always)]
        || {
            for row in rows.chunks_exact(sums.len()) {
                for (sum, x) in sums.iter_mut().zip(row) {
                    *sum += *x;
                }
            }
        },
    );
}
