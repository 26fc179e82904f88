//! What people would build without us, beside the networks: in Table I, as models, in files.

use std::fs;
use std::path::Path;

use crate::{assert_said, run, stderr, stdout, synthesize};

const TABLE1: [&str; 6] = ["reproduce", "table1", "--corpus", "corpus", "--folds", "2"];

fn table1(folder: &Path, rest: &[&str]) -> std::process::Output {
    run(folder, &[&TABLE1[..], rest].concat())
}

/// The predictions of all units, by unit.
fn predictions(run: &Path) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = fs::read_dir(run.join("units"))
        .unwrap()
        .map(|entry| {
            let folder = entry.unwrap().path();
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            let text = fs::read_to_string(folder.join("predictions.csv")).unwrap();
            (name, text)
        })
        .collect();
    all.sort();
    all
}

#[test]
fn baselines_stand_in_table_1_beside_a_network_each_in_its_task_with_p_between_them() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 8);
    let recipes = "paper-cnn,svm,logistic,svr,ridge";
    let rest = ["--recipes", recipes, "--max-epochs", "1", "--out", "r"];
    let output = table1(dir.path(), &rest);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_said(
        &output,
        "the recipe svm takes part in the categorical task only",
    );
    let said = stdout(&output);
    assert!(said.contains("Recipes against each other"), "{said}");
    // Table I is of 2 tasks x 2 folds x 2 trainings: 3 recipes learn classes, 3 values.
    let units = predictions(&dir.path().join("r"));
    assert_eq!(units.len(), 2 * 2 * (3 + 3));
    let results = fs::read_to_string(dir.path().join("r/results.csv")).unwrap();
    for (task, recipe, count) in [
        ("categorical", "svm", 8),
        ("categorical", "svr", 0),
        ("dimensional", "svr", 8),
        ("dimensional", "ridge", 8),
        ("dimensional", "logistic", 0),
        ("dimensional", "paper-cnn", 8),
    ] {
        let own = results
            .lines()
            .filter(|l| l.split(',').skip(1).take(2).eq([recipe, task]));
        assert_eq!(own.count(), count, "{task} {recipe}");
    }
    let header = results.lines().next().unwrap();
    assert!(header.contains("recipe.architecture.c,"), "{header}");
    // What was tried stands beside the model, and one of it was chosen.
    let search = dir
        .path()
        .join("r/units/categorical-svm-augmented-fold_1F-seed_1/search.csv");
    let search = fs::read_to_string(search).unwrap();
    assert!(search.starts_with("c,gamma,score,chosen\n"), "{search}");
    assert_eq!(search.lines().count(), 1 + 12);
    assert_eq!(search.matches(",true").count(), 1);
    // Gone on with, nothing is trained again; on one thread all bits are the same.
    let output = table1(dir.path(), &rest);
    assert!(output.status.success(), "{}", stderr(&output));
    let one = ["--threads", "1"];
    let output = table1(dir.path(), &[&rest[..5], &["one"], &one[..]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(predictions(&dir.path().join("one")), units);
}

#[test]
fn a_trained_machine_is_a_model_that_predicts_and_is_tested_and_a_damaged_one_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 8);
    let train = ["train", "--corpus", "corpus", "--leave-out", "1F"];
    for (network, task, answers) in [
        ("svm", "categorical", "angry"),
        ("logistic", "categorical", "angry"),
        ("svr", "dimensional", "arousal"),
        ("ridge", "dimensional", "arousal"),
    ] {
        let own = ["--network", network, "--task", task, "--out", network];
        let output = run(dir.path(), &[&train[..], &own[..]].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        let said = stdout(&output);
        assert!(
            said.contains("was best on speakers that were left out in turn"),
            "{said}"
        );
        let evaluate = ["evaluate", "--model", network, "--corpus", "corpus"];
        let rest = ["--leave-out-shared"];
        let output = run(dir.path(), &[&evaluate[..], &rest[..]].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        let predict = ["predict", "--model", network, "corpus"];
        let output = run(dir.path(), &predict);
        assert!(output.status.success(), "{}", stderr(&output));
        let text = stdout(&output);
        assert!(text.contains(answers), "{text}");
    }
    // The weights of one with the description of another.
    fs::copy(
        dir.path().join("logistic/model.safetensors"),
        dir.path().join("svm/model.safetensors"),
    )
    .unwrap();
    let output = run(dir.path(), &["predict", "--model", "svm", "corpus"]);
    assert!(!output.status.success());
    assert_said(&output, "svm/model.safetensors");
}

#[test]
fn what_has_no_effect_on_a_baseline_is_an_error_before_work_begins() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    for (rest, words) in [
        (
            &["--recipes", "svm", "--max-epochs", "3", "--out", "a"][..],
            "--max-epochs has no effect",
        ),
        (
            &["--recipes", "svm", "--tasks", "dimensional", "--out", "a"],
            "svm learns the categorical task only",
        ),
        (
            &["--recipes", "ridge", "--tasks", "categorical", "--out", "a"],
            "ridge learns the dimensional task only",
        ),
    ] {
        let output = table1(dir.path(), rest);
        assert!(!output.status.success());
        assert_said(&output, words);
        assert!(!dir.path().join("a").exists());
    }
    for (architecture, more, words) in [
        (
            "kind = \"svm\"",
            "learning_rate = 1e-3",
            "learning_rate has no effect on the svm",
        ),
        (
            "kind = \"svm\", kernel = \"linear\", gamma = [1.0]",
            "",
            "gamma has no effect with kernel = \"linear\"",
        ),
        ("kind = \"svm\", c = []", "", "c must be a list of 1 to 100"),
        (
            "kind = \"logistic\", c = [0.0]",
            "",
            "c must be 1e-12 to 1e12",
        ),
        ("kind = \"svm\", c = [1.0, 2.0, 1.0]", "", "c has 1 twice"),
        ("kind = \"svm\", copies = 0", "", "copies must be 1 to"),
        (
            "kind = \"svr\", epsilon = -1.0",
            "",
            "epsilon must be 0 to 10",
        ),
    ] {
        let text = format!("name = \"mine\"\narchitecture = {{ {architecture} }}\n{more}\n");
        fs::write(dir.path().join("mine.toml"), text).unwrap();
        let output = table1(dir.path(), &["--recipes", "mine.toml", "--out", "a"]);
        assert!(!output.status.success());
        assert_said(&output, words);
    }
    let train = [
        "train",
        "--corpus",
        "corpus",
        "--network",
        "svm",
        "--out",
        "m",
    ];
    let output = run(
        dir.path(),
        &[&train[..], &["--validation", "fraction:0.2"]].concat(),
    );
    assert_said(&output, "has no effect on the svm");
}
