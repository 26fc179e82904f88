//! Matrix products: the one place that calls `gemm`, behind checked bounds.

use rayon::prelude::*;

use crate::real::Real;

/// A read-only matrix laid over a slice: element (r, c) is at `r * row + c * column`.
/// Rows may overlap, which makes a convolution one product.
#[derive(Clone, Copy)]
pub(crate) struct View<'a, T> {
    pub data: &'a [T],
    pub rows: usize,
    pub columns: usize,
    pub row: usize,
    pub column: usize,
}

impl<'a, T> View<'a, T> {
    /// Row-major, rows end to end.
    pub fn new(data: &'a [T], rows: usize, columns: usize) -> Self {
        Self {
            data,
            rows,
            columns,
            row: columns,
            column: 1,
        }
    }

    /// The same elements, rows and columns swapped.
    pub fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row: self.column,
            column: self.row,
            ..self
        }
    }

    /// The rows from `first`, `count` of them.
    fn slice(self, first: usize, count: usize) -> Self {
        Self {
            data: &self.data[(first * self.row).min(self.data.len())..],
            rows: count,
            ..self
        }
    }
}

/// `c = a b + beta c`, on this thread. `c` is row-major.
pub(crate) fn multiply<T: Real>(c: &mut [T], a: View<'_, T>, b: View<'_, T>, beta: T) {
    let (m, n, k) = (a.rows, b.columns, a.columns);
    assert_eq!(b.rows, k, "inner sizes of a product differ");
    assert!(c.len() >= m * n, "the result of a product has no room");
    for v in [&a, &b] {
        let last = v.rows.saturating_sub(1) * v.row + v.columns.saturating_sub(1) * v.column;
        assert!(
            v.rows == 0 || v.columns == 0 || last < v.data.len(),
            "a product reads beyond its operand"
        );
    }
    if m == 0 || n == 0 {
        return;
    }
    if k == 0 {
        for x in &mut c[..m * n] {
            *x *= beta;
        }
        return;
    }
    // SAFETY: every element of a and b lies within its slice and every element of c within
    // c (asserted above); c is borrowed mutably, so it overlaps neither.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            c.as_mut_ptr(),
            1,
            n as isize,
            beta != T::ZERO,
            a.data.as_ptr(),
            a.column as isize,
            a.row as isize,
            b.data.as_ptr(),
            b.column as isize,
            b.row as isize,
            beta,
            T::ONE,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// As [`multiply`], rows of `c` shared out between threads in blocks whose size does not
/// depend on how many threads there are: the same bits on any machine size.
pub(crate) fn multiply_in_blocks<T: Real>(
    c: &mut [T],
    a: View<'_, T>,
    b: View<'_, T>,
    beta: T,
    block: usize,
) {
    let n = b.columns;
    if n == 0 || a.rows == 0 {
        return;
    }
    assert!(c.len() >= a.rows * n, "the result of a product has no room");
    c[..a.rows * n]
        .par_chunks_mut(block * n)
        .enumerate()
        .for_each(|(i, c)| multiply(c, a.slice(i * block, c.len() / n), b, beta));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_with_transposes_overlapping_rows_and_blocks_equal_their_sums() {
        let x: Vec<f64> = (0..60).map(|i| f64::from((i * 37) % 11) - 5.0).collect();
        let w: Vec<f64> = (0..60).map(|i| f64::from((i * 13) % 7) - 3.0).collect();
        // Windows of 3 rows of 4: rows overlap.
        let a = View {
            data: &x,
            rows: 13,
            columns: 12,
            row: 4,
            column: 1,
        };
        let b = View::new(&w, 5, 12).transposed();
        let mut c = vec![1.0; 13 * 5];
        multiply(&mut c, a, b, 2.0);
        let mut blocked = vec![1.0; 13 * 5];
        multiply_in_blocks(&mut blocked, a, b, 2.0, 4);
        for i in 0..13 {
            for j in 0..5 {
                let sum: f64 = (0..12).map(|k| x[i * 4 + k] * w[j * 12 + k]).sum();
                assert_eq!(c[i * 5 + j], sum + 2.0);
                assert_eq!(blocked[i * 5 + j], sum + 2.0);
            }
        }
    }
}
