//! `earnest run`, `report` and `reproduce`, killed and resumed.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::{earnest, run, small_experiment, stderr, stdout, synthesize};

/// All that a run leaves for people.
pub fn results(folder: &Path) -> Vec<Vec<u8>> {
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
        "paper-cnn",
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
    assert!(stderr(&output).contains("[4/4] dimensional-paper-cnn-augmented-fold_1F-seed_1"));
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

#[test]
fn plan_says_what_would_run_and_how_long_from_a_trial_and_then_from_finished_units() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    small_experiment(dir.path());
    let units = run(dir.path(), &["plan", "small.toml", "--units"]);
    assert_eq!(
        stdout(&units).lines().next(),
        Some("categorical-rnn-clean-fold_1F-seed_1")
    );
    assert_eq!(stdout(&units).lines().count(), 4);
    let plan = |out: &str| -> serde_json::Value {
        let output = run(dir.path(), &["plan", "small.toml", "--out", out, "--json"]);
        assert!(output.status.success(), "{}", stderr(&output));
        serde_json::from_str(&stdout(&output)).unwrap()
    };
    let before = plan("run");
    assert_eq!(before["units"], 4);
    assert!(before["seconds_left"].as_f64().unwrap() > 0.0);
    assert_eq!(before["kinds"][1]["from_finished_units"], false);
    // One unit by name, as a cluster would run it; no report is written yet.
    let one = "categorical-rnn-augmented-fold_1F-seed_1";
    let output = run(
        dir.path(),
        &["run", "small.toml", "--out", "run", "--units", one],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        dir.path()
            .join("run/units")
            .join(one)
            .join("done")
            .is_file()
    );
    assert!(!dir.path().join("run/report.html").exists());
    let after = plan("run");
    assert_eq!(after["kinds"][1]["done"], 1);
    assert_eq!(after["kinds"][1]["from_finished_units"], true);
    let text = stdout(&run(dir.path(), &["plan", "small.toml", "--out", "run"]));
    assert!(
        text.contains("fold 1F: 8 speakers train") && text.contains("left: "),
        "{text}"
    );
    // Units of another experiment count for nothing.
    let other = ["plan", "small.toml", "--out", "run", "--seed", "9"];
    let output = run(dir.path(), &other);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(
        text.contains("note: nothing of it counts as done") && text.contains("another experiment"),
        "{text}"
    );
    let output = run(dir.path(), &[&other[..], &["--json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(json["kinds"][1]["done"], 0);
    assert!(json["seconds_left"].as_f64().unwrap() > 0.0);
    let output = run(
        dir.path(),
        &["run", "small.toml", "--out", "run", "--units", "nothing"],
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no unit nothing"));
}

#[test]
fn an_ablation_prints_table_2_and_two_runs_can_be_compared() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    for (seed, out) in [("1", "a"), ("2", "b")] {
        let arguments = "reproduce table2 --corpus corpus --folds 2 --networks cnn --max-epochs 1";
        let mut arguments: Vec<&str> = arguments.split(' ').collect();
        arguments.extend(["--seed", seed, "--out", out]);
        let output = run(dir.path(), &arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        let table = stdout(&output);
        for word in ["Table II", "loudness", "noise", "room", "tempo"] {
            assert!(table.contains(word), "{word} is not in\n{table}");
        }
    }
    let csv = fs::read_to_string(dir.path().join("a/table2.csv")).unwrap();
    // In the experiment's order, not the alphabet's.
    let left_out: Vec<&str> = csv
        .lines()
        .skip(1)
        .map(|l| l.split(',').nth(2).unwrap())
        .collect();
    assert_eq!(
        left_out,
        ["", "tempo", "loudness", "noise", "room"],
        "{csv}"
    );
    let output = run(dir.path(), &["report", "a", "b", "--out", "both.html"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    for word in ["note: seed: A has 1, B 2", "without room", "B - A"] {
        assert!(text.contains(word), "{word} is not in\n{text}");
    }
    let page = fs::read_to_string(dir.path().join("both.html")).unwrap();
    assert!(page.contains("Two runs compared") && page.ends_with("</html>\n"));
    // A run beside one of which it shares nothing.
    small_experiment(dir.path());
    run(dir.path(), &["run", "small.toml", "--out", "c"]);
    let output = run(dir.path(), &["report", "a", "c"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("cannot be compared"));
}

#[test]
fn a_users_recipe_takes_the_place_of_the_papers() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    small_experiment(dir.path());
    // The file names a network of its own; --networks keeps it and adds the paper's other.
    let output = run(
        dir.path(),
        &[
            "plan",
            "small.toml",
            "--networks",
            "rnn,cnn",
            "--protocol",
            "groups:3",
            "--folds",
            "all",
            "--units",
        ],
    );
    let text = stdout(&output);
    assert_eq!(text.lines().count(), 2 * 2 * 3, "{text}{}", stderr(&output));
    assert!(text.contains("categorical-paper-cnn-augmented-fold_group_3-seed_1"));
}

#[test]
fn numbers_and_names_that_make_no_sense_are_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    small_experiment(dir.path());
    let path = dir.path().join("small.toml");
    let good = fs::read_to_string(&path).unwrap();
    for (from, to, said) in [
        (
            "gradient_clip = 1.0",
            "gradient_clip = inf",
            "gradient_clip",
        ),
        (
            "learning_rate = 1e-3",
            "learning_rate = nan",
            "learning_rate",
        ),
        ("batch_size = 16", "batch_size = 0", "batch_size"),
        ("\"small\"", "\"../../x\"", "leads out of its folder"),
        ("\"small\"", "\"x\\n\\\\input{y}\"", "control character"),
        ("\"small\"", "\"\"", "one plain file name"),
    ] {
        assert!(good.contains(from), "{from}");
        fs::write(&path, good.replace(from, to)).unwrap();
        let output = run(dir.path(), &["run", "small.toml"]);
        let error = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{to}: {error}");
        assert!(
            error.contains(said) && error.contains("small.toml"),
            "{error}"
        );
    }
    let mut left: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["corpus", "small.toml"]);
}

/// With the real package, where it is installed (`pip install tensorboard`).
#[test]
fn tensorboard_reads_the_event_files() {
    let dir = tempfile::tempdir().unwrap();
    let there = std::process::Command::new("python3")
        .args(["-c", "import tensorboard"])
        .output();
    if !there.is_ok_and(|o| o.status.success()) {
        eprintln!("SKIPPED: the Python package tensorboard is not installed");
        return;
    }
    synthesize(dir.path(), 4);
    small_experiment(dir.path());
    let output = run(dir.path(), &["run", "small.toml", "--out", "run"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let script = r#"
import csv, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1])
events.Reload()
assert events.Tags()["scalars"] == ["loss/training", "score/validation", "learning_rate"], events.Tags()
rows = list(csv.DictReader(open(sys.argv[1] + "/training.csv")))
losses = events.Scalars("loss/training")
assert [e.step for e in losses] == [int(r["epoch"]) for r in rows]
assert all(abs(e.value - float(r["training_loss"])) < 1e-6 for e, r in zip(losses, rows))
print(len(losses), "epochs")
"#;
    let output = std::process::Command::new("python3")
        .args(["-c", script])
        .arg(
            dir.path()
                .join("run/units/categorical-rnn-clean-fold_1F-seed_1"),
        )
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output).trim(), "6 epochs");
}
