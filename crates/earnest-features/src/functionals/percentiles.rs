//! Percentiles, straight lines between neighbours in rank.

/// The values below which the given shares (0 .. 1) of `values` lie; 0 of nothing. Share p of n
/// values has the rank p (n - 1), counted from 0; between two ranks the result is between their values.
/// Takes a time that grows with n, not n log n. `room` is used for a copy.
pub(crate) fn percentiles<const N: usize>(
    values: &[f32],
    shares: [f64; N],
    room: &mut Vec<f32>,
) -> [f64; N] {
    room.clear();
    room.extend_from_slice(values);
    shares.map(|share| {
        let Some(last) = room.len().checked_sub(1) else {
            return 0.0;
        };
        let rank = share * last as f64;
        let below = (rank as usize).min(last);
        let (_, low, above) = room.select_nth_unstable_by(below, f32::total_cmp);
        let low = f64::from(*low);
        let next = above.iter().copied().min_by(f32::total_cmp);
        next.map_or(low, |next| {
            low + (f64::from(next) - low) * (rank - below as f64)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_between_two_values_are_between_them() {
        let mut room = Vec::new();
        let values = [30.0, 10.0, 20.0, 40.0];
        let found = percentiles(&values, [0.0, 0.2, 0.5, 0.8, 1.0], &mut room);
        for (found, expected) in found.into_iter().zip([10.0, 16.0, 25.0, 34.0, 40.0]) {
            assert!((found - expected).abs() < 1e-12, "{found}");
        }
        assert_eq!(percentiles(&[7.0], [0.2, 0.8], &mut room), [7.0; 2]);
        assert_eq!(percentiles(&[], [0.2], &mut room), [0.0]);
    }
}
