//! Segments, `listen` and `serve` as a user and a client meet them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod listen;
mod segments;
mod serve;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use earnest_audio::{SAMPLE_RATE, SampleFormat, write_wav};
use earnest_signal::Waveform;
use serde_json::Value;

/// The program, in a folder.
pub fn earnest(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_earnest"));
    command.current_dir(folder).env("NO_COLOR", "1");
    command
}

/// Runs it and waits.
pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    earnest(folder).args(arguments).output().unwrap()
}

/// What it printed, of a run that succeeded.
#[track_caller]
pub fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", stderr(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What it said on standard error.
pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The lines of JSON that it printed.
#[track_caller]
pub fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Speech of 1.2 s, as the tests of features have it.
pub fn speech() -> Vec<f32> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../earnest-features/tests/reference/male_16000.flac"
    );
    earnest_audio::read(path).unwrap().samples().to_vec()
}

/// Noise of so many seconds, 50 dB below full scale.
pub fn noise(seconds: f32) -> Vec<f32> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((f64::from(state) / 2_f64.powi(32) - 0.5) * 0.01) as f32
    };
    (0..(seconds * SAMPLE_RATE as f32) as usize)
        .map(|_| next())
        .collect()
}

/// A WAV in a folder: silence, speech, noise, speech, silence.
pub fn talk(folder: &Path) -> PathBuf {
    let silence = vec![0.0; SAMPLE_RATE as usize];
    let samples = [silence.clone(), speech(), noise(1.5), speech(), silence].concat();
    wav(&folder.join("talk.wav"), samples)
}

/// A WAV of these samples.
pub fn wav(path: &Path, samples: Vec<f32>) -> PathBuf {
    write_wav(path, &Waveform::at_16k(samples), SampleFormat::Int16).unwrap();
    path.to_owned()
}

/// The segments that `predict --segments` finds in a file.
#[track_caller]
pub fn segments_of(folder: &Path, file: &str) -> Vec<Value> {
    lines(&printed(&run(
        folder,
        &["predict", "--segments", "--json", file],
    )))
}

/// Those with somebody who speaks, without the file's name.
pub fn spoken(segments: Vec<Value>) -> Vec<Value> {
    let speech = segments.into_iter().filter(|s| s["speech"] == true);
    speech
        .map(|mut s| {
            s.as_object_mut().unwrap().remove("file");
            s
        })
        .collect()
}
