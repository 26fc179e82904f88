//! Rows of samples that come bit by bit.

use std::sync::{Mutex, PoisonError};

use earnest_features::functionals::{COUNT, FunctionalStream};
use earnest_features::{FrontEndSettings, RowStream as Rows};
use numpy::PyArray2;
use pyo3::prelude::*;

use crate::errors::refused;
use crate::matrix;
use crate::picked::Picked;
use crate::samples::{Samples, require_numbers, require_takable};

/// What takes the samples.
enum Inner {
    /// A front end's rows.
    Rows(Box<dyn Rows>),
    /// The functionals of all so far, which can be asked for at any time.
    Whole(Box<FunctionalStream>),
}

impl Inner {
    fn rows(&mut self) -> &mut dyn Rows {
        match self {
            Self::Rows(rows) => rows.as_mut(),
            Self::Whole(whole) => whole.as_mut(),
        }
    }
}

struct State {
    inner: Inner,
    /// Samples taken.
    taken: u64,
}

/// A front end that takes samples as they come. Calls of several threads wait for each other.
#[pyclass(frozen, module = "earnest._earnest")]
pub struct RowStream {
    state: Mutex<State>,
    columns: usize,
    picked: Picked,
    rate: u32,
}

impl RowStream {
    pub fn open(
        settings: &FrontEndSettings,
        columns: usize,
        picked: Picked,
        rate: u32,
    ) -> PyResult<Self> {
        let failed = |e: earnest_features::FrontEndError| {
            refused(format!("a stream at {rate} Hz cannot be opened: {e}"))
        };
        let inner = match settings {
            FrontEndSettings::Functionals(own) if own.window_s.is_none() => Inner::Whole(Box::new(
                FunctionalStream::new(rate, own.set).map_err(failed)?,
            )),
            other => Inner::Rows(other.as_front_end().open(rate).map_err(failed)?),
        };
        Ok(Self {
            state: Mutex::new(State { inner, taken: 0 }),
            columns,
            picked,
            rate,
        })
    }
}

#[pymethods]
impl RowStream {
    /// Refuses samples that cannot be taken; takes none.
    fn check(&self, py: Python<'_>, signal: &Bound<'_, PyAny>) -> PyResult<()> {
        require_takable(py, signal, self.rate, || self.taken())
    }

    /// Takes samples; gives the rows that are final now.
    fn push<'py>(
        &self,
        py: Python<'py>,
        signal: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let samples = Samples::of(signal)?;
        let samples = samples.mono()?;
        let values = py.detach(|| {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            // Before anything is taken, so that the stream can go on with better ones.
            require_numbers(samples, state.taken, self.rate)?;
            let mut values = Vec::new();
            let mut sink = |row: &[f32]| self.picked.add(row, &mut values);
            state.inner.rows().push(samples, &mut sink);
            state.taken += samples.len() as u64;
            Ok(values)
        });
        matrix::array(py, self.columns, values.map_err(|e: String| refused(e))?)
    }

    /// Ends the recording; gives the rows that are left. Then all is as new.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let values = py.detach(|| {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let mut values = Vec::new();
            let mut sink = |row: &[f32]| self.picked.add(row, &mut values);
            state.inner.rows().finish(&mut sink);
            state.taken = 0;
            values
        });
        matrix::array(py, self.columns, values)
    }

    /// The functionals of the samples so far, a row; none if they are too short. Nothing where the
    /// stream has rows as it goes.
    fn so_far<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyArray2<f32>>>> {
        let values: Option<Vec<f32>> = py.detach(|| {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let Inner::Whole(whole) = &mut state.inner else {
                return None;
            };
            let mut values = Vec::with_capacity(COUNT);
            if let Some(row) = whole.functionals() {
                self.picked.add(&row, &mut values);
            }
            Some(values)
        });
        values
            .map(|values| matrix::array(py, self.columns, values))
            .transpose()
    }

    /// Forgets the recording.
    fn reset(&self, py: Python<'_>) {
        py.detach(|| {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.inner.rows().reset();
            state.taken = 0;
        });
    }

    /// Samples taken since the recording began.
    #[getter]
    fn taken(&self) -> u64 {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.taken
    }
}
