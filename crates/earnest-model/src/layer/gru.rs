//! Gated recurrent unit (Cho et al. 2014), in the form of PyTorch's `GRU`:
//!
//! ```text
//! r = sigmoid(W_ir x + b_ir + W_hr h + b_hr)
//! z = sigmoid(W_iz x + b_iz + W_hz h + b_hz)
//! n = tanh   (W_in x + b_in + r * (W_hn h + b_hn))
//! h' = (1 - z) n + z h
//! ```
//!
//! on packed rows, in both directions; the backward direction starts at each sequence's own
//! last frame.
//!
//! Each row has four values for each unit: `n r z q`, where q is `W_hn h + b_hn`. Before a
//! step they hold sums, after it the gates, and after the backward pass their gradients, in
//! place. The input's products go to the columns `n r z`, the recurrent ones to `r z q`, so
//! each side is one product for all its gates. Time steps are taken in blocks small enough
//! for a core's cache: a block's input projections, its steps, and in the backward pass its
//! weight gradients, before the next block.

use std::ops::Range;
use std::sync::OnceLock;

use earnest_random::Key;
use rayon::prelude::*;

use super::column_sums::add_column_sums;
use crate::param::Param;
use crate::product::{Before, View, ViewMut, multiply};
use crate::real::Real;
use crate::sequence::{Packing, sized};
use earnest_features::vectorised::vectorised;

/// Weights as the products want them: columns side by side, gates in the order of a row.
#[derive(Clone, Debug)]
struct Laid<T> {
    /// `W_ih` with gates n, r, z: `[3 hidden, inputs]`.
    input: Vec<T>,
    /// Its transpose.
    input_transposed: Vec<T>,
    /// The transpose of `W_hh`, gates r, z, q: `[hidden, 3 hidden]`.
    recurrent_transposed: Vec<T>,
    /// What the sums of a row begin with.
    bias: Vec<T>,
}

/// One direction of one layer. Parameters have the gates in PyTorch's order r, z, n.
#[derive(Clone, Debug)]
pub(crate) struct GruDirection<T> {
    w_ih: Param<T>,
    w_hh: Param<T>,
    b_ih: Param<T>,
    b_hh: Param<T>,
    hidden: usize,
    reversed: bool,
    /// Made when it is first needed after the parameters changed.
    laid: OnceLock<Laid<T>>,
}

/// A direction's buffers for one group of sequences, kept from step to step.
#[derive(Debug, Default)]
pub(crate) struct DirectionState<T> {
    /// `n r z q` of every row.
    gates: Vec<T>,
    /// h' of every row.
    pub output: Vec<T>,
    /// Gradient of the state, for the sequences of a time step.
    carry: Vec<T>,
    /// h of the rows of a block.
    before: Vec<T>,
    /// Gradient of each part of the input.
    pub d_inputs: Vec<Vec<T>>,
    /// This group's part of the gradients; gates as in [`Laid`].
    d_input_weights: Vec<T>,
    d_recurrent_weights: Vec<T>,
    d_bias: Vec<T>,
}

/// Rows whose input is projected in one piece.
const PROJECTED: usize = 128;

/// The rows of a parameter whose gates are r, z, n, for each gate of n, r, z.
const INPUT_GATES: [usize; 3] = [2, 0, 1];

fn transpose<T: Real>(x: &[T], rows: usize, columns: usize) -> Vec<T> {
    const TILE: usize = 32;
    let mut out = vec![T::ZERO; rows * columns];
    for top in (0..rows).step_by(TILE) {
        for left in (0..columns).step_by(TILE) {
            for c in left..(left + TILE).min(columns) {
                for r in top..(top + TILE).min(rows) {
                    out[c * rows + r] = x[r * columns + c];
                }
            }
        }
    }
    out
}

/// Runs through a range upwards or downwards.
fn along(range: Range<usize>, down: bool) -> impl Iterator<Item = usize> {
    let (start, end) = (range.start, range.end);
    range.map(move |t| if down { start + end - 1 - t } else { t })
}

impl<T: Real> GruDirection<T> {
    fn new(name: &str, inputs: usize, hidden: usize, reversed: bool, key: &Key) -> Self {
        let bound = 1.0 / (hidden.max(1) as f64).sqrt();
        let param = |part: &str, shape: &[usize]| {
            Param::uniform(format!("{name}.{part}"), shape, bound, key)
        };
        Self {
            w_ih: param("w_ih", &[3 * hidden, inputs]),
            w_hh: param("w_hh", &[3 * hidden, hidden]),
            b_ih: param("b_ih", &[3 * hidden]),
            b_hh: param("b_hh", &[3 * hidden]),
            hidden,
            reversed,
            laid: OnceLock::new(),
        }
    }

