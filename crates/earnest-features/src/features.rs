//! The matrix that an extractor gives: a row each 10 ms, 32 columns.

use crate::descriptor;

/// A `[frames, 32]` matrix of descriptors, row-major.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features {
    values: Vec<f32>,
}

impl Features {
    /// From rows laid end to end. Values beyond the last whole row are dropped.
    #[must_use]
    pub fn from_values(mut values: Vec<f32>) -> Self {
        values.truncate(values.len() / descriptor::COUNT * descriptor::COUNT);
        Self { values }
    }

    /// Number of rows.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.values.len() / descriptor::COUNT
    }

    /// True if there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// All values, row by row.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// All values, to change in place.
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// The rows, each of 32 values.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(descriptor::COUNT)
    }
}
