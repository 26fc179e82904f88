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

/// Where the zeros stand that fill a frame up to the transform's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zeros {
    /// All after it, as in eGeMAPSv01a.
    After,
    /// As many before it as after it, as in eGeMAPSv02 (docs/descriptors.md, section 15.1).
    Around,
}

/// The spectra of one frame length: window, transform, magnitudes.
pub(crate) struct Spectrum {
    window: Vec<f32>,
    /// Zeros before the frame.
    before: usize,
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
    pub fn new(window: Vec<f32>, zeros: Zeros) -> Self {
        let size = window.len().next_power_of_two().max(4);
        let before = match zeros {
            Zeros::After => 0,
            Zeros::Around => (size - window.len()) / 2,
        };
        let none = vec![F32s::ZERO; size / 2 + 1];
        Self {
            fft: RealFft::new(size),
            work: vec![Bin::ZERO; size / 2],
            energy: [0.0; LANES],
            re: none.clone(),
            im: none.clone(),
            magnitude: none.clone(),
            power: none,
            window,
            before,
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
                // Samples go in by twos; where the number of zeros before the frame is odd, its
                // first sample is the second of a two.
                let (whole, odd) = (self.before / 2, self.before % 2);
                let filled = (odd + length).div_ceil(2);
                let (before, rest) = self.work.split_at_mut(whole);
                let (frame, after) = rest.split_at_mut(filled);
                before.fill(Bin::ZERO);
                for (n, two) in frame.iter_mut().enumerate() {
                    let re = windowed(&frames, &self.window, (2 * n).wrapping_sub(odd));
                    let im = windowed(&frames, &self.window, 2 * n + 1 - odd);
                    *two = Bin { re, im };
                    energy += (re * re).wide();
                    energy += (im * im).wide();
                }
                after.fill(Bin::ZERO);
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

/// Sample `n` of all frames, windowed; zero outside them.
#[inline(always)]
fn windowed(frames: &[&[f32]; LANES], window: &[f32], n: usize) -> F32s {
    match window.get(n) {
        Some(w) => F32s(std::array::from_fn(|l| frames[l][n])) * *w,
        None => F32s::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_before_a_frame_turn_phases_and_leave_magnitudes() {
        for length in [12, 13, 16] {
            let samples: Vec<f32> = (0..length).map(|n| (n * n % 7) as f32 - 3.0).collect();
            let mut after = Spectrum::new(vec![1.0; length], Zeros::After);
            let mut around = Spectrum::new(vec![1.0; length], Zeros::Around);
            after.transform(&samples, 1, 1);
            around.transform(&samples, 1, 1);
            assert_eq!(after.energy, around.energy);
            let before = (16 - length) / 2;
            for k in 0..=8 {
                let turn = std::f32::consts::TAU * (k * before) as f32 / 16.0;
                let (re, im) = (after.re[k].0[0], after.im[k].0[0]);
                let turned = (
                    re * turn.cos() - im * turn.sin(),
                    re * turn.sin() + im * turn.cos(),
                );
                assert!((around.re[k].0[0] - turned.0).abs() < 1e-4, "{length}: {k}");
                assert!((around.im[k].0[0] - turned.1).abs() < 1e-4, "{length}: {k}");
                let (a, b) = (after.magnitude[k].0[0], around.magnitude[k].0[0]);
                assert!((a - b).abs() < 1e-4, "{length}: {k}");
            }
        }
    }
}
