//! Counts on the command line have limits, which are said.

use std::time::Duration;

use crate::{earnest, run_within, stderr, synthesize};

#[test]
fn a_count_beyond_its_limit_is_refused_at_once_with_the_limit() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    let wav = "corpus/Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav";
    let features = ["features", wav, "-o", "t.csv"];
    let augment = ["augment", wav, "out.wav"];
    let freesound = ["noise", "freesound", "--out", "sounds"];
    let train = ["train", "--corpus", "corpus", "--out", "model", "--augment"];
    let table = ["reproduce", "table1", "--corpus", "corpus", "--out", "run"];
    for (command, count, limit) in [
        (&features[..], ["--threads", "100000"], "1..=1024"),
        (&features, ["--threads", "0"], "1..=1024"),
        (&features, ["--jobs", "1000000"], "1..=1024"),
        (&features, ["--jobs", "0"], "1..=1024"),
        (&augment, ["--presentations", "4000000000"], "1..=1000"),
        (
            &freesound,
            ["--per-tag", "18446744073709551615"],
            "1..=100000",
        ),
        (&freesound, ["--per-minute", "4000000000"], "1..=1000000"),
        (&freesound, ["--max-seconds", "nan"], "0.5 .. 3600 seconds"),
        (&freesound, ["--max-seconds", "inf"], "0.5 .. 3600 seconds"),
        (&train, ["--copies", "65535"], "1..=1000"),
        (&train, ["--max-epochs", "100000000"], "1 to 1000000"),
        (
            &train,
            ["--sound-memory", "18446744073709551615"],
            "0..=1073741824",
        ),
        (&table, ["--workers", "65535"], "1..=1024"),
        (&table, ["--seeds", "65535"], "1..=1000"),
        (&table, ["--folds", "18446744073709551615"], "folds"),
        (&table, ["--robot-snr", "nan"], "between -60 and 120"),
        (&table, ["--cpus-per-task", "65535"], "1..=1024"),
        (&["demo", "--out", "demo"], ["--folds", "11"], "1..=10"),
        (
            &["corpus", "synthesize", "new"],
            ["--utterances-per-speaker", "18446744073709551615"],
            "between 4",
        ),
    ] {
        let arguments = [command, &count[..]].concat();
        let output = run_within(dir.path(), &arguments, Duration::from_secs(60));
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(limit), "{arguments:?}: {said}");
    }
    for made in ["t.csv", "out.wav", "sounds", "model", "run", "demo", "new"] {
        assert!(!dir.path().join(made).exists(), "{made}");
    }
}

#[test]
fn threads_that_the_environment_asks_for_have_the_same_limit() {
    let dir = tempfile::tempdir().unwrap();
    let output = earnest(dir.path())
        .env("RAYON_NUM_THREADS", "100000")
        .args(["scene", "robot", "icub"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(
        said.contains("RAYON_NUM_THREADS") && said.contains("1024"),
        "{said}"
    );
}
