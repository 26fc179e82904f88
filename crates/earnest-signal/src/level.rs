//! How loud samples are, and making them louder or softer.

/// Root mean square, summed in f64; 0 for an empty slice.
#[must_use]
pub fn rms(samples: &[f32]) -> f32 {
    if samples.is_empty() {
        return 0.0;
    }
    let sum: f64 = samples.iter().map(|x| f64::from(*x).powi(2)).sum();
    (sum / samples.len() as f64).sqrt() as f32
}

/// A gain in dB as the factor of amplitudes.
#[must_use]
pub fn amplitude(db: f64) -> f64 {
    10.0_f64.powf(db / 20.0)
}

/// Multiplies by a gain in dB.
pub fn gain(samples: &mut [f32], db: f64) {
    let factor = amplitude(db) as f32;
    for x in samples {
        *x *= factor;
    }
}
