//! Bidirectional GRU layers, mean over time, linear (PAPER.md section 5).

use earnest_random::Key;

use crate::layer::gru::{BiGru, BiGruTape};
use crate::layer::linear::Linear;
use crate::layer::pooling;
use crate::param::Param;
use crate::real::Real;
use crate::sequence::Packing;

/// The recurrent network.
#[derive(Clone, Debug)]
pub struct Rnn<T> {
    layers: Vec<BiGru<T>>,
    head: Linear<T>,
    inputs: usize,
    hidden: usize,
}

pub(super) struct RnnTape<T> {
    packing: Packing,
    /// Input of each layer, and the output of the last.
    values: Vec<Vec<T>>,
    tapes: Vec<BiGruTape<T>>,
    pooled: Vec<T>,
}

impl<T: Real> Rnn<T> {
    pub(super) fn new(
        inputs: usize,
        hidden: usize,
        layers: usize,
        outputs: usize,
        key: &Key,
    ) -> Self {
        Self {
            layers: (0..layers)
                .map(|i| {
                    let width = if i == 0 { inputs } else { 2 * hidden };
                    BiGru::new(&format!("gru.{i}"), width, hidden, key)
                })
                .collect(),
            head: Linear::new("head", 2 * hidden, outputs, key),
            inputs,
            hidden,
        }
    }

    pub(super) fn forward(&self, sequences: &[&[f32]]) -> (Vec<T>, RnnTape<T>) {
        let lengths: Vec<usize> = sequences.iter().map(|s| s.len() / self.inputs).collect();
        let packing = Packing::new(&lengths);
        let mut values = vec![packing.pack(sequences, self.inputs)];
        let mut tapes = Vec::with_capacity(self.layers.len());
        for (i, layer) in self.layers.iter().enumerate() {
            let (y, tape) = layer.forward(&packing, &values[i]);
            values.push(y);
            tapes.push(tape);
        }
        let last = values.last().map_or(&[] as &[T], Vec::as_slice);
        let pooled = pooling::mean(&packing, last, 2 * self.hidden);
        let outputs = self.head.forward(&pooled);
        let tape = RnnTape {
            packing,
            values,
            tapes,
            pooled,
        };
        (outputs, tape)
    }

    pub(super) fn backward(&mut self, tape: &RnnTape<T>, d_outputs: &[T]) {
        let d_pooled = self.head.backward(&tape.pooled, d_outputs);
        let mut d = pooling::mean_backward(&tape.packing, &d_pooled, 2 * self.hidden);
        for (i, layer) in self.layers.iter_mut().enumerate().rev() {
            d = layer.backward(&tape.packing, &tape.values[i], &tape.tapes[i], &d);
        }
    }

    pub(super) fn params(&self) -> Vec<&Param<T>> {
        self.layers
            .iter()
            .flat_map(BiGru::params)
            .chain(self.head.params())
            .collect()
    }

    pub(super) fn params_mut(&mut self) -> Vec<&mut Param<T>> {
        self.layers
            .iter_mut()
            .flat_map(BiGru::params_mut)
            .chain(self.head.params_mut())
            .collect()
    }
}
