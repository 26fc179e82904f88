//! Rows of a kernel matrix while a problem is solved: computed when they are asked for, the last used
//! kept within a budget.

use rayon::prelude::*;

use super::Kernel;

/// The most bytes of rows that one problem keeps.
const MOST_KEPT: usize = 1 << 27;

/// Standardised rows and their kernel.
pub(in crate::engine) struct KernelMatrix<'a> {
    kernel: Kernel,
    columns: usize,
    /// Rows end to end.
    rows: &'a [f64],
    /// All values, where they were computed once for many problems.
    whole: Option<Vec<f32>>,
}

impl<'a> KernelMatrix<'a> {
    /// Of rows end to end; its values are computed as they are asked for.
    pub fn new(kernel: Kernel, rows: &'a [f64], columns: usize) -> Self {
        Self {
            kernel,
            columns,
            rows,
            whole: None,
        }
    }

    /// The same with all values computed, on all threads.
    pub fn computed(self) -> Self {
        let count = self.count();
        let mut whole = vec![0.0_f32; count * count];
        whole
            .par_chunks_mut(count.max(1))
            .enumerate()
            .for_each(|(i, row)| {
                for (j, value) in row.iter_mut().enumerate() {
                    *value = self.value(i, j) as f32;
                }
            });
        Self {
            whole: Some(whole),
            ..self
        }
    }

    fn count(&self) -> usize {
        self.rows.len() / self.columns.max(1)
    }

    fn row(&self, i: usize) -> &[f64] {
        &self.rows[i * self.columns..(i + 1) * self.columns]
    }

    /// The kernel of two rows, by number.
    pub fn value(&self, i: usize, j: usize) -> f64 {
        self.kernel.value(self.row(i), self.row(j))
    }

    /// The kernel of a row with some rows.
    fn fill(&self, i: usize, of: &[usize], out: &mut [f32]) {
        match &self.whole {
            Some(whole) => {
                let count = self.count();
                let row = &whole[i * count..(i + 1) * count];
                for (value, j) in out.iter_mut().zip(of) {
                    *value = row[*j];
                }
            }
            None => {
                for (value, j) in out.iter_mut().zip(of) {
                    *value = self.value(i, *j) as f32;
                }
            }
        }
    }

    /// The sum over some rows of a coefficient times the kernel with a row.
    pub fn weighed(&self, i: usize, of: &[usize], coefficients: &[f64]) -> f64 {
        let terms = of.iter().zip(coefficients).filter(|(_, c)| **c != 0.0);
        match &self.whole {
            Some(whole) => {
                let row = &whole[i * self.count()..];
                terms.map(|(j, c)| c * f64::from(row[*j])).sum()
            }
            None => terms.map(|(j, c)| c * self.value(i, *j)).sum(),
        }
    }
}

/// The rows of one problem.
pub(super) struct RowCache<'a> {
    matrix: &'a KernelMatrix<'a>,
    of: &'a [usize],
    kept: Vec<f32>,
    capacity: usize,
    /// Where each row is kept.
    slot_of: Vec<Option<usize>>,
    /// Which row a slot has, and when it was last asked for.
    slots: Vec<(usize, u64)>,
    time: u64,
}

impl<'a> RowCache<'a> {
    /// Of the rows `of` of a matrix, two of them kept at least.
    pub fn new(matrix: &'a KernelMatrix<'a>, of: &'a [usize]) -> Self {
        let row_bytes = of.len().max(1) * size_of::<f32>();
        Self {
            matrix,
            of,
            kept: Vec::new(),
            capacity: (MOST_KEPT / row_bytes).max(2),
            slot_of: vec![None; of.len()],
            slots: Vec::new(),
            time: 0,
        }
    }

    /// Makes sure that a row is kept; where.
    fn slot(&mut self, row: usize) -> usize {
        self.time += 1;
        if let Some(slot) = self.slot_of[row] {
            self.slots[slot].1 = self.time;
            return slot;
        }
        let width = self.of.len();
        let slot = if self.slots.len() < self.capacity {
            self.slots.push((row, self.time));
            self.kept.resize(self.slots.len() * width, 0.0);
            self.slots.len() - 1
        } else {
            let oldest = (0..self.slots.len()).min_by_key(|s| self.slots[*s].1);
            let slot = oldest.unwrap_or(0);
            self.slot_of[self.slots[slot].0] = None;
            self.slots[slot] = (row, self.time);
            slot
        };
        self.slot_of[row] = Some(slot);
        let out = &mut self.kept[slot * width..(slot + 1) * width];
        self.matrix.fill(self.of[row], self.of, out);
        slot
    }

    /// One row.
    pub fn one(&mut self, row: usize) -> &[f32] {
        let (slot, width) = (self.slot(row), self.of.len());
        &self.kept[slot * width..(slot + 1) * width]
    }

    /// Two rows.
    pub fn two(&mut self, a: usize, b: usize) -> (&[f32], &[f32]) {
        // The first is the last used when the second is asked for, so it stays.
        let (a, b) = (self.slot(a), self.slot(b));
        let width = self.of.len();
        let of = |slot: usize| &self.kept[slot * width..(slot + 1) * width];
        (of(a), of(b))
    }

    /// The diagonal.
    pub fn diagonal(&self) -> Vec<f64> {
        let own = |i: &usize| self.matrix.value(*i, *i);
        self.of.iter().map(own).collect()
    }
}
