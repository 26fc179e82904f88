//! A sequence too long to hold every layer's output of, in bounded memory, to the same bits.
//!
//! It is cut into runs of rows. Of each layer and direction only the state at each cut is kept;
//! what lies between is computed again whenever a layer above needs it. A layer of L is so
//! computed 2 (L - l) times or so instead of once, which for the paper's two is three times the
//! work in all.

use super::{LayerState, Rnn};
use crate::layer::gru::{BiGru, BiGruState};
use crate::real::Real;
use crate::sequence::{Packing, sized};

/// Rows of a run.
const RUN: usize = 4096;

/// States at the cuts of one layer: of each direction, what it begins each run with.
#[derive(Default)]
struct Cuts<T> {
    up: Vec<Vec<T>>,
    down: Vec<Vec<T>>,
}

/// Buffers of one run.
#[derive(Default)]
struct Scratch<T> {
    input: Vec<T>,
    layers: Vec<LayerState<T>>,
    packing: Packing,
}

impl<T: Real> Rnn<T> {
    /// Outputs of one sequence of frames laid end to end; the weights must have been laid out.
    pub(in crate::network) fn forward_long(&mut self, sequence: &[f32]) -> Vec<T> {
        for layer in &mut self.layers {
            layer.lay();
        }
        let network = &*self;
        let runs: Vec<&[f32]> = sequence.chunks(RUN * network.inputs).collect();
        let mut cuts: Vec<Cuts<T>> = Vec::new();
        let mut scratch = [Scratch::default(), Scratch::default()];
        for l in 0..network.layers.len() {
            let (below, [one, other]) = (&cuts, &mut scratch);
            let (up, down) = rayon::join(
                || network.states(&runs, below, l, 0, one),
                || network.states(&runs, below, l, 1, other),
            );
            cuts.push(Cuts { up, down });
        }
        let h = network.hidden;
        let mut pooled = network.pooling.running(2 * h);
        let scratch = &mut scratch[0];
        for pass in 0..pooled.passes() {
            if pass > 0 {
                pooled.turn();
            }
            for (r, run) in runs.iter().enumerate() {
                network.load(run, scratch);
                network.through(&cuts, r, network.layers.len(), scratch);
                let size = scratch.packing.rows * h;
                if let Some(top) = scratch.layers.last() {
                    pooled.add(
                        pass,
                        &[(top.outputs(0, size), h), (top.outputs(1, size), h)],
                    );
                }
            }
        }
        self.head.forward(&pooled.finish())
    }

    fn load(&self, run: &[f32], scratch: &mut Scratch<T>) {
        let rows = run.len() / self.inputs;
        if scratch.packing.rows != rows {
            scratch.packing = Packing::new(&[rows]);
        }
        let input = sized(&mut scratch.input, rows * self.inputs);
        scratch.packing.pack(&[run], self.inputs, input);
        scratch
            .layers
            .resize_with(self.layers.len(), Default::default);
    }

    /// Both directions of the lowest `count` layers over a run.
    fn through(&self, cuts: &[Cuts<T>], run: usize, count: usize, scratch: &mut Scratch<T>) {
        for (l, cut) in cuts.iter().enumerate().take(count) {
            let starts = [cut.up[run].as_slice(), cut.down[run].as_slice()];
            self.layer(l, scratch, |layer, packing, parts, state| {
                layer.forward_from(packing, parts, state, starts);
            });
        }
    }

    /// Calls a layer with its input in a run.
    fn layer(
        &self,
        l: usize,
        scratch: &mut Scratch<T>,
        work: impl FnOnce(&BiGru<T>, &Packing, &[&[T]], &mut BiGruState<T>),
    ) {
        let rows = scratch.packing.rows;
        let size = rows * self.hidden;
        let (below, own) = scratch.layers.split_at_mut(l);
        let Some(state) = own.first_mut() else { return };
        let (layer, packing) = (&self.layers[l], &scratch.packing);
        match below.last() {
            None => {
                let input = &scratch.input[..rows * self.inputs];
                work(layer, packing, &[input], &mut state.directions);
            }
            Some(b) => {
                let parts = [b.outputs(0, size), b.outputs(1, size)];
                work(layer, packing, &parts, &mut state.directions);
            }
        }
    }

    /// The state with which a direction of a layer begins each run, in the runs' order.
    fn states(
        &self,
        runs: &[&[f32]],
        below: &[Cuts<T>],
        l: usize,
        direction: usize,
        scratch: &mut Scratch<T>,
    ) -> Vec<Vec<T>> {
        let h = self.hidden;
        let mut states = vec![Vec::new(); runs.len()];
        let mut state: Vec<T> = Vec::new();
        for step in 0..runs.len() {
            let r = if direction == 0 {
                step
            } else {
                runs.len() - 1 - step
            };
            states[r].clone_from(&state);
            self.load(runs[r], scratch);
            self.through(below, r, l, scratch);
            self.layer(l, scratch, |layer, packing, parts, buffers| {
                layer.forward_one(direction, packing, parts, buffers, &state);
            });
            let last = if direction == 0 {
                scratch.packing.rows - 1
            } else {
                0
            };
            let output = &scratch.layers[l].directions[direction].output;
            state.clear();
            state.extend_from_slice(&output[last * h..(last + 1) * h]);
        }
        states
    }
}
