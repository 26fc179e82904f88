//! Bidirectional GRU layers, pooling over time, linear (docs/paper.md, section 5).
//!
//! A batch is dealt out to groups of at most [`GROUP`] sequences, each packed by itself:
//! groups and directions are what threads share. A sequence's result does not depend on its
//! group, and weight gradients are added group by group, so the number of threads changes
//! no bit.

mod long;

use earnest_random::Key;
use rayon::prelude::*;

use super::{Pass, Sizes};
use crate::layer::dropout::Dropout;
use crate::layer::gru::{BiGru, BiGruState};
use crate::layer::linear::Linear;
use crate::layer::pooling::{Pooling, PoolingState};
use crate::param::Param;
use crate::real::Real;
use crate::sequence::{Packing, sized};

/// The most sequences of a group. Recurrent products of 16 rows run at full speed (of 8, 5 %
/// slower over the whole step); two groups of two directions keep 4 threads busy with the
/// batch of 32, and further threads find the products of each direction's blocks, and the
/// presentations of the next batches.
const GROUP: usize = 16;

/// The recurrent network.
#[derive(Debug)]
pub struct Rnn<T> {
    layers: Vec<BiGru<T>>,
    pooling: Pooling<T>,
    head: Linear<T>,
    inputs: usize,
    hidden: usize,
    dropout: f64,
    buffers: Buffers<T>,
}

/// What a pass leaves for the next, and for the next step.
#[derive(Debug, Default)]
struct Buffers<T> {
    /// The first `used` are those of the last pass.
    groups: Vec<Group<T>>,
    used: usize,
    /// `[sequences, 2 hidden]`, after dropout.
    pooled: Vec<T>,
    pooled_dropout: Dropout<T>,
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
    /// `[members by place, 2 hidden]`, forwards the pooled values, backwards their gradient.
    pooled: Vec<T>,
    /// Gradient of each direction's last output.
    d_top: [Vec<T>; 2],
}

#[derive(Debug, Default)]
struct LayerState<T> {
    directions: BiGruState<T>,
    /// What goes up from each direction where dropout changes it.
    dropped: [Vec<T>; 2],
    dropout: [Dropout<T>; 2],
}

impl<T: Real> LayerState<T> {
    /// What the layer hands on, `[rows, hidden]` for each direction.
    fn outputs(&self, direction: usize, size: usize) -> &[T] {
        if self.dropout[direction].drops() {
            &self.dropped[direction][..size]
        } else {
            &self.directions[direction].output[..size]
        }
    }
}

impl<T: Real> Group<T> {
    fn forward(&mut self, network: &Rnn<T>, sequences: &[&[f32]], key: Option<&Key>) {
        let own: Vec<&[f32]> = self.members.iter().map(|i| sequences[*i]).collect();
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
        let pooled = sized(&mut self.pooled, self.members.len() * 2 * h);
        if let Some(top) = self.layers.last() {
            let parts = [(top.outputs(0, size), h), (top.outputs(1, size), h)];
            network
                .pooling
                .forward(&self.packing, &parts, &mut self.pooling, pooled);
        }
    }

    fn backward(&mut self, network: &Rnn<T>) {
        let (rows, h) = (self.packing.rows, network.hidden);
        let size = rows * h;
        if let Some(top) = self.layers.last() {
            let parts = [(top.outputs(0, size), h), (top.outputs(1, size), h)];
            let [a, b] = &mut self.d_top;
            let mut d_parts = [sized(a, size), sized(b, size)];
            let pooled = &self.pooled[..self.members.len() * 2 * h];
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
                    layer.backward(&self.packing, &[input], state, d_outputs, false);
                }
                Some(b) => {
                    let parts = [b.outputs(0, size), b.outputs(1, size)];
                    layer.backward(&self.packing, &parts, state, d_outputs, true);
                }
            }
        }
    }
}

