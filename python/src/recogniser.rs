//! A model that is given files, arrays, or samples as they come.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use earnest_features::Features;
use earnest_recogniser::{Answer, FeatureReader, Recogniser as Inner, RecogniserError};
use earnest_recogniser::{RecogniserStream as InnerStream, Segmentation};
use pyo3::prelude::*;
use rayon::prelude::*;

use crate::errors::{raised, refused};
use crate::pool::{self, Lease};
use crate::rates::require_rate;
use crate::samples::{Samples, require_numbers, require_takable};

/// Files whose features are held at a time.
const AT_ONCE: usize = 64;

/// All utterances of a call count as one speaker's, to a model that adapts to speakers.
const SPEAKER: &str = "";

/// An answer: its values, where it begins and ends (seconds), and whether all rows of features were the
/// same, as those of silence are.
type Told = (Vec<f32>, f64, f64, bool);

/// A model with its front end.
#[pyclass(frozen, module = "earnest._earnest")]
pub struct Recogniser {
    inner: Inner,
}

/// Features of one recording, and its length in seconds.
type Heard = (Features, f64);

/// Of some files, on some threads; of several that cannot be read, the first is the error.
fn hear(inner: &Inner, files: &[PathBuf], pool: &Lease) -> Result<Vec<Heard>, RecogniserError> {
    let read = |reader: &mut Option<FeatureReader>, file: &PathBuf| {
        let reader = match reader {
            Some(reader) => reader,
            none => none.insert(inner.reader()?),
        };
        let features = reader.read(file)?;
        Ok((features, reader.length_s()))
    };
    let heard: Vec<Result<Heard, RecogniserError>> =
        pool.install(|| files.par_iter().map_init(|| None, read).collect());
    heard.into_iter().collect()
}

impl Recogniser {
    fn answers(&self, files: &[PathBuf], pool: &Lease) -> PyResult<Vec<Told>> {
        let inner = &self.inner;
        // A front end that cannot be opened is one error and not one a file.
        drop(inner.reader().map_err(|e| raised(&e))?);
        let mut listener = inner.listener();
        if listener.needs_all() {
            for files in files.chunks(AT_ONCE) {
                let heard = hear(inner, files, pool).map_err(|e| raised(&e))?;
                for (features, _) in &heard {
                    listener.hear_of(features, SPEAKER);
                }
                Python::attach(|py| py.check_signals())?;
            }
        }
        let mut told = Vec::with_capacity(files.len());
        for files in files.chunks(AT_ONCE) {
            let heard = hear(inner, files, pool).map_err(|e| raised(&e))?;
            let features: Vec<&Features> = heard.iter().map(|(features, _)| features).collect();
            let speakers = vec![SPEAKER; features.len()];
            let answers = pool
                .install(|| inner.answers(&mut listener, &features, &speakers))
                .map_err(|e| raised(&e.naming(|i| files[i].display().to_string())))?;
            for (values, (features, length_s)) in answers.into_iter().zip(&heard) {
                told.push((values, 0.0, *length_s, features.never_change()));
            }
            // So that a person can stop it between two groups.
            Python::attach(|py| py.check_signals())?;
        }
        Ok(told)
    }
}

#[pymethods]
impl Recogniser {
    /// The model in a folder; the built-in starter without.
    #[staticmethod]
    #[pyo3(signature = (folder=None))]
    fn load(py: Python<'_>, folder: Option<PathBuf>) -> PyResult<Self> {
        let inner = py.detach(|| match folder {
            Some(folder) => Inner::load(&folder),
            None => Inner::starter(),
        });
        Ok(Self {
            inner: inner.map_err(|e| raised(&e))?,
        })
    }

    /// What the model says of itself, as its `model.json` has it.
    #[getter]
    fn description(&self) -> PyResult<String> {
        serde_json::to_string(self.inner.description())
            .map_err(|e| refused(format!("the model's description cannot be written: {e}")))
    }

    /// What it was trained with, in words.
    #[getter]
    fn title(&self) -> String {
        self.inner.description().recipe.title().to_owned()
    }

    /// The probability below which an answer is uncertain, exactly; none if the model has no such
    /// threshold.
    #[getter]
    fn uncertain_below(&self) -> Option<f64> {
        self.inner.uncertain_below().map(f64::from)
    }

    /// Answers to files, in their order.
    #[pyo3(signature = (files, threads=None))]
    fn of_files(
        &self,
        py: Python<'_>,
        files: Vec<PathBuf>,
        threads: Option<usize>,
    ) -> PyResult<Vec<Told>> {
        let pool = pool::of(threads)?;
        py.detach(|| self.answers(&files, &pool))
    }

