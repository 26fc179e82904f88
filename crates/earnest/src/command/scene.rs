//! `earnest scene simulate` and `earnest scene robot`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, Subcommand};
use earnest_corpus::Corpus;
use earnest_experiment::open_corpus;
use earnest_scene::lab::{Lab, Setup};
use earnest_scene::simulate::{Entry, Scene, Summary, simulate};

use super::before_after;
use super::inputs::name_unread;
use super::must_exist;
use super::options::ReadingOptions;
use crate::failure::Failure;
use crate::progress::Progress;

/// The robot condition.
#[derive(Subcommand)]
pub enum Command {
    /// Write a corpus as a robot in a laboratory hears it
    #[command(
        after_help = "Example:\n  earnest scene simulate EmoDB EmoDB_on_icub --robot icub\n  \
        earnest reproduce table1 --corpus EmoDB --robot EmoDB_on_icub\n\n\
        Each utterance comes from a loudspeaker in a room to the two ears of a spherical head, among the robot's fans \
        and motors, other machines, and events that happen now and then; then come microphones and converters. Nothing \
        is normalised. OUT has stereo WAV files at the corpus's relative paths, scene.toml (all that decides them) and \
        scene.jsonl (every draw, levels and SNR). The same command goes on with an interrupted scene; the same seed \
        gives the same bytes on any number of threads."
    )]
    Simulate(Simulate),
    /// Print the description of a built-in robot, to fit to one's own
    #[command(after_help = "Example:\n  earnest scene robot icub > my-lab.toml\n  \
        earnest scene simulate EmoDB EmoDB_in_my_lab --robot my-lab.toml")]
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
    /// icub, nao, pepper, or the TOML file of a laboratory
    #[arg(long, default_value = "icub", value_name = "NAME|FILE")]
    robot: String,
    /// Noise collection for events (air conditioner, babble, knocks, telephone) [default: made]
    #[arg(long, value_name = "DIR")]
    events: Option<PathBuf>,
    /// All randomness
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Draw the spectrograms of the first utterance, clean and as the left ear hears it
    #[arg(long, value_name = "SVG")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    reading: ReadingOptions,
}

/// `earnest scene robot`.
#[derive(Args)]
pub struct Robot {
    /// icub, nao or pepper
    #[arg(value_name = "NAME")]
    name: String,
}

/// Runs the verb.
pub fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Simulate(a) => run_simulate(a),
        Command::Robot(a) => {
            let text = Lab::built_in(&a.name).ok_or_else(|| {
                Failure::asked(format!(
                    "there is no built-in robot {}; there are {}",
                    a.name,
                    Lab::names().join(", ")
                ))
            })?;
            print!("{text}");
            Ok(())
        }
    }
}

/// A lab, and the folder that its paths are relative to.
fn lab(robot: &str) -> Result<(Lab, PathBuf), Failure> {
    if let Some(text) = Lab::built_in(robot) {
        let lab = Lab::from_toml(text).map_err(|e| Failure::asked(format!("{robot}: {e}")))?;
        return Ok((lab, PathBuf::new()));
    }
    let path = Path::new(robot);
    let text = std::fs::read_to_string(path).map_err(|e| {
        Failure::asked(format!(
            "--robot {robot}: it is no built-in robot ({}) and cannot be read as a file: {e}",
            Lab::names().join(", ")
        ))
    })?;
    let lab = Lab::from_toml(&text).map_err(|e| Failure::asked(format!("--robot {robot}: {e}")))?;
    Ok((lab, path.parent().unwrap_or(Path::new("")).to_owned()))
}

fn run_simulate(a: Simulate) -> Result<(), Failure> {
    must_exist("the corpus", &a.corpus)?;
    if let Some(events) = &a.events {
        must_exist("--events", events)?;
    }
    let (lab, folder) = lab(&a.robot)?;
    let corpus = open_corpus(&a.reading.spec(a.corpus.clone()))?;
    let scene = Scene {
        seed: a.seed,
        corpus: corpus.fingerprint(),
        events: a.events.clone(),
        lab: lab.clone(),
    };
    let setup = Setup::new(lab, &folder, a.events.as_deref(), a.seed)?;
    let progress = Progress::new();
    progress.start("hearing as the robot", corpus.utterances.len());
    let started = Instant::now();
    let summary = simulate(&corpus, &scene, &setup, &a.out, || progress.advance())?;
    progress.finish();
    if let (Some(path), Some(entry)) = (&a.plot, summary.entries.first()) {
        plot(&corpus, entry, &a.out, path)?;
        println!("picture: {}", path.display());
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
    let clean = earnest_audio::read(corpus.audio_path(utterance))?;
    let heard = earnest_audio::read_channels(out.join(&entry.path))?;
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
    println!(
        "{}: {} utterances, {:.2} h, {} of them from before ({took:.1} s{speed})",
        out.display(),
        summary.entries.len(),
        seconds / 3600.0,
        summary.from_before
    );
    let spread = |get: &dyn Fn(&Entry) -> f64| {
        let mut all: Vec<f64> = summary.entries.iter().map(get).collect();
        all.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let i = ((all.len().max(1) - 1) as f64 * share).round() as usize;
            all.get(i).copied().unwrap_or(f64::NAN)
        };
        (at(0.05), at(0.5), at(0.95))
    };
    for (name, unit, (low, middle, high)) in [
        (
            "speech at the ears",
            "dB SPL",
            spread(&|e| e.draws.speech_db_spl),
        ),
        ("noise", "dB SPL", spread(&|e| e.draws.noise_db_spl)),
        ("SNR", "dB", spread(&|e| e.draws.snr_db)),
    ] {
        println!("  {name}: median {middle:.1} {unit}, 90 % within {low:.1} .. {high:.1}");
    }
    let events: usize = summary.entries.iter().map(|e| e.draws.events.len()).sum();
    let clipped = summary
        .entries
        .iter()
        .filter(|e| e.draws.clipped.iter().any(|c| *c > 0))
        .count();
    println!("  {events} events; {clipped} utterances with clipped samples");
}
