//! From a file to samples: recognised by content, decoded by Symphonia, checked.

use std::ops::{ControlFlow, RangeInclusive};
use std::path::Path;

use crate::packets::{Next, Packets};
use crate::resample::ResampleStream;
use crate::stretch::{Cutter, Stretch};
use crate::{AudioError, SAMPLE_RATE, Waveform};

/// Rates of recordings that can be read, samples each second.
pub const RATES: RangeInclusive<u32> = 2_000..=768_000;
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

/// Reads a file, or a stretch of it, as [`read_stretch`] does, but gives its samples block by block,
/// so that even a long one takes little memory.
///
/// # Errors
/// As [`read_stretch`]. Some show only at the end of a file, so what `block` has had before an
/// error is no whole recording.
pub fn read_blocks(
    path: impl AsRef<Path>,
    stretch: Option<Stretch>,
    mut block: impl FnMut(&[f32]),
) -> Result<(), AudioError> {
    read_into(path.as_ref(), stretch, &mut block)
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

/// The mean of equally long channels, sample by sample.
pub fn mono<C: AsRef<[f32]>>(channels: &[C]) -> impl Iterator<Item = f32> {
    let length = channels.first().map_or(0, |c| c.as_ref().len());
    (0..length).map(|i| {
        let sum: f32 = channels.iter().filter_map(|c| c.as_ref().get(i)).sum();
        sum / channels.len() as f32
    })
}

/// The mean of a frame, one sample of each channel: what [`mono`] makes of it.
#[must_use]
pub fn mean(frame: &[f32]) -> f32 {
    match frame {
        [one] => *one,
        _ => frame.iter().sum::<f32>() / frame.len() as f32,
    }
}

/// Equally long channels as frames, one sample of each after the other, in place of what `frames` held.
pub fn interleave<C: AsRef<[f32]>>(channels: &[C], frames: &mut Vec<f32>) {
    frames.clear();
    let length = channels.first().map_or(0, |c| c.as_ref().len());
    for i in 0..length {
        frames.extend(channels.iter().filter_map(|c| c.as_ref().get(i)));
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

/// Reads a file with all its channels, each at [`SAMPLE_RATE`]. No more is held than what it
/// gives.
///
/// # Errors
/// As [`read`].
pub fn read_channels(path: impl AsRef<Path>) -> Result<Vec<Waveform>, AudioError> {
    let path = path.as_ref();
    let mut channels: Vec<(ResampleStream, Vec<f32>)> = Vec::new();
    decode_packets(path, &mut |planes, rate| {
        while channels.len() < planes.len() {
            let stream = ResampleStream::new(rate, SAMPLE_RATE).map_err(|e| e.of(path))?;
            channels.push((stream, Vec::new()));
        }
        for ((stream, samples), plane) in channels.iter_mut().zip(planes) {
            stream
                .push(plane, &mut |block| samples.extend_from_slice(block))
                .map_err(|e| e.of(path))?;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    channels
        .into_iter()
        .map(|(mut stream, mut samples)| {
            stream
                .finish(&mut |block| samples.extend_from_slice(block))
                .map_err(|e| e.of(path))?;
            Ok(Waveform::new(samples, SAMPLE_RATE))
        })
        .collect()
}

/// Below this peak, of full scale 1, a recording or a channel is silent (-80 dB).
pub const SILENT_PEAK: f32 = 1e-4;

/// As [`read_channels`], for who answers each channel by itself: a channel that is silent (no
/// sample above -80 dB) while another is not holds no sample here, so that a dead microphone has no
/// say.
///
/// # Errors
/// As [`read`].
pub fn read_heard_channels(path: impl AsRef<Path>) -> Result<Vec<Waveform>, AudioError> {
    let mut channels = read_channels(path)?;
    let is_silent = |channel: &Waveform| channel.peak() < SILENT_PEAK;
    if !channels.iter().all(is_silent) {
        for channel in channels.iter_mut().filter(|channel| is_silent(channel)) {
            *channel = Waveform::new(Vec::new(), SAMPLE_RATE);
        }
    }
    Ok(channels)
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
        ControlFlow::Continue(())
    })?;
    Ok(Recording {
        channels,
        sample_rate,
    })
}

/// Decodes a file, or a stretch of it, as it is, block by block: `block` is given the
/// channels, equally long, and their sample rate, and says whether it wants more.
///
/// # Errors
/// As [`read_stretch`]. What `block` has had before an error is no whole recording.
pub fn decode_blocks(
    path: impl AsRef<Path>,
    stretch: Option<Stretch>,
    block: impl FnMut(&[&[f32]], u32) -> ControlFlow<()>,
) -> Result<(), AudioError> {
    let path = path.as_ref();
    blocks_of(path, Packets::open(path)?, stretch, block)
}

/// As [`decode_blocks`] of all of a file, of bytes that are held: what an HTTP request brings. Errors call them `name`.
///
/// # Errors
/// As [`read`].
pub fn decode_blocks_of_bytes(
    name: impl AsRef<Path>,
    bytes: Vec<u8>,
    block: impl FnMut(&[&[f32]], u32) -> ControlFlow<()>,
) -> Result<(), AudioError> {
    let name = name.as_ref();
    blocks_of(name, Packets::of_bytes(name, bytes)?, None, block)
}

fn blocks_of(
    path: &Path,
    packets: Packets,
    stretch: Option<Stretch>,
    mut block: impl FnMut(&[&[f32]], u32) -> ControlFlow<()>,
) -> Result<(), AudioError> {
    let mut cut: Option<(Cutter, u32)> = None;
    let mut enough = false;
    check_packets(path, packets, &mut |planes, rate| {
        let (cutter, _) = cut.get_or_insert_with(|| (Cutter::new(stretch, rate), rate));
        let range = cutter.next(planes.first().map_or(0, Vec::len));
        if !range.is_empty() {
            let parts: Vec<&[f32]> = planes.iter().map(|p| &p[range.clone()]).collect();
            enough = block(&parts, rate).is_break();
        }
        Ok(match enough || cutter.is_over() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        })
    })?;
    match cut {
        Some((cutter, rate)) if !enough => within(path, stretch, &cutter, rate),
        _ => Ok(()),
    }
}

/// Takes a packet's channels, equally long, and their sample rate; says whether it wants more.
pub(crate) type PacketSink<'a> =
    dyn FnMut(&[Vec<f32>], u32) -> Result<ControlFlow<()>, AudioError> + 'a;

/// Decodes a file packet by packet and checks it on the way.
pub(crate) fn decode_packets(path: &Path, sink: &mut PacketSink<'_>) -> Result<(), AudioError> {
    check_packets(path, Packets::open(path)?, sink)
}

fn check_packets(
    path: &Path,
    mut packets: Packets,
    sink: &mut PacketSink<'_>,
) -> Result<(), AudioError> {
    let (mut count, mut broken, mut found) = (0_u64, 0_u64, 0_u64);
    let (mut sample_rate, mut channels) = (packets.sample_rate, 0);
    let mut planes: Vec<Vec<f32>> = Vec::new();
    let mut last_problem = String::new();
    let at_s = |found: u64, rate: u32| found as f64 / f64::from(rate.max(1));
    let damaged = |found, rate, detail| AudioError::Damaged {
        path: path.to_owned(),
        at_s: at_s(found, rate),
        detail,
    };
    loop {
        let rate = match packets.next(&mut planes) {
            Err(detail) => return Err(damaged(found, sample_rate, detail)),
            Ok(Next::End(why)) => {
                last_problem = why.unwrap_or(last_problem);
                break;
            }
            Ok(Next::Broken(why)) => {
                (count, broken, last_problem) = (count + 1, broken + 1, why);
                continue;
            }
            Ok(Next::Samples(rate)) => rate,
        };
        count += 1;
        let length = planes.first().map_or(0, Vec::len);
        if length == 0 {
            continue;
        }
        if found == 0 {
            (sample_rate, channels) = (rate, planes.len());
            if !RATES.contains(&rate) {
                return Err(AudioError::Rate {
                    path: path.to_owned(),
                    rate,
                    low: *RATES.start(),
                    high: *RATES.end(),
                });
            }
        } else if (rate, planes.len()) != (sample_rate, channels) {
            let detail = format!(
                "{channels} channels at {sample_rate} Hz become {} at {rate} Hz",
                planes.len()
            );
            return Err(damaged(found, sample_rate, detail));
        }
        for plane in &planes {
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

    let tolerated = match packets.lossy_start {
        true => (count as f64 * BROKEN_SHARE).ceil() as u64,
        false => 0,
    };
    if broken > tolerated {
        return Err(damaged(found, sample_rate, last_problem));
    }
    if let Some((promised, slack)) = packets.promised
        && found.saturating_add(slack) < promised
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
