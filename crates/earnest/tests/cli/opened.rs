//! Any classes, any features, any engine.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::{assert_said, run, stderr, stdout, synthesize};

/// The utterances of the synthetic corpus: id, path, speaker.
fn utterances(folder: &Path) -> Vec<[String; 3]> {
    let output = run(
        folder,
        &["corpus", "inspect", "corpus", "--json", "--no-audio"],
    );
    let value: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let text = |u: &Value, key: &str| u[key].as_str().unwrap().to_owned();
    let all = value["utterances"].as_array().unwrap().iter();
    all.map(|u| [text(u, "id"), text(u, "path"), text(u, "speaker")])
        .collect()
}

/// A manifest of the synthetic corpus whose labels are `classes` in turn.
fn manifest(folder: &Path, classes: usize) {
    let mut text = "path,id,speaker,emotion\n".to_owned();
    for (i, [id, path, speaker]) in utterances(folder).iter().enumerate() {
        writeln!(
            text,
            "corpus/{path},{id},{speaker},feeling {:02}",
            i % classes
        )
        .unwrap();
    }
    fs::write(folder.join("m.csv"), text).unwrap();
}

/// What says something of each of 20 classes has a line for each, within 100 columns.
fn twenty_rows_fit_a_pipe(folder: &Path) {
    let unit = fs::read_dir(folder.join("r/units")).unwrap().next();
    let unit = unit.unwrap().unwrap().path();
    let unit = unit.to_str().unwrap();
    let evaluate = ["evaluate", "--model", unit, "--corpus", "m.csv"];
    for (command, word) in [
        (
            [&evaluate[..], &["--allow-shared"]].concat(),
            "most often taken for",
        ),
        (
            vec!["corpus", "inspect", "m.csv", "--classes", "all"],
            "10 speakers",
        ),
    ] {
        let output = run(folder, &command);
        assert!(output.status.success(), "{}", stderr(&output));
        let shown = stdout(&output);
        let table = shown
            .rsplit_once(word)
            .unwrap_or_else(|| panic!("{shown}"))
            .1;
        let of_classes = |line: &&str| line.trim_start().starts_with("feeling ");
        let rows: Vec<&str> = table.lines().filter(of_classes).collect();
        assert_eq!(rows.len(), 20, "{shown}");
        for row in rows {
            assert!(row.chars().count() <= 100, "{shown}");
        }
    }
}

#[test]
fn twenty_classes_go_through_experiment_tables_report_model_and_evaluation() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 8);
    manifest(dir.path(), 20);
    let experiment = [
        "reproduce",
        "table1",
        "--corpus",
        "m.csv",
        "--classes",
        "all",
        "--recipes",
        "paper-cnn",
        "--folds",
        "1",
        "--max-epochs",
        "1",
        "--out",
        "r",
    ];
    let output = run(dir.path(), &experiment);
    assert!(output.status.success(), "{}", stderr(&output));
    // The paper's numbers are of its own classes.
    assert!(!stdout(&output).contains("paper F"), "{}", stdout(&output));
    let read = |name: &str| fs::read_to_string(dir.path().join("r").join(name)).unwrap();
    let tables = read("tables.md");
    for class in ["feeling 00", "feeling 19"] {
        assert!(tables.contains(&format!("| {class} |")), "{tables}");
        assert!(read("tables.tex").contains(class) && read("report.html").contains(class));
    }
    for name in ["tables.md", "tables.tex", "report.html"] {
        assert!(!read(name).contains("iCub"), "{name}");
        assert!(read(name).contains("always answering"), "{name}");
    }
    twenty_rows_fit_a_pipe(dir.path());
    let header = read("results.csv");
    let header = header.lines().next().unwrap();
    assert_eq!(header.matches("recall_feeling").count(), 20, "{header}");
    assert!(read("experiment.toml").contains("set = \"all\""));

    // A name that matches nothing is told the nearest.
    let wrong = [&experiment[..5], &["feeling 1", "--out", "x"]].concat();
    let output = run(dir.path(), &wrong);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(
        said.contains("\"feeling 1\"") && said.contains("did you mean"),
        "{said}"
    );

    let train = [
        "train",
        "--corpus",
        "m.csv",
        "--classes",
        "feeling 03,feeling 01,feeling 02",
        "--network",
        "cnn",
        "--max-epochs",
        "1",
        "--leave-out",
        "5F",
        "--out",
        "model",
    ];
    let output = run(dir.path(), &train);
    assert!(output.status.success(), "{}", stderr(&output));
    let test = [
        "evaluate",
        "--model",
        "model",
        "--corpus",
        "m.csv",
        "--speakers",
        "5F",
    ];
    let output = run(dir.path(), &test);
    assert!(output.status.success(), "{}", stderr(&output));
    // Who has none of its classes is said.
    let said = stdout(&output) + &stderr(&output);
    assert!(
        said.contains("have none of the classes feeling 03, feeling 01, feeling 02"),
        "{said}"
    );
    // Its own classes in its own order, whatever else the corpus has.
    let text = stdout(&output);
    let text = text.split("note").next().unwrap().to_owned();
    let at = |name: &str| {
        text.find(name)
            .unwrap_or_else(|| panic!("{name} is not in {text}"))
    };
    assert!(at("feeling 03") < at("feeling 01") && at("feeling 01") < at("feeling 02"));
    assert!(!text.contains("feeling 04"), "{text}");
}

