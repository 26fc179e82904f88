//! Layers: each file has a layer's equations, its forward and its hand-written backward.
//!
//! # Adding one
//!
//! Say, a layer that scales each value: `y_tj = s_j x_tj`, so `dx_tj = s_j dy_tj` and
//! `ds_j = sum_t x_tj dy_tj`. It is one file, `layer/scale.rs`:
//!
//! ```ignore
//! //! Scale: `y_tj = s_j x_tj`. Backwards `dx_tj = s_j dy_tj`, `ds_j = sum_t x_tj dy_tj`.
//!
//! /// A scale for each value of a row.
//! #[derive(Clone, Debug)]
//! pub(crate) struct Scale<T> {
//!     scale: Param<T>,
//! }
//!
//! impl<T: Real> Scale<T> {
//!     pub fn new(name: &str, width: usize) -> Self {
//!         Self { scale: Param::constant(format!("{name}.scale"), &[width], 1.0) }
//!     }
//!
//!     /// In place, `[rows, width]`.
//!     pub fn forward(&self, x: &mut [T]) {
//!         let s = &self.scale.value;
//!         vectorised(
//!             #[inline(always)]
//!             || {
//!                 for row in x.chunks_exact_mut(s.len()) {
//!                     for (x, s) in row.iter_mut().zip(s) {
//!                         *x *= *s;
//!                     }
//!                 }
//!             },
//!         );
//!     }
//!
//!     /// Adds to the gradients; `d` is the gradient of y and becomes that of x.
//!     pub fn backward(&mut self, x: &[T], d: &mut [T]) {
//!         let width = self.scale.value.len();
//!         for (x, d) in x.chunks_exact(width).zip(d.chunks_exact_mut(width)) {
//!             for j in 0..width {
//!                 self.scale.grad[j] += x[j] * d[j];
//!                 d[j] *= self.scale.value[j];
//!             }
//!         }
//!     }
//!
//!     pub fn params_mut(&mut self) -> [&mut Param<T>; 1] {
//!         [&mut self.scale]
//!     }
//! }
//! ```
//!
//! 1. Parameters are [`Param`](crate::Param)s with a name of their own; `params` and
//!    `params_mut` list them in one fixed order. From there Adam, checkpoints and model files
//!    find them.
//! 2. Products go through `product.rs`. Loops over values go into `vectorised`, with no
//!    branch on values and no sum across elements of a row, and run at full speed on every
//!    processor.
//! 3. To use several threads, cut rows into blocks, or a sum into segments, whose number
//!    does not depend on how many threads there are: the same bits for all.
//! 4. Buffers live in a state beside the layer and are kept from step to step (`sized`);
//!    nothing is allocated for each row.
//! 5. Use it in a network (`network/rnn.rs`, `network/cnn.rs`); a choice that a user has is
//!    a field of [`Architecture`](crate::Architecture) with a default, so that old models
//!    still load.
//! 6. Tests: add it to `tests/reference/pytorch.py` and run that; its case is then held to
//!    PyTorch's float64 gradients by `tests/pytorch.rs`. The finite differences in
//!    `network/mod.rs` check whatever a network is made of.

pub(crate) mod batch_norm;
pub(crate) mod conv1d;
pub(crate) mod dropout;
pub(crate) mod gru;
pub(crate) mod linear;
pub(crate) mod pooling;

/// Rows that one thread works on at a time.
const BLOCK: usize = 512;

#[cfg(test)]
pub(crate) mod gradient_check;
