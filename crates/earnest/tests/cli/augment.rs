//! `earnest augment`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use earnest_audio::{SampleFormat, write_wav};
use earnest_signal::Waveform;

use crate::{run, stderr, stdout, synthesize};

/// Speech-like bursts.
fn bursts(path: &Path) {
    let samples = (0..40_000)
        .map(|i| {
            let t = i as f32 / 16_000.0;
            (t * 9.0).sin().max(0.0) * ((t * 140.0).fract() - 0.5) * 0.5
        })
        .collect();
    write_wav(path, &Waveform::at_16k(samples), SampleFormat::Int16).unwrap();
}

/// All WAV files below a folder and their bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .flatten()
        .filter(|e| e.path().extension().is_some_and(|x| x == "wav"))
        .map(|e| {
            let name = e.path().strip_prefix(folder).unwrap();
            (name.display().to_string(), fs::read(e.path()).unwrap())
        })
        .collect()
}

#[test]
fn what_was_drawn_is_explained_in_words() {
    let dir = tempfile::tempdir().unwrap();
    bursts(&dir.path().join("a.wav"));
    let arguments = [
        "augment",
        "a.wav",
        "out.wav",
        "--seed",
        "5",
        "--presentations",
        "3",
        "--explain",
    ];
    let output = run(dir.path(), &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    insta::assert_snapshot!("explain", stdout(&output));
    let written = files(dir.path());
    let names: Vec<&str> = written.keys().map(String::as_str).collect();
    assert_eq!(names, ["a.wav", "out-1.wav", "out-2.wav", "out-3.wav"]);
}

#[test]
fn a_folder_comes_out_the_same_from_any_number_of_threads_and_from_its_log() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    let chain = "[[steps]]\ntransform = \"microphone\"\nprobability = 0.5\n\
        [[steps]]\ntransform = \"tempo\"\nprobability = 0.5\nfactor = [0.8, 1.25]\n\
        [[steps]]\ntransform = \"noise\"\nprobability = 0.7\nratio = [0, 10]\nreading = \"snr_db\"\n\
        [[steps]]\ntransform = \"room\"\nprobability = 0.7\n\
        [[steps]]\ntransform = \"packet_drop\"\nprobability = 0.5\nloss = [0, 0.1]\n";
    fs::write(dir.path().join("chain.toml"), chain).unwrap();
    let of = |out: &str, more: &[&str]| {
        let mut arguments = vec!["augment", "corpus", out, "--float"];
        arguments.extend(more);
        let output = run(dir.path(), &arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        files(&dir.path().join(out))
    };
    let drawn = ["--chain", "chain.toml", "--seed", "9", "--log", "log.jsonl"];
    let one = of("one", &[&drawn[..], &["--threads", "1"]].concat());
    let four = of("four", &[&drawn[..], &["--threads", "4"]].concat());
    assert_eq!(one.len(), 50);
    assert!(
        one.keys().all(|k| k.starts_with("Session")),
        "{:?}",
        one.keys()
    );
    assert_eq!(one, four);
    // The chain file may be gone: the log says it all.
    fs::remove_file(dir.path().join("chain.toml")).unwrap();
    let again = of("again", &["--replay", "log.jsonl"]);
    assert_eq!(one, again);
    let other = of("other", &["--seed", "10"]);
    assert_ne!(one, other);
}

#[test]
fn a_wrong_chain_and_a_wrong_log_are_refused_with_the_line() {
    let dir = tempfile::tempdir().unwrap();
    bursts(&dir.path().join("a.wav"));
    let chain = "[[steps]]\ntransform = \"tempo\"\nprobability = 0.5\nfactr = [0.8, 1.25]\n";
    fs::write(dir.path().join("chain.toml"), chain).unwrap();
    let output = run(
        dir.path(),
        &["augment", "a.wav", "b.wav", "--chain", "chain.toml"],
    );
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!("wrong-chain", stderr(&output));
    fs::write(dir.path().join("log.jsonl"), "\n{\"input\": \"a.wav\"}\n").unwrap();
    let output = run(
        dir.path(),
        &["augment", "a.wav", "b.wav", "--replay", "log.jsonl"],
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("log.jsonl:2"),
        "{}",
        stderr(&output)
    );
    let log = "{\"input\": \"other.wav\", \"presentation\": 1, \"draws\": []}\n";
    fs::write(dir.path().join("log.jsonl"), log).unwrap();
    let output = run(
        dir.path(),
        &["augment", "a.wav", "b.wav", "--replay", "log.jsonl"],
    );
    assert!(
        stderr(&output).contains("no draws for a.wav"),
        "{}",
        stderr(&output)
    );
    for (out, words) in [
        ("b.flac", "ends in .wav"),
        ("a.wav", "which would be replaced"),
    ] {
        let output = run(dir.path(), &["augment", "a.wav", out]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
    assert!(!dir.path().join("b.wav").exists());
}

#[test]
fn a_bad_file_is_named_and_the_others_are_augmented() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("in")).unwrap();
    bursts(&dir.path().join("in/a.wav"));
    bursts(&dir.path().join("in/c.wav"));
    fs::write(dir.path().join("in/b.wav"), "RIFF").unwrap();
    let output = run(dir.path(), &["augment", "in", "out"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("b.wav"), "{}", stderr(&output));
    assert!(
        stdout(&output).contains("wrote 2 files to out"),
        "{}",
        stdout(&output)
    );
    assert_eq!(files(&dir.path().join("out")).len(), 2);
}

#[test]
fn a_picture_shows_both_spectrograms_and_what_was_done() {
    let dir = tempfile::tempdir().unwrap();
    bursts(&dir.path().join("a.wav"));
    let chain = "[[steps]]\ntransform = \"low_pass\"\nprobability = 1\ncutoff_hz = 1000\n";
    fs::write(dir.path().join("chain.toml"), chain).unwrap();
    let arguments = [
        "augment",
        "a.wav",
        "b.wav",
        "--chain",
        "chain.toml",
        "--plot",
        "p.svg",
    ];
    let output = run(dir.path(), &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let svg = fs::read_to_string(dir.path().join("p.svg")).unwrap();
    assert_eq!(svg.matches("<image").count(), 2);
    assert!(svg.contains("low-pass 1000 Hz"));
}

#[test]
fn a_model_is_trained_with_a_chain_of_ones_own() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    let chain = "[[steps]]\ntransform = \"tilt\"\nprobability = 0.5\ndb_per_octave = [-3, 3]\n";
    fs::write(dir.path().join("chain.toml"), chain).unwrap();
    let arguments = [
        "train",
        "--corpus",
        "corpus",
        "--augment",
        "--chain",
        "chain.toml",
        "--network",
        "cnn",
        "--max-epochs",
        "1",
        "--out",
        "model",
    ];
    let output = run(dir.path(), &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(dir.path().join("model/model.safetensors").exists());
}

#[test]
fn a_replay_without_the_sounds_of_its_log_says_which_flag_names_them() {
    let dir = tempfile::tempdir().unwrap();
    for i in 0..3 {
        fs::create_dir_all(dir.path().join("in")).unwrap();
        bursts(&dir.path().join(format!("in/{i}.wav")));
        crate::guards::noise(&dir.path().join(format!("noise/{i}.wav")), i, 1.0);
    }
    let chain = "[[steps]]\ntransform = \"noise\"\nprobability = 1.0\nratio = [0.5, 0.9]\n";
    fs::write(dir.path().join("chain.toml"), chain).unwrap();
    let draw = [
        "augment",
        "in",
        "out",
        "--chain",
        "chain.toml",
        "--noise",
        "noise",
        "--log",
        "log.jsonl",
    ];
    let output = run(dir.path(), &draw);
    assert!(output.status.success(), "{}", stderr(&output));
    let again = ["augment", "in", "again", "--replay", "log.jsonl"];
    let output = run(dir.path(), &again);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("3 draws are of noises that are not there") && said.contains("--noise"),
        "{said}"
    );
    assert!(
        !said.contains("warning") && !dir.path().join("again").exists(),
        "{said}"
    );
    // That files of an earlier call are replaced is said.
    let output = run(dir.path(), &[&draw[..7], &["--seed", "2"]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("note: 3 files of these names were there before"),
        "{}",
        stderr(&output)
    );
}
