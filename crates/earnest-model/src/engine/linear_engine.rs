//! A linear function of an utterance's mean row, as an engine.

use super::Engine;
use super::kernel::dot;
use super::standardiser::{Standardiser, mean_row};
use crate::tensors::{Loaded, TensorView, Values};

/// Linear functions of a standardised row.
#[derive(Clone, Debug)]
pub(super) struct LinearEngine {
    pub standardiser: Standardiser,
    /// `[functions, columns]`.
    pub coefficients: Vec<f64>,
    /// `[functions]`.
    pub intercept: Vec<f64>,
    /// The hyperparameter that was chosen, by name.
    pub chosen: (&'static str, Vec<f64>),
    /// Outputs: as many as functions, or two of one function, which then speaks for the second.
    pub outputs: usize,
}

impl LinearEngine {
    /// How many functions there are for so many outputs, if two classes need one.
    pub fn functions(outputs: usize, one_for_two: bool) -> usize {
        if one_for_two && outputs == 2 {
            1
        } else {
            outputs
        }
    }

    /// That of a model's file.
    pub fn restore(
        chosen: &'static str,
        (columns, outputs): (usize, usize),
        functions: usize,
        loaded: &mut Loaded,
    ) -> Result<Self, String> {
        Ok(Self {
            standardiser: Standardiser::restore(columns, loaded)?,
            coefficients: loaded.take_f64("coef", &[functions, columns])?,
            intercept: loaded.take_f64("intercept", &[functions])?,
            chosen: (chosen, loaded.take_f64(chosen, &[1])?),
            outputs,
        })
    }

    fn answer(&self, sequence: &[f32]) -> Vec<f32> {
        let row = mean_row(sequence, self.standardiser.columns());
        let x = self.standardiser.apply(&row);
        let rows = self.coefficients.chunks_exact(x.len().max(1));
        let values = rows.zip(&self.intercept);
        let values = values.map(|(row, b)| (dot(row, &x) + b) as f32);
        match self.intercept.len() == self.outputs {
            true => values.collect(),
            false => std::iter::once(0.0).chain(values).collect(),
        }
    }
}

impl Engine for LinearEngine {
    fn predict(&self, sequences: &[&[f32]]) -> Vec<f32> {
        sequences.iter().flat_map(|s| self.answer(s)).collect()
    }

    fn predict_long(&self, sequence: &[f32]) -> Vec<f32> {
        self.answer(sequence)
    }

    fn bytes_per_frame(&self) -> usize {
        self.standardiser.columns() * size_of::<f64>()
    }

    fn tensors(&self) -> Vec<TensorView<'_>> {
        let (functions, columns) = (self.intercept.len(), self.standardiser.columns());
        let (name, value) = &self.chosen;
        let mut all: Vec<TensorView<'_>> = self.standardiser.tensors().into();
        all.extend([
            TensorView::new(
                "coef",
                vec![functions, columns],
                Values::F64(&self.coefficients),
            ),
            TensorView::row("intercept", &self.intercept),
            TensorView::row(name, value),
        ]);
        all
    }

    fn boxed_clone(&self) -> Box<dyn Engine> {
        Box::new(self.clone())
    }
}
