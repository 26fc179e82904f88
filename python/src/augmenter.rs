//! A chain of transforms with the sounds that it draws from.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use earnest_augment::{Augmenter as Inner, Chain, Drawn};
use earnest_corpus::ContentIndex;
use earnest_experiment::{Folders, Notice, Observer, SourceSpec};
use earnest_random::Key;
use numpy::{PyArray1, ToPyArray};
use pyo3::prelude::*;

use crate::errors::{raised, refused};
use crate::parts::resampled;
use crate::pool;
use crate::rates::require_rate;
use crate::samples::{Samples, require_numbers};

/// Samples, and what was drawn for them: as JSON, and in words.
type Presented<'py> = (Bound<'py, PyArray1<f32>>, Vec<(String, String)>);

/// Keeps what a person should know of the sounds.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Observer for Notes {
    fn event(&self, event: Notice<'_>) {
        if let Notice::Warning(text) = event {
            let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            notes.push(text.to_owned());
        }
    }
}

/// Draws from a chain and does what was drawn. Calls of several threads wait for each other.
#[pyclass(frozen, module = "earnest._earnest")]
pub struct Augmenter {
    inner: Mutex<Inner>,
    chain: Chain,
    warnings: Vec<String>,
}

#[pymethods]
impl Augmenter {
    /// A chain by its name (`paper`, `robust`) or as the text of a TOML file; folders of noises and rooms,
    /// or the built-in synthetic ones.
    #[new]
    fn new(
        py: Python<'_>,
        chain: &str,
        noises: Vec<PathBuf>,
        rooms: Vec<PathBuf>,
    ) -> PyResult<Self> {
        let chain = match Chain::built_in(chain) {
            Some(built_in) => Ok(built_in),
            None => Chain::from_toml(chain),
        };
        let chain = chain.map_err(|e| refused(format!("the chain cannot be used: {e}")))?;
        for (given, name, what) in [
            (!noises.is_empty(), "noise", "noises"),
            (!rooms.is_empty(), "room", "rooms"),
        ] {
            if given && !chain.has(name) {
                return Err(refused(format!(
                    "{what} has no effect: no step of the chain has transform = \"{name}\"; leave it out, or add such a step"
                )));
            }
        }
        let notes = Notes::default();
        let spec = SourceSpec {
            noise: Folders(noises),
            rooms: Folders(rooms),
            ..SourceSpec::default()
        };
        let pool = pool::of(None)?;
        let sources = py.detach(|| {
            pool.install(|| {
                spec.choose_for_training(&ContentIndex::of_user(), &notes)?
                    .load(&notes)
            })
        });
        let sources = sources.map_err(|e| raised(&e))?.training;
        Ok(Self {
            inner: Mutex::new(Inner::new(chain.clone(), sources)),
            chain,
            warnings: notes.0.into_inner().unwrap_or_else(PoisonError::into_inner),
        })
    }

    /// The chain as TOML, every key written out.
    #[getter]
    fn chain(&self) -> PyResult<String> {
        toml::to_string(&self.chain)
            .map_err(|e| refused(format!("the chain cannot be written: {e}")))
    }

    /// What a person should know of the sounds.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }

    /// One presentation: samples at 16 kHz, and what was drawn, as JSON and in words. The key is that of
    /// `earnest augment`, whose presentations count from 1.
    fn apply<'py>(
        &self,
        py: Python<'py>,
        signal: &Bound<'py, PyAny>,
        sampling_rate: u32,
        seed: u64,
        key: &str,
        presentation: u64,
    ) -> PyResult<Presented<'py>> {
        require_rate(sampling_rate)?;
        let samples = Samples::of(signal)?;
        let samples = samples.mono()?;
        let made: PyResult<(Vec<f32>, Vec<Drawn>)> = py.detach(|| {
            require_numbers(samples, 0, sampling_rate).map_err(refused)?;
            if samples.is_empty() {
                return Err(refused("there are no samples to augment"));
            }
            let own;
            let speech = match sampling_rate {
                earnest_audio::SAMPLE_RATE => samples,
                other => {
                    own = resampled(
                        samples,
                        other,
                        earnest_audio::SAMPLE_RATE,
                        &AtomicBool::new(false),
                    )?;
                    &own
                }
            };
            let key = Key::new(seed).with("augment").with(key).with(presentation);
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            inner.apply(speech, &key).map_err(|e| raised(&e))
        });
        let (samples, drawn) = made?;
        let log = drawn.iter().map(|drawn| {
            let json = serde_json::to_string(drawn)
                .map_err(|e| refused(format!("what was drawn cannot be written: {e}")))?;
            Ok((json, drawn.to_string()))
        });
        let log = log.collect::<PyResult<_>>()?;
        // An array that takes an allocation over cannot be resized in place; one of its own can.
        Ok((samples.to_pyarray(py), log))
    }
}

/// A file as training hears it: the mean of its channels at 16 kHz.
#[pyfunction]
pub fn read_audio(py: Python<'_>, file: PathBuf) -> PyResult<Bound<'_, PyArray1<f32>>> {
    let wave = py.detach(|| earnest_audio::read(&file));
    let wave = wave.map_err(|e| raised(&e))?;
    Ok(wave.samples().to_pyarray(py))
}
