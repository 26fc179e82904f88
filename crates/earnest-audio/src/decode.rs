//! From a file to samples: recognised by content, decoded by Symphonia, checked.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::path::Path;

use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::codecs::audio::well_known::CODEC_ID_MP3;
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

use crate::resample::{ResampleStream, resample};
use crate::stretch::{Cutter, Stretch};
use crate::{AudioError, SAMPLE_RATE, Waveform};

const LOWEST_RATE: u32 = 2_000;
const HIGHEST_RATE: u32 = 768_000;
/// Longest recording that is read, in hours. An utterance lasts seconds.
const LIMIT_H: f64 = 2.0;
/// Share of undecodable packets that an MP3 or Vorbis stream may have: its first packets
/// may refer to ones cut off before them.
const BROKEN_SHARE: f64 = 0.1;

/// A decoded recording as it lies in the file: its own rate, all its channels.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// One vector of equal length per channel; full scale is 1.0.
    pub channels: Vec<Vec<f32>>,
    /// Samples each second.
    pub sample_rate: u32,
}

impl Recording {
    /// The mean of the channels.
    #[must_use]
    pub fn mix_down(&self) -> Waveform {
        let mut mono = Vec::new();
        mix_down(&self.channels, &mut mono);
        Waveform::new(mono, self.sample_rate)
    }
}

/// Reads a file as mono at [`SAMPLE_RATE`]: the mean of its channels, band-limited
/// resampling where the rate differs.
///
/// # Errors
/// See [`AudioError`]: missing, empty, unknown, truncated, damaged, without samples, NaN
/// or longer than two hours.
pub fn read(path: impl AsRef<Path>) -> Result<Waveform, AudioError> {
    read_stretch(path, None)
}

/// Reads a stretch of a file as [`read`] reads the whole (`None`): the same samples that lie
/// there in the whole. No more of the file is held than the stretch, and what comes after it
/// is not decoded.
///
/// # Errors
/// As [`read`], but what is wrong with the file after the stretch does not show; and a stretch
/// that reaches beyond the file's end by more than 10 ms.
pub fn read_stretch(
    path: impl AsRef<Path>,
    stretch: Option<Stretch>,
) -> Result<Waveform, AudioError> {
    let mut samples = Vec::new();
    read_into(path.as_ref(), stretch, &mut |block| {
        samples.extend_from_slice(block);
    })?;
    Ok(Waveform::new(samples, SAMPLE_RATE))
}

/// Reads a file as [`read`] does, but gives its samples block by block, so that even a
/// long one takes little memory.
///
/// # Errors
/// As [`read`]. Some show only at the end of a file, so what `block` has had before an
/// error is no whole recording.
pub fn read_blocks(
    path: impl AsRef<Path>,
    mut block: impl FnMut(&[f32]),
) -> Result<(), AudioError> {
    read_into(path.as_ref(), None, &mut block)
}

fn read_into(
    path: &Path,
    stretch: Option<Stretch>,
    sink: &mut dyn FnMut(&[f32]),
) -> Result<(), AudioError> {
    let mut cutter = Cutter::new(stretch, SAMPLE_RATE);
    let mut stream: Option<ResampleStream> = None;
    let mut mono = Vec::new();
    decode_packets(path, &mut |planes, rate| {
        mono.clear();
        mix_down(planes, &mut mono);
        let stream = match &mut stream {
            Some(stream) => stream,
            None => stream.insert(ResampleStream::new(rate, SAMPLE_RATE).map_err(|e| e.of(path))?),
        };
        stream
            .push(&mono, &mut |block| sink(&block[cutter.next(block.len())]))
            .map_err(|e| e.of(path))?;
        Ok(match cutter.is_over() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        })
    })?;
    if cutter.is_over() {
        return Ok(());
    }
    if let Some(mut stream) = stream {
        stream
            .finish(&mut |block| sink(&block[cutter.next(block.len())]))
            .map_err(|e| e.of(path))?;
    }
    within(path, stretch, &cutter, SAMPLE_RATE)
}

/// Refuses a stretch that reaches beyond the file's end.
fn within(
    path: &Path,
    stretch: Option<Stretch>,
    cutter: &Cutter,
    rate: u32,
) -> Result<(), AudioError> {
    match stretch {
        Some(stretch) if cutter.is_beyond(rate) => Err(AudioError::BeyondEnd {
            path: path.to_owned(),
            stretch,
            length_s: cutter.seen() as f64 / f64::from(rate.max(1)),
        }),
        _ => Ok(()),
    }
}

/// Adds the mean of equally long channels to `mono`.
fn mix_down(channels: &[Vec<f32>], mono: &mut Vec<f32>) {
    let Some((first, others)) = channels.split_first() else {
        return;
    };
    let start = mono.len();
    mono.extend_from_slice(first);
    let mono = &mut mono[start..];
    for channel in others {
        for (sum, x) in mono.iter_mut().zip(channel) {
            *sum += x;
        }
    }
    if !others.is_empty() {
        for sum in mono {
            *sum /= channels.len() as f32;
        }
    }
}

