//! Front ends: what turns a waveform into rows of features.
//!
//! A front end is a struct of settings that implements [`FrontEnd`]; opened at a sample rate it is
//! a [`RowStream`], which takes samples as they come. The list of them stands in this file, and
//! [`FrontEndSettings`] is made from it: what is written into files, `name` first.
//!
//! To add one: a file in this folder (its settings, `impl FrontEnd`, its stream), named by a `mod`
//! below, and its line in the list. `tests/front_ends.rs` holds every front end in the list to what
//! the traits promise.

#[macro_use]
mod list;
pub mod egemaps_v01a;
pub mod egemaps_v02;
pub mod functionals;
pub mod joined;
pub mod levelled;
pub mod lld32;
pub mod logmel;
mod picked;

use std::fmt::Debug;

use serde::{Deserialize, Serialize};

pub use crate::error::FrontEndError;

front_ends! {
    Lld32 = lld32::Lld32 as "lld32",
    EgemapsV01a = egemaps_v01a::EgemapsV01a as "egemaps-v01a",
    EgemapsV02 = egemaps_v02::EgemapsV02 as "egemaps-v02",
    Functionals = functionals::Functionals as "functionals",
    LogMel = logmel::LogMel as "logmel",
    Levelled = levelled::Levelled as "levelled",
    Joined = joined::Joined as "joined",
}

/// A way to make features of a waveform, with all its settings. Whoever has the same front end
/// with the same settings has the same bits.
pub trait FrontEnd: Send + Sync + Debug {
    /// The name it is chosen by.
    fn name(&self) -> &'static str;

    /// Name and settings in a line, for people to read.
    fn words(&self) -> String;

    /// Refuses settings that no sample rate could be right for.
    ///
    /// # Errors
    /// The key at fault.
    fn check(&self) -> Result<(), FrontEndError>;

    /// Names of the columns of a row, all different. Their number depends on the settings, never
    /// on the sample rate.
    fn columns(&self) -> Vec<String>;

    /// Seconds from the start of one row to that of the next. Where that is no whole number of
    /// samples, [`Self::open`] rounds it to one. Infinite where the whole recording has one row.
    fn row_s(&self) -> f64;

    /// Seconds of audio that the first row needs: a shorter recording has no row.
    fn shortest_s(&self) -> f64;

    /// How many seconds of audio from a row's start on can be needed until that row is out of a
    /// stream, at the most; infinite where it needs the whole recording.
    fn look_ahead_s(&self) -> f64;

    /// Makes all tables and buffers for samples at a rate in Hz.
    ///
    /// # Errors
    /// Settings that [`Self::check`] refuses, or that do not suit this rate.
    fn open(&self, sample_rate: u32) -> Result<Box<dyn RowStream>, FrontEndError>;
}

/// The rows of a recording whose samples come bit by bit.
///
/// Samples are mono, full scale 1.0. Rows come out as soon as they are final, in order, and are the
/// same bits however the samples are cut into pushes. Once it is open a stream allocates nothing; one
/// whose row is of the whole recording, nothing for the first minute.
pub trait RowStream: Send {
    /// Values in a row: as many as the front end has names for.
    fn columns(&self) -> usize;

    /// Rows that a recording of so many samples gives in all.
    fn rows(&self, samples: usize) -> usize;

    /// Adds samples; gives each row that is now final to `sink`.
    fn push(&mut self, samples: &[f32], sink: &mut dyn FnMut(&[f32]));

    /// Ends the recording: gives the remaining rows to `sink`. Then all is as new.
    fn finish(&mut self, sink: &mut dyn FnMut(&[f32]));

    /// Forgets the recording; then all is as new.
    fn reset(&mut self);
}

impl Default for FrontEndSettings {
    /// `lld32`, as openSMILE has it.
    fn default() -> Self {
        Self::Lld32(lld32::Lld32::default())
    }
}

impl FrontEndSettings {
    /// The front end of this name with its default settings.
    ///
    /// # Errors
    /// There is none: the error names all there are, and the one that is spelt most like it.
    pub fn by_name(name: &str) -> Result<Self, FrontEndError> {
        if let Some(found) = Self::of_name(name) {
            return Ok(found);
        }
        let known = Self::NAMES.join(", ");
        let mut problem = format!("is `{name}`; the front ends are {known}");
        let nearest = Self::NAMES
            .iter()
            .map(|known| (strsim::jaro_winkler(name, known), known))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((likeness, known)) = nearest
            && likeness > 0.6
        {
            problem += &format!("; did you mean `{known}`?");
        }
        Err(FrontEndError::new("name", problem))
    }
}
