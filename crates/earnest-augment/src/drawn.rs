//! What was drawn: enough to do the same again.

use std::fmt;

use earnest_signal::SAMPLE_RATE;
use serde::{Deserialize, Serialize};

use crate::fan::MadeFan;
use crate::limits::{self, MOST_LONGER, MOST_STEPS, within};
use crate::microphone::Microphone;
use crate::motor::MadeMotor;
use crate::noise_reading::snr_db;
use crate::packets::Concealment;
use crate::simulated_room::SimulatedRoom;

/// What one step drew. Applied to the same samples with the same sounds it gives the same bits
/// ([`Augmenter::replay`](crate::Augmenter::replay)).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "transform", rename_all = "snake_case", deny_unknown_fields)]
pub enum Drawn {
    /// Tempo was changed.
    Tempo {
        /// By this factor.
        factor: f64,
    },
    /// Level was changed.
    Loudness {
        /// By this many dB.
        gain_db: f64,
    },
    /// Noise was added.
    Noise {
        /// Name of the clip.
        clip: String,
        /// Where in the clip, samples at 16 kHz (after the silence at its beginning).
        offset: usize,
        /// Noise RMS over speech RMS.
        ratio: f64,
    },
    /// A room was put around it.
    Room {
        /// Name of the response.
        response: String,
    },
    /// A room was made and put around it.
    SimulatedRoom(SimulatedRoom),
    /// A fan was made and added.
    Fan(MadeFan),
    /// A motor was made and added.
    Motor(MadeMotor),
    /// Active speech was given a level.
    Level {
        /// dB below a full-scale square.
        db: f64,
    },
    /// Noise was made and added.
    ColouredNoise {
        /// Its power goes as `f^-exponent`.
        exponent: f64,
        /// Noise RMS over speech RMS.
        ratio: f64,
        /// Of the noise.
        seed: u64,
    },
    /// High frequencies were taken away.
    LowPass {
        /// 3 dB point, Hz.
        cutoff_hz: f64,
        /// 6 dB an octave for each.
        order: u32,
    },
    /// Low frequencies were taken away.
    HighPass {
        /// 3 dB point, Hz.
        cutoff_hz: f64,
        /// 6 dB an octave for each.
        order: u32,
    },
    /// Both were.
    BandPass {
        /// Lower 3 dB point, Hz.
        low_hz: f64,
        /// Upper 3 dB point, Hz.
        high_hz: f64,
        /// 6 dB an octave for each.
        order: u32,
    },
    /// Octaves were raised and lowered.
    Equaliser {
        /// dB at [`BANDS_HZ`](earnest_signal::BANDS_HZ).
        gains_db: [f64; 7],
    },
    /// The spectrum was tilted.
    Tilt {
        /// dB for each octave.
        db_per_octave: f64,
    },
    /// The loudest samples were limited.
    Clipping {
        /// This share of them.
        share: f64,
    },
    /// It went through a telephone.
    Telephone {},
    /// Packets were lost.
    PacketDrop {
        /// Share that is lost in the long run.
        loss: f64,
        /// Length of a packet, ms.
        packet_ms: f64,
        /// Mean number lost in a row.
        burst: f64,
        /// What is heard instead.
        concealment: Concealment,
        /// Of which ones are lost.
        seed: u64,
    },
    /// It was recorded by this microphone.
    Microphone(Microphone),
}

impl Drawn {
    /// What is wrong with a log of what was drawn for one utterance, if anything: numbers that no
    /// chain can draw, or more steps or a longer utterance than a chain may make.
    pub(crate) fn check(log: &[Self]) -> Result<(), String> {
        if log.len() > MOST_STEPS {
            return Err(format!("{} steps; {MOST_STEPS} are the most", log.len()));
        }
        let mut longer = 1.0;
        for (i, drawn) in log.iter().enumerate() {
            drawn
                .check_one()
                .map_err(|e| format!("step {}: {e}", i + 1))?;
            if let Self::Tempo { factor } = drawn {
                longer /= factor;
            }
            if longer > MOST_LONGER {
                return Err(format!(
                    "step {}: the utterance becomes {longer:.0} times as long; {MOST_LONGER} times is the most",
                    i + 1
                ));
            }
        }
        Ok(())
    }

