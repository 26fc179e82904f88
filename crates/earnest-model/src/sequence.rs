//! How a batch of sequences of different lengths lies in memory. No padded frame is ever
//! computed with: recurrent layers see packed rows, convolutions see rows with zero gaps.

use crate::real::Real;

/// Which rows belong to which sequence when the longest come first and time goes down:
/// row `offset[t] + i` is frame t of the i-th longest sequence.
#[derive(Clone, Debug)]
pub struct Packing {
    /// Sequence at each place: places are sorted by falling length, ties by number.
    pub order: Vec<usize>,
    /// Length at each place.
    pub lengths: Vec<usize>,
    /// First row of each time step.
    pub offset: Vec<usize>,
    /// Sequences that still go on at each time step.
    pub alive: Vec<usize>,
    /// Rows in all.
    pub rows: usize,
}

impl Packing {
    /// For sequences of these lengths.
    #[must_use]
    pub fn new(lengths: &[usize]) -> Self {
        let mut order: Vec<usize> = (0..lengths.len()).collect();
        order.sort_by_key(|i| (usize::MAX - lengths[*i], *i));
        let sorted: Vec<usize> = order.iter().map(|i| lengths[*i]).collect();
        let longest = sorted.first().copied().unwrap_or(0);
        let mut alive = Vec::with_capacity(longest);
        let mut offset = Vec::with_capacity(longest);
        let mut rows = 0;
        let mut count = sorted.len();
        for t in 0..longest {
            while count > 0 && sorted[count - 1] <= t {
                count -= 1;
            }
            offset.push(rows);
            alive.push(count);
            rows += count;
        }
        Self {
            order,
            lengths: sorted,
            offset,
            alive,
            rows,
        }
    }

    /// Packs sequences of `width` values a frame.
    #[must_use]
    pub fn pack<T: Real>(&self, sequences: &[&[f32]], width: usize) -> Vec<T> {
        let mut out = vec![T::ZERO; self.rows * width];
        for (place, sequence) in self.order.iter().enumerate() {
            for (t, frame) in sequences[*sequence].chunks_exact(width).enumerate() {
                let row = self.offset[t] + place;
                for (y, x) in out[row * width..(row + 1) * width].iter_mut().zip(frame) {
                    *y = T::from_f64(f64::from(*x));
                }
            }
        }
        out
    }
}

/// Sequences end to end with `margin` zero rows before, between and after them.
#[derive(Clone, Debug)]
pub struct Gapped {
    /// First row of each sequence.
    pub starts: Vec<usize>,
    /// Length of each sequence.
    pub lengths: Vec<usize>,
    /// Zero rows in each gap.
    pub margin: usize,
    /// Rows in all, gaps included.
    pub rows: usize,
}

impl Gapped {
    /// For sequences of these lengths.
    #[must_use]
    pub fn new(lengths: &[usize], margin: usize) -> Self {
        let mut rows = margin;
        let mut starts = Vec::with_capacity(lengths.len());
        for length in lengths {
            starts.push(rows);
            rows += length + margin;
        }
        Self {
            starts,
            lengths: lengths.to_vec(),
            margin,
            rows,
        }
    }

    /// Frames in all, gaps left out.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.lengths.iter().sum()
    }

    /// Each sequence's rows.
    pub fn sequences(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        self.starts
            .iter()
            .zip(&self.lengths)
            .map(|(s, l)| *s..s + l)
    }

    /// Lays out sequences of `width` values a frame.
    #[must_use]
    pub fn lay<T: Real>(&self, sequences: &[&[f32]], width: usize) -> Vec<T> {
        let mut out = vec![T::ZERO; self.rows * width];
        for (sequence, rows) in sequences.iter().zip(self.sequences()) {
            for (y, x) in out[rows.start * width..rows.end * width]
                .iter_mut()
                .zip(*sequence)
            {
                *y = T::from_f64(f64::from(*x));
            }
        }
        out
    }

    /// Sets every gap row to zero.
    pub fn clear_gaps<T: Real>(&self, values: &mut [T], width: usize) {
        let mut from = 0;
        for rows in self.sequences() {
            values[from * width..rows.start * width].fill(T::ZERO);
            from = rows.end;
        }
        values[from * width..self.rows * width].fill(T::ZERO);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_rows_are_frames_of_the_longest_first() {
        let sequences: [&[f32]; 3] = [&[1.0], &[2.0, 3.0, 4.0], &[5.0, 6.0]];
        let packing = Packing::new(&[1, 3, 2]);
        assert_eq!(packing.order, [1, 2, 0]);
        assert_eq!(packing.alive, [3, 2, 1]);
        assert_eq!(
            packing.pack::<f64>(&sequences, 1),
            [2.0, 5.0, 1.0, 3.0, 6.0, 4.0]
        );
        let gapped = Gapped::new(&[1, 3, 2], 1);
        assert_eq!(
            gapped.lay::<f64>(&sequences, 1),
            [0., 1., 0., 2., 3., 4., 0., 5., 6., 0.]
        );
    }
}
