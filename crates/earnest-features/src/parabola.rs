//! The vertex of a parabola through three points.

/// Offset of the vertex from the middle of three equally spaced points, in steps, and its
/// height. The middle point itself if the three lie on a line.
pub(crate) fn vertex(left: f64, middle: f64, right: f64) -> (f64, f64) {
    let curvature = left - 2.0 * middle + right;
    if curvature == 0.0 {
        return (0.0, middle);
    }
    let slope = right - left;
    let offset = -0.5 * slope / curvature;
    (offset, middle - slope * slope / (8.0 * curvature))
}

/// Place and height of the vertex through three points anywhere, by solving for the
/// coefficients of a x^2 + b x + c (Cramer's rule). Less exact than [`vertex`] where the
/// points lie far from 0; mode `opensmile` needs just that rounding, as some of its
/// decisions hang on it. The middle point if the three lie on a line.
pub(crate) fn vertex_through([x1, x2, x3]: [f64; 3], [y1, y2, y3]: [f64; 3]) -> (f64, f64) {
    let (q1, q2, q3) = (x1 * x1, x2 * x2, x3 * x3);
    let determinant = q1 * x2 + q2 * x3 + q3 * x1 - q3 * x2 - q2 * x1 - q1 * x3;
    let a = (y1 * x2 + y2 * x3 + y3 * x1 - y3 * x2 - y2 * x1 - y1 * x3) / determinant;
    let b = (q1 * y2 + q2 * y3 + q3 * y1 - q3 * y2 - q2 * y1 - q1 * y3) / determinant;
    let c =
        (q1 * x2 * y3 + q2 * x3 * y1 + q3 * x1 * y2 - q3 * x2 * y1 - q2 * x1 * y3 - q1 * x3 * y2)
            / determinant;
    if a == 0.0 || determinant == 0.0 {
        return (x2, y2);
    }
    (-b / (2.0 * a), c - b * b / (4.0 * a))
}
