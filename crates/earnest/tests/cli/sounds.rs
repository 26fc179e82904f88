//! `earnest noise` and `earnest rooms`.

#[allow(dead_code)] // the library's own tests make it fail in more ways
#[path = "../../../earnest-corpus/tests/freesound/server.rs"]
mod server;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use earnest_audio::{SampleFormat, write_wav};
use earnest_signal::Waveform;

use self::server::{Clip, Fault, Server};
use crate::{earnest, run, stderr, stdout};

fn wav(path: &Path, samples: Vec<f32>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    write_wav(path, &Waveform::at_16k(samples), SampleFormat::Float32).unwrap();
}

fn hiss(n: usize, level: f32) -> Vec<f32> {
    (0..n)
        .map(|i| level * ((i * 7919 % 211) as f32 / 105.0 - 1.0))
        .collect()
}

#[test]
fn noise_inspect_counts_classes_levels_and_what_is_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("ESC-50");
    let mut table = String::from("filename,fold,target,category,esc10,src_file,take\n");
    for (i, (fold, class)) in [
        (1, "dog"),
        (1, "siren"),
        (2, "siren"),
        (2, "laughing"),
        (2, "rain"),
    ]
    .iter()
    .enumerate()
    {
        table.push_str(&format!("{i}.wav,{fold},0,{class},False,{i},A\n"));
        let level = if *class == "rain" {
            0.0
        } else {
            0.1 * (i + 1) as f32
        };
        wav(
            &root.join(format!("audio/{i}.wav")),
            hiss(16_000 * (i + 1), level),
        );
    }
    fs::create_dir_all(root.join("meta")).unwrap();
    fs::write(root.join("meta/esc50.csv"), table).unwrap();
    let output = run(dir.path(), &["noise", "inspect", "ESC-50"]);
    assert!(output.status.success(), "{}", stderr(&output));
    insta::assert_snapshot!("noise-inspect", stdout(&output));
    let output = run(dir.path(), &["noise", "inspect", "ESC-50", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(value["clips"].as_array().unwrap().len(), 3);
    assert_eq!(value["clips"][0]["source"], "freesound:0");
}

#[test]
fn rooms_inspect_tells_reverberation_times_by_room_and_refuses_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let room = |rt60: f32, kind: usize| -> Vec<f32> {
        let mut out = vec![0.0_f32; 80];
        out.push(0.9);
        out.extend((0..(1.3 * rt60 * 16_000.0) as usize).map(|i| {
            let noise = ((i * (7919 + 2 * kind) + i * i % 97) % 211) as f32 / 105.0 - 1.0;
            0.1 * noise * 10.0_f32.powf(-3.0 * i as f32 / (rt60 * 16_000.0))
        }));
        out
    };
    let root = dir.path().join("rooms");
    wav(&root.join("hall_left.wav"), room(0.8, 1));
    wav(&root.join("hall_right.wav"), room(0.8, 2));
    wav(&root.join("booth.wav"), room(0.2, 3));
    wav(&root.join("silence.wav"), vec![0.0; 8_000]);
    let fan = (0..8_000).map(|i| 0.3 * (i as f32 * 0.1).sin()).collect();
    wav(&root.join("fan.wav"), fan);
    let output = run(dir.path(), &["rooms", "inspect", "rooms"]);
    assert!(output.status.success(), "{}", stderr(&output));
    insta::assert_snapshot!("rooms-inspect", stdout(&output));
    let output = run(dir.path(), &["rooms", "inspect", "rooms", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(value["responses"].as_array().unwrap().len(), 3);
    assert_eq!(value["left_out"].as_array().unwrap().len(), 2);
}

fn clips() -> Vec<Clip> {
    (1..=30)
        .map(|i| {
            Clip::new(
                i,
                if i % 5 == 0 {
                    &["crash", "voice"]
                } else {
                    &["crash"]
                },
            )
        })
        .collect()
}

fn audio(dir: &Path) -> Vec<u8> {
    let path = dir.join("sound.wav");
    wav(&path, hiss(8_000, 0.2));
    fs::read(path).unwrap()
}

/// `earnest noise freesound` into a folder, so fast.
fn freesound(dir: &Path, server: &Server, out: &str, per_minute: &str) -> std::process::Command {
    fs::write(
        dir.join("tags.toml"),
        "wanted = [\"crash\"]\nunwanted = [\"voice\"]\n",
    )
    .unwrap();
    let mut command = earnest(dir);
    command
        .env("MY_TOKEN", "secret")
        .args([
            "noise",
            "freesound",
            "--token-env",
            "MY_TOKEN",
            "--out",
            out,
        ])
        .args([
            "--tags",
            "tags.toml",
            "--per-minute",
            per_minute,
            "--api",
            &server.api(),
        ]);
    command
}

#[test]
fn freesound_killed_at_any_moment_goes_on_and_ends_with_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(clips(), 10, audio(dir.path()));
    let output = freesound(dir.path(), &server, "whole", "100000")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stdout(&output).contains("24 clips downloaded"),
        "{}",
        stdout(&output)
    );
    assert!(
        stdout(&output).contains("unwanted tag voice (6)"),
        "{}",
        stdout(&output)
    );
    let manifest =
        |out: &str| fs::read(dir.path().join(out).join("freesound.csv")).unwrap_or_default();
    let lines = |out: &str| manifest(out).iter().filter(|b| **b == b'\n').count();
    for round in 1..4 {
        let mut child = freesound(dir.path(), &server, "killed", "1500")
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let start = Instant::now();
        while lines("killed") < 6 * round && start.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(3));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(lines("killed") < 25, "it was killed too late");
    let output = freesound(dir.path(), &server, "killed", "100000")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(manifest("killed"), manifest("whole"));
    assert_eq!(lines("whole"), 25);
}

#[test]
fn freesound_puts_the_papers_tags_beside_the_clips_and_says_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(clips(), 10, audio(dir.path()));
    server.fault(
        "/search/",
        Fault::Status(401, "{\"detail\": \"Invalid token.\"}", None),
    );
    let output = earnest(dir.path())
        .env("FREESOUND_TOKEN", "wrong")
        .args([
            "noise",
            "freesound",
            "--out",
            "clips",
            "--api",
            &server.api(),
        ])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("does not accept the token"), "{said}");
    assert!(
        !said.contains("wrong"),
        "the token itself must not be shown: {said}"
    );
    let tags = fs::read_to_string(dir.path().join("clips/tags.toml")).unwrap();
    assert!(tags.contains("fire-alarm") && tags.contains("field-recording"));
    fs::write(dir.path().join("clips/tags.toml"), "wanted = [\"crash\"]\n").unwrap();
    let output = earnest(dir.path())
        .env("FREESOUND_TOKEN", "secret")
        .args([
            "noise",
            "freesound",
            "--out",
            "clips",
            "--api",
            &server.api(),
        ])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("tags.toml") && stderr(&output).contains("unwanted"));
}
