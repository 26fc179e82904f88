//! What a recogniser answers.

/// An answer to a stretch of what was heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Where the stretch begins, seconds from the first sample.
    pub start_s: f64,
    /// Where its last row of features begins, and the stretch ends, seconds from the first sample.
    pub end_s: f64,
    /// A probability for each class, or a value on each scale, in the order of
    /// [`Recogniser::outputs`](crate::Recogniser::outputs).
    pub values: Vec<f32>,
}

impl Answer {
    /// The number of the largest value, which is the class of a categorical answer; of equals the
    /// first.
    #[must_use]
    pub fn largest(&self) -> usize {
        let mut best = 0;
        for (i, x) in self.values.iter().enumerate() {
            if *x > self.values[best] {
                best = i;
            }
        }
        best
    }
}