    fn inputs(&self) -> usize {
        self.w_ih.shape[1]
    }

    /// The weights as laid out, anew if they may have changed. No work is shared out here: a
    /// thread that waits for another's layout must not be given a piece of that.
    fn laid(&self) -> &Laid<T> {
        self.laid.get_or_init(|| {
            let (h, inputs) = (self.hidden, self.inputs());
            let mut input = Vec::with_capacity(3 * h * inputs);
            let mut bias = Vec::with_capacity(4 * h);
            for gate in INPUT_GATES {
                let gates = gate * h * inputs..(gate + 1) * h * inputs;
                input.extend_from_slice(&self.w_ih.value[gates]);
                bias.extend_from_slice(&self.b_ih.value[gate * h..(gate + 1) * h]);
            }
            for (b, recurrent) in bias[h..].iter_mut().zip(&self.b_hh.value) {
                *b += *recurrent;
            }
            bias.extend_from_slice(&self.b_hh.value[2 * h..]);
            Laid {
                input_transposed: transpose(&input, 3 * h, inputs),
                recurrent_transposed: transpose(&self.w_hh.value, 3 * h, h),
                input,
                bias,
            }
        })
    }

    /// The time step visited before `t` and how many of its sequences are alive at `t` too.
    fn before(&self, packing: &Packing, t: usize) -> Option<(usize, usize)> {
        if self.reversed {
            let alive = packing.alive.get(t + 1)?;
            Some((t + 1, *alive))
        } else {
            let previous = t.checked_sub(1)?;
            Some((previous, packing.alive[t]))
        }
    }

    /// Fills `state.output`, `[rows, hidden]`. The input is given as the columns of its
    /// parts, each `[rows, its width]`. `start` is the state to begin the first sequence with;
    /// empty for the usual one of zeros.
    fn forward(
        &self,
        packing: &Packing,
        inputs: &[&[T]],
        state: &mut DirectionState<T>,
        start: &[T],
    ) {
        let laid = self.laid();
        let h = self.hidden;
        let gates = sized(&mut state.gates, packing.rows * 4 * h);
        let output = sized(&mut state.output, packing.rows * h);
        let recurrent = View::new(&laid.recurrent_transposed, h, 3 * h);
        for b in along(0..packing.blocks.len(), self.reversed) {
            let steps = packing.blocks[b].clone();
            let rows = packing.rows_of(&steps);
            gates[rows.start * 4 * h..rows.end * 4 * h]
                .par_chunks_mut(PROJECTED * 4 * h)
                .enumerate()
                .for_each(|(i, piece)| {
                    for row in piece.chunks_exact_mut(4 * h) {
                        row.copy_from_slice(&laid.bias);
                    }
                    let (first, count) = (rows.start + i * PROJECTED, piece.len() / (4 * h));
                    let mut column = 0;
                    for part in inputs {
                        let width = part.len() / packing.rows.max(1);
                        multiply(
                            ViewMut::strided(piece, count, 3 * h, 4 * h),
                            View::new(&part[first * width..], count, width),
                            View::new(&laid.input_transposed[column * 3 * h..], width, 3 * h),
                            Before::Added,
                        );
                        column += width;
                    }
                });
            for t in along(steps, self.reversed) {
                let (first, alive) = (packing.offset[t], packing.alive[t]);
                // Earlier and later rows of the output: one holds h, the other takes h'.
                let (old, new, carried): (&[T], &mut [T], usize) = match self.before(packing, t) {
                    None => (
                        start,
                        &mut output[first * h..(first + alive) * h],
                        start.len() / h,
                    ),
                    Some((p, carried)) if p < t => {
                        let (low, high) = output.split_at_mut(first * h);
                        (
                            &low[packing.offset[p] * h..],
                            &mut high[..alive * h],
                            carried,
                        )
                    }
                    Some((p, carried)) => {
                        let (low, high) = output.split_at_mut(packing.offset[p] * h);
                        (high, &mut low[first * h..(first + alive) * h], carried)
                    }
                };
                let step = &mut gates[first * 4 * h..(first + alive) * 4 * h];
                multiply(
                    ViewMut::strided(&mut step[h..], carried, 3 * h, 4 * h),
                    View::new(old, carried, h),
                    recurrent,
                    Before::Added,
                );
                let old = &old[..carried * h];
                vectorised(
                    #[inline(always)]
                    || cells(step, old, new, h),
                );
            }
        }
    }

