//! Band-limited change of rate, by Rubato's synchronous FFT resampler.

use std::path::Path;

use audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Indexing, Resampler, WindowFunction};

use crate::{AudioError, Waveform};

/// What the resampler said, before the file is known.
#[derive(Debug, thiserror::Error)]
#[error("cannot resample from {from} Hz to {to} Hz: {detail}")]
pub struct ResampleError {
    from: u32,
    to: u32,
    detail: String,
}

impl ResampleError {
    pub(crate) fn of(self, path: &Path) -> AudioError {
        AudioError::Resample {
            path: path.to_owned(),
            from: self.from,
            to: self.to,
            detail: self.detail,
        }
    }
}

/// Frames the resampler works on at a time, at least: they set how sharp its filter is.
const CHUNK: usize = 2048;

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

/// The waveform at another rate (Hz): low-passed below the lower Nyquist frequency, no
/// delay, `ceil(len * to / from)` samples. A copy if the rate is already right.
///
/// # Errors
/// If the ratio of the rates is beyond what the resampler can build.
pub fn resample(wave: &Waveform, to: u32) -> Result<Waveform, ResampleError> {
    let mut samples = Vec::new();
    let mut stream = ResampleStream::new(wave.sample_rate(), to)?;
    stream.push(wave.samples(), &mut |block| {
        samples.extend_from_slice(block)
    })?;
    stream.finish(&mut |block| samples.extend_from_slice(block))?;
    Ok(Waveform::new(samples, to))
}

/// [`resample`] for samples that come bit by bit: flat memory, and the same bits however they
/// are cut.
pub struct ResampleStream {
    from: u32,
    to: u32,
    /// Nothing where the rate is already right.
    resampler: Option<Fft<f32>>,
    /// Samples that do not fill a chunk yet.
    pending: Vec<f32>,
    out: Vec<f32>,
    /// Output samples that are the filter's delay.
    to_trim: usize,
    /// Samples taken and given.
    taken: u64,
    given: u64,
}

impl ResampleStream {
    /// From a rate to another, both in Hz.
    ///
    /// # Errors
    /// If the ratio of the rates is beyond what the resampler can build.
    pub fn new(from: u32, to: u32) -> Result<Self, ResampleError> {
        let mut stream = Self {
            from,
            to,
            resampler: None,
            pending: Vec::new(),
            out: Vec::new(),
            to_trim: 0,
            taken: 0,
            given: 0,
        };
        if from == to {
            return Ok(stream);
        }
        // The transform covers an even number of input frames: with an odd one the filter's
        // centre falls between two samples, and the output is late by a fraction of one.
        let step = 2 * from as usize / greatest_common_divisor(from as usize, to as usize);
        let resampler = Fft::<f32>::new_custom(
            from as usize,
            to as usize,
            CHUNK.next_multiple_of(step),
            1,
            1,
            WindowFunction::BlackmanHarris2,
            FixedSync::Both,
        )
        .map_err(|e| stream.error(e.to_string()))?;
        stream.to_trim = resampler.output_delay();
        stream.out = vec![0.0; resampler.output_frames_max()];
        stream.resampler = Some(resampler);
        Ok(stream)
    }

    fn error(&self, detail: String) -> ResampleError {
        ResampleError {
            from: self.from,
            to: self.to,
            detail,
        }
    }

    /// Adds samples; gives those at the other rate that are ready to `sink`.
    ///
    /// # Errors
    /// What the resampler says; never in practice.
    pub fn push(
        &mut self,
        samples: &[f32],
        sink: &mut dyn FnMut(&[f32]),
    ) -> Result<(), ResampleError> {
        self.taken += samples.len() as u64;
        let Some(resampler) = &self.resampler else {
            sink(samples);
            return Ok(());
        };
        let chunk = resampler.input_frames_next();
        self.pending.extend_from_slice(samples);
        let mut done = 0;
        while self.pending.len() - done > chunk {
            self.chunk(done, chunk, u64::MAX, sink)?;
            done += chunk;
        }
        self.pending.drain(..done);
        Ok(())
    }

