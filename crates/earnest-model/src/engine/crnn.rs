//! Convolutions with a stride, then bidirectional GRU layers, pooling over time, linear: the
//! convolutions hear what lies within some frames and leave fewer, so the layers that remember
//! have less to go through (the paper has no such network).

use std::ops::Range;

use earnest_random::Key;
use serde::{Deserialize, Serialize};

use super::Network;
use super::kept::Kept;
use super::settings::{MOST_FRAMES, MOST_LAYERS, MOST_UNITS, Settings, counted, layers, odd};
use super::stack::convolutions::{ConvolutionSizes, Convolutions, ConvolutionsState};
use super::stack::head::{self, Head, HeadState};
use super::stack::recurrent::{Recurrent, RecurrentSizes, RecurrentState};
use super::stack::recurrent_long::Runs;
use crate::layer::dropout::Dropout;
use crate::layer::pooling::PoolingKind;
use crate::param::Param;
use crate::real::Real;
use crate::sequence::Gapped;

/// Settings of `kind = "crnn"`: layers of convolution, batch norm and ReLU, each of which leaves a
/// frame of every `stride`, then bidirectional GRU layers, pooling over time, a linear layer. The
/// default has two convolutions with a stride of 2, so that the GRU sees a quarter of the frames.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Crnn {
    /// Convolution layers.
    pub convolutions: usize,
    /// Filters of each convolution layer.
    pub filters: usize,
    /// Frames a filter sees; odd.
    pub kernel: usize,
    /// Frames of a convolution layer's input that become one of its output: a sequence of L
    /// frames leaves it with `ceil(L / stride)`, so that one of a single frame still has one.
    pub stride: usize,
    /// GRU layers.
    pub layers: usize,
    /// Width of each direction of a GRU layer.
    pub hidden: usize,
    /// How a sequence becomes one vector; attention if it is not said.
    pub pooling: PoolingKind,
    /// Share of values dropped in training: between the convolutions and the GRU, between GRU
    /// layers and before the last layer.
    pub dropout: f64,
}

impl Default for Crnn {
    fn default() -> Self {
        Self {
            convolutions: 2,
            filters: 64,
            kernel: 5,
            stride: 2,
            layers: 1,
            hidden: 128,
            pooling: PoolingKind::Attention,
            dropout: 0.0,
        }
    }
}

impl Crnn {
    fn lower(&self) -> ConvolutionSizes {
        ConvolutionSizes {
            layers: self.convolutions,
            filters: self.filters,
            kernel: self.kernel | 1,
            stride: self.stride.max(1),
        }
    }

    fn upper(&self) -> RecurrentSizes {
        RecurrentSizes {
            layers: self.layers,
            hidden: self.hidden,
            pooling: self.pooling,
            dropout: self.dropout,
        }
    }
}

impl Settings for Crnn {
    fn words(&self) -> String {
        format!(
            "{} of {} filters over {} frames with a stride of {}, {} of {} each way, {}, linear",
            layers(self.convolutions, ""),
            self.filters,
            self.kernel,
            self.stride,
            layers(self.layers, "bidirectional GRU "),
            self.hidden,
            self.pooling.words()
        )
    }

    fn sizes(&self) -> String {
        format!(
            "filters = {} in {} convolutions and hidden = {} in {} layers",
            self.filters, self.convolutions, self.hidden, self.layers
        )
    }

    fn dropout(&self) -> f64 {
        self.dropout
    }

    fn check(&self) -> Result<(), String> {
        counted("convolutions", self.convolutions, MOST_LAYERS)?;
        counted("filters", self.filters, MOST_UNITS)?;
        odd("kernel", self.kernel)?;
        counted("stride", self.stride, MOST_FRAMES)?;
        counted("layers", self.layers, MOST_LAYERS)?;
        counted("hidden", self.hidden, MOST_UNITS)
    }

    fn weights(&self, inputs: usize, outputs: usize) -> u64 {
        self.lower().weights(inputs)
            + self.upper().weights(self.filters)
            + head::weights(self.upper().width(), outputs)
    }

    fn build<T: Real>(&self, inputs: usize, outputs: usize, key: &Key) -> Box<dyn Network<T>> {
        let recurrent = Recurrent::new(&self.upper(), self.filters, key);
        Box::new(ConvolutionalRecurrentNetwork {
            convolutions: Convolutions::new(self.lower(), inputs, key),
            head: Head::new(recurrent.width(), outputs, self.dropout, key),
            recurrent,
            filters: self.filters,
            frames_per_row: self.lower().frames_per_row(),
            dropout: self.dropout,
            kept: Kept::default(),
        })
    }

    #[cfg(test)]
    fn examples() -> Vec<Self> {
        let of = |convolutions, kernel, stride, pooling, dropout| Self {
            convolutions,
            filters: 6,
            kernel,
            stride,
            layers: 2,
            hidden: 4,
            pooling,
            dropout,
        };
        let [mean, max, attention, statistics] = PoolingKind::ALL;
        vec![
            of(2, 5, 2, mean, 0.0),
            of(1, 3, 3, max, 0.3),
            of(3, 3, 2, attention, 0.3),
            // Without stride; a stride longer than the kernel, which skips frames; one frame each.
            of(1, 3, 1, mean, 0.0),
            of(2, 3, 5, attention, 0.0),
            of(1, 1, 2, max, 0.0),
            of(1, 3, 2, statistics, 0.3),
            // One that leaves a row of any sequence here.
            of(4, 7, 999, mean, 0.0),
        ]
    }
}

