//! Resampling a frame to 11 kHz in the frequency domain: LLD_SPEC.md section 10 step 1.

use crate::lanes::{F32s, LANES};

/// Rate of the resampled frame, Hz.
pub(crate) const RATE_HZ: f64 = 11_000.0;

pub(crate) struct BandResampler {
    /// Highest bin used.
    highest: usize,
    /// For each bin 1 ..: cosines, then sines over the outputs.
    table: Vec<f32>,
    scale: f32,
    one: Vec<f32>,
    out: Vec<F32s>,
}

impl BandResampler {
    /// For frames of `frame` samples, zero-padded to `size`, at `sample_rate` Hz.
    pub fn new(frame: usize, size: usize, sample_rate: f64) -> Self {
        let ratio = RATE_HZ / sample_rate;
        let length = (size as f64 * ratio * (frame as f64 / size as f64)).round() as usize;
        let highest = ((length & !1).min(size) / 2).saturating_sub(1);
        let period = size as f64 * ratio;
        let mut table = Vec::with_capacity(2 * length * highest);
        for k in 1..=highest {
            let angle = |i: usize| std::f64::consts::TAU * k as f64 * i as f64 / period;
            table.extend((0..length).map(|i| angle(i).cos() as f32));
            table.extend((0..length).map(|i| angle(i).sin() as f32));
        }
        Self {
            highest,
            table,
            scale: (size / 2) as f32,
            one: vec![0.0; length],
            out: vec![F32s::ZERO; length],
        }
    }

    /// The resampled frames from their transforms (kernel exp(+j...)).
    #[inline(always)]
    pub fn resample(&mut self, re: &[F32s], im: &[F32s]) -> &[F32s] {
        let length = self.out.len();
        for lane in 0..LANES {
            // Here the outputs of one frame lie side by side: their sums are many.
            let y = &mut self.one[..length];
            y.fill(re[0].0[lane]);
            let bins = re[1..=self.highest].iter().zip(&im[1..=self.highest]);
            for (rows, (re, im)) in self.table.chunks_exact(2 * length).zip(bins) {
                let (re, im) = (re.0[lane], im.0[lane]);
                let (cosines, sines) = rows.split_at(length);
                for ((y, c), s) in y.iter_mut().zip(cosines).zip(sines) {
                    let sum = *y + re * *c;
                    *y = sum + im * *s;
                }
            }
            for (out, y) in self.out.iter_mut().zip(y.iter()) {
                out.0[lane] = *y / self.scale;
            }
        }
        &self.out
    }
}
