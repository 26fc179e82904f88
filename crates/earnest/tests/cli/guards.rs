//! Guards that fail closed: a test on what a model heard in training, recordings that cannot be
//! scored, sources that have changed, flags without effect.

use std::fs;
use std::path::Path;

use crate::{run, small_experiment, stderr, stdout, synthesize};

/// A noise that differs from others by its number.
pub fn noise(path: &Path, number: usize, gain: f32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let samples = (0..8000)
        .map(|k| gain * (((k * (number + 3)) % 97) as f32 / 97.0 - 0.5))
        .collect();
    let wave = earnest_signal::Waveform::at_16k(samples);
    earnest_audio::write_wav(path, &wave, earnest_audio::SampleFormat::Int16).unwrap();
}

/// Trains a small model on `corpus` without speaker 5M.
pub fn train(folder: &Path, out: &str, more: &[&str]) {
    let mut arguments = vec![
        "train",
        "--corpus",
        "corpus",
        "--network",
        "cnn",
        "--max-epochs",
        "1",
        "--leave-out",
        "5M",
        "--out",
        out,
    ];
    arguments.extend(more);
    let output = run(folder, &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
}

/// Evaluates `model` on a corpus; exit code, standard output, standard error.
pub fn evaluate(folder: &Path, corpus: &str, more: &[&str]) -> (Option<i32>, String, String) {
    let mut arguments = vec!["evaluate", "--model", "model", "--corpus", corpus];
    arguments.extend(more);
    let output = run(folder, &arguments);
    (output.status.code(), stdout(&output), stderr(&output))
}

#[test]
fn speakers_that_a_model_knows_are_refused_by_name_and_by_their_very_samples() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    train(dir.path(), "model", &[]);
    // All speakers: nine of ten are known.
    let (code, _, said) = evaluate(dir.path(), "corpus", &[]);
    assert_eq!(code, Some(2));
    assert!(
        said.contains("36 of 40 utterances, of 9 speakers") && said.contains("--leave-out-shared"),
        "{said}"
    );
    let (code, printed, said) = evaluate(dir.path(), "corpus", &["--leave-out-shared"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        printed.contains("4 utterances") && printed.contains("note: left out"),
        "{printed}"
    );
    let (code, printed, _) = evaluate(dir.path(), "corpus", &["--allow-shared", "--json"]);
    assert_eq!(code, Some(0));
    assert!(printed.contains("flatter it"), "{printed}");
    assert_eq!(
        evaluate(dir.path(), "corpus", &["--speakers", "5M"]).0,
        Some(0)
    );
    let seed = ["--speakers", "5M", "--seed", "3"];
    let (code, _, said) = evaluate(dir.path(), "corpus", &seed);
    assert_eq!(code, Some(2));
    assert!(said.contains("--seed has no effect"), "{said}");
    let (code, _, said) = evaluate(dir.path(), "corpus", &["--speakers", "5M,4F"]);
    assert_eq!(code, Some(2));
    assert!(
        said.contains("4 of 8 utterances, of 1 speakers (4F)"),
        "{said}"
    );

    // The same recordings under other names, in another layout: their samples tell.
    let mut manifest = String::from("path,speaker,emotion\n");
    let wavs = dir
        .path()
        .join("corpus/Session5/sentences/wav/Ses05F_impro01");
    fs::create_dir_all(dir.path().join("copy")).unwrap();
    let mut copied = 0;
    for entry in fs::read_dir(wavs).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let speaker = if name.contains("_F") { "anna" } else { "otto" };
        fs::copy(&path, dir.path().join(format!("copy/x{copied}.wav"))).unwrap();
        manifest.push_str(&format!("x{copied}.wav,{speaker},angry\n"));
        copied += 1;
    }
    assert!(copied > 4, "{copied}");
    fs::write(dir.path().join("copy/manifest.csv"), manifest).unwrap();
    let (code, _, said) = evaluate(dir.path(), "copy", &[]);
    assert_eq!(code, Some(2));
    assert!(said.contains("of 1 speakers (anna)"), "{said}");
}

