//! Matrix products: the one place that calls `gemm`, behind checked bounds.
//!
//! Products run on the calling thread; whoever has several to do shares them out in pieces
//! whose size does not depend on the number of threads. A row of a result is the same bits
//! whatever rows stand beside it.

use std::time::Instant;

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
        Self::strided(data, rows, columns, columns)
    }

    /// Row-major, a row every `row` elements.
    pub fn strided(data: &'a [T], rows: usize, columns: usize, row: usize) -> Self {
        Self {
            data,
            rows,
            columns,
            row,
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

    fn extent(&self) -> usize {
        extent(self.rows, self.columns, self.row, self.column)
    }
}

/// Elements of a slice that a matrix reaches over.
fn extent(rows: usize, columns: usize, row: usize, column: usize) -> usize {
    if rows == 0 || columns == 0 {
        0
    } else {
        (rows - 1) * row + (columns - 1) * column + 1
    }
}

/// A row-major matrix to write to, a row every `row` elements.
pub(crate) struct ViewMut<'a, T> {
    pub data: &'a mut [T],
    pub rows: usize,
    pub columns: usize,
    pub row: usize,
}

impl<'a, T> ViewMut<'a, T> {
    /// Rows end to end.
    pub fn new(data: &'a mut [T], rows: usize, columns: usize) -> Self {
        Self::strided(data, rows, columns, columns)
    }

    /// A row every `row` elements.
    pub fn strided(data: &'a mut [T], rows: usize, columns: usize, row: usize) -> Self {
        Self {
            data,
            rows,
            columns,
            row,
        }
    }
}

/// What a product does with what was there before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    /// It is overwritten, whatever it was.
    Forgotten,
    /// The product is added to it.
    Added,
}

/// `c = a b`, or `c += a b`.
///
/// Fastest where the columns of `a` and of `b` lie side by side (`column` is 1).
pub(crate) fn multiply<T: Real>(c: ViewMut<'_, T>, a: View<'_, T>, b: View<'_, T>, before: Before) {
    let (m, n, k) = (c.rows, c.columns, a.columns);
    assert!(
        a.rows == m && b.columns == n && b.rows == k,
        "sizes of a product differ"
    );
    assert!(
        m < 2 || c.row >= n,
        "the rows of a product's result overlap"
    );
    assert!(
        extent(m, n, c.row, 1) <= c.data.len(),
        "the result of a product has no room"
    );
    assert!(
        a.extent() <= a.data.len() && b.extent() <= b.data.len(),
        "a product reads beyond its operand"
    );
    if m == 0 || n == 0 {
        return;
    }
    if m == 1 && n > 1 {
        return multiply_row(c, a, b, before);
    }
    if k == 0 {
        if before == Before::Forgotten {
            for row in c.data.chunks_mut(c.row.max(1)).take(m) {
                row[..n].fill(T::ZERO);
            }
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
            c.data.as_mut_ptr(),
            1,
            c.row as isize,
            before == Before::Added,
            a.data.as_ptr(),
            a.column as isize,
            a.row as isize,
            b.data.as_ptr(),
            b.column as isize,
            b.row as isize,
            T::ONE,
            T::ONE,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// A product of one row. `gemm` has a path of its own for it, which rounds differently and
/// is no faster than two rows; so it is given the row twice.
fn multiply_row<T: Real>(c: ViewMut<'_, T>, a: View<'_, T>, b: View<'_, T>, before: Before) {
    const COLUMNS: usize = 512;
    let twice = View {
        rows: 2,
        row: 0,
        ..a
    };
    let mut both = [T::ZERO; 2 * COLUMNS];
    let mut from = 0;
    for c in c.data[..c.columns].chunks_mut(COLUMNS) {
        let n = c.len();
        let b = View {
            data: &b.data[(from * b.column).min(b.data.len())..],
            columns: n,
            ..b
        };
        both[..n].copy_from_slice(c);
        multiply(ViewMut::new(&mut both, 2, n), twice, b, before);
        c.copy_from_slice(&both[..n]);
        from += n;
    }
}

/// Operations (multiplications and additions) a second that products of single precision
/// reach on this machine with the current thread pool: the best of several tries with
/// operands that stay in each core's cache. What a network's products take at this rate is
/// the floor that no training step gets under.
#[must_use]
pub fn product_rate() -> f64 {
    const SIZES: (usize, usize, usize) = (256, 384, 256);
    const REPEATS: usize = 40;
    let (m, n, k) = SIZES;
    let threads = rayon::current_num_threads();
    let a = vec![0.5_f32; m * k];
    let b = vec![0.25_f32; k * n];
    let mut results = vec![vec![0.0_f32; m * n]; threads];
    let mut least = f64::INFINITY;
    for _ in 0..20 {
        let start = Instant::now();
        results.par_iter_mut().for_each(|c| {
            for _ in 0..REPEATS {
                multiply(
                    ViewMut::new(c, m, n),
                    View::new(&a, m, k),
                    View::new(&b, k, n),
                    Before::Forgotten,
                );
            }
        });
        least = least.min(start.elapsed().as_secs_f64());
    }
    (2 * m * n * k * REPEATS * threads) as f64 / least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_with_transposes_overlapping_and_distant_rows_equal_their_sums() {
        let x: Vec<f64> = (0..60).map(|i| f64::from((i * 37) % 11) - 5.0).collect();
        let w: Vec<f64> = (0..60).map(|i| f64::from((i * 13) % 7) - 3.0).collect();
        // Windows of 3 rows of 4: rows overlap. A row of the result every 7 elements.
        let a = View::strided(&x, 13, 12, 4);
        let b = View::new(&w, 5, 12).transposed();
        let mut c = vec![1.0; 13 * 7];
        multiply(ViewMut::strided(&mut c, 13, 5, 7), a, b, Before::Added);
        let mut fresh = vec![f64::NAN; 13 * 5];
        multiply(ViewMut::new(&mut fresh, 13, 5), a, b, Before::Forgotten);
        for i in 0..13 {
            for j in 0..7 {
                let sum: f64 = (0..12)
                    .map(|k| x[i * 4 + k] * w.get(j * 12 + k).copied().unwrap_or(0.0))
                    .sum();
                if j < 5 {
                    assert_eq!(c[i * 7 + j], sum + 1.0);
                    assert_eq!(fresh[i * 5 + j], sum);
                } else {
                    assert_eq!(c[i * 7 + j], 1.0, "what lies between rows is left alone");
                }
            }
        }
    }

    #[test]
    fn a_row_is_the_same_bits_whatever_rows_stand_beside_it() {
        let x: Vec<f32> = (0..40 * 37)
            .map(|i| ((i * 7919) % 1013) as f32 / 500.0 - 1.0)
            .collect();
        let w: Vec<f32> = (0..37 * 29)
            .map(|i| ((i * 104_729) % 997) as f32 / 700.0 - 0.7)
            .collect();
        let product = |first: usize, rows: usize| {
            let mut c = vec![0.5_f32; rows * 29];
            let a = View::new(&x[first * 37..], rows, 37);
            multiply(
                ViewMut::new(&mut c, rows, 29),
                a,
                View::new(&w, 37, 29),
                Before::Added,
            );
            c
        };
        let all = product(0, 40);
        for (first, rows) in [(0, 1), (39, 1), (3, 2), (5, 7), (10, 16), (1, 33)] {
            let part = product(first, rows);
            assert!(
                part.iter()
                    .zip(&all[first * 29..])
                    .all(|(a, b)| a.to_bits() == b.to_bits()),
                "rows {first} to {}",
                first + rows
            );
        }
    }
}
