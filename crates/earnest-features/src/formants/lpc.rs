//! Linear prediction by autocorrelation and Levinson-Durbin, in f32: docs/descriptors.md, section
//! 10 step 2.

use crate::lanes::F32s;

/// Prediction order.
pub(crate) const ORDER: usize = 11;

/// a_1 .. a_11 of the error filter A(z) = 1 + sum a_i z^-i; all 0 for silence.
#[inline(always)]
pub(crate) fn linear_prediction(y: &[F32s]) -> [F32s; ORDER] {
    let mut r = [F32s::ZERO; ORDER + 1];
    // Lag sums grow side by side, each in plain order.
    for (i, x) in y.iter().enumerate().take(ORDER) {
        for (lag, sum) in r.iter_mut().enumerate().take(i + 1) {
            *sum += *x * y[i - lag];
        }
    }
    for window in y.windows(ORDER + 1) {
        let x = window[ORDER];
        for (lag, sum) in r.iter_mut().enumerate() {
            *sum += x * window[ORDER - lag];
        }
    }
    let mut a = [F32s::ZERO; ORDER];
    let mut error = r[0];
    for m in 0..ORDER {
        let mut sum = r[m + 1];
        for i in 0..m {
            sum += a[i] * r[m - i];
        }
        // A lane whose error has come to 0 stays as it is.
        let k = F32s(std::array::from_fn(|l| {
            if error.0[l] == 0.0 {
                0.0
            } else {
                -1.0 / error.0[l] * sum.0[l]
            }
        }));
        for i in 0..m.div_ceil(2) {
            let (front, back) = (a[i], a[m - 1 - i]);
            a[i] = front + k * back;
            a[m - 1 - i] = back + k * front;
        }
        a[m] = k;
        error = error * (F32s::splat(1.0) - k * k);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_resonator_is_found_again() {
        // y[n] = 1.6 y[n-1] - 0.81 y[n-2]: a_1 = -1.6, a_2 = 0.81.
        let mut y = vec![0.0_f32; 4000];
        y[0] = 1.0;
        for n in 1..y.len() {
            y[n] = 1.6 * y[n - 1] - if n > 1 { 0.81 * y[n - 2] } else { 0.0 };
        }
        let y: Vec<F32s> = y.into_iter().map(F32s::splat).collect();
        let a = linear_prediction(&y).map(|a| a.0[3]);
        assert!(
            (a[0] + 1.6).abs() < 1e-3 && (a[1] - 0.81).abs() < 1e-3,
            "{a:?}"
        );
        assert!(a[2..].iter().all(|x| x.abs() < 1e-2), "{a:?}");
    }
}