#[test]
fn noises_that_a_model_was_trained_with_are_refused_in_the_robot_condition() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    for i in 0..4 {
        noise(&dir.path().join(format!("noise/n{i}.wav")), i, 1.0);
        noise(&dir.path().join(format!("other/m{i}.wav")), 20 + i, 1.0);
    }
    // Known under another name, too.
    noise(&dir.path().join("other/renamed.wav"), 2, 1.0);
    train(dir.path(), "model", &["--augment", "--noise", "noise"]);
    let robot = ["--speakers", "5M", "--condition", "robot"];
    let with = |more: &[&'static str]| [&robot[..], more].concat();
    let (code, _, said) = evaluate(dir.path(), "corpus", &with(&["--noise", "noise"]));
    assert_eq!(code, Some(2));
    assert!(said.contains("1 noises or rooms of the robot"), "{said}");
    let (code, _, said) = evaluate(
        dir.path(),
        "corpus",
        &with(&["--noise", "noise", "--leave-out-shared"]),
    );
    assert_eq!(code, Some(2));
    assert!(said.contains("give the robot others"), "{said}");
    let (code, _, said) = evaluate(dir.path(), "corpus", &with(&["--robot-noise", "other"]));
    assert_eq!(code, Some(2));
    assert!(said.contains("renamed.wav"), "{said}");
    let (code, printed, said) = evaluate(
        dir.path(),
        "corpus",
        &with(&["--robot-noise", "other", "--leave-out-shared"]),
    );
    assert_eq!(code, Some(0), "{said}");
    assert!(printed.contains("renamed.wav"), "{printed}");
}

/// Takes out of a file of weights what it says of its `model.json`, as the first formats had none.
fn unseal(weights: &Path) {
    let bytes = fs::read(weights).unwrap();
    let (length, rest) = bytes.split_first_chunk::<8>().unwrap();
    let (header, values) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let mut header: serde_json::Value = serde_json::from_slice(header).unwrap();
    assert!(
        header
            .as_object_mut()
            .unwrap()
            .remove("__metadata__")
            .is_some()
    );
    let header = header.to_string();
    let length = (header.len() as u64).to_le_bytes();
    fs::write(weights, [&length[..], header.as_bytes(), values].concat()).unwrap();
}

#[test]
fn a_model_that_does_not_say_what_it_heard_is_refused_unless_that_is_overruled() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    train(dir.path(), "model", &[]);
    let path = dir.path().join("model/model.json");
    let mut json: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert!(json.as_object_mut().unwrap().remove("heard").is_some());
    json["format"] = 2.into();
    fs::write(&path, json.to_string()).unwrap();
    unseal(&dir.path().join("model/model.safetensors"));
    let (code, _, said) = evaluate(dir.path(), "corpus", &["--speakers", "5M"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("does not say what it heard"), "{said}");
    let (code, printed, _) = evaluate(
        dir.path(),
        "corpus",
        &["--speakers", "5M", "--allow-shared"],
    );
    assert_eq!(code, Some(0));
    assert!(
        printed.contains("note: the model does not say"),
        "{printed}"
    );
}

#[test]
fn neither_a_paths_spelling_nor_a_memory_limit_changes_the_weights() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    for i in 0..3 {
        noise(&dir.path().join(format!("noise/n{i}.wav")), i, 1.0);
    }
    train(dir.path(), "a", &["--augment", "--noise", "noise"]);
    train(
        dir.path(),
        "b",
        &["--augment", "--noise", "./noise", "--sound-memory", "0"],
    );
    let weights = |name: &str| fs::read(dir.path().join(name).join("model.safetensors")).unwrap();
    assert!(weights("a") == weights("b"));
    // Other sounds do.
    noise(&dir.path().join("noise/n1.wav"), 1, 0.25);
    train(dir.path(), "c", &["--augment", "--noise", "noise"]);
    assert!(weights("a") != weights("c"));
}

