//! Background noise: where to cut it, and how loud to add it.

use earnest_level::rms;
use earnest_random::Generator;

/// Places are told apart to this many samples (10 ms).
const BLOCK: usize = 160;
/// A stretch of noise is never used if its RMS is below this share of its clip's (-20 dB).
const QUIET: f64 = 0.1;
/// Draws that may fall on a quiet stretch before all stretches are looked at.
const TRIES: usize = 32;
/// Cross-fade where a looped clip begins again (10 ms).
const SEAM: usize = 160;

/// Where the energy of a clip is, so that a place can be drawn without listening to it all.
#[derive(Clone, Debug, Default)]
pub struct EnergyProfile {
    /// Energy before each block, and in all.
    before: Vec<f64>,
    length: usize,
}

impl EnergyProfile {
    /// Of a clip.
    #[must_use]
    pub fn of(clip: &[f32]) -> Self {
        let mut sum = 0.0;
        let mut before = vec![0.0];
        for block in clip.chunks(BLOCK) {
            sum += block.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
            before.push(sum);
        }
        Self {
            before,
            length: clip.len(),
        }
    }

    fn mean_square(&self, block: usize, blocks: usize) -> f64 {
        let last = self.before.len() - 1;
        let (a, b) = (block.min(last), (block + blocks).min(last));
        (self.before[b] - self.before[a]) / ((b - a).max(1) * BLOCK) as f64
    }

    /// Draws where a stretch of `length` samples begins: uniformly over all places whose RMS
    /// is not more than 20 dB below the clip's, so never in silence. A clip that is shorter
    /// than the stretch is looped and may begin anywhere.
    pub fn draw_offset(&self, length: usize, generator: &mut Generator) -> usize {
        if self.length <= length {
            return generator.below(period(self.length));
        }
        let places = (self.length - length) / BLOCK + 1;
        let blocks = (length / BLOCK).max(1);
        let clip = self.before.last().copied().unwrap_or(0.0) / self.length as f64;
        let loud = |place: &usize| self.mean_square(*place, blocks) >= clip * QUIET * QUIET;
        for _ in 0..TRIES {
            let place = generator.below(places);
            if loud(&place) {
                return place * BLOCK;
            }
        }
        let rest: Vec<usize> = (0..places).filter(loud).collect();
        let loudest = || {
            let level = |p: &usize| self.mean_square(*p, blocks);
            (0..places).max_by(|a, b| level(a).total_cmp(&level(b)))
        };
        match rest.len() {
            0 => loudest().unwrap_or(0) * BLOCK,
            n => rest[generator.below(n)] * BLOCK,
        }
    }
}

/// After how many samples a looped clip begins again: its ends overlap in a cross-fade.
fn period(length: usize) -> usize {
    if length > 4 * SEAM {
        length - SEAM
    } else {
        length.max(1)
    }
}

/// `length` samples of a clip from `offset` on, looped without clicks where it is too short.
fn stretch(clip: &[f32], offset: usize, length: usize) -> Vec<f32> {
    if let Some(part) = clip.get(offset..offset + length) {
        return part.to_vec();
    }
    let period = period(clip.len());
    let seam = clip.len() - period;
    let mut out = Vec::with_capacity(length);
    let mut from = offset % period;
    while out.len() < length {
        let count = (period - from).min(length - out.len());
        let start = out.len();
        out.extend_from_slice(&clip[from..from + count]);
        if start > 0 {
            // The clip's end goes on under its new beginning; equal power, as both are noise.
            for (i, y) in out[start..].iter_mut().take(seam).enumerate() {
                let x = (i as f32 + 0.5) / seam as f32 * std::f32::consts::FRAC_PI_2;
                *y = *y * x.sin() + clip[period + i] * x.cos();
            }
        }
        from = 0;
    }
    out
}

/// Adds the noise, looped, from `offset`, scaled so that its RMS over the stretch is
/// `ratio` times that of the speech: `y = x + n * ratio * rms(x) / rms(n)`
/// (docs/paper.md, section 4).
pub fn add_noise(speech: &mut [f32], noise: &[f32], offset: usize, ratio: f64) {
    if noise.is_empty() || speech.is_empty() {
        return;
    }
    let stretch = stretch(noise, offset, speech.len());
    let level = f64::from(rms(&stretch));
    if level <= 0.0 {
        return;
    }
    let scale = (ratio * f64::from(rms(speech)) / level) as f32;
    for (y, n) in speech.iter_mut().zip(&stretch) {
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
        for noise_length in [1, 3, 500, 700, 3_000, 8_000, 30_000] {
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
        let mut clip = vec![0.0_f32; 800_000];
        for x in &mut clip[600_000..602_000] {
            *x = 1.0;
        }
        let profile = EnergyProfile::of(&clip);
        let mut generator = Key::new(1).generator();
        let mut places = std::collections::BTreeSet::new();
        for _ in 0..50 {
            let offset = profile.draw_offset(30_000, &mut generator);
            assert!(rms(&clip[offset..offset + 30_000]) > 0.0);
            places.insert(offset);
        }
        assert!(places.len() > 30, "{places:?}");
    }

    #[test]
    fn a_looped_clip_has_no_click_where_it_begins_again() {
        // Half a period is missing at the end: cut and repeated, the tone would jump.
        let clip: Vec<f32> = (0..8_040).map(|i| (i as f32 * 0.0392).sin()).collect();
        let long = stretch(&clip, 100, 50_000);
        let step = |x: &[f32]| {
            x.windows(2)
                .map(|w| (w[1] - w[0]).abs())
                .fold(0.0, f32::max)
        };
        assert!(step(&long) < 1.5 * step(&clip), "{}", step(&long));
    }

    #[test]
    fn every_place_of_a_steady_clip_is_drawn() {
        let clip: Vec<f32> = (0..48_000).map(|i| (i as f32 * 0.3).sin()).collect();
        let profile = EnergyProfile::of(&clip);
        let mut generator = Key::new(2).generator();
        let drawn: Vec<usize> = (0..400)
            .map(|_| profile.draw_offset(16_000, &mut generator))
            .collect();
        assert!(drawn.iter().all(|o| o + 16_000 <= clip.len()));
        assert!(drawn.iter().any(|o| *o < 3_000) && drawn.iter().any(|o| *o > 29_000));
    }
}