/// Reads a file with all its channels, each at [`SAMPLE_RATE`].
///
/// # Errors
/// As [`read`].
pub fn read_channels(path: impl AsRef<Path>) -> Result<Vec<Waveform>, AudioError> {
    let path = path.as_ref();
    let recording = decode(path)?;
    let rate = recording.sample_rate;
    recording
        .channels
        .into_iter()
        .map(|c| resample(&Waveform::new(c, rate), SAMPLE_RATE).map_err(|error| error.of(path)))
        .collect()
}

/// Decodes a file as it is: its own rate and channels.
///
/// # Errors
/// As [`read`].
pub fn decode(path: impl AsRef<Path>) -> Result<Recording, AudioError> {
    let mut channels: Vec<Vec<f32>> = Vec::new();
    let mut sample_rate = 0;
    decode_blocks(path, None, |planes, rate| {
        sample_rate = rate;
        channels.resize_with(channels.len().max(planes.len()), Vec::new);
        for (channel, plane) in channels.iter_mut().zip(planes) {
            channel.extend_from_slice(plane);
        }
    })?;
    Ok(Recording {
        channels,
        sample_rate,
    })
}

/// Decodes a file, or a stretch of it, as it is, block by block: `block` is given the
/// channels, equally long, and their sample rate.
///
/// # Errors
/// As [`read_stretch`]. What `block` has had before an error is no whole recording.
pub fn decode_blocks(
    path: impl AsRef<Path>,
    stretch: Option<Stretch>,
    mut block: impl FnMut(&[&[f32]], u32),
) -> Result<(), AudioError> {
    let path = path.as_ref();
    let mut cut: Option<(Cutter, u32)> = None;
    decode_packets(path, &mut |planes, rate| {
        let (cutter, _) = cut.get_or_insert_with(|| (Cutter::new(stretch, rate), rate));
        let range = cutter.next(planes.first().map_or(0, Vec::len));
        if !range.is_empty() {
            let parts: Vec<&[f32]> = planes.iter().map(|p| &p[range.clone()]).collect();
            block(&parts, rate);
        }
        Ok(match cutter.is_over() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        })
    })?;
    match cut {
        Some((cutter, rate)) => within(path, stretch, &cutter, rate),
        None => Ok(()),
    }
}

/// Takes a packet's channels, equally long, and their sample rate; says whether it wants more.
pub(crate) type PacketSink<'a> =
    dyn FnMut(&[Vec<f32>], u32) -> Result<ControlFlow<()>, AudioError> + 'a;

