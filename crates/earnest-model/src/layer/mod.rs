//! Layers: each file has a layer's equations, its forward and its hand-written backward.
//!
//! To add one: a struct that owns its [`Param`](crate::Param)s; `forward` that returns the
//! output and whatever `backward` will need; `backward` that adds to the parameters'
//! gradients and returns the gradient of its input; `params` and `params_mut` in one
//! fixed order; and a test that compares gradients with finite differences in f64
//! (see `linear.rs`, the smallest).

pub(crate) mod batch_norm;
pub(crate) mod conv1d;
pub(crate) mod gru;
pub(crate) mod linear;
pub(crate) mod pooling;

#[cfg(test)]
pub(crate) mod gradient_check;
