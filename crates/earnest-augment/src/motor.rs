//! A joint's motor that is made, by the virtual lab's.

use std::fmt;

use earnest_acoustics::machine::db_spl;
use earnest_acoustics::machine::motor::{Motor, add_motor, movements};
use earnest_random::{Generator, Key};
use earnest_signal::{SAMPLE_RATE, SpectrumShaper, rms};
use serde::{Deserialize, Serialize};

use crate::limits::{self, within};
use crate::noise_reading::{NoiseReading, snr_db};
use crate::range::{Range, seed_of};

/// What a motor is drawn from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MotorRanges {
    /// Level at top speed; see `reading`.
    pub ratio: Range,
    /// What `ratio` means.
    #[serde(default)]
    pub reading: NoiseReading,
    /// Whine at top speed, Hz; drawn in octaves.
    #[serde(default = "usual_whine")]
    pub whine_hz: Range,
    /// Teeth that meet in a second at top speed, Hz; drawn in octaves.
    #[serde(default = "usual_gear")]
    pub gear_hz: Range,
    /// Gear noise over whine, dB.
    #[serde(default = "usual_gear_level")]
    pub gear_db: Range,
    /// Jerk at start and stop over whine, dB.
    #[serde(default = "usual_jerk")]
    pub jerk_db: Range,
    /// Movements a minute; drawn in octaves.
    #[serde(default = "usual_moves")]
    pub moves_per_minute: Range,
    /// How long a movement lasts, s: two are drawn, the shortest and the longest.
    #[serde(default = "usual_move")]
    pub move_s: Range,
}

fn usual_whine() -> Range {
    Range::new(200.0, 4_000.0)
}
fn usual_gear() -> Range {
    Range::new(30.0, 500.0)
}
fn usual_gear_level() -> Range {
    Range::new(-12.0, 4.0)
}
fn usual_jerk() -> Range {
    Range::new(-6.0, 10.0)
}
fn usual_moves() -> Range {
    Range::new(4.0, 60.0)
}
fn usual_move() -> Range {
    Range::new(0.08, 2.0)
}

impl MotorRanges {
    pub(crate) fn check(&self) -> Result<(), String> {
        self.reading.check(&self.ratio)?;
        self.whine_hz.check("whine_hz", limits::FREQUENCY_HZ)?;
        self.gear_hz.check("gear_hz", limits::FREQUENCY_HZ)?;
        self.gear_db.check("gear_db", limits::OVER_DB)?;
        self.jerk_db.check("jerk_db", limits::OVER_DB)?;
        self.moves_per_minute
            .check("moves_per_minute", limits::MOVES_PER_MINUTE)?;
        self.move_s.check("move_s", limits::MOVE_S)
    }

    pub(crate) fn draw(&self, generator: &mut Generator) -> MadeMotor {
        MadeMotor {
            ratio: self.reading.amplitude_ratio(self.ratio.draw(generator)),
            whine_hz: self.whine_hz.draw_octaves(generator),
            gear_hz: self.gear_hz.draw_octaves(generator),
            gear_db: self.gear_db.draw(generator),
            jerk_db: self.jerk_db.draw(generator),
            moves_per_minute: self.moves_per_minute.draw_octaves(generator),
            move_s: {
                let (a, b) = (self.move_s.draw(generator), self.move_s.draw(generator));
                [a.min(b), a.max(b)]
            },
            seed: seed_of(generator),
        }
    }
}

/// A motor as it was drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MadeMotor {
    /// Its RMS at top speed over the speech's.
    pub ratio: f64,
    /// Whine at top speed, Hz.
    pub whine_hz: f64,
    /// Teeth that meet in a second at top speed, Hz.
    pub gear_hz: f64,
    /// Gear noise over whine, dB.
    pub gear_db: f64,
    /// Jerk at start and stop over whine, dB.
    pub jerk_db: f64,
    /// Movements a minute.
    pub moves_per_minute: f64,
    /// The shortest and the longest movement, s.
    pub move_s: [f64; 2],
    /// Of when it moves, and of its noise.
    pub seed: u64,
}

impl MadeMotor {
    pub(crate) fn check(&self) -> Result<(), String> {
        within("ratio", self.ratio, limits::RATIO)?;
        within("whine_hz", self.whine_hz, limits::FREQUENCY_HZ)?;
        within("gear_hz", self.gear_hz, limits::FREQUENCY_HZ)?;
        within("gear_db", self.gear_db, limits::OVER_DB)?;
        within("jerk_db", self.jerk_db, limits::OVER_DB)?;
        within(
            "moves_per_minute",
            self.moves_per_minute,
            limits::MOVES_PER_MINUTE,
        )?;
        for seconds in self.move_s {
            within("move_s", seconds, limits::MOVE_S)?;
        }
        match self.move_s[0] <= self.move_s[1] {
            true => Ok(()),
            false => Err(format!("move_s = {:?} must ascend", self.move_s)),
        }
    }

    pub(crate) fn add_to(&self, samples: &mut [f32], shaper: &mut SpectrumShaper) {
        let speech = f64::from(rms(samples));
        // Silence has no level that a motor could be over.
        if speech <= 0.0 {
            return;
        }
        let machine = Motor {
            name: String::new(),
            level_db_spl: db_spl(speech * self.ratio),
            whine_hz: self.whine_hz,
            gear_hz: self.gear_hz,
            gear_db: self.gear_db,
            jerk_db: self.jerk_db,
            moves_per_minute: self.moves_per_minute,
            move_s: self.move_s,
        };
        let mut generator = Key::new(self.seed).with("motor").generator();
        let seconds = samples.len() as f64 / f64::from(SAMPLE_RATE);
        let moves = movements(&machine, seconds, &mut generator);
        add_motor(samples, &machine, &moves, &mut generator, shaper);
    }
}

impl fmt::Display for MadeMotor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "motor that whines at {:.0} Hz and moves {:.0} times a minute, ratio {:.3} (SNR {:.1} dB) at top speed",
            self.whine_hz,
            self.moves_per_minute,
            self.ratio,
            snr_db(self.ratio)
        )
    }
}
