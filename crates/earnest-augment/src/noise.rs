//! Background noise: where to cut it, and how loud to add it.

use earnest_random::Draws;

use earnest_audio::rms;

/// A stretch of noise is never used if its RMS is below this share of its clip's.
const QUIET: f32 = 0.1;
const TRIES: usize = 16;

/// Draws where in `noise` a stretch of `length` samples begins, so that it is not
/// (nearly) silent. The clip is looped when it is shorter than the stretch.
pub fn draw_offset(noise: &[f32], length: usize, draws: &mut Draws) -> usize {
    let least = rms(noise) * QUIET;
    let places = if noise.len() > length {
        noise.len() - length + 1
    } else {
        noise.len().max(1)
    };
    let mut loudest = (0, -1.0);
    for _ in 0..TRIES {
        let offset = draws.below(places);
        let level = rms(&noise[offset..(offset + length).min(noise.len())]);
        if noise.len() <= length || level >= least {
            return offset;
        }
        if level > loudest.1 {
            loudest = (offset, level);
        }
    }
    loudest.0
}

/// Adds the noise, looped, from `offset`, scaled so that its RMS over the stretch is
/// `ratio` times that of the speech: `y = x + n * ratio * rms(x) / rms(n)`
/// (PAPER.md section 4).
pub fn add_noise(speech: &mut [f32], noise: &[f32], offset: usize, ratio: f64) {
    if noise.is_empty() || speech.is_empty() {
        return;
    }
    let stretch = || noise.iter().cycle().skip(offset % noise.len());
    let sum: f64 = stretch()
        .take(speech.len())
        .map(|x| f64::from(*x).powi(2))
        .sum();
    let level = (sum / speech.len() as f64).sqrt();
    if level <= 0.0 {
        return;
    }
    let scale = (ratio * f64::from(rms(speech)) / level) as f32;
    for (y, n) in speech.iter_mut().zip(stretch()) {
        *y += scale * n;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_random::Key;

    #[test]
    fn the_ratio_is_one_of_amplitudes_over_the_stretch_that_is_used() {
        let speech: Vec<f32> = (0..8_000).map(|i| (i as f32 * 0.1).sin()).collect();
        for noise_length in [500, 8_000, 30_000] {
            let noise: Vec<f32> = (0..noise_length)
                .map(|i| ((i * 7919) % 101) as f32 - 50.0)
                .collect();
            let mut noisy = speech.clone();
            add_noise(&mut noisy, &noise, 123, 0.7);
            let added: Vec<f32> = noisy.iter().zip(&speech).map(|(y, x)| y - x).collect();
            assert!((rms(&added) / rms(&speech) - 0.7).abs() < 1e-3);
        }
    }

    #[test]
    fn a_mostly_silent_clip_is_cut_where_it_sounds() {
        let mut clip = vec![0.0_f32; 80_000];
        for x in &mut clip[60_000..62_000] {
            *x = 1.0;
        }
        let mut draws = Key::new(1).draws();
        for _ in 0..50 {
            let offset = draw_offset(&clip, 30_000, &mut draws);
            assert!(rms(&clip[offset..offset + 30_000]) > 0.0);
        }
    }
}
