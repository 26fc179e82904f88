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
    /// True where the largest value, of a categorical answer the probability of its class, is below
    /// this: see [`Recogniser::uncertain_below`](crate::Recogniser::uncertain_below).
    #[must_use]
    pub fn is_uncertain(&self, below: f32) -> bool {
        is_uncertain(&self.values, below)
    }

    /// The number of the largest value, which is the class of a categorical answer; of equals the
    /// first.
    #[must_use]
    pub fn largest(&self) -> usize {
        Self::largest_of(&self.values)
    }

    /// As [`Answer::largest`], of values alone; 0 of none.
    #[must_use]
    pub fn largest_of(values: &[f32]) -> usize {
        let mut best = 0;
        for (i, x) in values.iter().enumerate() {
            if *x > values[best] {
                best = i;
            }
        }
        best
    }
}

/// True where the largest of these probabilities is below `below`.
#[must_use]
pub fn is_uncertain(probabilities: &[f32], below: f32) -> bool {
    probabilities.iter().all(|p| *p < below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_uncertain_below_the_threshold_and_not_at_it() {
        let answer = Answer {
            start_s: 0.0,
            end_s: 1.0,
            values: vec![0.3, 0.6, 0.1],
        };
        assert!(!answer.is_uncertain(0.6));
        assert!(answer.is_uncertain(0.600_001));
        assert_eq!(answer.largest(), 1);
    }
}
