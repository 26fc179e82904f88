//! Sub-harmonic summation and its candidates: docs/descriptors.md, section 7.2.

use super::octave::OctaveScale;
use super::{CANDIDATES, Candidate};
use crate::lanes::{F32s, F64s, LANES, flat, flat_mut};
use crate::parabola::vertex_through;

const HARMONICS: usize = 15;
const COMPRESSION: f32 = 0.85;
const LOWEST_HZ: f64 = 55.0;
const HIGHEST_HZ: f64 = 1000.0;

pub(crate) struct SubHarmonicSum {
    /// Shift in points and weight of harmonics 2 .. 15.
    shifts: Vec<(usize, f32)>,
    first_log2: f64,
    step_log2: f64,
    sum: Vec<F32s>,
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
            sum: vec![F32s::ZERO; bins],
        }
    }

    /// The candidates of each lane's frame, from its spectrum on the octave axis.
    #[inline(always)]
    pub fn candidates(&mut self, octave: &[F32s]) -> [[Candidate; CANDIDATES]; LANES] {
        let n = octave.len();
        self.sum.copy_from_slice(octave);
        for (shift, weight) in &self.shifts {
            if let Some(harmonic) = octave.get(*shift..) {
                for (sum, y) in flat_mut(&mut self.sum).iter_mut().zip(flat(harmonic)) {
                    *sum += weight * y;
                }
            }
        }
        let mut total = F64s::ZERO;
        for sum in &mut self.sum {
            *sum = (*sum / HARMONICS as f32).max(F32s::ZERO);
            total += sum.wide();
        }
        let mean = total / n as f64;
        let mut peaks = [[Peak::default(); CANDIDATES]; LANES];
        let mut counts = [0; LANES];
        // What a peak must exceed to be kept, once a lane's list is full.
        let mut least = F32s::ZERO;
        for (i, w) in self.sum.windows(3).enumerate() {
            let mut mask = w[1].above(w[0]) & w[1].above(w[2]) & w[1].above(least);
            while mask != 0 {
                let l = mask.trailing_zeros() as usize;
                mask &= mask - 1;
                let peak = Peak {
                    index: i + 1,
                    height: w[1].0[l],
                };
                insert(&mut peaks[l], &mut counts[l], peak);
                least.0[l] = peaks[l][CANDIDATES - 1].height;
            }
        }
        std::array::from_fn(|l| self.lane_candidates(l, &peaks[l][..counts[l]], mean.0[l]))
    }

    fn lane_candidates(&self, lane: usize, peaks: &[Peak], mean: f64) -> [Candidate; CANDIDATES] {
        let mut out = [Candidate::default(); CANDIDATES];
        let mut scores = [0.0_f64; CANDIDATES];
        let mut kept = 0;
        for peak in peaks {
            let i = peak.index;
            let three = [i - 1, i, i + 1];
            let (place, score) = vertex_through(
                three.map(|i| f64::from((self.first_log2 + i as f64 * self.step_log2) as f32)),
                three.map(|i| f64::from(self.sum[i].0[lane])),
            );
            let frequency = place.exp2();
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

/// Keeps the highest peaks, highest first; of equals the earlier stays ahead.
fn insert(peaks: &mut [Peak; CANDIDATES], count: &mut usize, peak: Peak) {
    let place = peaks[..*count]
        .iter()
        .position(|p| peak.height > p.height)
        .unwrap_or(*count);
    if place < CANDIDATES {
        *count = (*count + 1).min(CANDIDATES);
        peaks[place..*count].rotate_right(1);
        peaks[place] = peak;
    }
}
