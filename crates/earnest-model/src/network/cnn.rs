//! Convolution, batch norm and ReLU layers, maximum over time, linear (PAPER.md section 5).

use earnest_random::Key;

use crate::layer::batch_norm::{BatchNormRelu, BatchNormTape};
use crate::layer::conv1d::Conv1d;
use crate::layer::linear::Linear;
use crate::layer::pooling;
use crate::param::Param;
use crate::real::Real;
use crate::sequence::Gapped;

/// The convolutional network.
#[derive(Clone, Debug)]
pub struct Cnn<T> {
    layers: Vec<(Conv1d<T>, BatchNormRelu<T>)>,
    head: Linear<T>,
    inputs: usize,
    filters: usize,
    kernel: usize,
}

pub(super) struct CnnTape<T> {
    layout: Gapped,
    /// Input of each layer, and the output of the last.
    values: Vec<Vec<T>>,
    norms: Vec<BatchNormTape<T>>,
    pooled: Vec<T>,
    place: Vec<usize>,
}

impl<T: Real> Cnn<T> {
    pub(super) fn new(
        inputs: usize,
        filters: usize,
        layers: usize,
        kernel: usize,
        outputs: usize,
        key: &Key,
    ) -> Self {
        Self {
            layers: (0..layers)
                .map(|i| {
                    let width = if i == 0 { inputs } else { filters };
                    (
                        Conv1d::new(&format!("conv.{i}"), width, filters, kernel, key),
                        BatchNormRelu::new(&format!("norm.{i}"), filters),
                    )
                })
                .collect(),
            head: Linear::new("head", filters, outputs, key),
            inputs,
            filters,
            kernel,
        }
    }

    pub(super) fn forward(&mut self, sequences: &[&[f32]], training: bool) -> (Vec<T>, CnnTape<T>) {
        let lengths: Vec<usize> = sequences.iter().map(|s| s.len() / self.inputs).collect();
        let layout = Gapped::new(&lengths, self.kernel / 2);
        let mut values: Vec<Vec<T>> = vec![layout.lay(sequences, self.inputs)];
        let mut norms = Vec::with_capacity(self.layers.len());
        for (i, (conv, norm)) in self.layers.iter_mut().enumerate() {
            let mut y = conv.forward(&layout, &values[i]);
            norms.push(norm.forward(&layout, &mut y, training));
            values.push(y);
        }
        let last = values.last().map_or(&[] as &[T], Vec::as_slice);
        let (pooled, place) = pooling::max(&layout, last, self.filters);
        let outputs = self.head.forward(&pooled);
        let tape = CnnTape {
            layout,
            values,
            norms,
            pooled,
            place,
        };
        (outputs, tape)
    }

    pub(super) fn backward(&mut self, tape: &CnnTape<T>, d_outputs: &[T]) {
        let d_pooled = self.head.backward(&tape.pooled, d_outputs);
        let mut d = pooling::max_backward(&tape.layout, &d_pooled, &tape.place, self.filters);
        for (i, (conv, norm)) in self.layers.iter_mut().enumerate().rev() {
            norm.backward(&tape.layout, &tape.values[i + 1], &tape.norms[i], &mut d);
            if let Some(dx) = conv.backward(&tape.layout, &tape.values[i], &d, i > 0) {
                d = dx;
            }
        }
    }

    pub(super) fn params_mut(&mut self) -> Vec<&mut Param<T>> {
        self.layers
            .iter_mut()
            .flat_map(|(conv, norm)| conv.params_mut().into_iter().chain(norm.params_mut()))
            .chain(self.head.params_mut())
            .collect()
    }

    pub(super) fn tensors(&self) -> Vec<&Param<T>> {
        self.layers
            .iter()
            .flat_map(|(conv, norm)| conv.params().into_iter().chain(norm.params()))
            .chain(self.head.params())
            .chain(self.layers.iter().flat_map(|(_, norm)| norm.buffers()))
            .collect()
    }

    pub(super) fn tensors_mut(&mut self) -> Vec<&mut Param<T>> {
        let mut trained = Vec::new();
        let mut running = Vec::new();
        for (conv, norm) in &mut self.layers {
            trained.extend(conv.params_mut());
            let [gamma, beta, mean, variance] = norm.all_mut();
            trained.extend([gamma, beta]);
            running.extend([mean, variance]);
        }
        trained.extend(self.head.params_mut());
        trained.extend(running);
        trained
    }
}
