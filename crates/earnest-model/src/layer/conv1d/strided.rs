//! Convolution with a stride. Output row t of a sequence sees the K input rows around row s t.
//!
//! Forwards and for the weights' gradient, the windows of a sequence are the rows of a product,
//! s rows of input apart. For the gradient of the input, rows are sorted by their phase p, row
//! modulo s: input row `s u + p` was seen by the taps `k = r + s j` with `r = (p + K/2) mod s`,
//! each from output row `u + c - j` with `c = (p + K/2 - r) / s`, so the rows of a phase are one
//! product of overlapping rows of dy. No sum is scattered, and nothing is added to from two
//! sides.
//!
//! Sequences are cut into pieces of [`BLOCK`] output rows; pieces are what threads share.

use std::ops::Range;

use rayon::prelude::*;

use super::{BLOCK, Conv1d, ConvState, SEGMENTS};
use crate::layer::column_sums::add_column_sums;
use crate::product::{Before, View, ViewMut, multiply};
use crate::real::Real;
use crate::sequence::{Gapped, sized};

/// The taps of a kernel that input rows of one phase are seen by.
struct Phase {
    /// How many.
    taps: usize,
    /// How many taps those of earlier phases are.
    before: usize,
    /// What the output row of the first is ahead of the input row's number over the stride.
    ahead: usize,
}

impl Phase {
    /// All phases that a tap sees or not, in order.
    fn all(kernel: usize, stride: usize) -> impl Iterator<Item = Self> {
        let half = kernel / 2;
        let mut before = 0;
        (0..stride).map(move |phase| {
            let first = (phase + half) % stride;
            let taps = kernel.saturating_sub(first).div_ceil(stride);
            let own = Self {
                taps,
                before,
                ahead: (phase + half) / stride,
            };
            before += taps;
            own
        })
    }
}

/// For each tap, its place in the turned kernel: phase by phase, in each the last tap first.
/// Without stride there is one phase.
pub(super) fn places(kernel: usize, stride: usize) -> Vec<usize> {
    let mut places = vec![0; kernel];
    for (p, phase) in Phase::all(kernel, stride).enumerate() {
        let first = (p + kernel / 2) % stride;
        for j in 0..phase.taps {
            places[first + j * stride] = phase.before + phase.taps - 1 - j;
        }
    }
    places
}

/// Some output rows of one sequence.
struct Piece {
    sequence: usize,
    rows: Range<usize>,
}

fn pieces(to: &Gapped) -> Vec<Piece> {
    let of = |(sequence, length): (usize, &usize)| {
        let length = *length;
        (0..length).step_by(BLOCK).map(move |start| Piece {
            sequence,
            rows: start..(start + BLOCK).min(length),
        })
    };
    to.lengths.iter().enumerate().flat_map(of).collect()
}

/// The part of a matrix of `width` values a row that belongs to each piece; `rows` says which rows
/// these are, in rising order and without overlap.
fn parts_of<'a, T>(
    pieces: &[Piece],
    mut matrix: &'a mut [T],
    width: usize,
    rows: impl Fn(&Piece) -> Range<usize>,
) -> Vec<&'a mut [T]> {
    let mut passed = 0;
    let mut parts = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let rows = rows(piece);
        let (_, rest) = matrix.split_at_mut((rows.start - passed) * width);
        let (own, rest) = rest.split_at_mut(rows.len() * width);
        parts.push(own);
        (matrix, passed) = (rest, rows.end);
    }
    parts
}

