//! Functionals of windows that slide over a recording.

use super::{COUNT, FunctionalStream, Set};
use crate::error::FrontEndError;

/// The functionals of the windows `k H .. k H + S` (k = 0, 1, ..) of a recording, where S is the length
/// of a window and H the hop, in samples.
///
/// Each window is a segment of its own: its functionals are those of its S samples as if they were a
/// whole recording, to the bit, and are there as soon as its last sample is. Descriptors at a window's
/// edges are not those of a stream that runs on, so each window that is open at a time (S/H of them)
/// has a stream of its own: the cost is that of the descriptors S/H times, and memory is 1.5 MB for each
/// at 16 kHz.
///
/// A last window that the recording does not fill gives nothing. Nothing is allocated after `new`.
pub struct SlidingWindows {
    window: usize,
    hop: usize,
    /// Window k is heard by stream k modulo their number.
    streams: Vec<FunctionalStream>,
    /// Samples so far.
    heard: usize,
}

impl SlidingWindows {
    /// For samples at a rate in Hz, 8,000 .. 48,000; lengths in samples.
    ///
    /// # Errors
    /// Another rate, a window shorter than 60 ms or a hop of nothing.
    pub fn new(
        sample_rate: u32,
        set: Set,
        window: usize,
        hop: usize,
    ) -> Result<Self, FrontEndError> {
        if hop == 0 {
            return Err(FrontEndError::new("hop_s", "is no sample at this rate"));
        }
        let stream = || FunctionalStream::with_room(sample_rate, set, window);
        let first = stream()?;
        if window < first.shortest() {
            let problem = "is below 0.06: the least that has functionals";
            return Err(FrontEndError::new("window_s", problem));
        }
        let mut streams = vec![first];
        for _ in 1..window.div_ceil(hop) {
            streams.push(stream()?);
        }
        Ok(Self {
            window,
            hop,
            streams,
            heard: 0,
        })
    }

    /// Windows in a recording of so many samples.
    #[must_use]
    pub fn windows(&self, samples: usize) -> usize {
        match samples.checked_sub(self.window) {
            Some(rest) => rest / self.hop + 1,
            None => 0,
        }
    }

    /// Adds samples (mono, full scale 1.0); gives the functionals of each window that is now complete
    /// to `sink`, in order.
    pub fn push(&mut self, mut samples: &[f32], sink: &mut impl FnMut(&[f32; COUNT])) {
        while !samples.is_empty() {
            // The oldest window that is not complete, and the newest that has begun.
            let oldest = self.windows(self.heard);
            let newest = self.heard / self.hop;
            let end = oldest * self.hop + self.window;
            let next = (newest + 1) * self.hop;
            let piece = samples.len().min(end.min(next) - self.heard);
            let (now, later) = samples.split_at(piece);
            let count = self.streams.len();
            for k in oldest..=newest {
                self.streams[k % count].push(now);
            }
            self.heard += piece;
            samples = later;
            if self.heard == end
                && let Some(functionals) = self.streams[oldest % count].finish()
            {
                sink(&functionals);
            }
        }
    }

    /// Forgets the recording.
    pub fn reset(&mut self) {
        self.streams.iter_mut().for_each(FunctionalStream::reset);
        self.heard = 0;
    }
}
