//! Overdriven converters.

/// Limits the loudest share (0 .. 1) of samples to the largest of the others, as a converter
/// does whose full scale is there. Returns that limit.
pub fn clip(samples: &mut [f32], share: f64) -> f32 {
    let count = (share.clamp(0.0, 1.0) * samples.len() as f64).round() as usize;
    if count == 0 || samples.is_empty() {
        return f32::INFINITY;
    }
    let mut levels: Vec<f32> = samples.iter().map(|x| x.abs()).collect();
    let place = (samples.len() - count).saturating_sub(1);
    let (_, limit, _) = levels.select_nth_unstable_by(place, f32::total_cmp);
    let limit = *limit;
    if limit.is_nan() {
        return limit;
    }
    for x in samples {
        *x = x.clamp(-limit, limit);
    }
    limit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_that_was_asked_for_is_at_the_limit_and_the_rest_is_untouched() {
        let before: Vec<f32> = (0..10_000).map(|i| (i as f32 * 0.7).sin()).collect();
        let mut after = before.clone();
        let limit = clip(&mut after, 0.1);
        let changed = after.iter().zip(&before).filter(|(a, b)| a != b).count();
        assert!((changed as i64 - 1_000).abs() <= 5, "{changed}");
        assert!(after.iter().all(|x| x.abs() <= limit));
        let mut same = before.clone();
        clip(&mut same, 0.0);
        assert_eq!(same, before);
        clip(&mut [], 0.5);
    }
}
