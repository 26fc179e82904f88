//! A fan that is made, by the virtual lab's.

use std::fmt;

use earnest_acoustics::machine::fan::{Fan, fan};
use earnest_random::{Generator, Key};
use earnest_signal::{SpectrumShaper, add_noise};
use serde::{Deserialize, Serialize};

use crate::limits::{self, within};
use crate::noise_reading::{NoiseReading, snr_db};
use crate::range::{Range, seed_of};

/// What a fan is drawn from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FanRanges {
    /// Level of the fan; see `reading`.
    pub ratio: Range,
    /// What `ratio` means.
    #[serde(default)]
    pub reading: NoiseReading,
    /// Revolutions a minute; drawn in octaves.
    #[serde(default = "usual_rpm")]
    pub rpm: Range,
    /// Blades; drawn as whole numbers.
    #[serde(default = "usual_blades")]
    pub blades: Range,
    /// Tones over noise, dB.
    #[serde(default = "usual_tone")]
    pub tone_db: Range,
    /// Colour, -2 .. 3.
    #[serde(default = "usual_exponent")]
    pub exponent: Range,
    /// Slow changes of speed, a share.
    #[serde(default = "usual_drift")]
    pub drift: Range,
}

fn usual_rpm() -> Range {
    Range::new(800.0, 10_000.0)
}
fn usual_blades() -> Range {
    Range::new(3.0, 11.0)
}
fn usual_tone() -> Range {
    Range::new(-22.0, 3.0)
}
fn usual_exponent() -> Range {
    Range::new(0.0, 2.0)
}
fn usual_drift() -> Range {
    Range::new(0.0, 0.05)
}

impl FanRanges {
    pub(crate) fn check(&self) -> Result<(), String> {
        self.reading.check(&self.ratio)?;
        self.rpm.check("rpm", limits::RPM)?;
        self.blades.check("blades", limits::BLADES)?;
        self.tone_db.check("tone_db", limits::OVER_DB)?;
        self.exponent.check("exponent", limits::EXPONENT)?;
        self.drift.check("drift", limits::DRIFT)
    }

    pub(crate) fn draw(&self, generator: &mut Generator) -> MadeFan {
        MadeFan {
            ratio: self.reading.amplitude_ratio(self.ratio.draw(generator)),
            rpm: self.rpm.draw_octaves(generator),
            blades: self.blades.draw(generator).round() as u32,
            tone_db: self.tone_db.draw(generator),
            exponent: self.exponent.draw(generator),
            drift: self.drift.draw(generator),
            seed: seed_of(generator),
        }
    }
}

/// A fan as it was drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MadeFan {
    /// Its RMS over the speech's.
    pub ratio: f64,
    /// Revolutions a minute.
    pub rpm: f64,
    /// Blades.
    pub blades: u32,
    /// Tones over noise, dB.
    pub tone_db: f64,
    /// The noise's power goes as `f^-exponent`.
    pub exponent: f64,
    /// Slow changes of speed, a share.
    pub drift: f64,
    /// Of the noise and of how the speed changes.
    pub seed: u64,
}

impl MadeFan {
    pub(crate) fn check(&self) -> Result<(), String> {
        within("ratio", self.ratio, limits::RATIO)?;
        within("rpm", self.rpm, limits::RPM)?;
        within("blades", f64::from(self.blades), limits::BLADES)?;
        within("tone_db", self.tone_db, limits::OVER_DB)?;
        within("exponent", self.exponent, limits::EXPONENT)?;
        within("drift", self.drift, limits::DRIFT)
    }

    pub(crate) fn add_to(&self, samples: &mut [f32], shaper: &mut SpectrumShaper) {
        let machine = Fan {
            name: String::new(),
            rpm: self.rpm,
            blades: self.blades,
            // The ratio says how loud it is.
            level_db_spl: 94.0,
            tone_db: self.tone_db,
            exponent: self.exponent,
            drift: self.drift,
            place_m: None,
        };
        let mut generator = Key::new(self.seed).with("fan").generator();
        let noise = fan(&machine, samples.len(), &mut generator, shaper);
        add_noise(samples, &noise, 0, self.ratio);
    }
}

impl fmt::Display for MadeFan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "fan of {} blades at {:.0} rpm, tones {:+.0} dB, ratio {:.3} (SNR {:.1} dB)",
            self.blades,
            self.rpm,
            self.tone_db,
            self.ratio,
            snr_db(self.ratio)
        )
    }
}
