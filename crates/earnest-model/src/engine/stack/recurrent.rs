//! Bidirectional GRU layers and pooling over time: of each sequence one vector.
//!
//! A batch is dealt out to groups of at most [`GROUP`] sequences, each packed by itself:
//! groups and directions are what threads share. A sequence's result does not depend on its
//! group, and weight gradients are added group by group, so the number of threads changes
//! no bit.

use earnest_random::Key;
use rayon::prelude::*;

use crate::layer::dropout::Dropout;
use crate::layer::gru::{BiGru, BiGruState};
use crate::layer::pooling::{Pooling, PoolingKind, PoolingState};
use crate::param::Param;
use crate::real::Real;
use crate::sequence::{Frames, Packing, sized};

/// The most sequences of a group. Recurrent products of 16 rows run at full speed (of 8, 5 %
/// slower over the whole step); two groups of two directions keep 4 threads busy with the
/// batch of 32, and further threads find the products of each direction's blocks, and the
/// presentations of the next batches.
const GROUP: usize = 16;

/// The layers and the pooling.
#[derive(Clone, Debug)]
pub(crate) struct Recurrent<T> {
    pub(super) layers: Vec<BiGru<T>>,
    pub(super) pooling: Pooling<T>,
    pub(super) inputs: usize,
    pub(super) hidden: usize,
    dropout: f64,
}

/// How many layers of what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecurrentSizes {
    pub layers: usize,
    /// Width of each direction.
    pub hidden: usize,
    pub pooling: PoolingKind,
    /// Share of values dropped between layers.
    pub dropout: f64,
}

impl RecurrentSizes {
    /// Values of a sequence's vector.
    pub fn width(&self) -> u64 {
        self.pooling.width(2 * self.hidden) as u64
    }

    /// How many numbers the layers and the pooling have.
    pub fn weights(&self, inputs: usize) -> u64 {
        let (layers, h) = (self.layers as u64, self.hidden as u64);
        // Three gates in two directions, each with two biases.
        let layer = |below: u64| 2 * 3 * h * (below + h + 2);
        let layers = layer(inputs as u64) + layers.saturating_sub(1) * layer(2 * h);
        layers + self.pooling.weights(2 * h)
    }
}

/// Buffers of a pass.
#[derive(Debug, Default)]
pub(crate) struct RecurrentState<T> {
    /// The first `used` are those of the last pass.
    groups: Vec<Group<T>>,
    used: usize,
}

/// Some sequences of a batch.
#[derive(Debug, Default)]
struct Group<T> {
    /// Their numbers in the batch.
    members: Vec<usize>,
    packing: Packing,
    input: Vec<T>,
    layers: Vec<LayerState<T>>,
    pooling: PoolingState<T>,
    /// `[members by place, width]`, forwards the pooled values, backwards their gradient.
    pooled: Vec<T>,
    /// Gradient of each direction's last output.
    d_top: [Vec<T>; 2],
}

#[derive(Debug, Default)]
pub(super) struct LayerState<T> {
    pub(super) directions: BiGruState<T>,
    /// What goes up from each direction where dropout changes it.
    dropped: [Vec<T>; 2],
    dropout: [Dropout<T>; 2],
}

impl<T: Real> LayerState<T> {
    /// What the layer hands on, `[rows, hidden]` for each direction.
    pub(super) fn outputs(&self, direction: usize, size: usize) -> &[T] {
        if self.dropout[direction].drops() {
            &self.dropped[direction][..size]
        } else {
            &self.directions[direction].output[..size]
        }
    }
}

