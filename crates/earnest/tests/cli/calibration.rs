//! Temperatures, thresholds, and what reports say of probabilities and groups.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::{assert_said, run, small_experiment, stderr, stdout, synthesize};

/// A recipe with these keys, as a file.
fn recipe(folder: &Path, name: &str, keys: &str) {
    let toml = format!(
        "name = \"{name}\"\nmax_epochs = 4\nleast_steps = 1\nlearning_rate = 2e-3\n{keys}\narchitecture = {{ kind = \"rnn\", layers = 1, hidden = 8 }}\n"
    );
    fs::write(folder.join(format!("{name}.toml")), toml).unwrap();
}

/// Trains a recipe's model, without one speaker.
fn train(folder: &Path, name: &str, threads: &str, out: &str) {
    let file = format!("{name}.toml");
    let all = [
        "train",
        "--corpus",
        "corpus",
        "--network",
        &file,
        "--leave-out",
        "5M",
        "--threads",
        threads,
        "--out",
        out,
    ];
    let output = run(folder, &all);
    assert!(output.status.success(), "{}", stderr(&output));
}

fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Rows of `predict`, without the file.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let records = reader.records().map(Result::unwrap);
    records
        .map(|r| r.iter().skip(1).map(String::from).collect())
        .collect()
}

#[test]
fn a_temperature_and_a_threshold_are_kept_and_heeded_and_change_no_class() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    synthesize(folder, 8);
    recipe(folder, "plain", "");
    recipe(
        folder,
        "sure",
        "calibrate = \"temperature\"\ncoverage = 0.5",
    );
    train(folder, "plain", "1", "plain");
    train(folder, "sure", "1", "one");
    train(folder, "sure", "2", "two");
    // The same bits on one thread and on two, and no other weights than without.
    for file in ["model.json", "model.safetensors"] {
        let [one, two] = ["one", "two"].map(|m| fs::read(folder.join(m).join(file)).unwrap());
        assert!(one == two, "{file}");
    }
    let plain = json_of(&folder.join("plain/model.json"));
    assert!(plain.get("calibration").is_none() && plain["recipe"].get("coverage").is_none());
    let sure = json_of(&folder.join("one/model.json"));
    let calibration = &sure["calibration"];
    let number = |key: &str| calibration[key].as_f64().unwrap();
    assert!(number("log_loss") <= number("log_loss_before"));
    let below = number("uncertain_below");
    assert!(below > 0.25 && below < 1.0, "{below}");

    let wavs = "corpus/Session5/sentences/wav";
    let predict = |model: &str, more: &[&str]| {
        let mut all = vec!["predict", "--model", model, wavs];
        all.extend(more);
        let output = run(folder, &all);
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    let (plain, sure) = (predict("plain", &[]), predict("one", &[]));
    assert!(plain.starts_with("file,emotion,angry,"), "{plain}");
    assert!(sure.starts_with("file,emotion,certainty,angry,"), "{sure}");
    let (plain, of_sure) = (rows(&plain), rows(&sure));
    for (without, with) in plain.iter().zip(&of_sure) {
        assert_eq!(without[0], with[0], "the class is the same");
        let most = with[2..].iter().map(|p| p.parse::<f64>().unwrap());
        let most = most.fold(0.0, f64::max);
        let expected = if most < below { "uncertain" } else { "certain" };
        // Four decimals may hide on which side it is.
        assert!(
            with[1] == expected || (most - below).abs() < 1e-4,
            "{with:?} {below}"
        );
    }
    let uncertain = |text: &str| {
        rows(text)
            .iter()
            .filter(|row| row[1] == "uncertain")
            .count()
    };
    assert!(uncertain(&sure) < of_sure.len());
    // What the command says counts instead.
    let all = predict("plain", &["--uncertain-below", "1"]);
    assert_eq!(uncertain(&all), plain.len());
    assert_eq!(uncertain(&predict("one", &["--uncertain-below", "0"])), 0);
    let line = predict("one", &["--json", "--uncertain-below", "1"]);
    let first: Value = serde_json::from_str(line.lines().next().unwrap()).unwrap();
    assert_eq!(first["certainty"], "uncertain");
    assert_eq!(first["emotion"], of_sure[0][0].as_str());
    let output = run(folder, &["predict", "--uncertain-below", "1.2", wavs]);
    assert_said(&output, "it is a probability, 0 to 1");

    // A changed temperature is no model's.
    let path = folder.join("one/model.json");
    let changed = fs::read_to_string(&path).unwrap();
    let line = changed
        .lines()
        .find(|l| l.contains("\"temperature\": "))
        .unwrap();
    fs::write(&path, changed.replace(line, "    \"temperature\": 1.5,")).unwrap();
    let output = run(folder, &["predict", "--model", "one", wavs]);
    assert_eq!(output.status.code(), Some(1));
    assert_said(&output, "it was not written with the model.json beside it");
}

