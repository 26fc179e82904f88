//! The command line as a user meets it. One binary, a module for each topic.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod augment;
mod baselines;
mod bounds;
mod calibration;
mod conditions;
mod corpora;
mod corpus;
mod ensembles;
mod experiment;
mod features;
mod formulas;
mod full_disk;
mod guards;
mod help;
mod leaks;
mod misleading;
mod model;
mod opened;
mod outputs;
mod pipes;
mod resilience;
mod scene;
mod sounds;
mod terminal;
mod visible;
mod writers;

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use earnest_audio::{SampleFormat, write_wav};
use earnest_signal::Waveform;

/// The program, in a folder, with a fixed width and no colours.
pub fn earnest(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_earnest"));
    command
        .current_dir(folder)
        .env("COLUMNS", "100")
        .env("NO_COLOR", "1")
        .env("XDG_CACHE_HOME", folder.join(".cache"));
    command
}

/// Runs it and waits.
pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    earnest(folder).args(arguments).output().unwrap()
}

/// Runs it and waits, but not for ever: one that goes on for longer is ended, which is a failure.
pub fn run_within(folder: &Path, arguments: &[&str], time: Duration) -> Output {
    let mut child = earnest(folder)
        .args(arguments)
        .env("FREESOUND_TOKEN", "x")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let until = Instant::now() + time;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > until {
            child.kill().unwrap();
            let said = stderr(&child.wait_with_output().unwrap());
            panic!("{arguments:?} goes on for more than {time:?}: {said}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

/// Half a second of a tone, as a WAV file.
pub fn tone(path: &Path) {
    tone_of(path, 0.07);
}

/// The same of another pitch.
pub fn tone_of(path: &Path, step: f32) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let samples = (0..8_000).map(|k| 0.2 * (k as f32 * step).sin()).collect();
    write_wav(path, &Waveform::at_16k(samples), SampleFormat::Int16).unwrap();
}

/// What it printed.
pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What it said on standard error.
pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Holds a command to words on standard error.
#[track_caller]
pub fn assert_said(output: &Output, words: &str) {
    let said = stderr(output);
    assert!(said.contains(words), "{words:?} is not in:\n{said}");
}

/// A small synthetic corpus, with the given number of utterances of each speaker.
pub fn synthesize(folder: &Path, utterances: usize) {
    let n = utterances.to_string();
    let output = run(
        folder,
        &[
            "corpus",
            "synthesize",
            "corpus",
            "--utterances-per-speaker",
            &n,
        ],
    );
    assert!(output.status.success(), "{}", stderr(&output));
}

/// A small experiment on `corpus`, as a TOML file.
pub fn small_experiment(folder: &Path) {
    let toml = r#"
name = "small"
seed = 1
folds = "2"
tasks = ["categorical"]
trainings = ["clean", "augmented"]

[corpus]
path = "corpus"

[robot]
kind = "simulated"
snr_db = 3.0

[[augmentation.steps]]
probability = 0.5
transform = "noise"
ratio = [0.5, 0.9]

[[recipes]]
architecture = { kind = "rnn", layers = 1, hidden = 8 }
learning_rate = 1e-3
gradient_clip = 1.0
batch_size = 16
max_epochs = 6
plateau = 4
patience = 15
least_steps = 1
"#;
    std::fs::write(folder.join("small.toml"), toml).unwrap();
}
