//! Linear convolution by FFT.

use realfft::RealFftPlanner;

use crate::spectrum::fast_length;

/// Convolves, keeping its FFT plans between calls.
pub struct Convolver {
    planner: RealFftPlanner<f32>,
}

impl Default for Convolver {
    fn default() -> Self {
        Self {
            planner: RealFftPlanner::new(),
        }
    }
}

impl Convolver {
    /// The first `x.len()` samples of the convolution of `x` with `h`.
    pub fn convolve(&mut self, x: &[f32], h: &[f32]) -> Vec<f32> {
        if x.is_empty() || h.is_empty() {
            return vec![0.0; x.len()];
        }
        // Later parts of h only reach samples that are not returned.
        let h = &h[..h.len().min(x.len())];
        let size = fast_length(x.len() + h.len() - 1);
        let forward = self.planner.plan_fft_forward(size);
        let inverse = self.planner.plan_fft_inverse(size);
        let mut time = forward.make_input_vec();
        let mut a = forward.make_output_vec();
        let mut b = forward.make_output_vec();
        let mut scratch = forward.make_scratch_vec();
        // The buffers come from the plans, so these cannot fail.
        time[..x.len()].copy_from_slice(x);
        let first = forward.process_with_scratch(&mut time, &mut a, &mut scratch);
        time.fill(0.0);
        time[..h.len()].copy_from_slice(h);
        let second = forward.process_with_scratch(&mut time, &mut b, &mut scratch);
        for (a, b) in a.iter_mut().zip(&b) {
            *a *= b;
        }
        if let Some(dc) = a.first_mut() {
            dc.im = 0.0;
        }
        if let Some(nyquist) = a.last_mut() {
            nyquist.im = 0.0;
        }
        let third = inverse.process(&mut a, &mut time);
        debug_assert!(first.is_ok() && second.is_ok() && third.is_ok());
        time.truncate(x.len());
        for y in &mut time {
            *y /= size as f32;
        }
        time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn it_equals_the_sum_that_defines_it(
            x in proptest::collection::vec(-1.0..1.0_f32, 1..200),
            h in proptest::collection::vec(-1.0..1.0_f32, 1..300),
        ) {
            let fast = Convolver::default().convolve(&x, &h);
            for (n, y) in fast.iter().enumerate() {
                let direct: f64 = (0..=n)
                    .filter(|k| *k < h.len())
                    .map(|k| f64::from(h[k]) * f64::from(x[n - k]))
                    .sum();
                assert!((f64::from(*y) - direct).abs() < 1e-4, "{y} for {direct}");
            }
        }
    }
}
