//! A sequence too long to hold every layer's output of, in bounded memory, to the same bits.
//!
//! It is cut into runs of rows. Of each layer and direction only the state at each cut is kept;
//! what lies between is computed again whenever a layer above needs it. A layer of L is so
//! computed 2 (L - l) times or so instead of once, which for two layers is three times the
//! work in all.

use std::ops::Range;

use super::recurrent::{LayerState, Recurrent};
use crate::layer::gru::{BiGru, BiGruState};
use crate::real::Real;
use crate::sequence::{Packing, sized};

/// The rows of a long sequence, to be had run by run, again and again.
pub(crate) trait Runs<T>: Sync {
    /// Buffers for having them; two threads are at work, each with its own.
    type Buffers: Default + Send;
    /// How many rows there are; at least one.
    fn rows(&self) -> usize;
    /// How many a run is of; the last may be shorter.
    fn run(&self) -> usize;
    /// Fills `out` with some rows.
    fn fill(&self, rows: Range<usize>, buffers: &mut Self::Buffers, out: &mut [T]);
}

/// States at the cuts of one layer: of each direction, what it begins each run with.
struct Cuts<T> {
    up: Vec<Vec<T>>,
    down: Vec<Vec<T>>,
}

/// Buffers of one run.
struct Scratch<T, B> {
    input: Vec<T>,
    layers: Vec<LayerState<T>>,
    packing: Packing,
    source: B,
}

impl<T: Real, B: Default> Default for Scratch<T, B> {
    fn default() -> Self {
        Self {
            input: Vec::new(),
            layers: Vec::new(),
            packing: Packing::default(),
            source: B::default(),
        }
    }
}

impl<T: Real> Recurrent<T> {
    /// The vector of one sequence.
    pub fn forward_long<R: Runs<T>>(&self, source: &R) -> Vec<T> {
        self.lay();
        let rows = source.rows();
        let runs: Vec<Range<usize>> = (0..rows)
            .step_by(source.run().max(1))
            .map(|start| start..(start + source.run().max(1)).min(rows))
            .collect();
        let mut cuts: Vec<Cuts<T>> = Vec::new();
        let mut scratch = [Scratch::default(), Scratch::default()];
        for l in 0..self.layers.len() {
            let (below, [one, other]) = (&cuts, &mut scratch);
            let (up, down) = rayon::join(
                || self.states(source, &runs, below, l, 0, one),
                || self.states(source, &runs, below, l, 1, other),
            );
            cuts.push(Cuts { up, down });
        }
        let h = self.hidden;
        let mut pooled = self.pooling.running(2 * h);
        let scratch = &mut scratch[0];
        for pass in 0..pooled.passes() {
            if pass > 0 {
                pooled.turn();
            }
            for (r, run) in runs.iter().enumerate() {
                self.load(source, run, scratch);
                self.through(&cuts, r, self.layers.len(), scratch);
                let size = scratch.packing.rows * h;
                if let Some(top) = scratch.layers.last() {
                    pooled.add(
                        pass,
                        &[(top.outputs(0, size), h), (top.outputs(1, size), h)],
                    );
                }
            }
        }
        pooled.finish()
    }

    fn load<R: Runs<T>>(
        &self,
        source: &R,
        run: &Range<usize>,
        scratch: &mut Scratch<T, R::Buffers>,
    ) {
        if scratch.packing.rows != run.len() {
            scratch.packing = Packing::new(&[run.len()]);
        }
        // The rows of one sequence lie in their order, packed or not.
        let input = sized(&mut scratch.input, run.len() * self.inputs);
        source.fill(run.clone(), &mut scratch.source, input);
        scratch
            .layers
            .resize_with(self.layers.len(), Default::default);
    }

    /// Both directions of the lowest `count` layers over a run.
    fn through<B>(&self, cuts: &[Cuts<T>], run: usize, count: usize, scratch: &mut Scratch<T, B>) {
        for (l, cut) in cuts.iter().enumerate().take(count) {
            let starts = [cut.up[run].as_slice(), cut.down[run].as_slice()];
            self.layer(l, scratch, |layer, packing, parts, state| {
                layer.forward_from(packing, parts, state, starts);
            });
        }
    }

    /// Calls a layer with its input in a run.
    fn layer<B>(
        &self,
        l: usize,
        scratch: &mut Scratch<T, B>,
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
    fn states<R: Runs<T>>(
        &self,
        source: &R,
        runs: &[Range<usize>],
        below: &[Cuts<T>],
        l: usize,
        direction: usize,
        scratch: &mut Scratch<T, R::Buffers>,
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
            self.load(source, &runs[r], scratch);
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