#[test]
fn a_test_says_how_far_probabilities_can_be_trusted_and_for_whom_it_works() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    synthesize(folder, 8);
    recipe(
        folder,
        "sure",
        "calibrate = \"temperature\"\ncoverage = 0.5",
    );
    train(folder, "sure", "2", "model");
    let evaluate = |more: &[&str]| {
        let mut all = vec!["evaluate", "--model", "model", "--corpus", "corpus"];
        all.extend(more);
        let output = run(folder, &all);
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    let json: Value = serde_json::from_str(&evaluate(&["--allow-shared", "--json"])).unwrap();
    let calibration = &json["calibration"];
    let ece = calibration["ece"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&ece));
    assert!(calibration["ece_interval"]["low"].as_f64().unwrap() <= 1.0);
    assert!(calibration["log_loss"].as_f64().unwrap() > 0.0);
    assert!(calibration["uncertain"].as_u64().unwrap() < 80);
    assert!(calibration["temperature"].as_f64().is_some());
    let groups = &json["groups"];
    for sex in ["female", "male"] {
        assert_eq!(groups["sex"][sex]["speakers"], 5);
        assert_eq!(groups["sex"][sex]["utterances"], 40);
        assert!(groups["sex"][sex]["recalls"]["angry"].is_number());
    }
    let uar = |sex: &str| groups["sex"][sex]["uar"].as_f64().unwrap();
    let gap = groups["sex_gap"]["difference"].as_f64().unwrap();
    assert!((gap - (uar("female") - uar("male"))).abs() < 1e-12);
    assert!(groups["sex_gap"]["interval"]["high"].as_f64().unwrap() >= gap);
    let speakers = groups["speakers"].as_array().unwrap();
    assert_eq!(speakers.len(), 10);
    // Each has eight utterances, and fewer than ten are marked.
    assert!(speakers.iter().all(|s| s["few"] == true));
    let least = speakers.iter().map(|s| s["uar"].as_f64().unwrap());
    let least = least.fold(1.0, f64::min);
    let worst = groups["worst_speaker"].as_str().unwrap();
    let of_worst = speakers.iter().find(|s| s["speaker"] == worst).unwrap();
    assert_eq!(of_worst["uar"].as_f64().unwrap(), least);
    // It is no speech, and in no language.
    assert_eq!(groups["language"], serde_json::json!({}));
    let text = evaluate(&["--allow-shared"]);
    for words in [
        "How far probabilities can be trusted",
        "ECE",
        "sex female",
        "worst speaker, ",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    let one = evaluate(&["--speakers", "5M"]);
    assert!(
        one.contains("speaker, 5M *") && one.contains("of the others"),
        "{one}"
    );
}

