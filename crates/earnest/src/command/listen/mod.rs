//! `earnest listen`.

mod live_line;
mod sound;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use clap::Args;
use earnest_live::{Encoding, Event, Listening, Scribe};

use self::live_line::LiveLine;
use self::sound::{Brought, Sound};
use super::model_option::{ModelOption, UncertainOption};
use super::options::no_effect;
use super::speech_options::SpeechOptions;
use crate::failure::Failure;

/// Say what is heard while somebody speaks: a microphone, standard input, or a file.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  earnest listen\n  arecord -q -f S16_LE -r 16000 | earnest listen -\n  earnest listen --pace speech.wav\n\n\
    On a terminal a line shows whether somebody speaks, the emotions, the level, and how long an answer took; each segment is \
    printed when it ends. Elsewhere, or with --json, each event is a JSON object on a line: listening, speech_started, running \
    (answers while somebody speaks), segment, overrun (samples were lost), ended; docs/formats.md has their fields. Times are \
    those of the audio. Without a source the system's microphone is heard, which needs a build with \
    `--features microphone` (and on Linux ALSA's headers, libasound2-dev); without one, `arecord` brings it. \
    Ctrl-C writes what is open, and ends."
)]
pub struct Arguments {
    /// `-` for raw samples (or a WAV) on standard input, or an audio file [default: a microphone]
    #[arg(value_name = "-|FILE")]
    source: Option<PathBuf>,
    #[command(flatten)]
    model: ModelOption,
    #[command(flatten)]
    uncertain: UncertainOption,
    /// Microphone to hear; `list` prints which there are [default: the system's]
    #[arg(long, value_name = "DEVICE", conflicts_with = "source")]
    device: Option<String>,
    /// Hear a file as fast as it is spoken, and not as fast as it can be read
    #[arg(long)]
    pace: bool,
    /// Samples a second on standard input [default: 16000, or what a WAV's header says]
    #[arg(long, value_name = "HZ")]
    rate: Option<u32>,
    /// Channels on standard input [default: 1, or what a WAV's header says]
    #[arg(long, value_name = "N")]
    channels: Option<u16>,
    /// How samples are written on standard input: s16le or f32le [default: s16le, or what a WAV's header says]
    #[arg(long, value_name = "ENCODING")]
    encoding: Option<Encoding>,
    /// Answers a second while somebody speaks, 0.1 to 10; 0 for none before a segment ends
    #[arg(
        long,
        value_name = "HZ",
        default_value_t = 2.0,
        allow_negative_numbers = true
    )]
    answers: f64,
    /// Print JSON lines on a terminal too
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    speech: SpeechOptions,
}

/// True once the user asked to stop.
static STOPPING: AtomicBool = AtomicBool::new(false);

/// Runs the verb.
pub fn run(a: Arguments) -> Result<(), Failure> {
    if a.device.as_deref() == Some("list") {
        return sound::list_devices();
    }
    let is_stdin = a.source.as_ref().is_some_and(|s| s.as_os_str() == "-");
    let raw_flags: Vec<&str> = [
        ("--rate", a.rate.is_some()),
        ("--channels", a.channels.is_some()),
        ("--encoding", a.encoding.is_some()),
    ]
    .into_iter()
    .filter_map(|(flag, given)| given.then_some(flag))
    .collect();
    if !is_stdin {
        no_effect(&raw_flags, "`-`, raw samples on standard input")?;
    }
    if a.pace && (a.source.is_none() || is_stdin) {
        no_effect(&["--pace"], "a file")?;
    }
    let running_s = match a.answers {
        0.0 => None,
        hz if (0.1..=10.0).contains(&hz) => Some(1.0 / hz),
        hz => {
            return Err(Failure::asked(format!(
                "--answers {hz}: give 0.1 to 10 answers a second, or 0"
            )));
        }
    };
    let settings = a.speech.settings()?;
    let (recogniser, name) = a.model.open()?;
    a.uncertain.check(&recogniser)?;
    let scribe = Scribe::new(&recogniser, &a.model.id(), a.uncertain.uncertain_below);
    let mut sound = match &a.source {
        None => Sound::microphone(a.device.as_deref().unwrap_or("default"))?,
        Some(_) if is_stdin => Sound::standard_input(a.rate, a.channels, a.encoding)?,
        Some(file) => Sound::file(file, a.pace)?,
    };
    a.model.tell(&recogniser, &name);
    ctrlc::set_handler(|| {
        // Who asks twice does not want to wait.
        if STOPPING.swap(true, Ordering::SeqCst) {
            std::process::exit(crate::failure::STOPPED.into());
        }
    })
    .map_err(|e| Failure::asked(format!("cannot listen to signals: {e}")))?;
    let format = sound.format()?;
    let channels = recogniser.description().recipe.channels;
    let stream = recogniser.segments(
        format.sample_rate,
        format.channels,
        channels,
        &settings,
        running_s,
    )?;
    let mut listening = Listening::new(stream, scribe.clone());
    let mut teller = match a.json || !std::io::stdout().is_terminal() {
        true => Teller::Lines,
        false => Teller::Terminal(Box::new(LiveLine::new(scribe.about().clone()))),
    };
    teller.tell(&listening.beginning(sound.name(), format.sample_rate, format.channels));
    let mut failed = None;
    while !STOPPING.load(Ordering::SeqCst) {
        match sound.next() {
            Brought::Samples(samples) => {
                let came = Instant::now();
                listening.hear(&samples, &mut |event| teller.tell(&event))?;
                teller.took(came.elapsed());
            }
            Brought::Lost(lost) => listening.lose(lost, &mut |event| teller.tell(&event)),
            Brought::Nothing => {}
            Brought::End => break,
            Brought::Gone(why) => {
                failed = Some(why);
                break;
            }
        }
    }
    listening.finish(&mut |event| teller.tell(&event))?;
    teller.end();
    match failed {
        Some(why) => {
            Err(anyhow::anyhow!("{}: {why}; what was heard before is told", sound.name()).into())
        }
        None if STOPPING.load(Ordering::SeqCst) => {
            std::process::exit(crate::failure::STOPPED.into())
        }
        None => Ok(()),
    }
}

/// Who says what was heard.
enum Teller {
    /// A JSON object on a line for each event.
    Lines,
    /// A line that changes, and one for each segment.
    Terminal(Box<LiveLine>),
}

impl Teller {
    fn tell(&mut self, event: &Event) {
        match self {
            Self::Terminal(line) => line.tell(event),
            // Levels are for eyes.
            Self::Lines if matches!(event, Event::Window { .. }) => {}
            Self::Lines => match serde_json::to_string(event) {
                Ok(line) => crate::say::data(&line),
                Err(error) => tell!("warning: an event cannot be written: {error}"),
            },
        }
    }

    /// Hearing the last block took so long.
    fn took(&mut self, time: std::time::Duration) {
        if let Self::Terminal(line) = self {
            line.took(time);
        }
    }

    fn end(&mut self) {
        if let Self::Terminal(line) = self {
            line.end();
        }
    }
}
