//! Bidirectional GRU layers, pooling over time, linear (docs/paper.md, section 5).

use std::ops::Range;

use earnest_random::Key;
use serde::{Deserialize, Serialize};

use super::Network;
use super::kept::Kept;
use super::settings::{MOST_LAYERS, MOST_UNITS, Settings, counted, layers};
use super::stack::head::{self, Head, HeadState};
use super::stack::recurrent::{Recurrent, RecurrentSizes, RecurrentState};
use super::stack::recurrent_long::Runs;
use crate::layer::pooling::PoolingKind;
use crate::param::Param;
use crate::real::Real;

/// Settings of `kind = "rnn"`: bidirectional GRU layers, pooling over time, a linear layer. The
/// default is the paper's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rnn {
    /// Layers.
    pub layers: usize,
    /// Width of each direction.
    pub hidden: usize,
    /// How a sequence becomes one vector; the paper takes the mean.
    pub pooling: PoolingKind,
    /// Share of values dropped in training, between layers and before the last; the
    /// paper has none.
    pub dropout: f64,
}

impl Default for Rnn {
    fn default() -> Self {
        Self {
            layers: 2,
            hidden: 128,
            pooling: PoolingKind::Mean,
            dropout: 0.0,
        }
    }
}

impl Rnn {
    fn stack(&self) -> RecurrentSizes {
        RecurrentSizes {
            layers: self.layers,
            hidden: self.hidden,
            pooling: self.pooling,
            dropout: self.dropout,
        }
    }
}

impl Settings for Rnn {
    fn words(&self) -> String {
        format!(
            "{} of {} each way, {}, linear",
            layers(self.layers, "bidirectional GRU "),
            self.hidden,
            self.pooling.words()
        )
    }

    fn sizes(&self) -> String {
        format!("hidden = {} in {} layers", self.hidden, self.layers)
    }

    fn dropout(&self) -> f64 {
        self.dropout
    }

    fn check(&self) -> Result<(), String> {
        counted("layers", self.layers, MOST_LAYERS)?;
        counted("hidden", self.hidden, MOST_UNITS)
    }

    fn weights(&self, inputs: usize, outputs: usize) -> u64 {
        self.stack().weights(inputs) + head::weights(self.stack().width(), outputs)
    }

    fn build<T: Real>(&self, inputs: usize, outputs: usize, key: &Key) -> Box<dyn Network<T>> {
        let recurrent = Recurrent::new(&self.stack(), inputs, key);
        Box::new(RecurrentNetwork {
            head: Head::new(recurrent.width(), outputs, self.dropout, key),
            recurrent,
            inputs,
            kept: Kept::default(),
        })
    }

    #[cfg(test)]
    fn examples() -> Vec<Self> {
        let of = |hidden, pooling, dropout| Self {
            layers: 2,
            hidden,
            pooling,
            dropout,
        };
        let mut all = vec![of(7, PoolingKind::Mean, 0.0)];
        all.extend(PoolingKind::ALL.map(|kind| of(5, kind, 0.3)));
        all
    }
}

/// The recurrent network.
#[derive(Clone, Debug)]
struct RecurrentNetwork<T> {
    recurrent: Recurrent<T>,
    head: Head<T>,
    inputs: usize,
    kept: Kept<Buffers<T>>,
}

/// Buffers of a pass.
#[derive(Debug, Default)]
struct Buffers<T> {
    recurrent: RecurrentState<T>,
    head: HeadState<T>,
}

impl<T: Real> RecurrentNetwork<T> {
    fn pass(&self, sequences: &[&[f32]], buffers: &mut Buffers<T>, key: Option<&Key>) -> Vec<T> {
        let before_head = key.map(|k| k.with("pooled"));
        let state = &mut buffers.head;
        self.head
            .forward(sequences.len(), state, before_head.as_ref(), |pooled| {
                self.recurrent
                    .forward(sequences, &mut buffers.recurrent, pooled, key);
            })
    }
}

impl<T: Real> Network<T> for RecurrentNetwork<T> {
    fn predict(&self, sequences: &[&[f32]]) -> Vec<T> {
        self.kept
            .with(|buffers| self.pass(sequences, buffers, None))
    }

    fn predict_long(&self, sequence: &[f32]) -> Vec<T> {
        let frames = Frames {
            sequence,
            width: self.inputs,
        };
        self.head.predict(&self.recurrent.forward_long(&frames))
    }

    fn bytes_per_frame(&self) -> usize {
        self.recurrent.values_per_frame() * size_of::<T>()
    }

    fn forward(&mut self, sequences: &[&[f32]], key: &Key) -> Vec<T> {
        let mut buffers = self.kept.begin();
        let outputs = self.pass(sequences, &mut buffers, Some(key));
        self.kept.hold(buffers);
        outputs
    }

    fn backward(&mut self, d_outputs: &[T]) {
        let Some(mut buffers) = self.kept.held() else {
            debug_assert!(false, "backward without forward");
            return;
        };
        let d_pooled = self.head.backward(&buffers.head, d_outputs);
        let state = &mut buffers.recurrent;
        self.recurrent.backward(state, &d_pooled, false);
        self.kept.give(buffers);
    }

    fn params_mut(&mut self) -> Vec<&mut Param<T>> {
        let layers = self.recurrent.params_mut();
        layers.chain(self.head.params_mut()).collect()
    }

    fn tensors(&self) -> Vec<&Param<T>> {
        let layers = self.recurrent.params();
        layers.chain(self.head.params()).collect()
    }

    fn tensors_mut(&mut self) -> Vec<&mut Param<T>> {
        self.params_mut()
    }

    fn boxed_clone(&self) -> Box<dyn Network<T>> {
        Box::new(self.clone())
    }
}

/// Frames of a run of a long sequence.
const RUN: usize = 4096;

/// A long sequence as it is given.
struct Frames<'a> {
    sequence: &'a [f32],
    width: usize,
}

impl<T: Real> Runs<T> for Frames<'_> {
    type Buffers = ();

    fn rows(&self) -> usize {
        self.sequence.len() / self.width
    }

    fn run(&self) -> usize {
        RUN
    }

    fn fill(&self, rows: Range<usize>, (): &mut (), out: &mut [T]) {
        let own = &self.sequence[rows.start * self.width..rows.end * self.width];
        for (y, x) in out.iter_mut().zip(own) {
            *y = T::from_f64(f64::from(*x));
        }
    }
}