#[test]
fn a_flag_without_effect_is_refused_with_what_it_needs() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    for i in 0..4 {
        noise(&dir.path().join(format!("noise/n{i}.wav")), i, 1.0);
    }
    fs::write(
        dir.path().join("chain.toml"),
        "[[steps]]\ntransform = \"loudness\"\nprobability = 1.0\ngain_db = [-6, 3]\n",
    )
    .unwrap();
    fs::create_dir(dir.path().join("recordings")).unwrap();
    let train = ["train", "--corpus", "corpus", "--out", "model"];
    let evaluate = ["evaluate", "--model", "nowhere", "--corpus", "corpus"];
    let table = ["reproduce", "table1", "--corpus", "corpus"];
    let simulate = ["scene", "simulate", "corpus", "scene"];
    let cases: [(&[&str], &[&str], &str); 22] = [
        (
            &train,
            &["--noise", "noise"],
            "--noise has no effect: it needs --augment",
        ),
        (
            &train,
            &["--noise", "noise", "--chain", "chain.toml"],
            "--noise, --chain have no effect",
        ),
        (&train, &["--copies", "2"], "--augment"),
        (
            &train,
            &["--augment", "--noise", "noise", "--chain", "chain.toml"],
            "no step of the chain",
        ),
        (
            &train,
            &["--augment", "--chain", "nowhere.toml"],
            "nowhere.toml",
        ),
        (
            &train,
            &["--leave-out", "5M", "--validation-speakers", "5M"],
            "5M is both",
        ),
        (
            &train,
            &["--map", "bordom=sad"],
            "has the label \"bordom\"; there are ang",
        ),
        (
            &evaluate,
            &["--recordings", "recordings"],
            "--condition robot",
        ),
        (&evaluate, &["--noise", "noise"], "--condition robot"),
        (
            &evaluate,
            &["--condition", "recordings:recordings", "--robot-snr", "3"],
            "--robot-snr has no effect",
        ),
        (&evaluate, &["--leave-out-unusable"], "a robot's recordings"),
        (
            &table,
            &["--folds", "99"],
            "99 folds were asked for, and there are 10",
        ),
        (&table, &["--leave-out-unusable"], "--recordings"),
        (&table, &["--partition", "cpu"], "--executor slurm"),
        (
            &train,
            &["--augment", "--noise-folds", "1"],
            "(--noise-folds) has no effect",
        ),
        (
            &train,
            &["--augment", "--sound-memory", "9"],
            "--sound-memory has no effect",
        ),
        (
            &evaluate,
            &["--condition", "robot", "--noise-folds", "1"],
            "(--noise-folds) has no effect",
        ),
        (
            &table,
            &["--noise-folds", "1"],
            "(--noise-folds) has no effect",
        ),
        (
            &table,
            &["--robot-noise-folds", "1"],
            "(--robot-noise-folds) has no effect",
        ),
        (
            &table,
            &["--sound-memory", "9"],
            "--sound-memory has no effect",
        ),
        (
            &table,
            &["--protocol", "speaker", "--shared-speakers"],
            "--shared-speakers has no effect",
        ),
        (
            &simulate,
            &[
                "--events",
                "noise",
                "--made",
                "air conditioner,babble,knocks,telephone",
            ],
            "--events has no effect",
        ),
    ];
    fs::create_dir(dir.path().join("nowhere")).unwrap();
    for (command, flags, said) in cases {
        let output = run(dir.path(), &[command, flags].concat());
        assert_eq!(
            output.status.code(),
            Some(2),
            "{flags:?}: {}",
            stderr(&output)
        );
        assert!(
            stderr(&output).contains(said),
            "{flags:?}: {}",
            stderr(&output)
        );
        assert_eq!(stdout(&output), "");
    }
    assert!(!dir.path().join("model").exists() && !dir.path().join("runs").exists());
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let place = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &place),
            false => fs::copy(&path, &place).map(|_| ()).unwrap(),
        }
    }
}

/// Makes recordings of the corpus's own audio in a folder: softer, as a robot hears it.
pub fn soften(folder: &Path) {
    for entry in walkdir::WalkDir::new(folder) {
        let path = entry.unwrap().path().to_owned();
        if path.extension().is_none_or(|x| x != "wav") {
            continue;
        }
        let wave = earnest_audio::read(&path).unwrap();
        let samples = wave.samples().iter().map(|x| 0.4 * x).collect();
        let wave = earnest_signal::Waveform::at_16k(samples);
        earnest_audio::write_wav(&path, &wave, earnest_audio::SampleFormat::Int16).unwrap();
    }
}

