//! A pipe, or a device, where a file should be: nothing waits for it, and nothing replaces it.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, symlink};
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use crate::{run_within, small_experiment, stderr, stdout, synthesize, tone};

/// Makes a pipe; false without `mkfifo`.
fn pipe(path: &Path) -> bool {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let made = Command::new("mkfifo").arg(path).status();
    let made = made.is_ok_and(|s| s.success());
    if !made {
        println!("SKIPPED: no mkfifo on this machine");
    }
    made
}

/// Runs it; one that waits for a pipe fails.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    run_within(folder, arguments, Duration::from_secs(60))
}

#[test]
fn a_pipe_in_place_of_a_text_is_refused_by_its_name() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    small_experiment(dir.path());
    tone(&dir.path().join("a.wav"));
    for name in [
        "p",
        "p.csv",
        "p.jsonl",
        "esc/meta/esc50.csv",
        "f/metadata.csv",
    ] {
        if !pipe(&dir.path().join(name)) {
            return;
        }
    }
    tone(&dir.path().join("esc/audio/1-100032-A-0.wav"));
    tone(&dir.path().join("f/odd.wav"));
    for (arguments, name) in [
        (&["run", "p", "--out", "r"][..], "experiment p"),
        (&["plan", "p"], "experiment p"),
        (&["augment", "a.wav", "b.wav", "--chain", "p"], "--chain"),
        (&["augment", "a.wav", "b.wav", "--replay", "p"], "--replay"),
        (
            &["scene", "simulate", "corpus", "s", "--robot", "p"],
            "--robot p",
        ),
        (&["features", "p.csv", "-o", "t.csv"], "p.csv"),
        (&["features", "p.jsonl", "-o", "t.csv"], "p.jsonl"),
        (&["noise", "inspect", "esc"], "esc50.csv"),
        (&["corpus", "inspect", "f"], "metadata.csv"),
        (&["corpus", "inspect", "p.csv"], "p.csv"),
        (
            &["noise", "freesound", "--out", "s", "--tags", "p"],
            "tags p",
        ),
    ] {
        let output = run(dir.path(), arguments);
        let said = stderr(&output);
        assert!(
            matches!(output.status.code(), Some(1 | 2)),
            "{arguments:?}: {said}"
        );
        assert!(said.contains(name), "{arguments:?}: {said}");
        assert!(
            said.contains("pipe") || name == "p.csv",
            "{arguments:?}: {said}"
        );
    }
}

#[test]
fn a_pipe_among_labels_is_a_problem_and_the_rest_is_read() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    let labels = dir
        .path()
        .join("corpus/Session1/dialog/EmoEvaluation/Ses01F_impro01.txt");
    fs::remove_file(&labels).unwrap();
    if !pipe(&labels) {
        return;
    }
    let output = run(dir.path(), &["corpus", "inspect", "corpus", "--no-audio"]);
    let said = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("Ses01F_impro01.txt: it is a pipe"), "{said}");
    assert!(said.contains("10 speakers"), "{said}");
}

#[test]
fn a_pipe_among_audio_is_a_problem_and_the_rest_is_done() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["in/a.wav", "in/b.wav"] {
        tone(&dir.path().join(name));
    }
    if !pipe(&dir.path().join("in/p.wav")) {
        return;
    }
    symlink("/dev/zero", dir.path().join("in/z.wav")).unwrap();
    let features = ["features", "in", "-o", "t.csv"];
    for arguments in [&features[..], &["augment", "in", "out"]] {
        let output = run(dir.path(), arguments);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        for name in ["in/p.wav: no file: it is a pipe", "in/z.wav: no file"] {
            assert!(said.contains(name), "{said}");
        }
    }
    let table = fs::read_to_string(dir.path().join("t.csv")).unwrap();
    assert!(table.contains("in/a.wav,") && table.contains("in/b.wav,"));
    assert!(dir.path().join("out/b.wav").is_file());
    let output = run(dir.path(), &["noise", "inspect", "in"]);
    // Of noises all must be known: else nobody can say which ones training heard.
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("in/p.wav: no file: it is a pipe"),
        "{}",
        stderr(&output)
    );

    fs::write(
        dir.path().join("in/labels.csv"),
        "path,speaker,emotion\na.wav,ann,angry\nb.wav,ben,sad\np.wav,ben,happy\n",
    )
    .unwrap();
    let output = run(dir.path(), &["corpus", "inspect", "in/labels.csv"]);
    let said = stdout(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("2 utterances"), "{said}");
    assert!(
        said.contains("p.wav for its audio, which is no file"),
        "{said}"
    );
}

#[test]
fn neither_a_pipe_nor_a_device_is_replaced_by_an_output() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a.wav", "in/a.wav", "in/b.wav"] {
        tone(&dir.path().join(name));
    }
    for name in ["p.csv", "p.parquet", "p.wav", "p.svg", "p", "out/a.wav"] {
        if !pipe(&dir.path().join(name)) {
            return;
        }
    }
    symlink("/dev/null", dir.path().join("null.csv")).unwrap();
    symlink("/dev/null", dir.path().join("null.svg")).unwrap();
    for arguments in [
        &["features", "a.wav", "-o", "p.csv"][..],
        &["features", "a.wav", "-o", "p.parquet"],
        &["features", "a.wav", "-o", "null.csv"],
        &["features", "a.wav", "--plot", "p.svg"],
        &["features", "a.wav", "--plot", "null.svg"],
        &["augment", "a.wav", "p.wav"],
        &["augment", "a.wav", "b.wav", "--log", "p"],
        &["augment", "a.wav", "b.wav", "--plot", "null.svg"],
    ] {
        let output = run(dir.path(), arguments);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains("not a file"), "{arguments:?}: {said}");
        assert!(!dir.path().join("b.wav").exists(), "{arguments:?}");
    }
    let output = run(dir.path(), &["augment", "in", "out"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("out/a.wav: it is a pipe"),
        "{}",
        stderr(&output)
    );
    for name in ["p.csv", "p.parquet", "p.wav", "p.svg", "p", "out/a.wav"] {
        let there = fs::metadata(dir.path().join(name)).unwrap();
        assert!(there.file_type().is_fifo(), "{name} was replaced");
    }
    assert!(
        fs::metadata("/dev/null")
            .unwrap()
            .file_type()
            .is_char_device()
    );
}