impl<T: Real> Conv1d<T> {
    /// The windows of a piece.
    fn windows_of<'a>(&self, piece: &Piece, from: &Gapped, x: &'a [T]) -> View<'a, T> {
        let (_, kernel, inputs) = self.sizes();
        let first = from.starts[piece.sequence] - kernel / 2 + piece.rows.start * self.stride;
        View::strided(
            &x[first * inputs..],
            piece.rows.len(),
            kernel * inputs,
            self.stride * inputs,
        )
    }

    pub(super) fn forward_strided(&self, from: &Gapped, to: &Gapped, x: &[T], y: &mut [T]) {
        let (out, kernel, inputs) = self.sizes();
        let laid = self.laid();
        let pieces = pieces(to);
        let rows = |p: &Piece| offset(&p.rows, to.starts[p.sequence]);
        parts_of(&pieces, y, out, rows)
            .into_par_iter()
            .zip(&pieces)
            .for_each(|(y, piece)| {
                for row in y.chunks_exact_mut(out) {
                    row.copy_from_slice(&self.bias.value);
                }
                multiply(
                    ViewMut::new(y, piece.rows.len(), out),
                    self.windows_of(piece, from, x),
                    View::new(&laid.forward, kernel * inputs, out),
                    Before::Added,
                );
            });
    }

    pub(super) fn backward_strided(
        &mut self,
        from: &Gapped,
        to: &Gapped,
        x: &[T],
        dy: &[T],
        state: &mut ConvState<T>,
        dx: Option<&mut [T]>,
    ) {
        let pieces = pieces(to);
        state.parts.resize_with(SEGMENTS, Vec::new);
        let layer = &*self;
        rayon::join(
            || layer.weights_strided(&pieces, (from, to), x, dy, &mut state.parts),
            || {
                if let Some(dx) = dx {
                    layer.input_strided(&pieces, (from, to), dy, dx);
                }
            },
        );
        self.add_parts(&mut state.parts);
    }

    /// The gradients of W and b, a part for each segment: a run of pieces.
    fn weights_strided(
        &self,
        pieces: &[Piece],
        (from, to): (&Gapped, &Gapped),
        x: &[T],
        dy: &[T],
        parts: &mut [Vec<T>],
    ) {
        let (out, kernel, inputs) = self.sizes();
        let segment = pieces.len().div_ceil(SEGMENTS);
        parts.par_iter_mut().enumerate().for_each(|(i, part)| {
            let part = sized(part, (kernel * inputs + 1) * out);
            part.fill(T::ZERO);
            let (weight, bias) = part.split_at_mut(kernel * inputs * out);
            for piece in pieces.iter().skip(i * segment).take(segment) {
                let rows = offset(&piece.rows, to.starts[piece.sequence]);
                let dy = &dy[rows.start * out..rows.end * out];
                multiply(
                    ViewMut::new(weight, kernel * inputs, out),
                    self.windows_of(piece, from, x).transposed(),
                    View::new(dy, rows.len(), out),
                    Before::Added,
                );
                add_column_sums(bias, dy);
            }
        });
    }

    /// The gradient of x, phase by phase. A piece has the input rows that begin with that of its
    /// first output row and end before that of the next piece's.
    fn input_strided(
        &self,
        pieces: &[Piece],
        (from, to): (&Gapped, &Gapped),
        dy: &[T],
        dx: &mut [T],
    ) {
        let (out, kernel, inputs) = self.sizes();
        let (laid, stride) = (self.laid(), self.stride);
        let rows = |p: &Piece| {
            let end = (p.rows.end * stride).min(from.lengths[p.sequence]);
            offset(&(p.rows.start * stride..end), from.starts[p.sequence])
        };
        parts_of(pieces, dx, inputs, rows)
            .into_par_iter()
            .zip(pieces)
            .for_each(|(dx, piece)| {
                let length = dx.len() / inputs;
                let first = to.starts[piece.sequence] + piece.rows.start;
                for (p, phase) in Phase::all(kernel, stride).enumerate().take(length) {
                    let count = (length - p).div_ceil(stride);
                    let turned = &laid.turned[phase.before * out * inputs..];
                    // With no tap the product is of nothing, and fills zeros.
                    let window = (first + phase.ahead + 1).saturating_sub(phase.taps.max(1));
                    multiply(
                        ViewMut::strided(&mut dx[p * inputs..], count, inputs, stride * inputs),
                        View::strided(&dy[window * out..], count, phase.taps * out, out),
                        View::new(turned, phase.taps * out, inputs),
                        Before::Forgotten,
                    );
                }
            });
    }
}

fn offset(rows: &Range<usize>, start: usize) -> Range<usize> {
    rows.start + start..rows.end + start
}
