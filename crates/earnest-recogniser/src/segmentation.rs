//! Which stretches of a stream are answered.

use crate::error::RecogniserError;

/// Which stretches of a stream are answered. (Voice activity, which finds the stretches of speech
/// by itself, will be one more way.)
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Segmentation {
    /// All of it together, when it ends. Features of the whole are held: with `lld32` 46 MB an hour.
    #[default]
    Whole,
    /// Windows of this length, one every so often, as soon as each is complete; and what is left
    /// at the end. Nothing more than a window is held. A model whose features are made of a recording as a whole
    /// (functionals, levelled waveforms) hears each window as a recording of its own.
    Windows {
        /// Seconds that a window is long.
        length_s: f64,
        /// Seconds from the start of one to that of the next; at most the length.
        step_s: f64,
    },
}

/// The longest window, seconds.
const LONGEST_S: f64 = 3600.0;

impl Segmentation {
    /// The seconds of a window and from one to the next; nothing for the whole.
    fn seconds(self) -> Result<Option<(f64, f64)>, RecogniserError> {
        let Self::Windows { length_s, step_s } = self else {
            return Ok(None);
        };
        if !(length_s > 0.0 && length_s <= LONGEST_S && step_s > 0.0 && step_s <= length_s) {
            return Err(RecogniserError::Segmentation(format!(
                "windows of {length_s} s every {step_s} s cannot be answered: a window is more than 0 and at most {LONGEST_S} s long, and the next begins more than 0 s and at most its length later"
            )));
        }
        Ok(Some((length_s, step_s)))
    }

    /// Rows of a window and from one to the next, with so many seconds from row to row; nothing
    /// for the whole.
    pub(crate) fn rows(self, row_s: f64) -> Result<Option<(usize, usize)>, RecogniserError> {
        let rows = |seconds: f64| ((seconds / row_s).round() as usize).max(1);
        let windows = self.seconds()?;
        Ok(windows.map(|(length_s, step_s)| (rows(length_s), rows(step_s))))
    }

    /// Samples of a window and from one to the next, of which each must be long enough for a row; nothing for the whole.
    pub(crate) fn samples(
        self,
        sample_rate: u32,
        shortest_s: f64,
    ) -> Result<Option<(usize, usize)>, RecogniserError> {
        let Some((length_s, step_s)) = self.seconds()? else {
            return Ok(None);
        };
        if length_s < shortest_s {
            return Err(RecogniserError::Segmentation(format!(
                "windows of {length_s} s are too short for this model: its features need {shortest_s} s"
            )));
        }
        let samples = |seconds: f64| ((seconds * f64::from(sample_rate)).round() as usize).max(1);
        Ok(Some((samples(length_s), samples(step_s))))
    }
}
