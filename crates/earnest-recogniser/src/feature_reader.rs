//! Features of audio files.

use std::path::Path;

use earnest_features::{Features, RowStream};

use crate::error::RecogniserError;

/// Makes features of audio files as a model wants them, one file after the other. Has a front
/// end's tables and buffers: make one for each thread.
pub struct FeatureReader {
    stream: Box<dyn RowStream>,
    shortest_s: f64,
}

impl FeatureReader {
    pub(crate) fn new(stream: Box<dyn RowStream>, shortest_s: f64) -> Self {
        Self { stream, shortest_s }
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
        earnest_audio::read_blocks(path, None, |block| stream.push(block, &mut sink))?;
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
}
