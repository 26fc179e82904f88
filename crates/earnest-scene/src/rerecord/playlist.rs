//! What is played to a robot: long files with sweeps between utterances.

use std::path::{Path, PathBuf};

use earnest_audio::{AudioError, SAMPLE_RATE, SampleFormat, Waveform, write_wav};
use earnest_corpus::{Corpus, Utterance};
use serde::{Deserialize, Serialize};

const RATE: f64 = SAMPLE_RATE as f64;

/// How a playlist is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlaylistSettings {
    /// Silence between utterances, s: reverberation must be over.
    pub gap_s: f64,
    /// A sweep at least this often, s.
    pub sweep_every_s: f64,
    /// Longest file, s; a corpus becomes as many as it takes.
    pub part_s: f64,
}

impl Default for PlaylistSettings {
    fn default() -> Self {
        Self {
            gap_s: 0.6,
            sweep_every_s: 60.0,
            part_s: 1800.0,
        }
    }
}

/// What stands at a place of a playlist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// The utterance's id; empty for a sweep.
    pub id: String,
    /// The utterance's path in the corpus; empty for a sweep.
    pub path: String,
    /// First sample, at 16 kHz.
    pub start: usize,
    /// Samples.
    pub length: usize,
}

impl Slot {
    /// True if it is a sweep.
    #[must_use]
    pub fn is_sweep(&self) -> bool {
        self.id.is_empty()
    }
}

/// One file of a playlist.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// What is where, in order.
    pub slots: Vec<Slot>,
    /// The samples.
    pub samples: Vec<f32>,
}

/// Why a playlist cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum PlaylistError {
    /// Audio.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// The table beside the audio.
    #[error("{}: {detail}; a playlist is a .wav with a .csv of the same name beside it, as `earnest scene playlist` writes them", path.display())]
    Table {
        /// The table.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
}

/// Sweep: length, s; range, Hz; level below full scale.
const SWEEP_S: f64 = 0.6;
const SWEEP_HZ: (f64, f64) = (250.0, 6_500.0);
const SWEEP_LEVEL: f64 = 0.35;
/// Faded in and out over this, s.
const SWEEP_FADE_S: f64 = 0.02;
/// Silence before and after a sweep, s.
const SWEEP_GAP_S: f64 = 0.8;

/// The sweep: an exponential one (Farina 2000), 250 Hz to 6.5 kHz in 0.6 s.
#[must_use]
pub fn sweep() -> Vec<f32> {
    let n = (SWEEP_S * RATE) as usize;
    let ratio = (SWEEP_HZ.1 / SWEEP_HZ.0).ln();
    (0..n)
        .map(|i| {
            let t = i as f64 / RATE;
            let phase = std::f64::consts::TAU * SWEEP_HZ.0 * SWEEP_S / ratio
                * ((t / SWEEP_S * ratio).exp() - 1.0);
            let edge = t.min(SWEEP_S - t) / SWEEP_FADE_S;
            let fade = 0.5 - 0.5 * (std::f64::consts::PI * edge.min(1.0)).cos();
            (SWEEP_LEVEL * fade * phase.sin()) as f32
        })
        .collect()
}

struct Builder {
    part: Part,
    last_sweep: usize,
}

impl Builder {
    fn new() -> Self {
        Self {
            part: Part {
                slots: Vec::new(),
                samples: Vec::new(),
            },
            last_sweep: 0,
        }
    }

    fn silence(&mut self, seconds: f64) {
        let n = self.part.samples.len() + (seconds * RATE) as usize;
        self.part.samples.resize(n, 0.0);
    }

    fn add(&mut self, id: &str, path: &str, samples: &[f32]) {
        self.part.slots.push(Slot {
            id: id.to_owned(),
            path: path.to_owned(),
            start: self.part.samples.len(),
            length: samples.len(),
        });
        self.part.samples.extend_from_slice(samples);
    }

    fn sweep(&mut self) {
        self.silence(SWEEP_GAP_S);
        self.last_sweep = self.part.samples.len();
        self.add("", "", &sweep());
        self.silence(SWEEP_GAP_S);
    }

    /// Ends with a sweep.
    fn finish(mut self) -> Part {
        self.sweep();
        self.part
    }
}

