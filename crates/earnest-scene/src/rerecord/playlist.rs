//! What is played to a robot: long files with sweeps between utterances.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use earnest_audio::{AudioError, SampleFormat, write_wav};
use earnest_corpus::{Corpus, Utterance};
use earnest_files::{MOST_TEXT, RelativePath, path_cell, read_file, text_cell, text_of_cell};
use earnest_signal::{SAMPLE_RATE, Waveform};
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

/// An utterance at its place in a playlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The utterance's id.
    pub id: String,
    /// Where its recording is to lie below the recordings' folder.
    pub path: RelativePath,
    /// First sample, at 16 kHz.
    pub start: usize,
    /// Samples.
    pub length: usize,
}

/// One file of a playlist.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// Where sweeps are, in order.
    pub sweeps: Vec<Range<usize>>,
    /// Which utterances are where, in order.
    pub slots: Vec<Slot>,
    /// The samples.
    pub samples: Vec<f32>,
}

/// A row of the table beside the audio; of a sweep, id and path are empty.
#[derive(Debug, Serialize, Deserialize)]
struct Row {
    id: String,
    path: String,
    start: usize,
    length: usize,
}

/// The columns of that table.
const COLUMNS: [&str; 4] = ["id", "path", "start", "length"];

/// Why a playlist cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum PlaylistError {
    /// Audio.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// The folder or a table in it cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of somebody's own.
    #[error(
        "{} is there already, and is no file of a playlist (there is no such table beside it): it would be replaced; choose another folder",
        path.display()
    )]
    Occupied {
        /// The file.
        path: PathBuf,
    },
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

#[derive(Default)]
struct Builder {
    part: Part,
    last_sweep: usize,
}

impl Builder {
    fn silence(&mut self, seconds: f64) {
        let n = self.part.samples.len() + (seconds * RATE) as usize;
        self.part.samples.resize(n, 0.0);
    }

    fn add(&mut self, id: &str, path: RelativePath, samples: &[f32]) {
        self.part.slots.push(Slot {
            id: id.to_owned(),
            path,
            start: self.part.samples.len(),
            length: samples.len(),
        });
        self.part.samples.extend_from_slice(samples);
    }

    fn sweep(&mut self) {
        self.silence(SWEEP_GAP_S);
        self.last_sweep = self.part.samples.len();
        self.part.samples.extend(sweep());
        let end = self.part.samples.len();
        self.part.sweeps.push(self.last_sweep..end);
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
    let mut builder = Builder::default();
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
    let mut builder = Builder::default();
    for utterance in utterances {
        let wave = match corpus.read(utterance) {
            Ok(wave) if wave.samples().is_empty() => {
                failed.push(format!("{}: it has no samples", utterance.id));
                continue;
            }
            Ok(wave) => wave,
            Err(error) => {
                failed.push(error.to_string());
                continue;
            }
        };
        let place = builder.part.samples.len();
        if place > 0 && (place + wave.samples().len()) as f64 > settings.part_s * RATE {
            each(std::mem::take(&mut builder).finish())?;
        }
        let place = builder.part.samples.len();
        let since = (place - builder.last_sweep.min(place)) as f64;
        if place == 0 || since > settings.sweep_every_s * RATE {
            builder.sweep();
        }
        builder.add(&utterance.id, utterance.path.clone(), wave.samples());
        builder.silence(settings.gap_s);
    }
    if !builder.part.slots.is_empty() {
        each(builder.finish())?;
    }
    Ok(failed)
}

/// The table of a part, in the order in which it is played.
fn rows(part: &Part) -> Result<Vec<u8>, csv::Error> {
    let sweeps = part.sweeps.iter().map(|sweep| Row {
        id: String::new(),
        path: String::new(),
        start: sweep.start,
        length: sweep.len(),
    });
    let utterances = part.slots.iter().map(|slot| Row {
        id: text_cell(&slot.id).into_owned(),
        path: path_cell(slot.path.as_str()).into_owned(),
        start: slot.start,
        length: slot.length,
    });
    let mut rows: Vec<Row> = sweeps.chain(utterances).collect();
    rows.sort_by_key(|row| row.start);
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in &rows {
        writer.serialize(row)?;
    }
    writer.into_inner().map_err(|e| e.into_error().into())
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
    let cannot_write = |path: &Path| {
        let path = path.to_owned();
        move |source| PlaylistError::Write { path, source }
    };
    std::fs::create_dir_all(folder).map_err(cannot_write(folder))?;
    let mut written = Vec::new();
    let failed = in_parts(corpus, corpus.utterances.iter(), settings, |part| {
        let path = folder.join(format!("playlist-{:02}.wav", written.len() + 1));
        let table = path.with_extension("csv");
        let bytes = rows(&part).map_err(std::io::Error::other);
        let written_whole = bytes.and_then(|bytes| earnest_files::write_whole(&table, &bytes));
        written_whole.map_err(cannot_write(&table))?;
        write_wav(&path, &Waveform::at_16k(part.samples), SampleFormat::Int16)?;
        written.push(path);
        Ok::<(), PlaylistError>(())
    })?;
    Ok((written, failed))
}

/// Refuses a folder with files that are called as those of a playlist and are none: a recording
/// without a playlist's table beside it, another table.
///
/// # Errors
/// [`PlaylistError::Occupied`] with the file.
pub fn refuse_foreign_playlist(folder: &Path) -> Result<(), PlaylistError> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let (stem, ending) = (path.file_stem(), path.extension());
        let number = stem
            .and_then(|stem| stem.to_str())
            .and_then(|stem| stem.strip_prefix("playlist-"));
        let is_ours = ending.is_some_and(|e| e == "wav" || e == "csv");
        if !is_ours || !number.is_some_and(is_number) {
            continue;
        }
        let has_columns = csv::Reader::from_path(path.with_extension("csv"))
            .and_then(|mut table| Ok(table.headers()? == COLUMNS.as_slice()))
            .unwrap_or(false);
        if !has_columns {
            return Err(PlaylistError::Occupied { path });
        }
    }
    Ok(())
}

