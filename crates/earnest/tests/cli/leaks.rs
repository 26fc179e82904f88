//! What a test must not let a model hear again: in a scene, in a manifest, in the noises.

use std::fs;
use std::path::{Path, PathBuf};

use earnest_audio::{SampleFormat, write_wav, write_wav_channels};

use crate::guards::{evaluate, noise, train};
use crate::{run, small_experiment, stderr, stdout, synthesize};

/// The corpus's recordings, relative to the folder it is in, sorted.
fn recordings(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = walkdir::WalkDir::new(folder.join("corpus"))
        .into_iter()
        .map(Result::unwrap)
        .filter(|e| e.path().extension().is_some_and(|x| x == "wav"))
        .map(|e| e.path().strip_prefix(folder).unwrap().to_owned())
        .collect();
    all.sort();
    all
}

/// Who speaks in a recording of the synthetic corpus.
fn speaker(recording: &Path) -> String {
    let stem = recording.file_stem().unwrap().to_str().unwrap();
    let letter = stem.rsplit('_').next().unwrap().chars().next().unwrap();
    format!("{}{letter}", stem.chars().nth(4).unwrap())
}

/// A manifest of some recordings, whose labels go in turn.
fn manifest(folder: &Path, name: &str, list: &[&PathBuf], rename: &str) {
    let mut text = String::from("path,speaker,emotion\n");
    for (i, path) in list.iter().enumerate() {
        let emotion = ["angry", "happy", "neutral", "sad"][i % 4];
        let who = speaker(path);
        text.push_str(&format!("{},{rename}{who},{emotion}\n", path.display()));
    }
    fs::write(folder.join(name), text).unwrap();
}

/// A lab whose room is computed in no time.
pub fn quick_lab(folder: &Path) -> &'static str {
    let lab = stdout(&run(folder, &["scene", "robot", "nao"]));
    let lab: Vec<&str> = lab
        .lines()
        .map(|line| match line.split(' ').next() {
            Some("walls") => "rt60_s = 0.05",
            Some("azimuths_deg") => "azimuths_deg = [90]",
            _ => line,
        })
        .collect();
    fs::write(folder.join("lab.toml"), lab.join("\n")).unwrap();
    "lab.toml"
}

/// A scene in which recorded knocks are heard all the time: `EV` has them.
fn scene_with_knocks(folder: &Path) {
    for (i, class) in ["door_wood_knock", "door_wood_knock", "clock_alarm"]
        .into_iter()
        .enumerate()
    {
        noise(&folder.join(format!("EV/{class}/{i}.wav")), 40 + i, 1.0);
    }
    let lab = fs::read_to_string(folder.join(quick_lab(folder))).unwrap();
    let lab: Vec<String> = lab
        .lines()
        .map(|line| match line.starts_with("per_minute") {
            true => "per_minute = 60.0".to_owned(),
            false => line.to_owned(),
        })
        .collect();
    fs::write(folder.join("lab.toml"), lab.join("\n")).unwrap();
    let output = run(folder, &SIMULATE);
    assert!(output.status.success(), "{}", stderr(&output));
}

const SIMULATE: [&str; 9] = [
    "scene",
    "simulate",
    "corpus",
    "scene",
    "--robot",
    "lab.toml",
    "--events",
    "EV",
    "--made=air conditioner,babble",
];

