//! A run survives: being killed at any moment, being stopped, other processes in its folder,
//! disks that take no more, folders that were deleted.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::experiment::results;
use crate::{earnest, run, small_experiment, stderr, stdout, synthesize};

/// An experiment that takes some seconds: 8 units, of both kinds of network.
fn longer_experiment(folder: &Path) {
    synthesize(folder, 4);
    small_experiment(folder);
    let path = folder.join("small.toml");
    let text = fs::read_to_string(&path).unwrap();
    let recipe = text[text.find("[[recipes]]").unwrap()..].to_owned();
    let cnn = recipe.replace(
        "kind = \"rnn\", layers = 1, hidden = 8",
        "kind = \"cnn\", layers = 2, filters = 8, kernel = 3",
    );
    assert_ne!(recipe, cnn);
    fs::write(&path, format!("{text}\n{cnn}")).unwrap();
}

const UNITS: usize = 2 * 2 * 2;

fn start(folder: &Path, out: &str) -> Child {
    earnest(folder)
        .args(["run", "small.toml", "--out", out])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What a process said on standard error, once it has ended.
fn said(child: Child) -> String {
    stderr(&child.wait_with_output().unwrap())
}

fn finished(folder: &Path, out: &str) {
    let output = run(folder, &["run", "small.toml", "--out", out]);
    assert!(output.status.success(), "{}", stderr(&output));
}

/// Temporary files that nobody will rename any more.
fn parts(folder: &Path) -> Vec<String> {
    let mut out = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.extend(parts(&path));
        } else if path.extension().is_some_and(|e| e == "part") {
            out.push(path.display().to_string());
        }
    }
    out
}

#[test]
fn killed_twenty_times_at_random_a_run_ends_with_the_same_tables() {
    let dir = tempfile::tempdir().unwrap();
    longer_experiment(dir.path());
    finished(dir.path(), "whole");
    let mut killed = 0;
    let mut state = 20_261_124_u64;
    while killed < 20 {
        let mut child = start(dir.path(), "cut");
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let until = Instant::now() + Duration::from_millis(20 + (state >> 33) % 500);
        while Instant::now() < until && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            killed += 1;
        } else {
            // It got through: from the beginning again, so that all 20 hit work.
            fs::remove_dir_all(dir.path().join("cut")).unwrap();
        }
        child.wait().unwrap();
    }
    finished(dir.path(), "cut");
    assert!(results(&dir.path().join("whole")) == results(&dir.path().join("cut")));
    assert_eq!(parts(&dir.path().join("cut/units")), [] as [String; 0]);
}

#[test]
fn two_processes_in_one_folder_share_the_units_and_do_none_twice() {
    let dir = tempfile::tempdir().unwrap();
    longer_experiment(dir.path());
    finished(dir.path(), "whole");
    let both = [start(dir.path(), "shared"), start(dir.path(), "shared")].map(said);
    let begun: Vec<usize> = both
        .iter()
        .map(|text| text.matches(": training").count())
        .collect();
    assert_eq!(begun.iter().sum::<usize>(), UNITS, "{both:?}");
    assert!(begun.iter().all(|n| *n > 0), "one did everything: {both:?}");
    assert!(results(&dir.path().join("whole")) == results(&dir.path().join("shared")));
    assert_eq!(parts(&dir.path().join("shared")), [] as [String; 0]);
}

