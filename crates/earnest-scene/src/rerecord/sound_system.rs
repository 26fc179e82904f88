//! This machine's sound system, through cpal.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{ErrorKind, FromSample, SampleFormat, SizedSample, Stream, StreamConfig};
use earnest_audio::resample;
use earnest_signal::{SAMPLE_RATE, Waveform};

use super::session::{Device, Take};

/// Recorded before the first and after the last sample, s.
const BEFORE_S: f64 = 0.7;
const AFTER_S: f64 = 1.2;
/// When nothing came or went for so long, the sound system has gone.
const PATIENCE: Duration = Duration::from_secs(4);

/// A loudspeaker and microphones.
pub struct SoundSystem {
    output: cpal::Device,
    input: cpal::Device,
    output_config: (StreamConfig, SampleFormat),
    input_config: (StreamConfig, SampleFormat),
}

/// Names of all devices, those that play and those that record.
///
/// # Errors
/// The sound system cannot be asked.
pub fn device_names() -> Result<(Vec<String>, Vec<String>), String> {
    let host = cpal::default_host();
    let name = |d: cpal::Device| d.id().ok().map(|id| id.id().to_string());
    let outputs = host.output_devices().map_err(|e| e.to_string())?;
    let outputs = outputs.filter_map(name).collect();
    let inputs = host.input_devices().map_err(|e| e.to_string())?;
    Ok((outputs, inputs.filter_map(name).collect()))
}

fn find(
    devices: impl Iterator<Item = cpal::Device>,
    wanted: &str,
    what: &str,
) -> Result<cpal::Device, String> {
    let mut known = Vec::new();
    for device in devices {
        let Ok(id) = device.id() else { continue };
        if id.id() == wanted || id.to_string() == wanted {
            return Ok(device);
        }
        known.push(id.id().to_string());
    }
    Err(format!(
        "there is no device `{wanted}` that {what}; there are: {}",
        known.join(", ")
    ))
}

impl SoundSystem {
    /// Devices by name; `default` is the system's.
    ///
    /// # Errors
    /// There are none of these names, or they cannot be used.
    pub fn open(play: &str, record: &str) -> Result<Self, String> {
        let host = cpal::default_host();
        let output = match play {
            "default" => host
                .default_output_device()
                .ok_or("there is no default device to play on")?,
            name => find(
                host.output_devices().map_err(|e| e.to_string())?,
                name,
                "plays",
            )?,
        };
        let input = match record {
            "default" => host
                .default_input_device()
                .ok_or("there is no default device to record from")?,
            name => find(
                host.input_devices().map_err(|e| e.to_string())?,
                name,
                "records",
            )?,
        };
        let config = |c: cpal::SupportedStreamConfig| (c.config(), c.sample_format());
        let output_config = config(output.default_output_config().map_err(|e| e.to_string())?);
        let input_config = config(input.default_input_config().map_err(|e| e.to_string())?);
        Ok(Self {
            output,
            input,
            output_config,
            input_config,
        })
    }
}

/// What the callbacks share with the session.
#[derive(Clone, Default)]
struct Shared {
    played: Arc<AtomicUsize>,
    broke: Arc<Mutex<Option<String>>>,
}

impl Shared {
    fn error(&self, error: &cpal::Error) {
        // A late buffer is told by the alignment; the device goes on.
        if !matches!(error.kind(), ErrorKind::Xrun | ErrorKind::RealtimeDenied)
            && let Ok(mut broke) = self.broke.lock()
        {
            broke.get_or_insert_with(|| error.to_string());
        }
    }

    fn broke(&self) -> Option<String> {
        self.broke.lock().ok().and_then(|b| b.clone())
    }
}

fn output<T: SizedSample + FromSample<f32>>(
    device: &cpal::Device,
    config: &StreamConfig,
    samples: Arc<Vec<f32>>,
    shared: &Shared,
) -> Result<Stream, cpal::Error> {
    let (played, errors) = (shared.played.clone(), shared.clone());
    let channels = usize::from(config.channels);
    device.build_output_stream(
        *config,
        move |data: &mut [T], _: &cpal::OutputCallbackInfo| {
            let from = played.load(Ordering::Relaxed);
            let frames = data.len() / channels;
            for (k, frame) in data.chunks_mut(channels).enumerate() {
                let x = samples.get(from + k).copied().unwrap_or(0.0);
                frame.fill(T::from_sample(x));
            }
            played.store(from + frames, Ordering::Relaxed);
        },
        move |error| errors.error(&error),
        None,
    )
}