    /// The ranges of [`Transform`](crate::Transform), of what comes out of drawing from them.
    fn check_one(&self) -> Result<(), String> {
        let frequency = |name, value| within(name, value, limits::FREQUENCY_HZ);
        let ratio = |value| within("ratio", value, limits::RATIO);
        let steepness = |order: u32| within("order", f64::from(order), limits::ORDER);
        match self {
            Self::Tempo { factor } => within("factor", *factor, limits::FACTOR),
            Self::Loudness { gain_db } => within("gain_db", *gain_db, limits::GAIN_DB),
            Self::Noise { ratio: r, .. } => ratio(*r),
            Self::Room { .. } | Self::Telephone {} => Ok(()),
            Self::SimulatedRoom(room) => room.check(),
            Self::Fan(fan) => fan.check(),
            Self::Motor(motor) => motor.check(),
            Self::Level { db } => within("db", *db, limits::LEVEL_DB),
            Self::ColouredNoise {
                exponent, ratio: r, ..
            } => {
                within("exponent", *exponent, limits::EXPONENT)?;
                ratio(*r)
            }
            Self::LowPass { cutoff_hz, order } | Self::HighPass { cutoff_hz, order } => {
                frequency("cutoff_hz", *cutoff_hz)?;
                steepness(*order)
            }
            Self::BandPass {
                low_hz,
                high_hz,
                order,
            } => {
                frequency("low_hz", *low_hz)?;
                frequency("high_hz", *high_hz)?;
                steepness(*order)
            }
            Self::Equaliser { gains_db } => gains_db
                .iter()
                .try_for_each(|gain| within("gains_db", *gain, limits::BAND_GAIN_DB)),
            Self::Tilt { db_per_octave } => {
                within("db_per_octave", *db_per_octave, limits::DB_PER_OCTAVE)
            }
            Self::Clipping { share } => within("share", *share, limits::SHARE),
            Self::PacketDrop {
                loss,
                packet_ms,
                burst,
                ..
            } => {
                within("loss", *loss, limits::LOSS)?;
                within("packet_ms", *packet_ms, limits::PACKET_MS)?;
                within("burst", *burst, limits::BURST)
            }
            Self::Microphone(m) => {
                frequency("low_hz", m.low_hz)?;
                frequency("high_hz", m.high_hz)?;
                frequency("resonance_hz", m.resonance_hz)?;
                within("resonance_db", m.resonance_db, limits::UNEVENNESS_DB)?;
                m.ripple_db
                    .iter()
                    .try_for_each(|ripple| within("ripple_db", *ripple, limits::UNEVENNESS_DB))
            }
        }
    }
}

impl fmt::Display for Drawn {
    /// In words, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tempo { factor } => {
                let how = if *factor < 1.0 { "slower" } else { "faster" };
                write!(f, "tempo x {factor:.3} ({how}, same pitch)")
            }
            Self::Loudness { gain_db } => write!(f, "loudness {gain_db:+.2} dB"),
            Self::Noise {
                clip,
                offset,
                ratio,
            } => write!(
                f,
                "noise {clip} from {:.2} s, ratio {ratio:.3} (SNR {:.1} dB)",
                *offset as f64 / f64::from(SAMPLE_RATE),
                snr_db(*ratio)
            ),
            Self::Room { response } => write!(f, "room {response}"),
            Self::SimulatedRoom(room) => room.fmt(f),
            Self::Fan(fan) => fan.fmt(f),
            Self::Motor(motor) => motor.fmt(f),
            Self::Level { db } => write!(f, "active speech at {db:.1} dB of full scale"),
            Self::ColouredNoise {
                exponent, ratio, ..
            } => write!(
                f,
                "coloured noise of power f^{:.2}, ratio {ratio:.3} (SNR {:.1} dB)",
                -exponent,
                snr_db(*ratio)
            ),
            Self::LowPass { cutoff_hz, order } => {
                write!(f, "low-pass {cutoff_hz:.0} Hz, order {order}")
            }
            Self::HighPass { cutoff_hz, order } => {
                write!(f, "high-pass {cutoff_hz:.0} Hz, order {order}")
            }
            Self::BandPass {
                low_hz,
                high_hz,
                order,
            } => write!(f, "band-pass {low_hz:.0} .. {high_hz:.0} Hz, order {order}"),
            Self::Equaliser { gains_db } => {
                f.write_str("equaliser, 125 Hz to 8 kHz:")?;
                gains_db.iter().try_for_each(|g| write!(f, " {g:+.1}"))?;
                f.write_str(" dB")
            }
            Self::Tilt { db_per_octave } => write!(f, "tilt {db_per_octave:+.2} dB an octave"),
            Self::Clipping { share } => write!(f, "clipping of {:.1} % of samples", share * 100.0),
            Self::Telephone {} => f.write_str("telephone, 300 .. 3400 Hz, mu-law"),
            Self::PacketDrop {
                loss,
                packet_ms,
                burst,
                concealment,
                ..
            } => write!(
                f,
                "loss of {:.1} % of {packet_ms:.0} ms packets, {burst:.1} in a row, {}",
                loss * 100.0,
                match concealment {
                    Concealment::Silence => "silence instead",
                    Concealment::Repeat => "the last one repeated instead",
                }
            ),
            Self::Microphone(m) => write!(
                f,
                "microphone {:.0} .. {:.0} Hz, resonance {:+.1} dB at {:.0} Hz",
                m.low_hz, m.high_hz, m.resonance_db, m.resonance_hz
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_no_chain_draws_are_refused_with_their_step() {
        let loud = |gain_db| Drawn::Loudness { gain_db };
        assert_eq!(Drawn::check(&[loud(60.0), loud(-120.0)]), Ok(()));
        for wrong in [f64::NAN, f64::INFINITY, 1e300, 61.0] {
            let error = Drawn::check(&[loud(0.0), loud(wrong)]).unwrap_err();
            assert!(error.starts_with("step 2: gain_db"), "{error}");
        }
        let slow = vec![Drawn::Tempo { factor: 0.5 }; 5];
        assert_eq!(Drawn::check(&slow[..4]), Ok(()));
        let error = Drawn::check(&slow).unwrap_err();
        assert!(error.contains("32 times as long"), "{error}");
    }
}