#[test]
fn a_killed_process_leaves_its_unit_to_another_that_waits_for_it() {
    let dir = tempfile::tempdir().unwrap();
    longer_experiment(dir.path());
    finished(dir.path(), "whole");
    let mut first = start(dir.path(), "shared");
    let units = dir.path().join("shared/units");
    let until = Instant::now() + Duration::from_secs(30);
    while !units.is_dir() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(1));
    }
    let second = start(dir.path(), "shared");
    std::thread::sleep(Duration::from_millis(300));
    first.kill().unwrap();
    first.wait().unwrap();
    let text = said(second);
    assert!(text.contains("[8/8]"), "{text}");
    assert!(results(&dir.path().join("whole")) == results(&dir.path().join("shared")));
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_after_the_epoch_and_the_same_command_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    longer_experiment(dir.path());
    finished(dir.path(), "whole");
    let child = start(dir.path(), "stopped");
    let units = dir.path().join("stopped/units");
    let until = Instant::now() + Duration::from_secs(30);
    while fs::read_dir(&units).map_or(0, Iterator::count) < 2 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(1));
    }
    signal(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("the same command goes on from there"),
        "{}",
        stderr(&output)
    );
    let report = run(dir.path(), &["report", "stopped"]);
    assert!(
        stdout(&report).contains("of 8 units are finished"),
        "{}{}",
        stdout(&report),
        stderr(&report)
    );
    finished(dir.path(), "stopped");
    assert!(results(&dir.path().join("whole")) == results(&dir.path().join("stopped")));
}

/// As on a disk that takes no more: the system refuses writes beyond some kilobytes a file.
#[cfg(unix)]
#[test]
fn a_write_that_fails_is_an_error_with_the_file_and_nothing_stands_half() {
    let dir = tempfile::tempdir().unwrap();
    longer_experiment(dir.path());
    finished(dir.path(), "whole");
    let command = format!(
        "trap '' XFSZ; ulimit -f 4; exec {} run small.toml --out full",
        env!("CARGO_BIN_EXE_earnest")
    );
    let output = Command::new("sh")
        .args(["-c", &command])
        .current_dir(dir.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let text = stderr(&output);
    assert!(
        text.contains("cannot write full/units/") && text.contains("checkpoint"),
        "{text}"
    );
    assert_eq!(parts(&dir.path().join("full")), [] as [String; 0]);
    finished(dir.path(), "full");
    assert!(results(&dir.path().join("whole")) == results(&dir.path().join("full")));
}

#[test]
fn a_folder_that_cannot_be_made_is_named_before_anything_is_trained() {
    let dir = tempfile::tempdir().unwrap();
    longer_experiment(dir.path());
    fs::write(dir.path().join("file"), "").unwrap();
    let output = run(dir.path(), &["run", "small.toml", "--out", "file/run"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("cannot create the folder file/run"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_deleted_unit_is_missed_by_the_report_and_made_again_by_the_run() {
    let dir = tempfile::tempdir().unwrap();
    longer_experiment(dir.path());
    finished(dir.path(), "run");
    let before = results(&dir.path().join("run"));
    let unit = dir
        .path()
        .join("run/units/categorical-rnn-clean-fold_1F-seed_1");
    fs::remove_dir_all(&unit).unwrap();
    let report = run(dir.path(), &["report", "run"]);
    assert!(
        stdout(&report).contains("7 of 8 units are finished"),
        "{}",
        stdout(&report)
    );
    let output = run(dir.path(), &["run", "small.toml", "--out", "run"]);
    assert_eq!(stderr(&output).matches(": training").count(), 1);
    assert!(before == results(&dir.path().join("run")));
}

#[test]
fn an_edited_experiment_under_a_finished_run_is_refused_by_its_key() {
    let dir = tempfile::tempdir().unwrap();
    longer_experiment(dir.path());
    finished(dir.path(), "run");
    let before = results(&dir.path().join("run"));
    let path = dir.path().join("small.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("batch_size = 16", "batch_size = 8", 1)).unwrap();
    let output = run(dir.path(), &["run", "small.toml", "--out", "run"]);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!("edited-experiment", stderr(&output));
    // Editing the run's own copy is noticed just so.
    fs::write(&path, text).unwrap();
    let own = dir.path().join("run/experiment.toml");
    let resolved = fs::read_to_string(&own).unwrap();
    fs::write(&own, resolved.replacen("seed = 1", "seed = 2", 1)).unwrap();
    let output = run(dir.path(), &["run", "small.toml", "--out", "run"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("seed = 2"), "{}", stderr(&output));
    fs::write(&own, resolved).unwrap();
    finished(dir.path(), "run");
    assert!(before == results(&dir.path().join("run")));
}
