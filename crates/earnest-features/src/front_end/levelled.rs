//! `levelled`: another front end, which is given waveforms whose active speech has one level.

use earnest_level::{active_level_frames, set_active_level};
use serde::{Deserialize, Serialize};

use super::functionals::Functionals;
use super::{FrontEnd, FrontEndError, FrontEndSettings, RowStream};
use crate::error::within;

/// Recordings of up to this length are held without allocating, s.
const ROOM_S: usize = 60;

/// Settings of `levelled`.
///
/// ```toml
/// name = "levelled"
/// level_db = -20.0              # of active speech, dB below a full-scale square
/// of = { name = "functionals" } # whose features are made then
/// ```
///
/// A recording, or a segment, is multiplied by one number, so that its level of active speech, the 95th
/// percentile of the levels of its frames of 25 ms ([`earnest_level::active_level_db`]), is `level_db`; one that
/// is digital silence stays as it is, and none is amplified by more than 100 dB. How loud a voice arrives says more about microphone and distance than about
/// emotion, and what follows loudness as a curve (the loudness of eGeMAPS, a floor of log energies) cannot be
/// made independent of it afterwards. The whole recording must be there first, so no row is out before
/// its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Levelled {
    /// The level that active speech is brought to, -60 .. 0 dB below a full-scale square.
    pub level_db: f64,
    /// The front end that is given the waveform then.
    pub of: Box<FrontEndSettings>,
}

impl Default for Levelled {
    fn default() -> Self {
        Self {
            level_db: -20.0,
            of: Box::new(Functionals::default().into()),
        }
    }
}

impl FrontEnd for Levelled {
    fn name(&self) -> &'static str {
        "levelled"
    }

    fn words(&self) -> String {
        let of = self.of.as_front_end().words();
        format!("levelled to {} dB: {of}", self.level_db)
    }

    fn check(&self) -> Result<(), FrontEndError> {
        within("level_db", self.level_db, -60.0..=0.0)?;
        if matches!(*self.of, FrontEndSettings::Levelled(_)) {
            let problem = "is `levelled`, which would be levelled twice; name the front end itself";
            return Err(FrontEndError::new("of.name", problem));
        }
        let inner = self.of.as_front_end().check();
        inner.map_err(|error| error.within("of"))
    }

    fn columns(&self) -> Vec<String> {
        self.of.as_front_end().columns()
    }

    fn row_s(&self) -> f64 {
        self.of.as_front_end().row_s()
    }

    fn shortest_s(&self) -> f64 {
        self.of.as_front_end().shortest_s()
    }

    fn look_ahead_s(&self) -> f64 {
        f64::INFINITY
    }

    fn open(&self, sample_rate: u32) -> Result<Box<dyn RowStream>, FrontEndError> {
        self.check()?;
        let inner = self.of.as_front_end().open(sample_rate);
        let room = ROOM_S * sample_rate as usize;
        Ok(Box::new(LevelledStream {
            inner: inner.map_err(|error| error.within("of"))?,
            level_db: self.level_db,
            sample_rate,
            samples: Vec::with_capacity(room),
            levels: Vec::with_capacity(active_level_frames(room, sample_rate)),
        }))
    }
}

/// A recording that is held until it ends.
struct LevelledStream {
    inner: Box<dyn RowStream>,
    level_db: f64,
    sample_rate: u32,
    samples: Vec<f32>,
    /// The levels of its frames.
    levels: Vec<f32>,
}

impl RowStream for LevelledStream {
    fn columns(&self) -> usize {
        self.inner.columns()
    }

    fn rows(&self, samples: usize) -> usize {
        self.inner.rows(samples)
    }

    fn push(&mut self, samples: &[f32], _: &mut dyn FnMut(&[f32])) {
        self.samples.extend_from_slice(samples);
    }

    fn finish(&mut self, sink: &mut dyn FnMut(&[f32])) {
        let (samples, levels) = (&mut self.samples, &mut self.levels);
        set_active_level(samples, self.sample_rate, self.level_db, levels);
        self.inner.push(&self.samples, sink);
        self.inner.finish(sink);
        self.samples.clear();
    }

    fn reset(&mut self) {
        self.inner.reset();
        self.samples.clear();
    }
}
