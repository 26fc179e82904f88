//! The matrix that a front end makes of a recording: a row for each step in time.

/// A `[frames, columns]` matrix, row-major. How many columns there are, what they are called and
/// how far apart rows lie is the front end's ([`crate::FrontEnd`]).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features {
    columns: usize,
    values: Vec<f32>,
}

impl Features {
    /// From rows of `columns` values laid end to end. Values beyond the last whole row are
    /// dropped; without columns there is no row.
    #[must_use]
    pub fn from_values(columns: usize, mut values: Vec<f32>) -> Self {
        let rows = values.len().checked_div(columns).unwrap_or(0);
        values.truncate(rows * columns);
        Self { columns, values }
    }

    /// Number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Number of rows.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.values.len().checked_div(self.columns).unwrap_or(0)
    }

    /// True if there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// True if all rows are the same, and there are several: digital silence makes such features, and
    /// nothing that a voice says.
    #[must_use]
    pub fn never_change(&self) -> bool {
        let mut rows = self.rows();
        let first = rows.next();
        self.frames() > 1 && rows.all(|row| Some(row) == first)
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

    /// The rows, each of [`Self::columns`] values.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.columns.max(1))
    }

    /// The rows, to change in place.
    pub fn rows_mut(&mut self) -> impl ExactSizeIterator<Item = &mut [f32]> {
        self.values.chunks_exact_mut(self.columns.max(1))
    }

    /// Row `i`, from 0; none beyond the last.
    #[must_use]
    pub fn row(&self, i: usize) -> Option<&[f32]> {
        self.rows().nth(i)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_the_width_that_was_said_and_what_fills_no_row_is_dropped() {
        let features = Features::from_values(3, (0..8).map(|i| i as f32).collect());
        assert_eq!((features.columns(), features.frames()), (3, 2));
        assert_eq!(features.row(1), Some(&[3.0, 4.0, 5.0][..]));
        assert_eq!(features.row(2), None);
        assert_eq!(features.rows().len(), 2);
        let none = Features::from_values(0, vec![1.0; 5]);
        assert!(none.is_empty() && none.frames() == 0 && none.rows().len() == 0);
        assert_eq!(Features::from_values(7, vec![]).columns(), 7);
    }

    #[test]
    fn rows_that_are_all_the_same_are_told_from_others_and_from_a_single_one() {
        let of = |values: &[f32]| Features::from_values(2, values.to_vec()).never_change();
        assert!(of(&[1.0, 2.0, 1.0, 2.0, 1.0, 2.0]));
        assert!(!of(&[1.0, 2.0, 1.0, 2.0, 1.0, 3.0]));
        assert!(!of(&[1.0, 2.0]) && !of(&[]));
    }
}
