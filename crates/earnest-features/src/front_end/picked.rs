//! Rows of some of the descriptors that a stream has.

use super::RowStream;
use crate::stream::{Stream, WideRow};

/// Wide rows as they come, of which the columns at some places go on.
pub(super) struct Picked<const N: usize> {
    pub whole: Stream,
    pub places: [usize; N],
}

/// The columns of a row that go on.
fn picked<const N: usize>(places: &[usize; N], row: &WideRow) -> [f32; N] {
    places.map(|place| row[place])
}

impl<const N: usize> RowStream for Picked<N> {
    fn columns(&self) -> usize {
        N
    }

    fn rows(&self, samples: usize) -> usize {
        self.whole.framing().rows(samples)
    }

    fn push(&mut self, samples: &[f32], sink: &mut dyn FnMut(&[f32])) {
        let places = &self.places;
        self.whole
            .push_wide(samples, &mut |row| sink(&picked(places, row)));
    }

    fn finish(&mut self, sink: &mut dyn FnMut(&[f32])) {
        let places = &self.places;
        self.whole
            .finish_wide(&mut |row| sink(&picked(places, row)));
    }

    fn reset(&mut self) {
        self.whole.reset();
    }
}
