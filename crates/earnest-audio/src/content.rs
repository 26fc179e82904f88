//! What a recording is, whatever file holds it: a hash of its decoded samples, and how it looks
//! at first sight. A re-levelled copy differs, a FLAC copy of a WAV file does not.

use std::fmt;
use std::io::{BufRead as _, BufReader, ErrorKind, Read};
use std::ops::ControlFlow;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::decode::{Recording, decode_packets, mono};
use crate::{AudioError, Waveform};

/// A hash of decoded samples: 128 bits of SHA-256, written as 32 hexadecimal digits. Equal
/// samples at an equal rate in as many channels have equal hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContentHash([u8; 16]);

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl FromStr for ContentHash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no content hash: 32 hexadecimal digits are");
        if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let mut bytes = [0; 16];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| wrong())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for ContentHash {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<ContentHash> for String {
    fn from(hash: ContentHash) -> Self {
        hash.to_string()
    }
}

impl ContentHash {
    /// Of mono samples.
    #[must_use]
    pub fn of(wave: &Waveform) -> Self {
        let mut hasher = ContentHasher::new(wave.sample_rate(), 1);
        hasher.add(&[wave.samples()]);
        hasher.finish()
    }

    /// Of the bytes of something that is no audio.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let mut hash = Self::begin_bytes();
        hash.update(bytes);
        shortened(hash)
    }

    /// [`ContentHash::of_bytes`] of all that can be read, of which a piece at a time is in memory.
    ///
    /// # Errors
    /// What the reader said.
    pub fn of_reader(bytes: impl Read) -> std::io::Result<Self> {
        let mut hash = Self::begin_bytes();
        let mut bytes = BufReader::with_capacity(1 << 16, bytes);
        loop {
            let read = match bytes.fill_buf() {
                Ok([]) => return Ok(shortened(hash)),
                Ok(piece) => {
                    hash.update(piece);
                    piece.len()
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => 0,
                Err(e) => return Err(e),
            };
            bytes.consume(read);
        }
    }

    fn begin_bytes() -> Sha256 {
        let mut hash = Sha256::new();
        hash.update(b"bytes");
        hash
    }
}

impl Recording {
    /// The hash of its samples.
    #[must_use]
    pub fn content_hash(&self) -> ContentHash {
        let mut hasher = ContentHasher::new(self.sample_rate, self.channels.len());
        hasher.add(&self.channels);
        hasher.finish()
    }
}

fn shortened(hash: Sha256) -> ContentHash {
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    ContentHash(short)
}

/// Hashes samples as they come: the same hash however they are cut into blocks, and, at an equal
/// rate in as many channels, whatever container they come from.
pub struct ContentHasher {
    hash: Sha256,
    bytes: Vec<u8>,
}

impl ContentHasher {
    /// Of samples at a rate, in a number of channels.
    #[must_use]
    pub fn new(sample_rate: u32, channels: usize) -> Self {
        let mut hash = Sha256::new();
        hash.update(sample_rate.to_le_bytes());
        hash.update((channels as u64).to_le_bytes());
        Self {
            hash,
            bytes: Vec::new(),
        }
    }

    /// Adds what comes next of each channel, equally long.
    pub fn add<C: AsRef<[f32]>>(&mut self, channels: &[C]) {
        /// Frames that are put in order at a time.
        const FRAMES: usize = 4096;
        let length = channels.iter().map(|c| c.as_ref().len()).min().unwrap_or(0);
        let mut from = 0;
        while from < length {
            let to = (from + FRAMES).min(length);
            self.bytes.clear();
            for i in from..to {
                for channel in channels {
                    // Adding zero makes one zero of the two that there are.
                    let x = channel.as_ref()[i] + 0.0;
                    self.bytes.extend_from_slice(&x.to_le_bytes());
                }
            }
            self.hash.update(&self.bytes);
            from = to;
        }
    }

    /// The hash of all that came.
    #[must_use]
    pub fn finish(self) -> ContentHash {
        shortened(self.hash)
    }
}

/// A recording at first sight.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// The hash of its samples.
    pub hash: ContentHash,
    /// Samples a channel, at its own rate.
    pub frames: u64,
    /// Samples each second.
    pub sample_rate: u32,
    /// Channels.
    pub channels: usize,
    /// Largest absolute sample of the mean of its channels; full scale is 1.
    pub peak: f32,
    /// Share of a channel's samples that lie within a thousandth of the channel's own largest, of
    /// the channel where it is greatest. Speech has some 0.0001; what was clipped, at whatever
    /// level, has more.
    pub flat_share: f64,
}

