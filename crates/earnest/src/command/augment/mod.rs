//! `earnest augment`.

mod log;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clap::Args;
use earnest_audio::{SampleFormat, write_wav};
use earnest_augment::{Augmenter, Drawn, Sources};
use earnest_corpus::ContentIndex;
use earnest_experiment::Observer;
use earnest_random::Key;
use earnest_signal::Waveform;
use rayon::prelude::*;

use self::log::Entry;
use super::before_after;
use super::bounds::{MOST_OUTPUTS, MOST_REPEATS, one_to};
use super::inputs::{Takes, audio_files};
use super::options::{ChainOption, RobotOptions, SoundOptions, sources};
use super::outputs::{Inputs, refuse_same};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::visible::on_one_line;

/// Augment audio files as training does: each step of a chain is drawn anew for each
/// presentation.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  earnest augment speech.wav louder.wav --seed 3 --explain\n  \
    earnest augment corpus/ augmented/ --chain robust --noise ESC-50 --rooms AIR_1_4 --log draws.jsonl\n  \
    earnest augment corpus/ again/ --replay draws.jsonl --noise ESC-50 --rooms AIR_1_4\n\n\
    Writes 16 kHz mono WAV. The same seed, chain and sounds give the same bits; so does --replay of a log, whatever \
    the chain is by then. What is drawn depends on the seed, the file's path below IN and the presentation's number, \
    not on other files or threads. Files that an earlier call wrote to OUT are replaced, and a note says so. A manifest may call its column path, file_name, file, filename, audio or wav."
)]
pub struct Arguments {
    /// An audio file, a folder of them, or a manifest (.csv, .tsv, .jsonl with a column `path`)
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// The file to write (.wav), or the folder, with the paths that files have below IN
    #[arg(value_name = "OUT")]
    output: PathBuf,
    #[command(flatten)]
    sounds: SoundOptions,
    #[command(flatten)]
    chain: ChainOption,
    /// All randomness
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Presentations of each file; with more than one, -1, -2, ... is added to names
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = one_to::<u32>(MOST_REPEATS))]
    presentations: u32,
    /// Print what was drawn
    #[arg(long)]
    explain: bool,
    /// Write what was drawn, a JSON line for each presentation
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Do again what such a log says instead of drawing
    #[arg(long, value_name = "FILE", conflicts_with_all = ["chain", "seed", "presentations"])]
    replay: Option<PathBuf>,
    /// Write 32-bit floats, which do not clip and keep every bit [default: 16-bit integers]
    #[arg(long)]
    float: bool,
    /// Draw spectrograms before and after, of one file and presentation
    #[arg(long, value_name = "SVG")]
    plot: Option<PathBuf>,
}

/// A file to augment once.
struct Job<'a> {
    input: &'a Path,
    /// Path below IN: what draws are keyed by.
    name: &'a str,
    presentation: u32,
    /// What to do again, instead of drawing.
    replay: Option<&'a [Drawn]>,
    output: PathBuf,
}

/// What came of it.
struct Done {
    drawn: Vec<Drawn>,
    seconds: (f64, f64),
    /// Level change, dB.
    level_db: f64,
    /// Samples beyond full scale.
    beyond: usize,
}

