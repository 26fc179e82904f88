//! Front ends: features of files, of signals, and of what comes bit by bit.

use std::path::{Path, PathBuf};

use earnest_features::FrontEndSettings;
use numpy::PyArray2;
use pyo3::prelude::*;

use crate::channels::Channels;
use crate::errors::refused;
use crate::matrix;
use crate::parts::{Extracted, Extraction, Moments, Rate};
use crate::picked::Picked;
use crate::pool::{self, Lease};
use crate::rates::require_rate;
use crate::row_stream::RowStream;
use crate::samples::Samples;

/// A front end with all its settings, and which of its columns are wanted.
#[pyclass(frozen, module = "earnest._earnest")]
pub struct FrontEnd {
    settings: FrontEndSettings,
    columns: Vec<String>,
    picked: Picked,
}

/// An array of rows; of each part how many of them, their rate (Hz), its recording's own rate and number of samples.
type Rows<'py> = (
    Bound<'py, PyArray2<f32>>,
    Vec<usize>,
    Vec<u32>,
    Vec<u32>,
    Vec<usize>,
);

impl FrontEnd {
    fn extraction<'a>(
        &'a self,
        channels: &'a Channels,
        rate: Rate,
        pool: &'a Lease,
    ) -> Extraction<'a> {
        Extraction {
            front_end: self.settings.as_front_end(),
            picked: &self.picked,
            columns: self.columns.len(),
            channels,
            rate,
            pool,
        }
    }

    fn rows<'py>(
        &self,
        py: Python<'py>,
        channels: &Channels,
        extracted: Extracted,
    ) -> PyResult<Rows<'py>> {
        let width = self.columns.len() * channels.count();
        Ok((
            matrix::array(py, width, extracted.values)?,
            extracted.rows,
            extracted.rates,
            extracted.own_rates,
            extracted.lengths,
        ))
    }
}

#[pymethods]
impl FrontEnd {
    /// From its table in TOML; `columns` are those that are wanted, in the front end's order.
    #[new]
    #[pyo3(signature = (settings, columns=None))]
    fn new(settings: &str, columns: Option<Vec<String>>) -> PyResult<Self> {
        let settings: FrontEndSettings = settings_of(settings)?;
        let front_end = settings.as_front_end();
        front_end
            .check()
            .map_err(|e| refused(format!("the front end {}: {e}", front_end.name())))?;
        let all = front_end.columns();
        let (columns, picked) = match columns {
            None => (all, Picked::default()),
            Some(wanted) => {
                let place = |name: &String| {
                    all.iter().position(|n| n == name).ok_or_else(|| {
                        refused(format!(
                            "the front end {} has no column {name:?}; it has {}",
                            front_end.name(),
                            all.join(", ")
                        ))
                    })
                };
                let picked: Vec<usize> = wanted.iter().map(place).collect::<PyResult<_>>()?;
                (wanted, Picked(Some(picked)))
            }
        };
        Ok(Self {
            settings,
            columns,
            picked,
        })
    }

    /// Names of the columns.
    #[getter]
    fn columns(&self) -> Vec<String> {
        self.columns.clone()
    }

    /// Name and settings in a line.
    #[getter]
    fn words(&self) -> String {
        self.settings.as_front_end().words()
    }

    /// Every setting, as TOML.
    #[getter]
    fn toml(&self) -> PyResult<String> {
        toml::to_string(&self.settings)
            .map_err(|e| refused(format!("the front end's settings cannot be written: {e}")))
    }

    /// Seconds from one row to the next; infinite where the whole recording has one.
    #[getter]
    fn row_s(&self) -> f64 {
        self.settings.as_front_end().row_s()
    }

    /// Seconds that the window of a row is long; infinite where it is the whole recording.
    #[getter]
    fn window_s(&self) -> f64 {
        match &self.settings {
            FrontEndSettings::Lld32(own) => own.window.seconds(),
            FrontEndSettings::EgemapsV01a(own) => own.window.seconds(),
            FrontEndSettings::EgemapsV02(own) => own.window.seconds(),
            FrontEndSettings::Functionals(own) => own.window_s.unwrap_or(f64::INFINITY),
            other => other.as_front_end().shortest_s(),
        }
    }

    /// Seconds of audio that the first row needs.
    #[getter]
    fn shortest_s(&self) -> f64 {
        self.settings.as_front_end().shortest_s()
    }

    /// Seconds from a row's start until it can be out of a stream.
    #[getter]
    fn look_ahead_s(&self) -> f64 {
        self.settings.as_front_end().look_ahead_s()
    }

    /// Features of parts of files: a moment pair for each file.
    #[pyo3(signature = (files, moments, channels, rate, threads=None))]
    fn of_files<'py>(
        &self,
        py: Python<'py>,
        files: Vec<PathBuf>,
        moments: Vec<Moments>,
        channels: Channels,
        rate: Rate,
        threads: Option<usize>,
    ) -> PyResult<Rows<'py>> {
        if files.len() != moments.len() {
            return Err(refused(format!(
                "{} files and {} pairs of moments were given",
                files.len(),
                moments.len()
            )));
        }
        let pool = pool::of(threads)?;
        let extraction = self.extraction(&channels, rate, &pool);
        let extracted = pool.interruptible(py, |stop| {
            let paths = files.iter().map(PathBuf::as_path);
            let parts: Vec<(&Path, Moments)> = paths.zip(moments).collect();
            extraction.of_files(&parts, stop)
        })??;
        self.rows(py, &channels, extracted)
    }

    /// Features of parts of a signal.
    #[pyo3(signature = (signal, sampling_rate, moments, channels, rate, threads=None))]
    #[allow(clippy::too_many_arguments)]
    fn of_signal<'py>(
        &self,
        py: Python<'py>,
        signal: &Bound<'py, PyAny>,
        sampling_rate: u32,
        moments: Vec<Moments>,
        channels: Channels,
        rate: Rate,
        threads: Option<usize>,
    ) -> PyResult<Rows<'py>> {
        require_rate(sampling_rate)?;
        let samples = Samples::of(signal)?;
        let planes = samples.planes()?;
        let pool = pool::of(threads)?;
        let extraction = self.extraction(&channels, rate, &pool);
        let extracted = pool.interruptible(py, |stop| {
            extraction.of_signal(&planes, sampling_rate, &moments, stop)
        })??;
        self.rows(py, &channels, extracted)
    }

    /// Opens a stream of samples at a rate in Hz.
    fn open(&self, sampling_rate: u32) -> PyResult<RowStream> {
        require_rate(sampling_rate)?;
        RowStream::open(
            &self.settings,
            self.columns.len(),
            self.picked.clone(),
            sampling_rate,
        )
    }
}

/// A front end's table, with errors that name line and nearest key.
fn settings_of(text: &str) -> PyResult<FrontEndSettings> {
    earnest_files::toml_file::parse(text)
        .map_err(|e| refused(format!("the front end's settings cannot be used: {e}")))
}
