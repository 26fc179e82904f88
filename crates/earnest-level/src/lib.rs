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

/// Frames whose levels are looked at, s: without overlap.
const FRAME_S: f64 = 0.025;
/// The share of frames that are softer than the level of active speech.
const SOFTER: f64 = 0.95;

/// Level of active speech, dB below a full-scale square: the 95th percentile of the levels of frames of 25 ms, the
/// last of which may be shorter. Pauses do not lower it, as they do an RMS; a click does not raise it, as it does a
/// peak. Noise alone has one, too. `None` where more than 95 % of the frames are digital silence.
#[must_use]
pub fn active_level_db(samples: &[f32], sample_rate: u32) -> Option<f64> {
    active_level_db_in(samples, sample_rate, &mut Vec::new())
}

/// How many frames [`active_level_db`] looks at.
#[must_use]
pub fn active_level_frames(samples: usize, sample_rate: u32) -> usize {
    samples.div_ceil(frame(sample_rate))
}

/// As [`active_level_db`], with a buffer for the frames' levels, which is overwritten: nothing is allocated where it
/// has room for [`active_level_frames`].
#[must_use]
pub fn active_level_db_in(samples: &[f32], sample_rate: u32, levels: &mut Vec<f32>) -> Option<f64> {
    levels.clear();
    levels.extend(samples.chunks(frame(sample_rate)).map(rms));
    let last = levels.len().checked_sub(1)?;
    let place = (SOFTER * last as f64).round() as usize;
    let (_, level, _) = levels.select_nth_unstable_by(place, f32::total_cmp);
    (*level > 0.0).then(|| 20.0 * f64::from(*level).log10())
}

/// The most that [`set_active_level`] amplifies, dB: what is softer than that is silence, whose last bits say nothing.
const MOST_DB: f64 = 100.0;

/// Brings active speech to a level ([`active_level_db`]) by one gain, of 100 dB at the most; digital silence stays as it is.
/// The buffer is that of [`active_level_db_in`].
pub fn set_active_level(samples: &mut [f32], sample_rate: u32, db: f64, levels: &mut Vec<f32>) {
    if let Some(is) = active_level_db_in(samples, sample_rate, levels) {
        gain(samples, (db - is).min(MOST_DB));
    }
}

/// Samples of a frame.
fn frame(sample_rate: u32) -> usize {
    ((FRAME_S * f64::from(sample_rate)) as usize).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_do_not_lower_the_level_of_active_speech_and_clicks_do_not_raise_it() {
        let tone = |n: usize| (0..n).map(|i| 0.1 * (i as f32 * 0.3).sin());
        let level = |samples: &[f32]| active_level_db(samples, 16_000).unwrap();
        let alone: Vec<f32> = tone(16_000).collect();
        // A sine's RMS is 3 dB below its peak.
        assert!((level(&alone) + 23.0).abs() < 0.1, "{}", level(&alone));
        let mut with_pauses = alone.clone();
        with_pauses.extend(vec![0.0; 64_000]);
        assert!((level(&with_pauses) + 23.0).abs() < 0.1);
        let mut with_click = alone.clone();
        with_click[8_000] = 1.0;
        assert!((level(&with_click) + 23.0).abs() < 0.1);
        assert_eq!(active_level_db(&[0.0; 100], 16_000), None);
        assert_eq!(active_level_db(&[], 16_000), None);
    }
}
