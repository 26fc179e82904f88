//! Experiments on named conditions: `[[conditions]]` and `--condition`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use earnest_audio::{SampleFormat, read, write_wav_channels};

use crate::experiment::results;
use crate::{assert_said, earnest, run, small_experiment, stderr, stdout, synthesize};

/// All WAV files below a folder, relative to it.
fn wavs(folder: &Path, below: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder.join(below)).unwrap() {
        let path = below.join(entry.unwrap().file_name());
        if folder.join(&path).is_dir() {
            wavs(folder, &path, found);
        } else if path.extension().is_some_and(|e| e == "wav") {
            found.push(path);
        }
    }
}

/// The corpus as two ears might hear it: each with so much noise, of full scale.
fn record(dir: &Path, name: &str, noise: [f32; 2]) {
    let (corpus, folder) = (dir.join("corpus"), dir.join(name));
    let mut files = Vec::new();
    wavs(&corpus, Path::new(""), &mut files);
    assert!(files.len() > 20);
    let mut state = 1_u32;
    for file in files {
        let clean = read(corpus.join(&file)).unwrap();
        let mut ear = |level: f32| -> Vec<f32> {
            let mut noisy = |x: &f32| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                0.5 * x + level * (state as f32 / u32::MAX as f32 - 0.5)
            };
            clean.samples().iter().map(&mut noisy).collect()
        };
        let (left, right) = (ear(noise[0]), ear(noise[1]));
        let to = folder.join(&file);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        write_wav_channels(&to, &[&left, &right], 16_000, SampleFormat::Int16).unwrap();
    }
}

const CONDITIONS: &str = r#"
[[conditions]]
name = "near"
group = "rooms"
kind = "recordings"
path = "near"
snr_db = 20.0
distance_m = 1.0

[[conditions]]
name = "far"
group = "rooms"
kind = "recordings"
path = "far"
snr_db = 5.0
distance_m = 3.0

[[conditions]]
name = "loud-fan"
kind = "simulated"
snr_db = -3.0
"#;

/// Two recorded conditions of one group and a simulated one, two recipes, no robot.
fn experiment(dir: &Path) {
    synthesize(dir, 4);
    record(dir, "near", [0.02, 0.01]);
    record(dir, "far", [0.2, 0.1]);
    small_experiment(dir);
    let text = fs::read_to_string(dir.join("small.toml")).unwrap();
    let robot = "[robot]\nkind = \"simulated\"\nsnr_db = 3.0\n";
    assert!(text.contains(robot));
    let ears = text[text.find("[[recipes]]").unwrap()..].replace(
        "[[recipes]]\n",
        "[[recipes]]\nname = \"ears\"\nchannels = \"each\"\n",
    );
    let text = text.replace(robot, CONDITIONS);
    fs::write(dir.join("small.toml"), format!("{text}\n{ears}")).unwrap();
}

