//! Gated recurrent unit (Cho et al. 2014), in the form of PyTorch's `GRU`:
//!
//! ```text
//! r = sigmoid(W_ir x + b_ir + W_hr h + b_hr)
//! z = sigmoid(W_iz x + b_iz + W_hz h + b_hz)
//! n = tanh   (W_in x + b_in + r * (W_hn h + b_hn))
//! h' = (1 - z) n + z h
//! ```
//!
//! on packed rows. The projections of all inputs are one product; each time step needs
//! one recurrent product for the sequences that still go on. The backward direction starts
//! at each sequence's own last frame.

use earnest_random::Key;

use super::linear::{add_column_sums, project, project_backward_input, project_backward_weights};
use crate::param::Param;
use crate::product::{View, multiply, multiply_in_blocks};
use crate::real::Real;
use crate::sequence::Packing;

/// One direction of one layer. Gates lie in the order r, z, n.
#[derive(Clone, Debug)]
pub(crate) struct GruDirection<T> {
    w_ih: Param<T>,
    w_hh: Param<T>,
    b_ih: Param<T>,
    b_hh: Param<T>,
    hidden: usize,
    reversed: bool,
}

/// What the backward pass needs of a forward pass.
pub(crate) struct GruTape<T> {
    /// r, z, n and W_hn h + b_hn, each `hidden` wide, for every row.
    gates: Vec<T>,
    /// h' of every row.
    pub output: Vec<T>,
}

