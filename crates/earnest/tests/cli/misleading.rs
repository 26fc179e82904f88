//! Numbers that would mean something else than they seem to are refused.

use std::fs;
use std::path::{Path, PathBuf};

use crate::guards::{copy, evaluate, train};
use crate::leaks::quick_lab;
use crate::{run, small_experiment, stderr, stdout, synthesize};

#[test]
fn a_signal_to_noise_ratio_that_is_none_is_refused_by_every_verb() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    fs::create_dir(dir.path().join("model")).unwrap();
    for db in ["nan", "inf", "-inf", "1e9", "-1e9", "121", "loud"] {
        for verb in [
            &["evaluate", "--model", "model", "--condition", "robot"][..],
            &["reproduce", "table1"],
        ] {
            let snr = format!("--robot-snr={db}");
            let more = ["--corpus", "corpus", snr.as_str()];
            let output = run(dir.path(), &[verb, &more[..]].concat());
            let said = stderr(&output);
            assert_eq!(output.status.code(), Some(2), "{db}: {said}");
            assert!(said.contains("--robot-snr"), "{db}: {said}");
        }
    }
}

#[test]
fn an_augmentation_that_never_does_anything_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    small_experiment(dir.path());
    let never = "[[steps]]\ntransform = \"loudness\"\nprobability = 0.0\ngain_db = [-6, 3]\n";
    for chain in ["steps = []\n", never] {
        fs::write(dir.path().join("chain.toml"), chain).unwrap();
        let common = [
            "--corpus",
            "corpus",
            "--chain",
            "chain.toml",
            "--out",
            "out",
        ];
        for verb in [&["train", "--augment"][..], &["reproduce", "table1"]] {
            let output = run(dir.path(), &[verb, &common[..]].concat());
            assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
            assert!(
                stderr(&output).contains("no step that is ever drawn"),
                "{}",
                stderr(&output)
            );
        }
    }
    let text = fs::read_to_string(dir.path().join("small.toml")).unwrap();
    let text = text.replace("probability = 0.5", "probability = 0.0");
    fs::write(dir.path().join("never.toml"), text).unwrap();
    let output = run(dir.path(), &["run", "never.toml", "--out", "out"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(!dir.path().join("out").exists());
}

/// The finished units of a run, sorted.
fn units(run: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(run.join("units"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    all.sort();
    all
}

#[test]
fn predictions_that_a_unit_did_not_write_are_not_pooled() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    small_experiment(dir.path());
    let go = ["run", "small.toml", "--folds", "1F,1M", "--out", "r"];
    let output = run(dir.path(), &go);
    assert!(output.status.success(), "{}", stderr(&output));
    let all = units(&dir.path().join("r"));
    assert_eq!(all.len(), 4);
    let path = all[0].join("predictions.csv");
    let good = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    let but = |leave: &dyn Fn(usize, &str) -> bool| -> String {
        let kept = lines.iter().enumerate().filter(|(i, l)| !leave(*i, l));
        kept.map(|(_, l)| format!("{l}\n")).collect()
    };
    let other = all
        .iter()
        .find(|u| u.to_str().unwrap().contains("1M"))
        .unwrap();
    let damaged = [
        (but(&|i, _| i == 1), "has no row for"),
        (format!("{good}{}\n", lines[1]), "is there twice"),
        (
            but(&|_, l| l.starts_with("robot")),
            "has no row for the robot condition",
        ),
        (
            fs::read_to_string(other.join("predictions.csv")).unwrap(),
            "who is not tested in fold",
        ),
        (
            but(&|_, l| l.split(',').nth(1) == lines[1].split(',').nth(1)),
            "did not test the same utterances",
        ),
    ];
    let done = fs::read_to_string(all[0].join("done")).unwrap();
    for (text, words) in &damaged {
        fs::write(&path, text).unwrap();
        // As the unit wrote `done`, as if it had not, and as somebody would who knows how.
        let of = |text: &str| earnest_audio::ContentHash::of_bytes(text.as_bytes()).to_string();
        let forged = done.replace(&of(&good), &of(text));
        assert_ne!(forged, done);
        let unsealed = "it is not as `done` says that the unit wrote it";
        for (seal, words) in [
            (done.as_str(), unsealed),
            (done.lines().next().unwrap(), unsealed),
            (forged.as_str(), *words),
        ] {
            fs::write(all[0].join("done"), seal).unwrap();
            for verb in [&["report", "r"][..], &go] {
                let output = run(dir.path(), verb);
                let said = stderr(&output);
                assert!(!output.status.success(), "{words}: {}", stdout(&output));
                assert!(
                    said.contains(words)
                        && said.contains("predictions.csv")
                        && said.contains("done"),
                    "{words}: {said}"
                );
            }
        }
    }
    // Trained again, as the message says, it is what it was.
    fs::remove_file(all[0].join("done")).unwrap();
    let output = run(dir.path(), &go);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(&path).unwrap(), good);
    // A unit's folder under another's name.
    fs::remove_dir_all(&all[1]).unwrap();
    copy(&all[0], &all[1]);
    let output = run(dir.path(), &["report", "r"]);
    assert!(!output.status.success());
    assert!(
        stderr(&output).contains("put there from elsewhere"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_microphone_that_dies_and_the_corpus_itself_are_no_robots_recordings() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    small_experiment(dir.path());
    train(dir.path(), "model", &[]);
    copy(&dir.path().join("corpus"), &dir.path().join("again"));
    for robot in ["corpus", "again"] {
        let recordings = format!("recordings:{robot}");
        let test = [
            "--speakers",
            "5M",
            "--condition",
            recordings.as_str(),
            "--leave-out-unusable",
        ];
        let (code, _, said) = evaluate(dir.path(), "corpus", &test);
        assert_eq!(code, Some(2), "{said}");
        assert!(
            said.contains("is the corpus, not a robot's recordings"),
            "{said}"
        );
        let go = [
            "run",
            "small.toml",
            "--recordings",
            robot,
            "--folds",
            "1F",
            "--out",
            "r",
        ];
        let output = run(dir.path(), &go);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(
            stderr(&output).contains("is the corpus, not a robot's recordings"),
            "{}",
            stderr(&output)
        );
    }
    // Softer, as a robot would hear it; of one nothing is heard after a tenth of a second.
    let wavs: Vec<PathBuf> = walkdir::WalkDir::new(dir.path().join("again"))
        .into_iter()
        .map(|e| e.unwrap().path().to_owned())
        .filter(|p| p.extension().is_some_and(|x| x == "wav"))
        .collect();
    for path in &wavs {
        let wave = earnest_audio::read(path).unwrap();
        let name = path.to_str().unwrap();
        let dead = name.contains("Ses05") && name.contains("_M000");
        let heard = |(i, x): (usize, &f32)| if dead && i > 1600 { 0.0 } else { 0.4 * x };
        let samples = wave.samples().iter().enumerate().map(heard).collect();
        let wave = earnest_signal::Waveform::at_16k(samples);
        earnest_audio::write_wav(path, &wave, earnest_audio::SampleFormat::Float32).unwrap();
    }
    let test = ["--speakers", "5M", "--condition", "recordings:again"];
    let (code, _, said) = evaluate(dir.path(), "corpus", &test);

    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("1 of 4") && said.contains("it is dead for"),
        "{said}"
    );
    let leave = [&test[..], &["--leave-out-unusable"]].concat();
    let (code, printed, said) = evaluate(dir.path(), "corpus", &leave);
    assert_eq!(code, Some(0), "{said}");
    assert!(printed.contains("3 utterances"), "{printed}");
}

#[test]
fn what_is_made_of_a_synthetic_corpus_is_called_synthetic_from_wherever_it_is_listed() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    let lab = quick_lab(dir.path());
    let simulate = ["scene", "simulate", "corpus", "scene", "--robot", lab];
    assert!(run(dir.path(), &simulate).status.success());
    fs::create_dir(dir.path().join("lists")).unwrap();
    for folder in ["corpus", "scene"] {
        let mut text = String::from("path,speaker,emotion\n");
        for (i, entry) in walkdir::WalkDir::new(dir.path().join(folder))
            .into_iter()
            .enumerate()
        {
            let path = entry.unwrap().path().to_owned();
            if path.extension().is_some_and(|x| x == "wav") {
                let emotion = ["angry", "happy", "neutral", "sad"][i % 4];
                text.push_str(&format!("{},s{},{emotion}\n", path.display(), i % 5));
            }
        }
        fs::write(dir.path().join("lists/m.csv"), text).unwrap();
        let output = run(dir.path(), &["corpus", "inspect", "lists/m.csv"]);
        let printed = stdout(&output);
        assert!(
            printed.contains("synthetic corpus (seed 1"),
            "{folder}: {printed}"
        );
    }
}
