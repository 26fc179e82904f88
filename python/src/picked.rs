//! Which of a front end's columns are wanted.

/// Places of the wanted values in a row; all of them without.
#[derive(Clone, Debug, Default)]
pub struct Picked(pub Option<Vec<usize>>);

impl Picked {
    /// Adds of a row what is wanted.
    pub fn add(&self, row: &[f32], values: &mut Vec<f32>) {
        match &self.0 {
            None => values.extend_from_slice(row),
            Some(places) => values.extend(places.iter().map(|i| row[*i])),
        }
    }
}
