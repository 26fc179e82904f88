//! `earnest scene`: simulate, playlist, align, robot.

#[cfg(feature = "record")]
mod record;

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, Subcommand};
use earnest_corpus::{ContentIndex, Corpus};
use earnest_experiment::{ClassSpec, read_corpus};
use earnest_files::{RelativePath, path_cell, text_cell};
use earnest_scene::lab::{Lab, LabError, Setup};
use earnest_scene::rerecord::{
    CutRow, PlaylistSettings, Remark, align, cut_rows, read_part, refuse_foreign,
    refuse_foreign_playlist, write_cuts, write_playlist,
};
use earnest_scene::simulate::{Entry, OWN_FILES, Scene, Summary, simulate, sounds_of};
use serde::Serialize;

use super::before_after;
use super::inputs::name_unread;
use super::inspection::median;
use super::must_exist;
use super::options::{ReadingOptions, no_effect};
use super::outputs::{Inputs, one_writer, refuse_same};
use crate::failure::Failure;
use crate::progress::Progress;

/// The robot condition.
#[derive(Subcommand)]
pub enum Command {
    /// Write a corpus as a robot in a laboratory hears it
    #[command(
        after_help = "Example:\n  earnest scene simulate EmoDB EmoDB_on_icub --robot icub\n  \
        earnest reproduce table1 --corpus EmoDB --recordings EmoDB_on_icub\n  \
        earnest scene simulate EmoDB EmoDB_on_nao --robot nao --events ESC-50 --made \"air conditioner,babble\"\n\n\
        Each utterance comes from a loudspeaker in a room to the two ears of a spherical head, among the robot's fans \
        and motors, other machines, and events that happen now and then; then come microphones and converters. Nothing \
        is normalised. Of --events, recordings of a kind's classes are heard; a kind of which it has none is an error \
        unless --made names it (or the lab's TOML says `made = true`): ESC-50 has knocks and telephones, but neither air \
        conditioners nor babble. OUT has stereo WAV files at the corpus's relative paths, scene.toml (all that decides them) and \
        scene.jsonl (every draw, levels and SNR). The same command goes on with an interrupted scene; the same seed \
        gives the same bytes on any number of threads."
    )]
    Simulate(Simulate),
    /// Write a corpus as long files to play to a robot that only logs to disk
    #[command(
        after_help = "Example:\n  earnest scene playlist EmoDB emodb-to-play\n  \
        (play emodb-to-play/playlist-01.wav in the robot's room while it records all its microphones)\n  \
        earnest scene align robot-log.wav emodb-to-play/playlist-01.wav EmoDB_on_my_robot\n\n\
        Each file begins and ends with a sweep and has one every minute, by which the recording is aligned. Play at \
        one volume and normalise nothing."
    )]
    Playlist(Playlist),
    /// Cut a robot's recording of a playlist into the corpus's utterances
    #[command(
        after_help = "Example:\n  earnest scene align robot-log.wav emodb-to-play/playlist-01.wav EmoDB_on_my_robot\n  \
        earnest reproduce table1 --corpus EmoDB --recordings EmoDB_on_my_robot\n\n\
        The recording may have any number of channels and any rate, begin before the playlist and end after it, and \
        its clock may run off by up to 200 ppm. OUT gets each utterance at its relative path with all channels \
        (16 kHz), and align-PLAYLIST.csv with place, likeness, SNR and clipping of each; what is missing or doubtful is \
        named at the end, to be played again."
    )]
    Align(Align),
    /// Play a corpus to a robot and record all its microphones, through this machine's sound system
    #[cfg(feature = "record")]
    #[command(after_help = "Examples:\n  earnest scene record --list\n  \
        earnest scene record EmoDB EmoDB_on_my_robot --play default --record hw:1,0\n  \
        earnest scene record EmoDB EmoDB_on_my_robot --play default --record hw:1,0 --resume\n\n\
        Begins with three sweeps for level, noise floor, delay and clipping; then plays the corpus in parts of a few \
        minutes, each with sweeps by which delay and clock drift are told, and cuts every utterance. Stopped midway, \
        --resume goes on with what is not there yet. OUT/record.csv says how good each utterance is.")]
    Record(record::Record),
    /// Print the description of a robot: a built-in one, to fit to one's own, or one drawn at random
    #[command(after_help = "Examples:\n  earnest scene robot icub > my-lab.toml\n  \
        earnest scene simulate EmoDB EmoDB_in_my_lab --robot my-lab.toml\n  \
        earnest scene robot random --seed 7 > robot-7.toml\n\n\
        Of a random robot, room, distance, places, head, ego noise, events, microphones and their gain are drawn \
        from wide ranges, so that many of them say how a model fares on robots that nobody chose.")]
    Robot(Robot),
}

