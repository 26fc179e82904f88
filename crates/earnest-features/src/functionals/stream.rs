//! The functionals of a segment whose samples come bit by bit.

use serde::{Deserialize, Serialize};

use super::COUNT;
use super::accumulator::Accumulator;
use super::level::Level;
use crate::error::{FrontEndError, check_rate};
use crate::pitch::viterbi::Viterbi;
use crate::settings::{Lld32, Version};
use crate::stream::{Stream, WideRow};

/// A segment as long as this grows without an allocation, seconds.
const ROOM_S: usize = 60;

/// Rows that can follow those whose F0 is decided: long frames that wait, and short ones after the
/// last of them.
const AHEAD: usize = Viterbi::LONGEST_WAIT + 16;

/// Whose descriptors the functionals are of. The functionals themselves, their names and their order
/// are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Set {
    /// eGeMAPSv02, as openSMILE recommends.
    #[default]
    EgemapsV02,
    /// eGeMAPSv01a.
    EgemapsV01a,
}

impl Set {
    /// As TOML has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EgemapsV02 => "egemaps-v02",
            Self::EgemapsV01a => "egemaps-v01a",
        }
    }

    fn version(self) -> Version {
        match self {
            Self::EgemapsV02 => Version::V02,
            Self::EgemapsV01a => Version::V01a,
        }
    }
}

/// The 88 functionals of a segment that grows: at any time those of the samples so far, the same
/// bits however these were cut into pushes.
///
/// Holds all tables and buffers: make one and use it for many segments, which do not influence each
/// other. Nothing is allocated after `new` while a segment is no longer than a minute.
pub struct FunctionalStream {
    stream: Stream,
    accumulator: Accumulator,
    level: Level,
    /// Samples from the beginning, as long as the F0 of no frame is decided.
    beginning: Vec<f32>,
    ahead: Vec<WideRow>,
}

impl FunctionalStream {
    /// For samples at a rate in Hz, 8,000 .. 48,000.
    ///
    /// # Errors
    /// Another rate.
    pub fn new(sample_rate: u32, set: Set) -> Result<Self, FrontEndError> {
        Self::with_room(sample_rate, set, ROOM_S * sample_rate as usize)
    }

    /// With room for segments of so many samples without an allocation.
    pub(crate) fn with_room(
        sample_rate: u32,
        set: Set,
        samples: usize,
    ) -> Result<Self, FrontEndError> {
        check_rate(sample_rate)?;
        let stream = Stream::of_version(sample_rate, Lld32::default(), set.version());
        let framing = *stream.framing();
        let rows = framing.frames(samples, framing.short) + 1;
        Ok(Self {
            accumulator: Accumulator::with_capacity(rows),
            level: Level::new(&framing),
            beginning: Vec::with_capacity(framing.long + AHEAD * framing.hop),
            ahead: Vec::with_capacity(AHEAD),
            stream,
        })
    }

    /// Adds samples (mono, full scale 1.0) to the segment.
    pub fn push(&mut self, mut samples: &[f32]) {
        self.level.push(samples);
        // In small pieces while the beginning must be kept, so that little of it is.
        while self.accumulator.rows() == 0 && !samples.is_empty() {
            let piece = samples.len().min(self.stream.framing().hop);
            let (now, later) = samples.split_at(piece);
            self.beginning.extend_from_slice(now);
            self.push_rows(now);
            samples = later;
        }
        self.push_rows(samples);
    }

    fn push_rows(&mut self, samples: &[f32]) {
        let accumulator = &mut self.accumulator;
        self.stream
            .push_raw(samples, &mut |row| accumulator.push(row));
    }

    /// The functionals of the samples so far, as if the segment ended here, in the order of
    /// [`super::NAMES`]; none if there are less than 60 ms. The segment can go on.
    pub fn functionals(&mut self) -> Option<[f32; COUNT]> {
        if self.stream.frames() == 0 {
            return None;
        }
        let level_db = self.level.decibels();
        let mut ahead = std::mem::take(&mut self.ahead);
        ahead.clear();
        self.stream.ahead(&mut |row| ahead.push(*row));
        let functionals = if self.accumulator.rows() > 0 {
            self.accumulator.functionals(&ahead, level_db)
        } else {
            self.of_beginning(&mut ahead, level_db)
        };
        self.ahead = ahead;
        Some(functionals)
    }

    /// The functionals while the F0 of no frame is decided; `short` are the rows so far. All rows
    /// must be finished for them, so the segment is begun anew afterwards.
    fn of_beginning(&mut self, short: &mut Vec<WideRow>, level_db: f64) -> [f32; COUNT] {
        let shorts = short.len();
        self.stream.finish_raw(&mut |row| short.push(*row));
        let (short, long) = short.split_at(shorts);
        let functionals = self.accumulator.of_undecided(short, long, level_db);
        let beginning = std::mem::take(&mut self.beginning);
        self.push_rows(&beginning);
        self.beginning = beginning;
        functionals
    }

    /// [`Self::functionals`]; then all is as new.
    pub fn finish(&mut self) -> Option<[f32; COUNT]> {
        let functionals = self.functionals();
        self.reset();
        functionals
    }

    /// The functionals of a whole segment (a slice of a recording from its start to its end); none if
    /// it is shorter than 60 ms. Then all is as new.
    pub fn of(&mut self, samples: &[f32]) -> Option<[f32; COUNT]> {
        self.reset();
        self.push(samples);
        self.finish()
    }

    /// Forgets the segment.
    pub fn reset(&mut self) {
        self.stream.reset();
        self.accumulator.reset();
        self.level.reset();
        self.beginning.clear();
    }

    /// Samples of the shortest segment that has functionals: 60 ms.
    #[must_use]
    pub fn shortest(&self) -> usize {
        self.stream.framing().long
    }
}
