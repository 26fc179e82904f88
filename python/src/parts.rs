//! Features of parts of recordings: a recording is decoded once, whatever is cut out of it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use earnest_audio::{AudioError, ResampleStream};
use earnest_features::{FrontEnd, RowStream};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use rayon::prelude::*;

use crate::channels::Channels;
use crate::errors::{raised, refused};
use crate::picked::Picked;
use crate::pool::Lease;
use crate::samples::require_numbers;

/// Samples that are worked on before it is asked again whether anybody still waits for them.
const PIECE: usize = 1 << 16;

/// From a moment to another, nanoseconds as pandas counts them. Without an end, to the recording's.
#[derive(Clone, Copy, Debug, FromPyObject)]
pub struct Moments(pub i64, pub Option<i64>);

/// How moments become samples. Both are opensmile-python's, found by what it answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// Start and end, each to the nearest sample: of signals.
    Ends,
    /// The start, and the length from there on: of files.
    StartAndLength,
}

impl Moments {
    /// The samples between them, as many of them as there are.
    fn samples(self, rate: u32, length: usize, rounding: Rounding) -> Range<usize> {
        let samples = |ns: i64| (ns as f64 / 1e9 * f64::from(rate)).round_ties_even() as usize;
        let Self(start_ns, end_ns) = self;
        let start = samples(start_ns).min(length);
        let end = end_ns.map_or(length, |end_ns| match rounding {
            Rounding::Ends => samples(end_ns),
            Rounding::StartAndLength => start.saturating_add(samples(end_ns - start_ns)),
        });
        start..end.clamp(start, length)
    }
}

/// At which rate features are made.
#[derive(Clone, Copy, Debug, FromPyObject)]
#[pyo3(from_item_all)]
pub struct Rate {
    /// The rate that is wanted; a recording's own without.
    pub sampling_rate: Option<u32>,
    /// True if others are brought to it.
    pub resample: bool,
}

/// Why there are no features of a recording.
pub enum Trouble {
    /// Its file.
    Audio(AudioError),
    /// Its rate is not the one that was asked for.
    Rate(String),
    /// Anything else.
    Refused(String),
}

impl From<Trouble> for PyErr {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Audio(error) => raised(&error),
            Trouble::Rate(sentence) => PyRuntimeError::new_err(sentence),
            Trouble::Refused(sentence) => refused(sentence),
        }
    }
}

/// What parts of one recording came to.
struct Made {
    /// Rows of all parts, one after the other.
    values: Vec<f32>,
    /// Rows of each part.
    rows: Vec<usize>,
    /// At which rate they were made, Hz.
    rate: u32,
    /// The recording's own rate, Hz.
    own_rate: u32,
    /// How many samples the whole recording has.
    length: usize,
}

/// What parts of recordings came to: all rows one after the other, and for each part its number of rows,
/// the rate at which they were made (Hz), and the own rate and number of samples of its recording.
#[derive(Default)]
pub struct Extracted {
    pub values: Vec<f32>,
    pub rows: Vec<usize>,
    pub rates: Vec<u32>,
    pub own_rates: Vec<u32>,
    pub lengths: Vec<usize>,
}

impl Extracted {
    fn add(&mut self, made: Made) {
        match self.values.is_empty() {
            true => self.values = made.values,
            false => self.values.extend(made.values),
        }
        let parts = made.rows.len();
        self.rows.extend(made.rows);
        self.rates.extend(std::iter::repeat_n(made.rate, parts));
        self.own_rates
            .extend(std::iter::repeat_n(made.own_rate, parts));
        self.lengths.extend(std::iter::repeat_n(made.length, parts));
    }
}

/// A recording in memory.
struct Recording<'a> {
    planes: Vec<Cow<'a, [f32]>>,
    rate: u32,
}

/// Streams of a front end by rate, a set for each thread.
type Streams = Vec<Mutex<HashMap<u32, Box<dyn RowStream>>>>;

/// Makes features of parts of recordings on some threads.
pub struct Extraction<'a> {
    pub front_end: &'a dyn FrontEnd,
    pub picked: &'a Picked,
    /// How many of a row's values are wanted.
    pub columns: usize,
    pub channels: &'a Channels,
    pub rate: Rate,
    pub pool: &'a Lease,
}

