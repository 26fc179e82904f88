//! `earnest listen` with a microphone: the monitor of a real sound server's sink (`sound_server`), into which speech is played.
#![allow(clippy::unwrap_used, clippy::panic)]

mod sound_server;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use earnest_audio::{SampleFormat, write_wav};
use earnest_signal::Waveform;
use serde_json::Value;
use sound_server::Server;

#[test]
fn what_is_played_is_heard_and_ctrl_c_ends_it() {
    let home = tempfile::tempdir().unwrap();
    let Some(server) = Server::start(home.path(), &["listen", "--device", "list"]) else {
        return;
    };
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../earnest-features/tests/reference/male_16000.flac"
    );
    let speech = earnest_audio::read(path).unwrap().into_samples();
    let pause = vec![0.0; 24_000];
    let samples = [pause.clone(), speech.clone(), pause.clone(), speech, pause].concat();
    let file = home.path().join("talk.wav");
    write_wav(&file, &Waveform::at_16k(samples), SampleFormat::Int16).unwrap();
    let mut child = server
        .command(&["listen", "--device", "robot_ears"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(first["type"], "listening");
    assert_eq!(first["source"], "robot_ears");
    let played = Command::new("paplay")
        .arg("--device=robot")
        .arg(&file)
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path().join("run"))
        .status();
    if !played.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: paplay cannot play here (apt-get install pulseaudio-utils)");
        let _ = child.kill();
        let _ = child.wait();
        return;
    }
    std::thread::sleep(Duration::from_millis(1500));
    let id = child.id().to_string();
    Command::new("kill").args(["-INT", &id]).status().unwrap();
    let events: Vec<Value> = lines
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let segments: Vec<&Value> = events.iter().filter(|e| e["type"] == "segment").collect();
    assert_eq!(segments.len(), 2, "{events:?}");
    let end = |i: usize| segments[i]["end"].as_f64().unwrap();
    // Both are the same speech, 2.7 s apart.
    assert!((end(1) - end(0) - 2.7).abs() < 0.3, "{segments:?}");
    assert_eq!(events.last().unwrap()["type"], "ended");
}

#[test]
fn a_microphone_that_is_not_there_is_named_beside_those_that_are() {
    let home = tempfile::tempdir().unwrap();
    let Some(server) = Server::start(home.path(), &["listen", "--device", "list"]) else {
        return;
    };
    let output = server.earnest(&["listen", "--device", "nobody"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("no device `nobody` that records; there are:"),
        "{said}"
    );
    assert!(said.contains("robot_ears"), "{said}");
}
