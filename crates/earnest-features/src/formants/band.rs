//! Resampling a frame to 11 kHz in the frequency domain: LLD_SPEC.md section 10 step 1.

/// Rate of the resampled frame, Hz.
pub(crate) const RATE_HZ: f64 = 11_000.0;

pub(crate) struct BandResampler {
    /// Output samples.
    length: usize,
    /// Rows k = 1 .. of cosines and sines over the output samples, interleaved by row.
    cosines: Vec<f32>,
    sines: Vec<f32>,
    scale: f32,
    out: Vec<f32>,
}

impl BandResampler {
    /// For frames of `frame` samples, zero-padded to `size`, at `sample_rate` Hz.
    pub fn new(frame: usize, size: usize, sample_rate: f64) -> Self {
        let ratio = RATE_HZ / sample_rate;
        let length = (size as f64 * ratio * (frame as f64 / size as f64)).round() as usize;
        let highest = (length & !1).min(size) / 2;
        let period = size as f64 * ratio;
        let mut cosines = Vec::with_capacity(highest * length);
        let mut sines = Vec::with_capacity(highest * length);
        for k in 1..highest {
            for i in 0..length {
                let angle = std::f64::consts::TAU * k as f64 * i as f64 / period;
                cosines.push(angle.cos() as f32);
                sines.push(angle.sin() as f32);
            }
        }
        Self {
            length,
            cosines,
            sines,
            scale: (size / 2) as f32,
            out: vec![0.0; length],
        }
    }

    pub fn resample(&mut self, re: &[f32], im: &[f32]) -> &[f32] {
        self.out.fill(re[0]);
        let rows = self
            .cosines
            .chunks_exact(self.length)
            .zip(self.sines.chunks_exact(self.length));
        for ((cosines, sines), (re, im)) in rows.zip(re[1..].iter().zip(&im[1..])) {
            for ((y, c), s) in self.out.iter_mut().zip(cosines).zip(sines) {
                *y += re * c;
                *y -= im * s;
            }
        }
        for y in &mut self.out {
            *y /= self.scale;
        }
        &self.out
    }
}
