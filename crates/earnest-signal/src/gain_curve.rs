//! Gain curves over frequency: band limits, tilt, equaliser.

use earnest_level::amplitude;

/// Amplitude of a Butterworth low-pass: `1 / sqrt(1 + (f / fc)^(2 order))`, 3 dB down at
/// the cutoff, then 6 dB for each octave and order (Butterworth 1930).
#[must_use]
pub fn low_pass(hz: f64, cutoff_hz: f64, order: u32) -> f64 {
    (1.0 + (hz / cutoff_hz).powi(2 * order as i32))
        .sqrt()
        .recip()
}

/// Amplitude of a Butterworth high-pass: the mirror of [`low_pass`].
#[must_use]
pub fn high_pass(hz: f64, cutoff_hz: f64, order: u32) -> f64 {
    if hz <= 0.0 {
        return 0.0;
    }
    low_pass(cutoff_hz, hz, order)
}

/// Amplitude of a spectral tilt of so many dB for each octave above 1 kHz; level below
/// 50 Hz, where speech has nothing.
#[must_use]
pub fn tilt(hz: f64, db_per_octave: f64) -> f64 {
    amplitude(db_per_octave * (hz.max(50.0) / 1_000.0).log2())
}

/// Centres of the equaliser's bands, Hz: octaves, as in IEC 61260.
pub const BANDS_HZ: [f64; 7] = [125.0, 250.0, 500.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0];

/// Amplitude of an equaliser with these gains in dB at [`BANDS_HZ`], straight lines over
/// log frequency between them, level beyond.
#[must_use]
pub fn equaliser(hz: f64, gains_db: &[f64; 7]) -> f64 {
    let place = (hz.max(1.0) / BANDS_HZ[0]).log2().clamp(0.0, 6.0);
    let below = (place.floor() as usize).min(5);
    let part = place - below as f64;
    amplitude(gains_db[below] * (1.0 - part) + gains_db[below + 1] * part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn db(x: f64) -> f64 {
        20.0 * x.log10()
    }

    #[test]
    fn band_limits_are_3_db_down_at_the_cutoff_and_fall_as_their_order_says() {
        assert!((db(low_pass(3_000.0, 3_000.0, 4)) + 3.01).abs() < 0.01);
        assert!((db(high_pass(300.0, 300.0, 4)) + 3.01).abs() < 0.01);
        // Far from the cutoff: 24 dB an octave for order 4.
        assert!((db(low_pass(8_000.0, 1_000.0, 4)) + 72.25).abs() < 0.1);
        assert!((db(high_pass(125.0, 1_000.0, 4)) + 72.25).abs() < 0.1);
        assert_eq!(high_pass(0.0, 100.0, 2), 0.0);
        assert!((low_pass(0.0, 100.0, 2) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn tilt_and_equaliser_have_their_gains_where_they_say() {
        assert!((db(tilt(4_000.0, -3.0)) + 6.0).abs() < 1e-9);
        assert!((db(tilt(500.0, -3.0)) - 3.0).abs() < 1e-9);
        let gains = [0.0, 1.0, -2.0, 3.0, 4.0, -5.0, 6.0];
        for (hz, gain) in BANDS_HZ.iter().zip(gains) {
            assert!((db(equaliser(*hz, &gains)) - gain).abs() < 1e-9);
        }
        assert!((db(equaliser(20.0, &gains)) - 0.0).abs() < 1e-9);
        assert!((db(equaliser(250.0 * 2.0_f64.sqrt(), &gains)) + 0.5).abs() < 1e-9);
    }
}