impl<T: Real> Group<T> {
    fn forward<S: Real>(&mut self, network: &Recurrent<T>, sequences: &[&[S]], key: Option<&Key>) {
        let own: Vec<&[S]> = self.members.iter().map(|i| sequences[*i]).collect();
        let lengths: Vec<usize> = own.iter().map(|s| s.len() / network.inputs).collect();
        self.packing = Packing::new(&lengths);
        let rows = self.packing.rows;
        let input = sized(&mut self.input, rows * network.inputs);
        self.packing.pack(&own, network.inputs, input);
        let size = rows * network.hidden;
        self.layers
            .resize_with(network.layers.len(), Default::default);
        for (l, layer) in network.layers.iter().enumerate() {
            let (below, own) = self.layers.split_at_mut(l);
            let Some(state) = own.first_mut() else { return };
            match below.last() {
                None => layer.forward(&self.packing, &[input], &mut state.directions),
                Some(b) => {
                    let parts = [b.outputs(0, size), b.outputs(1, size)];
                    layer.forward(&self.packing, &parts, &mut state.directions);
                }
            }
            let between = key
                .filter(|_| l + 1 < network.layers.len())
                .map(|k| k.with(l as u64));
            for d in 0..2 {
                let key = between.as_ref().map(|k| k.with(d as u64));
                state.dropout[d].draw(size, network.dropout, key.as_ref());
                if state.dropout[d].drops() {
                    let dropped = sized(&mut state.dropped[d], size);
                    dropped.copy_from_slice(&state.directions[d].output[..size]);
                    state.dropout[d].apply(dropped);
                }
            }
        }
        let h = network.hidden;
        let pooled = sized(&mut self.pooled, self.members.len() * network.width());
        if let Some(top) = self.layers.last() {
            let parts = [(top.outputs(0, size), h), (top.outputs(1, size), h)];
            network
                .pooling
                .forward(&self.packing, &parts, &mut self.pooling, pooled);
        }
    }

    fn backward(&mut self, network: &Recurrent<T>, input_wanted: bool) {
        let (rows, h) = (self.packing.rows, network.hidden);
        let size = rows * h;
        if let Some(top) = self.layers.last() {
            let parts = [(top.outputs(0, size), h), (top.outputs(1, size), h)];
            let [a, b] = &mut self.d_top;
            let mut d_parts = [sized(a, size), sized(b, size)];
            let pooled = &self.pooled[..self.members.len() * network.width()];
            let state = &mut self.pooling;
            network
                .pooling
                .backward(&self.packing, &parts, state, pooled, &mut d_parts);
        }
        for (l, layer) in network.layers.iter().enumerate().rev() {
            let (lower, upper) = self.layers.split_at_mut(l + 1);
            let (below, own) = lower.split_at_mut(l);
            let Some(state) = own.first_mut() else { return };
            if let Some(above) = upper.first_mut() {
                for direction in &mut above.directions {
                    for (d, dropout) in direction.d_inputs.iter_mut().zip(&state.dropout) {
                        dropout.apply(&mut d[..size]);
                    }
                }
            }
            let above = upper.first().map(|above| &above.directions);
            let addends = |d: usize| -> Vec<&[T]> {
                match above {
                    None => vec![&self.d_top[d][..size]],
                    Some(both) => both.iter().map(|a| &a.d_inputs[d][..size]).collect(),
                }
            };
            let (up, down) = (addends(0), addends(1));
            let d_outputs = [up.as_slice(), down.as_slice()];
            let state = &mut state.directions;
            match below.last() {
                None => {
                    let input = &self.input[..rows * network.inputs];
                    layer.backward(&self.packing, &[input], state, d_outputs, input_wanted);
                }
                Some(b) => {
                    let parts = [b.outputs(0, size), b.outputs(1, size)];
                    layer.backward(&self.packing, &parts, state, d_outputs, true);
                }
            }
        }
    }
}

impl<T: Real> Recurrent<T> {
    pub fn new(sizes: &RecurrentSizes, inputs: usize, key: &Key) -> Self {
        let hidden = sizes.hidden;
        Self {
            layers: (0..sizes.layers)
                .map(|i| {
                    let width = if i == 0 { inputs } else { 2 * hidden };
                    BiGru::new(&format!("gru.{i}"), width, hidden, key)
                })
                .collect(),
            pooling: Pooling::new(sizes.pooling, 2 * hidden, key),
            inputs,
            hidden,
            dropout: sizes.dropout,
        }
    }

    /// Values of a sequence's vector.
    pub fn width(&self) -> usize {
        self.pooling.width(2 * self.hidden)
    }

    /// Values that a pass keeps for each frame: input, and of each direction of each layer four of
    /// its gates and one of its output.
    pub fn values_per_frame(&self) -> usize {
        self.inputs + self.layers.len() * 2 * 5 * self.hidden
    }

