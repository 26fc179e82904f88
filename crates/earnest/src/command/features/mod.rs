//! `earnest features`.

mod parts;
mod picture;
mod table;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};
use std::time::Instant;

use clap::{Args, ValueEnum};
use earnest_features::{Lld32, ShortWindow, Stream, descriptor};
use rayon::prelude::*;

use self::parts::{Parts, Trouble};
use self::table::{Format, Table};
use super::bounds::{MOST_THREADS, one_to};
use super::inputs::{AudioFiles, audio_files};
use super::options::ModeName;
use super::outputs::{Inputs, refuse_same};
use crate::failure::Failure;
use crate::progress::Progress;

/// Extract acoustic descriptors from audio files, one row each 10 ms.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  earnest features speech.wav -o speech.csv\n  \
    earnest features corpus/ -o corpus.parquet --set egemaps-v01a\n  \
    earnest features speech.wav --plot speech.svg\n\n\
    Writes the columns file, start, end (seconds) and the descriptors under the names that openSMILE gives them. \
    A row's windows lie between its start and its end. Any sample rate is read; all is done at 16 kHz, mono.\n\n\
    Stopped midway, the same command goes on where it was: finished files wait in OUT.parts. A file that cannot be \
    read, or a folder that cannot be listed, is named at the end; the others are still done, and the exit code is 1. A table that is there is replaced, and a \
    note says so. \
    A manifest may call its column path, file_name, file, filename, audio or wav."
)]
pub struct Arguments {
    /// Audio files, folders of them, or manifests (.csv, .tsv, .jsonl with a column `path`)
    #[arg(required = true, value_name = "FILE|DIR|MANIFEST")]
    inputs: Vec<PathBuf>,
    /// Table to write: .csv or .parquet
    #[arg(short, long, value_name = "OUT", required_unless_present = "plot")]
    output: Option<PathBuf>,
    /// Which descriptors
    #[arg(long, value_enum, default_value_t = Set::Lld32)]
    set: Set,
    /// Whose definition of them
    #[arg(long, value_enum, default_value_t = ModeName::Opensmile)]
    mode: ModeName,
    /// Length of the short window
    #[arg(long, value_enum, default_value_t = WindowName::Ms20)]
    window: WindowName,
    /// Files worked on at once, at most 1024 [default: one for each core]
    #[arg(long, value_name = "N", value_parser = one_to::<usize>(MOST_THREADS))]
    jobs: Option<usize>,
    /// Draw waveform, F0, loudness and formants of one file
    #[arg(long, value_name = "SVG")]
    plot: Option<PathBuf>,
}

/// Sets of descriptors.
#[derive(Clone, Copy, ValueEnum)]
enum Set {
    /// The paper's 32: eGeMAPSv01a with MFCC 1-13
    Lld32,
    /// The stock 23 of eGeMAPSv01a
    EgemapsV01a,
}