    /// After a forward pass: turns the gates into their gradients, and fills
    /// `state.d_inputs` (if wanted) and this group's part of the weights' gradients. The
    /// gradient of every row's h' is the sum of `d_outputs`.
    fn backward(
        &self,
        packing: &Packing,
        inputs: &[&[T]],
        state: &mut DirectionState<T>,
        d_outputs: &[&[T]],
        inputs_wanted: bool,
    ) {
        let laid = self.laid();
        let h = self.hidden;
        let total = self.inputs();
        let gates = sized(&mut state.gates, packing.rows * 4 * h);
        let widest = packing.alive.first().copied().unwrap_or(0);
        let carry = sized(&mut state.carry, widest * h);
        carry.fill(T::ZERO);
        let d_input_weights = sized(&mut state.d_input_weights, 3 * h * total);
        let d_recurrent_weights = sized(&mut state.d_recurrent_weights, 3 * h * h);
        let d_bias = sized(&mut state.d_bias, 4 * h);
        d_bias.fill(T::ZERO);
        state.d_inputs.resize_with(inputs.len(), Vec::new);
        let mut weights = Before::Forgotten;
        for b in along(0..packing.blocks.len(), !self.reversed) {
            let steps = packing.blocks[b].clone();
            let rows = packing.rows_of(&steps);
            let before = sized(&mut state.before, rows.len() * h);
            for t in along(steps, !self.reversed) {
                let (first, alive) = (packing.offset[t], packing.alive[t]);
                let (from, carried) = self
                    .before(packing, t)
                    .map_or((0, 0), |(p, carried)| (packing.offset[p], carried));
                let old = &mut before[(first - rows.start) * h..][..alive * h];
                let (kept, none) = old.split_at_mut(carried * h);
                kept.copy_from_slice(&state.output[from * h..(from + carried) * h]);
                none.fill(T::ZERO);
                let step = &mut gates[first * 4 * h..(first + alive) * 4 * h];
                let range = first * h..(first + alive) * h;
                let carry = &mut carry[..alive * h];
                vectorised(
                    #[inline(always)]
                    || {
                        for d in d_outputs {
                            for (c, d) in carry.iter_mut().zip(&d[range.clone()]) {
                                *c += *d;
                            }
                        }
                        cells_backward(step, old, carry, h);
                    },
                );
                multiply(
                    ViewMut::new(carry, carried, h),
                    View::strided(&step[h..], carried, 3 * h, 4 * h),
                    View::new(&self.w_hh.value, 3 * h, h),
                    Before::Added,
                );
                // Sequences that begin here hand nothing further back.
                carry[carried * h..].fill(T::ZERO);
            }
            let block = &gates[rows.start * 4 * h..rows.end * 4 * h];
            let input_side = View::strided(block, rows.len(), 3 * h, 4 * h);
            let recurrent = || {
                multiply(
                    ViewMut::new(d_recurrent_weights, 3 * h, h),
                    View::strided(&block[h..], rows.len(), 3 * h, 4 * h).transposed(),
                    View::new(before, rows.len(), h),
                    weights,
                );
                add_column_sums(d_bias, block);
            };
            let input = || {
                let mut column = 0;
                for part in inputs {
                    let width = part.len() / packing.rows.max(1);
                    multiply(
                        ViewMut::strided(&mut d_input_weights[column..], 3 * h, width, total),
                        input_side.transposed(),
                        View::new(&part[rows.start * width..], rows.len(), width),
                        weights,
                    );
                    column += width;
                }
            };
            let below = || {
                if !inputs_wanted {
                    return;
                }
                let mut column = 0;
                for (part, d_part) in inputs.iter().zip(&mut state.d_inputs) {
                    let width = part.len() / packing.rows.max(1);
                    let d_part = sized(d_part, packing.rows * width);
                    multiply(
                        ViewMut::new(&mut d_part[rows.start * width..], rows.len(), width),
                        input_side,
                        View::strided(&laid.input[column..], 3 * h, width, total),
                        Before::Forgotten,
                    );
                    column += width;
                }
            };
            rayon::join(recurrent, || rayon::join(input, below));
            weights = Before::Added;
        }
    }

    /// Adds a group's part to the gradients.
    fn gather(&mut self, state: &DirectionState<T>) {
        let (h, inputs) = (self.hidden, self.inputs());
        let add = |to: &mut Param<T>, from: &[T], width: usize, gates: [usize; 3]| {
            for (source, gate) in from.chunks_exact(h * width).zip(gates) {
                let rows = &mut to.grad[gate * h * width..(gate + 1) * h * width];
                for (g, d) in rows.iter_mut().zip(source) {
                    *g += *d;
                }
            }
        };
        add(&mut self.w_ih, &state.d_input_weights, inputs, INPUT_GATES);
        add(&mut self.w_hh, &state.d_recurrent_weights, h, [0, 1, 2]);
        add(&mut self.b_ih, &state.d_bias[..3 * h], 1, INPUT_GATES);
        add(&mut self.b_hh, &state.d_bias[h..4 * h], 1, [0, 1, 2]);
    }
}

