//! How reverberation goes with frequency.

use super::bands::BANDS;

/// Reverberation times of the octaves, s: `middle_s` at 1 kHz, `low` times as long at 125 Hz and `high`
/// times at 8 kHz, evenly by octave between. Walls make `low` above 1 and, with the air, `high` below.
#[must_use]
pub fn reverberation(middle_s: f64, low: f64, high: f64) -> [f64; BANDS] {
    std::array::from_fn(|b| {
        let share = match b {
            0..=2 => 1.0 + (low - 1.0) * (3 - b) as f64 / 3.0,
            3 => 1.0,
            _ => 1.0 + (high - 1.0) * (b - 3) as f64 / 3.0,
        };
        middle_s * share
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_was_asked_for_at_both_ends_and_in_the_middle() {
        let t = reverberation(0.5, 1.4, 0.6);
        assert!((t[0] - 0.7).abs() < 1e-12 && (t[6] - 0.3).abs() < 1e-12);
        assert_eq!(t[3], 0.5);
        assert!(t.windows(2).all(|w| w[0] > w[1]));
    }
}
