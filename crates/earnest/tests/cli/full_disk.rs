//! A disk that becomes full: the message says so, and of which file; what is finished is kept,
//! and the same command goes on when there is room.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{earnest, run, small_experiment, stderr, stdout, synthesize, tone};

/// A small disk in memory, for whoever may mount one.
struct Disk(PathBuf);

impl Disk {
    fn new(at: PathBuf, size: &str) -> Option<Self> {
        fs::create_dir_all(&at).unwrap();
        let size = format!("size={size}");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(&at)
            .output();
        if !mount.is_ok_and(|o| o.status.success()) {
            println!("SKIPPED: no disk can be mounted here");
            return None;
        }
        Some(Self(at))
    }

    fn grow(&self) {
        let grown = Command::new("mount")
            .args(["-o", "remount,size=64m"])
            .arg(&self.0)
            .status();
        assert!(grown.unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Files below a folder that are whole, and those that are not.
fn files(folder: &Path) -> (usize, usize) {
    let names = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(Result::unwrap)
        .filter(|e| e.file_type().is_file() && !e.file_name().to_string_lossy().starts_with('.'));
    let (parts, whole): (Vec<_>, Vec<_>) =
        names.partition(|e| e.path().extension().is_some_and(|e| e == "part"));
    (whole.len(), parts.len())
}

/// Fails for want of room and says which file.
fn fails(folder: &Path, arguments: &[&str], file: &str) {
    let output = run(folder, arguments);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
    let error = &said[said.find("error: ").unwrap()..];
    for words in ["cannot write ", file, "No space left", "the disk is full"] {
        assert!(error.contains(words), "{arguments:?}: no {words} in {said}");
    }
    assert!(!said.contains("could not be read"), "{arguments:?}: {said}");
    assert!(!stdout(&output).contains("NaN"), "{}", stdout(&output));
}

#[test]
fn every_verb_that_writes_says_that_the_disk_is_full_and_goes_on_when_it_is_not() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    small_experiment(dir.path());
    tone(&dir.path().join("a.wav"));
    let room = dir.path().join("disk");
    for (size, kept, arguments, file) in [
        (
            "128k",
            2,
            &["features", "corpus", "-o", "disk/t.csv"][..],
            "disk/t.csv.parts/",
        ),
        (
            "20k",
            2,
            &["features", "a.wav", "-o", "disk/t.csv"],
            "disk/t.csv",
        ),
        (
            "20k",
            2,
            &["features", "a.wav", "-o", "disk/t.parquet"],
            "disk/t.parquet",
        ),
        (
            "64k",
            0,
            &["features", "a.wav", "--plot", "disk/p.svg"],
            "disk/p.svg",
        ),
        (
            "128k",
            1,
            &["augment", "corpus", "disk/out"],
            "disk/out/Session",
        ),
        ("4k", 0, &["augment", "a.wav", "disk/b.wav"], "disk/b.wav"),
        (
            "8k",
            0,
            &["augment", "a.wav", "b.wav", "--plot", "disk/p.svg"],
            "disk/p.svg",
        ),
        (
            "512k",
            3,
            &["scene", "simulate", "corpus", "disk/scene"],
            "disk/scene/Session",
        ),
        (
            "64k",
            1,
            &["scene", "playlist", "corpus", "disk/list"],
            "disk/list/playlist-01.wav",
        ),
        (
            "256k",
            1,
            &[
                "corpus",
                "synthesize",
                "disk/new",
                "--utterances-per-speaker",
                "4",
            ],
            "disk/new/Session",
        ),
        (
            "64k",
            0,
            &[
                "train",
                "--corpus",
                "corpus",
                "--out",
                "disk/model",
                "--max-epochs",
                "1",
            ],
            "disk/model/",
        ),
        (
            "32k",
            1,
            &["run", "small.toml", "--out", "disk/run"],
            "disk/run/",
        ),
    ] {
        let Some(disk) = Disk::new(room.clone(), size) else {
            return;
        };
        fails(dir.path(), arguments, file);
        let (whole, parts) = files(&room);
        assert!(whole >= kept, "{arguments:?}: {whole} files are kept");
        assert_eq!(parts, 0, "{arguments:?}");
        disk.grow();
        let again = run(dir.path(), arguments);
        assert!(again.status.success(), "{arguments:?}: {}", stderr(&again));
        assert_eq!(files(&room).1, 0, "{arguments:?}");
    }
}

#[test]
fn an_index_that_cannot_be_kept_costs_nothing_but_time() {
    let dir = tempfile::tempdir().unwrap();
    tone(&dir.path().join("noises/a.wav"));
    let Some(disk) = Disk::new(dir.path().join("disk"), "4k") else {
        return;
    };
    fs::write(disk.0.join("filled"), [0; 4096]).unwrap();
    for arguments in [
        &["noise", "inspect", "noises"][..],
        &["augment", "noises/a.wav", "b.wav", "--noise", "noises"],
    ] {
        let output = earnest(dir.path())
            .args(arguments)
            .env("XDG_CACHE_HOME", &disk.0)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    }
}