    /// Ends the recording: gives the remaining samples to `sink`, `ceil(taken * to / from)` in all.
    /// Then all is as new.
    ///
    /// # Errors
    /// What the resampler says; never in practice.
    pub fn finish(&mut self, sink: &mut dyn FnMut(&[f32])) -> Result<(), ResampleError> {
        let ended = self.rest(sink);
        (self.taken, self.given) = (0, 0);
        self.pending.clear();
        if let Some(resampler) = &mut self.resampler {
            resampler.reset();
            self.to_trim = resampler.output_delay();
        }
        ended
    }

    fn rest(&mut self, sink: &mut dyn FnMut(&[f32])) -> Result<(), ResampleError> {
        if self.resampler.is_none() {
            return Ok(());
        }
        let whole = (self.taken * u64::from(self.to)).div_ceil(u64::from(self.from));
        let rest = self.pending.len();
        if rest > 0 {
            self.chunk(0, rest, whole, sink)?;
        }
        self.pending.clear();
        while self.given < whole {
            self.chunk(0, 0, whole, sink)?;
        }
        Ok(())
    }

    /// Resamples `count` pending samples from `start`; gives at most `whole` in all.
    fn chunk(
        &mut self,
        start: usize,
        count: usize,
        whole: u64,
        sink: &mut dyn FnMut(&[f32]),
    ) -> Result<(), ResampleError> {
        let Some(resampler) = &mut self.resampler else {
            return Ok(());
        };
        let partial = (count < resampler.input_frames_next()).then_some(count);
        let indexing = Indexing {
            input_offset: 0,
            output_offset: 0,
            active_channels_mask: None,
            partial_len: partial,
        };
        let room = self.out.len();
        let result = (|| {
            let part = &self.pending[start..start + count];
            let input = InterleavedSlice::new(part, 1, count).map_err(|e| e.to_string())?;
            let mut output =
                InterleavedSlice::new_mut(&mut self.out, 1, room).map_err(|e| e.to_string())?;
            resampler
                .process_into_buffer(&input, &mut output, Some(&indexing))
                .map_err(|e| e.to_string())
        })();
        let (_, made) = result.map_err(|detail| self.error(detail))?;
        let trimmed = self.to_trim.min(made);
        self.to_trim -= trimmed;
        let left = (whole - self.given).min((made - trimmed) as u64) as usize;
        self.given += left as u64;
        sink(&self.out[trimmed..trimmed + left]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn samples_that_come_in_pieces_are_resampled_to_the_same_bits(
            from in prop::sample::select(vec![8_000_u32, 16_000, 22_050, 44_100, 48_000]),
            length in 1_usize..20_000,
            piece in 1_usize..5_000,
        ) {
            let samples: Vec<f32> = (0..length).map(|i| (i as f32 * 0.37).sin()).collect();
            let whole = resample(&Waveform::new(samples.clone(), from), 16_000)
                .map_err(|e| TestCaseError::fail(e.to_string()))?;
            prop_assert_eq!(
                whole.samples().len(),
                (length * 16_000).div_ceil(from as usize)
            );
            let mut pieces = Vec::new();
            let mut sink = |block: &[f32]| pieces.extend_from_slice(block);
            let mut stream = ResampleStream::new(from, 16_000)
                .map_err(|e| TestCaseError::fail(e.to_string()))?;
            for piece in samples.chunks(piece) {
                stream
                    .push(piece, &mut sink)
                    .map_err(|e| TestCaseError::fail(e.to_string()))?;
            }
            stream
                .finish(&mut sink)
                .map_err(|e| TestCaseError::fail(e.to_string()))?;
            prop_assert!(pieces == whole.samples());
            // A second recording knows nothing of the first.
            let mut again = Vec::new();
            let mut sink = |block: &[f32]| again.extend_from_slice(block);
            for ended in [stream.push(&samples, &mut sink), stream.finish(&mut sink)] {
                ended.map_err(|e| TestCaseError::fail(e.to_string()))?;
            }
            prop_assert!(again == whole.samples());
        }
    }
}