/// The network.
#[derive(Clone, Debug)]
struct ConvolutionalRecurrentNetwork<T> {
    convolutions: Convolutions<T>,
    recurrent: Recurrent<T>,
    head: Head<T>,
    filters: usize,
    frames_per_row: usize,
    dropout: f64,
    kept: Kept<Buffers<T>>,
}

/// Buffers of a pass.
#[derive(Debug, Default)]
struct Buffers<T> {
    convolutions: ConvolutionsState<T>,
    /// Between the convolutions and the GRU.
    dropout: Dropout<T>,
    recurrent: RecurrentState<T>,
    head: HeadState<T>,
}

/// The rows of each sequence.
fn sequences_of<'a, T>(layout: &Gapped, rows: &'a [T], width: usize) -> Vec<&'a [T]> {
    let of = |(start, length): (&usize, &usize)| &rows[start * width..(start + length) * width];
    layout.starts.iter().zip(&layout.lengths).map(of).collect()
}

impl<T: Real> ConvolutionalRecurrentNetwork<T> {
    fn pass(&self, sequences: &[&[f32]], buffers: &mut Buffers<T>, key: Option<&Key>) -> Vec<T> {
        let key_of = |part: &str| key.map(|k| k.with(part));
        let (filters, state) = (self.filters, &mut buffers.convolutions);
        self.convolutions.forward(sequences, state, key.is_some());
        let Some((layout, rows)) = state.output() else {
            return Vec::new();
        };
        let dropout = &mut buffers.dropout;
        dropout.draw(rows.len(), self.dropout, key_of("convolved").as_ref());
        dropout.apply(rows);
        let convolved = sequences_of(layout, rows, filters);
        let (state, last) = (&mut buffers.head, key_of("pooled"));
        self.head
            .forward(sequences.len(), state, last.as_ref(), |pooled| {
                let state = &mut buffers.recurrent;
                self.recurrent.forward(&convolved, state, pooled, key);
            })
    }
}

impl<T: Real> Network<T> for ConvolutionalRecurrentNetwork<T> {
    fn predict(&self, sequences: &[&[f32]]) -> Vec<T> {
        self.kept
            .with(|buffers| self.pass(sequences, buffers, None))
    }

    fn predict_long(&self, sequence: &[f32]) -> Vec<T> {
        let convolved = Convolved {
            convolutions: &self.convolutions,
            sequence,
        };
        self.head.predict(&self.recurrent.forward_long(&convolved))
    }

    fn bytes_per_frame(&self) -> usize {
        let above = self.recurrent.values_per_frame();
        let values = self.convolutions.values_per_frame() + above.div_ceil(self.frames_per_row);
        values * size_of::<T>()
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
        let state = &mut buffers.recurrent;
        self.recurrent.backward(state, &d_pooled, true);
        let (recurrent, state) = (&self.recurrent, &buffers.recurrent);
        let dropout = &buffers.dropout;
        // Values were dropped in place, so those that ReLU let through and dropout did not look
        // as if ReLU had stopped them: their gradient is 0 either way.
        self.convolutions
            .backward(&mut buffers.convolutions, |layout, _, d| {
                recurrent.input_gradient(state, layout, d);
                dropout.apply(d);
            });
        self.kept.give(buffers);
    }

    fn params_mut(&mut self) -> Vec<&mut Param<T>> {
        let [mut trained, _] = self.convolutions.all_mut();
        trained.extend(self.recurrent.params_mut());
        trained.extend(self.head.params_mut());
        trained
    }

    fn tensors(&self) -> Vec<&Param<T>> {
        self.convolutions
            .params()
            .chain(self.recurrent.params())
            .chain(self.head.params())
            .chain(self.convolutions.running())
            .collect()
    }

    fn tensors_mut(&mut self) -> Vec<&mut Param<T>> {
        let [mut all, running] = self.convolutions.all_mut();
        all.extend(self.recurrent.params_mut());
        all.extend(self.head.params_mut());
        all.extend(running);
        all
    }

    fn boxed_clone(&self) -> Box<dyn Network<T>> {
        Box::new(self.clone())
    }
}

/// What the convolutions leave of a long sequence: computed run by run, and again when it is needed
/// again, as the GRU's own layers are.
struct Convolved<'a, T> {
    convolutions: &'a Convolutions<T>,
    sequence: &'a [f32],
}

impl<T: Real> Runs<T> for Convolved<'_, T> {
    type Buffers = ConvolutionsState<T>;

    fn rows(&self) -> usize {
        self.convolutions.rows(self.sequence)
    }

    fn run(&self) -> usize {
        self.convolutions.run()
    }

    fn fill(&self, rows: Range<usize>, buffers: &mut Self::Buffers, out: &mut [T]) {
        out.copy_from_slice(self.convolutions.part(self.sequence, rows, buffers));
    }
}
