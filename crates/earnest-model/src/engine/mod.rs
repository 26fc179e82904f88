//! Engines: what learns from sequences of frames and answers to them.
//!
//! An [`Engine`] is one object, whatever is in it; an [`Architecture`] says which one and its
//! settings, and is what recipes and models have of it in files.
//!
//! # Adding one
//!
//! One file, named by a `mod` below, and one line.
//!
//! 1. The file, `engine/name.rs`: its settings, `pub struct Name`, with serde's
//!    `deny_unknown_fields`, a documented field for each key and a `Default`, and its network,
//!    which implements [`Engine`]. `Settings` (`settings.rs`) lists what the settings say of it:
//!    words for reports, bounds, how many weights it will have, and how it is built.
//! 2. The line, `name: Name`, in the registry below (`engines!`). It makes the variant of
//!    [`Architecture`] and the `kind = "name"` of files. Everybody who asks for an engine by
//!    name then finds it ([`Architecture::NAMES`], [`Architecture::by_name`]), and the tests of this
//!    module hold it to what the crate promises with the examples that its settings give: gradients
//!    are those of finite differences, bits are the same alone, in a batch, long, and asked by
//!    several threads.
//!
//! `cnn.rs` is one to learn from. `stack/` has what several are made of, `kept.rs` the buffers that
//! let one engine predict on several threads at once, `layer/mod.rs` says how to add a layer.

mod architecture;
mod cnn;
mod crnn;
mod kept;
mod rnn;
mod settings;
mod stack;

use std::fmt::Debug;

use earnest_random::Key;
use serde::{Deserialize, Serialize};

use crate::param::Param;
use crate::real::Real;
use settings::Settings;

pub(crate) use settings::counted;

architecture::engines! {
    rnn: Rnn,
    cnn: Cnn,
    crnn: Crnn,
}

/// A network of any kind with its weights. It keeps the buffers of its passes, so that one after
/// the first allocates next to nothing; a clone starts without them.
///
/// Sequences are frames laid end to end, each of as many values as the engine was built for; each
/// sequence must have at least one frame. What an engine answers to a sequence does not depend on
/// what stands beside it in a batch, nor on how many threads there are, to the bit.
pub trait Engine<T: Real>: Debug + Send + Sync {
    /// Outputs `[sequences, outputs]` in prediction: running statistics, nothing dropped. Several
    /// threads may ask at once.
    fn predict(&self, sequences: &[&[f32]]) -> Vec<T>;

    /// Outputs `[outputs]` of one sequence of any length, as [`Engine::predict`] gives them to the
    /// bit, but in memory that hardly grows with it.
    fn predict_long(&self, sequence: &[f32]) -> Vec<T>;

    /// Bytes that [`Engine::predict`] holds for each frame of its sequences.
    fn bytes_per_frame(&self) -> usize;

    /// Outputs `[sequences, outputs]` in training: statistics of the batch, to which running ones
    /// move; dropout draws from the key.
    fn forward(&mut self, sequences: &[&[f32]], key: &Key) -> Vec<T>;

    /// Adds to all gradients, from the gradient of the outputs of the last [`Engine::forward`],
    /// which is used up.
    fn backward(&mut self, d_outputs: &[T]);

    /// Trained tensors, in a fixed order.
    fn params_mut(&mut self) -> Vec<&mut Param<T>>;

    /// All tensors that make up the network: trained ones, then running statistics.
    fn tensors(&self) -> Vec<&Param<T>>;

    /// As [`Engine::tensors`], to change.
    fn tensors_mut(&mut self) -> Vec<&mut Param<T>>;

    /// A copy with the same weights.
    fn boxed_clone(&self) -> Box<dyn Engine<T>>;

    /// Refuses values that no training gives: variances below 0.
    ///
    /// # Errors
    /// A sentence that names the tensor.
    fn check(&self) -> Result<(), String> {
        for param in self.tensors() {
            param.check_value(&param.value)?;
        }
        Ok(())
    }
}

impl<T: Real> Clone for Box<dyn Engine<T>> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}

#[cfg(test)]
mod tests;
