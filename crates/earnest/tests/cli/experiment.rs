//! `earnest run`, `report` and `reproduce`, killed and resumed.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::{earnest, run, small_experiment, stderr, stdout, synthesize};

fn results(folder: &Path) -> Vec<Vec<u8>> {
    [
        "results.csv",
        "tables.csv",
        "tables.md",
        "tables.tex",
        "report.html",
    ]
    .iter()
    .map(|f| fs::read(folder.join(f)).unwrap())
    .collect()
}

#[test]
fn a_run_that_is_killed_at_any_moment_ends_with_the_same_tables() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    small_experiment(dir.path());
    let output = run(dir.path(), &["run", "small.toml", "--out", "whole"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let mut killed = 0;
    for wait_ms in [60, 120, 180, 250, 350, 500] {
        let mut child = earnest(dir.path())
            .args(["run", "small.toml", "--out", "cut"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let until = Instant::now() + Duration::from_millis(wait_ms);
        while Instant::now() < until && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            killed += 1;
        }
        child.wait().unwrap();
    }
    assert!(killed > 0, "the run was over before it could be killed");
    let output = run(dir.path(), &["run", "small.toml", "--out", "cut"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(results(&dir.path().join("whole")) == results(&dir.path().join("cut")));
}

/// The weights of every unit.
fn weights(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = fs::read_dir(folder.join("units"))
        .unwrap()
        .map(|unit| {
            let unit = unit.unwrap();
            let bytes = fs::read(unit.path().join("model.safetensors")).unwrap();
            (unit.file_name().into_string().unwrap(), bytes)
        })
        .collect();
    all.sort();
    all
}

#[test]
fn killed_in_the_middle_of_an_epoch_both_networks_end_with_the_same_weights() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 8);
    small_experiment(dir.path());
    let path = dir.path().join("small.toml");
    let toml = fs::read_to_string(&path).unwrap();
    let toml = toml
        .replace("folds = \"2\"", "folds = \"1\"")
        .replace("layers = 1, hidden = 8", "layers = 2, hidden = 48")
        .replace("trainings = [\"clean\", ", "trainings = [");
    let recipe = toml[toml.find("[[recipes]]").unwrap()..].to_owned();
    let rnn = "kind = \"rnn\", layers = 2, hidden = 48";
    assert!(recipe.contains(rnn));
    let cnn = recipe.replace(rnn, "kind = \"cnn\", layers = 3, filters = 64, kernel = 5");
    fs::write(&path, format!("{toml}\n{cnn}")).unwrap();
    let output = run(dir.path(), &["run", "small.toml", "--out", "whole"]);
    assert!(output.status.success(), "{}", stderr(&output));
    for network in ["rnn", "cnn"] {
        let mut child = earnest(dir.path())
            .args(["run", "small.toml", "--out", "cut", "--threads", "1"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let unit = format!("cut/units/categorical-{network}-augmented-fold_1F-seed_1");
        let unit = dir.path().join(unit);
        // The first epoch is over when its checkpoint is there: then the second has begun.
        let until = Instant::now() + Duration::from_secs(60);
        while !unit.join("checkpoint.safetensors").exists() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(10));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(unit.join("checkpoint.safetensors").exists(), "{network}");
        assert!(!unit.join("done").exists(), "{network} was over too soon");
    }
    let output = run(dir.path(), &["run", "small.toml", "--out", "cut"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(weights(&dir.path().join("whole")) == weights(&dir.path().join("cut")));
    assert!(results(&dir.path().join("whole")) == results(&dir.path().join("cut")));
}

#[test]
fn reproduce_prints_table_1_beside_the_paper_and_report_writes_it_again() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    let output = run(
        dir.path(),
        &[
            "reproduce",
            "table1",
            "--corpus",
            "corpus",
            "--folds",
            "1",
            "--networks",
            "cnn",
            "--tasks",
            "categorical,dimensional",
            "--max-epochs",
            "1",
            "--out",
            "run",
        ],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let table = stdout(&output);
    for word in [
        "CNN",
        "gap %",
        "improvement %",
        "paper F",
        ".247",
        "synthetic corpus",
        "report: run/report.html",
    ] {
        assert!(table.contains(word), "{word} is not in\n{table}");
    }
    // Progress goes to standard error as plain lines when it is no terminal.
    assert!(stderr(&output).contains("[4/4] dimensional-cnn-augmented-fold_1F-seed_1"));
    let before = results(&dir.path().join("run"));
    fs::remove_file(dir.path().join("run/report.html")).unwrap();
    fs::remove_dir_all(dir.path().join("corpus")).unwrap();
    let output = run(dir.path(), &["report", "run"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), table);
    assert!(before == results(&dir.path().join("run")));
}

#[test]
fn an_unknown_key_in_an_experiment_is_named_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    small_experiment(dir.path());
    let path = dir.path().join("small.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("learning_rate", "learning_rat")).unwrap();
    let output = run(dir.path(), &["run", "small.toml"]);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!("unknown-key", stderr(&output));
}