    /// The answer to a signal.
    fn of_signal(
        &self,
        py: Python<'_>,
        signal: &Bound<'_, PyAny>,
        sampling_rate: u32,
    ) -> PyResult<Told> {
        require_rate(sampling_rate)?;
        let samples = Samples::of(signal)?;
        let samples = samples.mono()?;
        let pool = pool::of(Some(1))?;
        py.detach(|| {
            require_numbers(samples, 0, sampling_rate).map_err(refused)?;
            let length_s = samples.len() as f64 / f64::from(sampling_rate);
            let answer = || {
                let mut reader = self.inner.reader()?;
                let Some(features) = reader.of_samples(samples, sampling_rate)? else {
                    return Ok(None);
                };
                let mut listener = self.inner.listener();
                if listener.needs_all() {
                    listener.hear_of(&features, SPEAKER);
                }
                let answers = self.inner.answers(&mut listener, &[&features], &[SPEAKER])?;
                Ok(answers.into_iter().next().map(|values| (values, features)))
            };
            let answer: Result<_, RecogniserError> = pool.install(answer);
            match answer.map_err(|e| raised(&e))? {
                Some((values, features)) => Ok((values, 0.0, length_s, features.never_change())),
                None => Err(refused(format!(
                    "the signal lasts {length_s:.3} s, which is too short for a row of the model's features; give at least {:.3} s",
                    self.inner.front_end().map_err(|e| raised(&e))?.shortest_s()
                ))),
            }
        })
    }

    /// Begins to hear samples as they come: windows of `length_s` every `step_s`, or all together.
    #[pyo3(signature = (sampling_rate, windows=None))]
    fn stream(
        &self,
        sampling_rate: u32,
        windows: Option<(f64, f64)>,
    ) -> PyResult<RecogniserStream> {
        require_rate(sampling_rate)?;
        let segmentation = match windows {
            Some((length_s, step_s)) => Segmentation::Windows { length_s, step_s },
            None => Segmentation::Whole,
        };
        let stream = self.inner.stream(sampling_rate, segmentation);
        Ok(RecogniserStream {
            state: Mutex::new(State {
                stream: stream.map_err(|e| raised(&e))?,
                taken: 0,
            }),
            rate: sampling_rate,
        })
    }
}

struct State {
    stream: InnerStream,
    /// Samples taken since the recording began.
    taken: u64,
}

/// A model that hears samples as they come. Calls of several threads wait for each other.
#[pyclass(frozen, module = "earnest._earnest")]
pub struct RecogniserStream {
    state: Mutex<State>,
    rate: u32,
}

/// An answer of a stream: its values, where it begins and ends (seconds).
fn told(answer: Answer) -> (Vec<f32>, f64, f64) {
    (answer.values, answer.start_s, answer.end_s)
}

#[pymethods]
impl RecogniserStream {
    /// Refuses samples that cannot be taken; takes none.
    fn check(&self, py: Python<'_>, signal: &Bound<'_, PyAny>) -> PyResult<()> {
        require_takable(py, signal, self.rate, || {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.taken
        })
    }

    /// Takes samples; gives the answers that are now possible.
    fn push(
        &self,
        py: Python<'_>,
        signal: &Bound<'_, PyAny>,
    ) -> PyResult<Vec<(Vec<f32>, f64, f64)>> {
        let samples = Samples::of(signal)?;
        let samples = samples.mono()?;
        let pool = pool::of(Some(1))?;
        py.detach(|| {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            require_numbers(samples, state.taken, self.rate).map_err(refused)?;
            let mut answers = Vec::new();
            let mut sink = |answer| answers.push(told(answer));
            let stream = &mut state.stream;
            let pushed = pool.install(|| stream.push(samples, &mut sink));
            pushed.map_err(|e| raised(&e))?;
            state.taken += samples.len() as u64;
            Ok(answers)
        })
    }

    /// Ends the recording; gives the answers that are left. Then all is as new.
    fn finish(&self, py: Python<'_>) -> PyResult<Vec<(Vec<f32>, f64, f64)>> {
        let pool = pool::of(Some(1))?;
        py.detach(|| {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let mut answers = Vec::new();
            let mut sink = |answer| answers.push(told(answer));
            let stream = &mut state.stream;
            let finished = pool.install(|| stream.finish(&mut sink));
            finished.map_err(|e| raised(&e))?;
            state.taken = 0;
            Ok(answers)
        })
    }
}
