//! What was drawn: enough to do the same again.

use std::fmt;

use earnest_audio::SAMPLE_RATE;
use serde::{Deserialize, Serialize};

use crate::microphone::Microphone;
use crate::packets::Concealment;

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
        /// dB at [`BANDS_HZ`](crate::BANDS_HZ).
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

fn snr_db(ratio: f64) -> f64 {
    -20.0 * ratio.log10()
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
