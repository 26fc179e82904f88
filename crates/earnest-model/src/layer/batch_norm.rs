//! Batch normalisation (Ioffe and Szegedy 2015) over the frames that exist, then ReLU:
//!
//! ```text
//! u = (x - mean) / sqrt(var + eps)     y = max(0, gamma u + beta)
//! ```
//!
//! and backwards, with `g = dy` where y > 0 and 0 elsewhere, sums and means over all frames,
//!
//! ```text
//! dgamma = sum g u    dbeta = sum g
//! dx = gamma / sqrt(var + eps) (g - mean g - u mean(g u))
//! ```
//!
//! In training, mean and (biased) variance are those of all real frames of the batch;
//! running ones (unbiased variance, momentum 0.1, as PyTorch) serve afterwards. Sums are
//! taken in f64 over blocks of rows, which are put together in order (Chan, Golub and
//! LeVeque 1983).

use rayon::prelude::*;

use super::BLOCK;
use crate::param::{Param, RUNNING_VARIANCE};
use crate::real::Real;
use crate::sequence::Gapped;
use earnest_features::vectorised::vectorised;

const EPSILON: f64 = 1e-5;
const MOMENTUM: f64 = 0.1;

/// Batch norm and the ReLU after it.
#[derive(Clone, Debug)]
pub(crate) struct BatchNormRelu<T> {
    gamma: Param<T>,
    beta: Param<T>,
    /// Running statistics: kept with the model, not trained.
    running_mean: Param<T>,
    running_variance: Param<T>,
}

/// Buffers, kept from step to step.
#[derive(Debug, Default)]
pub(crate) struct BatchNormState<T> {
    /// `1 / sqrt(var + eps)` of the forward pass.
    inverse: Vec<T>,
    /// Two sums for each value of each block, and the frames they are over.
    blocks: Vec<(usize, Vec<f64>)>,
    /// Mean and unbiased variance of the batch, after a forward pass of training.
    seen: Option<[Vec<f64>; 2]>,
}

impl<T: Real> BatchNormState<T> {
    /// Runs `sums` on each block of rows beside its two sums of `width` values, which are 0;
    /// it returns the frames it saw.
    fn reduce(
        &mut self,
        layout: &Gapped,
        width: usize,
        sums: impl Fn(usize, &[bool], &mut [f64], &mut [f64]) -> usize + Sync,
    ) {
        let count = layout.rows().div_ceil(BLOCK);
        self.blocks.resize_with(count, Default::default);
        self.blocks
            .par_iter_mut()
            .zip(layout.is_frame.par_chunks(BLOCK))
            .enumerate()
            .for_each(|(i, ((frames, both), is_frame))| {
                both.clear();
                both.resize(2 * width, 0.0);
                let (first, second) = both.split_at_mut(width);
                *frames = sums(i * BLOCK, is_frame, first, second);
            });
    }
}

impl<T: Real> BatchNormRelu<T> {
    pub fn new(name: &str, width: usize) -> Self {
        let constant = |part: &str, x: f64| Param::constant(format!("{name}.{part}"), &[width], x);
        Self {
            gamma: constant("gamma", 1.0),
            beta: constant("beta", 0.0),
            running_mean: constant("running_mean", 0.0),
            running_variance: constant(RUNNING_VARIANCE, 1.0),
        }
    }

    /// Mean and biased variance of each value over all frames.
    fn statistics(
        layout: &Gapped,
        x: &[T],
        width: usize,
        state: &mut BatchNormState<T>,
    ) -> [Vec<f64>; 2] {
        state.reduce(layout, width, |first, is_frame, mean, square| {
            let rows = x[first * width..].chunks_exact(width);
            let n = is_frame.iter().filter(|f| **f).count();
            vectorised(
                #[inline(always)]
                || {
                    for (row, _) in rows.clone().zip(is_frame).filter(|(_, f)| **f) {
                        for (m, x) in mean.iter_mut().zip(row) {
                            *m += x.to_f64();
                        }
                    }
                    for m in &mut *mean {
                        *m /= n.max(1) as f64;
                    }
                    for (row, _) in rows.zip(is_frame).filter(|(_, f)| **f) {
                        for ((s, x), m) in square.iter_mut().zip(row).zip(&*mean) {
                            let d = x.to_f64() - *m;
                            *s += d * d;
                        }
                    }
                },
            );
            n
        });
        let mut mean = vec![0.0_f64; width];
        let mut square = vec![0.0_f64; width];
        let mut total = 0.0;
        for (frames, both) in &state.blocks {
            let n = *frames as f64;
            if n == 0.0 {
                continue;
            }
            for j in 0..width {
                let delta = both[j] - mean[j];
                mean[j] += delta * n / (total + n);
                square[j] += both[width + j] + delta * delta * total * n / (total + n);
            }
            total += n;
        }
        for s in &mut square {
            *s /= total.max(1.0);
        }
        [mean, square]
    }