/// Values worked on together: a fixed number, and results in variables of their own, so that
/// the compiler sees that nothing overlaps and uses vectors.
const LANES: usize = 16;

/// The cells of a time step: sums become gates, in place, and `new` takes h'. Rows beyond
/// those of `old` begin with h = 0.
#[inline(always)]
fn cells<T: Real>(step: &mut [T], old: &[T], new: &mut [T], h: usize) {
    let mut olds = old.chunks_exact(h);
    for (row, new) in step.chunks_exact_mut(4 * h).zip(new.chunks_exact_mut(h)) {
        let (n, row) = row.split_at_mut(h);
        let (r, row) = row.split_at_mut(h);
        let (z, q) = row.split_at_mut(h);
        match olds.next() {
            Some(old) => new.copy_from_slice(old),
            None => new.fill(T::ZERO),
        }
        let (n, n_rest) = n.as_chunks_mut::<LANES>();
        let (r, r_rest) = r.as_chunks_mut::<LANES>();
        let (z, z_rest) = z.as_chunks_mut::<LANES>();
        let (q, q_rest) = q.as_chunks::<LANES>();
        let (h, h_rest) = new.as_chunks_mut::<LANES>();
        let all = n.iter_mut().zip(r).zip(z).zip(q).zip(h);
        for ((((n, r), z), q), h) in all {
            cell(n, r, z, q, h);
        }
        let all = n_rest.iter_mut().zip(r_rest).zip(z_rest);
        for ((((n, r), z), q), h) in all.zip(q_rest).zip(h_rest) {
            let [n, r, z, h] = [n, r, z, h].map(std::array::from_mut);
            cell(n, r, z, &[*q], h);
        }
    }
}

/// `n r z` from sums to gates, `h` from h to h'.
#[inline(always)]
fn cell<T: Real, const N: usize>(
    n: &mut [T; N],
    r: &mut [T; N],
    z: &mut [T; N],
    q: &[T; N],
    h: &mut [T; N],
) {
    let (mut nn, mut rr, mut zz, mut hh) = ([T::ZERO; N], [T::ZERO; N], [T::ZERO; N], [T::ZERO; N]);
    for j in 0..N {
        rr[j] = r[j].sigmoid();
        zz[j] = z[j].sigmoid();
        nn[j] = (n[j] + rr[j] * q[j]).tanh();
        hh[j] = nn[j] + zz[j] * (h[j] - nn[j]);
    }
    (*n, *r, *z, *h) = (nn, rr, zz, hh);
}

/// The gradients of a time step: gates become their sums' gradients, in place; `carry`
/// holds the gradient of h' and is left with the part of h's that does not go through the
/// recurrent product.
#[inline(always)]
fn cells_backward<T: Real>(step: &mut [T], old: &[T], carry: &mut [T], h: usize) {
    for ((row, old), d) in step
        .chunks_exact_mut(4 * h)
        .zip(old.chunks_exact(h))
        .zip(carry.chunks_exact_mut(h))
    {
        let (n, row) = row.split_at_mut(h);
        let (r, row) = row.split_at_mut(h);
        let (z, q) = row.split_at_mut(h);
        let (n, n_rest) = n.as_chunks_mut::<LANES>();
        let (r, r_rest) = r.as_chunks_mut::<LANES>();
        let (z, z_rest) = z.as_chunks_mut::<LANES>();
        let (q, q_rest) = q.as_chunks_mut::<LANES>();
        let (d, d_rest) = d.as_chunks_mut::<LANES>();
        let (old, old_rest) = old.as_chunks::<LANES>();
        let all = n.iter_mut().zip(r).zip(z).zip(q).zip(d).zip(old);
        for (((((n, r), z), q), d), old) in all {
            cell_backward(n, r, z, q, d, old);
        }
        let all = n_rest.iter_mut().zip(r_rest).zip(z_rest).zip(q_rest);
        for (((((n, r), z), q), d), old) in all.zip(d_rest).zip(old_rest) {
            let [n, r, z, q, d] = [n, r, z, q, d].map(std::array::from_mut);
            cell_backward(n, r, z, q, d, &[*old]);
        }
    }
}

