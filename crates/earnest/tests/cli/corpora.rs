//! Several corpora from the command line: across them, pooled, killed and resumed, and what a model
//! of several may be tested on.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::experiment::results;
use crate::{assert_said, earnest, run, small_experiment, stderr, stdout};

/// Two synthetic corpora of the same speakers' names, `a` and `b`.
fn two(folder: &Path) {
    for (name, seed) in [("a", "1"), ("b", "2")] {
        let made = ["--seed", seed, "--utterances-per-speaker", "4"];
        let arguments = [&["corpus", "synthesize", name], &made[..]].concat();
        let output = run(folder, &arguments);
        assert!(output.status.success(), "{}", stderr(&output));
    }
}

/// The rows of a CSV file, by title.
fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let titles = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| {
        let cells = titles.iter().zip(record.iter());
        cells.map(|(t, c)| (t.to_owned(), c.to_owned())).collect()
    };
    reader.records().map(|r| row(r.unwrap())).collect()
}

/// A metric as tables print it.
fn printed(value: &str) -> String {
    let text = format!("{:.3}", value.parse::<f64>().unwrap());
    text.strip_prefix('0').unwrap_or(&text).to_owned()
}

#[test]
fn across_corpora_the_matrix_and_the_tables_have_the_numbers_of_results_csv() {
    let dir = tempfile::tempdir().unwrap();
    two(dir.path());
    let output = run(
        dir.path(),
        &[
            "reproduce",
            "table1",
            "--corpus",
            "a",
            "--corpus",
            "b",
            "--protocol",
            "cross",
            "--networks",
            "cnn",
            "--tasks",
            "categorical",
            "--max-epochs",
            "1",
            "--out",
            "run",
        ],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let folder = dir.path().join("run");
    let results = rows(&folder.join("results.csv"));
    let pairs: Vec<(&str, &str)> = results
        .iter()
        .map(|row| (row["trained_on"].as_str(), row["tested_on"].as_str()))
        .collect();
    assert_eq!(pairs.len(), 8);
    assert!(pairs.iter().all(|(trained, tested)| trained != tested));
    let tables = rows(&folder.join("tables.csv"));
    let page = fs::read_to_string(folder.join("report.html")).unwrap();
    let figure = page.split("aria-label=\"paper-cnn: F\"").nth(1).unwrap();
    let figure = &figure[..figure.find("</svg>").unwrap()];
    let markdown = fs::read_to_string(folder.join("tables.md")).unwrap();
    for row in &results {
        let of_table = tables.iter().find(|other| {
            ["trained_on", "tested_on", "training"]
                .iter()
                .all(|key| other[*key] == row[*key])
                && other["test"] == row["condition"]
        });
        let of_table = of_table.unwrap();
        assert_eq!(of_table["F"], row["F"]);
        let value = printed(&row["F"]);
        assert!(figure.contains(&format!(">\n{value}\n</text>")), "{value}");
        let interval = format!(
            "{} .. {}",
            printed(&of_table["F_low"]),
            printed(&of_table["F_high"])
        );
        assert!(figure.contains(&interval), "{interval}");
        assert!(markdown.contains(&value) && markdown.contains(&interval));
    }
    // Nothing is pooled over pairs.
    assert!(!page.contains("Table I<") && !page.contains("Figure 4"));
    assert!(
        fs::read_to_string(folder.join("tables.tex"))
            .unwrap()
            .contains("tested on")
    );
    // On a terminal of 80 columns no line of a table is wider.
    let output = earnest(dir.path())
        .env("COLUMNS", "80")
        .args(["report", "run"])
        .output()
        .unwrap();
    let text = stdout(&output);
    assert!(
        text.contains("trained on") && text.contains("Across corpora"),
        "{text}"
    );
    // Two runs across corpora are not compared over what they tested.
    let output = run(dir.path(), &["report", "run", "run"]);
    assert_said(&output, "by pairs of corpora");
}

#[test]
fn a_pooled_run_that_is_killed_ends_with_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    two(dir.path());
    small_experiment(dir.path());
    let path = dir.path().join("small.toml");
    let toml = fs::read_to_string(&path).unwrap();
    let one = "[corpus]\npath = \"corpus\"\n";
    assert!(toml.contains(one));
    let several = "[[corpus]]\npath = \"a\"\n\n[[corpus]]\npath = \"b\"\nname = \"other\"\n";
    let toml = toml
        .replace(one, several)
        .replace("layers = 1, hidden = 8", "layers = 1, hidden = 24")
        .replace(
            "learning_rate",
            "normalise = \"each_corpus\"\nlearning_rate",
        );
    fs::write(&path, toml).unwrap();
    let output = run(dir.path(), &["run", "small.toml", "--out", "whole"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let mut child = earnest(dir.path())
        .args(["run", "small.toml", "--out", "cut", "--threads", "1"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let units = dir.path().join("cut/units");
    let begun = || {
        let folders = fs::read_dir(&units).into_iter().flatten().flatten();
        let mut folders = folders.map(|unit| unit.path().join("checkpoint.safetensors"));
        folders.any(|checkpoint| checkpoint.exists())
    };
    let until = Instant::now() + Duration::from_secs(60);
    while !begun() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let output = run(dir.path(), &["run", "small.toml", "--out", "cut"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(results(&dir.path().join("whole")) == results(&dir.path().join("cut")));
    let text = stdout(&output);
    assert!(
        text.contains("By corpus.") && text.contains("other"),
        "{text}"
    );
    // What it wrote down is run again as it stands.
    let again = run(
        dir.path(),
        &["run", "whole/experiment.toml", "--out", "again"],
    );
    assert!(again.status.success(), "{}", stderr(&again));
    assert!(results(&dir.path().join("whole")) == results(&dir.path().join("again")));
}

#[test]
fn a_model_of_several_corpora_is_not_tested_on_speakers_of_one_of_them() {
    let dir = tempfile::tempdir().unwrap();
    two(dir.path());
    let train = |out: &str, more: &[&str]| {
        let usual = [
            "train",
            "--corpus",
            "a",
            "--corpus",
            "b",
            "--network",
            "cnn",
            "--max-epochs",
            "1",
            "--out",
            out,
        ];
        run(dir.path(), &[&usual, more].concat())
    };
    let output = train("m", &["--leave-out", "a/1F,b/5M"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let test = |arguments: &[&str]| {
        run(
            dir.path(),
            &[&["evaluate", "--model", "m"], arguments].concat(),
        )
    };
    // Alone they have their own names, together those of the corpora before them.
    for (corpora, left_out, known) in [
        (&["--corpus", "a"][..], "1F", "5M"),
        (&["--corpus", "b"], "5M", "1F"),
        (&["--corpus", "a", "--corpus", "b"], "a/1F,b/5M", "b/1F"),
    ] {
        let of = |speakers: &str| test(&[corpora, &["--speakers", speakers]].concat());
        let output = of(left_out);
        assert!(output.status.success(), "{}", stderr(&output));
        assert_said(&of(known), "the model heard in training");
    }
    let output = test(&["--corpus", "a", "--leave-out-shared"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stdout(&output).contains(": 4 utterances"),
        "{}",
        stdout(&output)
    );
    // It says what it heard of each.
    let model = fs::read_to_string(dir.path().join("m/model.json")).unwrap();
    let model: serde_json::Value = serde_json::from_str(&model).unwrap();
    let names: Vec<&str> = model["heard"]["corpora"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn flags_of_several_corpora_need_several_and_those_of_one_say_so() {
    let dir = tempfile::tempdir().unwrap();
    two(dir.path());
    let plan = |arguments: &[&str]| {
        let output = run(
            dir.path(),
            &[&["reproduce", "table1", "--out", "run"], arguments].concat(),
        );
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        stderr(&output)
    };
    let both = ["--corpus", "a", "--corpus", "b"];
    for (arguments, words) in [
        (
            &["--corpus", "a", "--no-balance"][..],
            "--no-balance has no effect",
        ),
        (&["--corpus", "x=a"], "a name has no effect with one corpus"),
        (&["--corpus", "x:y=a"], "\"x:y\" is no name of a corpus"),
        (&["--corpus", "x="], "names no folder"),
        (
            &["--corpus", "Others=a", "--corpus", "b"],
            "a corpus cannot be called Others",
        ),
        (
            &["--corpus", "a", "--scale-range", "1..5"],
            "scale_range has no effect",
        ),
        (
            &[
                &both[..],
                &["--tasks", "categorical"],
                &["--scale-range", "1..5", "--scale-range", "1..5"],
            ]
            .concat(),
            "it needs the dimensional task",
        ),
        (
            &["--corpus", "a", "--corpus", "nowhere"],
            "there is nothing at nowhere",
        ),
        (
            &[&both[..], &["--layout", "IEMOCAP"]].concat(),
            "how one corpus is read",
        ),
        (
            &[&both[..], &["--scale-range", "1..5"]].concat(),
            "--scale-range is given once, and there are 2 corpora",
        ),
        (
            &[&both[..], &["--recordings", "a"]].concat(),
            "--recordings is given once, and there are 2 corpora",
        ),
        (
            &[&both[..], &["--protocol", "speaker"]].concat(),
            "\"pooled\"",
        ),
        (
            &["--corpus", "a", "--protocol", "cross"],
            "needs several corpora",
        ),
        (&["--corpus", "a", "--corpus", "./a"], "named twice"),
    ] {
        let said = plan(arguments);
        assert!(said.contains(words), "{words:?} is not in {said}");
    }
    // Values of several corpora are used only where the ranges of their scales are said.
    let asked = [&both[..], &["--tasks", "dimensional", "--max-epochs", "1"]].concat();
    assert!(plan(&asked).contains("--scale-range"));
}