#[test]
fn a_scene_that_does_not_say_of_each_utterance_what_was_heard_in_it_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    small_experiment(dir.path());
    let lab = quick_lab(dir.path());
    let simulate = ["scene", "simulate", "corpus", "scene", "--robot", lab];
    assert!(run(dir.path(), &simulate).status.success());
    train(dir.path(), "model", &[]);
    let path = dir.path().join("scene/scene.jsonl");
    let good = fs::read_to_string(&path).unwrap();
    let half: String = good.lines().take(20).map(|l| format!("{l}\n")).collect();
    let first = good.lines().next().unwrap();
    let test = ["--speakers", "5M", "--condition", "recordings:scene"];
    for (text, words) in [
        (String::new(), "scene.jsonl is empty"),
        (half, "has no line for"),
        (
            good.replace("\"id\":\"Ses01F_impro01_F000\"", "\"id\":\"x\""),
            "has no line for Ses01F",
        ),
        (format!("{good}{first}\n"), "has two lines for"),
        (
            format!("{good}{}\n", first.replace("\"id\":\"Ses", "\"id\":\"Sos")),
            "no utterance of the corpus",
        ),
        (good.replacen("_F000.wav", "_F001.wav", 1), "and it lies at"),
    ] {
        fs::write(&path, text).unwrap();
        let (code, printed, said) = evaluate(dir.path(), "corpus", &test);
        assert_ne!(code, Some(0), "{words}: {printed}");
        assert!(said.contains(words), "{words}: {said}");
    }
    fs::write(&path, good.lines().next().unwrap()).unwrap();
    let output = run(
        dir.path(),
        &[
            "run",
            "small.toml",
            "--recordings",
            "scene",
            "--folds",
            "1F",
            "--out",
            "r",
        ],
    );
    assert!(!output.status.success());
    assert!(
        stderr(&output).contains("has no line for"),
        "{}",
        stderr(&output)
    );
    assert!(!dir.path().join("r/units").exists());
    fs::write(&path, good).unwrap();
    assert_eq!(evaluate(dir.path(), "corpus", &test).0, Some(0));
}

#[test]
fn a_scenes_sounds_are_known_as_they_were_when_it_was_made() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    scene_with_knocks(dir.path());
    let jsonl = fs::read_to_string(dir.path().join("scene/scene.jsonl")).unwrap();
    assert!(
        jsonl.contains("door_wood_knock/0.wav"),
        "no knock was drawn"
    );
    // Training heard the same knock under another name.
    for i in 0..3 {
        noise(&dir.path().join(format!("noise/n{i}.wav")), i, 1.0);
    }
    noise(&dir.path().join("noise/other.wav"), 40, 1.0);
    train(dir.path(), "model", &["--augment", "--noise", "noise"]);
    let test = ["--speakers", "5M", "--condition", "recordings:scene"];
    let refused = || {
        let (code, _, said) = evaluate(dir.path(), "corpus", &test);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("events of the scene"), "{said}");
    };
    refused();
    // By now its file holds something else; then it is gone.
    noise(&dir.path().join("EV/door_wood_knock/0.wav"), 90, 1.0);
    refused();
    let output = run(dir.path(), &SIMULATE);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("made from something else"),
        "{}",
        stderr(&output)
    );
    // Nor does a scene that was stopped go on with it.
    let half: String = jsonl.lines().take(9).map(|l| format!("{l}\n")).collect();
    fs::write(dir.path().join("scene/scene.jsonl.part"), half).unwrap();
    let output = run(dir.path(), &SIMULATE);
    assert!(
        stderr(&output).contains("made from something else"),
        "{}",
        stderr(&output)
    );
    fs::remove_file(dir.path().join("scene/scene.jsonl.part")).unwrap();
    fs::remove_dir_all(dir.path().join("EV")).unwrap();
    refused();
    // A scene that does not say what its events held cannot be checked.
    let path = dir.path().join("scene/scene.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.split("[[sound]]").next().unwrap()).unwrap();
    let (code, _, said) = evaluate(dir.path(), "corpus", &test);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("does not say what it held"), "{said}");
}

