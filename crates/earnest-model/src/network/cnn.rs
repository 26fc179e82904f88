//! Convolution, batch norm and ReLU layers, pooling over time, linear (docs/paper.md, section 5).

mod long;

use earnest_random::Key;

use super::{Pass, Sizes};
use crate::layer::batch_norm::{BatchNormRelu, BatchNormState};
use crate::layer::conv1d::{Conv1d, ConvState};
use crate::layer::dropout::Dropout;
use crate::layer::linear::Linear;
use crate::layer::pooling::{Pooling, PoolingState};
use crate::param::Param;
use crate::real::Real;
use crate::sequence::{Gapped, sized};

/// The convolutional network.
#[derive(Debug)]
pub struct Cnn<T> {
    layers: Vec<(Conv1d<T>, BatchNormRelu<T>)>,
    pooling: Pooling<T>,
    head: Linear<T>,
    inputs: usize,
    filters: usize,
    kernel: usize,
    dropout: f64,
    buffers: Buffers<T>,
}

/// What a pass leaves for the next, and for the next step.
#[derive(Debug, Default)]
struct Buffers<T> {
    layout: Gapped,
    input: Vec<T>,
    layers: Vec<LayerState<T>>,
    pooling: PoolingState<T>,
    /// `[sequences, filters]`, after dropout.
    pooled: Vec<T>,
    dropout: Dropout<T>,
    /// Gradient of a layer's output, and room for that of its input.
    d: [Vec<T>; 2],
}

#[derive(Debug, Default)]
struct LayerState<T> {
    /// What batch norm makes of the convolution, before and after scale and ReLU.
    normalised: Vec<T>,
    output: Vec<T>,
    conv: ConvState<T>,
    norm: BatchNormState<T>,
}

impl<T: Real> Cnn<T> {
    pub(super) fn new(
        sizes: Sizes,
        filters: usize,
        layers: usize,
        kernel: usize,
        key: &Key,
    ) -> Self {
        Self {
            layers: (0..layers)
                .map(|i| {
                    let width = if i == 0 { sizes.inputs } else { filters };
                    (
                        Conv1d::new(&format!("conv.{i}"), width, filters, kernel, key),
                        BatchNormRelu::new(&format!("norm.{i}"), filters),
                    )
                })
                .collect(),
            pooling: Pooling::new(sizes.pooling, filters, key),
            head: Linear::new("head", filters, sizes.outputs, key),
            inputs: sizes.inputs,
            filters,
            kernel,
            dropout: sizes.dropout,
            buffers: Buffers::default(),
        }
    }

    /// Values that a pass keeps for each frame: input, and of each layer what goes into its
    /// scaling and what comes out.
    pub(super) fn values_per_frame(&self) -> usize {
        self.inputs + self.layers.len() * 2 * self.filters
    }

    pub(super) fn forward(&mut self, sequences: &[&[f32]], pass: Pass<'_>) -> Vec<T> {
        let b = &mut self.buffers;
        let lengths: Vec<usize> = sequences.iter().map(|s| s.len() / self.inputs).collect();
        b.layout = Gapped::new(&lengths, self.kernel / 2);
        let rows = b.layout.rows();
        let size = rows * self.filters;
        let input = sized(&mut b.input, rows * self.inputs);
        b.layout.lay(sequences, self.inputs, input);
        b.layers.resize_with(self.layers.len(), Default::default);
        let training = pass.key().is_some();
        let mut x: &[T] = input;
        for ((conv, norm), state) in self.layers.iter_mut().zip(&mut b.layers) {
            let normalised = sized(&mut state.normalised, size);
            let output = sized(&mut state.output, size);
            conv.forward(&b.layout, x, normalised);
            norm.forward(&b.layout, normalised, output, &mut state.norm, training);
            x = output;
        }
        let pooled = sized(&mut b.pooled, sequences.len() * self.filters);
        self.pooling
            .forward(&b.layout, &[(x, self.filters)], &mut b.pooling, pooled);
        b.dropout.draw(pooled.len(), self.dropout, pass.key());
        b.dropout.apply(pooled);
        self.head.forward(pooled)
    }

    pub(super) fn backward(&mut self, d_outputs: &[T]) {
        let b = &mut self.buffers;
        let size = b.layout.rows() * self.filters;
        let pooled = &b.pooled[..b.layout.lengths.len() * self.filters];
        let mut d_pooled = self.head.backward(pooled, d_outputs);
        b.dropout.apply(&mut d_pooled);
        let [d, other] = &mut b.d;
        let (mut d, mut other) = (sized(d, size), sized(other, size));
        if let Some(top) = b.layers.last() {
            let parts = [(&top.output[..size], self.filters)];
            self.pooling
                .backward(&b.layout, &parts, &mut b.pooling, &d_pooled, &mut [&mut *d]);
        }
        for (i, (conv, norm)) in self.layers.iter_mut().enumerate().rev() {
            let (below, own) = b.layers.split_at_mut(i);
            let Some(state) = own.first_mut() else { return };
            let (u, y) = (&state.normalised[..size], &state.output[..size]);
            norm.backward(&b.layout, u, y, d, &mut state.norm);
            match below.last() {
                Some(lower) => {
                    let x = &lower.output[..size];
                    conv.backward(&b.layout, x, d, &mut state.conv, Some(&mut *other));
                    std::mem::swap(&mut d, &mut other);
                }
                None => conv.backward(&b.layout, &b.input, d, &mut state.conv, None),
            }
        }
        self.pooling.gather(&b.pooling);
    }

    pub(super) fn params_mut(&mut self) -> Vec<&mut Param<T>> {
        let running = 2 * self.layers.len();
        let mut all = self.tensors_mut();
        all.truncate(all.len() - running);
        all
    }

    pub(super) fn tensors(&self) -> Vec<&Param<T>> {
        self.layers
            .iter()
            .flat_map(|(conv, norm)| conv.params().into_iter().chain(norm.params()))
            .chain(self.pooling.params())
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
        trained.extend(self.pooling.params_mut());
        trained.extend(self.head.params_mut());
        trained.extend(running);
        trained
    }
}

impl<T: Real> Clone for Cnn<T> {
    /// The network without what it keeps between passes.
    fn clone(&self) -> Self {
        Self {
            layers: self.layers.clone(),
            pooling: self.pooling.clone(),
            head: self.head.clone(),
            buffers: Buffers::default(),
            ..*self
        }
    }
}
