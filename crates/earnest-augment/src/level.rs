//! Gain.

/// Multiplies by a gain in dB.
pub fn gain(samples: &mut [f32], db: f64) {
    let factor = 10.0_f64.powf(db / 20.0) as f32;
    for x in samples {
        *x *= factor;
    }
}
