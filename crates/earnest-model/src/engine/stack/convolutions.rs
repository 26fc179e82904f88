//! Layers of convolution, batch norm and ReLU, each with the same filters, kernel and stride.

use std::ops::Range;

use earnest_random::Key;

use crate::layer::batch_norm::{BatchNormRelu, BatchNormState};
use crate::layer::conv1d::{Conv1d, ConvState};
use crate::param::Param;
use crate::real::Real;
use crate::sequence::{Gapped, sized};

/// Frames of the input that a run is of, if each of its rows is not of more than 256.
const RUN: usize = 16_384;
/// The fewest and the most rows of a run.
const RUN_ROWS: (usize, usize) = (64, 8192);

/// The layers. There is at least one.
#[derive(Clone, Debug)]
pub(crate) struct Convolutions<T> {
    layers: Vec<(Conv1d<T>, BatchNormRelu<T>)>,
    inputs: usize,
    sizes: ConvolutionSizes,
}

/// How many layers of what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConvolutionSizes {
    pub layers: usize,
    pub filters: usize,
    /// Odd.
    pub kernel: usize,
    pub stride: usize,
}

impl ConvolutionSizes {
    /// How many numbers the layers have, running statistics included.
    pub fn weights(&self, inputs: usize) -> u64 {
        let (layers, f) = (self.layers as u64, self.filters as u64);
        let k = self.kernel as u64;
        // A bias, and batch norm's scale, shift, mean and variance.
        let layer = |below: u64| f * (k * below + 1 + 4);
        layer(inputs as u64) + layers.saturating_sub(1) * layer(f)
    }

    /// Frames of the input that are one row of the output.
    pub fn frames_per_row(&self) -> usize {
        self.stride.saturating_pow(self.layers as u32)
    }
}

/// Buffers of a pass.
#[derive(Debug, Default)]
pub(crate) struct ConvolutionsState<T> {
    /// How the input lies, then the output of each layer.
    layouts: Vec<Gapped>,
    input: Vec<T>,
    layers: Vec<LayerState<T>>,
    /// Values of the last layer's output.
    size: usize,
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

impl<T: Real> ConvolutionsState<T> {
    /// The last layer's output of the last pass, `[rows, filters]`, and how its rows lie.
    pub fn output(&mut self) -> Option<(&Gapped, &mut [T])> {
        let (layout, top) = (self.layouts.last()?, self.layers.last_mut()?);
        Some((layout, &mut top.output[..self.size]))
    }
}

impl<T: Real> Convolutions<T> {
    pub fn new(sizes: ConvolutionSizes, inputs: usize, key: &Key) -> Self {
        let filters = sizes.filters;
        Self {
            layers: (0..sizes.layers)
                .map(|i| {
                    let width = if i == 0 { inputs } else { filters };
                    let window = (sizes.kernel, sizes.stride);
                    (
                        Conv1d::new(&format!("conv.{i}"), width, filters, window, key),
                        BatchNormRelu::new(&format!("norm.{i}"), filters),
                    )
                })
                .collect(),
            inputs,
            sizes,
        }
    }

    /// Values that a pass keeps for each frame: input, and of each layer what goes into its
    /// scaling and what comes out.
    pub fn values_per_frame(&self) -> usize {
        let mut frames = 1;
        let mut values = self.inputs;
        for _ in &self.layers {
            frames = self.sizes.stride.saturating_mul(frames);
            values += (2 * self.sizes.filters).div_ceil(frames);
        }
        values
    }

    /// Fills the state's output. With `training`, batch norm takes the batch's statistics.
    pub fn forward(&self, sequences: &[&[f32]], state: &mut ConvolutionsState<T>, training: bool) {
        let ConvolutionSizes {
            filters,
            kernel,
            stride,
            ..
        } = self.sizes;
        let lengths: Vec<usize> = sequences.iter().map(|s| s.len() / self.inputs).collect();
        let mut below = Gapped::new(&lengths, kernel / 2);
        let input = sized(&mut state.input, below.rows() * self.inputs);
        below.lay(sequences, self.inputs, input);
        state
            .layers
            .resize_with(self.layers.len(), Default::default);
        state.layouts.clear();
        let mut x: &[T] = input;
        for ((conv, norm), state_of) in self.layers.iter().zip(&mut state.layers) {
            let layout = below.thinned(stride, kernel / 2);
            let size = layout.rows() * filters;
            let normalised = sized(&mut state_of.normalised, size);
            let output = sized(&mut state_of.output, size);
            conv.forward(&below, &layout, x, normalised);
            norm.forward(&layout, normalised, output, &mut state_of.norm, training);
            (x, state.size) = (output, size);
            state.layouts.push(std::mem::replace(&mut below, layout));
        }
        state.layouts.push(below);
    }