#[test]
fn a_run_reports_calibration_and_groups_in_every_form() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    synthesize(folder, 8);
    small_experiment(folder);
    let path = folder.join("small.toml");
    let toml = fs::read_to_string(&path).unwrap();
    let keys = "[[recipes]]\ncalibrate = \"temperature\"\ncoverage = 0.8\n";
    let toml = toml
        .replace("[[recipes]]\n", keys)
        .replace("max_epochs = 6", "max_epochs = 2");
    fs::write(&path, toml).unwrap();
    let output = run(folder, &["run", "small.toml", "--out", "run"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    for words in [
        "How far probabilities can be trusted",
        "Recall by sex and language",
        "sex male",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    let read = |name: &str| fs::read_to_string(folder.join("run").join(name)).unwrap();
    for name in ["tables.md", "tables.tex", "report.html"] {
        let text = read(name);
        for words in [
            "How far probabilities can be trusted",
            "ECE",
            "sex female",
            "worst speaker",
        ] {
            assert!(text.contains(words), "{words} is not in {name}");
        }
    }
    let page = read("report.html");
    for figure in ["reliability-rnn.svg", "coverage-rnn.svg"] {
        assert!(page.contains(figure), "{figure}");
    }
    let results = read("results.csv");
    let mut reader = csv::Reader::from_reader(results.as_bytes());
    let header = reader.headers().unwrap().clone();
    let at = |name: &str| header.iter().position(|h| h == name).unwrap();
    for row in reader.records().map(Result::unwrap) {
        let ece: f64 = row[at("ECE")].parse().unwrap();
        assert!((0.0..=1.0).contains(&ece));
        assert!(row[at("log_loss")].parse::<f64>().unwrap() > 0.0);
        assert_eq!(&row[at("recipe.calibrate")], "temperature");
    }
    let unit = fs::read_dir(folder.join("run/units")).unwrap().next();
    let card = fs::read_to_string(unit.unwrap().unwrap().path().join("README.md")).unwrap();
    for words in [
        "They are calibrated",
        "says uncertain",
        "## For whom it works",
        "sex ",
    ] {
        assert!(card.contains(words), "{words} is not in {card}");
    }

    let units = fs::read_dir(folder.join("run/units")).unwrap();
    let unit = units.map(|u| u.unwrap().path()).min().unwrap();
    let model = unit.to_str().unwrap();
    let printed = run(folder, &["predict", "--model", model, "--card"]);
    let card = fs::read_to_string(unit.join("README.md")).unwrap();
    assert_eq!(stdout(&printed).trim_end(), card.trim_end());

    // A run of before says what it does not know, and fails at nothing.
    let about = folder.join("run/about.json");
    let mut json = json_of(&about);
    assert!(json.as_object_mut().unwrap().remove("traits").is_some());
    fs::write(&about, json.to_string()).unwrap();
    let output = run(folder, &["report", "run"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(read("tables.md").contains("or the run was made before"));
}

#[test]
fn what_has_no_effect_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    synthesize(folder, 4);
    recipe(folder, "sure", "coverage = 0.9");
    let train = ["train", "--corpus", "corpus", "--out", "m", "--network"];
    let output = run(
        folder,
        &[&train[..], &["sure.toml", "--task", "dimensional"]].concat(),
    );
    assert_eq!(output.status.code(), Some(2));
    assert_said(
        &output,
        "coverage, which has no effect on the dimensional task",
    );
    let svm = "calibrate = \"temperature\"\narchitecture = { kind = \"svm\" }\n";
    fs::write(folder.join("svm.toml"), svm).unwrap();
    let output = run(folder, &[&train[..], &["svm.toml"]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert_said(&output, "calibrate has no effect on the svm");
    assert_said(&output, "nobody validates");
    let ridge = ["--network", "ridge", "--task", "dimensional"];
    let output = run(folder, &[&train[..5], &ridge[..]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let below = [
        "predict",
        "--model",
        "m",
        "--uncertain-below",
        "0.5",
        "corpus",
    ];
    let output = run(folder, &below);
    assert_eq!(output.status.code(), Some(2));
    assert_said(&output, "--uncertain-below has no effect");
}
