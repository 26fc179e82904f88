//! What can be done to a waveform, with the ranges that are drawn from.

use earnest_random::Generator;
use serde::{Deserialize, Serialize};

use crate::drawn::Drawn;
use crate::error::AugmentError;
use crate::fan::FanRanges;
use crate::limits;
use crate::microphone::Microphone;
use crate::motor::MotorRanges;
use crate::noise_reading::NoiseReading;
use crate::packets::Concealment;
use crate::range::{Range, seed_of};
use crate::simulated_room::RoomRanges;
use crate::sources::Sources;

/// One transform with its ranges. Ranges are drawn from uniformly; those of frequencies in
/// octaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "transform", rename_all = "snake_case", deny_unknown_fields)]
pub enum Transform {
    /// Time stretch that keeps pitch: WSOLA with SoX's lengths.
    Tempo {
        /// Speed 0.5 .. 2: above 1 is shorter.
        factor: Range,
    },
    /// Gain.
    #[serde(alias = "gain")]
    Loudness {
        /// dB.
        gain_db: Range,
    },
    /// Background noise from the noise bank, cropped or looped at a drawn place.
    Noise {
        /// Level of the noise; see `reading`.
        ratio: Range,
        /// What `ratio` means.
        #[serde(default)]
        reading: NoiseReading,
    },
    /// A response from the room bank: as long, direct sound in place, level kept.
    Room {},
    /// A box-shaped room that is made, by image sources: as long, direct sound in place, level kept.
    SimulatedRoom(RoomRanges),
    /// A fan that is made: noise of power `f^-exponent`, and a tone at the blades' passing with its
    /// harmonics, which drifts.
    Fan(FanRanges),
    /// A joint's motor that is made: it moves now and then, and its whine and gears follow its speed.
    Motor(MotorRanges),
    /// Active speech is given a level: the 95th percentile of the levels of frames of 25 ms.
    Level {
        /// dB below a full-scale square.
        db: Range,
    },
    /// Noise that is made, whose power goes as `f^-exponent`: 0 white, 1 pink, 2 brown.
    #[serde(alias = "colored_noise")]
    ColouredNoise {
        /// Colour, -2 .. 3.
        #[serde(default = "white_to_brown")]
        exponent: Range,
        /// Level of the noise; see `reading`.
        ratio: Range,
        /// What `ratio` means.
        #[serde(default)]
        reading: NoiseReading,
    },
    /// Butterworth low-pass without phase.
    LowPass {
        /// 3 dB point, Hz.
        cutoff_hz: Range,
        /// 6 dB an octave for each.
        #[serde(default = "fourth")]
        order: u32,
    },
    /// Butterworth high-pass without phase.
    HighPass {
        /// 3 dB point, Hz.
        cutoff_hz: Range,
        /// 6 dB an octave for each.
        #[serde(default = "fourth")]
        order: u32,
    },
    /// Both.
    BandPass {
        /// Lower 3 dB point, Hz.
        low_hz: Range,
        /// Upper 3 dB point, Hz.
        high_hz: Range,
        /// 6 dB an octave for each, at both ends.
        #[serde(default = "fourth")]
        order: u32,
    },
    /// A gain drawn for each octave from 125 to 8000 Hz.
    #[serde(alias = "equalizer")]
    Equaliser {
        /// dB.
        gain_db: Range,
    },
    /// Spectral tilt about 1 kHz.
    Tilt {
        /// dB for each octave.
        db_per_octave: Range,
    },
    /// An overdriven converter.
    Clipping {
        /// Share of samples that are limited, 0 .. 0.5.
        share: Range,
    },
    /// 300 .. 3400 Hz at 8 kHz through G.711 mu-law.
    Telephone {},
    /// A network that loses packets.
    PacketDrop {
        /// Share of packets lost, 0 .. 0.9.
        loss: Range,
        /// Length of a packet, ms.
        #[serde(default = "twenty")]
        packet_ms: f64,
        /// Mean number of packets lost in a row.
        #[serde(default = "up_to_three")]
        burst: Range,
        /// What is heard instead.
        #[serde(default)]
        concealment: Concealment,
    },
    /// A cheap microphone's frequency response.
    Microphone {
        /// Where the low end begins to fall, Hz.
        #[serde(default = "microphone_low")]
        low_hz: Range,
        /// Where the high end begins to fall, Hz.
        #[serde(default = "microphone_high")]
        high_hz: Range,
        /// Where the housing resonates, Hz.
        #[serde(default = "microphone_resonance")]
        resonance_hz: Range,
        /// By how much, dB.
        #[serde(default = "microphone_peak")]
        resonance_db: Range,
        /// Deviation drawn for each octave, dB.
        #[serde(default = "microphone_ripple")]
        ripple_db: Range,
    },
}

