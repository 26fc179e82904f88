//! Windowed magnitude spectra: LLD_SPEC.md section 2.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

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

/// The spectrum of one frame length: window, transform, magnitudes. Computed by a
/// double-precision FFT whose result is rounded to f32.
pub(crate) struct Spectrum {
    window: Vec<f32>,
    plan: Arc<dyn RealToComplex<f64>>,
    input: Vec<f64>,
    scratch: Vec<Complex<f64>>,
    transform: Vec<Complex<f64>>,
    /// Windowed samples, f32.
    pub windowed: Vec<f32>,
    /// Real parts, bins 0 ..= size/2.
    pub re: Vec<f32>,
    /// Imaginary parts of the transform with kernel exp(-j...).
    pub im: Vec<f32>,
    /// Magnitudes, bins 0 ..= size/2.
    pub magnitude: Vec<f32>,
}

impl Spectrum {
    pub fn new(planner: &mut RealFftPlanner<f64>, window: Vec<f32>) -> Self {
        let size = window.len().next_power_of_two();
        let plan = planner.plan_fft_forward(size);
        let bins = size / 2 + 1;
        Self {
            input: plan.make_input_vec(),
            scratch: plan.make_scratch_vec(),
            transform: plan.make_output_vec(),
            windowed: vec![0.0; window.len()],
            re: vec![0.0; bins],
            im: vec![0.0; bins],
            magnitude: vec![0.0; bins],
            window,
            plan,
        }
    }

    /// FFT length: the next power of two of the frame length.
    pub fn size(&self) -> usize {
        self.input.len()
    }

    /// Transforms one frame of exactly the window's length.
    pub fn transform(&mut self, frame: &[f32]) {
        for (((windowed, input), x), w) in self
            .windowed
            .iter_mut()
            .zip(&mut self.input)
            .zip(frame)
            .zip(&self.window)
        {
            *windowed = x * w;
            *input = f64::from(*windowed);
        }
        self.input[self.window.len()..].fill(0.0);
        // The lengths come from the plan itself, so it cannot refuse.
        let done =
            self.plan
                .process_with_scratch(&mut self.input, &mut self.transform, &mut self.scratch);
        debug_assert!(done.is_ok());
        let plan = crate::fft::RealFft::new(self.size());
        let mut work: Vec<crate::lanes::F32s> = (0..self.size()).map(|i| crate::lanes::F32s::splat(self.windowed.get(i).copied().unwrap_or(0.0))).collect();
        let mut res = vec![(0.0_f32,0.0_f32); self.size()/2+1];
        plan.forward(&mut work, |k, re, im| res[k] = (re.0[0], -im.0[0]));
        for (k, z) in res.iter().enumerate() {
            let (re, im) = *z;
            self.re[k] = re;
            self.im[k] = im;
            self.magnitude[k] = (re * re + im * im).sqrt();
        }
    }
}
