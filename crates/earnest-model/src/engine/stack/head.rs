//! What every engine ends with: dropout of each sequence's vector, and a linear layer.

use earnest_random::Key;

use crate::layer::dropout::Dropout;
use crate::layer::linear::Linear;
use crate::param::Param;
use crate::real::Real;
use crate::sequence::sized;

/// The last layer.
#[derive(Clone, Debug)]
pub(crate) struct Head<T> {
    linear: Linear<T>,
    width: usize,
    dropout: f64,
}

/// Buffers of a pass.
#[derive(Debug, Default)]
pub(crate) struct HeadState<T> {
    /// `[sequences, width]`, after dropout.
    pooled: Vec<T>,
    dropout: Dropout<T>,
}

/// How many numbers it has.
pub(crate) fn weights(width: u64, outputs: usize) -> u64 {
    outputs as u64 * (width + 1)
}

impl<T: Real> Head<T> {
    pub fn new(width: usize, outputs: usize, dropout: f64, key: &Key) -> Self {
        Self {
            linear: Linear::new("head", width, outputs, key),
            width,
            dropout,
        }
    }

    /// Outputs of so many sequences, whose vectors `fill` fills in. With a key, values of them
    /// are dropped as it draws.
    pub fn forward(
        &self,
        sequences: usize,
        state: &mut HeadState<T>,
        key: Option<&Key>,
        fill: impl FnOnce(&mut [T]),
    ) -> Vec<T> {
        let pooled = sized(&mut state.pooled, sequences * self.width);
        fill(pooled);
        state.dropout.draw(pooled.len(), self.dropout, key);
        state.dropout.apply(pooled);
        self.linear.forward(pooled)
    }

    /// Outputs of a vector in prediction.
    pub fn predict(&self, pooled: &[T]) -> Vec<T> {
        self.linear.forward(pooled)
    }

    /// Adds to the gradients; returns that of the vectors.
    pub fn backward(&mut self, state: &HeadState<T>, d_outputs: &[T]) -> Vec<T> {
        let sequences = d_outputs.len() / self.linear.bias.value.len().max(1);
        let pooled = &state.pooled[..sequences * self.width];
        let mut d_pooled = self.linear.backward(pooled, d_outputs);
        state.dropout.apply(&mut d_pooled);
        d_pooled
    }

    pub fn params(&self) -> [&Param<T>; 2] {
        self.linear.params()
    }

    pub fn params_mut(&mut self) -> [&mut Param<T>; 2] {
        self.linear.params_mut()
    }
}
