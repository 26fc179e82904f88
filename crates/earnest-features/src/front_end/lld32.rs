//! `lld32`: the 32 descriptors ([`crate::descriptor`]), a row each 10 ms.

use super::{FrontEnd, FrontEndError, RowStream};
use crate::descriptor::{COUNT, NAMES};
use crate::error::check_rate;
use crate::framing::{HOP_S, LONG_S};
use crate::pitch::viterbi::Viterbi;
pub use crate::settings::{Lld32, Mode, ShortWindow};
use crate::stream::{Row, Stream};

impl FrontEnd for Lld32 {
    fn name(&self) -> &'static str {
        "lld32"
    }

    fn words(&self) -> String {
        format!(
            "lld32: {COUNT} descriptors, mode {}, windows of {} and 60 ms each 10 ms",
            self.mode.name(),
            self.window.milliseconds()
        )
    }

    fn check(&self) -> Result<(), FrontEndError> {
        Ok(())
    }

    fn columns(&self) -> Vec<String> {
        NAMES.map(String::from).to_vec()
    }

    fn row_s(&self) -> f64 {
        HOP_S
    }

    fn shortest_s(&self) -> f64 {
        LONG_S
    }

    fn look_ahead_s(&self) -> f64 {
        // The long window of the next row, and the longest that a decision on F0 waits.
        LONG_S + HOP_S + Viterbi::LONGEST_WAIT as f64 * HOP_S
    }

    fn open(&self, sample_rate: u32) -> Result<Box<dyn RowStream>, FrontEndError> {
        check_rate(sample_rate)?;
        Ok(Box::new(Stream::new(sample_rate, *self)))
    }
}

impl RowStream for Stream {
    fn columns(&self) -> usize {
        COUNT
    }

    fn rows(&self, samples: usize) -> usize {
        self.framing().rows(samples)
    }

    fn push(&mut self, samples: &[f32], sink: &mut dyn FnMut(&[f32])) {
        Self::push(self, samples, &mut |row: &Row| sink(row));
    }

    fn finish(&mut self, sink: &mut dyn FnMut(&[f32])) {
        Self::finish(self, &mut |row: &Row| sink(row));
    }

    fn reset(&mut self) {
        Self::reset(self);
    }
}
