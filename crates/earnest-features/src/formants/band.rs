//! Resampling a frame to 11 kHz in the frequency domain: LLD_SPEC.md section 10 step 1.

use crate::lanes::F32s;

/// Rate of the resampled frame, Hz.
pub(crate) const RATE_HZ: f64 = 11_000.0;

/// Outputs that are summed side by side.
const BLOCK: usize = 4;

pub(crate) struct BandResampler {
    /// Highest bin used.
    highest: usize,
    /// For each block of outputs, for each bin 1 ..: cosines, then sines of the block.
    table: Vec<[f32; 2 * BLOCK]>,
    scale: f32,
    out: Vec<F32s>,
}

impl BandResampler {
    /// For frames of `frame` samples, zero-padded to `size`, at `sample_rate` Hz.
    pub fn new(frame: usize, size: usize, sample_rate: f64) -> Self {
        let ratio = RATE_HZ / sample_rate;
        let length = (size as f64 * ratio * (frame as f64 / size as f64)).round() as usize;
        let highest = ((length & !1).min(size) / 2).saturating_sub(1);
        let period = size as f64 * ratio;
        let mut table = Vec::with_capacity(length.div_ceil(BLOCK) * highest);
        for first in (0..length).step_by(BLOCK) {
            for k in 1..=highest {
                let mut row = [0.0; 2 * BLOCK];
                for j in 0..BLOCK {
                    let angle = std::f64::consts::TAU * k as f64 * (first + j) as f64 / period;
                    row[j] = angle.cos() as f32;
                    row[BLOCK + j] = angle.sin() as f32;
                }
                table.push(row);
            }
        }
        Self {
            highest,
            table,
            scale: (size / 2) as f32,
            out: vec![F32s::ZERO; length],
        }
    }

    /// The resampled frames from their transforms (kernel exp(+j...)).
    #[inline(always)]
    pub fn resample(&mut self, re: &[F32s], im: &[F32s]) -> &[F32s] {
        let (re_k, im_k) = (&re[1..=self.highest], &im[1..=self.highest]);
        if self.highest > 0 {
            for (rows, out) in self
                .table
                .chunks_exact(self.highest)
                .zip(self.out.chunks_mut(BLOCK))
            {
                let mut sums = [re[0]; BLOCK];
                for ((row, re), im) in rows.iter().zip(re_k).zip(im_k) {
                    for j in 0..BLOCK {
                        sums[j] += *re * row[j];
                        sums[j] += *im * row[BLOCK + j];
                    }
                }
                for (y, sum) in out.iter_mut().zip(sums) {
                    *y = sum / self.scale;
                }
            }
        }
        &self.out
    }
}
