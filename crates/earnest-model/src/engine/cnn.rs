//! Convolution, batch norm and ReLU layers, pooling over time, linear (docs/paper.md, section 5).

use earnest_random::Key;
use serde::{Deserialize, Serialize};

use super::Network;
use super::kept::Kept;
use super::settings::{MOST_LAYERS, MOST_UNITS, Settings, counted, layers, odd};
use super::stack::convolutions::{ConvolutionSizes, Convolutions, ConvolutionsState};
use super::stack::head::{self, Head, HeadState};
use crate::layer::pooling::{Pooling, PoolingKind, PoolingState};
use crate::param::Param;
use crate::real::Real;

/// Settings of `kind = "cnn"`: convolution, batch norm and ReLU layers, pooling over time, a linear
/// layer. The default is the paper's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cnn {
    /// Layers.
    pub layers: usize,
    /// Filters of each layer.
    pub filters: usize,
    /// Frames a filter sees; odd.
    pub kernel: usize,
    /// How a sequence becomes one vector; the paper takes the maximum.
    pub pooling: PoolingKind,
    /// Share of values dropped in training before the last layer; the paper has none.
    pub dropout: f64,
}

impl Default for Cnn {
    fn default() -> Self {
        Self {
            layers: 3,
            filters: 128,
            kernel: 5,
            pooling: PoolingKind::Max,
            dropout: 0.0,
        }
    }
}

impl Cnn {
    fn stack(&self) -> ConvolutionSizes {
        ConvolutionSizes {
            layers: self.layers,
            filters: self.filters,
            kernel: self.kernel | 1,
            stride: 1,
        }
    }
}

impl Settings for Cnn {
    fn words(&self) -> String {
        format!(
            "{} of {} filters over {} frames, {}, linear",
            layers(self.layers, ""),
            self.filters,
            self.kernel,
            self.pooling.words()
        )
    }

    fn sizes(&self) -> String {
        format!("filters = {} in {} layers", self.filters, self.layers)
    }

    fn dropout(&self) -> f64 {
        self.dropout
    }

    fn check(&self) -> Result<(), String> {
        counted("layers", self.layers, MOST_LAYERS)?;
        counted("filters", self.filters, MOST_UNITS)?;
        odd("kernel", self.kernel)
    }

    fn weights(&self, inputs: usize, outputs: usize) -> u64 {
        let pooled = self.pooling.width(self.filters) as u64;
        self.stack().weights(inputs)
            + self.pooling.weights(self.filters as u64)
            + head::weights(pooled, outputs)
    }

    fn build<T: Real>(&self, inputs: usize, outputs: usize, key: &Key) -> Box<dyn Network<T>> {
        Box::new(ConvolutionalNetwork {
            convolutions: Convolutions::new(self.stack(), inputs, key),
            pooling: Pooling::new(self.pooling, self.filters, key),
            head: Head::new(self.pooling.width(self.filters), outputs, self.dropout, key),
            filters: self.filters,
            kept: Kept::default(),
        })
    }

    #[cfg(test)]
    fn examples() -> Vec<Self> {
        let of = |layers, filters, kernel, pooling, dropout| Self {
            layers,
            filters,
            kernel,
            pooling,
            dropout,
        };
        let mut all = vec![of(3, 9, 5, PoolingKind::Max, 0.0)];
        all.extend(PoolingKind::ALL.map(|kind| of(2, 3, 3, kind, 0.3)));
        all
    }
}

/// The convolutional network.
#[derive(Clone, Debug)]
struct ConvolutionalNetwork<T> {
    convolutions: Convolutions<T>,
    pooling: Pooling<T>,
    head: Head<T>,
    filters: usize,
    kept: Kept<Buffers<T>>,
}

/// Buffers of a pass.
#[derive(Debug, Default)]
struct Buffers<T> {
    convolutions: ConvolutionsState<T>,
    pooling: PoolingState<T>,
    head: HeadState<T>,
}

impl<T: Real> ConvolutionalNetwork<T> {
    fn pass(&self, sequences: &[&[f32]], buffers: &mut Buffers<T>, key: Option<&Key>) -> Vec<T> {
        let state = &mut buffers.convolutions;
        self.convolutions.forward(sequences, state, key.is_some());
        self.head
            .forward(sequences.len(), &mut buffers.head, key, |pooled| {
                if let Some((layout, x)) = state.output() {
                    let parts = [(&*x, self.filters)];
                    let state = &mut buffers.pooling;
                    self.pooling.forward(layout, &parts, state, pooled);
                }
            })
    }
}

impl<T: Real> Network<T> for ConvolutionalNetwork<T> {
    fn predict(&self, sequences: &[&[f32]]) -> Vec<T> {
        self.kept
            .with(|buffers| self.pass(sequences, buffers, None))
    }

    /// In runs of rows, each with as many frames before and after it as all its filters see.
    fn predict_long(&self, sequence: &[f32]) -> Vec<T> {
        let rows = self.convolutions.rows(sequence);
        let run = self.convolutions.run();
        let mut pooled = self.pooling.running(self.filters);
        self.kept.with(|buffers| {
            for pass in 0..pooled.passes() {
                if pass > 0 {
                    pooled.turn();
                }
                for start in (0..rows).step_by(run) {
                    let rows = start..(start + run).min(rows);
                    let state = &mut buffers.convolutions;
                    let part = self.convolutions.part(sequence, rows, state);
                    pooled.add(pass, &[(part, self.filters)]);
                }
            }
        });
        self.head.predict(&pooled.finish())
    }

    fn bytes_per_frame(&self) -> usize {
        self.convolutions.values_per_frame() * size_of::<T>()
    }

    fn forward(&mut self, sequences: &[&[f32]], key: &Key) -> Vec<T> {
        let mut buffers = self.kept.begin();
        let outputs = self.pass(sequences, &mut buffers, Some(key));
        self.convolutions.keep(&mut buffers.convolutions);
        self.kept.hold(buffers);
        outputs
    }

    fn backward(&mut self, d_outputs: &[T]) {
        let Some(mut buffers) = self.kept.held() else {
            debug_assert!(false, "backward without forward");
            return;
        };
        let d_pooled = self.head.backward(&buffers.head, d_outputs);
        let (pooling, state) = (&self.pooling, &mut buffers.pooling);
        self.convolutions
            .backward(&mut buffers.convolutions, |layout, x, d| {
                let parts = [(x, self.filters)];
                pooling.backward(layout, &parts, state, &d_pooled, &mut [d]);
            });
        self.pooling.gather(&buffers.pooling);
        self.kept.give(buffers);
    }

    fn params_mut(&mut self) -> Vec<&mut Param<T>> {
        let [mut trained, _] = self.convolutions.all_mut();
        trained.extend(self.pooling.params_mut());
        trained.extend(self.head.params_mut());
        trained
    }

    fn tensors(&self) -> Vec<&Param<T>> {
        self.convolutions
            .params()
            .chain(self.pooling.params())
            .chain(self.head.params())
            .chain(self.convolutions.running())
            .collect()
    }

    fn tensors_mut(&mut self) -> Vec<&mut Param<T>> {
        let [mut all, running] = self.convolutions.all_mut();
        all.extend(self.pooling.params_mut());
        all.extend(self.head.params_mut());
        all.extend(running);
        all
    }

    fn boxed_clone(&self) -> Box<dyn Network<T>> {
        Box::new(self.clone())
    }
}
