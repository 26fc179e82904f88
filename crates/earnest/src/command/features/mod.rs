//! `earnest features`.

mod parts;
mod picture;
mod table;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};
use std::time::Instant;

use clap::{Args, ValueEnum};
use earnest_features::front_end::functionals::Functionals;
use earnest_features::functionals::Set;
use earnest_features::{FrontEnd, FrontEndSettings, Lld32, RowStream, ShortWindow};
use earnest_signal::SAMPLE_RATE;
use rayon::prelude::*;

use self::parts::{Parts, Trouble};
use self::table::{Format, Table};
use super::bounds::{MOST_THREADS, one_to};
use super::inputs::{AudioFiles, Part, Takes, audio_files};
use super::options::{ModeName, front_end_called};
use super::outputs::{Inputs, refuse_same};
use crate::failure::Failure;
use crate::progress::Progress;

/// Extract acoustic descriptors from audio files, one row each 10 ms, or their functionals.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  earnest features speech.wav -o speech.csv\n  \
    earnest features corpus/ -o corpus.parquet --set egemaps-v02\n  \
    earnest features corpus/ -o 88.csv --level functionals\n  \
    earnest features talk.wav -o talk.csv --level functionals --sliding 3 --every 1\n  \
    earnest features speech.wav --plot speech.svg\n\n\
    Writes the columns file, start, end (seconds) and the descriptors under the names that openSMILE gives them. \
    A row's windows lie between its start and its end, which count from the beginning of the file. Any sample rate is read; all is done at 16 kHz, mono.\n\n\
    Stopped midway, the same command goes on where it was: finished files wait in OUT.parts. A file that cannot be \
    read, or a folder that cannot be listed, is named at the end; the others are still done, and the exit code is 1. A table that is there is replaced, and a \
    note says so. \
    A manifest may call its column path, file_name, file, filename, audio or wav. Where it has start and end, that \
    stretch of the file is taken as if it were a file of its own (of a file that is not at 16 kHz, cut out after it was \
    brought to 16 kHz). What is asked for twice is done once."
)]
pub struct Arguments {
    /// Audio files, folders of them, or manifests (.csv, .tsv, .jsonl with a column `path`)
    #[arg(required = true, value_name = "FILE|DIR|MANIFEST")]
    inputs: Vec<PathBuf>,
    /// Table to write: .csv or .parquet
    #[arg(short, long, value_name = "OUT", required_unless_present = "plot")]
    output: Option<PathBuf>,
    /// Which descriptors: lld32, the paper's 32 (eGeMAPSv01a with MFCC 1-13); egemaps-v01a, its stock
    /// 23; egemaps-v02, the 25 of eGeMAPSv02; or logmel, logarithms of mel bands
    /// [default: lld32, and egemaps-v02 for functionals]
    #[arg(long, value_name = "NAME", value_parser = front_end_called)]
    set: Option<FrontEndSettings>,
    /// Descriptors as they go, or 88 functionals of them for each file or stretch (of egemaps-v01a or
    /// egemaps-v02)
    #[arg(long, value_enum, default_value_t = Level::Lld)]
    level: Level,
    /// Functionals of a window of so many seconds, 0.06 to 600, that slides over the recording, not of all
    /// of it
    #[arg(long, value_name = "SECONDS")]
    sliding: Option<f64>,
    /// Seconds from the start of one window to that of the next, at least a fiftieth of its length
    /// [default: as long as the window]
    #[arg(long, value_name = "SECONDS", requires = "sliding")]
    every: Option<f64>,
    /// Whose definition of the descriptors [default: opensmile]
    #[arg(long, value_enum)]
    mode: Option<ModeName>,
    /// Length of the short window [default: 20ms]
    #[arg(long, value_enum)]
    window: Option<WindowName>,
    /// Files worked on at once, at most 1024 [default: one for each core]
    #[arg(long, value_name = "N", value_parser = one_to::<usize>(MOST_THREADS))]
    jobs: Option<usize>,
    /// Draw waveform, F0, loudness and formants of one file
    #[arg(long, value_name = "SVG")]
    plot: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Level {
    /// A row of descriptors each 10 ms
    Lld,
    /// A row of 88 functionals
    Functionals,
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
    /// What is asked for, with all its settings.
    fn settings(&self) -> Result<FrontEndSettings, Failure> {
        let refuse = |flags: &[(&str, bool)], with: &str| {
            let asked = flags.iter().find(|(_, asked)| *asked);
            asked.map_or(Ok(()), |(flag, _)| {
                Err(Failure::asked(format!("{flag} has no effect with {with}")))
            })
        };
        let of_windows = ("--window", self.window.is_some());
        let of_definition = [("--mode", self.mode.is_some()), of_windows];
        if self.level == Level::Functionals {
            refuse(&of_definition, "--level functionals, which are openSMILE's")?;
            return self.functionals().map(FrontEndSettings::Functionals);
        }
        let sliding = [("--sliding", self.sliding.is_some())];
        refuse(&sliding, "--level lld; it is of functionals")?;
        let mut settings = self.set.clone().unwrap_or_default();
        let (mode, window) = match &mut settings {
            FrontEndSettings::Lld32(own) => (&mut own.mode, Some(&mut own.window)),
            FrontEndSettings::EgemapsV01a(own) => (&mut own.mode, Some(&mut own.window)),
            FrontEndSettings::EgemapsV02(own) => (&mut own.mode, None),
            FrontEndSettings::Functionals(_) => {
                return Err(Failure::asked(
                    "--set functionals: functionals are a level; ask for --level functionals, and with --set for the descriptors that they are of",
                ));
            }
            other => {
                let with = format!("--set {}", other.as_front_end().name());
                return refuse(&of_definition, &with).map(|()| settings);
            }
        };
        if let Some(asked) = self.mode {
            *mode = asked.mode();
        }
        match (self.window, window) {
            (None, _) => {}
            (Some(_), None) => refuse(&[of_windows], "--set egemaps-v02")?,
            (Some(WindowName::Ms20), Some(window)) => *window = ShortWindow::Ms20,
            (Some(WindowName::Ms25), Some(window)) => *window = ShortWindow::Ms25,
        }
        Ok(settings)
    }

    /// Which functionals are asked for.
    fn functionals(&self) -> Result<Functionals, Failure> {
        let set = match &self.set {
            None | Some(FrontEndSettings::EgemapsV02(_)) => Set::EgemapsV02,
            Some(FrontEndSettings::EgemapsV01a(_)) => Set::EgemapsV01a,
            Some(other) => {
                return Err(Failure::asked(format!(
                    "--level functionals: they are of egemaps-v02 or egemaps-v01a, not of {}",
                    other.as_front_end().name()
                )));
            }
        };
        let functionals = Functionals {
            set,
            window_s: self.sliding,
            hop_s: self.every,
        };
        functionals.check().map_err(|error| {
            let flag = if error.key() == "hop_s" {
                "--every"
            } else {
                "--sliding"
            };
            Failure::asked(error.to_string().replacen(error.key(), flag, 1))
        })?;
        Ok(functionals)
    }

    /// What is drawn: the 32 descriptors, of which the set has some.
    fn drawn(settings: &FrontEndSettings) -> Result<Lld32, Failure> {
        match settings {
            FrontEndSettings::Lld32(own) => Ok(*own),
            FrontEndSettings::EgemapsV01a(own) => Ok(Lld32 {
                mode: own.mode,
                window: own.window,
            }),
            FrontEndSettings::EgemapsV02(own) => Ok(Lld32 {
                mode: own.mode,
                ..Lld32::default()
            }),
            FrontEndSettings::Functionals(_) => Err(Failure::asked(
                "--plot draws F0, loudness and formants as they go, which --level functionals has not",
            )),
            other => Err(Failure::asked(format!(
                "--plot draws F0, loudness and formants, which --set {} has not",
                other.as_front_end().name()
            ))),
        }
    }
}

/// Runs the verb.
pub fn run(a: Arguments) -> Result<(), Failure> {
    let settings = a.settings()?;
    let inputs = audio_files(&a.inputs, Takes::Stretches)?;
    let files = inputs.paths();
    let mut read = Inputs::default();
    read.add_all("input", &a.inputs);
    read.add_all("input", &files);
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
        let [
            Part {
                path: file,
                stretch: None,
            },
        ] = inputs.parts.as_slice()
        else {
            return Err(Failure::asked(format!(
                "--plot draws one whole file; {} files or stretches were given",
                inputs.parts.len()
            )));
        };
        picture::draw(file, Arguments::drawn(&settings)?, path)?;
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
    let front_end = settings.as_front_end();
    match a.jobs {
        Some(_) => pool.install(|| extract(&inputs, front_end, output, format)),
        None => extract(&inputs, front_end, output, format),
    }
}

fn extract(
    inputs: &AudioFiles,
    front_end: &dyn FrontEnd,
    output: &Path,
    format: Format,
) -> Result<(), Failure> {
    let inputs_in_order = &inputs.parts;
    let names = front_end.columns();
    // Every thread opens it, and it opens here or nowhere.
    front_end
        .open(SAMPLE_RATE)
        .map_err(|e| Failure::asked(e.to_string()))?;
    let is_replaced = output.is_file();
    let parts = Parts::open(output, &format!("{front_end:?}"))?;
    let progress = Progress::new();
    let started = Instant::now();
    progress.start("extracting", inputs_in_order.len());
    let bad = Mutex::new(Vec::new());
    // Where one part cannot be written, no other can.
    let unwritten: OnceLock<anyhow::Error> = OnceLock::new();
    let fresh: f64 = inputs_in_order
        .par_iter()
        .enumerate()
        .map_init(
            || front_end.open(SAMPLE_RATE),
            |stream, (i, input)| {
                if unwritten.get().is_some() {
                    return 0.0;
                }
                let mut seconds = 0.0;
                let rows = if parts.finished(input) {
                    Ok(0)
                } else {
                    parts.write(input, |part| {
                        let stream = stream.as_deref_mut().map_err(|e| e.to_string())?;
                        seconds = one_input(input, front_end, stream, part)?;
                        Ok(())
                    })
                };
                progress.advance();
                match rows {
                    Ok(_) => seconds,
                    Err(Trouble::Input(reason)) => {
                        if let Ok(mut bad) = bad.lock() {
                            bad.push((i, reason));
                        }
                        0.0
                    }
                    Err(Trouble::Part(error)) => {
                        let _ = unwritten.set(error);
                        0.0
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

    let mut table = Table::create(output, format, &names)?;
    let mut rows = 0;
    for input in inputs_in_order {
        rows += parts.read(input, names.len(), |moments, row| {
            table.add(&input.path, moments, row)
        })?;
    }
    table.finish()?;
    parts.remove();
    let good = inputs_in_order.len() - bad.len();
    let of = match inputs_in_order.iter().any(|part| part.stretch.is_some()) {
        true => "files and stretches of files",
        false => "files",
    };
    let speed = if fresh > 0.0 {
        format!(
            " ({fresh:.0} s of audio in {took:.1} s, {:.0} times real time)",
            fresh / took
        )
    } else {
        String::new()
    };
    let kind = match front_end.name() {
        "functionals" => "functionals",
        _ => "descriptors",
    };
    say!(
        "{}: {rows} rows of {} {kind} from {good} {of}{speed}",
        output.display(),
        names.len()
    );
    if is_replaced {
        tell!("note: the table that was there before is replaced");
    }
    let reasons: Vec<&String> = bad.iter().map(|(_, reason)| reason).collect();
    inputs.name_unread(&reasons)
}

/// Streams one file, or a stretch of one, through: its rows go out as they come, so that a long
/// one takes no more memory than a short one. Returns its length, seconds.
fn one_input(
    input: &Part,
    front_end: &dyn FrontEnd,
    stream: &mut dyn RowStream,
    part: &mut parts::Writer,
) -> Result<f64, String> {
    stream.reset();
    let rate = f64::from(SAMPLE_RATE);
    let from = input.stretch.map_or(0.0, |s| s.start_s());
    let hop = (front_end.row_s() * rate).round();
    let span = (front_end.shortest_s() * rate).round();
    // Whole samples over samples a second, so that no 0.29000000000000004 stands in a table.
    let from = (from * rate).round();
    let mut number = 0.0;
    let samples = Cell::new(0_u64);
    let mut row_out = |row: &[f32]| {
        // One row of all there is comes last, when its length is known.
        let (start, span) = match hop.is_finite() {
            true => (from + number * hop, span),
            false => (from, samples.get() as f64),
        };
        part.row([start / rate, (start + span) / rate], row);
        number += 1.0;
    };
    let block_in = |block: &[f32]| {
        samples.set(samples.get() + block.len() as u64);
        stream.push(block, &mut row_out);
    };
    earnest_audio::read_blocks(&input.path, input.stretch, block_in).map_err(|e| e.to_string())?;
    stream.finish(&mut row_out);
    if part.rows() == 0 {
        let stretch = input.stretch.map_or_else(String::new, |s| format!(", {s}"));
        return Err(format!(
            "{}{stretch} is shorter than {} ms: it has no row",
            input.path.display(),
            (front_end.shortest_s() * 1e3).round()
        ));
    }
    Ok(samples.get() as f64 / rate)
}