#[test]
fn recordings_that_cannot_be_scored_are_named_before_anything_is_trained() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    small_experiment(dir.path());
    // The fold 1F tests its four utterances; nobody of session 3 was recorded.
    let wav = dir.path().join("robot/Session1/sentences/wav");
    copy(&dir.path().join("corpus/Session1/sentences/wav"), &wav);
    soften(&wav);
    let file = |name: &str| wav.join(name);
    let write = |name: &str, samples: Vec<f32>| {
        let wave = earnest_signal::Waveform::at_16k(samples);
        let format = earnest_audio::SampleFormat::Int16;
        earnest_audio::write_wav(file(name), &wave, format).unwrap();
    };
    let read = |name: &str| earnest_audio::read(file(name)).unwrap().into_samples();
    // Dialogues have turns of both; the fifth turn of a speaker is of no class.
    let names = [
        "Ses01F_impro01/Ses01F_impro01_F000.wav",
        "Ses01M_impro01/Ses01M_impro01_F001.wav",
        "Ses01F_impro01/Ses01F_impro01_F002.wav",
    ];
    let silent = vec![0.0; read(names[0]).len()];
    write(names[0], silent);
    let clipped = read(names[1])
        .iter()
        .map(|x| (x * 150.0).clamp(-1.0, 1.0))
        .collect();
    write(names[1], clipped);
    let half = read(names[2]);
    write(names[2], half[..half.len() / 2].to_vec());
    let arguments = |more: &[&'static str]| {
        let run = [
            "run",
            "small.toml",
            "--recordings",
            "robot",
            "--folds",
            "1F",
            "--out",
            "runs/x",
        ];
        [&run[..], more].concat()
    };
    let output = run(dir.path(), &arguments(&[]));
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(
        said.contains("3 of 4 test utterances cannot be scored"),
        "{said}"
    );
    for reason in ["it is silent", "clipped through", "s long, the utterance"] {
        assert!(said.contains(reason), "{reason} is not in\n{said}");
    }
    assert!(!said.contains("training"), "{said}");
    assert!(!dir.path().join("runs").exists());
    let output = run(dir.path(), &arguments(&["--leave-out-unusable"]));
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stdout(&output).contains("3 test utterances are left out in every condition"),
        "{}",
        stdout(&output)
    );
    let results = fs::read_to_string(dir.path().join("runs/x/results.csv")).unwrap();
    let counts: Vec<&str> = results
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(7).unwrap())
        .collect();
    assert_eq!(counts, ["1"; 4], "{results}");
    // A fold without any recording.
    let missing = [
        "run",
        "small.toml",
        "--recordings",
        "robot",
        "--folds",
        "3M",
        "--out",
        "runs/y",
    ];
    let output = run(dir.path(), &missing);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("4 of 4 test utterances"),
        "{}",
        stderr(&output)
    );
    assert!(
        stderr(&output).contains("it is missing"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_scene_of_another_corpus_is_refused_though_all_names_are_the_same() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    small_experiment(dir.path());
    let lab = crate::leaks::quick_lab(dir.path());
    let simulate = ["scene", "simulate", "corpus", "scene", "--robot", lab];
    let output = run(dir.path(), &simulate);
    assert!(output.status.success(), "{}", stderr(&output));
    let test = [
        "run",
        "small.toml",
        "--recordings",
        "scene",
        "--folds",
        "1F",
        "--out",
        "runs/x",
    ];
    // The corpus's audio changes; every name, label and size stays.
    let path = dir
        .path()
        .join("corpus/Session4/sentences/wav/Ses04F_impro01/Ses04F_impro01_F000.wav");
    let wave = earnest_audio::read(&path).unwrap();
    let size = fs::metadata(&path).unwrap().len();
    let softer = wave.samples().iter().map(|x| x * 0.5).collect();
    let softer = earnest_signal::Waveform::at_16k(softer);
    earnest_audio::write_wav(&path, &softer, earnest_audio::SampleFormat::Int16).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), size);
    let output = run(dir.path(), &test);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("was made from another corpus"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_run_does_not_go_on_with_other_sources() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    small_experiment(dir.path());
    for i in 0..8 {
        noise(&dir.path().join(format!("noise/n{i}.wav")), i, 1.0);
    }
    let first = [
        "run",
        "small.toml",
        "--noise",
        "noise",
        "--folds",
        "1F",
        "--out",
        "runs/x",
    ];
    let output = run(dir.path(), &first);
    assert!(output.status.success(), "{}", stderr(&output));
    let written = fs::read_to_string(dir.path().join("runs/x/experiment.toml")).unwrap();
    for key in [
        "[fingerprints]",
        "folds = ",
        "chain = ",
        "noise = ",
        "robot_noise = ",
    ] {
        assert!(written.contains(key), "{key} is not in\n{written}");
    }
    // Spelt otherwise it is the same run.
    let spelt = [
        "run",
        "small.toml",
        "--noise",
        "./noise",
        "--folds",
        "1F",
        "--out",
        "runs/x",
    ];
    let output = run(dir.path(), &spelt);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        !stderr(&output).contains(": training"),
        "{}",
        stderr(&output)
    );
    assert_eq!(
        fs::read_to_string(dir.path().join("runs/x/experiment.toml")).unwrap(),
        written
    );
    // A clip is re-levelled: as many bytes, other samples.
    noise(&dir.path().join("noise/n0.wav"), 0, 0.5);
    let output = run(dir.path(), &first);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("another experiment"),
        "{}",
        stderr(&output)
    );
    let again = ["run", "runs/x/experiment.toml", "--out", "runs/y"];
    let output = run(dir.path(), &again);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("the noises for training: not the same as when"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn two_runs_are_compared_over_the_utterances_that_both_tested_and_over_no_others() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    small_experiment(dir.path());
    for (folds, seed, out) in [("1F,1M,2F", "1", "runs/a"), ("2F,3M", "2", "runs/b")] {
        let arguments = [
            "run",
            "small.toml",
            "--folds",
            folds,
            "--seed",
            seed,
            "--out",
            out,
        ];
        let output = run(dir.path(), &arguments);
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let output = run(dir.path(), &["report", "runs/a", "runs/b"]);
    assert!(output.status.success(), "{}", stderr(&output));
    // F of speaker 2F alone, as each run's predictions say it.
    let speaker_accuracy = |out: &str| {
        let results = fs::read_to_string(dir.path().join(out).join("results.csv")).unwrap();
        let row = results
            .lines()
            .find(|l| l.contains("fold_2F") && l.contains("clean,2F,"))
            .unwrap()
            .to_owned();
        let value: f64 = row.split(',').nth(8).unwrap().parse().unwrap();
        format!("{value:.3}").trim_start_matches('0').to_owned()
    };
    let printed = stdout(&output);
    let line = printed
        .lines()
        .find(|l| l.contains("clean") && l.contains("Acc"))
        .unwrap();
    let cells: Vec<&str> = line.split_whitespace().collect();
    assert!(
        cells.contains(&speaker_accuracy("runs/a").as_str()),
        "{line}"
    );
    assert!(
        cells.contains(&speaker_accuracy("runs/b").as_str()),
        "{line}"
    );
    // One speaker, four utterances, no p.
    assert_eq!(cells[cells.len() - 3..], ["–", "1", "4"], "{line}");

    // Another corpus: refused.
    let other = dir.path().join("other");
    fs::create_dir(&other).unwrap();
    synthesize(&other, 5);
    let text = fs::read_to_string(dir.path().join("small.toml")).unwrap();
    fs::write(
        dir.path().join("other.toml"),
        text.replace("path = \"corpus\"", "path = \"other/corpus\""),
    )
    .unwrap();
    let output = run(
        dir.path(),
        &["run", "other.toml", "--folds", "2F", "--out", "runs/c"],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let output = run(dir.path(), &["report", "runs/a", "runs/c"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("cannot be compared"),
        "{}",
        stderr(&output)
    );
}