impl Set {
    fn columns(self) -> Vec<usize> {
        match self {
            Self::Lld32 => (0..descriptor::COUNT).collect(),
            Self::EgemapsV01a => descriptor::EGEMAPS.to_vec(),
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum WindowName {
    /// What openSMILE's eGeMAPS uses
    #[value(name = "20ms")]
    Ms20,
    /// What the paper says
    #[value(name = "25ms")]
    Ms25,
}

impl Arguments {
    fn settings(&self) -> Lld32 {
        Lld32 {
            mode: self.mode.mode(),
            window: match self.window {
                WindowName::Ms20 => ShortWindow::Ms20,
                WindowName::Ms25 => ShortWindow::Ms25,
            },
        }
    }
}

/// Runs the verb.
pub fn run(a: Arguments) -> Result<(), Failure> {
    let inputs = audio_files(&a.inputs)?;
    let files = &inputs.files;
    let mut read = Inputs::default();
    read.add_all("input", &a.inputs);
    read.add_all("input", files);
    for (what, path) in [("-o", &a.output), ("--plot", &a.plot)] {
        if let Some(path) = path {
            read.spare(what, path)?;
        }
    }
    let outputs = [("-o", &a.output), ("--plot", &a.plot)];
    refuse_same(
        outputs
            .into_iter()
            .filter_map(|(what, path)| Some((what, path.clone()?))),
    )?;
    if let (Some(output), Some(plot)) = (&a.output, &a.plot)
        && plot.starts_with(parts::folder(output))
    {
        return Err(Failure::asked(format!(
            "--plot {}: two outputs in one place: parts of the table -o lie in that folder, and it is removed in the end; name another file",
            plot.display()
        )));
    }
    if let Some(output) = &a.output {
        read.spare_all_of("the folder of parts", &parts::folder(output))?;
    }
    if let Some(path) = &a.plot {
        let [file] = files.as_slice() else {
            return Err(Failure::asked(format!(
                "--plot draws one file; {} were given",
                files.len()
            )));
        };
        picture::draw(file, a.settings(), path)?;
        say!("picture: {}", path.display());
    }
    let Some(output) = &a.output else {
        return inputs.name_unread(&[]);
    };
    let format = Format::of(output)?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(a.jobs.unwrap_or(0))
        .build()
        .map_err(|e| Failure::asked(format!("--jobs: {e}")))?;
    match a.jobs {
        Some(_) => pool.install(|| extract(&inputs, &a, output, format)),
        None => extract(&inputs, &a, output, format),
    }
}

fn extract(
    inputs: &AudioFiles,
    a: &Arguments,
    output: &Path,
    format: Format,
) -> Result<(), Failure> {
    let files = &inputs.files;
    let columns = a.set.columns();
    let settings = a.settings();
    let is_replaced = output.is_file();
    let parts = Parts::open(output, &format!("{settings:?} {columns:?}"))?;
    let progress = Progress::new();
    let started = Instant::now();
    progress.start("extracting", files.len());
    let bad = Mutex::new(Vec::new());
    // Where one part cannot be written, no other can.
    let unwritten: OnceLock<anyhow::Error> = OnceLock::new();
    let fresh: u64 = files
        .par_iter()
        .enumerate()
        .map_init(
            || Stream::new(earnest_signal::SAMPLE_RATE, settings),
            |stream, (i, file)| {
                if unwritten.get().is_some() {
                    return 0;
                }
                let rows = if parts.finished(file) {
                    Ok(0)
                } else {
                    parts.write(file, |part| one_file(file, stream, &columns, part))
                };
                progress.advance();
                match rows {
                    Ok(rows) => rows,
                    Err(Trouble::Input(reason)) => {
                        if let Ok(mut bad) = bad.lock() {
                            bad.push((i, reason));
                        }
                        0
                    }
                    Err(Trouble::Part(error)) => {
                        let _ = unwritten.set(error);
                        0
                    }
                }
            },
        )
        .sum();
    progress.finish();
    if let Some(error) = unwritten.into_inner() {
        return Err(error.into());
    }
    let took = started.elapsed().as_secs_f64();
    let mut bad = bad.into_inner().unwrap_or_default();
    bad.sort();

    let names: Vec<&str> = columns.iter().map(|c| descriptor::NAMES[*c]).collect();
    let mut table = Table::create(output, format, &names)?;
    let mut rows = 0;
    for file in files {
        rows += parts.read(file, columns.len(), |i, row| table.add(file, i, row))?;
    }
    table.finish()?;
    parts.remove();
    let good = files.len() - bad.len();
    let speed = if fresh > 0 {
        format!(
            " ({:.0} s of audio in {took:.1} s, {:.0} times real time)",
            fresh as f64 * 0.01,
            fresh as f64 * 0.01 / took
        )
    } else {
        String::new()
    };
    say!(
        "{}: {rows} rows of {} descriptors from {good} files{speed}",
        output.display(),
        names.len()
    );
    if is_replaced {
        tell!("note: the table that was there before is replaced");
    }
    let reasons: Vec<&String> = bad.iter().map(|(_, reason)| reason).collect();
    inputs.name_unread(&reasons)
}

/// Streams one file through: its rows go out as they come, so that a long file takes no
/// more memory than a short one.
fn one_file(
    file: &Path,
    stream: &mut Stream,
    columns: &[usize],
    part: &mut parts::Writer,
) -> Result<(), String> {
    stream.reset();
    let mut row_out = |row: &earnest_features::Row| {
        part.row(columns.iter().map(|c| row[*c]));
    };
    earnest_audio::read_blocks(file, |block| stream.push(block, &mut row_out))
        .map_err(|e| e.to_string())?;
    stream.finish(&mut row_out);
    if part.rows() == 0 {
        return Err(format!(
            "{} is shorter than 60 ms: it has no row",
            file.display()
        ));
    }
    Ok(())
}