fn white_to_brown() -> Range {
    Range::new(0.0, 2.0)
}
fn fourth() -> u32 {
    4
}
fn twenty() -> f64 {
    20.0
}
fn up_to_three() -> Range {
    Range::new(1.0, 3.0)
}
fn microphone_low() -> Range {
    Range::new(40.0, 250.0)
}
fn microphone_high() -> Range {
    Range::new(3_500.0, 8_000.0)
}
fn microphone_resonance() -> Range {
    Range::new(1_500.0, 6_000.0)
}
fn microphone_peak() -> Range {
    Range::new(0.0, 9.0)
}
fn microphone_ripple() -> Range {
    Range::new(-2.0, 2.0)
}

impl Transform {
    /// The names of all transforms, as in a chain's file.
    pub const NAMES: [&'static str; 18] = [
        "tempo",
        "loudness",
        "noise",
        "room",
        "simulated_room",
        "fan",
        "motor",
        "level",
        "coloured_noise",
        "low_pass",
        "high_pass",
        "band_pass",
        "equaliser",
        "tilt",
        "clipping",
        "telephone",
        "packet_drop",
        "microphone",
    ];

    /// Its name in a chain's file.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Tempo { .. } => "tempo",
            Self::Loudness { .. } => "loudness",
            Self::Noise { .. } => "noise",
            Self::Room {} => "room",
            Self::SimulatedRoom(_) => "simulated_room",
            Self::Fan(_) => "fan",
            Self::Motor(_) => "motor",
            Self::Level { .. } => "level",
            Self::ColouredNoise { .. } => "coloured_noise",
            Self::LowPass { .. } => "low_pass",
            Self::HighPass { .. } => "high_pass",
            Self::BandPass { .. } => "band_pass",
            Self::Equaliser { .. } => "equaliser",
            Self::Tilt { .. } => "tilt",
            Self::Clipping { .. } => "clipping",
            Self::Telephone {} => "telephone",
            Self::PacketDrop { .. } => "packet_drop",
            Self::Microphone { .. } => "microphone",
        }
    }

    /// What is wrong with its numbers, if anything.
    ///
    /// # Errors
    /// A phrase that names the key.
    pub fn check(&self) -> Result<(), String> {
        let frequency = |name, range: &Range| range.check(name, limits::FREQUENCY_HZ);
        let steepness = |order: u32| {
            let (least, most) = limits::ORDER;
            match (least..=most).contains(&f64::from(order)) {
                true => Ok(()),
                false => Err(format!("order = {order} must be {least} .. {most}")),
            }
        };
        match self {
            Self::Tempo { factor } => factor.check("factor", limits::FACTOR),
            Self::Loudness { gain_db } => gain_db.check("gain_db", limits::GAIN_DB),
            Self::Noise { ratio, reading } => reading.check(ratio),
            Self::Room {} | Self::Telephone {} => Ok(()),
            Self::SimulatedRoom(ranges) => ranges.check(),
            Self::Fan(ranges) => ranges.check(),
            Self::Motor(ranges) => ranges.check(),
            Self::Level { db } => db.check("db", limits::LEVEL_DB),
            Self::ColouredNoise {
                exponent,
                ratio,
                reading,
            } => {
                exponent.check("exponent", limits::EXPONENT)?;
                reading.check(ratio)
            }
            Self::LowPass { cutoff_hz, order } | Self::HighPass { cutoff_hz, order } => {
                steepness(*order)?;
                frequency("cutoff_hz", cutoff_hz)
            }
            Self::BandPass {
                low_hz,
                high_hz,
                order,
            } => {
                steepness(*order)?;
                frequency("low_hz", low_hz)?;
                frequency("high_hz", high_hz)?;
                if low_hz.high < high_hz.low {
                    return Ok(());
                }
                Err(format!(
                    "low_hz (up to {}) must lie below high_hz (from {})",
                    low_hz.high, high_hz.low
                ))
            }
            Self::Equaliser { gain_db } => gain_db.check("gain_db", limits::BAND_GAIN_DB),
            Self::Tilt { db_per_octave } => {
                db_per_octave.check("db_per_octave", limits::DB_PER_OCTAVE)
            }
            Self::Clipping { share } => share.check("share", limits::SHARE),
            Self::PacketDrop {
                loss,
                packet_ms,
                burst,
                ..
            } => {
                let (least, most) = limits::PACKET_MS;
                if !(least..=most).contains(packet_ms) {
                    return Err(format!("packet_ms = {packet_ms} must be {least} .. {most}"));
                }
                loss.check("loss", limits::LOSS)?;
                burst.check("burst", limits::BURST)
            }
            Self::Microphone {
                low_hz,
                high_hz,
                resonance_hz,
                resonance_db,
                ripple_db,
            } => {
                frequency("low_hz", low_hz)?;
                frequency("high_hz", high_hz)?;
                frequency("resonance_hz", resonance_hz)?;
                resonance_db.check("resonance_db", limits::UNEVENNESS_DB)?;
                ripple_db.check("ripple_db", limits::UNEVENNESS_DB)
            }
        }
    }

    /// True if it draws from a bank that has nothing.
    #[must_use]
    pub fn lacks(&self, sources: &Sources) -> bool {
        match self {
            Self::Noise { .. } => sources.noises.is_empty(),
            Self::Room {} => sources.rooms.is_empty(),
            _ => false,
        }
    }

    /// Draws what is to be done to `length` samples.
    pub(crate) fn draw(
        &self,
        length: usize,
        sources: &Sources,
        generator: &mut Generator,
    ) -> Result<Drawn, AugmentError> {
        Ok(match self {
            Self::Tempo { factor } => Drawn::Tempo {
                factor: factor.draw(generator),
            },
            Self::Loudness { gain_db } => Drawn::Loudness {
                gain_db: gain_db.draw(generator),
            },
            Self::Noise { ratio, reading } => {
                let ratio = reading.amplitude_ratio(ratio.draw(generator));
                let sounds = sources.noises.sounds();
                let clip = sounds
                    .get(generator.below(sounds.len()))
                    .ok_or(AugmentError::Nothing("noise"))?;
                Drawn::Noise {
                    clip: clip.name().to_owned(),
                    offset: clip.profile().draw_offset(length, generator),
                    ratio,
                }
            }
            Self::Room {} => {
                let sounds = sources.rooms.sounds();
                let room = sounds
                    .get(generator.below(sounds.len()))
                    .ok_or(AugmentError::Nothing("room"))?;
                Drawn::Room {
                    response: room.name().to_owned(),
                }
            }
            Self::SimulatedRoom(ranges) => Drawn::SimulatedRoom(ranges.draw(generator)),
            Self::Fan(ranges) => Drawn::Fan(ranges.draw(generator)),
            Self::Motor(ranges) => Drawn::Motor(ranges.draw(generator)),
            Self::Level { db } => Drawn::Level {
                db: db.draw(generator),
            },
            Self::ColouredNoise {
                exponent,
                ratio,
                reading,
            } => Drawn::ColouredNoise {
                exponent: exponent.draw(generator),
                ratio: reading.amplitude_ratio(ratio.draw(generator)),
                seed: seed_of(generator),
            },
            Self::LowPass { cutoff_hz, order } => Drawn::LowPass {
                cutoff_hz: cutoff_hz.draw_octaves(generator),
                order: *order,
            },
            Self::HighPass { cutoff_hz, order } => Drawn::HighPass {
                cutoff_hz: cutoff_hz.draw_octaves(generator),
                order: *order,
            },
            Self::BandPass {
                low_hz,
                high_hz,
                order,
            } => Drawn::BandPass {
                low_hz: low_hz.draw_octaves(generator),
                high_hz: high_hz.draw_octaves(generator),
                order: *order,
            },
            Self::Equaliser { gain_db } => Drawn::Equaliser {
                gains_db: std::array::from_fn(|_| gain_db.draw(generator)),
            },
            Self::Tilt { db_per_octave } => Drawn::Tilt {
                db_per_octave: db_per_octave.draw(generator),
            },
            Self::Clipping { share } => Drawn::Clipping {
                share: share.draw(generator),
            },
            Self::Telephone {} => Drawn::Telephone {},
            Self::PacketDrop {
                loss,
                packet_ms,
                burst,
                concealment,
            } => Drawn::PacketDrop {
                loss: loss.draw(generator),
                packet_ms: *packet_ms,
                burst: burst.draw(generator),
                concealment: *concealment,
                seed: seed_of(generator),
            },
            Self::Microphone {
                low_hz,
                high_hz,
                resonance_hz,
                resonance_db,
                ripple_db,
            } => Drawn::Microphone(Microphone {
                low_hz: low_hz.draw_octaves(generator),
                high_hz: high_hz.draw_octaves(generator),
                resonance_hz: resonance_hz.draw_octaves(generator),
                resonance_db: resonance_db.draw(generator),
                ripple_db: std::array::from_fn(|_| ripple_db.draw(generator)),
            }),
        })
    }
}
