//! A whole recording at once.

use crate::features::Features;
use crate::front_end::{FrontEnd, FrontEndError, RowStream};
use crate::settings::Lld32;
use crate::stream::Stream;

/// Extracts features of whole recordings at one sample rate. Holds all tables and buffers, so make
/// one and use it for many recordings (one for each thread); recordings do not influence
/// each other.
pub struct Extractor {
    stream: Box<dyn RowStream>,
}

impl Extractor {
    /// The 32 descriptors of recordings at this rate, Hz, as openSMILE's eGeMAPSv01a has them.
    #[must_use]
    pub fn new(sample_rate: u32) -> Self {
        Self::with(sample_rate, Lld32::default())
    }

    /// The 32 descriptors of recordings at this rate, Hz.
    #[must_use]
    pub fn with(sample_rate: u32, settings: Lld32) -> Self {
        Self {
            stream: Box::new(Stream::new(sample_rate, settings)),
        }
    }

    /// What a front end makes of recordings at this rate, Hz.
    ///
    /// # Errors
    /// The front end's settings cannot be, or not at this rate.
    pub fn of(front_end: &dyn FrontEnd, sample_rate: u32) -> Result<Self, FrontEndError> {
        let stream = front_end.open(sample_rate)?;
        Ok(Self { stream })
    }

    /// Columns of what [`Self::extract`] gives.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.stream.columns()
    }

    /// Rows that a recording of so many samples gives.
    #[must_use]
    pub fn rows(&self, samples: usize) -> usize {
        self.stream.rows(samples)
    }

    /// The features of a recording (mono, full scale 1.0): as many rows as [`Self::rows`] says,
    /// none if it is shorter than [`FrontEnd::shortest_s`].
    #[must_use]
    pub fn extract(&mut self, samples: &[f32]) -> Features {
        let columns = self.columns();
        let mut values = Vec::with_capacity(self.rows(samples.len()) * columns);
        self.stream.reset();
        self.stream
            .push(samples, &mut |row| values.extend_from_slice(row));
        self.stream.finish(&mut |row| values.extend_from_slice(row));
        Features::from_values(columns, values)
    }
}
