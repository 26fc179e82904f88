//! The training rows that a fitted machine keeps.

use super::super::baseline::Examples;
use super::super::standardiser::{Standardiser, mean_row};
use super::{Kernel, KernelKind};
use crate::tensors::{Loaded, TensorView, Values};

/// Support vectors, and all that says how alike a row is to each of them.
#[derive(Clone, Debug)]
pub(in crate::engine) struct SupportVectors {
    standardiser: Standardiser,
    kernel: Kernel,
    /// As they were given, before they are standardised.
    rows: Vec<f32>,
    /// Standardised.
    standardised: Vec<f64>,
    /// Gamma, if the kernel has one.
    width: Vec<f64>,
    /// C that was chosen.
    c: Vec<f64>,
}

impl SupportVectors {
    /// Some rows of examples, by number, in this order.
    pub fn new(
        examples: &Examples<'_>,
        chosen: &[usize],
        standardiser: Standardiser,
        (c, kernel): (f64, Kernel),
    ) -> Self {
        let columns = examples.columns;
        let row = |r: &usize| &examples.rows[r * columns..(r + 1) * columns];
        let rows: Vec<f32> = chosen.iter().flat_map(row).copied().collect();
        Self {
            standardised: standardiser.apply_all(&rows),
            standardiser,
            width: kernel.width().into_iter().collect(),
            kernel,
            rows,
            c: vec![c],
        }
    }

    /// Those of a model's file.
    pub fn restore(kind: KernelKind, columns: usize, loaded: &mut Loaded) -> Result<Self, String> {
        let n = loaded.rows_of("support_vectors");
        let standardiser = Standardiser::restore(columns, loaded)?;
        let rows = loaded.take("support_vectors", &[n, columns])?;
        let width = match kind {
            KernelKind::Linear => Vec::new(),
            KernelKind::Rbf => loaded.take_f64("gamma", &[1])?,
        };
        let kernel = match width.as_slice() {
            [] => Kernel::Linear,
            [gamma, ..] if *gamma > 0.0 => Kernel::Rbf(*gamma),
            [gamma, ..] => return Err(format!("tensor gamma is {gamma}; it is above 0")),
        };
        Ok(Self {
            standardised: standardiser.apply_all(&rows),
            standardiser,
            kernel,
            rows,
            width,
            c: loaded.take_f64("c", &[1])?,
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len() / self.columns().max(1)
    }

    /// Values of each.
    pub fn columns(&self) -> usize {
        self.standardiser.columns()
    }

    /// The kernel of each with an utterance's mean row.
    pub fn kernels(&self, sequence: &[f32]) -> Vec<f64> {
        let x = self.standardiser.apply(&mean_row(sequence, self.columns()));
        self.standardised
            .chunks_exact(x.len().max(1))
            .map(|vector| self.kernel.value(vector, &x))
            .collect()
    }

    /// What stands of them in a model's file.
    pub fn tensors(&self) -> Vec<TensorView<'_>> {
        let mut all: Vec<TensorView<'_>> = self.standardiser.tensors().into();
        all.push(TensorView::new(
            "support_vectors",
            vec![self.len(), self.columns()],
            Values::F32(&self.rows),
        ));
        all.push(TensorView::row("c", &self.c));
        if !self.width.is_empty() {
            all.push(TensorView::row("gamma", &self.width));
        }
        all
    }
}
