//! Recipes of several members: trained, killed and gone on with, tested and asked as one model.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::{assert_said, earnest, run, stderr, stdout, synthesize};

const MEMBERS: &str = r#"
[architecture]
kind = "ensemble"
weights = [2.0, 1.0, 1.0]

[[members]]
features = { name = "levelled", of = { name = "functionals" } }
clip = 3.0
architecture = { kind = "svm", c = 1.0, gamma = 1.0, copies = 2 }

[[members]]
features = { name = "levelled", of = { name = "logmel", bands = 12 } }
normalise = "segment_mean"
learning_rate = 2e-3
schedule = "cosine"
max_epochs = 6
refit = true
architecture = { kind = "crnn", filters = 16, hidden = 16, pooling = "statistics" }

[[members]]
features = { name = "levelled", of = { name = "functionals" } }
architecture = { kind = "svr", c = 1.0, gamma = 1.0, copies = 2 }
"#;

const EXPERIMENT: &str = r#"name = "several"
folds = "1"
tasks = ["categorical", "dimensional"]
trainings = ["augmented"]
presentation = { copies = 2 }

[corpus]
path = "corpus"

[[recipes]]
name = "three"
chain = "robust"
validation_copies = 2
calibrate = "temperature"
coverage = 0.5
"#;

fn experiment(folder: &Path) {
    let members = MEMBERS
        .replace("[architecture]", "[recipes.architecture]")
        .replace("[[members]]", "[[recipes.members]]");
    fs::write(
        folder.join("several.toml"),
        format!("{EXPERIMENT}{members}"),
    )
    .unwrap();
}

/// What a unit's model and answers are, byte by byte.
fn came_of(run: &Path, task: &str) -> [Vec<u8>; 3] {
    let unit = run.join(format!("units/{task}-three-augmented-fold_1F-seed_1"));
    ["model.safetensors", "model.json", "predictions.csv"].map(|name| {
        let path = unit.join(name);
        fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    })
}

