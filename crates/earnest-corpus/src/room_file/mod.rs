//! Files of room responses: audio, Aachen AIR's `.mat`, SOFA.

mod air;
#[cfg(feature = "sofa")]
mod layout5;
mod mat5;
#[cfg(feature = "sofa")]
mod sofa;

use std::ops::ControlFlow;
use std::path::Path;

use earnest_audio::resample;
use earnest_files::contained;
use earnest_signal::{SAMPLE_RATE, Waveform};

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

/// The most samples that the responses of one file have together: a quarter of a gigabyte when
/// they are decoded, which is a binaural response of 1.9 s at 48 kHz for each of 360 directions.
const MOST_SAMPLES: u64 = 1 << 26;
/// The most bytes of a file that is read whole.
const MOST_BYTES: u64 = 1 << 28;

fn too_many(samples: u64) -> String {
    format!(
        "its responses have {samples} samples or more; {MOST_SAMPLES} are read at most: give fewer measurements in a file, or shorter responses"
    )
}

/// All responses of a file.
///
/// # Errors
/// What is wrong with the file, with its name; responses of more than 2^27 samples together,
/// before they are decoded.
pub fn read_responses(path: &Path) -> Result<Vec<MeasuredResponse>, String> {
    let read = match RoomFormat::of(path) {
        Some(RoomFormat::Mat) => air::read,
        #[cfg(feature = "sofa")]
        Some(RoomFormat::Sofa) => sofa::read,
        #[cfg(not(feature = "sofa"))]
        Some(RoomFormat::Sofa) => |_: &Path| {
            Err("this program was built without the feature `sofa` of earnest-corpus, which reads it".to_owned())
        },
        Some(RoomFormat::Audio) | None => return read_audio(path),
    };
    contained(|| read(path))
        .unwrap_or_else(|panic| {
            Err(format!(
                "it is damaged, and its reader gave up: {}",
                panic.lines().next().unwrap_or_default()
            ))
        })
        .map_err(|why| of_file(path, &why))
}

/// Each channel of an audio file is a response.
fn read_audio(path: &Path) -> Result<Vec<MeasuredResponse>, String> {
    let mut responses: Vec<MeasuredResponse> = Vec::new();
    let mut found = 0_u64;
    earnest_audio::decode_blocks(path, None, |planes, sample_rate| {
        found += planes.iter().map(|p| p.len() as u64).sum::<u64>();
        if found > MOST_SAMPLES {
            return ControlFlow::Break(());
        }
        responses.resize_with(planes.len(), Default::default);
        for (response, plane) in responses.iter_mut().zip(planes) {
            response.sample_rate = sample_rate;
            response.samples.extend_from_slice(plane);
        }
        ControlFlow::Continue(())
    })
    .map_err(|e| e.to_string())?;
    if found > MOST_SAMPLES {
        return Err(of_file(path, &too_many(found)));
    }
    let several = responses.len() > 1;
    for (i, response) in responses.iter_mut().enumerate().filter(|_| several) {
        response.label = format!("channel {}", i + 1);
    }
    Ok(responses)
}

fn of_file(path: &Path, why: &str) -> String {
    format!("cannot read room response {}: {why}", path.display())
}

/// What a file says of a measurement, as far as a person reads it.
fn shortened(text: &str) -> String {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A rate as a file gives it.
fn checked_rate(hz: f64) -> Result<u32, String> {
    if (1_000.0..=1e6).contains(&hz) {
        Ok(hz.round() as u32)
    } else {
        Err(format!("its sampling rate of {hz} Hz makes no sense"))
    }
}
