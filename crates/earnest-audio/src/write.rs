//! Writing WAV files, whole or not at all.

use std::io::BufWriter;
use std::path::Path;

use earnest_files::WholeFile;

use crate::{AudioError, Waveform};

/// How samples are stored in a WAV file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SampleFormat {
    /// 16-bit integers; values beyond full scale are clipped.
    #[default]
    Int16,
    /// 32-bit IEEE floats, stored as they are.
    Float32,
}

/// Writes one channel as WAV; see [`write_wav_channels`].
///
/// # Errors
/// [`AudioError::Write`] with what the system said.
pub fn write_wav(
    path: impl AsRef<Path>,
    wave: &Waveform,
    format: SampleFormat,
) -> Result<(), AudioError> {
    write_wav_channels(path, &[wave.samples()], wave.sample_rate(), format)
}

/// Writes channels as WAV: the file is there whole or not at all. Shorter channels are filled with silence.
///
/// # Errors
/// [`AudioError::Write`] with what the system said.
pub fn write_wav_channels(
    path: impl AsRef<Path>,
    channels: &[&[f32]],
    sample_rate: u32,
    format: SampleFormat,
) -> Result<(), AudioError> {
    let path = path.as_ref();
    let error = |detail: String| AudioError::Write {
        path: path.to_owned(),
        detail,
    };
    let mut file = WholeFile::create(path).map_err(|e| error(e.to_string()))?;
    write_all(&mut file, channels, sample_rate, format).map_err(|e| error(e.to_string()))?;
    file.commit().map_err(|e| error(e.to_string()))
}

fn write_all(
    file: &mut WholeFile,
    channels: &[&[f32]],
    sample_rate: u32,
    format: SampleFormat,
) -> Result<(), hound::Error> {
    let (bits_per_sample, sample_format) = match format {
        SampleFormat::Int16 => (16, hound::SampleFormat::Int),
        SampleFormat::Float32 => (32, hound::SampleFormat::Float),
    };
    let spec = hound::WavSpec {
        channels: u16::try_from(channels.len()).map_err(|_| hound::Error::TooWide)?,
        sample_rate,
        bits_per_sample,
        sample_format,
    };
    let mut writer = hound::WavWriter::new(BufWriter::new(file), spec)?;
    let frames = channels.iter().map(|c| c.len()).max().unwrap_or(0);
    for i in 0..frames {
        for channel in channels {
            let x = channel.get(i).copied().unwrap_or(0.0);
            match format {
                SampleFormat::Int16 => {
                    writer.write_sample((x * 32768.0).round().clamp(-32768.0, 32767.0) as i16)?;
                }
                SampleFormat::Float32 => writer.write_sample(x)?,
            }
        }
    }
    writer.finalize()
}