/// `earnest scene simulate`.
#[derive(Args)]
pub struct Simulate {
    /// Folder of a corpus as it was unpacked, or a manifest file
    #[arg(value_name = "CORPUS")]
    corpus: PathBuf,
    /// Folder for the scene
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// icub, nao, pepper, random:N (one drawn at random), or the TOML file of a laboratory
    #[arg(long, default_value = "icub", value_name = "NAME|FILE")]
    robot: String,
    /// Noise collection for events (air conditioner, babble, knocks, telephone); it must have
    /// every kind that is not in --made [default: all are made]
    #[arg(long, value_name = "DIR")]
    events: Option<PathBuf>,
    /// Kinds of events that are made though --events is given
    #[arg(
        long,
        value_name = "KIND,KIND",
        value_delimiter = ',',
        requires = "events"
    )]
    made: Vec<String>,
    /// All randomness
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Draw the spectrograms of the first utterance, clean and as the left ear hears it
    #[arg(long, value_name = "SVG")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    reading: ReadingOptions,
}

/// `earnest scene playlist`.
#[derive(Args)]
pub struct Playlist {
    /// Folder of a corpus as it was unpacked, or a manifest file
    #[arg(value_name = "CORPUS")]
    corpus: PathBuf,
    /// Folder for the files
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// Silence between utterances, seconds: longer than the room reverberates
    #[arg(long, value_name = "S", default_value_t = PlaylistSettings::default().gap_s)]
    gap: f64,
    /// Longest file, minutes
    #[arg(long, value_name = "MIN", default_value_t = 30.0)]
    minutes: f64,
    #[command(flatten)]
    reading: ReadingOptions,
}

/// `earnest scene align`.
#[derive(Args)]
pub struct Align {
    /// What the robot recorded: one audio file
    #[arg(value_name = "RECORDING")]
    recording: PathBuf,
    /// The file that was played, its table beside it
    #[arg(value_name = "PLAYLIST")]
    playlist: PathBuf,
    /// Folder for the utterances; several recordings go into one
    #[arg(value_name = "OUT")]
    out: PathBuf,
}

/// `earnest scene robot`.
#[derive(Args)]
pub struct Robot {
    /// icub, nao, pepper or random
    #[arg(value_name = "NAME")]
    name: String,
    /// Which random robot
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// Runs the verb.
pub fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Simulate(a) => run_simulate(a),
        Command::Playlist(a) => playlist(a),
        Command::Align(a) => align_recording(&a),
        #[cfg(feature = "record")]
        Command::Record(a) => record::run(&a),
        Command::Robot(a) => robot(&a),
    }
}

/// What stands for a robot that is drawn at random.
const RANDOM: &str = "random";

fn robot(a: &Robot) -> Result<(), Failure> {
    let text = match (a.name.as_str(), a.seed) {
        (RANDOM, seed) => Lab::random(seed.unwrap_or(1))
            .to_toml()
            .map_err(Failure::asked)?,
        (_, Some(_)) => {
            return no_effect(&["--seed"], "the robot `random`");
        }
        (name, None) => match Lab::built_in(name) {
            Some(text) => text.to_owned(),
            None => {
                return Err(Failure::asked(format!(
                    "there is no built-in robot {name}; there are {}, and {RANDOM}",
                    Lab::names().join(", ")
                )));
            }
        },
    };
    say!("{}", text.trim_end());
    Ok(())
}