/// `n r z q` from gates to gradients of sums, `d` from the gradient of h' to that of h.
#[inline(always)]
fn cell_backward<T: Real, const N: usize>(
    n: &mut [T; N],
    r: &mut [T; N],
    z: &mut [T; N],
    q: &mut [T; N],
    d: &mut [T; N],
    old: &[T; N],
) {
    let (mut dn, mut dr, mut dz, mut dq) = ([T::ZERO; N], [T::ZERO; N], [T::ZERO; N], [T::ZERO; N]);
    let mut dh = [T::ZERO; N];
    for j in 0..N {
        let g = d[j] * (T::ONE - z[j]) * (T::ONE - n[j] * n[j]);
        dz[j] = d[j] * (old[j] - n[j]) * z[j] * (T::ONE - z[j]);
        dr[j] = g * q[j] * r[j] * (T::ONE - r[j]);
        dq[j] = g * r[j];
        dn[j] = g;
        dh[j] = d[j] * z[j];
    }
    (*n, *r, *z, *q, *d) = (dn, dr, dz, dq, dh);
}

/// A layer of two directions.
#[derive(Clone, Debug)]
pub(crate) struct BiGru<T> {
    directions: [GruDirection<T>; 2],
}

/// A layer's buffers for one group of sequences.
pub(crate) type BiGruState<T> = [DirectionState<T>; 2];

impl<T: Real> BiGru<T> {
    pub fn new(name: &str, inputs: usize, hidden: usize, key: &Key) -> Self {
        let direction = |word: &str, reversed| {
            GruDirection::new(&format!("{name}.{word}"), inputs, hidden, reversed, key)
        };
        Self {
            directions: [direction("forward", false), direction("backward", true)],
        }
    }

    /// Lays out the weights of both directions beside each other, if they may have changed.
    /// They would be when they are first needed, but by one of several groups, while others wait.
    pub fn lay(&self) {
        let [first, second] = &self.directions;
        rayon::join(
            || {
                first.laid();
            },
            || {
                second.laid();
            },
        );
    }

    /// Fills the output of each direction, `[rows, hidden]`; the directions run beside each
    /// other. The input is given as its parts, columns side by side.
    pub fn forward(&self, packing: &Packing, inputs: &[&[T]], state: &mut BiGruState<T>) {
        let [up, down] = state;
        rayon::join(
            || self.directions[0].forward(packing, inputs, up, &[]),
            || self.directions[1].forward(packing, inputs, down, &[]),
        );
    }

    /// [`BiGru::forward`] of a run of one sequence's rows: each direction begins with a state.
    pub fn forward_from(
        &self,
        packing: &Packing,
        inputs: &[&[T]],
        state: &mut BiGruState<T>,
        starts: [&[T]; 2],
    ) {
        let [up, down] = state;
        rayon::join(
            || self.directions[0].forward(packing, inputs, up, starts[0]),
            || self.directions[1].forward(packing, inputs, down, starts[1]),
        );
    }

    /// One direction of [`BiGru::forward_from`].
    pub fn forward_one(
        &self,
        direction: usize,
        packing: &Packing,
        inputs: &[&[T]],
        state: &mut BiGruState<T>,
        start: &[T],
    ) {
        self.directions[direction].forward(packing, inputs, &mut state[direction], start);
    }

    /// Fills each direction's gradients. `d_outputs` has for each direction the addends of
    /// its output's gradient. The gradient of the input is the sum of both directions'
    /// `d_inputs`, part by part.
    pub fn backward(
        &self,
        packing: &Packing,
        inputs: &[&[T]],
        state: &mut BiGruState<T>,
        d_outputs: [&[&[T]]; 2],
        inputs_wanted: bool,
    ) {
        let [up, down] = state;
        let [d_up, d_down] = d_outputs;
        let [first, second] = &self.directions;
        rayon::join(
            || first.backward(packing, inputs, up, d_up, inputs_wanted),
            || second.backward(packing, inputs, down, d_down, inputs_wanted),
        );
    }

    /// Adds one group's part to the gradients.
    pub fn gather(&mut self, state: &BiGruState<T>) {
        for (direction, state) in self.directions.iter_mut().zip(state) {
            direction.gather(state);
        }
    }

    pub fn params(&self) -> impl Iterator<Item = &Param<T>> {
        self.directions
            .iter()
            .flat_map(|d| [&d.w_ih, &d.w_hh, &d.b_ih, &d.b_hh])
    }

    pub fn params_mut(&mut self) -> impl Iterator<Item = &mut Param<T>> {
        self.directions.iter_mut().flat_map(|d| {
            d.laid.take();
            [&mut d.w_ih, &mut d.w_hh, &mut d.b_ih, &mut d.b_hh]
        })
    }
}
