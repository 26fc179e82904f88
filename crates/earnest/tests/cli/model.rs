//! `earnest train`, `evaluate` and `predict`.

use crate::{run, stderr, stdout, synthesize};
use earnest_model::{TensorView, Values};

#[test]
fn a_model_is_trained_measured_and_used() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 8);
    let output = run(
        dir.path(),
        &[
            "train",
            "--corpus",
            "corpus",
            "--network",
            "cnn",
            "--augment",
            "--max-epochs",
            "3",
            "--leave-out",
            "5M",
            "--out",
            "model",
        ],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stdout(&output).contains("64 utterances of 8 speakers for 3 epochs"),
        "{}",
        stdout(&output)
    );
    let evaluated = ["clean", "robot"].map(|condition| {
        let output = run(
            dir.path(),
            &[
                "evaluate",
                "--model",
                "model",
                "--corpus",
                "corpus",
                "--speakers",
                "5M",
                "--condition",
                condition,
                "--json",
            ],
        );
        assert!(output.status.success(), "{}", stderr(&output));
        let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(value["utterances"], 8);
        assert_eq!(value["condition"], condition);
        value["metrics"]["accuracy"].as_f64().unwrap()
    });
    // Clean accuracy is what `predict` answers of the same files, held to their labels.
    let inspected = run(dir.path(), &["corpus", "inspect", "corpus", "--json"]);
    let inspected: serde_json::Value = serde_json::from_slice(&inspected.stdout).unwrap();
    let of_5m: Vec<(String, &str)> = inspected["utterances"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|u| u["speaker"] == "5M" && !u["emotion"].is_null())
        .map(|u| {
            let path = format!("corpus/{}", u["path"].as_str().unwrap());
            (path, u["emotion"].as_str().unwrap())
        })
        .collect();
    assert_eq!(of_5m.len(), 8);
    let mut arguments = vec!["predict", "--model", "model"];
    arguments.extend(of_5m.iter().map(|(path, _)| path.as_str()));
    let answers = stdout(&run(dir.path(), &arguments));
    let right = of_5m
        .iter()
        .filter(|(path, emotion)| answers.contains(&format!("{path},{emotion},")))
        .count();
    let named = of_5m
        .iter()
        .filter(|(path, _)| answers.contains(&format!("{path},")))
        .count();
    assert_eq!(named, 8, "{answers}");
    assert_eq!(evaluated[0], right as f64 / 8.0, "{answers}");
    // Of all speakers the model knows nine.
    let known = run(
        dir.path(),
        &["evaluate", "--model", "model", "--corpus", "corpus"],
    );
    assert_eq!(known.status.code(), Some(2));
    assert!(
        stderr(&known).contains("of 9 speakers (1F, 1M, 2F, 2M, 3F, …)"),
        "{}",
        stderr(&known)
    );
    // Prediction takes whatever is there, and says what it could not take.
    let wavs = dir
        .path()
        .join("corpus/Session5/sentences/wav/Ses05F_impro01");
    std::fs::write(dir.path().join("broken.wav"), b"RIFF????").unwrap();
    let folder = wavs.to_str().unwrap();
    let output = run(
        dir.path(),
        &["predict", "--model", "model", folder, "broken.wav"],
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("broken.wav"));
    let text = stdout(&output);
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(
        rows.headers().unwrap().iter().collect::<Vec<_>>(),
        ["file", "emotion", "angry", "happy", "neutral", "sad"]
    );
    let rows: Vec<_> = rows.records().map(|r| r.unwrap()).collect();
    assert!(!rows.is_empty());
    assert_eq!(rows.len(), std::fs::read_dir(&wavs).unwrap().count());
    for row in rows {
        let sum: f64 = (2..6).map(|i| row[i].parse::<f64>().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-3);
    }
    // Without the broken file the work succeeds, and one thread gives the same answers.
    let all = run(
        dir.path(),
        &["predict", "--model", "model", "--threads", "1", folder],
    );
    assert!(all.status.success());
    assert_eq!(stdout(&all), text);
    // What it printed is a manifest of the same files; so is its JSON.
    std::fs::write(dir.path().join("answers.csv"), &text).unwrap();
    let again = run(dir.path(), &["predict", "--model", "model", "answers.csv"]);
    assert!(again.status.success(), "{}", stderr(&again));
    assert_eq!(stdout(&again), text);
    let json = run(
        dir.path(),
        &["predict", "--model", "model", folder, "--json"],
    );
    std::fs::write(dir.path().join("answers.jsonl"), stdout(&json)).unwrap();
    let again = run(
        dir.path(),
        &["predict", "--model", "model", "answers.jsonl"],
    );
    assert_eq!(stdout(&again), text);
}