/// The seed of `random:N`; none of another robot.
fn random(robot: &str) -> Result<Option<u64>, Failure> {
    let Some(number) = robot
        .strip_prefix(RANDOM)
        .and_then(|rest| rest.strip_prefix(':'))
    else {
        return Ok(None);
    };
    let seed = number.parse().map_err(|_| {
        Failure::asked(format!(
            "--robot {robot}: a robot drawn at random is {RANDOM}:N, where N is a whole number from 0"
        ))
    })?;
    Ok(Some(seed))
}

/// The lab that was asked for. Its paths are absolute, so that a scene says where its sounds
/// were, from wherever it is read.
fn lab(robot: &str, made: &[String]) -> Result<Lab, Failure> {
    let mut lab = match (Lab::built_in(robot), random(robot)?, Path::new(robot)) {
        (_, Some(seed), _) => Lab::random(seed),
        (Some(text), ..) => {
            Lab::from_toml(text).map_err(|e| Failure::asked(format!("{robot}: {e}")))?
        }
        (None, None, path) => {
            let text = earnest_files::read_text(path).map_err(|e| {
                Failure::asked(format!(
                    "--robot {robot}: it is no built-in robot ({}, or {RANDOM}:N) and cannot be read as a file: {e}",
                    Lab::names().join(", ")
                ))
            })?;
            Lab::from_toml(&text)
                .map_err(|e| Failure::asked(format!("--robot {robot}: {e}")))?
                .below(&absolute(path.parent().unwrap_or(Path::new(""))))
        }
    };
    for kind in made {
        lab.make_event(kind)
            .map_err(|e| Failure::asked(format!("--made: {e}")))?;
    }
    Ok(lab)
}

/// A folder by the one path that it has whatever it was called; left as it is if it is not
/// there, which whoever opens it says.
fn absolute(folder: &Path) -> PathBuf {
    let named = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    named.canonicalize().unwrap_or_else(|_| folder.to_owned())
}

/// Opens a corpus, and says if there is anything wrong with it.
fn open(reading: &ReadingOptions, path: &Path) -> Result<Corpus, Failure> {
    let corpus = read_corpus(&reading.spec(path.to_owned()), &ClassSpec::default())?;
    if !corpus.problems.is_empty() {
        let (found, them) = match corpus.problems.len() {
            1 => ("a problem".to_owned(), "it"),
            n => (format!("{n} problems"), "them"),
        };
        tell!(
            "warning: the corpus has {found}; `earnest corpus inspect {}` lists {them}",
            path.display()
        );
    }
    Ok(corpus)
}

/// Where recordings of a corpus lie below their folder.
fn recordings_of(corpus: &Corpus) -> impl Iterator<Item = PathBuf> {
    let paths = corpus.utterances.iter().map(|u| &u.path);
    paths.map(|path| PathBuf::from(path.with_extension("wav").as_str()))
}