/// Runs the verb.
pub fn run(a: Arguments) -> Result<(), Failure> {
    super::must_exist("IN", &a.input)?;
    let inputs = audio_files(std::slice::from_ref(&a.input), Takes::WholeFiles)?;
    let files = &inputs.paths();
    let single = files.len() == 1 && a.input == files[0];
    let names: Vec<String> = files.iter().map(|f| name_below(&a.input, f)).collect();
    let replay = match &a.replay {
        Some(path) => Some(log::read(path)?),
        None => None,
    };
    let jobs = jobs(&a, files, &names, single, replay.as_deref())?;
    let mut read = Inputs::default();
    read.add("IN", &a.input);
    read.add_all("IN", files);
    read.add_all("--replay", &a.replay);
    read.add_all("--noise", &a.sounds.noise);
    read.add_all("--rooms", &a.sounds.rooms);
    if let Some(chain) = a.chain.path() {
        read.add("--chain", chain);
    }
    if single {
        jobs.iter()
            .try_for_each(|job| read.spare("OUT", &job.output))?;
    } else {
        let below = |job: &Job<'_>| job.output.strip_prefix(&a.output).map(Path::to_owned).ok();
        read.spare_below("OUT", &a.output, jobs.iter().filter_map(below))?;
    }
    for (what, path) in [("--log", &a.log), ("--plot", &a.plot)] {
        if let Some(path) = path {
            read.spare(what, path)?;
        }
    }
    let written = jobs.iter().map(|job| ("OUT", job.output.clone()));
    let asked = [("--log", &a.log), ("--plot", &a.plot)];
    let asked = asked
        .into_iter()
        .filter_map(|(what, path)| Some((what, path.clone()?)));
    refuse_same(written.chain(asked))?;
    let replaced = jobs.iter().filter(|job| job.output.is_file()).count();
    if a.plot.is_some() && jobs.len() != 1 {
        return Err(Failure::asked(format!(
            "--plot draws one presentation; there are {}",
            jobs.len()
        )));
    }
    let chain = a.chain.chain()?;
    let progress = Progress::new();
    let observer: &dyn Observer = &progress;
    if a.replay.is_none() {
        a.sounds.require_use(&chain)?;
    }
    let sounds = sources(&a.sounds, &RobotOptions::default())?
        .choose_for_training(&ContentIndex::of_user(), observer)?
        .load(observer)?
        .training;
    if let Some(log) = &a.replay {
        require_sounds(log, &jobs, &sounds)?;
    }
    if jobs.len() > 1 {
        progress.start("augmenting", jobs.len());
    }
    // Where one file cannot be written, no other can.
    let unwritten: OnceLock<String> = OnceLock::new();
    let results: Vec<Option<Result<Done, String>>> = jobs
        .par_iter()
        .map_init(
            || Augmenter::new(chain.clone(), sounds.clone()),
            |augmenter, job| {
                if unwritten.get().is_some() {
                    return None;
                }
                let done = one(&a, augmenter, job);
                progress.advance();
                match done {
                    Ok(done) => Some(Ok(done)),
                    Err(Trouble::Input(reason)) => Some(Err(reason)),
                    Err(Trouble::Output(reason)) => {
                        let _ = unwritten.set(reason);
                        None
                    }
                }
            },
        )
        .collect();
    progress.finish();

    let (mut beyond, mut bad) = (0, Vec::new());
    let mut entries = Vec::new();
    for (job, result) in jobs.iter().zip(&results) {
        match result {
            None => {}
            Some(Ok(done)) => {
                if a.explain {
                    explain(&a, job, done);
                }
                beyond += usize::from(done.beyond > 0);
                entries.push(Entry {
                    input: job.name.to_owned(),
                    presentation: job.presentation,
                    draws: done.drawn.clone(),
                });
            }
            Some(Err(reason)) => bad.push(reason),
        }
    }
    let logged = match &a.log {
        Some(path) => log::write(path, &entries),
        None => Ok(()),
    };
    if beyond > 0 && !a.float {
        tell!(
            "warning: {beyond} of {} presentations were louder than full scale and are clipped; --float keeps them whole",
            entries.len()
        );
    }
    match (single, entries.len()) {
        (_, 0) => {}
        (true, 1) => say!("wrote {}", a.output.display()),
        (true, n) => say!("wrote {n} files beside {}, numbered", a.output.display()),
        (false, n) => say!("wrote {n} files to {}", a.output.display()),
    }
    if replaced > 0 {
        tell!(
            "note: {replaced} files of these names were there before and are replaced; a log of what was drawn for them (--log) is not of these"
        );
    }
    if let Some(reason) = unwritten.into_inner() {
        return Err(anyhow::anyhow!(reason).into());
    }
    logged?;
    inputs.name_unread(&bad)
}

