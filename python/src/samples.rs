//! Samples that Python gives: arrays of one or several channels.

use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use numpy::{PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::errors::refused;

/// Full scale of 16-bit samples.
const FULL_SCALE_16: f32 = 32_768.0;

/// Samples, full scale 1.0. What lies in the array as it is needed (float32, without gaps) is not copied.
pub enum Samples<'py> {
    /// `[n]`, in the array.
    Mono(PyReadonlyArray1<'py, f32>),
    /// `[channels, n]`, in the array.
    Channels(PyReadonlyArray2<'py, f32>),
    /// Copied, since they were something else.
    Copied(Vec<Vec<f32>>),
}

impl<'py> Samples<'py> {
    /// From an array `[n]` or `[channels, n]` of floats (full scale 1.0) or of int16.
    pub fn of(signal: &Bound<'py, PyAny>) -> PyResult<Self> {
        let Ok(array) = signal.cast::<PyUntypedArray>() else {
            return Err(PyTypeError::new_err(format!(
                "samples are given as a numpy array, not as {}",
                signal.get_type().name()?
            )));
        };
        if !matches!(array.ndim(), 1 | 2) {
            return Err(refused(format!(
                "the array has {} axes, {:?}; samples are [n], or [channels, n]",
                array.ndim(),
                array.shape()
            )));
        }
        if let [channels, samples] = *array.shape()
            && (channels > samples && samples > 0 || channels == 0)
        {
            return Err(refused(format!(
                "the array is [{channels}, {samples}]: channels come first, so that is {channels} channels of {samples} samples; transpose it if it is [samples, channels]"
            )));
        }
        let signal = &as_needed(signal)?;
        if let Ok(mono) = signal.cast::<PyArray1<f32>>() {
            return Ok(Self::Mono(mono.try_readonly()?));
        }
        if let Ok(channels) = signal.cast::<PyArray2<f32>>() {
            return Ok(Self::Channels(channels.try_readonly()?));
        }
        let copied = copied::<f64>(signal, |x| x as f32)
            .or_else(|| copied::<i16>(signal, |x| f32::from(x) / FULL_SCALE_16));
        copied.map(Self::Copied).ok_or_else(|| {
            refused(format!(
                "the samples are {}; give float32 or float64 (full scale 1.0), or int16",
                array.dtype()
            ))
        })
    }

    /// The channels, equally long.
    pub fn planes(&self) -> PyResult<Vec<&[f32]>> {
        Ok(match self {
            Self::Mono(mono) => vec![mono.as_slice()?],
            Self::Channels(array) => {
                let samples = array.shape()[1];
                let all = array.as_slice()?;
                let plane = |i: usize| &all[i * samples..(i + 1) * samples];
                (0..array.shape()[0]).map(plane).collect()
            }
            Self::Copied(planes) => planes.iter().map(Vec::as_slice).collect(),
        })
    }

    /// The one channel.
    pub fn mono(&self) -> PyResult<&[f32]> {
        match self.planes()?.as_slice() {
            [one] => Ok(one),
            several => Err(refused(format!(
                "the array has {} channels; give one, as signal[0], or their mean, as signal.mean(axis=0)",
                several.len()
            ))),
        }
    }
}

/// The array as it is taken here: one value right after the other, each where the machine reads it, in its own order of
/// bytes. numpy copies what is not so, such as fields of structured arrays; float16 become float32.
fn as_needed<'py>(signal: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let dtype = signal.getattr("dtype")?;
    let is_half = dtype.getattr("char")?.extract::<String>()? == "e";
    let signal = match (is_half, dtype.getattr("isnative")?.is_truthy()?) {
        (true, _) => &signal.call_method1("astype", ("float32",))?,
        (false, false) => {
            let own = dtype.call_method1("newbyteorder", ("=",))?;
            &signal.call_method1("astype", (own,))?
        }
        (false, true) => signal,
    };
    let flags = signal.getattr("flags")?;
    if flags.getattr("c_contiguous")?.is_truthy()? && flags.getattr("aligned")?.is_truthy()? {
        return Ok(signal.clone());
    }
    let numpy = signal.py().import("numpy")?;
    numpy.call_method1("require", (signal, signal.py().None(), "CA"))
}

/// The largest size of samples of floats, of those that are numbers; 0 of others, which cannot be beyond full scale.
#[pyfunction]
pub fn loudest(py: Python<'_>, signal: &Bound<'_, PyAny>) -> PyResult<f32> {
    let samples = Samples::of(signal)?;
    let planes = samples.planes()?;
    Ok(py.detach(|| {
        let sizes = planes.iter().flat_map(|plane| plane.iter());
        sizes.fold(0.0_f32, |most, x| match x.is_finite() {
            true => most.max(x.abs()),
            false => most,
        })
    }))
}

/// The channels of an array of this type; nothing if it is of another.
fn copied<T: numpy::Element + Copy>(
    signal: &Bound<'_, PyAny>,
    convert: impl Fn(T) -> f32,
) -> Option<Vec<Vec<f32>>> {
    if let Ok(mono) = signal.cast::<PyArray1<T>>() {
        let mono = mono.try_readonly().ok()?;
        return Some(vec![mono.as_array().iter().map(|x| convert(*x)).collect()]);
    }
    let channels = signal.cast::<PyArray2<T>>().ok()?.try_readonly().ok()?;
    let planes = channels.as_array();
    let plane = |row: numpy::ndarray::ArrayView1<'_, T>| row.iter().map(|x| convert(*x)).collect();
    Some(planes.outer_iter().map(plane).collect())
}

/// Refuses samples of one channel that a stream, which has `taken` so many, cannot take.
pub fn require_takable(
    py: Python<'_>,
    signal: &Bound<'_, PyAny>,
    rate: u32,
    taken: impl FnOnce() -> u64 + Send,
) -> PyResult<()> {
    let samples = Samples::of(signal)?;
    let samples = samples.mono()?;
    py.detach(|| require_numbers(samples, taken(), rate).map_err(refused))
}

/// Refuses samples that are no numbers; `from` is the number of the first of them.
pub fn require_numbers(samples: &[f32], from: u64, rate: u32) -> Result<(), String> {
    match samples.iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(i) => {
            let at = from + i as u64;
            Err(format!(
                "sample {at} ({:.4} s) is no number (NaN or infinite); whatever made the array is at fault",
                at as f64 / f64::from(rate.max(1))
            ))
        }
    }
}