fn run_simulate(a: Simulate) -> Result<(), Failure> {
    must_exist("the corpus", &a.corpus)?;
    if let Some(events) = &a.events {
        must_exist("--events", events)?;
    }
    let lab = lab(&a.robot, &a.made)?;
    if a.events.is_some() && lab.event.iter().all(|kind| kind.made) {
        no_effect(
            &["--events"],
            "a kind of events in the lab that is not made",
        )?;
    }
    let corpus = open(&a.reading, &a.corpus)?;
    let mut inputs = Inputs::default();
    inputs.add_corpus(&corpus, &a.corpus);
    if Lab::built_in(&a.robot).is_none() && random(&a.robot)?.is_none() {
        inputs.add("--robot", Path::new(&a.robot));
    }
    inputs.add_all("--events", &a.events);
    inputs.add_all(
        "[recorded] folder",
        lab.recorded.as_ref().map(|r| &r.folder),
    );
    inputs.add_all("room.responses", &lab.room.responses);
    let files = recordings_of(&corpus).chain(OWN_FILES.map(PathBuf::from));
    inputs.spare_below("OUT", &a.out, files)?;
    if let Some(plot) = &a.plot {
        inputs.spare("--plot", plot)?;
        let files = recordings_of(&corpus).chain(OWN_FILES.map(PathBuf::from));
        let files = files.map(|file| ("OUT's", a.out.join(file)));
        refuse_same(files.chain([("--plot", plot.clone())]))?;
    }
    let index = ContentIndex::of_user();
    let contents = corpus.contents(&index, || ())?;
    let events = a.events.as_deref().map(absolute);
    let asked = |error: LabError| match error {
        LabError::Events { .. } => Failure::asked(error.to_string()),
        other => other.into(),
    };
    let scene = Scene {
        seed: a.seed,
        corpus: corpus.audio_fingerprint(&contents),
        sounds: sounds_of(&lab, events.as_deref(), &index).map_err(asked)?,
        events,
        lab,
    };
    // Before the room is computed, which may take minutes.
    scene.refuse_other(&corpus, &a.out)?;
    let progress = Progress::new();
    let started = Instant::now();
    tell!("computing the room: {}", scene.lab.name);
    let setup = Setup::new(scene.lab.clone(), scene.events.as_deref(), a.seed).map_err(asked)?;
    progress.start("hearing as the robot", corpus.utterances.len());
    let writer = one_writer("OUT", &a.out)?;
    let summary = simulate(&corpus, &scene, &setup, &a.out, || progress.advance())?;
    progress.finish();
    writer.finish();
    if let (Some(path), Some(entry)) = (&a.plot, summary.entries.first()) {
        plot(&corpus, entry, &a.out, path)?;
        say!("picture: {}", path.display());
    }
    report(&summary, &a.out, started.elapsed().as_secs_f64());
    let failed: Vec<&String> = summary.failed.iter().collect();
    name_unread(&failed, corpus.utterances.len())
}

fn plot(corpus: &Corpus, entry: &Entry, out: &Path, to: &Path) -> Result<(), Failure> {
    let utterance = corpus.utterances.iter().find(|u| u.id == entry.id);
    let Some(utterance) = utterance else {
        return Ok(());
    };
    let clean = corpus.read(utterance)?;
    let heard = earnest_audio::read_channels(entry.path.under(out))?;
    let d = &entry.draws;
    let mut words = vec![format!(
        "loudspeaker at {:.0} degrees; speech {:.1} dB SPL at the ears, noise {:.1}: SNR {:.1} dB",
        d.azimuth_deg, d.speech_db_spl, d.noise_db_spl, d.snr_db
    )];
    let time = |start: f64, seconds: f64| format!("{start:.2} .. {:.2} s", start + seconds);
    words.extend(
        d.movements
            .iter()
            .map(|m| format!("{} moves, {}", m.joint, time(m.start_s, m.seconds))),
    );
    words.extend(d.events.iter().map(|e| {
        format!(
            "{} from {:.0} degrees at {:.0} dB SPL, {}",
            e.kind,
            e.azimuth_deg,
            e.level_db_spl,
            time(e.start_s, e.seconds)
        )
    }));
    let left = heard.first().map(|w| w.samples()).unwrap_or_default();
    before_after::draw(&entry.id, clean.samples(), left, &words, to)
        .map_err(|e| anyhow::anyhow!(e).into())
}

