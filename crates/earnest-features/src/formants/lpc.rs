//! Linear prediction by autocorrelation and Levinson-Durbin, in f32: LLD_SPEC.md section
//! 10 step 2.

/// Prediction order.
pub(crate) const ORDER: usize = 11;

/// a_1 .. a_11 of the error filter A(z) = 1 + sum a_i z^-i; all 0 for silence.
pub(crate) fn linear_prediction(y: &[f32]) -> [f32; ORDER] {
    let mut r = [0.0_f32; ORDER + 1];
    // Lag sums grow side by side, each in plain order.
    for (i, x) in y.iter().enumerate().take(ORDER) {
        for (lag, sum) in r.iter_mut().enumerate().take(i + 1) {
            *sum += x * y[i - lag];
        }
    }
    for window in y.windows(ORDER + 1) {
        let x = window[ORDER];
        for (lag, sum) in r.iter_mut().enumerate() {
            *sum += x * window[ORDER - lag];
        }
    }
    let mut a = [0.0_f32; ORDER];
    let mut error = r[0];
    if error == 0.0 {
        return a;
    }
    for m in 0..ORDER {
        let mut sum = r[m + 1];
        for i in 0..m {
            sum += a[i] * r[m - i];
        }
        let k = (-1.0 / error) * sum;
        for i in 0..m.div_ceil(2) {
            let (front, back) = (a[i], a[m - 1 - i]);
            a[i] = front + k * back;
            a[m - 1 - i] = back + k * front;
        }
        a[m] = k;
        error *= 1.0 - k * k;
        if error == 0.0 {
            break;
        }
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
        let a = linear_prediction(&y);
        assert!(
            (a[0] + 1.6).abs() < 1e-3 && (a[1] - 0.81).abs() < 1e-3,
            "{a:?}"
        );
        assert!(a[2..].iter().all(|x| x.abs() < 1e-2), "{a:?}");
    }
}