/// Sweeps alone, to try levels with: `count` of them after a second of silence.
#[must_use]
pub fn sweeps(count: usize) -> Part {
    let mut builder = Builder::new();
    builder.silence(1.0);
    for _ in 0..count {
        builder.sweep();
    }
    builder.part
}

/// Hands utterances over in parts, one after the other. Returns those that cannot be read, with
/// why.
///
/// # Errors
/// What `each` returns.
pub fn in_parts<'a, E>(
    corpus: &Corpus,
    utterances: impl Iterator<Item = &'a Utterance>,
    settings: PlaylistSettings,
    mut each: impl FnMut(Part) -> Result<(), E>,
) -> Result<Vec<String>, E> {
    let mut failed = Vec::new();
    let mut builder = Builder::new();
    for utterance in utterances {
        let wave = match corpus.read(utterance) {
            Ok(wave) => wave,
            Err(error) => {
                failed.push(error.to_string());
                continue;
            }
        };
        let place = builder.part.samples.len();
        if place > 0 && (place + wave.samples().len()) as f64 > settings.part_s * RATE {
            each(std::mem::replace(&mut builder, Builder::new()).finish())?;
        }
        let place = builder.part.samples.len();
        let since = (place - builder.last_sweep.min(place)) as f64;
        if place == 0 || since > settings.sweep_every_s * RATE {
            builder.sweep();
        }
        builder.add(&utterance.id, utterance.path.as_str(), wave.samples());
        builder.silence(settings.gap_s);
    }
    if !builder.part.slots.is_empty() {
        each(builder.finish())?;
    }
    Ok(failed)
}

/// Writes a corpus as files to play: `playlist-01.wav` with `playlist-01.csv`, and so on. Returns
/// them, and the utterances that cannot be read, with why.
///
/// # Errors
/// A file cannot be written.
pub fn write_playlist(
    corpus: &Corpus,
    folder: &Path,
    settings: PlaylistSettings,
) -> Result<(Vec<PathBuf>, Vec<String>), PlaylistError> {
    std::fs::create_dir_all(folder).map_err(|e| PlaylistError::Table {
        path: folder.to_owned(),
        detail: format!("cannot create the folder: {e}"),
    })?;
    let mut written = Vec::new();
    let failed = in_parts(corpus, corpus.utterances.iter(), settings, |part| {
        let path = folder.join(format!("playlist-{:02}.wav", written.len() + 1));
        let table = path.with_extension("csv");
        let error = |detail: String| PlaylistError::Table {
            path: table.clone(),
            detail,
        };
        let mut writer = csv::Writer::from_writer(Vec::new());
        for slot in &part.slots {
            writer.serialize(slot).map_err(|e| error(e.to_string()))?;
        }
        let bytes = writer.into_inner().map_err(|e| error(e.to_string()))?;
        earnest_files::write_whole(&table, &bytes).map_err(|e| error(e.to_string()))?;
        write_wav(&path, &Waveform::at_16k(part.samples), SampleFormat::Int16)?;
        written.push(path);
        Ok::<(), PlaylistError>(())
    })?;
    Ok((written, failed))
}

/// Reads one file of a playlist and its table.
///
/// # Errors
/// One of them cannot be read, or they do not fit together.
pub fn read_part(path: &Path) -> Result<Part, PlaylistError> {
    let wave = earnest_audio::read(path)?;
    let table = path.with_extension("csv");
    let error = |detail: String| PlaylistError::Table {
        path: table.clone(),
        detail,
    };
    let mut reader = csv::Reader::from_path(&table).map_err(|e| error(e.to_string()))?;
    let slots = reader
        .deserialize()
        .collect::<Result<Vec<Slot>, _>>()
        .map_err(|e| error(e.to_string()))?;
    let samples = wave.into_samples();
    if let Some(slot) = slots.iter().find(|s| {
        s.start
            .checked_add(s.length)
            .is_none_or(|end| end > samples.len())
    }) {
        return Err(error(format!(
            "it places {} beyond the end of the audio",
            if slot.is_sweep() { "a sweep" } else { &slot.id }
        )));
    }
    if !slots.iter().any(Slot::is_sweep) {
        return Err(error("it has no sweep".to_owned()));
    }
    Ok(Part { slots, samples })
}