impl Extraction<'_> {
    fn streams(&self) -> Streams {
        (0..self.pool.threads()).map(|_| Mutex::default()).collect()
    }

    /// Of parts of files; parts of one file that follow each other decode it once. The same bits on
    /// any number of threads, and of several files that cannot be read the first is the error.
    pub fn of_files(
        &self,
        parts: &[(&Path, Moments)],
        stop: &AtomicBool,
    ) -> Result<Extracted, Trouble> {
        let streams = self.streams();
        let groups: Vec<&[(&Path, Moments)]> = parts.chunk_by(|a, b| a.0 == b.0).collect();
        let one = |group: &&[(&Path, Moments)]| {
            let Some((path, _)) = group.first() else {
                return Err(Trouble::Refused("no part of a file was asked for".into()));
            };
            require_going_on(stop)?;
            let recording = self.decoded(path)?;
            let moments: Vec<Moments> = group.iter().map(|(_, moments)| *moments).collect();
            self.of_recording(
                &recording,
                &moments,
                Rounding::StartAndLength,
                &streams,
                stop,
            )
            .map_err(|trouble| trouble.of(path))
        };
        let made: Vec<Result<Made, Trouble>> = self
            .pool
            .install(|| groups.par_iter().with_max_len(1).map(one).collect());
        let mut all = Extracted::default();
        for made in made {
            all.add(made?);
        }
        Ok(all)
    }

    /// Of parts of a signal. Stops, with an error, soon after it is told to.
    pub fn of_signal(
        &self,
        planes: &[&[f32]],
        rate: u32,
        parts: &[Moments],
        stop: &AtomicBool,
    ) -> Result<Extracted, Trouble> {
        for plane in planes {
            require_numbers(plane, 0, rate).map_err(Trouble::Refused)?;
        }
        let planes = self.channels.of(planes).map_err(Trouble::Refused)?;
        let recording = Recording { planes, rate };
        let streams = self.streams();
        let made = self
            .pool
            .install(|| self.of_recording(&recording, parts, Rounding::Ends, &streams, stop));
        let mut all = Extracted::default();
        all.add(made?);
        Ok(all)
    }

    /// The channels of a file that are heard.
    fn decoded(&self, path: &Path) -> Result<Recording<'static>, Trouble> {
        let recording = earnest_audio::decode(path).map_err(Trouble::Audio)?;
        let planes: Vec<&[f32]> = recording.channels.iter().map(Vec::as_slice).collect();
        let chosen = self
            .channels
            .of(&planes)
            .map_err(|e| Trouble::Refused(format!("audio file {}: {e}", path.display())))?;
        Ok(Recording {
            planes: chosen
                .into_iter()
                .map(|plane| Cow::Owned(plane.into_owned()))
                .collect(),
            rate: recording.sample_rate,
        })
    }

    fn of_recording(
        &self,
        recording: &Recording<'_>,
        parts: &[Moments],
        rounding: Rounding,
        streams: &Streams,
        stop: &AtomicBool,
    ) -> Result<Made, Trouble> {
        let own = recording.rate;
        let rate = match self.rate.sampling_rate {
            Some(wanted) if wanted != own && !self.rate.resample => {
                return Err(Trouble::Rate(format!(
                    "its sample rate is {own} Hz, and sampling_rate={wanted} was asked for; resample=True brings it to that rate"
                )));
            }
            Some(wanted) => wanted,
            None => own,
        };
        let length = recording.planes.first().map_or(0, |plane| plane.len());
        let one = |moments: &Moments| {
            let cut = moments.samples(own, length, rounding);
            let planes = recording.planes.iter().map(|plane| &plane[cut.clone()]);
            let planes: Vec<Cow<'_, [f32]>> = match own == rate {
                true => planes.map(Cow::Borrowed).collect(),
                false => planes
                    .map(|plane| resampled(plane, own, rate, stop).map(Cow::Owned))
                    .collect::<Result<_, _>>()?,
            };
            self.of_part(&planes, rate, streams, stop)
        };
        let made: Vec<Result<(Vec<f32>, usize), Trouble>> = match parts {
            [part] => vec![one(part)],
            parts => parts.par_iter().map(one).collect(),
        };
        let (mut values, mut rows) = (Vec::new(), Vec::with_capacity(parts.len()));
        for made in made {
            let (of_part, count) = made?;
            match values.is_empty() {
                true => values = of_part,
                false => values.extend(of_part),
            }
            rows.push(count);
        }
        Ok(Made {
            values,
            rows,
            rate,
            own_rate: own,
            length,
        })
    }

    /// The rows of some channels' samples, a channel beside the other.
    fn of_part(
        &self,
        planes: &[Cow<'_, [f32]>],
        rate: u32,
        streams: &Streams,
        stop: &AtomicBool,
    ) -> Result<(Vec<f32>, usize), Trouble> {
        // Nothing below hands work to the pool, so whoever holds these cannot be made to wait for them.
        let own = rayon::current_thread_index().unwrap_or(0);
        let mut streams = match streams.get(own).or(streams.first()) {
            Some(streams) => streams.lock().unwrap_or_else(PoisonError::into_inner),
            None => return Err(Trouble::Refused("there is no thread to work on".into())),
        };
        let stream = match streams.entry(rate) {
            std::collections::hash_map::Entry::Occupied(open) => open.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                let stream = self.front_end.open(rate).map_err(|e| {
                    Trouble::Refused(format!(
                        "features cannot be made at {rate} Hz: {e}; sampling_rate=16000 with resample=True brings it to 16000 Hz"
                    ))
                })?;
                place.insert(stream)
            }
        };
        let columns = self.columns;
        let mut channels = planes.iter().map(|plane| {
            let mut values = Vec::with_capacity(stream.rows(plane.len()) * columns);
            let mut sink = |row: &[f32]| self.picked.add(row, &mut values);
            stream.reset();
            for piece in plane.chunks(PIECE) {
                require_going_on(stop)?;
                stream.push(piece, &mut sink);
            }
            stream.finish(&mut sink);
            Ok(values)
        });
        let Some(first) = channels.next().transpose()? else {
            return Ok((Vec::new(), 0));
        };
        let rest: Vec<Vec<f32>> = channels.collect::<Result<_, Trouble>>()?;
        let rows = first.len() / columns.max(1);
        if rest.is_empty() {
            return Ok((first, rows));
        }
        let mut all = Vec::with_capacity(first.len() * planes.len());
        for row in 0..rows {
            let place = row * columns..(row + 1) * columns;
            all.extend_from_slice(&first[place.clone()]);
            for channel in &rest {
                all.extend_from_slice(&channel[place.clone()]);
            }
        }
        Ok((all, rows))
    }
}