/// Time steps in the order in which a direction visits them.
fn steps(packing: &Packing, reversed: bool) -> Box<dyn DoubleEndedIterator<Item = usize>> {
    let n = packing.offset.len();
    if reversed {
        Box::new((0..n).rev())
    } else {
        Box::new(0..n)
    }
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
        }
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

    fn forward(&self, packing: &Packing, x: &[T]) -> GruTape<T> {
        let h = self.hidden;
        let projected = project(x, &self.w_ih, &self.b_ih);
        let mut gates = vec![T::ZERO; packing.rows * 4 * h];
        let mut output = vec![T::ZERO; packing.rows * h];
        let widest = packing.alive.first().copied().unwrap_or(0);
        let mut recurrent = vec![T::ZERO; widest * 3 * h];
        let zeros = vec![T::ZERO; h];
        let w = View::new(&self.w_hh.value, 3 * h, h).transposed();
        for t in steps(packing, self.reversed) {
            let (first, alive) = (packing.offset[t], packing.alive[t]);
            for row in recurrent.chunks_exact_mut(3 * h).take(alive) {
                row.copy_from_slice(&self.b_hh.value);
            }
            let previous = self.before(packing, t);
            // Earlier and later rows of the output: one holds h, the other takes h'.
            let (old, new): (&[T], &mut [T]) = match previous {
                None => (&[], &mut output[first * h..(first + alive) * h]),
                Some((p, _)) if p < t => {
                    let (low, high) = output.split_at_mut(first * h);
                    (&low[packing.offset[p] * h..], &mut high[..alive * h])
                }
                Some((p, _)) => {
                    let (low, high) = output.split_at_mut(packing.offset[p] * h);
                    (high, &mut low[first * h..(first + alive) * h])
                }
            };
            let carried = previous.map_or(0, |(_, carried)| carried);
            multiply(&mut recurrent, View::new(old, carried, h), w, T::ONE);
            for i in 0..alive {
                let gi = &projected[(first + i) * 3 * h..(first + i + 1) * 3 * h];
                let gh = &recurrent[i * 3 * h..(i + 1) * 3 * h];
                let h_old = if i < carried {
                    &old[i * h..(i + 1) * h]
                } else {
                    &zeros
                };
                let saved = &mut gates[(first + i) * 4 * h..(first + i + 1) * 4 * h];
                cell(gi, gh, h_old, saved, &mut new[i * h..(i + 1) * h]);
            }
        }
        GruTape { gates, output }
    }

    /// Adds to the gradients; `dy` is the gradient of every row's h'. Returns that of x.
    fn backward(&mut self, packing: &Packing, x: &[T], tape: &GruTape<T>, dy: &[T]) -> Vec<T> {
        let h = self.hidden;
        let rows = packing.rows;
        let mut d_input = vec![T::ZERO; rows * 3 * h]; // of the gates' input side
        let mut d_recurrent = vec![T::ZERO; rows * 3 * h]; // of their recurrent side
        let mut h_before = vec![T::ZERO; rows * h];
        let widest = packing.alive.first().copied().unwrap_or(0);
        let mut carry = vec![T::ZERO; widest * h];
        let mut dh = vec![T::ZERO; h];
        for t in steps(packing, self.reversed).rev() {
            let (first, alive) = (packing.offset[t], packing.alive[t]);
            let carried = self.before(packing, t).map_or(0, |(p, carried)| {
                let from = packing.offset[p] * h;
                h_before[first * h..(first + carried) * h]
                    .copy_from_slice(&tape.output[from..from + carried * h]);
                carried
            });
            for i in 0..alive {
                let row = first + i;
                let carry = &mut carry[i * h..(i + 1) * h];
                for ((d, dy), c) in dh.iter_mut().zip(&dy[row * h..]).zip(carry.iter()) {
                    *d = *dy + *c;
                }
                cell_backward(
                    &dh,
                    &tape.gates[row * 4 * h..(row + 1) * 4 * h],
                    &h_before[row * h..(row + 1) * h],
                    &mut d_input[row * 3 * h..(row + 1) * 3 * h],
                    &mut d_recurrent[row * 3 * h..(row + 1) * 3 * h],
                    carry,
                );
            }
            multiply(
                &mut carry,
                View::new(&d_recurrent[first * 3 * h..], carried, 3 * h),
                View::new(&self.w_hh.value, 3 * h, h),
                T::ONE,
            );
            // Sequences that begin here hand nothing further back.
            carry[carried * h..alive * h].fill(T::ZERO);
        }
        add_column_sums(&mut self.b_hh.grad, &d_recurrent);
        multiply_in_blocks(
            &mut self.w_hh.grad,
            View::new(&d_recurrent, rows, 3 * h).transposed(),
            View::new(&h_before, rows, h),
            T::ONE,
            (3 * h).div_ceil(4).max(1),
        );
        project_backward_weights(x, &d_input, &mut self.w_ih, &mut self.b_ih);
        project_backward_input(&d_input, &self.w_ih)
    }
}

/// One cell: gates from the two projections, the new state, and what is kept of it.
fn cell<T: Real>(gi: &[T], gh: &[T], h_old: &[T], saved: &mut [T], h_new: &mut [T]) {
    let h = h_old.len();
    let (gi_r, gi) = gi.split_at(h);
    let (gi_z, gi_n) = gi.split_at(h);
    let (gh_r, gh) = gh.split_at(h);
    let (gh_z, gh_n) = gh.split_at(h);
    let (r, saved) = saved.split_at_mut(h);
    let (z, saved) = saved.split_at_mut(h);
    let (n, hn) = saved.split_at_mut(h);
    for j in 0..h {
        r[j] = (gi_r[j] + gh_r[j]).sigmoid();
    }
    for j in 0..h {
        z[j] = (gi_z[j] + gh_z[j]).sigmoid();
    }
    hn.copy_from_slice(gh_n);
    for j in 0..h {
        n[j] = (gi_n[j] + r[j] * gh_n[j]).tanh();
    }
    for j in 0..h {
        h_new[j] = n[j] + z[j] * (h_old[j] - n[j]);
    }
}