    /// Deals the sequences out, the longest first, so that groups take equally long.
    fn deal<S>(state: &mut RecurrentState<T>, sequences: &[&[S]]) {
        let mut order: Vec<usize> = (0..sequences.len()).collect();
        order.sort_by_key(|i| (usize::MAX - sequences[*i].len(), *i));
        state.used = sequences.len().div_ceil(GROUP);
        if state.groups.len() < state.used {
            state.groups.resize_with(state.used, Default::default);
        }
        let groups = &mut state.groups[..state.used];
        for group in &mut *groups {
            group.members.clear();
        }
        for (place, i) in order.into_iter().enumerate() {
            let n = groups.len();
            groups[place % n].members.push(i);
        }
    }

    /// Lays out weights that may have changed.
    pub(super) fn lay(&self) {
        for layer in &self.layers {
            layer.lay();
        }
    }

    /// Fills `pooled`, `[sequences, width]`, from sequences of frames of `inputs` values. With a
    /// key, values between layers are dropped as it draws.
    pub fn forward<S: Real>(
        &self,
        sequences: &[&[S]],
        state: &mut RecurrentState<T>,
        pooled: &mut [T],
        key: Option<&Key>,
    ) {
        self.lay();
        Self::deal(state, sequences);
        state.groups[..state.used]
            .par_iter_mut()
            .enumerate()
            .for_each(|(g, group)| {
                let key = key.map(|k| k.with(g as u64));
                group.forward(self, sequences, key.as_ref());
            });
        let width = self.width();
        for group in &state.groups[..state.used] {
            let rows = group.pooled.chunks_exact(width);
            for (place, row) in group.packing.order.iter().zip(rows) {
                let i = group.members[*place];
                pooled[i * width..(i + 1) * width].copy_from_slice(row);
            }
        }
    }

    /// Adds to the gradients, from that of `pooled`. If it is wanted, the gradient of the input is
    /// then to be had from [`Recurrent::input_gradient`].
    pub fn backward(&mut self, state: &mut RecurrentState<T>, d_pooled: &[T], input_wanted: bool) {
        let width = self.width();
        let groups = &mut state.groups[..state.used];
        let network = &*self;
        groups.par_iter_mut().for_each(|group| {
            let rows = group.pooled.chunks_exact_mut(width);
            for (place, row) in group.packing.order.iter().zip(rows) {
                let i = group.members[*place];
                row.copy_from_slice(&d_pooled[i * width..(i + 1) * width]);
            }
            group.backward(network, input_wanted);
        });
        self.layers
            .par_iter_mut()
            .enumerate()
            .for_each(|(l, layer)| {
                for group in &*groups {
                    layer.gather(&group.layers[l].directions);
                }
            });
        for group in groups {
            self.pooling.gather(&group.pooling);
        }
    }

    /// Fills the gradient of the input, whose rows lie as `frames` says.
    pub fn input_gradient(&self, state: &RecurrentState<T>, frames: &impl Frames, d: &mut [T]) {
        let width = self.inputs;
        for group in &state.groups[..state.used] {
            let Some(bottom) = group.layers.first() else {
                continue;
            };
            let [up, down] = &bottom.directions;
            let (Some(up), Some(down)) = (up.d_inputs.first(), down.d_inputs.first()) else {
                continue;
            };
            for (place, member) in group.packing.order.iter().enumerate() {
                let sequence = group.members[*member];
                for t in 0..group.packing.frames(place) {
                    let from = group.packing.row(place, t) * width;
                    let to = frames.row(sequence, t) * width;
                    let both = up[from..from + width].iter().zip(&down[from..from + width]);
                    for (d, (a, b)) in d[to..to + width].iter_mut().zip(both) {
                        *d = *a + *b;
                    }
                }
            }
        }
    }

    pub fn params(&self) -> impl Iterator<Item = &Param<T>> {
        let layers = self.layers.iter().flat_map(BiGru::params);
        layers.chain(self.pooling.params())
    }

    pub fn params_mut(&mut self) -> impl Iterator<Item = &mut Param<T>> {
        let layers = self.layers.iter_mut().flat_map(BiGru::params_mut);
        layers.chain(self.pooling.params_mut())
    }
}
