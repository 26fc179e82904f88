//! A file's packets, decoded one after the other: all that other people's decoders do with a
//! stranger's bytes, so that none of their panics gets further than the file.

use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use earnest_files::{contained, open_file};
use symphonia::core::codecs::audio::well_known::CODEC_ID_MP3;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::MetadataOptions;

use crate::AudioError;

/// The most channels that are read. Arrays of microphones have some dozens; a header can say
/// 65,535, and a packet of so many takes hundreds of megabytes.
pub(crate) const MOST_CHANNELS: usize = 256;

/// An opened file.
pub(crate) struct Packets {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    /// Samples a channel by the header, and by how many the file may have fewer; none if it does
    /// not say.
    pub promised: Option<(u64, u64)>,
    /// Samples each second by the header; 0 if it does not say.
    pub sample_rate: u32,
    /// True if the first packets may refer to ones that were cut off before them.
    pub lossy_start: bool,
}

/// What comes next in a file.
pub(crate) enum Next {
    /// Samples, at a rate in Hz.
    Samples(u32),
    /// A packet that cannot be decoded, and why.
    Broken(String),
    /// Nothing more; why, if that is amid a packet.
    End(Option<String>),
}

/// What a decoder's panic says to a person. Symphonia 0.6.1 panics on some damaged Ogg/Vorbis
/// files (a subtraction and a product that overflow, an assertion on a packet's size): a fault to
/// be mended upstream, which here costs the file and nothing else.
fn fallen(panic: String) -> String {
    let line = panic.lines().next().unwrap_or_default();
    format!("the decoder gave up on what no encoder writes: {line}")
}

impl Packets {
    /// Opens a file and recognises what is in it.
    pub fn open(path: &Path) -> Result<Self, AudioError> {
        let open_error = |source| AudioError::Open {
            path: path.to_owned(),
            source,
        };
        if path.is_dir() {
            return Err(AudioError::NotAudio {
                path: path.to_owned(),
                detail: "it is a folder".into(),
            });
        }
        let mut file = open_file(path).map_err(open_error)?;
        if file.metadata().map_err(open_error)?.len() == 0 {
            return Err(AudioError::Empty(path.to_owned()));
        }
        let ends = edges(&mut file).map_err(open_error)?;
        Self::of(path, Box::new(file), ends)
    }

    /// What is in bytes that are held, which are called `name`.
    pub fn of_bytes(name: &Path, bytes: Vec<u8>) -> Result<Self, AudioError> {
        if bytes.is_empty() {
            return Err(AudioError::Empty(name.to_owned()));
        }
        let mut bytes = Cursor::new(bytes);
        let ends = edges(&mut bytes).map_err(|source| AudioError::Open {
            path: name.to_owned(),
            source,
        })?;
        Self::of(name, Box::new(bytes), ends)
    }

    fn of(
        path: &Path,
        source: Box<dyn MediaSource>,
        (start, end): (Vec<u8>, Vec<u8>),
    ) -> Result<Self, AudioError> {
        if start.starts_with(b"OggS") && !ends_ogg(&end) {
            return Err(AudioError::Unfinished(path.to_owned()));
        }
        contained(|| Self::recognise(source, &start))
            .unwrap_or_else(|panic| Err(fallen(panic)))
            .map_err(|detail| AudioError::NotAudio {
                path: path.to_owned(),
                detail,
            })
    }

    fn recognise(source: Box<dyn MediaSource>, start: &[u8]) -> Result<Self, String> {
        let stream = MediaSourceStream::new(source, Default::default());
        let format = symphonia::default::get_probe()
            .probe(
                &Hint::new(), // no extension: the content decides
                stream,
                FormatOptions::default(),
                MetadataOptions::default(),
            )
            .map_err(|error| match error {
                SymphoniaError::IoError(_) => "it is truncated inside its header".to_owned(),
                other => other.to_string(),
            })?;
        let track = format
            .default_track(TrackType::Audio)
            .ok_or("no audio track in it")?;
        let parameters = track
            .codec_params
            .as_ref()
            .and_then(|p| p.audio())
            .ok_or("its audio track has no description")?;
        let channels = parameters.channels.as_ref().map_or(0, |c| c.count());
        if channels > MOST_CHANNELS {
            return Err(format!(
                "it says that it has {channels} channels; {MOST_CHANNELS} are read at most"
            ));
        }
        let lossy_start = parameters.codec == CODEC_ID_MP3;
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())
            .map_err(|error| error.to_string())?;
        // An MP3's length is an estimate unless its encoder wrote one; encoders pad by up to
        // two frames of 1152 samples.
        let slack = match lossy_start {
            false => Some(0),
            true => states_mp3_length(start).then_some(2 * 1152),
        };
        Ok(Self {
            track: track.id,
            promised: track.num_frames.zip(slack),
            sample_rate: parameters.sample_rate.unwrap_or(0),
            lossy_start,
            decoder,
            format,
        })
    }

    /// Decodes what comes next; samples go to `planes`, a vector of equal length for each channel.
    ///
    /// # Errors
    /// What is wrong with the file, which then ends here.
    pub fn next(&mut self, planes: &mut Vec<Vec<f32>>) -> Result<Next, String> {
        contained(|| self.step(planes)).unwrap_or_else(|panic| Err(fallen(panic)))
    }

    fn step(&mut self, planes: &mut Vec<Vec<f32>>) -> Result<Next, String> {
        loop {
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) | Err(SymphoniaError::ResetRequired) => return Ok(Next::End(None)),
                // An end in the middle of a packet: judged by what the header promised.
                Err(SymphoniaError::IoError(error))
                    if error.kind() == std::io::ErrorKind::UnexpectedEof =>
                {
                    return Ok(Next::End(Some(error.to_string())));
                }
                Err(error) => return Err(error.to_string()),
            };
            if packet.track_id != self.track {
                continue;
            }
            return Ok(match self.decoder.decode(&packet) {
                Ok(buffer) => {
                    buffer.copy_to_vecs_planar(planes);
                    let length = planes.iter().map(Vec::len).min().unwrap_or(0);
                    for plane in planes {
                        plane.truncate(length);
                    }
                    Next::Samples(buffer.spec().rate())
                }
                Err(error) => Next::Broken(error.to_string()),
            });
        }
    }
}

/// An Ogg page is at most 65307 bytes.
const EDGE: u64 = 65_536;

/// The first and last bytes of a file; it is rewound afterwards.
fn edges(file: &mut (impl Read + Seek)) -> std::io::Result<(Vec<u8>, Vec<u8>)> {
    let (mut start, mut end) = (Vec::new(), Vec::new());
    file.by_ref().take(EDGE).read_to_end(&mut start)?;
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(EDGE)))?;
    file.by_ref().take(EDGE).read_to_end(&mut end)?;
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