#[test]
fn other_features_and_engines_are_trained_tested_and_asked_and_a_model_keeps_to_its_own() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    for (out, flags) in [
        ("mel", &["--features", "logmel", "--network", "crnn"][..]),
        ("accurate", &["--mode", "accurate", "--network", "cnn"][..]),
        (
            "stock",
            &["--features", "egemaps-v01a", "--network", "paper-cnn"][..],
        ),
    ] {
        let train = [
            "train",
            "--corpus",
            "corpus",
            "--leave-out",
            "5M",
            "--max-epochs",
            "1",
        ];
        let output = run(dir.path(), &[&train[..], flags, &["--out", out]].concat());
        assert!(output.status.success(), "{out}: {}", stderr(&output));
        let test = [
            "evaluate",
            "--model",
            out,
            "--corpus",
            "corpus",
            "--speakers",
            "5M",
        ];
        let output = run(dir.path(), &test);
        assert!(output.status.success(), "{out}: {}", stderr(&output));
        let ask = ["predict", "--model", out, "corpus/Session5"];
        let output = run(dir.path(), &ask);
        assert!(output.status.success(), "{out}: {}", stderr(&output));
        assert!(stdout(&output).starts_with("file,emotion,angry,happy,neutral,sad\n"));
    }
    let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
    assert!(read("mel/model.json").contains("\"name\": \"logmel\""));
    assert!(read("accurate/model.json").contains("\"mode\": \"accurate\""));
    // Its weights are for other columns.
    fs::write(
        dir.path().join("mel/model.json"),
        read("mel/model.json").replace("\"name\": \"logmel\"", "\"name\": \"lld32\""),
    )
    .unwrap();
    let output = run(
        dir.path(),
        &["predict", "--model", "mel", "corpus/Session5"],
    );
    assert!(!output.status.success());
    assert_said(&output, "mel/model.json");
    // Nor are weights those of another model.
    fs::copy(
        dir.path().join("stock/model.json"),
        dir.path().join("stock/model.json.before"),
    )
    .unwrap();
    let changed = read("stock/model.json").replace("\"mean\": [", "\"mean\": [ ");
    fs::write(dir.path().join("stock/model.json"), changed).unwrap();
    let output = run(
        dir.path(),
        &["predict", "--model", "stock", "corpus/Session5"],
    );
    assert_said(&output, "was not written with the model.json beside it");
    for (flags, words) in [
        (
            &["--features", "logmel", "--mode", "accurate"][..],
            "--mode has no effect",
        ),
        (&["--features", "logmell"][..], "did you mean `logmel`?"),
        (
            &["--network", "lstm"][..],
            "there are paper-rnn, paper-cnn, robust, crnn, svm, logistic, svr, ridge, rnn, cnn",
        ),
        (&["--network", "CRNN"][..], "did you mean \"crnn\"?"),
        (
            &["--network", "none.toml"][..],
            "cannot read the recipe none.toml",
        ),
    ] {
        let train = ["train", "--corpus", "corpus", "--out", "x"];
        let output = run(dir.path(), &[&train[..], flags].concat());
        assert_eq!(output.status.code(), Some(2), "{flags:?}");
        assert!(
            stderr(&output).contains(words),
            "{flags:?}: {}",
            stderr(&output)
        );
    }
}

