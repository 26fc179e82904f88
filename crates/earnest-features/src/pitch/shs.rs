//! Sub-harmonic summation and its candidates: LLD_SPEC.md section 7.2.

use super::octave::OctaveScale;
use super::{CANDIDATES, Candidate};
use crate::parabola::vertex;

const HARMONICS: usize = 15;
const COMPRESSION: f32 = 0.85;
const LOWEST_HZ: f64 = 55.0;
const HIGHEST_HZ: f64 = 1000.0;

pub(crate) struct SubHarmonicSum {
    /// Shift in points and weight of harmonics 2 .. 15.
    shifts: Vec<(usize, f32)>,
    first_log2: f64,
    step_log2: f64,
    sum: Vec<f32>,
}

#[derive(Clone, Copy, Default)]
struct Peak {
    index: usize,
    height: f32,
}

impl SubHarmonicSum {
    pub fn new(scale: &OctaveScale, bins: usize) -> Self {
        let per_octave = f64::from(scale.per_octave as f32);
        let mut weight = 1.0_f32;
        let shifts = (2..=HARMONICS)
            .map(|h| {
                weight *= COMPRESSION;
                ((per_octave * (h as f64).log2()).floor() as usize, weight)
            })
            .collect();
        Self {
            shifts,
            first_log2: scale.first_log2,
            step_log2: scale.step_log2,
            sum: vec![0.0; bins],
        }
    }

    pub fn candidates(&mut self, octave: &[f32]) -> [Candidate; CANDIDATES] {
        self.sum.copy_from_slice(octave);
        for (shift, weight) in &self.shifts {
            if *shift < octave.len() {
                for (s, y) in self.sum.iter_mut().zip(&octave[*shift..]) {
                    *s += weight * y;
                }
            }
        }
        let mut total = 0.0_f64;
        for s in &mut self.sum {
            *s = (*s / HARMONICS as f32).max(0.0);
            total += f64::from(*s);
        }
        let mean = total / self.sum.len() as f64;

        let mut peaks = [Peak::default(); CANDIDATES];
        let mut count = 0;
        for (i, w) in self.sum.windows(3).enumerate() {
            if w[1] > w[0] && w[1] > w[2] {
                let peak = Peak {
                    index: i + 1,
                    height: w[1],
                };
                let place = peaks[..count]
                    .iter()
                    .position(|p| peak.height > p.height)
                    .unwrap_or(count);
                if place < CANDIDATES {
                    count = (count + 1).min(CANDIDATES);
                    peaks[place..count].rotate_right(1);
                    peaks[place] = peak;
                }
            }
        }

        let mut out = [Candidate::default(); CANDIDATES];
        let mut scores = [0.0_f64; CANDIDATES];
        let mut kept = 0;
        for peak in &peaks[..count] {
            let i = peak.index;
            let (offset, score) = vertex(
                f64::from(self.sum[i - 1]),
                f64::from(self.sum[i]),
                f64::from(self.sum[i + 1]),
            );
            let frequency = (self.first_log2 + (i as f64 + offset) * self.step_log2).exp2();
            let voicing = if score > 0.0 && score > mean {
                1.0 - mean / score
            } else {
                0.0
            };
            if (LOWEST_HZ..=HIGHEST_HZ).contains(&frequency) {
                out[kept] = Candidate {
                    frequency: frequency as f32,
                    voicing: voicing as f32,
                };
                scores[kept] = score;
                kept += 1;
            }
        }
        let mut best = 0;
        for (i, score) in scores.iter().enumerate() {
            if *score > scores[best] {
                best = i;
            }
        }
        out.swap(0, best);
        out
    }
}
