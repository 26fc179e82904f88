//! The command line as a user meets it. One binary, a module for each topic.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod augment;
mod corpus;
mod experiment;
mod features;
mod figures;
mod guards;
mod help;
mod leaks;
mod model;
mod outputs;
mod resilience;
mod scene;
mod sounds;
mod terminal;

use std::path::Path;
use std::process::{Command, Output};

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

/// What it printed.
pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What it said on standard error.
pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
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