#[test]
fn a_sweep_over_recipes_is_one_run_and_one_table_with_their_keys() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    let mut text =
        "name = \"sweep\"\ntrainings = [\"clean\"]\ntasks = [\"categorical\"]\nfolds = \"1\"\n\
        [corpus]\npath = \"corpus\"\n[robot]\nkind = \"simulated\"\nsnr_db = 3.0\n"
            .to_owned();
    for (name, rate, filters) in [("a", "1e-3", 4), ("b", "1e-4", 4), ("c", "1e-3", 8)] {
        writeln!(
            text,
            "[[recipes]]\nname = \"{name}\"\nmax_epochs = 1\nlearning_rate = {rate}\n\
             architecture = {{ kind = \"cnn\", layers = 1, filters = {filters}, kernel = 3 }}"
        )
        .unwrap();
    }
    // The one of the README.
    text += "[[recipes]]\nname = \"mel-crnn\"\nmax_epochs = 1\nlearning_rate = 1e-3\n\
        features = { name = \"logmel\", bands = 40, low_hz = 50.0, pcen = {} }\n\
        architecture = { kind = \"crnn\", filters = 32, hidden = 64 }\n";
    fs::write(dir.path().join("sweep.toml"), &text).unwrap();
    let output = run(dir.path(), &["run", "sweep.toml", "--out", "r"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let table = fs::read_to_string(dir.path().join("r/results.csv")).unwrap();
    let mut lines = table.lines().map(|l| l.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let place = |name: &str| header.iter().position(|n| *n == name).unwrap();
    let rows: Vec<Vec<&str>> = lines.collect();
    assert_eq!(rows.len(), 4 * 2);
    for (recipe, key, value) in [
        ("a", "recipe.learning_rate", "0.001"),
        ("b", "recipe.learning_rate", "0.0001"),
        ("c", "recipe.architecture.filters", "8"),
        ("c", "recipe.features.name", "lld32"),
        ("c", "recipe.features.bands", ""),
        ("mel-crnn", "recipe.features.bands", "40"),
        ("mel-crnn", "recipe.architecture.kind", "crnn"),
    ] {
        let row = rows.iter().find(|r| r[place("recipe")] == recipe).unwrap();
        assert_eq!(row[place(key)], value, "{recipe} {key}");
    }
    // A file of recipes is a list of them, and an engine of several is none of them.
    let list: String = text[text.find("[[recipes]]").unwrap()..].to_owned();
    fs::write(dir.path().join("list.toml"), &list).unwrap();
    let flags = [
        "--recipes",
        "list.toml",
        "--folds",
        "1",
        "--tasks",
        "categorical",
    ];
    let table1 = ["reproduce", "table1", "--corpus", "corpus", "--out", "r2"];
    let output = run(dir.path(), &[&table1[..], &flags[..]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("mel-crnn"));
    // An experiment that is only recipes runs on a corpus that is named beside it.
    let beside = ["run", "list.toml", "--corpus", "corpus", "--recipes"];
    let rest = ["--folds", "1", "--tasks", "categorical", "--out", "r3"];
    let output = run(dir.path(), &[&beside[..], &["a"], &rest[..]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let output = run(dir.path(), &[&beside[..], &["cnn"], &rest[..]].concat());
    assert_said(&output, "cnn is the engine of several recipes");
    fs::write(
        dir.path().join("fake.toml"),
        "name = \"paper-rnn\"\narchitecture = { kind = \"rnn\", hidden = 4 }\n",
    )
    .unwrap();
    let output = run(
        dir.path(),
        &[
            "train",
            "--corpus",
            "corpus",
            "--network",
            "fake.toml",
            "--out",
            "x",
        ],
    );
    assert_said(&output, "is what another recipe is called");
    // A unit of another run is none of this one.
    let unit = "units/categorical-a-clean-fold_1F-seed_1";
    let (ours, theirs) = (
        dir.path().join("r2").join(unit),
        dir.path().join("r3").join(unit),
    );
    let foreign = fs::read_to_string(theirs.join("unit.json")).unwrap();
    fs::write(
        ours.join("unit.json"),
        foreign.replace("\"filters\": 4", "\"filters\": 5"),
    )
    .unwrap();
    let output = run(dir.path(), &["report", "r2"]);
    assert_said(&output, "is a unit of another experiment");
    // Two recipes of one name.
    fs::write(
        dir.path().join("sweep.toml"),
        text.replace("\"b\"", "\"a\""),
    )
    .unwrap();
    let output = run(dir.path(), &["run", "sweep.toml", "--out", "s"]);
    assert_eq!(output.status.code(), Some(2));
    assert_said(&output, "two recipes are called a");
}

#[test]
fn a_table_of_features_is_a_source_of_an_experiment_and_no_model_of_it_hears_audio() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    let mut text = "id,loud,high,third\n".to_owned();
    let all = utterances(dir.path());
    for (i, [id, ..]) in all.iter().enumerate() {
        // Two frames each.
        for k in 0..2 {
            writeln!(text, "{id},{},{},0.5", i % 4 + k, i % 3).unwrap();
        }
    }
    fs::write(dir.path().join("t.csv"), &text).unwrap();
    let experiment = [
        "reproduce",
        "table1",
        "--corpus",
        "corpus",
        "--tasks",
        "categorical",
        "--networks",
        "cnn",
        "--folds",
        "1",
        "--max-epochs",
        "1",
        "--features-table",
        "t.csv",
        "--out",
    ];
    let output = run(dir.path(), &[&experiment[..], &["r"]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("only clean training is run"));
    let results = fs::read_to_string(dir.path().join("r/results.csv")).unwrap();
    assert_eq!(results.lines().count(), 2, "{results}");
    assert!(results.contains(",table t.csv,"), "{results}");
    let model = dir
        .path()
        .join("r/units/categorical-paper-cnn-table-clean-fold_1F-seed_1");
    let model = model.to_str().unwrap();
    let output = run(
        dir.path(),
        &["predict", "--model", model, "corpus/Session1"],
    );
    assert_eq!(output.status.code(), Some(2));
    assert_said(&output, "t.csv");
    // As the robot hears it, from a table too, which is another.
    let robot = ["r2", "--robot-features-table", "t.csv"];
    let output = run(dir.path(), &[&experiment[..], &robot].concat());
    assert_said(&output, "have the same features");
    let foreign = text.replace("0.5", "0.25") + "nobody,1,2,3\n";
    fs::write(dir.path().join("robot.csv"), foreign).unwrap();
    let robot = ["r2", "--robot-features-table", "robot.csv"];
    let output = run(dir.path(), &[&experiment[..], &robot].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let results = fs::read_to_string(dir.path().join("r2/results.csv")).unwrap();
    assert_eq!(results.lines().count(), 3, "{results}");
    assert!(
        stderr(&output).contains("ids are no utterance of the corpus (1, the first is nobody)"),
        "{}",
        stderr(&output)
    );
    let table2 = ["reproduce", "table2", "--corpus", "corpus"];
    let output = run(
        dir.path(),
        &[&table2[..], &["--features-table", "t.csv", "--out", "x"]].concat(),
    );
    assert_said(&output, "no waveforms to augment");
    // The run does not go on with another table, and one that lacks somebody is none.
    fs::write(dir.path().join("t.csv"), text.replace("0.5", "0.6")).unwrap();
    let output = run(dir.path(), &["run", "r/experiment.toml", "--out", "r"]);
    assert_said(&output, "the table of features");
    let short: Vec<&str> = text.lines().take(9).collect();
    fs::write(dir.path().join("t.csv"), short.join("\n")).unwrap();
    let output = run(dir.path(), &[&experiment[..], &["r3"]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert_said(&output, "lacks 37 utterances");
}

#[test]
fn predict_answers_at_once_and_says_which_model_does() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    let output = run(dir.path(), &["predict", "corpus/Session1"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output).lines().count(), 1 + 10);
    let said = stderr(&output);
    assert!(said.contains("starter") && said.contains("EmoDB"), "{said}");
    let output = run(dir.path(), &["predict", "--card"]);
    assert!(stdout(&output).contains("macro F") && stdout(&output).contains("CC0"));
}
