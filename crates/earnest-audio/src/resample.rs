//! Band-limited change of rate, by Rubato's synchronous FFT resampler.

use std::path::Path;

use audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler, WindowFunction};

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
    let from = wave.sample_rate();
    if from == to || wave.samples().is_empty() {
        return Ok(Waveform::new(wave.samples().to_vec(), to));
    }
    let error = |detail: String| ResampleError { from, to, detail };
    let frames = wave.samples().len();
    // The transform covers an even number of input frames: with an odd one the filter's
    // centre falls between two samples, and the output is late by a fraction of one.
    let step = 2 * from as usize / greatest_common_divisor(from as usize, to as usize);
    let mut resampler = Fft::<f32>::new_custom(
        from as usize,
        to as usize,
        CHUNK.next_multiple_of(step),
        1,
        1,
        WindowFunction::BlackmanHarris2,
        FixedSync::Both,
    )
    .map_err(|e| error(e.to_string()))?;
    let input =
        InterleavedSlice::new(wave.samples(), 1, frames).map_err(|e| error(e.to_string()))?;
    let output = resampler
        .process_all(&input, frames, None)
        .map_err(|e| error(e.to_string()))?;
    let mut samples = output.take_data();
    let expected = (frames as u64 * u64::from(to)).div_ceil(u64::from(from)) as usize;
    samples.resize(expected, 0.0);
    Ok(Waveform::new(samples, to))
}
