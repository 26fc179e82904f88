//! Windowed spectra of eight frames at once: docs/descriptors.md, section 2.

use crate::fft::{Bin, RealFft};
use crate::lanes::{F32s, LANES};
use crate::vectorised::vectorised;

/// Hamming window of `length` samples.
pub(crate) fn hamming(length: usize) -> Vec<f32> {
    let span = (length.max(2) - 1) as f64;
    (0..length)
        .map(|n| (0.54 - 0.46 * (std::f64::consts::TAU * n as f64 / span).cos()) as f32)
        .collect()
}

/// Gauss window of `length` samples, sigma 0.4 of half the span.
pub(crate) fn gauss(length: usize) -> Vec<f32> {
    let half = (length.max(2) - 1) as f64 / 2.0;
    (0..length)
        .map(|n| {
            let u = (n as f64 - half) / (0.4 * half);
            (-0.5 * u * u).exp() as f32
        })
        .collect()
}

/// The spectra of one frame length: window, transform, magnitudes.
pub(crate) struct Spectrum {
    window: Vec<f32>,
    fft: RealFft,
    work: Vec<Bin>,
    /// Mean square of the windowed frames.
    pub energy: [f64; LANES],
    /// Real parts, bins 0 ..= size/2.
    pub re: Vec<F32s>,
    /// Imaginary parts, of the transform with kernel exp(+j...).
    pub im: Vec<F32s>,
    /// Magnitudes, bins 0 ..= size/2.
    pub magnitude: Vec<F32s>,
    /// Squared magnitudes.
    pub power: Vec<F32s>,
}

impl Spectrum {
    pub fn new(window: Vec<f32>) -> Self {
        let size = window.len().next_power_of_two().max(4);
        let zeros = vec![F32s::ZERO; size / 2 + 1];
        Self {
            fft: RealFft::new(size),
            work: vec![Bin::ZERO; size / 2],
            energy: [0.0; LANES],
            re: zeros.clone(),
            im: zeros.clone(),
            magnitude: zeros.clone(),
            power: zeros,
            window,
        }
    }

    /// The transform.
    pub fn fft(&self) -> &RealFft {
        &self.fft
    }

    /// Transforms the frames that start at the beginning of `samples` and each `hop`
    /// samples later; lanes beyond `count` repeat the last frame.
    pub fn transform(&mut self, samples: &[f32], hop: usize, count: usize) {
        let length = self.window.len();
        let frames: [&[f32]; LANES] = std::array::from_fn(|l| {
            let start = l.min(count - 1) * hop;
            &samples[start..start + length]
        });
        vectorised(
            #[inline(always)]
            || {
                let mut energy = crate::lanes::F64s::ZERO;
                let filled = length.div_ceil(2);
                for (n, two) in self.work[..filled].iter_mut().enumerate() {
                    let re = windowed(&frames, &self.window, 2 * n);
                    let im = windowed(&frames, &self.window, 2 * n + 1);
                    *two = Bin { re, im };
                    energy += (re * re).wide();
                    energy += (im * im).wide();
                }
                self.work[filled..].fill(Bin::ZERO);
                self.energy = (energy / length as f64).0;
                let (all_re, all_im) = (&mut self.re, &mut self.im);
                let (magnitude, power) = (&mut self.magnitude, &mut self.power);
                self.fft.forward(
                    &mut self.work,
                    #[inline(always)]
                    |k, re, im| {
                        let m = (re * re + im * im).sqrt();
                        all_re[k] = re;
                        all_im[k] = im;
                        magnitude[k] = m;
                        power[k] = m * m;
                    },
                );
            },
        );
    }
}

/// Sample `n` of all frames, windowed; zero beyond their end.
#[inline(always)]
fn windowed(frames: &[&[f32]; LANES], window: &[f32], n: usize) -> F32s {
    match window.get(n) {
        Some(w) => F32s(std::array::from_fn(|l| frames[l][n])) * *w,
        None => F32s::ZERO,
    }
}