impl Content {
    /// Length in seconds.
    #[must_use]
    pub fn duration_s(&self) -> f64 {
        self.frames as f64 / f64::from(self.sample_rate.max(1))
    }
}

/// The largest level of a channel so far, and how many samples have it.
#[derive(Clone, Copy, Default)]
struct Top {
    level: f32,
    count: u64,
}

impl Top {
    fn add(&mut self, samples: &[f32]) {
        for x in samples {
            let x = x.abs();
            if x > self.level * 1.001 {
                *self = Self { level: x, count: 1 };
            } else if x >= self.level * 0.999 {
                self.level = self.level.max(x);
                self.count += 1;
            }
        }
    }
}

/// Decodes a file for its [`Content`]; a long one takes no more memory than a short one.
///
/// # Errors
/// As [`read`](crate::read).
pub fn content(path: impl AsRef<Path>) -> Result<Content, AudioError> {
    let mut hasher: Option<ContentHasher> = None;
    let mut tops: Vec<Top> = Vec::new();
    let (mut frames, mut sample_rate, mut peak) = (0_u64, 0, 0.0_f32);
    decode_packets(path.as_ref(), &mut |planes, rate| {
        sample_rate = rate;
        let length = planes.first().map_or(0, Vec::len);
        frames += length as u64;
        hasher
            .get_or_insert_with(|| ContentHasher::new(rate, planes.len()))
            .add(planes);
        tops.resize(planes.len(), Top::default());
        for (top, plane) in tops.iter_mut().zip(planes) {
            top.add(plane);
        }
        peak = mono(planes).fold(peak, |peak, x| peak.max(x.abs()));
        Ok(ControlFlow::Continue(()))
    })?;
    let flat = |top: &Top| top.count as f64 / frames.max(1) as f64;
    Ok(Content {
        // A file without samples is an error of `decode_packets`.
        hash: hasher.unwrap_or_else(|| ContentHasher::new(0, 0)).finish(),
        frames,
        sample_rate,
        channels: tops.len(),
        peak,
        flat_share: tops
            .iter()
            .filter(|t| t.level > 0.0)
            .map(flat)
            .fold(0.0, f64::max),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SampleFormat, write_wav_channels};

    fn tone(gain: f32) -> Vec<f32> {
        (0..20_000)
            .map(|i| (gain * (i as f32 * 0.05).sin() * (i as f32 * 0.0011).sin()).clamp(-1.0, 1.0))
            .collect()
    }

    #[test]
    fn one_recording_in_two_containers_has_one_hash_and_a_louder_one_another() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audio");
        let flac = content(folder.join("tone.flac")).unwrap();
        let decoded = crate::decode(folder.join("tone.flac")).unwrap();
        assert_eq!(flac.hash, decoded.content_hash());
        let dir = tempfile::tempdir().unwrap();
        let planes: Vec<&[f32]> = decoded.channels.iter().map(Vec::as_slice).collect();
        let wav = dir.path().join("tone.wav");
        write_wav_channels(&wav, &planes, decoded.sample_rate, SampleFormat::Float32).unwrap();
        assert_eq!(content(&wav).unwrap(), flac);
        let louder: Vec<Vec<f32>> = planes
            .iter()
            .map(|p| p.iter().map(|x| x * 0.5).collect())
            .collect();
        let planes: Vec<&[f32]> = louder.iter().map(Vec::as_slice).collect();
        write_wav_channels(&wav, &planes, decoded.sample_rate, SampleFormat::Float32).unwrap();
        let other = content(&wav).unwrap();
        assert_ne!(other.hash, flac.hash);
        assert_eq!(other.frames, flac.frames);
    }

    #[test]
    fn what_was_clipped_is_flat_at_its_top_at_any_level() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.wav");
        let mut shares = Vec::new();
        for (gain, after) in [(0.5, 1.0), (20.0, 1.0), (20.0, 0.3)] {
            let samples: Vec<f32> = tone(gain).into_iter().map(|x| x * after).collect();
            write_wav_channels(&path, &[&samples], 16_000, SampleFormat::Int16).unwrap();
            shares.push(content(&path).unwrap().flat_share);
        }
        assert!(shares[0] < 0.005, "{shares:?}");
        assert!(shares[1] > 0.3 && shares[2] > 0.3, "{shares:?}");
    }

    #[test]
    fn a_hash_is_read_as_it_is_written() {
        let hash = ContentHash::of_bytes(b"x");
        assert_eq!(hash.to_string().parse::<ContentHash>().unwrap(), hash);
        for wrong in [
            "",
            "12",
            "zz345678901234567890123456789012",
            "é2345678901234567890123456789012",
        ] {
            assert!(wrong.parse::<ContentHash>().is_err(), "{wrong}");
        }
    }
}