/// Reads one file of a playlist and its table.
///
/// # Errors
/// One of them cannot be read, or they do not fit together: an utterance without a place of its
/// own, a path that leads out of its folder.
pub fn read_part(path: &Path) -> Result<Part, PlaylistError> {
    let samples = earnest_audio::read(path)?.into_samples();
    let table = path.with_extension("csv");
    let error = |detail: String| PlaylistError::Table {
        path: table.clone(),
        detail,
    };
    let bytes =
        read_file(&table, MOST_TEXT).map_err(|e| error(format!("it cannot be read: {e}")))?;
    let (sweeps, slots) = places(&bytes, samples.len()).map_err(error)?;
    Ok(Part {
        sweeps,
        slots,
        samples,
    })
}

/// Sweeps and utterances by a table, for audio of so many samples.
fn places(table: &[u8], samples: usize) -> Result<(Vec<Range<usize>>, Vec<Slot>), String> {
    let sweep_length = (SWEEP_S * RATE) as usize;
    let mut reader = csv::Reader::from_reader(table);
    let headers = reader.headers().map_err(|e| e.to_string())?.clone();
    let (mut sweeps, mut slots) = (Vec::new(), Vec::new());
    let mut lines: HashMap<RelativePath, u64> = HashMap::new();
    let mut free = 0;
    for record in reader.into_records() {
        let record = record.map_err(|e| e.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        let at = |detail: &str| format!("line {line}: {detail}");
        let row: Row = record
            .deserialize(Some(&headers))
            .map_err(|e| at(&e.to_string()))?;
        if row.length == 0 {
            return Err(at("its length is 0"));
        }
        if row.start < free {
            return Err(at(&format!(
                "it begins at sample {}, before what stands above it has ended (at {free}); rows are in the order in which they are played",
                row.start
            )));
        }
        let end = row.start.checked_add(row.length);
        let Some(end) = end.filter(|end| *end <= samples) else {
            return Err(at(&format!(
                "it places {} beyond the end of the audio ({samples} samples)",
                if row.id.is_empty() {
                    "a sweep"
                } else {
                    &row.id
                }
            )));
        };
        free = end;
        if row.id.is_empty() && row.path.is_empty() {
            if row.length != sweep_length {
                return Err(at(&format!(
                    "a sweep has {sweep_length} samples, not {}",
                    row.length
                )));
            }
            sweeps.push(row.start..end);
            continue;
        }
        if row.id.is_empty() {
            return Err(at(&format!("{} has no id", row.path)));
        }
        let path = RelativePath::new(&row.path).map_err(|e| at(&format!("path {e}")))?;
        if let Some(other) = lines.insert(path.with_extension("wav"), line) {
            return Err(at(&format!(
                "its recording would be that of line {other}, too: {path}"
            )));
        }
        slots.push(Slot {
            id: text_of_cell(&row.id).to_owned(),
            path,
            start: row.start,
            length: row.length,
        });
    }
    match sweeps.len() {
        0 | 1 => Err("it has fewer than two sweeps, by which a recording is aligned".to_owned()),
        _ => Ok((sweeps, slots)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::strategy::Strategy as _;

    use super::*;

    const AUDIO: usize = 60_000;

    /// Two sweeps around these rows.
    fn table(rows: &str) -> String {
        format!("id,path,start,length\n,,0,9600\n{rows},,50000,9600\n")
    }

    #[test]
    fn a_table_that_gives_utterances_no_place_of_their_own_is_refused_with_the_line() {
        let read = |rows: &str| places(table(rows).as_bytes(), AUDIO);
        let (sweeps, slots) = read("a,x/a.wav,10000,5000\nb,b.wav,15000,1\n").unwrap();
        assert_eq!(sweeps, [0..9_600, 50_000..59_600]);
        assert_eq!(
            (slots[0].path.as_str(), slots[1].start),
            ("x/a.wav", 15_000)
        );
        for (rows, words) in [
            (
                "a,../a.wav,10000,5\n",
                "line 3: path \"../a.wav\" leads out of its folder",
            ),
            (
                "a,/tmp/a.wav,10000,5\n",
                "line 3: path \"/tmp/a.wav\" is absolute",
            ),
            ("a,,10000,5\n", "line 3: path \"\" names no file"),
            (",a.wav,10000,5\n", "line 3: a.wav has no id"),
            ("a,a.wav,10000,0\n", "line 3: its length is 0"),
            (
                "a,a.wav,9599,5\n",
                "line 3: it begins at sample 9599, before",
            ),
            (
                "a,a.wav,10000,5\nb,b.wav,10004,5\n",
                "line 4: it begins at sample 10004",
            ),
            ("a,a.wav,10000,5\nb,a.flac,10010,5\n", "that of line 3"),
            ("a,a.wav,18446744073709551615,2\n", "beyond the end"),
            ("a,a.wav,20000,18446744073709551615\n", "beyond the end"),
            ("a,a.wav,-1,2\n", "line 3"),
            (",,10000,9599\n", "a sweep has 9600 samples, not 9599"),
        ] {
            let error = read(rows).unwrap_err();
            assert!(error.contains(words), "{rows}: {error}");
        }
        let error = places(b"id,path,start,length\n,,0,9600\n", AUDIO).unwrap_err();
        assert!(error.contains("fewer than two sweeps"), "{error}");
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut builder = Builder::default();
        builder.sweep();
        builder.add("a", RelativePath::new("x/a.wav").unwrap(), &[0.5; 700]);
        let part = builder.finish();
        let table = rows(&part).unwrap();
        let (sweeps, slots) = places(&table, part.samples.len()).unwrap();
        assert_eq!((sweeps, slots), (part.sweeps, part.slots));
    }

    /// Numbers that wrap, overlap or lie outside, and some that do not.
    fn number() -> impl proptest::strategy::Strategy<Value = String> {
        proptest::prop_oneof![
            (0_usize..AUDIO + 9).prop_map(|n| n.to_string()),
            proptest::sample::select(vec!["0", "1", "9600", "-1", "1e3", "", "x"])
                .prop_map(str::to_owned),
            (0_usize..4).prop_map(|n| (usize::MAX - n).to_string()),
        ]
    }

    proptest::proptest! {
        #[test]
        fn any_table_gives_disjoint_places_within_the_audio_or_an_error(
            rows in proptest::collection::vec(("[a./]{0,4}", "[a./]{0,6}", number(), number()), 0..6)
        ) {
            let rows: String = rows
                .iter()
                .map(|(id, path, start, length)| format!("{id},{path},{start},{length}\n"))
                .collect();
            if let Ok((sweeps, slots)) = places(table(&rows).as_bytes(), AUDIO) {
                let slots = slots.iter().map(|s| s.start..s.start + s.length);
                let mut all: Vec<Range<usize>> = sweeps.into_iter().chain(slots).collect();
                all.sort_by_key(|r| r.start);
                proptest::prop_assert!(all.iter().all(|r| !r.is_empty() && r.end <= AUDIO));
                proptest::prop_assert!(all.windows(2).all(|w| w[0].end <= w[1].start));
            }
        }
    }
}