    /// After a forward pass of training: running statistics move towards the batch's.
    pub fn keep(&mut self, state: &mut ConvolutionsState<T>) {
        for ((_, norm), state) in self.layers.iter_mut().zip(&mut state.layers) {
            norm.keep(&mut state.norm);
        }
    }

    /// Adds to the gradients. `fill` is given the output and fills its gradient in the rows of
    /// frames.
    pub fn backward(
        &mut self,
        state: &mut ConvolutionsState<T>,
        fill: impl FnOnce(&Gapped, &[T], &mut [T]),
    ) {
        let filters = self.sizes.filters;
        let rows = |layout: &Gapped| layout.rows() * filters;
        // Without stride all layers have as many; with it the lowest has the most.
        let most = state.layouts.iter().skip(1).map(rows).max().unwrap_or(0);
        let [d, other] = &mut state.d;
        let (mut d, mut other) = (sized(d, most), sized(other, most));
        if let (Some(top), Some(layout)) = (state.layers.last(), state.layouts.last()) {
            let size = rows(layout);
            fill(layout, &top.output[..size], &mut d[..size]);
        }
        for (i, (conv, norm)) in self.layers.iter_mut().enumerate().rev() {
            let (from, to) = match &state.layouts[i..] {
                [from, to, ..] => (from, to),
                _ => return,
            };
            let (below, own) = state.layers.split_at_mut(i);
            let Some(state_of) = own.first_mut() else {
                return;
            };
            let size = rows(to);
            let (u, y) = (&state_of.normalised[..size], &state_of.output[..size]);
            norm.backward(to, u, y, &mut d[..size], &mut state_of.norm);
            match below.last() {
                Some(lower) => {
                    let x = &lower.output[..rows(from)];
                    let dx = Some(&mut other[..rows(from)]);
                    conv.backward(from, to, x, &d[..size], &mut state_of.conv, dx);
                    std::mem::swap(&mut d, &mut other);
                }
                None => {
                    let x = &state.input;
                    conv.backward(from, to, x, &d[..size], &mut state_of.conv, None);
                }
            }
        }
    }

    /// Rows of a run of a long sequence's output, so that a run is of some [`RUN`] frames.
    pub fn run(&self) -> usize {
        let (least, most) = RUN_ROWS;
        (RUN / self.sizes.frames_per_row()).clamp(least, most)
    }

    /// Rows of the output of a sequence.
    pub fn rows(&self, sequence: &[f32]) -> usize {
        let frames = sequence.len() / self.inputs;
        let thinned = |n: usize, _: &_| n.div_ceil(self.sizes.stride);
        self.layers.iter().fold(frames, thinned)
    }

    /// Some rows of the output of a sequence in an inference pass, from as many of its frames as
    /// these rows' filters see: the same bits as in the whole.
    pub fn part<'a>(
        &self,
        sequence: &[f32],
        rows: Range<usize>,
        state: &'a mut ConvolutionsState<T>,
    ) -> &'a [T] {
        let frames = sequence.len() / self.inputs;
        let per_row = self.sizes.frames_per_row();
        // A row of the output is of the frame `row * per_row` and of so many on either side.
        let seen = self.layers.iter().fold(0_usize, |seen, _| {
            let seen = seen.saturating_mul(self.sizes.stride);
            seen.saturating_add(self.sizes.kernel / 2)
        });
        // Begins with a frame that is a row of the output. At the sequence's own ends there is
        // nothing to see, as in the whole.
        let first = rows.start.saturating_mul(per_row).saturating_sub(seen) / per_row;
        let last = rows.end.saturating_sub(1).saturating_mul(per_row);
        let end = last.saturating_add(seen).saturating_add(1).min(frames);
        let part = &sequence[first * per_row * self.inputs..end * self.inputs];
        self.forward(&[part], state, false);
        let filters = self.sizes.filters;
        let Some((layout, output)) = state.output() else {
            return &[];
        };
        let start = layout.starts.first().copied().unwrap_or(0) + rows.start - first;
        &output[start * filters..(start + rows.len()) * filters]
    }

    /// Trained tensors.
    pub fn params(&self) -> impl Iterator<Item = &Param<T>> {
        self.layers
            .iter()
            .flat_map(|(conv, norm)| conv.params().into_iter().chain(norm.params()))
    }

    /// Running statistics.
    pub fn running(&self) -> impl Iterator<Item = &Param<T>> {
        self.layers.iter().flat_map(|(_, norm)| norm.buffers())
    }

    /// [`Convolutions::params`] and [`Convolutions::running`], to change.
    pub fn all_mut(&mut self) -> [Vec<&mut Param<T>>; 2] {
        let mut trained = Vec::new();
        let mut running = Vec::new();
        for (conv, norm) in &mut self.layers {
            trained.extend(conv.params_mut());
            let [gamma, beta, mean, variance] = norm.all_mut();
            trained.extend([gamma, beta]);
            running.extend([mean, variance]);
        }
        [trained, running]
    }
}
