//! A sequence too long to hold every layer's output of, in bounded memory, to the same bits: in
//! runs of rows, each with as many rows before and after it as all its filters see.

use super::Cnn;
use crate::real::Real;
use crate::sequence::{Gapped, sized};

/// Rows of a run.
const RUN: usize = 8192;

impl<T: Real> Cnn<T> {
    /// Outputs of one sequence of frames laid end to end.
    pub(in crate::network) fn forward_long(&mut self, sequence: &[f32]) -> Vec<T> {
        let frames = sequence.len() / self.inputs;
        let seen = self.layers.len() * (self.kernel / 2);
        let width = self.filters;
        let mut pooled = self.pooling.running(width);
        let b = &mut self.buffers;
        b.layers.resize_with(self.layers.len(), Default::default);
        for pass in 0..pooled.passes() {
            if pass > 0 {
                pooled.turn();
            }
            for start in (0..frames).step_by(RUN) {
                let end = (start + RUN).min(frames);
                // At the sequence's own ends there is nothing to see, as in the whole.
                let (from, to) = (start.saturating_sub(seen), (end + seen).min(frames));
                b.layout = Gapped::new(&[to - from], self.kernel / 2);
                let rows = b.layout.rows();
                let input = sized(&mut b.input, rows * self.inputs);
                let part = &sequence[from * self.inputs..to * self.inputs];
                b.layout.lay(&[part], self.inputs, input);
                let mut x: &[T] = input;
                for ((conv, norm), state) in self.layers.iter_mut().zip(&mut b.layers) {
                    let normalised = sized(&mut state.normalised, rows * width);
                    let output = sized(&mut state.output, rows * width);
                    conv.forward(&b.layout, x, normalised);
                    norm.forward(&b.layout, normalised, output, &mut state.norm, false);
                    x = output;
                }
                let first = self.kernel / 2 + start - from;
                let rows = &x[first * width..(first + end - start) * width];
                pooled.add(pass, &[(rows, width)]);
            }
        }
        self.head.forward(&pooled.finish())
    }
}