#[test]
fn speakers_of_manifests_are_the_same_people_if_they_are_called_alike_unless_a_user_says_otherwise()
{
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 8);
    let all = recordings(dir.path());
    let (odd, even): (Vec<_>, Vec<_>) = all.iter().enumerate().partition(|(i, _)| i % 2 == 1);
    let files = |list: Vec<(usize, &PathBuf)>| -> Vec<PathBuf> {
        list.into_iter().map(|(_, p)| p.clone()).collect()
    };
    let (odd, even) = (files(odd), files(even));
    manifest(dir.path(), "a.csv", &odd.iter().collect::<Vec<_>>(), "");
    manifest(dir.path(), "b.csv", &even.iter().collect::<Vec<_>>(), "");
    let train = [
        "train",
        "--corpus",
        "a.csv",
        "--network",
        "cnn",
        "--max-epochs",
        "1",
        "--out",
        "model",
    ];
    let output = run(dir.path(), &train);
    assert!(output.status.success(), "{}", stderr(&output));
    let (code, _, said) = evaluate(dir.path(), "b.csv", &[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("of 10 speakers, 10 of them by their names in a manifest alone")
            && said.contains("--other-speakers"),
        "{said}"
    );
    let (code, printed, said) = evaluate(dir.path(), "b.csv", &["--other-speakers"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        printed.contains("note: 10 speakers are called like"),
        "{printed}"
    );
    // Also where the corpus itself is tested.
    let (code, _, said) = evaluate(dir.path(), "corpus", &["--speakers", "5M"]);
    assert_eq!(code, Some(2), "{said}");

    // Parts of the very files that were trained on, whoever is said to speak.
    let mut text = String::from("path,start,end,speaker,emotion\n");
    for (i, path) in odd.iter().enumerate() {
        let emotion = ["angry", "happy", "neutral", "sad"][i % 4];
        text.push_str(&format!("{},0.1,0.5,x{i},{emotion}\n", path.display()));
    }
    fs::write(dir.path().join("parts.csv"), text).unwrap();
    let (code, _, said) = evaluate(dir.path(), "parts.csv", &[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(!said.contains("by their names"), "{said}");
    let (code, _, said) = evaluate(dir.path(), "parts.csv", &["--other-speakers"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--other-speakers has no effect"), "{said}");
}

#[test]
fn parts_of_one_recording_that_overlap_are_named() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    let path = recordings(dir.path())[0].display().to_string();
    let other = recordings(dir.path())[9].display().to_string();
    let text = format!(
        "path,start,end,speaker,emotion\n{path},0,0.4,a,angry\n{path},0.001,0.4,b,sad\n{path},0.4,0.6,a,happy\n{other},,,a,neutral\n{other},0.1,0.4,c,sad\n"
    );
    fs::write(dir.path().join("m.csv"), text).unwrap();
    let output = run(dir.path(), &["corpus", "inspect", "m.csv"]);
    let printed = stdout(&output);
    assert!(printed.contains("overlapping"), "{printed}");
    assert!(printed.contains("said to be of b and of a"), "{printed}");
    assert!(
        printed.contains("said to be of c and of a")
            || printed.contains("said to be of a and of c"),
        "{printed}"
    );
}

#[test]
fn speech_of_those_who_are_tested_is_no_noise_to_train_with() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    small_experiment(dir.path());
    let speech = dir.path().join("speech");
    let noises = dir.path().join("noise");
    for (i, path) in recordings(dir.path()).iter().enumerate() {
        let who = speaker(path);
        if who != "1F" && who != "5M" {
            continue;
        }
        // A copy under another name, in stereo.
        let wave = earnest_audio::read(dir.path().join(path)).unwrap();
        for folder in [&speech, &noises] {
            fs::create_dir_all(folder).unwrap();
            let to = folder.join(format!("{who}-{i}.wav"));
            let both = [wave.samples(), wave.samples()];
            write_wav_channels(&to, &both, 16_000, SampleFormat::Float32).unwrap();
            write_wav(
                folder.join(format!("{who}-{i}-mono.wav")),
                &wave,
                SampleFormat::Float32,
            )
            .unwrap();
        }
    }
    for i in 0..4 {
        noise(&noises.join(format!("n{i}.wav")), i, 1.0);
    }
    let arguments = |noise| {
        [
            "run",
            "small.toml",
            "--noise",
            noise,
            "--robot-noise",
            "quiet",
            "--folds",
            "1F",
            "--out",
            "r",
        ]
    };
    noise(&dir.path().join("quiet/q.wav"), 70, 1.0);
    let output = run(dir.path(), &arguments("noise"));
    assert!(output.status.success(), "{}", stderr(&output));
    let said = stderr(&output);
    assert!(
        said.contains("10 of 24 files are utterances of the speakers that are tested"),
        "{said}"
    );
    let about = fs::read_to_string(dir.path().join("r/about.json")).unwrap();
    assert!(
        about.contains("are left out of training's noises"),
        "{about}"
    );
    // A model that heard them without a test knows these speakers.
    train(dir.path(), "model", &["--augment", "--noise", "noise"]);
    let (code, _, said) = evaluate(dir.path(), "corpus", &["--speakers", "5M"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("of 1 speakers (5M)"), "{said}");
    // Nothing else is left.
    for entry in fs::read_dir(&speech).unwrap() {
        let path = entry.unwrap().path();
        if !path.to_str().unwrap().contains("/1F-") {
            fs::remove_file(path).unwrap();
        }
    }
    let output = run(dir.path(), &arguments("speech"));
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("give others (--noise)"),
        "{}",
        stderr(&output)
    );
}