/// Gradients of a cell; `carry` gets the part of the old state's gradient that does not go
/// through the recurrent product.
fn cell_backward<T: Real>(
    dh: &[T],
    saved: &[T],
    h_old: &[T],
    d_input: &mut [T],
    d_recurrent: &mut [T],
    carry: &mut [T],
) {
    let h = dh.len();
    let (r, saved) = saved.split_at(h);
    let (z, saved) = saved.split_at(h);
    let (n, hn) = saved.split_at(h);
    let (di_r, d_input) = d_input.split_at_mut(h);
    let (di_z, di_n) = d_input.split_at_mut(h);
    let (dr_r, d_recurrent) = d_recurrent.split_at_mut(h);
    let (dr_z, dr_n) = d_recurrent.split_at_mut(h);
    for j in 0..h {
        let dn = dh[j] * (T::ONE - z[j]) * (T::ONE - n[j] * n[j]);
        let dz = dh[j] * (h_old[j] - n[j]) * z[j] * (T::ONE - z[j]);
        let dr = dn * hn[j] * r[j] * (T::ONE - r[j]);
        di_r[j] = dr;
        di_z[j] = dz;
        di_n[j] = dn;
        dr_r[j] = dr;
        dr_z[j] = dz;
        dr_n[j] = dn * r[j];
        carry[j] = dh[j] * z[j];
    }
}

/// A layer of two directions; the output has the forward half first.
#[derive(Clone, Debug)]
pub(crate) struct BiGru<T> {
    forward: GruDirection<T>,
    backward: GruDirection<T>,
}

/// What [`BiGru::backward`] needs.
pub(crate) struct BiGruTape<T> {
    forward: GruTape<T>,
    backward: GruTape<T>,
}

impl<T: Real> BiGru<T> {
    pub fn new(name: &str, inputs: usize, hidden: usize, key: &Key) -> Self {
        Self {
            forward: GruDirection::new(&format!("{name}.forward"), inputs, hidden, false, key),
            backward: GruDirection::new(&format!("{name}.backward"), inputs, hidden, true, key),
        }
    }

    /// `[rows, 2 hidden]` from `[rows, inputs]`; the directions run beside each other.
    pub fn forward(&self, packing: &Packing, x: &[T]) -> (Vec<T>, BiGruTape<T>) {
        let (a, b) = rayon::join(
            || self.forward.forward(packing, x),
            || self.backward.forward(packing, x),
        );
        let h = self.forward.hidden;
        let mut y = Vec::with_capacity(packing.rows * 2 * h);
        for (a, b) in a.output.chunks_exact(h).zip(b.output.chunks_exact(h)) {
            y.extend_from_slice(a);
            y.extend_from_slice(b);
        }
        let tape = BiGruTape {
            forward: a,
            backward: b,
        };
        (y, tape)
    }

    pub fn backward(
        &mut self,
        packing: &Packing,
        x: &[T],
        tape: &BiGruTape<T>,
        dy: &[T],
    ) -> Vec<T> {
        let h = self.forward.hidden;
        let half = |from: usize| -> Vec<T> {
            dy.chunks_exact(2 * h)
                .flat_map(|row| row[from..from + h].iter().copied())
                .collect()
        };
        let (forward, backward) = (&mut self.forward, &mut self.backward);
        let (mut a, b) = rayon::join(
            || forward.backward(packing, x, &tape.forward, &half(0)),
            || backward.backward(packing, x, &tape.backward, &half(h)),
        );
        for (a, b) in a.iter_mut().zip(b) {
            *a += b;
        }
        a
    }

    pub fn params(&self) -> impl Iterator<Item = &Param<T>> {
        [&self.forward, &self.backward]
            .into_iter()
            .flat_map(|d| [&d.w_ih, &d.w_hh, &d.b_ih, &d.b_hh])
    }

    pub fn params_mut(&mut self) -> impl Iterator<Item = &mut Param<T>> {
        [&mut self.forward, &mut self.backward]
            .into_iter()
            .flat_map(|d| [&mut d.w_ih, &mut d.w_hh, &mut d.b_ih, &mut d.b_hh])
    }
}