impl<T: Real> Rnn<T> {
    pub(super) fn new(sizes: Sizes, hidden: usize, layers: usize, key: &Key) -> Self {
        Self {
            layers: (0..layers)
                .map(|i| {
                    let width = if i == 0 { sizes.inputs } else { 2 * hidden };
                    BiGru::new(&format!("gru.{i}"), width, hidden, key)
                })
                .collect(),
            pooling: Pooling::new(sizes.pooling, 2 * hidden, key),
            head: Linear::new("head", 2 * hidden, sizes.outputs, key),
            inputs: sizes.inputs,
            hidden,
            dropout: sizes.dropout,
            buffers: Buffers::default(),
        }
    }

    /// Values that a pass keeps for each frame: input, and of each direction of each layer four of
    /// its gates and one of its output.
    pub(super) fn values_per_frame(&self) -> usize {
        self.inputs + self.layers.len() * 2 * 5 * self.hidden
    }

    /// Deals the sequences out, the longest first, so that groups take equally long.
    fn deal(&self, buffers: &mut Buffers<T>, sequences: &[&[f32]]) {
        let mut order: Vec<usize> = (0..sequences.len()).collect();
        order.sort_by_key(|i| (usize::MAX - sequences[*i].len(), *i));
        buffers.used = sequences.len().div_ceil(GROUP);
        if buffers.groups.len() < buffers.used {
            buffers.groups.resize_with(buffers.used, Default::default);
        }
        let groups = &mut buffers.groups[..buffers.used];
        for group in &mut *groups {
            group.members.clear();
        }
        for (place, i) in order.into_iter().enumerate() {
            let n = groups.len();
            groups[place % n].members.push(i);
        }
    }

    pub(super) fn forward(&mut self, sequences: &[&[f32]], pass: Pass<'_>) -> Vec<T> {
        for layer in &mut self.layers {
            layer.lay();
        }
        let mut buffers = std::mem::take(&mut self.buffers);
        self.deal(&mut buffers, sequences);
        let key = pass.key();
        let network = &*self;
        buffers.groups[..buffers.used]
            .par_iter_mut()
            .enumerate()
            .for_each(|(g, group)| {
                let key = key.map(|k| k.with(g as u64));
                group.forward(network, sequences, key.as_ref());
            });
        let width = 2 * self.hidden;
        let pooled = sized(&mut buffers.pooled, sequences.len() * width);
        for group in &buffers.groups[..buffers.used] {
            let rows = group.pooled.chunks_exact(width);
            for (place, row) in group.packing.order.iter().zip(rows) {
                let i = group.members[*place];
                pooled[i * width..(i + 1) * width].copy_from_slice(row);
            }
        }
        let key = key.map(|k| k.with("pooled"));
        buffers
            .pooled_dropout
            .draw(pooled.len(), self.dropout, key.as_ref());
        buffers.pooled_dropout.apply(pooled);
        let outputs = self.head.forward(pooled);
        self.buffers = buffers;
        outputs
    }

    pub(super) fn backward(&mut self, d_outputs: &[T]) {
        let mut buffers = std::mem::take(&mut self.buffers);
        let width = 2 * self.hidden;
        let sequences = d_outputs.len() / self.head.bias.value.len().max(1);
        let pooled = &buffers.pooled[..sequences * width];
        let mut d_pooled = self.head.backward(pooled, d_outputs);
        buffers.pooled_dropout.apply(&mut d_pooled);
        let groups = &mut buffers.groups[..buffers.used];
        let network = &*self;
        groups.par_iter_mut().for_each(|group| {
            let rows = group.pooled.chunks_exact_mut(width);
            for (place, row) in group.packing.order.iter().zip(rows) {
                let i = group.members[*place];
                row.copy_from_slice(&d_pooled[i * width..(i + 1) * width]);
            }
            group.backward(network);
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
        self.buffers = buffers;
    }

    pub(super) fn params(&self) -> Vec<&Param<T>> {
        self.layers
            .iter()
            .flat_map(BiGru::params)
            .chain(self.pooling.params())
            .chain(self.head.params())
            .collect()
    }

    pub(super) fn params_mut(&mut self) -> Vec<&mut Param<T>> {
        self.layers
            .iter_mut()
            .flat_map(BiGru::params_mut)
            .chain(self.pooling.params_mut())
            .chain(self.head.params_mut())
            .collect()
    }
}

impl<T: Real> Clone for Rnn<T> {
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