fn input<T: SizedSample>(
    device: &cpal::Device,
    config: &StreamConfig,
    chunks: Sender<Vec<f32>>,
    shared: &Shared,
) -> Result<Stream, cpal::Error>
where
    f32: FromSample<T>,
{
    let errors = shared.clone();
    device.build_input_stream(
        *config,
        move |data: &[T], _: &cpal::InputCallbackInfo| {
            // The session may be over.
            let _ = chunks.send(data.iter().map(|x| x.to_sample::<f32>()).collect());
        },
        move |error| errors.error(&error),
        None,
    )
}

/// Calls a function for the type that a format is.
macro_rules! of_format {
    ($format:expr, $function:ident ( $($argument:expr),* )) => {
        match $format {
            SampleFormat::F32 => $function::<f32>($($argument),*).map_err(|e| e.to_string()),
            SampleFormat::I16 => $function::<i16>($($argument),*).map_err(|e| e.to_string()),
            SampleFormat::I32 => $function::<i32>($($argument),*).map_err(|e| e.to_string()),
            SampleFormat::U16 => $function::<u16>($($argument),*).map_err(|e| e.to_string()),
            SampleFormat::U8 => $function::<u8>($($argument),*).map_err(|e| e.to_string()),
            other => Err(format!("samples of format {other} are not supported")),
        }
    };
}

impl Device for SoundSystem {
    fn play_and_record(&mut self, samples: &[f32]) -> Result<Take, String> {
        let (out_config, out_format) = &self.output_config;
        let (in_config, in_format) = &self.input_config;
        let wave = Waveform::at_16k(samples.to_vec());
        let wave = resample(&wave, out_config.sample_rate).map_err(|e| e.to_string())?;
        let rate = f64::from(out_config.sample_rate);
        let mut padded = vec![0.0_f32; (BEFORE_S * rate) as usize];
        padded.extend_from_slice(wave.samples());
        padded.resize(padded.len() + (AFTER_S * rate) as usize, 0.0);
        let total = padded.len();
        let padded = Arc::new(padded);

        let shared = Shared::default();
        let (sender, receiver): (_, Receiver<Vec<f32>>) = channel();
        let recording = of_format!(*in_format, input(&self.input, in_config, sender, &shared))?;
        let playing = of_format!(
            *out_format,
            output(&self.output, out_config, padded, &shared)
        )?;
        recording.play().map_err(|e| e.to_string())?;
        playing.play().map_err(|e| e.to_string())?;

        let mut interleaved: Vec<f32> = Vec::new();
        let mut progress = (0, 0);
        let mut last = Instant::now();
        let broke = loop {
            std::thread::sleep(Duration::from_millis(20));
            interleaved.extend(receiver.try_iter().flatten());
            let played = shared.played.load(Ordering::Relaxed);
            if let Some(detail) = shared.broke() {
                break Some(detail);
            }
            if played >= total {
                break None;
            }
            if (played, interleaved.len()) != progress {
                // Both must go on: one that stands still is a device that was pulled.
                if played != progress.0 && interleaved.len() != progress.1 {
                    last = Instant::now();
                    progress = (played, interleaved.len());
                }
            }
            if last.elapsed() > PATIENCE {
                break Some("nothing was played or recorded for four seconds".to_owned());
            }
        };
        if broke.is_none() {
            std::thread::sleep(Duration::from_millis(200));
            drop((playing, recording));
        } else {
            // Closing a device that has gone may wait for it for ever.
            std::mem::forget((playing, recording));
        }
        interleaved.extend(receiver.try_iter().flatten());
        let count = usize::from(in_config.channels);
        let channels = (0..count)
            .map(|c| {
                let own: Vec<f32> = interleaved.iter().skip(c).step_by(count).copied().collect();
                let wave = Waveform::new(own, in_config.sample_rate);
                let wave = resample(&wave, SAMPLE_RATE).map_err(|e| e.to_string())?;
                Ok(wave.into_samples())
            })
            .collect::<Result<_, String>>()?;
        Ok(Take { channels, broke })
    }
}