    /// Turns `x` into u, in place, and fills `y`; gaps of both become zero. With
    /// `training`, by the batch's statistics, which [`BatchNormRelu::keep`] then adds to the
    /// running ones.
    pub fn forward(
        &self,
        layout: &Gapped,
        x: &mut [T],
        y: &mut [T],
        state: &mut BatchNormState<T>,
        training: bool,
    ) {
        let width = self.gamma.value.len();
        let n = layout.total_frames();
        let [mean, variance] = if training && n > 0 {
            let [mean, variance] = Self::statistics(layout, x, width, state);
            let unbiased = n as f64 / (n.max(2) - 1) as f64;
            let unbiased = variance.iter().map(|v| v * unbiased).collect();
            state.seen = Some([mean.clone(), unbiased]);
            [mean, variance]
        } else {
            [&self.running_mean, &self.running_variance]
                .map(|p| p.value.iter().map(|x| x.to_f64()).collect())
        };
        let inverse = variance.iter().map(|v| 1.0 / (v + EPSILON).sqrt());
        state.inverse = inverse.map(T::from_f64).collect();
        let mean: Vec<T> = mean.into_iter().map(T::from_f64).collect();
        let (gamma, beta, inverse) = (&self.gamma.value, &self.beta.value, &state.inverse);
        x.par_chunks_mut(BLOCK * width)
            .zip(y.par_chunks_mut(BLOCK * width))
            .zip(layout.is_frame.par_chunks(BLOCK))
            .for_each(|((x, y), is_frame)| {
                let rows = x.chunks_exact_mut(width).zip(y.chunks_exact_mut(width));
                vectorised(
                    #[inline(always)]
                    || {
                        for ((x, y), is_frame) in rows.zip(is_frame) {
                            if !is_frame {
                                x.fill(T::ZERO);
                                y.fill(T::ZERO);
                                continue;
                            }
                            let scale = mean.iter().zip(inverse).zip(gamma).zip(beta);
                            for ((x, y), (((m, i), g), b)) in x.iter_mut().zip(y).zip(scale) {
                                let u = (*x - *m) * *i;
                                let v = *g * u + *b;
                                *x = u;
                                // A NaN stays one, so that training stops at it.
                                *y = if v <= T::ZERO { T::ZERO } else { v };
                            }
                        }
                    },
                );
            });
    }

    /// After a forward pass of training: the running statistics move towards the batch's.
    pub fn keep(&mut self, state: &mut BatchNormState<T>) {
        let Some([mean, variance]) = state.seen.take() else {
            return;
        };
        let toward = |running: &mut Param<T>, batch: &[f64]| {
            for (old, new) in running.value.iter_mut().zip(batch) {
                *old = T::from_f64((1.0 - MOMENTUM) * old.to_f64() + MOMENTUM * new);
            }
        };
        toward(&mut self.running_mean, &mean);
        toward(&mut self.running_variance, &variance);
    }

    /// Turns the gradient of `y` into that of x, in place (training statistics); what
    /// stands in its gaps becomes zero. Adds to the gradients. `u` and `y` are what
    /// [`BatchNormRelu::forward`] made of x.
    pub fn backward(
        &mut self,
        layout: &Gapped,
        u: &[T],
        y: &[T],
        d: &mut [T],
        state: &mut BatchNormState<T>,
    ) {
        let width = self.gamma.value.len();
        {
            let d = &*d;
            state.reduce(layout, width, |first, is_frame, sum, dot| {
                let at = first * width;
                let rows = d[at..]
                    .chunks_exact(width)
                    .zip(u[at..].chunks_exact(width))
                    .zip(y[at..].chunks_exact(width))
                    .zip(is_frame)
                    .filter(|(_, f)| **f);
                vectorised(
                    #[inline(always)]
                    || {
                        for (((d, u), y), _) in rows {
                            for ((((s, t), d), u), y) in
                                sum.iter_mut().zip(&mut *dot).zip(d).zip(u).zip(y)
                            {
                                let g = if *y > T::ZERO { *d } else { T::ZERO };
                                *s += g.to_f64();
                                *t += (g * *u).to_f64();
                            }
                        }
                    },
                );
                0
            });
        }
        let n = layout.total_frames().max(1) as f64;
        let mut shift = vec![T::ZERO; width];
        let mut slope = vec![T::ZERO; width];
        let mut scale = vec![T::ZERO; width];
        for j in 0..width {
            let sum: f64 = state.blocks.iter().map(|(_, both)| both[j]).sum();
            let dot: f64 = state.blocks.iter().map(|(_, both)| both[width + j]).sum();
            self.beta.grad[j] += T::from_f64(sum);
            self.gamma.grad[j] += T::from_f64(dot);
            shift[j] = T::from_f64(sum / n);
            slope[j] = T::from_f64(dot / n);
            scale[j] = self.gamma.value[j] * state.inverse[j];
        }
        let size = BLOCK * width;
        d.par_chunks_mut(size)
            .zip(u.par_chunks(size))
            .zip(y.par_chunks(size))
            .zip(layout.is_frame.par_chunks(BLOCK))
            .for_each(|(((d, u), y), is_frame)| {
                let rows = d
                    .chunks_exact_mut(width)
                    .zip(u.chunks_exact(width))
                    .zip(y.chunks_exact(width));
                vectorised(
                    #[inline(always)]
                    || {
                        for (((d, u), y), is_frame) in rows.zip(is_frame) {
                            if !is_frame {
                                d.fill(T::ZERO);
                                continue;
                            }
                            let all = shift.iter().zip(&slope).zip(&scale);
                            for (((d, u), y), ((shift, slope), scale)) in
                                d.iter_mut().zip(u).zip(y).zip(all)
                            {
                                let g = if *y > T::ZERO { *d } else { T::ZERO };
                                *d = *scale * (g - *shift - *u * *slope);
                            }
                        }
                    },
                );
            });
    }

    pub fn params(&self) -> [&Param<T>; 2] {
        [&self.gamma, &self.beta]
    }

    pub fn buffers(&self) -> [&Param<T>; 2] {
        [&self.running_mean, &self.running_variance]
    }

    /// Gamma, beta, running mean, running variance.
    pub fn all_mut(&mut self) -> [&mut Param<T>; 4] {
        [
            &mut self.gamma,
            &mut self.beta,
            &mut self.running_mean,
            &mut self.running_variance,
        ]
    }
}
