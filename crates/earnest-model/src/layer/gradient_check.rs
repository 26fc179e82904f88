//! Finite differences in f64, for the tests of layers and networks.

/// Largest difference between an analytic gradient and central differences of `loss` with
/// respect to the values that `value` gives access to, over the largest gradient. At most
/// `checked` values, evenly spread, are tried.
pub(crate) fn worst<S>(
    state: &mut S,
    analytic: &[f64],
    checked: usize,
    value: impl Fn(&mut S, usize) -> &mut f64,
    loss: impl Fn(&mut S) -> f64,
) -> f64 {
    let n = analytic.len();
    assert!(n > 0, "there is nothing to check");
    let largest = analytic.iter().fold(1e-8_f64, |m, g| m.max(g.abs()));
    let stride = n.div_ceil(checked.max(1)).max(1);
    let mut worst = 0.0_f64;
    for i in (0..n).step_by(stride) {
        const STEP: f64 = 1e-6;
        let before = *value(state, i);
        *value(state, i) = before + STEP;
        let up = loss(state);
        *value(state, i) = before - STEP;
        let down = loss(state);
        *value(state, i) = before;
        let numeric = (up - down) / (2.0 * STEP);
        // By `total_cmp`, a NaN is the worst of all; `f64::max` would pass over it.
        worst = std::cmp::max_by(worst, (numeric - analytic[i]).abs(), f64::total_cmp);
    }
    worst / largest
}
