//! Rows of values as numpy's arrays.

use numpy::ndarray::Array2;
use numpy::{PyArray2, ToPyArray};
use pyo3::prelude::*;

use crate::errors::refused;

/// Values row by row as an array `[rows, columns]`, which takes them over without a copy.
pub fn array(
    py: Python<'_>,
    columns: usize,
    values: Vec<f32>,
) -> PyResult<Bound<'_, PyArray2<f32>>> {
    let rows = values.len().checked_div(columns).unwrap_or(0);
    let matrix = Array2::from_shape_vec((rows, columns), values)
        .map_err(|e| refused(format!("rows of {columns} values do not fill: {e}")))?;
    // numpy takes no empty allocation over.
    Ok(match rows {
        0 => matrix.to_pyarray(py),
        _ => PyArray2::from_owned_array(py, matrix),
    })
}