/// Refuses to replay draws of sounds that are not there.
fn require_sounds(log: &Path, jobs: &[Job<'_>], sounds: &Sources) -> Result<(), Failure> {
    let all = || jobs.iter().flat_map(|job| job.replay.unwrap_or_default());
    let noises = all().filter_map(|drawn| match drawn {
        Drawn::Noise { clip, .. } if sounds.noises.find(clip).is_none() => Some(clip),
        _ => None,
    });
    let rooms = all().filter_map(|drawn| match drawn {
        Drawn::Room { response } if sounds.rooms.find(response).is_none() => Some(response),
        _ => None,
    });
    let (noises, rooms): (Vec<&String>, Vec<&String>) = (noises.collect(), rooms.collect());
    for (missing, what, flag) in [(noises, "noises", "--noise"), (rooms, "rooms", "--rooms")] {
        if let Some(first) = missing.first() {
            return Err(Failure::asked(format!(
                "--replay {}: {} draws are of {what} that are not there (first: {first}); name the folders that they were drawn from with {flag}",
                log.display(),
                missing.len()
            )));
        }
    }
    Ok(())
}

/// A file's path below what was asked for, `/` between parts.
fn name_below(input: &Path, file: &Path) -> String {
    let root = if input.is_dir() {
        input
    } else {
        input.parent().unwrap_or(Path::new(""))
    };
    let below = file.strip_prefix(root).unwrap_or(file);
    let parts: Vec<_> = below
        .components()
        .map(|c| c.as_os_str().to_string_lossy())
        .filter(|c| c != "/" && c != "..")
        .collect();
    parts.join("/")
}

fn jobs<'a>(
    a: &Arguments,
    files: &'a [PathBuf],
    names: &'a [String],
    single: bool,
    replay: Option<&'a [Entry]>,
) -> Result<Vec<Job<'a>>, Failure> {
    let is_wav = a
        .output
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("wav"));
    if single && !is_wav {
        return Err(Failure::asked(format!(
            "OUT {}: of one file, OUT is a file whose name ends in .wav",
            a.output.display()
        )));
    }
    if !single && a.output.is_file() {
        return Err(Failure::asked(format!(
            "OUT {} is a file; of several files, OUT is a folder",
            a.output.display()
        )));
    }
    let asked = files.len().saturating_mul(a.presentations as usize);
    if asked > MOST_OUTPUTS {
        return Err(Failure::asked(format!(
            "--presentations {} of {} files are {asked} files to write, and {MOST_OUTPUTS} are the most of a call; ask for fewer",
            a.presentations,
            files.len()
        )));
    }
    let mut jobs = Vec::new();
    let mut outputs = HashMap::new();
    let mut logged: HashMap<&str, Vec<&Entry>> = HashMap::new();
    for entry in replay.unwrap_or_default() {
        logged.entry(&entry.input).or_default().push(entry);
    }
    for (file, name) in files.iter().zip(names) {
        let presentations: Vec<(u32, Option<&[Drawn]>)> = match replay {
            Some(_) => logged
                .get(name.as_str())
                .map(|entries| {
                    let each = entries.iter();
                    each.map(|e| (e.presentation, Some(e.draws.as_slice())))
                        .collect()
                })
                .unwrap_or_default(),
            None => (1..=a.presentations).map(|k| (k, None)).collect(),
        };
        if presentations.is_empty() {
            return Err(Failure::asked(format!(
                "--replay: the log has no draws for {name}"
            )));
        }
        let several = presentations.len() > 1;
        for (presentation, replay) in presentations {
            let mut output = if single {
                a.output.clone()
            } else {
                a.output.join(name).with_extension("wav")
            };
            if several {
                let stem = output.file_stem().unwrap_or_default().to_string_lossy();
                output = output.with_file_name(format!("{stem}-{presentation}.wav"));
            }
            if let Some(other) = outputs.insert(output.clone(), name) {
                return Err(Failure::asked(format!(
                    "{other} and {name} would both be written to {}",
                    output.display()
                )));
            }
            jobs.push(Job {
                input: file,
                name,
                presentation,
                replay,
                output,
            });
        }
    }
    Ok(jobs)
}

/// Why a presentation is not there.
enum Trouble {
    /// What is wrong with its input.
    Input(String),
    /// What cannot be written.
    Output(String),
}

fn one(a: &Arguments, augmenter: &mut Augmenter, job: &Job<'_>) -> Result<Done, Trouble> {
    let wave = earnest_audio::read(job.input).map_err(|e| Trouble::Input(e.to_string()))?;
    let speech = wave.samples();
    let made = match job.replay {
        Some(drawn) => augmenter
            .replay(speech, drawn)
            .map(|samples| (samples, drawn.to_vec())),
        None => {
            let key = Key::new(a.seed).with("augment").with(job.name);
            augmenter.apply(speech, &key.with(u64::from(job.presentation)))
        }
    };
    let (samples, drawn) =
        made.map_err(|e| Trouble::Input(format!("{}: {e}", job.input.display())))?;
    if let Some(path) = &a.plot {
        let words = match drawn.as_slice() {
            [] => vec!["nothing was drawn".to_owned()],
            drawn => drawn.iter().map(ToString::to_string).collect(),
        };
        before_after::draw(job.name, speech, &samples, &words, path).map_err(Trouble::Output)?;
    }
    let out = Waveform::at_16k(samples);
    let done = Done {
        seconds: (wave.duration_s(), out.duration_s()),
        level_db: 20.0
            * f64::from(out.rms() / wave.rms().max(1e-9))
                .max(1e-9)
                .log10(),
        beyond: out.samples().iter().filter(|x| x.abs() > 1.0).count(),
        drawn,
    };
    if let Some(folder) = job.output.parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|e| {
            Trouble::Output(format!(
                "cannot create the folder {}: {e}",
                folder.display()
            ))
        })?;
    }
    let format = match a.float {
        true => SampleFormat::Float32,
        false => SampleFormat::Int16,
    };
    write_wav(&job.output, &out, format).map_err(|e| Trouble::Output(e.to_string()))?;
    Ok(done)
}

fn explain(a: &Arguments, job: &Job<'_>, done: &Done) {
    let how = match &a.replay {
        Some(log) => format!("replayed from {}", log.display()),
        None => format!("seed {}", a.seed),
    };
    let name = on_one_line(job.name);
    say!("{name}, presentation {} ({how})", job.presentation);
    for (i, drawn) in done.drawn.iter().enumerate() {
        say!("  {}. {drawn}", i + 1);
    }
    if done.drawn.is_empty() {
        say!("  nothing was drawn: it stays as it is");
    }
    say!(
        "  {:.2} s became {:.2} s, level {:+.1} dB",
        done.seconds.0,
        done.seconds.1,
        done.level_db
    );
}
