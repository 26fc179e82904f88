//! Batch normalisation (Ioffe and Szegedy 2015) over the frames that exist, then ReLU:
//! `y = max(0, gamma (x - mean) / sqrt(var + eps) + beta)`.
//!
//! In training, mean and (biased) variance are those of all real frames of the batch;
//! running ones (unbiased variance, momentum 0.1, as PyTorch) serve afterwards.

use crate::param::Param;
use crate::real::Real;
use crate::sequence::Gapped;

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

/// What the backward pass needs.
pub(crate) struct BatchNormTape<T> {
    /// (x - mean) / sqrt(var + eps), gaps zero.
    normalised: Vec<T>,
    inverse: Vec<T>,
}

impl<T: Real> BatchNormRelu<T> {
    pub fn new(name: &str, width: usize) -> Self {
        let constant = |part: &str, x: f64| Param::constant(format!("{name}.{part}"), &[width], x);
        Self {
            gamma: constant("gamma", 1.0),
            beta: constant("beta", 0.0),
            running_mean: constant("running_mean", 0.0),
            running_variance: constant("running_variance", 1.0),
        }
    }

    /// Normalises in place; gaps stay zero. With `training`, by the batch's statistics.
    pub fn forward(&mut self, layout: &Gapped, x: &mut [T], training: bool) -> BatchNormTape<T> {
        let width = self.gamma.value.len();
        let n = layout.frames();
        let (mean, variance): (Vec<f64>, Vec<f64>) = if training && n > 0 {
            let mut mean = vec![0.0_f64; width];
            let mut square = vec![0.0_f64; width];
            // Gap rows are zero and add nothing to a sum.
            for row in x.chunks_exact(width) {
                for (m, v) in mean.iter_mut().zip(row) {
                    *m += v.to_f64();
                }
            }
            for m in &mut mean {
                *m /= n as f64;
            }
            for rows in layout.sequences() {
                for row in x[rows.start * width..rows.end * width].chunks_exact(width) {
                    for ((s, v), m) in square.iter_mut().zip(row).zip(&mean) {
                        let d = v.to_f64() - m;
                        *s += d * d;
                    }
                }
            }
            let variance: Vec<f64> = square.iter().map(|s| s / n as f64).collect();
            let unbiased = n as f64 / (n.max(2) - 1) as f64;
            for j in 0..width {
                let keep = |old: T, new: f64| {
                    T::from_f64((1.0 - MOMENTUM) * old.to_f64() + MOMENTUM * new)
                };
                let (m, v) = (&mut self.running_mean, &mut self.running_variance);
                m.value[j] = keep(m.value[j], mean[j]);
                v.value[j] = keep(v.value[j], variance[j] * unbiased);
            }
            (mean, variance)
        } else {
            let wide = |p: &Param<T>| p.value.iter().map(|x| x.to_f64()).collect();
            (wide(&self.running_mean), wide(&self.running_variance))
        };
        let inverse: Vec<T> = variance
            .iter()
            .map(|v| T::from_f64(1.0 / (v + EPSILON).sqrt()))
            .collect();
        let mean: Vec<T> = mean.into_iter().map(T::from_f64).collect();
        let mut normalised = vec![T::ZERO; x.len()];
        for rows in layout.sequences() {
            let range = rows.start * width..rows.end * width;
            for (row, kept) in x[range.clone()]
                .chunks_exact_mut(width)
                .zip(normalised[range].chunks_exact_mut(width))
            {
                for j in 0..width {
                    let u = (row[j] - mean[j]) * inverse[j];
                    kept[j] = u;
                    let y = self.gamma.value[j] * u + self.beta.value[j];
                    row[j] = if y > T::ZERO { y } else { T::ZERO };
                }
            }
        }
        BatchNormTape {
            normalised,
            inverse,
        }
    }

    /// Turns the gradient of the output into that of the input, in place (training
    /// statistics). `y` is the layer's output.
    pub fn backward(&mut self, layout: &Gapped, y: &[T], tape: &BatchNormTape<T>, d: &mut [T]) {
        let width = self.gamma.value.len();
        layout.clear_gaps(d, width);
        for (d, y) in d.iter_mut().zip(y) {
            if *y <= T::ZERO {
                *d = T::ZERO;
            }
        }
        let mut sum = vec![0.0_f64; width];
        let mut dot = vec![0.0_f64; width];
        for (row, u) in d
            .chunks_exact(width)
            .zip(tape.normalised.chunks_exact(width))
        {
            for j in 0..width {
                sum[j] += row[j].to_f64();
                dot[j] += row[j].to_f64() * u[j].to_f64();
            }
        }
        let n = layout.frames().max(1) as f64;
        let mut shift = vec![T::ZERO; width];
        let mut slope = vec![T::ZERO; width];
        let mut scale = vec![T::ZERO; width];
        for j in 0..width {
            self.beta.grad[j] += T::from_f64(sum[j]);
            self.gamma.grad[j] += T::from_f64(dot[j]);
            shift[j] = T::from_f64(sum[j] / n);
            slope[j] = T::from_f64(dot[j] / n);
            scale[j] = self.gamma.value[j] * tape.inverse[j];
        }
        for rows in layout.sequences() {
            let range = rows.start * width..rows.end * width;
            for (row, u) in d[range.clone()]
                .chunks_exact_mut(width)
                .zip(tape.normalised[range].chunks_exact(width))
            {
                for j in 0..width {
                    row[j] = scale[j] * (row[j] - shift[j] - u[j] * slope[j]);
                }
            }
        }
    }

    pub fn params(&self) -> [&Param<T>; 2] {
        [&self.gamma, &self.beta]
    }

    pub fn params_mut(&mut self) -> [&mut Param<T>; 2] {
        [&mut self.gamma, &mut self.beta]
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
