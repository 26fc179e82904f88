//! Where the audio comes from.

use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use earnest_live::{Beginning, Encoding, FrameReader, RawFormat, beginning};

use crate::failure::Failure;

/// How long to wait before looking whether the user wants to stop.
const PATIENCE: Duration = Duration::from_millis(50);
/// Blocks that wait to be heard; who brings more waits.
const WAITING: usize = 16;

/// What comes next.
pub enum Brought {
    /// Frames of all channels.
    Samples(Vec<f32>),
    /// So many frames were lost.
    #[cfg_attr(not(feature = "microphone"), allow(dead_code))]
    Lost(u64),
    /// Nothing for the moment.
    Nothing,
    /// There is no more.
    End,
    /// It broke off.
    Gone(String),
}

/// What a thread that reads says.
enum Said {
    Format(RawFormat),
    Samples(Vec<f32>),
    Gone(String),
}

/// A source of audio.
pub struct Sound {
    name: String,
    from: From,
}

enum From {
    Thread(Receiver<Said>),
    #[cfg(feature = "microphone")]
    Microphone(earnest_live::Microphone),
}

/// Prints which microphones there are.
pub fn list_devices() -> Result<(), Failure> {
    #[cfg(feature = "microphone")]
    {
        let devices = earnest_live::microphones().map_err(|e| anyhow::anyhow!(e))?;
        devices.iter().for_each(|name| say!("{name}"));
        Ok(())
    }
    #[cfg(not(feature = "microphone"))]
    Err(no_microphone())
}

#[cfg(not(feature = "microphone"))]
fn no_microphone() -> Failure {
    Failure::asked(
        "this build hears no microphone: build it with `cargo install --path crates/earnest --features microphone` (on Linux that needs libasound2-dev), or let another program bring the sound: `arecord -q -f S16_LE -r 16000 | earnest listen -`",
    )
}

impl Sound {
    /// A microphone.
    #[cfg_attr(not(feature = "microphone"), allow(unused_variables))]
    pub fn microphone(device: &str) -> Result<Self, Failure> {
        #[cfg(feature = "microphone")]
        {
            let microphone = earnest_live::Microphone::open(device)
                .map_err(|e| anyhow::anyhow!("cannot hear the microphone {device}: {e}"))?;
            Ok(Self {
                name: microphone.name().to_owned(),
                from: From::Microphone(microphone),
            })
        }
        #[cfg(not(feature = "microphone"))]
        Err(no_microphone())
    }

    /// Raw samples, or a WAV, on standard input.
    pub fn standard_input(
        rate: Option<u32>,
        channels: Option<u16>,
        encoding: Option<Encoding>,
    ) -> Result<Self, Failure> {
        if let Some(rate) = rate.filter(|rate| !earnest_audio::RATES.contains(rate)) {
            let (low, high) = (earnest_audio::RATES.start(), earnest_audio::RATES.end());
            return Err(Failure::asked(format!(
                "--rate {rate}: {low} to {high} Hz are heard"
            )));
        }
        const MOST_CHANNELS: u16 = 64;
        if let Some(n) = channels.filter(|n| !(1..=MOST_CHANNELS).contains(n)) {
            return Err(Failure::asked(format!(
                "--channels {n}: 1 to {MOST_CHANNELS} are heard"
            )));
        }
        let asked = Asked {
            rate,
            channels,
            encoding,
        };
        let (sender, receiver) = sync_channel(WAITING);
        std::thread::spawn(move || read_input(std::io::stdin().lock(), &asked, &sender));
        Ok(Self {
            name: "standard input".to_owned(),
            from: From::Thread(receiver),
        })
    }

    /// A file, as fast as it is spoken or as fast as it can be read.
    pub fn file(path: &Path, pace: bool) -> Result<Self, Failure> {
        if !path.exists() {
            return Err(Failure::asked(format!("{} does not exist", path.display())));
        }
        let (sender, receiver) = sync_channel(WAITING);
        let own = path.to_owned();
        std::thread::spawn(move || read_file(&own, pace, &sender));
        Ok(Self {
            name: path.display().to_string(),
            from: From::Thread(receiver),
        })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its format; waits until it is known.
    pub fn format(&mut self) -> Result<RawFormat, Failure> {
        match &self.from {
            From::Thread(receiver) => loop {
                match receiver.recv_timeout(PATIENCE) {
                    Ok(Said::Format(format)) => return Ok(format),
                    Ok(Said::Gone(why)) => {
                        return Err(anyhow::anyhow!("{}: {why}", self.name).into());
                    }
                    Ok(Said::Samples(_)) | Err(RecvTimeoutError::Disconnected) => {
                        return Err(anyhow::anyhow!("{}: there is no audio", self.name).into());
                    }
                    Err(RecvTimeoutError::Timeout) => {
                        if super::STOPPING.load(std::sync::atomic::Ordering::SeqCst) {
                            std::process::exit(crate::failure::STOPPED.into());
                        }
                    }
                }
            },
            #[cfg(feature = "microphone")]
            From::Microphone(microphone) => Ok(RawFormat {
                encoding: Encoding::F32le,
                sample_rate: microphone.sample_rate(),
                channels: microphone.channels(),
            }),
        }
    }

    /// What comes next; waits a little for it.
    pub fn next(&mut self) -> Brought {
        match &self.from {
            From::Thread(receiver) => match receiver.recv_timeout(PATIENCE) {
                Ok(Said::Samples(samples)) => Brought::Samples(samples),
                Ok(Said::Format(_)) | Err(RecvTimeoutError::Timeout) => Brought::Nothing,
                Ok(Said::Gone(why)) => Brought::Gone(why),
                Err(RecvTimeoutError::Disconnected) => Brought::End,
            },
            #[cfg(feature = "microphone")]
            From::Microphone(microphone) => match microphone.next(PATIENCE) {
                earnest_live::Recorded::Samples(samples) => Brought::Samples(samples),
                earnest_live::Recorded::Lost(lost) => Brought::Lost(lost),
                earnest_live::Recorded::Nothing => Brought::Nothing,
                earnest_live::Recorded::Gone(why) => Brought::Gone(why),
            },
        }
    }
}

/// What the user says of standard input.
struct Asked {
    rate: Option<u32>,
    channels: Option<u16>,
    encoding: Option<Encoding>,
}

impl Asked {
    /// The format of raw samples.
    fn raw(&self) -> RawFormat {
        let first = RawFormat::default();
        RawFormat {
            encoding: self.encoding.unwrap_or(first.encoding),
            sample_rate: self.rate.unwrap_or(first.sample_rate),
            channels: self.channels.map_or(first.channels, usize::from),
        }
    }

