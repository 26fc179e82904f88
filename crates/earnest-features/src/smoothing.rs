//! Smoothing over three frames: docs/descriptors.md, section 11.

/// The mean of a value and its neighbours, summed in the original's order.
pub(crate) fn sma3(left: f32, centre: f32, right: f32) -> f32 {
    (centre + left + right) / 3.0
}

/// The mean of those of a value and its neighbours that are not exactly 0; 0 if the value
/// itself is.
pub(crate) fn sma3nz(left: f32, centre: f32, right: f32) -> f32 {
    if centre == 0.0 {
        return 0.0;
    }
    let (mut sum, mut n) = (centre, 1.0_f32);
    for x in [left, right] {
        if x != 0.0 {
            sum += x;
            n += 1.0;
        }
    }
    sum / n
}

/// The median of three values that are not 0; the middle one if a neighbour is 0. A single
/// octave error between two right values disappears, where a mean would make it three.
pub(crate) fn median3nz(left: f32, centre: f32, right: f32) -> f32 {
    if left == 0.0 || centre == 0.0 || right == 0.0 {
        centre
    } else {
        left.min(right).max(centre.min(left.max(right)))
    }
}