fn finished(dir: &Path, out: &str, more: &[&str]) -> Output {
    let output = run(dir, &[&["run", "small.toml", "--out", out], more].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    output
}

/// A column of a CSV file in the rows that begin like the first of these, of one condition.
fn predictions(run: &Path, unit: &str, condition: &str) -> Vec<String> {
    let path = run.join("units").join(unit).join("predictions.csv");
    let text = fs::read_to_string(path).unwrap();
    let begin = format!("{condition},");
    let own = text.lines().filter_map(|line| line.strip_prefix(&begin));
    own.map(str::to_owned).collect()
}

#[test]
fn each_condition_is_in_the_tables_and_a_group_is_summed_up_on_any_number_of_threads() {
    let dir = tempfile::tempdir().unwrap();
    experiment(dir.path());
    let output = finished(dir.path(), "one", &["--threads", "1"]);
    let said = stdout(&output);
    for word in [
        "Conditions.",
        "rooms (2): median",
        "rooms (2): 10th percentile",
        "loud-fan",
        "mean of 3",
        "share of clean",
        "over all conditions",
    ] {
        assert!(said.contains(word), "{word} is not in\n{said}");
    }
    let folder = dir.path().join("one");
    let csv = fs::read_to_string(folder.join("results.csv")).unwrap();
    assert!(
        csv.lines()
            .next()
            .unwrap()
            .contains(",group,snr_db,distance_m,")
    );
    // Two folds, two recipes, two trainings; clean speech and three conditions.
    assert_eq!(csv.lines().count(), 1 + 2 * 2 * 2 * 4, "{csv}");
    assert_eq!(csv.matches(",near,").count(), 8);
    assert_eq!(csv.matches(",rooms,5,3,").count(), 8);
    assert!(!csv.contains(",robot,"));
    let tables = fs::read_to_string(folder.join("tables.csv")).unwrap();
    assert_eq!(tables.lines().count(), 1 + 2 * 2 * 4, "{tables}");
    let page = fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(page.contains("F by speech over noise (dB)") && page.contains("F by distance"));
    // Each ear by itself is another answer, but of one channel it is the same.
    let unit = |recipe: &str| format!("categorical-{recipe}-clean-fold_1F-seed_1");
    let of = |recipe: &str, condition: &str| predictions(&folder, &unit(recipe), condition);
    for (condition, alike) in [("clean", true), ("loud-fan", true), ("near", false)] {
        let (mean, each) = (of("rnn", condition), of("ears", condition));
        assert!(!mean.is_empty());
        assert_eq!(mean == each, alike, "{condition}");
    }
    finished(dir.path(), "two", &["--threads", "2"]);
    assert!(results(&folder) == results(&dir.path().join("two")));
}

#[test]
fn killed_among_its_conditions_a_run_ends_in_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    experiment(dir.path());
    finished(dir.path(), "whole", &[]);
    for attempt in 0..3 {
        let mut child = earnest(dir.path())
            .args(["run", "small.toml", "--out", "cut", "--threads", "1"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // A unit's model is saved, and then it is tested in one condition after the other.
        let units = dir.path().join("cut/units");
        let is_tested = || {
            let units = fs::read_dir(&units).into_iter().flatten().flatten();
            let models = units.filter(|u| u.path().join("model.json").exists());
            models.count() > attempt
        };
        let until = Instant::now() + Duration::from_secs(120);
        while !is_tested() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(!dir.path().join("cut/results.csv").exists());
    finished(dir.path(), "cut", &[]);
    assert!(results(&dir.path().join("whole")) == results(&dir.path().join("cut")));
}

#[test]
fn what_is_wrong_with_a_condition_names_it() {
    let dir = tempfile::tempdir().unwrap();
    experiment(dir.path());
    let mut files = Vec::new();
    wavs(&dir.path().join("far"), Path::new("Session1"), &mut files);
    // One of a speaker whom the first fold tests.
    let of_first = |file: &&PathBuf| file.to_string_lossy().contains("_F00");
    let missing = files.iter().find(of_first).unwrap();
    fs::remove_file(dir.path().join("far").join(missing)).unwrap();
    let output = run(dir.path(), &["run", "small.toml", "--out", "r"]);
    assert_eq!(output.status.code(), Some(2));
    assert_said(&output, "condition \"far\": 1 of ");
    assert_said(&output, "it is missing: looked for far/");
    let left = finished(dir.path(), "left", &["--leave-out-unusable"]);
    assert!(
        stdout(&left).contains("in far: it is missing"),
        "{}",
        stdout(&left)
    );
    // What is there now is not what there was.
    record(dir.path(), "far", [0.3, 0.1]);
    let output = run(
        dir.path(),
        &["run", "left/experiment.toml", "--out", "left"],
    );
    assert_said(
        &output,
        "the recordings of the condition \"far\": not the same as when",
    );
    // The same recordings under two names, and the corpus itself.
    let copied = ["--condition", "copy=near2"];
    record(dir.path(), "near2", [0.02, 0.01]);
    let output = run(
        dir.path(),
        &[&["run", "small.toml", "--out", "r"], &copied[..]].concat(),
    );
    assert_said(
        &output,
        "the conditions \"near\" and \"copy\" have the same recordings",
    );
    let itself = ["--condition", "copy=corpus"];
    let output = run(
        dir.path(),
        &[&["run", "small.toml", "--out", "r"], &itself[..]].concat(),
    );
    assert_said(
        &output,
        "condition \"copy\": corpus is the corpus, not a robot's recordings",
    );
}

#[test]
fn conditions_are_added_on_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    record(dir.path(), "near", [0.02, 0.01]);
    record(dir.path(), "far", [0.2, 0.1]);
    small_experiment(dir.path());
    let both = ["--condition", "near=near", "--condition", "far=far"];
    finished(dir.path(), "r", &both);
    let toml = fs::read_to_string(dir.path().join("r/experiment.toml")).unwrap();
    assert_eq!(toml.matches("[[conditions]]").count(), 2, "{toml}");
    let csv = fs::read_to_string(dir.path().join("r/results.csv")).unwrap();
    // Two folds and trainings; clean, robot, near and far.
    assert_eq!(csv.lines().count(), 1 + 2 * 2 * 4, "{csv}");
    for (flag, words) in [
        ("near", "is not NAME=FOLDER"),
        ("robot=near", "that is the condition under [robot]"),
        ("a b=near", "characters of a-z"),
        ("near=nowhere", "--condition"),
    ] {
        let output = run(
            dir.path(),
            &["run", "small.toml", "--out", "x", "--condition", flag],
        );
        assert_eq!(output.status.code(), Some(2), "{flag}");
        assert_said(&output, words);
    }
    let twice = ["--condition", "near=near", "--condition", "near=far"];
    let output = run(
        dir.path(),
        &[&["run", "small.toml", "--out", "x"], &twice[..]].concat(),
    );
    assert_said(
        &output,
        "names 2 folders of recordings, and there is one corpus",
    );
    // Clean speech and named conditions alone, with recordings and without a robot.
    let text = fs::read_to_string(dir.path().join("small.toml")).unwrap();
    let robot = "[robot]\nkind = \"simulated\"\nsnr_db = 3.0\n";
    fs::write(dir.path().join("small.toml"), text.replace(robot, "")).unwrap();
    let snr = [&both[..], &["--robot-noise", "near"]].concat();
    let output = run(
        dir.path(),
        &[&["run", "small.toml", "--out", "x"], &snr[..]].concat(),
    );
    assert_said(&output, "--robot-noise has no effect");
    finished(dir.path(), "named", &both);
    let csv = fs::read_to_string(dir.path().join("named/results.csv")).unwrap();
    assert_eq!(csv.lines().count(), 1 + 2 * 2 * 3, "{csv}");
}

#[test]
fn each_ear_is_answered_where_that_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    record(dir.path(), "near", [0.1, 0.001]);
    let mut files = Vec::new();
    wavs(&dir.path().join("near"), Path::new("Session1"), &mut files);
    files.sort();
    let file = Path::new("near").join(&files[0]);
    let file = file.to_str().unwrap();
    let answer = |arguments: &[&str]| {
        let output = run(dir.path(), &[&["predict", "--json"], arguments].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        let json: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
        let outputs = json["outputs"].as_object().unwrap();
        let values: Vec<f64> = outputs.values().map(|x| x.as_f64().unwrap()).collect();
        values
    };
    let (mean, each) = (answer(&[file]), answer(&["--channels", "each", file]));
    assert_ne!(mean, each);
    assert_eq!(answer(&["--channels", "mean", file]), mean);
    assert!((each.iter().sum::<f64>() - 1.0).abs() < 1e-5);
    // The ears one by one: their mean log-probabilities, brought to a sum of 1.
    let ears = earnest_audio::read_channels(dir.path().join(file)).unwrap();
    let of_ears: Vec<Vec<f64>> = ears
        .iter()
        .map(|ear| {
            let path = dir.path().join("ear.wav");
            earnest_audio::write_wav(&path, ear, SampleFormat::Float32).unwrap();
            answer(&["ear.wav"])
        })
        .collect();
    let pooled: Vec<f64> = (0..each.len())
        .map(|k| (of_ears[0][k] * of_ears[1][k]).sqrt())
        .collect();
    let sum: f64 = pooled.iter().sum();
    for (x, p) in each.iter().zip(&pooled) {
        assert!((x - p / sum).abs() < 1e-4, "{each:?} {of_ears:?}");
    }
    let unknown = run(dir.path(), &["predict", "--channels", "both", file]);
    assert_eq!(unknown.status.code(), Some(2));
    assert_said(&unknown, "neither `mean` nor `each`");
}

#[test]
fn a_robots_table_of_features_is_what_the_robot_hears() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    small_experiment(dir.path());
    let mut files = Vec::new();
    wavs(&dir.path().join("corpus"), Path::new(""), &mut files);
    let table = |shift: usize| {
        let mut text = "id,loud,high\n".to_owned();
        for (i, file) in files.iter().enumerate() {
            let id = file.file_stem().unwrap().to_str().unwrap();
            text += &format!("{id},{},{}\n", (i + shift) % 4, (i + shift) % 3);
        }
        text
    };
    fs::write(dir.path().join("t.csv"), table(0)).unwrap();
    fs::write(dir.path().join("robot.csv"), table(1)).unwrap();
    let tables = [
        "--features-table",
        "t.csv",
        "--robot-features-table",
        "robot.csv",
    ];
    finished(dir.path(), "r", &tables);
    let units = fs::read_dir(dir.path().join("r/units")).unwrap();
    for unit in units {
        let unit = unit.unwrap().file_name().into_string().unwrap();
        let of = |condition: &str| predictions(&dir.path().join("r"), &unit, condition);
        assert_ne!(of("clean"), of("robot"), "{unit}");
    }
}
