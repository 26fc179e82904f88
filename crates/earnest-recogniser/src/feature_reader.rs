//! Features of audio files.

use std::fmt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use earnest_audio::{ResampleStream, SAMPLE_RATE};
use earnest_features::{Features, RowStream};

use crate::error::RecogniserError;

/// Makes features of audio files as a model wants them, one file after the other. Has a front
/// end's tables and buffers: make one for each thread.
pub struct FeatureReader {
    stream: Box<dyn RowStream>,
    shortest_s: f64,
    /// Samples of the last file.
    samples: u64,
}

impl FeatureReader {
    pub(crate) fn new(stream: Box<dyn RowStream>, shortest_s: f64) -> Self {
        Self {
            stream,
            shortest_s,
            samples: 0,
        }
    }

    /// How long the file that was read last is, seconds.
    #[must_use]
    pub fn length_s(&self) -> f64 {
        self.samples as f64 / f64::from(SAMPLE_RATE)
    }

    /// The features of samples of any rate (mono, full scale 1.0): the same bits as of a file that
    /// holds them. `None` if they are too short for a row.
    ///
    /// # Errors
    /// [`RecogniserError::Resample`].
    pub fn of_samples(
        &mut self,
        samples: &[f32],
        sample_rate: u32,
    ) -> Result<Option<Features>, RecogniserError> {
        let stream = &mut self.stream;
        stream.reset();
        let mut values = Vec::new();
        let mut sink = |row: &[f32]| values.extend_from_slice(row);
        let mut resampler = ResampleStream::new(sample_rate, SAMPLE_RATE)?;
        resampler.push(samples, &mut |block| stream.push(block, &mut sink))?;
        resampler.finish(&mut |block| stream.push(block, &mut sink))?;
        stream.finish(&mut sink);
        let features = Features::from_values(stream.columns(), values);
        Ok((!features.is_empty()).then_some(features))
    }

    /// The features of a file of any rate and any number of channels. No more of it is held at a
    /// time than its features.
    ///
    /// # Errors
    /// [`RecogniserError::Audio`], or [`RecogniserError::TooShort`].
    pub fn read(&mut self, path: &Path) -> Result<Features, RecogniserError> {
        let stream = &mut self.stream;
        stream.reset();
        let mut values = Vec::new();
        let mut sink = |row: &[f32]| values.extend_from_slice(row);
        let count = &mut self.samples;
        *count = 0;
        earnest_audio::read_blocks(path, None, |block| {
            *count += block.len() as u64;
            stream.push(block, &mut sink);
        })?;
        stream.finish(&mut sink);
        let features = Features::from_values(stream.columns(), values);
        match features.is_empty() {
            false => Ok(features),
            true => Err(RecogniserError::TooShort {
                path: path.to_owned(),
                shortest_s: self.shortest_s,
            }),
        }
    }

    /// The features of each channel of a file; none of a channel that is silent while another is not
    /// ([`earnest_audio::read_heard_channels`]). The file's samples are held meanwhile.
    ///
    /// # Errors
    /// As [`FeatureReader::read`].
    pub fn read_channels(&mut self, path: &Path) -> Result<Vec<Features>, RecogniserError> {
        let channels = earnest_audio::read_heard_channels(path)?;
        let lengths = channels.iter().map(|channel| channel.samples().len());
        self.samples = lengths.max().unwrap_or(0) as u64;
        let columns = self.stream.columns();
        let of_channels = channels
            .iter()
            .map(|channel| {
                let features = self.of_samples(channel.samples(), SAMPLE_RATE)?;
                Ok(features.unwrap_or_else(|| Features::from_values(columns, Vec::new())))
            })
            .collect::<Result<Vec<Features>, RecogniserError>>()?;
        match of_channels.iter().all(Features::is_empty) {
            false => Ok(of_channels),
            true => Err(RecogniserError::TooShort {
                path: path.to_owned(),
                shortest_s: self.shortest_s,
            }),
        }
    }
}

/// Readers that nobody uses for the moment. A reader has megabytes of tables and buffers, and a stream needs one for some
/// milliseconds a second: so many streams share a few.
#[derive(Default)]
pub(crate) struct SpareReaders {
    spare: Mutex<Vec<FeatureReader>>,
}

/// So many are kept: as many as a machine has threads, or nearly.
const MOST_SPARE: usize = 64;

impl SpareReaders {
    /// One that nobody uses, if there is one.
    pub fn take(&self) -> Option<FeatureReader> {
        self.spare
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
    }

    /// Gives one back.
    pub fn give(&self, reader: FeatureReader) {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < MOST_SPARE {
            spare.push(reader);
        }
    }
}

impl fmt::Debug for SpareReaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SpareReaders")
    }
}