/// Decodes a file packet by packet and checks it on the way.
pub(crate) fn decode_packets(path: &Path, sink: &mut PacketSink<'_>) -> Result<(), AudioError> {
    let open_error = |source| AudioError::Open {
        path: path.to_owned(),
        source,
    };
    let not_audio = |detail: String| AudioError::NotAudio {
        path: path.to_owned(),
        detail,
    };
    let mut file = File::open(path).map_err(open_error)?;
    let metadata = file.metadata().map_err(open_error)?;
    if metadata.is_dir() {
        return Err(not_audio("it is a folder".into()));
    }
    if metadata.len() == 0 {
        return Err(AudioError::Empty(path.to_owned()));
    }

    let (start, end) = edges(&mut file).map_err(open_error)?;
    if start.starts_with(b"OggS") && !ends_ogg(&end) {
        return Err(AudioError::Unfinished(path.to_owned()));
    }
    let stream = MediaSourceStream::new(Box::new(file), Default::default());
    let mut format = symphonia::default::get_probe()
        .probe(
            &Hint::new(), // no extension: the content decides
            stream,
            FormatOptions::default(),
            MetadataOptions::default(),
        )
        .map_err(|error| match error {
            SymphoniaError::IoError(_) => not_audio("it is truncated inside its header".into()),
            other => not_audio(other.to_string()),
        })?;
    let track = format
        .default_track(TrackType::Audio)
        .ok_or_else(|| not_audio("no audio track in it".into()))?;
    let track_id = track.id;
    let promised = track.num_frames;
    let parameters = track
        .codec_params
        .as_ref()
        .and_then(|p| p.audio())
        .ok_or_else(|| not_audio("its audio track has no description".into()))?
        .clone();
    let lossy_start = parameters.codec == CODEC_ID_MP3;
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(&parameters, &AudioDecoderOptions::default())
        .map_err(|error| not_audio(error.to_string()))?;

    let mut found = 0_u64;
    let mut channels = 0;
    let mut sample_rate = parameters.sample_rate.unwrap_or(0);
    let mut planes: Vec<Vec<f32>> = Vec::new();
    let (mut packets, mut broken) = (0_u64, 0_u64);
    let mut last_problem = String::new();
    let at_s = |found: u64, rate: u32| found as f64 / f64::from(rate.max(1));
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) | Err(SymphoniaError::ResetRequired) => break,
            // An end in the middle of a packet: judged below by what the header promised.
            Err(SymphoniaError::IoError(error))
                if error.kind() == std::io::ErrorKind::UnexpectedEof =>
            {
                last_problem = error.to_string();
                break;
            }
            Err(error) => {
                return Err(AudioError::Damaged {
                    path: path.to_owned(),
                    at_s: at_s(found, sample_rate),
                    detail: error.to_string(),
                });
            }
        };
        if packet.track_id != track_id {
            continue;
        }
        packets += 1;
        match decoder.decode(&packet) {
            Ok(buffer) => {
                let rate = buffer.spec().rate();
                buffer.copy_to_vecs_planar(&mut planes);
                let length = planes.iter().map(Vec::len).min().unwrap_or(0);
                if length == 0 {
                    continue;
                }
                if found == 0 {
                    (sample_rate, channels) = (rate, planes.len());
                    if !(LOWEST_RATE..=HIGHEST_RATE).contains(&rate) {
                        return Err(AudioError::Rate {
                            path: path.to_owned(),
                            rate,
                            low: LOWEST_RATE,
                            high: HIGHEST_RATE,
                        });
                    }
                } else if (rate, planes.len()) != (sample_rate, channels) {
                    return Err(AudioError::Damaged {
                        path: path.to_owned(),
                        at_s: at_s(found, sample_rate),
                        detail: format!(
                            "{channels} channels at {sample_rate} Hz become {} at {rate} Hz",
                            planes.len()
                        ),
                    });
                }
                for plane in &mut planes {
                    plane.truncate(length);
                    if let Some(i) = plane.iter().position(|x| !x.is_finite()) {
                        return Err(AudioError::NotFinite {
                            path: path.to_owned(),
                            at_s: at_s(found + i as u64, sample_rate),
                        });
                    }
                }
                found += length as u64;
                if at_s(found, sample_rate) > LIMIT_H * 3600.0 {
                    return Err(AudioError::TooLong {
                        path: path.to_owned(),
                        limit_h: LIMIT_H,
                    });
                }
                if sink(&planes, sample_rate)?.is_break() {
                    return Ok(());
                }
            }
            Err(error) => {
                broken += 1;
                last_problem = error.to_string();
            }
        }
    }

    let tolerated = if lossy_start {
        (packets as f64 * BROKEN_SHARE).ceil() as u64
    } else {
        0
    };
    if broken > tolerated {
        return Err(AudioError::Damaged {
            path: path.to_owned(),
            at_s: at_s(found, sample_rate),
            detail: last_problem,
        });
    }
    // An MP3's length is an estimate unless its encoder wrote one; encoders pad by up to
    // two frames of 1152 samples.
    let slack = match (lossy_start, &start) {
        (false, _) => Some(0),
        (true, start) if states_mp3_length(start) => Some(2 * 1152),
        (true, _) => None,
    };
    if let (Some(promised), Some(slack)) = (promised, slack)
        && found + slack < promised
    {
        return Err(AudioError::Truncated {
            path: path.to_owned(),
            promised,
            found,
        });
    }
    if found == 0 {
        return Err(AudioError::NoSamples(path.to_owned()));
    }
    Ok(())
}

/// An Ogg page is at most 65307 bytes.
const EDGE: u64 = 65_536;

/// The first and last bytes of a file; it is rewound afterwards.
fn edges(file: &mut File) -> std::io::Result<(Vec<u8>, Vec<u8>)> {
    let (mut start, mut end) = (Vec::new(), Vec::new());
    file.by_ref().take(EDGE).read_to_end(&mut start)?;
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(EDGE)))?;
    file.read_to_end(&mut end)?;
    file.rewind()?;
    Ok((start, end))
}

/// True if the last page of an Ogg stream is whole and marked as the last (RFC 3533).
fn ends_ogg(end: &[u8]) -> bool {
    let Some(at) = end.windows(4).rposition(|w| w == b"OggS") else {
        return false;
    };
    let page = &end[at..];
    let Some(segments) = page.get(26).map(|n| usize::from(*n)) else {
        return false;
    };
    let Some(table) = page.get(27..27 + segments) else {
        return false;
    };
    let body: usize = table.iter().map(|n| usize::from(*n)).sum();
    const LAST_PAGE: u8 = 4;
    page[5] & LAST_PAGE != 0 && page.len() >= 27 + segments + body
}

/// True if an MP3's encoder wrote how long it is (a Xing, Info or VBRI header).
fn states_mp3_length(start: &[u8]) -> bool {
    start
        .windows(4)
        .any(|w| matches!(w, b"Xing" | b"Info" | b"VBRI"))
}
