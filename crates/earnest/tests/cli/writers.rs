//! Two processes that would write one output: the second says so at once, the first is not
//! disturbed.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use earnest_files::OneWriter;

use crate::{earnest, run, stderr, stdout, synthesize, tone};

#[cfg(unix)]
#[test]
fn a_second_extraction_to_one_table_is_refused_and_the_first_succeeds() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 30);
    let arguments = ["features", "corpus", "-o", "t.csv", "--jobs", "1"];
    let first = earnest(dir.path())
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let signal = |name: &str| {
        let id = first.id().to_string();
        let sent = Command::new("kill").args([name, &id]).status().unwrap();
        assert!(sent.success());
    };
    let until = Instant::now() + Duration::from_secs(30);
    while fs::read_dir(dir.path().join("t.csv.parts")).map_or(0, Iterator::count) < 4 {
        assert!(Instant::now() < until, "the first does not begin");
        std::thread::sleep(Duration::from_millis(1));
    }
    signal("-STOP");
    for other in [
        &arguments[..],
        &[&arguments[..], &["--window", "25ms"]].concat(),
    ] {
        let second = run(dir.path(), other);
        let said = stderr(&second);
        assert_eq!(second.status.code(), Some(1), "{said}");
        assert!(said.contains("cannot write t.csv"), "{said}");
        assert!(said.contains("another process is writing it"), "{said}");
    }
    signal("-CONT");
    let first = first.wait_with_output().unwrap();
    assert!(first.status.success(), "{}", stderr(&first));
    assert!(stdout(&first).contains("from 3"), "{}", stdout(&first));
    assert!(dir.path().join("t.csv").is_file());
    assert!(!dir.path().join("t.csv.parts").exists());
    assert!(run(dir.path(), &arguments).status.success());
}

#[test]
fn one_who_writes_long_keeps_a_second_out_of_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    tone(&dir.path().join("a.wav"));
    for (arguments, out) in [
        (
            &["features", "a.wav", "-o", "t.parquet"][..],
            "t.parquet.parts",
        ),
        (&["scene", "simulate", "corpus", "scene"], "scene"),
        (
            &[
                "corpus",
                "synthesize",
                "new",
                "--utterances-per-speaker",
                "4",
            ],
            "new",
        ),
        (
            &[
                "train",
                "--corpus",
                "corpus",
                "--out",
                "model",
                "--max-epochs",
                "1",
            ],
            "model",
        ),
    ] {
        let folder = dir.path().join(out);
        let writer = OneWriter::take(&folder).unwrap();
        let output = run(dir.path(), arguments);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("another process is writing it"), "{said}");
        // It was killed: the same command goes on.
        drop(writer);
        let output = run(dir.path(), arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            stderr(&output)
        );
        assert!(!OneWriter::has_begun(&folder), "{arguments:?}");
    }
}