#[test]
fn killed_in_its_second_member_an_ensemble_ends_in_the_same_bytes_and_answers_as_one_model() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    synthesize(folder, 12);
    experiment(folder);
    let output = run(folder, &["run", "several.toml", "--out", "whole"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let unit = "categorical-three-augmented-fold_1F-seed_1";

    let mut child = earnest(folder)
        .args(["run", "several.toml", "--out", "cut", "--threads", "1"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let cut = folder.join("cut/units").join(unit);
    let until = Instant::now() + Duration::from_secs(120);
    while !cut.join("member-2/checkpoint.safetensors").exists() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(cut.join("member-2/checkpoint.safetensors").exists());
    assert!(!cut.join("done").exists(), "it was over too soon");
    let output = run(folder, &["run", "several.toml", "--out", "cut"]);
    assert!(output.status.success(), "{}", stderr(&output));
    for task in ["categorical", "dimensional"] {
        let [whole, cut] = ["whole", "cut"].map(|name| came_of(&folder.join(name), task));
        assert!(whole == cut, "{task}");
    }

    // What came of its members lies beside it, and nothing of what was needed on the way.
    let whole = folder.join("whole/units").join(unit);
    let names = |folder: &Path| {
        let entries = fs::read_dir(folder).unwrap();
        let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<String> = entries
            .map(|entry| name(entry).into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(&whole.join("member-1")), ["search.csv"]);
    assert_eq!(
        names(&whole.join("member-2")),
        ["events.out.tfevents.earnest", "training.csv"]
    );
    assert!(!whole.join("member-3").exists(), "svr learns no classes");
    let history = fs::read_to_string(whole.join("member-2/training.csv")).unwrap();
    assert_eq!(history.lines().count(), 1 + 6);

    // The model answers to a file what it answered to it in the run.
    let model = format!("whole/units/{unit}");
    let output = run(folder, &["predict", "--model", &model, "--json", "corpus"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let said = stdout(&output);
    let table = fs::read_to_string(whole.join("predictions.csv")).unwrap();
    let mut compared = 0;
    for row in table
        .lines()
        .skip(1)
        .filter(|row| row.starts_with("clean,"))
    {
        let cells: Vec<&str> = row.split(',').collect();
        let (id, answer, first) = (cells[1], cells[4], cells[5]);
        let line = said.lines().find(|line| line.contains(&format!("/{id}.")));
        let line: serde_json::Value = serde_json::from_str(line.unwrap()).unwrap();
        assert_eq!(line["emotion"], answer, "{id}");
        let given = line["outputs"]["angry"].as_f64().unwrap();
        assert!((given - first.parse::<f64>().unwrap()).abs() < 1e-6, "{id}");
        assert!(line["certainty"].is_string());
        compared += 1;
    }
    assert!(compared >= 4);
    let described = fs::read_to_string(whole.join("model.json")).unwrap();
    assert!(described.contains("\"temperature\""), "{described}");
    let report = fs::read_to_string(folder.join("whole/report.html")).unwrap();
    assert!(report.contains("ensemble weighted 2 to 1 to 1 of"));
}

#[test]
fn a_model_of_members_is_trained_planned_and_refused_where_it_cannot_be_what_was_asked() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    synthesize(folder, 8);
    experiment(folder);
    let output = run(folder, &["plan", "several.toml"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("three"), "{}", stdout(&output));

    fs::write(
        folder.join("two.toml"),
        format!("name = \"two\"\n{MEMBERS}"),
    )
    .unwrap();
    let train = ["train", "--corpus", "corpus", "--leave-out", "1F"];
    let of = |file, out| [&train[..], &["--recipe", file, "--out", out]].concat();
    let output = run(
        folder,
        &[&of("two.toml", "m")[..], &["--max-epochs", "2"]].concat(),
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let training = fs::read_to_string(folder.join("m/member-2/training.csv"));
    assert_eq!(training.unwrap().lines().count(), 1 + 2);
    assert_said(
        &output,
        "of the recipe two the member 3 (svr) takes no part in the categorical task",
    );
    let said = stdout(&output);
    for words in ["Member 1, svm: fitted at once", "Member 2, crnn: 2 epochs"] {
        assert!(said.contains(words), "{said}");
    }
    // The one that is built in does the other task, too.
    let robust = ["--task", "dimensional", "--augment", "--max-epochs", "3"];
    let output = run(folder, &[&of("robust", "d")[..], &robust].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let output = run(folder, &["predict", "--model", "d", "corpus"]);
    assert!(stdout(&output).starts_with("file,arousal,valence\n"));
    let evaluate = ["evaluate", "--model", "m", "--corpus", "corpus"];
    let rest = ["--leave-out-shared", "--condition", "robot"];
    let output = run(folder, &[&evaluate[..], &rest].concat());
    assert!(output.status.success(), "{}", stderr(&output));

    for (flag, value) in [("--features", "lld32"), ("--normalise", "segment")] {
        let output = run(folder, &[&of("two.toml", "n")[..], &[flag, value]].concat());
        assert!(!output.status.success());
        assert_said(&output, &format!("{flag} has no effect on two"));
    }
    for (keys, words) in [
        (
            "chain = \"robust\"",
            "chain = \"robust\", which has no effect",
        ),
        (
            "validation_copies = 2",
            "validation_copies = 2, which has no effect",
        ),
    ] {
        let text = format!("name = \"two\"\n{keys}\n{MEMBERS}");
        fs::write(folder.join("idle.toml"), text).unwrap();
        let output = run(folder, &of("idle.toml", "n"));
        assert!(!output.status.success());
        assert_said(&output, words);
    }
    let more = EXPERIMENT.replace("validation_copies = 2", "validation_copies = 3");
    let recipe = "[recipes.architecture]\nkind = \"cnn\"\n";
    fs::write(folder.join("more.toml"), format!("{more}{recipe}")).unwrap();
    let output = run(folder, &["run", "more.toml", "--out", "r"]);
    assert!(!output.status.success());
    assert_said(&output, "there are 2 frozen copies");
    assert!(!folder.join("n").exists() && !folder.join("r").exists());
}

#[test]
fn the_experiment_of_robots_has_the_recipe_that_is_built_in() {
    let text = include_str!("../../../../experiments/robust.toml");
    let experiment = earnest_experiment::Experiment::from_toml(text).unwrap();
    let built_in = earnest_model::Recipe::built_in("robust").unwrap();
    assert_eq!(built_in.check(), Ok(()));
    let own = experiment.recipes.iter().find(|r| r.name == "robust");
    assert_eq!(own.unwrap(), &built_in);
    let names: Vec<&str> = experiment.recipes.iter().map(|r| r.title()).collect();
    assert_eq!(names, ["robust", "svm", "paper-cnn", "paper-rnn"]);
    assert_eq!(experiment.conditions.len(), 3 + 20 + 3);
}