#[test]
fn a_speaker_that_is_not_there_is_refused_with_those_who_are() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    let output = run(
        dir.path(),
        &[
            "train",
            "--corpus",
            "corpus",
            "--validation-speakers",
            "9X",
            "--out",
            "model",
        ],
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("1F, 1M"), "{}", stderr(&output));
    assert!(!dir.path().join("model").exists());
}

#[test]
fn what_cannot_be_done_with_validation_and_copies_is_said_at_once() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    for (flags, said) in [
        (["--validation", "partner"], "--validation-speakers"),
        (["--validation", "speakers:12"], "nobody to train on"),
        (["--validation", "halves"], "fraction:F"),
        (["--copies", "0"], "--copies"),
        (["--normalise", "none"], "adaptive"),
    ] {
        let mut arguments = vec!["train", "--corpus", "corpus", "--out", "model"];
        arguments.extend(flags);
        let output = run(dir.path(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{flags:?}");
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
        assert!(!dir.path().join("model").exists());
    }
}

#[test]
fn a_model_that_adapts_is_trained_on_frozen_copies_and_validated_on_a_fraction() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 8);
    let train = [
        "train",
        "--corpus",
        "corpus",
        "--network",
        "cnn",
        "--augment",
        "--copies",
        "2",
        "--normalise",
        "adaptive",
        "--validation",
        "fraction:0.25",
        "--max-epochs",
        "3",
        "--leave-out",
        "5M",
        "--out",
        "model",
    ];
    let output = run(dir.path(), &train);
    assert!(output.status.success(), "{}", stderr(&output));
    let said = stdout(&output);
    assert!(
        said.contains("52 utterances of 9 speakers for 3 epochs") && said.contains("25 % of"),
        "{said}"
    );
    assert!(!dir.path().join("model/copies").exists());
    let description = std::fs::read_to_string(dir.path().join("model/model.json")).unwrap();
    assert!(description.contains("\"normalise\": \"adaptive\""));
    let evaluate = [
        "evaluate",
        "--model",
        "model",
        "--corpus",
        "corpus",
        "--speakers",
        "5M",
        "--json",
    ];
    let output = run(dir.path(), &evaluate);
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn a_folder_without_a_model_or_a_run_is_named_with_where_to_look() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    crate::small_experiment(dir.path());
    let go = ["run", "small.toml", "--folds", "1F", "--out", "r"];
    assert!(run(dir.path(), &go).status.success());
    let said = |arguments: &[&str]| {
        let output = run(dir.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        stderr(&output)
    };
    let text = said(&["predict", "--model", "corpus", "x.wav"]);
    assert!(text.contains("it holds no model"), "{text}");
    let text = said(&["predict", "--model", "r", "x.wav"]);
    let unit = "r/units/categorical-rnn-augmented-fold_1F-seed_1";
    assert!(
        text.contains("it is a run, whose 2 models") && text.contains(unit),
        "{text}"
    );
    let text = said(&["evaluate", "--model", "r", "--corpus", "corpus"]);
    assert!(text.contains(unit), "{text}");
    let text = said(&["report", "corpus"]);
    assert!(text.contains("it holds no run"), "{text}");
    let text = said(&["report", "r", unit]);
    assert!(text.contains("it is a model's"), "{text}");
}

#[test]
fn a_model_whose_answers_are_no_numbers_is_refused_where_it_is_used() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    let train = ["train", "--corpus", "corpus", "--max-epochs", "1"];
    let arguments = [&train[..], &["--leave-out", "5M", "--out", "model"]].concat();
    let output = run(dir.path(), &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    // Every weight is finite, and so large that nothing that comes of them is.
    let path = dir.path().join("model/model.safetensors");
    let mut loaded = earnest_model::load_tensors(&path, "model", u64::MAX).unwrap();
    for tensor in loaded.tensors.values_mut() {
        tensor.values.fill(3e38);
    }
    let all = loaded.tensors.iter();
    let each = all.map(|(name, t)| TensorView::new(name, t.shape.clone(), Values::F32(&t.values)));
    earnest_model::save_tensors(&path, each, None).unwrap();
    // Models of that format had no seal, which would not have let it pass.
    let description = dir.path().join("model/model.json");
    let text = std::fs::read_to_string(&description).unwrap();
    std::fs::write(&description, text.replace("\"format\": 5", "\"format\": 3")).unwrap();
    let test = ["evaluate", "--model", "model", "--corpus", "corpus"];
    for arguments in [
        &["predict", "--model", "model", "corpus"][..],
        &["predict", "--model", "model", "--json", "corpus"][..],
        &[&test[..], &["--speakers", "5M"]].concat()[..],
    ] {
        let output = run(dir.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let said = stderr(&output);
        assert!(
            said.contains("model answers ") && said.contains("no number"),
            "{said}"
        );
        assert!(!stdout(&output).contains("angry,NaN"), "{arguments:?}");
    }
}
