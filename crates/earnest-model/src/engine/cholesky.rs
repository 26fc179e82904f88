//! Linear equations with a positive definite matrix.

/// Factors a symmetric positive definite matrix in place (its lower half becomes L with L Lᵀ = A) and
/// solves A x = b for each right side. A pivot that is not above 0 counts as a tiny one: its
/// unknown becomes next to 0.
pub(super) fn solve(a: &mut [f64], n: usize, right_sides: &mut [Vec<f64>]) {
    let tiny = 1e-12 * (0..n).map(|i| a[i * n + i]).fold(0.0, f64::max);
    for j in 0..n {
        let (above, below) = a.split_at_mut((j + 1) * n);
        let row_j = &mut above[j * n..];
        let own: f64 = row_j[..j].iter().map(|x| x * x).sum();
        let left = row_j[j] - own;
        let pivot = if left > tiny {
            left.sqrt()
        } else {
            f64::MAX.sqrt()
        };
        row_j[j] = pivot;
        for row in below.chunks_exact_mut(n) {
            let known: f64 = row[..j].iter().zip(&row_j[..j]).map(|(x, y)| x * y).sum();
            row[j] = (row[j] - known) / pivot;
        }
    }
    for x in right_sides {
        for i in 0..n {
            let known: f64 = a[i * n..i * n + i]
                .iter()
                .zip(&x[..i])
                .map(|(l, x)| l * x)
                .sum();
            x[i] = (x[i] - known) / a[i * n + i];
        }
        for i in (0..n).rev() {
            let known: f64 = (i + 1..n).map(|k| a[k * n + i] * x[k]).sum();
            x[i] = (x[i] - known) / a[i * n + i];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equations_are_solved() {
        let a = [4.0, 2.0, 0.6, 2.0, 5.0, 1.0, 0.6, 1.0, 3.0];
        let x = [1.0, -2.0, 0.5];
        let product = |row: &[f64]| row.iter().zip(x).map(|(a, x)| a * x).sum::<f64>();
        let mut b = vec![a.chunks_exact(3).map(product).collect::<Vec<f64>>()];
        solve(&mut a.to_vec(), 3, &mut b);
        for (found, expected) in b[0].iter().zip(x) {
            assert!((found - expected).abs() < 1e-12, "{b:?}");
        }
    }
}
