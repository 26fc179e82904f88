//! Resampling a frame to 11 kHz in the frequency domain: docs/descriptors.md, section 10 step 1.

use crate::lanes::{F32s, LANES};

/// Rate of the resampled frame, Hz.
pub(crate) const RATE_HZ: f64 = 11_000.0;

pub(crate) struct BandResampler {
    /// Half the bins used.
    pairs: usize,
    /// Outputs, rounded up to whole vectors.
    length: usize,
    /// For each two bins from 1 on: cosines and sines of the one over the outputs, then
    /// those of the other.
    table: Vec<f32>,
    scale: f32,
    /// The outputs of one lane after the other.
    lanes: Vec<f32>,
    out: Vec<F32s>,
}

impl BandResampler {
    /// For frames of `frame` samples, zero-padded to `size`, at `sample_rate` Hz.
    pub fn new(frame: usize, size: usize, sample_rate: f64) -> Self {
        let ratio = RATE_HZ / sample_rate;
        let length = (size as f64 * ratio * (frame as f64 / size as f64)).round() as usize;
        let highest = ((length & !1).min(size) / 2).saturating_sub(1);
        let period = size as f64 * ratio;
        let padded = length.next_multiple_of(LANES);
        let pairs = highest.div_ceil(2);
        let mut table = Vec::with_capacity(4 * padded * pairs);
        for k in 1..=2 * pairs {
            let angle = |i: usize| std::f64::consts::TAU * k as f64 * i as f64 / period;
            // A bin beyond the highest is there to make a pair, and adds nothing.
            let value = |x: f64| if k > highest { 0.0 } else { x as f32 };
            table.extend((0..padded).map(|i| value(angle(i).cos())));
            table.extend((0..padded).map(|i| value(angle(i).sin())));
        }
        Self {
            pairs,
            length: padded,
            table,
            scale: (size / 2) as f32,
            lanes: vec![0.0; LANES * padded],
            out: vec![F32s::ZERO; length],
        }
    }

    /// The resampled frames from their transforms (kernel exp(+j...)).
    #[inline(always)]
    pub fn resample(&mut self, re: &[F32s], im: &[F32s]) -> &[F32s] {
        // Here the outputs of one frame lie side by side: their sums are many. A row of the
        // table serves all lanes while it is near.
        let length = self.length;
        for (y, re) in self.lanes.chunks_exact_mut(length).zip(re[0].0) {
            y.fill(re);
        }
        let used = 1..=2 * self.pairs;
        let bins = re[used.clone()]
            .chunks_exact(2)
            .zip(im[used].chunks_exact(2));
        for (rows, (re, im)) in self.table.chunks_exact(4 * length).zip(bins) {
            let (one, two) = rows.split_at(2 * length);
            let ((c1, s1), (c2, s2)) = (one.split_at(length), two.split_at(length));
            for (lane, y) in self.lanes.chunks_exact_mut(length).enumerate() {
                let (re1, im1) = (re[0].0[lane], im[0].0[lane]);
                let (re2, im2) = (re[1].0[lane], im[1].0[lane]);
                let rows = c1.iter().zip(s1).zip(c2).zip(s2);
                for (y, (((c1, s1), c2), s2)) in y.iter_mut().zip(rows) {
                    let mut sum = *y;
                    sum += re1 * c1;
                    sum += im1 * s1;
                    sum += re2 * c2;
                    sum += im2 * s2;
                    *y = sum;
                }
            }
        }
        for (lane, y) in self.lanes.chunks_exact(length).enumerate() {
            for (out, y) in self.out.iter_mut().zip(y) {
                out.0[lane] = *y / self.scale;
            }
        }
        &self.out
    }
}
