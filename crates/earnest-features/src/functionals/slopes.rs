//! How steeply a contour rises and falls: docs/functionals.md, section 4.

use super::extremes::{Extreme, Kind};

/// Rows each second.
pub(crate) const RATE: f64 = 100.0;

/// A straight piece of a contour.
#[derive(Clone, Copy)]
struct Piece {
    rises: bool,
    /// Change each second: of a fall the drop, so that falls are positive; but the last piece's has
    /// the sign of the change.
    slope: f64,
    last: bool,
}

/// The pieces from the first row over the extremes to the last row.
fn pieces(contour: &[f32], extremes: &[Extreme]) -> impl Iterator<Item = Piece> {
    let first = Extreme {
        kind: Kind::Valley,
        place: 0,
        value: contour.first().copied().map_or(0.0, f64::from),
    };
    let last_value = contour.last().copied().map_or(0.0, f64::from);
    let last_place = contour.len().saturating_sub(1);
    let starts = std::iter::once(first).chain(extremes.iter().copied());
    let inner = starts.zip(extremes.iter().copied()).map(|(from, to)| {
        let slope = (to.value - from.value) / (to.place - from.place) as f64 * RATE;
        let rises = to.kind == Kind::Peak;
        Piece {
            rises,
            slope: if rises { slope } else { -slope },
            last: false,
        }
    });
    // An extreme never stands in the last row.
    let end = extremes.last().copied().map(move |from| Piece {
        rises: from.kind == Kind::Valley,
        slope: (last_value - from.value) / (last_place - from.place) as f64 * RATE,
        last: true,
    });
    inner.chain(end)
}

/// Mean and standard deviation of the rising and of the falling slopes, each second.
pub(crate) fn slopes(contour: &[f32], extremes: &[Extreme]) -> [f64; 4] {
    if extremes.is_empty() {
        return overall(contour);
    }
    let mut result = [0.0; 4];
    for (rises, result) in [true, false].into_iter().zip(result.chunks_exact_mut(2)) {
        let these = || pieces(contour, extremes).filter(move |piece| piece.rises == rises);
        let count = these().count().max(1) as f64;
        let mean = these().map(|piece| piece.slope).sum::<f64>() / count;
        // The last piece counts in the mean and in the number, but its own deviation is left out.
        let squares: f64 = these()
            .filter(|piece| !piece.last)
            .map(|piece| (piece.slope - mean).powi(2))
            .sum();
        result.copy_from_slice(&[mean, (squares / count).sqrt()]);
    }
    result
}

/// A contour without extremes has one slope, from its first to its last value, over the number of
/// rows and not over seconds. It counts as rising or falling by its sign, and keeps it.
fn overall(contour: &[f32]) -> [f64; 4] {
    let (Some(first), Some(last)) = (contour.first(), contour.last()) else {
        return [0.0; 4];
    };
    let slope = (f64::from(*last) - f64::from(*first)) / contour.len() as f64;
    if slope > 0.0 {
        [slope, 0.0, 0.0, 0.0]
    } else {
        [0.0, 0.0, slope.min(0.0), 0.0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functionals::extremes::extremes;

    fn of(contour: &[f32]) -> [f64; 4] {
        let mut found = Vec::new();
        extremes(contour, &mut found);
        slopes(contour, &found)
    }

    #[test]
    fn falls_are_positive_but_for_the_last_piece_whose_deviation_is_left_out() {
        // Up 8 in 2 rows, down 4 in 2, up 6 in 2, down 10 in 4.
        let contour = [0.0, 4.0, 8.0, 6.0, 4.0, 7.0, 10.0, 7.5, 5.0, 2.5, 0.0];
        let found = of(&contour);
        let falls = [200.0_f64, -250.0];
        let mean = (falls[0] + falls[1]) / 2.0;
        let deviation = ((falls[0] - mean).powi(2) / 2.0).sqrt();
        for (found, expected) in found.into_iter().zip([350.0, 50.0, mean, deviation]) {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
    }

    #[test]
    fn without_an_extreme_there_is_one_slope_over_rows() {
        assert_eq!(of(&[1.0, 2.0, 3.0, 5.0]), [1.0, 0.0, 0.0, 0.0]);
        assert_eq!(of(&[5.0, 3.0, 2.0, 1.0]), [0.0, 0.0, -1.0, 0.0]);
        assert_eq!(of(&[2.0; 9]), [0.0; 4]);
        assert_eq!(of(&[2.0]), [0.0; 4]);
        assert_eq!(of(&[]), [0.0; 4]);
    }
}
