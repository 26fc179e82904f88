//! `functionals`: the 88 functionals of eGeMAPS ([`crate::functionals`]), one row for a whole
//! recording, or a row for each window that slides over it.

use serde::{Deserialize, Serialize};

use super::{FrontEnd, FrontEndError, RowStream};
use crate::error::{check_rate, within};
use crate::framing::LONG_S;
use crate::functionals::{COUNT, FunctionalStream, NAMES, Set, SlidingWindows};

/// Longest window, seconds.
const LONGEST_S: f64 = 600.0;

/// Most windows that can be open at a time.
const MOST_OPEN: f64 = 50.0;

/// Settings of the functionals.
///
/// ```toml
/// name = "functionals"
/// set = "egemaps-v02"   # or "egemaps-v01a"
/// window_s = 3.0        # left out: one row for the whole recording
/// hop_s = 1.0           # left out: as long as the window
/// ```
///
/// A window is a segment of its own: its row is that of its samples as if they were a whole recording
/// ([`SlidingWindows`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Functionals {
    /// Whose descriptors.
    pub set: Set,
    /// Length of a window, 0.06 .. 600 s; without, a row is of the whole recording.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_s: Option<f64>,
    /// From one window to the next, a fiftieth of `window_s` .. 600 s; without, `window_s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hop_s: Option<f64>,
}

impl Functionals {
    /// Window and hop, seconds.
    fn windows(&self) -> Option<(f64, f64)> {
        let window = self.window_s?;
        Some((window, self.hop_s.unwrap_or(window)))
    }
}

impl FrontEnd for Functionals {
    fn name(&self) -> &'static str {
        "functionals"
    }

    fn words(&self) -> String {
        let of = match self.windows() {
            None => "the whole recording".to_owned(),
            Some((window, hop)) => format!("windows of {window} s each {hop} s"),
        };
        format!("functionals: {COUNT} of {}, of {of}", self.set.name())
    }

    fn check(&self) -> Result<(), FrontEndError> {
        match self.windows() {
            Some((window, hop)) => {
                within("window_s", window, LONG_S..=LONGEST_S)?;
                within("hop_s", hop, window / MOST_OPEN..=LONGEST_S)
            }
            None if self.hop_s.is_some() => {
                let problem = "is set, but no window_s that it could be between";
                Err(FrontEndError::new("hop_s", problem))
            }
            None => Ok(()),
        }
    }

    fn columns(&self) -> Vec<String> {
        NAMES.map(String::from).to_vec()
    }

    fn row_s(&self) -> f64 {
        self.windows().map_or(f64::INFINITY, |(_, hop)| hop)
    }

    fn shortest_s(&self) -> f64 {
        self.window_s.unwrap_or(LONG_S)
    }

    fn look_ahead_s(&self) -> f64 {
        self.window_s.unwrap_or(f64::INFINITY)
    }

    fn open(&self, sample_rate: u32) -> Result<Box<dyn RowStream>, FrontEndError> {
        self.check()?;
        check_rate(sample_rate)?;
        let samples = |seconds: f64| (seconds * f64::from(sample_rate)).round() as usize;
        Ok(match self.windows() {
            None => Box::new(FunctionalStream::new(sample_rate, self.set)?),
            Some((window, hop)) => Box::new(SlidingWindows::new(
                sample_rate,
                self.set,
                samples(window),
                samples(hop),
            )?),
        })
    }
}

impl RowStream for FunctionalStream {
    fn columns(&self) -> usize {
        COUNT
    }

    fn rows(&self, samples: usize) -> usize {
        usize::from(samples >= self.shortest())
    }

    fn push(&mut self, samples: &[f32], _: &mut dyn FnMut(&[f32])) {
        Self::push(self, samples);
    }

    fn finish(&mut self, sink: &mut dyn FnMut(&[f32])) {
        if let Some(row) = Self::finish(self) {
            sink(&row);
        }
    }

    fn reset(&mut self) {
        Self::reset(self);
    }
}

impl RowStream for SlidingWindows {
    fn columns(&self) -> usize {
        COUNT
    }

    fn rows(&self, samples: usize) -> usize {
        self.windows(samples)
    }

    fn push(&mut self, samples: &[f32], sink: &mut dyn FnMut(&[f32])) {
        Self::push(self, samples, &mut |row| sink(row));
    }

    fn finish(&mut self, _: &mut dyn FnMut(&[f32])) {
        Self::reset(self);
    }

    fn reset(&mut self) {
        Self::reset(self);
    }
}
