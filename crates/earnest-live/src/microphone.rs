//! A microphone of this machine, through cpal.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{ErrorKind, FromSample, SampleFormat, SizedSample, Stream, StreamConfig};

/// Blocks that wait to be heard: some ten seconds. When there is no room for more, samples are lost, and counted.
const WAITING: usize = 1024;

/// A microphone that records.
pub struct Microphone {
    /// Recording ends when it is dropped.
    _stream: Stream,
    blocks: Receiver<Vec<f32>>,
    shared: Arc<Shared>,
    name: String,
    sample_rate: u32,
    channels: usize,
}

#[derive(Default)]
struct Shared {
    /// Samples of all channels for which there was no room.
    lost: AtomicU64,
    /// How often the sound system says that it lost some.
    overruns: AtomicU64,
    broke: Mutex<Option<String>>,
}

/// What a microphone brings.
#[derive(Debug)]
pub enum Recorded {
    /// Frames of all channels.
    Samples(Vec<f32>),
    /// So many frames were lost before what comes next; 0 where the sound system does not say how many.
    Lost(u64),
    /// Nothing for a while.
    Nothing,
    /// The device has gone, and why.
    Gone(String),
}

/// Names of the devices that record.
///
/// # Errors
/// The sound system cannot be asked.
pub fn microphones() -> Result<Vec<String>, String> {
    let devices = cpal::default_host()
        .input_devices()
        .map_err(|e| e.to_string())?;
    let name = |d: cpal::Device| d.id().ok().map(|id| id.id().to_string());
    Ok(devices.filter_map(name).collect())
}

fn find(wanted: &str) -> Result<cpal::Device, String> {
    let host = cpal::default_host();
    if wanted == "default" {
        return host
            .default_input_device()
            .ok_or_else(|| "there is no default device to record from".to_owned());
    }
    let mut devices = host.input_devices().map_err(|e| e.to_string())?;
    let found = devices.find(|device| {
        let id = device.id().ok();
        id.is_some_and(|id| id.id() == wanted || id.to_string() == wanted)
    });
    found.ok_or_else(|| {
        let known = microphones().unwrap_or_default().join(", ");
        format!("there is no device `{wanted}` that records; there are: {known}")
    })
}

impl Microphone {
    /// Begins to record from a device, `default` for the system's, with its own rate and channels.
    ///
    /// # Errors
    /// There is none of this name, or it cannot be used.
    pub fn open(device: &str) -> Result<Self, String> {
        let found = find(device)?;
        let supported = found.default_input_config().map_err(|e| e.to_string())?;
        let (config, format) = (supported.config(), supported.sample_format());
        let shared = Arc::new(Shared::default());
        let (sender, blocks) = sync_channel(WAITING);
        let stream = match format {
            SampleFormat::F32 => record::<f32>(&found, &config, sender, &shared),
            SampleFormat::I16 => record::<i16>(&found, &config, sender, &shared),
            SampleFormat::I32 => record::<i32>(&found, &config, sender, &shared),
            SampleFormat::U16 => record::<u16>(&found, &config, sender, &shared),
            SampleFormat::U8 => record::<u8>(&found, &config, sender, &shared),
            other => return Err(format!("samples of format {other} are not supported")),
        }
        .map_err(|e| e.to_string())?;
        stream.play().map_err(|e| e.to_string())?;
        let name = found
            .id()
            .map_or_else(|_| device.to_owned(), |id| id.id().to_string());
        Ok(Self {
            _stream: stream,
            blocks,
            shared,
            name,
            sample_rate: config.sample_rate,
            channels: config.channels.into(),
        })
    }

    /// What the device is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Samples a second of each channel.
    #[must_use]
    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// Channels.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// What comes next, or [`Recorded::Nothing`] after this time.
    #[must_use]
    pub fn next(&self, patience: Duration) -> Recorded {
        let lost = self.shared.lost.swap(0, Ordering::Relaxed);
        if self.shared.overruns.swap(0, Ordering::Relaxed) > 0 || lost > 0 {
            return Recorded::Lost(lost / self.channels.max(1) as u64);
        }
        match self.blocks.recv_timeout(patience) {
            Ok(samples) => Recorded::Samples(samples),
            Err(RecvTimeoutError::Timeout) => {
                let broke = self
                    .shared
                    .broke
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .take();
                broke.map_or(Recorded::Nothing, Recorded::Gone)
            }
            Err(RecvTimeoutError::Disconnected) => {
                Recorded::Gone("the device is closed".to_owned())
            }
        }
    }
}

fn record<T: SizedSample>(
    device: &cpal::Device,
    config: &StreamConfig,
    blocks: SyncSender<Vec<f32>>,
    shared: &Arc<Shared>,
) -> Result<Stream, cpal::Error>
where
    f32: FromSample<T>,
{
    let (losses, errors) = (Arc::clone(shared), Arc::clone(shared));
    device.build_input_stream(
        *config,
        move |data: &[T], _: &cpal::InputCallbackInfo| {
            let block = data.iter().map(|x| x.to_sample::<f32>()).collect();
            if let Err(TrySendError::Full(block)) = blocks.try_send(block) {
                losses.lost.fetch_add(block.len() as u64, Ordering::Relaxed);
            }
        },
        move |error| match error.kind() {
            ErrorKind::Xrun => {
                errors.overruns.fetch_add(1, Ordering::Relaxed);
            }
            ErrorKind::RealtimeDenied => {}
            _ => {
                let mut broke = errors.broke.lock().unwrap_or_else(PoisonError::into_inner);
                broke.get_or_insert_with(|| error.to_string());
            }
        },
        None,
    )
}
