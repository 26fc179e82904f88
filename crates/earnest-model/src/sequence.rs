//! How a batch of sequences of different lengths lies in memory. No padded frame is ever
//! computed with: recurrent layers see packed rows, convolutions see rows with zero gaps.

use std::ops::Range;

use crate::real::Real;

/// Rows of a matrix that are frames of sequences, for layers that do not care how they lie.
pub(crate) trait Frames {
    /// Frames of a sequence.
    fn frames(&self, sequence: usize) -> usize;
    /// The row of a sequence's frame.
    fn row(&self, sequence: usize, frame: usize) -> usize;
}

/// A buffer's first `n` values, the buffer grown if it is too short: buffers are kept from
/// step to step. What is in them is left from before.
pub(crate) fn sized<T: Real>(buffer: &mut Vec<T>, n: usize) -> &mut [T] {
    if buffer.len() < n {
        buffer.resize(n, T::ZERO);
    }
    &mut buffer[..n]
}

/// Which rows belong to which sequence when the longest come first and time goes down:
/// row `offset[t] + i` is frame t of the i-th longest sequence.
#[derive(Clone, Debug, Default)]
pub(crate) struct Packing {
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
    /// Runs of time steps with about [`BLOCK`] rows, whose intermediate results fit into a
    /// core's cache.
    pub blocks: Vec<Range<usize>>,
}

/// Rows of a block of time steps; one step is never cut.
const BLOCK: usize = 512;

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
        let mut blocks = Vec::new();
        let mut rows = 0;
        let mut count = sorted.len();
        let (mut block, mut block_rows) = (0, 0);
        for t in 0..longest {
            while count > 0 && sorted[count - 1] <= t {
                count -= 1;
            }
            if block_rows > 0 && block_rows + count > BLOCK {
                blocks.push(block..t);
                (block, block_rows) = (t, 0);
            }
            offset.push(rows);
            alive.push(count);
            rows += count;
            block_rows += count;
        }
        if block < longest {
            blocks.push(block..longest);
        }
        Self {
            order,
            lengths: sorted,
            offset,
            alive,
            rows,
            blocks,
        }
    }

    /// The rows of a run of time steps.
    pub fn rows_of(&self, steps: &Range<usize>) -> Range<usize> {
        let end = self.offset.get(steps.end).copied().unwrap_or(self.rows);
        self.offset[steps.start]..end
    }

    /// Packs sequences of `width` values a frame, in the order that lengths were given in.
    pub fn pack<S: Real, T: Real>(&self, sequences: &[&[S]], width: usize, out: &mut [T]) {
        for (place, sequence) in self.order.iter().enumerate() {
            for (t, frame) in sequences[*sequence].chunks_exact(width).enumerate() {
                let row = self.offset[t] + place;
                for (y, x) in out[row * width..(row + 1) * width].iter_mut().zip(frame) {
                    *y = T::from_f64(x.to_f64());
                }
            }
        }
    }
}

/// Sequences are numbered by place.
impl Frames for Packing {
    fn frames(&self, sequence: usize) -> usize {
        self.lengths[sequence]
    }
    fn row(&self, sequence: usize, frame: usize) -> usize {
        self.offset[frame] + sequence
    }
}

/// Sequences end to end with `margin` zero rows before, between and after them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gapped {
    /// First row of each sequence.
    pub starts: Vec<usize>,
    /// Length of each sequence.
    pub lengths: Vec<usize>,
    /// For each row, whether it is a frame and not part of a gap.
    pub is_frame: Vec<bool>,
}

impl Gapped {
    /// For sequences of these lengths.
    #[must_use]
    pub fn new(lengths: &[usize], margin: usize) -> Self {
        let mut is_frame = vec![false; margin];
        let mut starts = Vec::with_capacity(lengths.len());
        for length in lengths {
            starts.push(is_frame.len());
            is_frame.resize(is_frame.len() + length, true);
            is_frame.resize(is_frame.len() + margin, false);
        }
        Self {
            starts,
            lengths: lengths.to_vec(),
            is_frame,
        }
    }

    /// As these sequences lie when of each only every `stride`-th frame is left, from the first
    /// on: a sequence that has a frame still has one.
    #[must_use]
    pub fn thinned(&self, stride: usize, margin: usize) -> Self {
        let lengths: Vec<usize> = self.lengths.iter().map(|l| l.div_ceil(stride)).collect();
        Self::new(&lengths, margin)
    }

    /// Rows in all, gaps included.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.is_frame.len()
    }

    /// Frames in all, gaps left out.
    #[must_use]
    pub fn total_frames(&self) -> usize {
        self.lengths.iter().sum()
    }

    /// Lays out sequences of `width` values a frame.
    pub fn lay<T: Real>(&self, sequences: &[&[f32]], width: usize, out: &mut [T]) {
        out.fill(T::ZERO);
        for (sequence, start) in sequences.iter().zip(&self.starts) {
            for (y, x) in out[start * width..].iter_mut().zip(*sequence) {
                *y = T::from_f64(f64::from(*x));
            }
        }
    }
}

impl Frames for Gapped {
    fn frames(&self, sequence: usize) -> usize {
        self.lengths[sequence]
    }
    fn row(&self, sequence: usize, frame: usize) -> usize {
        self.starts[sequence] + frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_rows_are_frames_of_the_longest_first_and_laid_rows_have_gaps() {
        let sequences: [&[f32]; 3] = [&[1.0], &[2.0, 3.0, 4.0], &[5.0, 6.0]];
        let packing = Packing::new(&[1, 3, 2]);
        assert_eq!(packing.order, [1, 2, 0]);
        assert_eq!(packing.alive, [3, 2, 1]);
        let mut packed = vec![0.0_f64; 6];
        packing.pack(&sequences, 1, &mut packed);
        assert_eq!(packed, [2.0, 5.0, 1.0, 3.0, 6.0, 4.0]);
        assert_eq!(packing.row(1, 1), 4);
        let gapped = Gapped::new(&[1, 3, 2], 1);
        let mut laid = vec![9.0_f64; gapped.rows()];
        gapped.lay(&sequences, 1, &mut laid);
        assert_eq!(laid, [0., 1., 0., 2., 3., 4., 0., 5., 6., 0.]);
        assert!(
            gapped
                .is_frame
                .iter()
                .zip(&laid)
                .all(|(f, x)| *f == (*x > 0.0))
        );
    }

    #[test]
    fn blocks_cover_all_time_steps_once_and_are_not_much_larger_than_asked() {
        for lengths in [vec![1], vec![700, 3, 500], vec![20; 300], vec![]] {
            let packing = Packing::new(&lengths);
            let steps: Vec<usize> = packing.blocks.iter().cloned().flatten().collect();
            let longest = lengths.iter().max().copied().unwrap_or(0);
            assert_eq!(steps, (0..longest).collect::<Vec<_>>());
            for block in &packing.blocks {
                assert!(packing.rows_of(block).len() <= BLOCK.max(lengths.len()));
            }
        }
    }
}