impl Trouble {
    /// The same, of this file.
    fn of(self, path: &Path) -> Self {
        let named = |sentence: String| format!("audio file {}: {sentence}", path.display());
        match self {
            Self::Rate(sentence) => Self::Rate(named(sentence)),
            Self::Refused(sentence) => Self::Refused(named(sentence)),
            audio @ Self::Audio(_) => audio,
        }
    }
}

/// Samples at another rate.
pub fn resampled(
    samples: &[f32],
    from: u32,
    to: u32,
    stop: &AtomicBool,
) -> Result<Vec<f32>, Trouble> {
    let failed = |e: earnest_audio::ResampleError| Trouble::Refused(e.to_string());
    let mut out = Vec::new();
    let mut stream = ResampleStream::new(from, to).map_err(failed)?;
    for piece in samples.chunks(PIECE) {
        require_going_on(stop)?;
        stream
            .push(piece, &mut |block| out.extend_from_slice(block))
            .map_err(failed)?;
    }
    stream
        .finish(&mut |block| out.extend_from_slice(block))
        .map_err(failed)?;
    Ok(out)
}

/// An error as soon as nobody waits for the work any more. Nobody reads it: whoever stopped the work has an error already.
fn require_going_on(stop: &AtomicBool) -> Result<(), Trouble> {
    match stop.load(Ordering::Relaxed) {
        false => Ok(()),
        true => Err(Trouble::Refused("the work was interrupted".into())),
    }
}
