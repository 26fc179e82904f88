//! A whole recording at once.

use crate::descriptor::COUNT;
use crate::features::Features;
use crate::framing::Framing;
use crate::settings::Settings;
use crate::stream::Stream;

/// Extracts the 32 descriptors at one sample rate. Holds all tables and buffers, so make
/// one and use it for many recordings (one for each thread); recordings do not influence
/// each other.
pub struct Extractor {
    stream: Stream,
}

impl Extractor {
    /// For recordings at this rate, Hz, as openSMILE's eGeMAPSv01a has them.
    #[must_use]
    pub fn new(sample_rate: u32) -> Self {
        Self::with(sample_rate, Settings::default())
    }

    /// For recordings at this rate, Hz.
    #[must_use]
    pub fn with(sample_rate: u32, settings: Settings) -> Self {
        Self {
            stream: Stream::new(sample_rate, settings),
        }
    }

    /// Where this extractor's frames lie.
    #[must_use]
    pub fn framing(&self) -> &Framing {
        self.stream.framing()
    }

    /// The descriptors of a recording (full scale 1.0): one row each 10 ms, as many as
    /// [`Framing::rows`] says; no row if it is shorter than 60 ms.
    #[must_use]
    pub fn extract(&mut self, samples: &[f32]) -> Features {
        let mut values = Vec::with_capacity(self.framing().rows(samples.len()) * COUNT);
        self.stream.reset();
        self.stream
            .push(samples, &mut |row| values.extend_from_slice(row));
        self.stream.finish(&mut |row| values.extend_from_slice(row));
        Features::from_values(values)
    }
}
