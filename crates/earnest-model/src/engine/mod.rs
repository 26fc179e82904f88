//! Engines: what learns from sequences of frames and answers to them.
//!
//! An [`Engine`] is one object that answers, whatever is in it; an [`Architecture`] says which one
//! and its settings, and is what recipes and models have of it in files. There are two sorts:
//!
//! * **Networks** ([`Network`]) learn step by step from batches of whole sequences
//!   ([`Trainer`](crate::Trainer)).
//! * **Baselines** ([`Architecture::fit`]) are what a field builds first: they are fitted at once to
//!   one row for each utterance, and choose their own hyperparameters by leaving speakers out.
//!
//! An ensemble ([`Ensemble`]) is of several models, each of a recipe of its own; it is put together where
//! recipes are known (`model/ensemble.rs`), and no engine of this registry.
//!
//! # Adding one
//!
//! One file, named by a `mod` below, and one line.
//!
//! 1. The file, `engine/name.rs`: its settings, `pub struct Name`, with serde's
//!    `deny_unknown_fields`, a documented field for each key and a `Default`, and what it makes. Of
//!    a network that is an implementation of [`Network`], and `Settings` (`settings.rs`) lists what
//!    the settings say of it: words for reports, bounds, how many weights it will have, and how it is
//!    built. Of a baseline it is an implementation of [`Engine`], and `BaselineSettings`
//!    (`baseline.rs`) lists what its settings say and do.
//! 2. The line, `name: Name`, in the registry below (`engines!`). It makes the variant of
//!    [`Architecture`] and the `kind = "name"` of files. Everybody who asks for an engine by
//!    name then finds it ([`Architecture::NAMES`], [`Architecture::by_name`]), and the tests of this
//!    module hold a network to what the crate promises with the examples that its settings give:
//!    gradients are those of finite differences, bits are the same alone, in a batch, long, and asked
//!    by several threads.
//!
//! `cnn.rs` is a network to learn from, `ridge.rs` a baseline. `stack/` has what several networks
//! are made of, `kept.rs` the buffers that let one network predict on several threads at once,
//! `kernel/` what the two support vector machines have in common, `layer/mod.rs` says how to add a
//! layer.

mod architecture;
mod baseline;
mod cholesky;
mod cnn;
mod crnn;
mod inner_folds;
mod kept;
mod kernel;
mod lbfgs;
mod linear_engine;
mod logistic;
mod network_engine;
mod ridge;
mod rnn;
mod settings;
mod stack;
mod standardiser;
mod svm;
mod svr;

use std::fmt::Debug;

use earnest_random::Key;
use serde::{Deserialize, Serialize};

use crate::param::Param;
use crate::real::Real;
use crate::task::Task;
use crate::tensors::{Loaded, TensorView};
use baseline::BaselineSettings;
use settings::Settings;

pub use architecture::{ENSEMBLE, Ensemble};
pub use baseline::{ClassWeights, Examples, FitError, Fitted, Score, Tried};
pub use kernel::KernelKind;
pub(crate) use network_engine::NetworkEngine;
pub(crate) use settings::counted;
pub use standardiser::mean_row;

architecture::engines! {
    networks {
        rnn: Rnn,
        cnn: Cnn,
        crnn: Crnn,
    }
    baselines {
        svm: Svm,
        logistic: Logistic,
        svr: Svr,
        ridge: Ridge,
    }
}

/// What a model answers with, of any kind.
///
/// Sequences are frames laid end to end, each of as many values as the engine was built for; each
/// sequence must have at least one frame. What an engine answers to a sequence does not depend on
/// what stands beside it in a batch, nor on how many threads there are, to the bit.
pub trait Engine: Debug + Send + Sync {
    /// Outputs `[sequences, outputs]`: of classes numbers whose softmax are probabilities, else
    /// standardised values. Several threads may ask at once.
    fn predict(&self, sequences: &[&[f32]]) -> Vec<f32>;

    /// Outputs `[outputs]` of one sequence of any length, as [`Engine::predict`] gives them to the
    /// bit, but in memory that hardly grows with it.
    fn predict_long(&self, sequence: &[f32]) -> Vec<f32>;

    /// Bytes that [`Engine::predict`] holds for each frame of its sequences.
    fn bytes_per_frame(&self) -> usize;

    /// All that was learnt, in a fixed order: what stands in the model's file.
    fn tensors(&self) -> Vec<TensorView<'_>>;

    /// A copy that answers alike.
    fn boxed_clone(&self) -> Box<dyn Engine>;
}

impl Clone for Box<dyn Engine> {
    fn clone(&self) -> Self {
        self.as_ref().boxed_clone()
    }
}

/// An engine that learns by gradients: a network of any kind with its weights. It keeps the buffers
/// of its passes, so that one after the first allocates next to nothing; a clone starts without them.
pub trait Network<T: Real>: Debug + Send + Sync {
    /// As [`Engine::predict`]: running statistics, nothing dropped.
    fn predict(&self, sequences: &[&[f32]]) -> Vec<T>;

    /// As [`Engine::predict_long`].
    fn predict_long(&self, sequence: &[f32]) -> Vec<T>;

    /// As [`Engine::bytes_per_frame`].
    fn bytes_per_frame(&self) -> usize;

    /// Outputs `[sequences, outputs]` in training: statistics of the batch, to which running ones
    /// move; dropout draws from the key.
    fn forward(&mut self, sequences: &[&[f32]], key: &Key) -> Vec<T>;

    /// Adds to all gradients, from the gradient of the outputs of the last [`Network::forward`],
    /// which is used up.
    fn backward(&mut self, d_outputs: &[T]);

    /// Trained tensors, in a fixed order.
    fn params_mut(&mut self) -> Vec<&mut Param<T>>;

    /// All tensors that make up the network: trained ones, then running statistics.
    fn tensors(&self) -> Vec<&Param<T>>;

    /// As [`Network::tensors`], to change.
    fn tensors_mut(&mut self) -> Vec<&mut Param<T>>;

    /// A copy with the same weights.
    fn boxed_clone(&self) -> Box<dyn Network<T>>;

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

impl<T: Real> Clone for Box<dyn Network<T>> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}

#[cfg(test)]
mod baseline_tests;
#[cfg(test)]
mod tests;
