//! Bytes of raw samples.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How a sample is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// Signed integers of 16 bits, little-endian.
    #[default]
    S16le,
    /// Floats of 32 bits, little-endian, full scale 1.0.
    F32le,
}

impl Encoding {
    /// Its name in messages and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::S16le => "s16le",
            Self::F32le => "f32le",
        }
    }

    /// Bytes of a sample.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::S16le => 2,
            Self::F32le => 4,
        }
    }

    /// Adds samples, full scale 1.0, as WAV files hold them; bytes that are no whole sample are left.
    pub fn decode(self, bytes: &[u8], samples: &mut Vec<f32>) {
        match self {
            Self::S16le => samples.extend(
                (bytes.chunks_exact(2))
                    .map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0),
            ),
            Self::F32le => samples.extend(
                (bytes.chunks_exact(4)).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])),
            ),
        }
    }
}

impl FromStr for Encoding {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = [Self::S16le, Self::F32le];
        let found = known.into_iter().find(|encoding| encoding.name() == text);
        found.ok_or_else(|| format!("{text:?} is neither `s16le` nor `f32le`"))
    }
}

/// The format of raw samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawFormat {
    /// How a sample is written.
    pub encoding: Encoding,
    /// Samples a second of each channel.
    pub sample_rate: u32,
    /// Channels, one sample of each after the other.
    pub channels: usize,
}

impl Default for RawFormat {
    fn default() -> Self {
        Self {
            encoding: Encoding::S16le,
            sample_rate: 16_000,
            channels: 1,
        }
    }
}

impl RawFormat {
    /// Bytes of a frame: a sample of each channel.
    #[must_use]
    pub fn frame_bytes(&self) -> usize {
        self.encoding.bytes() * self.channels
    }

    /// Seconds that so many bytes last.
    #[must_use]
    pub fn seconds(&self, bytes: usize) -> f64 {
        bytes as f64 / (self.frame_bytes() as f64 * f64::from(self.sample_rate))
    }
}

/// Cuts bytes that come as they come into whole frames.
#[derive(Debug, Default)]
pub struct FrameReader {
    begun: Vec<u8>,
}

impl FrameReader {
    /// Adds the whole frames of these bytes, and of what earlier ones left, to `samples`.
    pub fn read(&mut self, format: RawFormat, bytes: &[u8], samples: &mut Vec<f32>) {
        self.begun.extend_from_slice(bytes);
        let whole = self.begun.len() / format.frame_bytes() * format.frame_bytes();
        format.encoding.decode(&self.begun[..whole], samples);
        self.begun.drain(..whole);
    }

    /// Bytes that are no whole frame yet.
    #[must_use]
    pub fn left(&self) -> usize {
        self.begun.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_the_same_however_bytes_are_cut() {
        let format = RawFormat {
            channels: 2,
            ..RawFormat::default()
        };
        let bytes: Vec<u8> = (0..103).collect();
        let mut whole = Vec::new();
        FrameReader::default().read(format, &bytes, &mut whole);
        assert_eq!(whole.len(), 50);
        for cut in [1, 3, 5] {
            let (mut reader, mut samples) = (FrameReader::default(), Vec::new());
            for part in bytes.chunks(cut) {
                reader.read(format, part, &mut samples);
            }
            assert_eq!(samples, whole);
            assert_eq!(reader.left(), 3);
        }
    }

    #[test]
    fn the_largest_and_smallest_integers_are_within_full_scale() {
        let mut samples = Vec::new();
        Encoding::S16le.decode(&[0x00, 0x80, 0xff, 0x7f], &mut samples);
        assert_eq!(samples, [-1.0, 32_767.0 / 32_768.0]);
    }
}
