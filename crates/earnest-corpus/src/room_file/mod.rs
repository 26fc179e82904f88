//! Files of room responses: audio, Aachen AIR's `.mat`, SOFA.

mod air;
mod mat5;
mod sofa;

use std::path::Path;

use earnest_audio::{SAMPLE_RATE, Waveform, resample};

pub(crate) use air::room as air_room;

/// How responses are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoomFormat {
    /// Any audio file; each channel is a response.
    Audio,
    /// MATLAB 5 to 7 with `h_air` and `air_info`, as the Aachen Impulse Response database.
    Mat,
    /// AES69 SOFA: finite impulse responses.
    Sofa,
}

impl RoomFormat {
    /// By the name's end; `None` if it is none of them.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let end = path.extension()?.to_str()?.to_ascii_lowercase();
        match end.as_str() {
            "mat" => Some(Self::Mat),
            "sofa" => Some(Self::Sofa),
            _ => earnest_audio::has_audio_extension(path).then_some(Self::Audio),
        }
    }
}

/// One measured response.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MeasuredResponse {
    /// What tells it from the others in its file: channel, measurement, receiver; empty if it
    /// is the only one.
    pub label: String,
    /// Its samples.
    pub samples: Vec<f32>,
    /// Samples each second.
    pub sample_rate: u32,
    /// What the file says of it: room, distance in m, azimuth in degrees, ...
    pub metadata: Vec<(String, String)>,
}

impl MeasuredResponse {
    /// Its samples at 16 kHz.
    ///
    /// # Errors
    /// A rate that cannot be brought there.
    pub fn at_16k(self) -> Result<Vec<f32>, String> {
        let wave = Waveform::new(self.samples, self.sample_rate);
        let wave = resample(&wave, SAMPLE_RATE).map_err(|e| e.to_string())?;
        Ok(wave.into_samples())
    }
}

/// All responses of a file.
///
/// # Errors
/// What is wrong with the file, with its name.
pub fn read_responses(path: &Path) -> Result<Vec<MeasuredResponse>, String> {
    let responses = match RoomFormat::of(path) {
        Some(RoomFormat::Mat) => air::read(path),
        Some(RoomFormat::Sofa) => sofa::read(path),
        Some(RoomFormat::Audio) | None => {
            let recording = earnest_audio::decode(path).map_err(|e| e.to_string())?;
            let several = recording.channels.len() > 1;
            let of = |(i, samples)| MeasuredResponse {
                label: match several {
                    true => format!("channel {}", i + 1),
                    false => String::new(),
                },
                samples,
                sample_rate: recording.sample_rate,
                metadata: Vec::new(),
            };
            return Ok(recording.channels.into_iter().enumerate().map(of).collect());
        }
    };
    responses.map_err(|why| format!("cannot read room response {}: {why}", path.display()))
}

/// A rate as a file gives it.
fn checked_rate(hz: f64) -> Result<u32, String> {
    if (1_000.0..=1e6).contains(&hz) {
        Ok(hz.round() as u32)
    } else {
        Err(format!("its sampling rate of {hz} Hz makes no sense"))
    }
}
