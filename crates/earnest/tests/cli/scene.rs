//! `earnest scene`.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::{earnest, run, stderr, stdout, synthesize};

#[test]
fn a_corpus_becomes_what_the_robot_hears_and_table_one_can_be_tested_on_it() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    let arguments = [
        "scene", "simulate", "corpus", "robot", "--robot", "icub", "--plot", "p.svg",
    ];
    let output = run(dir.path(), &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let said = stdout(&output);
    for words in ["50 utterances", "SNR: median", "events"] {
        assert!(said.contains(words), "{said}");
    }
    assert!(
        fs::read_to_string(dir.path().join("p.svg"))
            .unwrap()
            .contains("loudspeaker at")
    );
    let manifest = fs::read_to_string(dir.path().join("robot/scene.jsonl")).unwrap();
    assert_eq!(manifest.lines().count(), 50);
    let first: serde_json::Value = serde_json::from_str(manifest.lines().next().unwrap()).unwrap();
    let recording = dir
        .path()
        .join("robot")
        .join(first["path"].as_str().unwrap());
    let heard = earnest_audio::read_channels(recording).unwrap();
    assert_eq!(heard.len(), 2, "two ears");
    // It is a robot condition like any recording.
    let train = [
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
        "model",
    ];
    assert!(run(dir.path(), &train).status.success());
    let arguments = [
        "evaluate",
        "--model",
        "model",
        "--corpus",
        "corpus",
        "--speakers",
        "5M",
        "--condition",
        "recordings:robot",
    ];
    let output = run(dir.path(), &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn a_scene_killed_at_any_moment_goes_on_and_ends_with_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 8);
    assert!(
        run(dir.path(), &["scene", "simulate", "corpus", "whole"])
            .status
            .success()
    );
    let count = || {
        let folder = dir.path().join("killed");
        let files = walkdir::WalkDir::new(folder).into_iter().flatten();
        files
            .filter(|e| e.path().extension().is_some_and(|x| x == "wav"))
            .count()
    };
    for round in 1..4 {
        let mut child = earnest(dir.path())
            .args(["scene", "simulate", "corpus", "killed", "--threads", "1"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let start = Instant::now();
        while count() < 15 * round && start.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let output = run(dir.path(), &["scene", "simulate", "corpus", "killed"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        !stdout(&output).contains(" 0 of them from before"),
        "{}",
        stdout(&output)
    );
    let mut compared = 0;
    for entry in walkdir::WalkDir::new(dir.path().join("whole")) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(dir.path().join("whole")).unwrap();
            let other = dir.path().join("killed").join(name);
            assert!(
                fs::read(entry.path()).unwrap() == fs::read(other).unwrap(),
                "{}",
                name.display()
            );
            compared += 1;
        }
    }
    assert!(compared > 80, "{compared} files");
}

#[test]
fn a_lab_of_ones_own_begins_as_a_built_in_one_and_mistakes_have_their_key() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    let text = stdout(&run(dir.path(), &["scene", "robot", "nao"]));
    assert!(text.contains("[head]"));
    fs::write(
        dir.path().join("my.toml"),
        text.replace("radius_m", "radios_m"),
    )
    .unwrap();
    let arguments = ["scene", "simulate", "corpus", "out", "--robot", "my.toml"];
    let output = run(dir.path(), &arguments);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!("wrong-lab", stderr(&output));
    let event = "\n[[event]]\nkind = \"doorbell\"\nper_minute = 1.0\nlevel_db_spl = [50, 60]\nseconds = [1, 2]\n";
    fs::write(dir.path().join("my.toml"), format!("{text}{event}")).unwrap();
    let output = run(dir.path(), &arguments);
    assert!(stderr(&output).contains("doorbell") && stderr(&output).contains("--events"));
    let output = run(
        dir.path(),
        &["scene", "simulate", "corpus", "out", "--robot", "asimo"],
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("icub, nao, pepper"),
        "{}",
        stderr(&output)
    );
    let output = run(dir.path(), &["scene", "robot", "asimo"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!dir.path().join("out").exists());
}

#[test]
fn a_playlist_that_a_robot_recorded_becomes_a_robot_condition() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    let output = run(dir.path(), &["scene", "playlist", "corpus", "list"]);
    assert!(output.status.success(), "{}", stderr(&output));
    // What was recorded: 2 s later, quieter, in stereo, and cut short before the end.
    let played = earnest_audio::read(dir.path().join("list/playlist-01.wav")).unwrap();
    let mut heard = vec![0.0_f32; 32_000];
    heard.extend(played.samples().iter().map(|x| 0.3 * x));
    let noise = |i: usize| 1e-4 * ((i * 7919 % 211) as f32 / 105.0 - 1.0);
    heard
        .iter_mut()
        .enumerate()
        .for_each(|(i, x)| *x += noise(i));
    heard.truncate(heard.len() - 60_000);
    let other: Vec<f32> = heard.iter().map(|x| 0.8 * x).collect();
    let log = dir.path().join("log.wav");
    let format = earnest_audio::SampleFormat::Int16;
    earnest_audio::write_wav_channels(&log, &[&heard, &other], 16_000, format).unwrap();
    let arguments = ["scene", "align", "log.wav", "list/playlist-01.wav", "robot"];
    let output = run(dir.path(), &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    insta::assert_snapshot!("align", stdout(&output));
    let table = fs::read_to_string(dir.path().join("robot/align-playlist-01.csv")).unwrap();
    let row = table
        .lines()
        .nth(5)
        .unwrap()
        .split(',')
        .nth(1)
        .unwrap()
        .to_owned();
    let cut = earnest_audio::read_channels(dir.path().join("robot").join(&row)).unwrap();
    let clean = earnest_audio::read(dir.path().join("corpus").join(&row)).unwrap();
    assert_eq!(
        (cut.len(), cut[0].samples().len()),
        (2, clean.samples().len())
    );
    for (x, y) in cut[0].samples().iter().zip(clean.samples()).step_by(97) {
        assert!((x - 0.3 * y).abs() < 2e-3, "sample for sample");
    }
    let wrong = ["scene", "align", "log.wav", "log.wav", "robot"];
    let output = run(dir.path(), &wrong);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("log.csv"), "{}", stderr(&output));
}

#[test]
fn events_that_a_collection_lacks_are_an_error_unless_they_are_to_be_made() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    let wave =
        earnest_audio::read(dir.path().join("corpus").join(first_audio(dir.path()))).unwrap();
    for class in ["door_wood_knock", "clock_alarm"] {
        let to = dir.path().join("events").join(class);
        fs::create_dir_all(&to).unwrap();
        let format = earnest_audio::SampleFormat::Int16;
        earnest_audio::write_wav(to.join("1.wav"), &wave, format).unwrap();
    }
    let simulate = ["scene", "simulate", "corpus", "out", "--events", "events"];
    let output = run(dir.path(), &simulate);
    assert_eq!(output.status.code(), Some(2));
    let here = dir.path().canonicalize().unwrap().display().to_string();
    let said = stderr(&output).replace(&here, "[here]");
    insta::assert_snapshot!("events-without-a-class", said);
    for (made, words) in [
        (&["--made", "bable"][..], "did you mean \"babble\"?"),
        (&["--made", "babble"], "event air conditioner"),
    ] {
        let output = run(dir.path(), &[&simulate[..], made].concat());
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
    let output = run(
        dir.path(),
        &["scene", "simulate", "corpus", "out", "--made", "babble"],
    );
    assert_eq!(
        output.status.code(),
        Some(2),
        "it has no effect without --events"
    );
    assert!(!dir.path().join("out/scene.toml").exists());
    let made = ["--made", "air conditioner,babble"];
    let output = run(dir.path(), &[&simulate[..], &made].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    // Where the sounds were is said so that it holds from anywhere.
    let text = fs::read_to_string(dir.path().join("out/scene.toml")).unwrap();
    let events = dir.path().join("events").canonicalize().unwrap();
    assert!(
        text.contains(&format!("events = \"{}\"", events.display())),
        "{text}"
    );
    // However it is called, it is the same scene.
    let again = [
        "scene",
        "simulate",
        "corpus",
        "out",
        "--events",
        "./corpus/../events",
    ];
    let output = run(dir.path(), &[&again[..], &made].concat());
    assert!(
        stdout(&output).contains("50 of them from before"),
        "{}",
        stderr(&output)
    );
}

/// An audio file of the synthetic corpus, relative to it.
fn first_audio(folder: &std::path::Path) -> std::path::PathBuf {
    let corpus = folder.join("corpus");
    walkdir::WalkDir::new(&corpus)
        .into_iter()
        .map(Result::unwrap)
        .find(|e| e.path().extension().is_some_and(|x| x == "wav"))
        .map(|e| e.path().strip_prefix(&corpus).unwrap().to_owned())
        .unwrap()
}

#[test]
fn a_scene_that_cannot_be_read_stops_a_run_before_it_trains() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    assert!(
        run(dir.path(), &["scene", "simulate", "corpus", "robot"])
            .status
            .success()
    );
    let scene = dir.path().join("robot");
    let experiment = [
        "reproduce",
        "table1",
        "--corpus",
        "corpus",
        "--recordings",
        "robot",
        "--out",
        "r",
    ];
    let good = fs::read_to_string(scene.join("scene.toml")).unwrap();
    fs::write(scene.join("scene.toml"), "seed = \"x\"").unwrap();
    let output = run(dir.path(), &experiment);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("scene.toml is not understood"),
        "{}",
        stderr(&output)
    );
    fs::write(scene.join("scene.toml"), good).unwrap();
    fs::rename(scene.join("scene.jsonl"), scene.join("scene.jsonl.part")).unwrap();
    let output = run(dir.path(), &experiment);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("is not finished"),
        "{}",
        stderr(&output)
    );
    assert!(!dir.path().join("r/units").exists());
}

#[test]
fn a_robot_drawn_at_random_is_the_same_by_its_number_and_by_its_file() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    let printed = run(dir.path(), &["scene", "robot", "random", "--seed", "7"]);
    assert!(printed.status.success(), "{}", stderr(&printed));
    fs::write(dir.path().join("r7.toml"), stdout(&printed)).unwrap();
    for (robot, out) in [("random:7", "a"), ("r7.toml", "b")] {
        let output = run(
            dir.path(),
            &["scene", "simulate", "corpus", out, "--robot", robot],
        );
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let draws = |out: &str| fs::read(dir.path().join(out).join("scene.jsonl")).unwrap();
    assert_eq!(draws("a"), draws("b"));
    let other = run(dir.path(), &["scene", "robot", "random"]);
    assert_ne!(stdout(&other), stdout(&printed));
    for (arguments, words) in [
        (
            &["scene", "robot", "icub", "--seed", "3"][..],
            "--seed has no effect",
        ),
        (
            &["scene", "robot", "asimo"],
            "there are icub, nao, pepper, and random",
        ),
        (
            &["scene", "simulate", "corpus", "c", "--robot", "random:x"],
            "N is a whole number",
        ),
    ] {
        let output = run(dir.path(), arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
}
