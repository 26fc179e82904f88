//! Layers: each file has a layer's equations, its forward and its hand-written backward.
//!
//! # Adding one
//!
//! `scale.rs` is a layer to learn from: its equations, forward, backward and test fill a page,
//! and it is compiled in tests, so it stays true.
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
//! 5. What is made of the parameters for the products (their transposes) is a `OnceLock` that
//!    `params_mut` empties: predicting takes the layer by a shared reference, on several threads
//!    at once. Nothing is shared out to threads while it is made.
//! 6. Use it in an engine (`engine/rnn.rs`, `engine/cnn.rs`, `engine/crnn.rs`, which share the
//!    stacks of `engine/stack/`); a choice that a user has is a field of the engine's settings
//!    with a default, so that old models still load. `engine/mod.rs` says how to add an engine.
//! 7. Tests: add it to `tests/reference/pytorch.py` and run that; its case is then held to
//!    PyTorch's float64 gradients by `tests/pytorch.rs`. The finite differences in
//!    `engine/tests.rs` check whatever an engine is made of.

pub(crate) mod batch_norm;
mod column_sums;
pub(crate) mod conv1d;
pub(crate) mod dropout;
pub(crate) mod gru;
pub(crate) mod linear;
pub(crate) mod pooling;

/// Rows that one thread works on at a time.
const BLOCK: usize = 512;

#[cfg(test)]
pub(crate) mod gradient_check;
#[cfg(test)]
mod scale;