fn report(summary: &Summary, out: &Path, took: f64) {
    let seconds: f64 = summary.entries.iter().map(|e| e.seconds).sum();
    let fresh = summary.entries.len() - summary.from_before.min(summary.entries.len());
    let speed = match fresh {
        0 => String::new(),
        _ => format!(
            ", {:.0} times real time",
            seconds * fresh as f64 / summary.entries.len() as f64 / took
        ),
    };
    say!(
        "{}: {} utterances, {:.2} h, {} of them from before ({took:.1} s{speed})",
        out.display(),
        summary.entries.len(),
        seconds / 3600.0,
        summary.from_before
    );
    if summary.entries.is_empty() {
        return;
    }
    // Of a handful no percentiles can be told.
    const ENOUGH: usize = 40;
    let (share, within) = match summary.entries.len() {
        ENOUGH.. => (0.05, "90 % within"),
        _ => (0.0, "all within"),
    };
    let spread = |get: &dyn Fn(&Entry) -> f64| {
        // Silence has no level, and no ratio to anything.
        let levels = summary.entries.iter().map(get).filter(|x| x.is_finite());
        let mut all: Vec<f64> = levels.collect();
        all.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let i = ((all.len().max(1) - 1) as f64 * share).round() as usize;
            all.get(i).copied()
        };
        Some((at(share)?, median(&all), at(1.0 - share)?))
    };
    for (name, unit, spread) in [
        (
            "speech at the ears",
            "dB SPL",
            spread(&|e| e.draws.speech_db_spl),
        ),
        ("noise", "dB SPL", spread(&|e| e.draws.noise_db_spl)),
        ("SNR", "dB", spread(&|e| e.draws.snr_db)),
    ] {
        match spread {
            Some((low, middle, high)) => {
                say!("  {name}: median {middle:.1} {unit}, {within} {low:.1} .. {high:.1}");
            }
            None => say!("  {name}: none"),
        }
    }
    let events: usize = summary.entries.iter().map(|e| e.draws.events.len()).sum();
    let clipped = summary
        .entries
        .iter()
        .filter(|e| e.draws.clipped.iter().any(|c| *c > 0))
        .count();
    say!("  {events} events; {clipped} utterances with clipped samples");
}

/// Refuses silences and parts of a playlist that are no lengths.
fn check_lengths(gap_s: f64, part: &str, minutes: f64) -> Result<(), Failure> {
    match (0.1..=10.0).contains(&gap_s) && (0.1..=600.0).contains(&minutes) {
        true => Ok(()),
        false => Err(Failure::asked(format!(
            "--gap must be 0.1 .. 10 seconds, {part} 0.1 .. 600"
        ))),
    }
}

fn playlist(a: Playlist) -> Result<(), Failure> {
    must_exist("the corpus", &a.corpus)?;
    check_lengths(a.gap, "--minutes", a.minutes)?;
    let corpus = open(&a.reading, &a.corpus)?;
    let mut inputs = Inputs::default();
    inputs.add_corpus(&corpus, &a.corpus);
    // How many parts there will be is not known: all that are there would be replaced.
    let there = std::fs::read_dir(&a.out).into_iter().flatten().flatten();
    let parts = there.map(|entry| PathBuf::from(entry.file_name()));
    let parts = parts.filter(|name| name.to_string_lossy().starts_with("playlist-"));
    inputs.spare_below("OUT", &a.out, parts)?;
    refuse_foreign_playlist(&a.out).map_err(|e| Failure::asked(format!("OUT: {e}")))?;
    let settings = PlaylistSettings {
        gap_s: a.gap,
        part_s: a.minutes * 60.0,
        ..PlaylistSettings::default()
    };
    let (files, failed) = write_playlist(&corpus, &a.out, settings)?;
    say!(
        "{}: {} utterances in {} files; play them to the robot and cut its recordings with `earnest scene align`",
        a.out.display(),
        corpus.utterances.len() - failed.len(),
        files.len()
    );
    let failed: Vec<&String> = failed.iter().collect();
    name_unread(&failed, corpus.utterances.len())
}