    /// Refuses a WAV that says otherwise.
    fn check(&self, format: RawFormat) -> Result<(), String> {
        let differs = |flag: &str, asked: String, says: String| {
            Err(format!(
                "the WAV's header says {says}, and {flag} {asked}; leave the flag out"
            ))
        };
        match (self.rate, self.channels, self.encoding) {
            (Some(rate), ..) if rate != format.sample_rate => differs(
                "--rate",
                rate.to_string(),
                format!("{} Hz", format.sample_rate),
            ),
            (_, Some(n), _) if usize::from(n) != format.channels => differs(
                "--channels",
                n.to_string(),
                format!("{} channels", format.channels),
            ),
            (.., Some(encoding)) if encoding != format.encoding => differs(
                "--encoding",
                encoding.name().to_owned(),
                format.encoding.name().to_owned(),
            ),
            _ => Ok(()),
        }
    }
}

/// Reads raw samples, or a WAV, as they come.
fn read_input(mut input: impl Read, asked: &Asked, sender: &SyncSender<Said>) {
    let mut bytes = vec![0_u8; 8192];
    let mut begun: Vec<u8> = Vec::new();
    let mut reader = FrameReader::default();
    let mut known: Option<RawFormat> = None;
    loop {
        let n = match input.read(&mut bytes) {
            Ok(n) => n,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => {
                let _ = sender.send(Said::Gone(error.to_string()));
                return;
            }
        };
        let mut samples = Vec::new();
        let format = match known {
            Some(format) => {
                reader.read(format, &bytes[..n], &mut samples);
                format
            }
            None => {
                begun.extend_from_slice(&bytes[..n]);
                let (format, from) = match beginning(&begun) {
                    Ok(Beginning::Wav { format, header }) => match asked.check(format) {
                        Ok(()) => (format, header),
                        Err(why) => {
                            let _ = sender.send(Said::Gone(why));
                            return;
                        }
                    },
                    Ok(Beginning::Raw) => (asked.raw(), 0),
                    Ok(Beginning::Unknown) if n > 0 => continue,
                    Ok(Beginning::Unknown) => (asked.raw(), 0),
                    Err(why) => {
                        let _ = sender.send(Said::Gone(why));
                        return;
                    }
                };
                if sender.send(Said::Format(format)).is_err() {
                    return;
                }
                known = Some(format);
                reader.read(format, &begun[from..], &mut samples);
                begun = Vec::new();
                format
            }
        };
        if !samples.is_empty() && sender.send(Said::Samples(samples)).is_err() {
            return;
        }
        if n == 0 {
            if reader.left() > 0 {
                let _ = sender.send(Said::Gone(format!(
                    "it ends amid a frame: {} of {} bytes ({}, channels: {})",
                    reader.left(),
                    format.frame_bytes(),
                    format.encoding.name(),
                    format.channels
                )));
            }
            return;
        }
    }
}

/// Reads a file.
fn read_file(path: &Path, pace: bool, sender: &SyncSender<Said>) {
    let began = Instant::now();
    let (mut frames, mut sent, mut known) = (Vec::new(), 0_u64, false);
    let decoded = earnest_audio::decode_blocks(path, None, |planes, rate| {
        let channels = planes.len();
        if !known {
            known = true;
            let format = RawFormat {
                encoding: Encoding::F32le,
                sample_rate: rate,
                channels,
            };
            if sender.send(Said::Format(format)).is_err() {
                return ControlFlow::Break(());
            }
        }
        earnest_audio::interleave(planes, &mut frames);
        // 20 ms at a time, each when it was spoken.
        let block = (rate as usize / 50).max(1) * channels;
        for part in frames.chunks(block) {
            sent += (part.len() / channels.max(1)) as u64;
            if pace {
                let due = began + Duration::from_secs_f64(sent as f64 / f64::from(rate.max(1)));
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
            }
            if sender.send(Said::Samples(part.to_vec())).is_err() {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    });
    if let Err(error) = decoded {
        let _ = sender.send(Said::Gone(error.to_string()));
    }
}
