//! The vertex of a parabola through three equally spaced points.

/// Offset of the vertex from the middle point, in steps, and its height. The middle point
/// itself if the three lie on a line.
pub(crate) fn vertex(left: f64, middle: f64, right: f64) -> (f64, f64) {
    let curvature = left - 2.0 * middle + right;
    if curvature == 0.0 {
        return (0.0, middle);
    }
    let slope = right - left;
    let offset = -0.5 * slope / curvature;
    (offset, middle - slope * slope / (8.0 * curvature))
}