fn align_recording(a: &Align) -> Result<(), Failure> {
    must_exist("the recording", &a.recording)?;
    must_exist("the playlist", &a.playlist)?;
    let name = a.playlist.file_stem().unwrap_or_default().to_string_lossy();
    let to = a.out.join(format!("align-{name}.csv"));
    let part = read_part(&a.playlist)?;
    let mut inputs = Inputs::default();
    inputs.add("RECORDING", &a.recording);
    inputs.add("PLAYLIST", &a.playlist);
    inputs.add("PLAYLIST's table", &a.playlist.with_extension("csv"));
    let cuts = part
        .slots
        .iter()
        .map(|slot| slot.path.with_extension("wav"));
    inputs.spare_below("OUT", &a.out, cuts.map(|path| path.as_str().to_owned()))?;
    inputs.spare("OUT's table", &to)?;
    let table = to.file_name().unwrap_or_default().to_string_lossy();
    let cuts: Vec<RelativePath> = part
        .slots
        .iter()
        .map(|slot| slot.path.with_extension("wav"))
        .collect();
    refuse_foreign(&a.out, &table, &cuts).map_err(|e| Failure::asked(format!("OUT: {e}")))?;
    let channels: Vec<Vec<f32>> = earnest_audio::read_channels(&a.recording)?
        .into_iter()
        .map(earnest_signal::Waveform::into_samples)
        .collect();
    let alignment =
        align(&channels, &part).map_err(|e| anyhow::anyhow!("{}: {e}", a.recording.display()))?;
    // The table first: a call that goes on after a stop knows by it what was cut here.
    let rows = cut_rows(&alignment);
    write_rows(&rows, &to)?;
    write_cuts(&alignment, &channels, &a.out)?;
    say!(
        "{}: {} of {} utterances cut from {} channels; {} of {} sweeps found",
        a.out.display(),
        alignment.cuts.len(),
        alignment.cuts.len() + alignment.missing.len(),
        channels.len(),
        alignment.sweeps.0,
        alignment.sweeps.1
    );
    say!(
        "  the playlist begins at {:.3} s; the recorder's clock is off by {:+.1} ppm",
        alignment.delay_s,
        alignment.drift_ppm
    );
    report_cuts(&rows, &to);
    Ok(())
}

/// A [`CutRow`] as it stands in the table.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    path: &'a str,
    start_s: Option<f64>,
    likeness: Option<f32>,
    snr_db: Option<f64>,
    clipped: usize,
    remark: Remark,
}

/// Writes the quality report.
fn write_rows(rows: &[CutRow], to: &Path) -> Result<(), Failure> {
    let mut table = csv::Writer::from_writer(Vec::new());
    for row in rows {
        table.serialize(Line {
            id: &text_cell(&row.id),
            path: &path_cell(row.path.as_str()),
            start_s: row.start_s,
            likeness: row.likeness,
            snr_db: row.snr_db,
            clipped: row.clipped,
            remark: row.remark,
        })?;
    }
    let bytes = table.into_inner().map_err(|e| e.into_error())?;
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|e| anyhow::anyhow!("cannot create the folder {}: {e}", folder.display()))?;
    }
    earnest_files::write_whole(to, &bytes)
        .map_err(|e| anyhow::anyhow!("cannot write {}: {e}", to.display()))?;
    Ok(())
}

/// Says how good a recording is, and what to play again.
fn report_cuts(rows: &[CutRow], table: &Path) {
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    };
    say!(
        "  median SNR {:.1} dB, median likeness {:.2}; all of it: {}",
        median(rows.iter().filter_map(|r| r.snr_db).collect()),
        median(
            rows.iter()
                .filter_map(|r| r.likeness.map(f64::from))
                .collect()
        ),
        table.display()
    );
    let redo: Vec<&CutRow> = rows.iter().filter(|r| r.remark != Remark::Good).collect();
    if redo.is_empty() {
        say!("  nothing to play again");
        return;
    }
    say!("  to play again ({}):", redo.len());
    for row in redo {
        let why = match row.remark {
            Remark::Doubtful => "hardly like what was played",
            Remark::Clipped => "clipped",
            _ => "not in the recording",
        };
        say!("    {}: {why}", row.id);
    }
}
