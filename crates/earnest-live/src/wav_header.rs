//! The header of a WAV that comes as a stream: `arecord` writes one before its samples unless it is told not to.

use crate::samples::{Encoding, RawFormat};

/// What the first bytes of a stream are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// More bytes are needed to say.
    Unknown,
    /// Raw samples from the first byte on.
    Raw,
    /// A WAV: its samples begin after so many bytes.
    Wav {
        /// The format of its samples.
        format: RawFormat,
        /// The bytes of its header.
        header: usize,
    },
}

const TAG_INTEGERS: u16 = 1;
const TAG_FLOATS: u16 = 3;
const TAG_EXTENSIBLE: u16 = 0xfffe;
/// The longest header that is read.
const LONGEST: usize = 1 << 16;

/// Looks at the first bytes of a stream. The lengths in a header are not heeded: who writes a stream does not know them.
///
/// # Errors
/// A WAV with samples of other kinds than integers of 16 bits and floats of 32, or with a header that is none.
pub fn beginning(bytes: &[u8]) -> Result<Beginning, String> {
    const START: usize = 12;
    if bytes.len() < START {
        let begun = &b"RIFF"[..bytes.len().min(4)];
        return Ok(match bytes.starts_with(begun) {
            true => Beginning::Unknown,
            false => Beginning::Raw,
        });
    }
    if !bytes.starts_with(b"RIFF") || &bytes[8..12] != b"WAVE" {
        return Ok(Beginning::Raw);
    }
    let mut at = START;
    let mut format = None;
    loop {
        let Some(chunk) = bytes.get(at..at + 8) else {
            return match bytes.len() > LONGEST {
                true => Err("the WAV's header is longer than 64 KiB".to_owned()),
                false => Ok(Beginning::Unknown),
            };
        };
        let length = u32::from_le_bytes([chunk[4], chunk[5], chunk[6], chunk[7]]) as usize;
        at += 8;
        match &chunk[..4] {
            b"data" => {
                let format = format.ok_or("the WAV has no `fmt ` chunk before its samples")?;
                return Ok(Beginning::Wav { format, header: at });
            }
            b"fmt " => match bytes.get(at..at + length.min(LONGEST)) {
                Some(content) => format = Some(of_chunk(content)?),
                None if length > LONGEST => return Err("the WAV's header is damaged".to_owned()),
                None => return Ok(Beginning::Unknown),
            },
            _ if length > LONGEST => {
                return Err("the WAV's header is longer than 64 KiB".to_owned());
            }
            _ => {}
        }
        at += length + length % 2;
    }
}

fn of_chunk(content: &[u8]) -> Result<RawFormat, String> {
    let two = |at: usize| {
        let bytes = content.get(at..at + 2)?;
        Some(u16::from_le_bytes([bytes[0], bytes[1]]))
    };
    let damaged = || "the WAV's `fmt ` chunk is damaged".to_owned();
    let mut tag = two(0).ok_or_else(damaged)?;
    if tag == TAG_EXTENSIBLE {
        tag = two(24).ok_or_else(damaged)?;
    }
    let channels = two(2).ok_or_else(damaged)?;
    let rate = content.get(4..8).ok_or_else(damaged)?;
    let sample_rate = u32::from_le_bytes([rate[0], rate[1], rate[2], rate[3]]);
    let bits = two(14).ok_or_else(damaged)?;
    let encoding = match (tag, bits) {
        (TAG_INTEGERS, 16) => Encoding::S16le,
        (TAG_FLOATS, 32) => Encoding::F32le,
        _ => {
            return Err(format!(
                "the WAV has samples of {bits} bits (kind {tag}); from a stream integers of 16 bits and floats of 32 are read: `arecord -f S16_LE`"
            ));
        }
    };
    match channels == 0 || !earnest_audio::RATES.contains(&sample_rate) {
        true => Err(format!(
            "the WAV says {channels} channels at {sample_rate} Hz"
        )),
        false => Ok(RawFormat {
            encoding,
            sample_rate,
            channels: channels.into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(tag: u16, bits: u16, channels: u16, rate: u32) -> Vec<u8> {
        let mut bytes = b"RIFF\xff\xff\xff\xffWAVEfmt ".to_vec();
        bytes.extend(16_u32.to_le_bytes());
        bytes.extend(tag.to_le_bytes());
        bytes.extend(channels.to_le_bytes());
        bytes.extend(rate.to_le_bytes());
        bytes.extend((rate * u32::from(channels) * u32::from(bits) / 8).to_le_bytes());
        bytes.extend((channels * bits / 8).to_le_bytes());
        bytes.extend(bits.to_le_bytes());
        bytes.extend(b"LIST\x03\0\0\0abc\0data\xff\xff\xff\x7f");
        bytes
    }

    #[test]
    fn a_wav_is_told_from_raw_samples_and_says_its_format() {
        let bytes = wav(1, 16, 2, 44_100);
        let expected = Beginning::Wav {
            format: RawFormat {
                encoding: Encoding::S16le,
                sample_rate: 44_100,
                channels: 2,
            },
            header: bytes.len(),
        };
        assert_eq!(beginning(&bytes), Ok(expected));
        for n in 0..bytes.len() {
            assert_eq!(beginning(&bytes[..n]), Ok(Beginning::Unknown), "{n}");
        }
        assert_eq!(beginning(b"RIGF"), Ok(Beginning::Raw));
        assert_eq!(beginning(b"\0\0"), Ok(Beginning::Raw));
        assert_eq!(beginning(b"RIFF\0\0\0\0AVI LIST"), Ok(Beginning::Raw));
    }

    #[test]
    fn other_kinds_of_samples_are_refused() {
        assert!(
            beginning(&wav(1, 24, 1, 16_000))
                .unwrap_err()
                .contains("24 bits")
        );
        assert!(beginning(&wav(3, 32, 1, 16_000)).is_ok());
        assert!(
            beginning(&wav(1, 16, 0, 16_000))
                .unwrap_err()
                .contains("0 channels")
        );
        assert!(
            beginning(&wav(1, 16, 1, 1))
                .unwrap_err()
                .contains("at 1 Hz")
        );
    }
}
