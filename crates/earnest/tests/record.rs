//! `earnest scene record` against a real sound server (`sound_server`).
#![allow(clippy::unwrap_used, clippy::panic)]

mod sound_server;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use earnest_audio::{SampleFormat, write_wav};
use earnest_signal::Waveform;
use sound_server::Server;

/// A corpus of bursts.
fn corpus(folder: &Path, n: usize) {
    let mut manifest = String::from("path,speaker,emotion\n");
    fs::create_dir_all(folder.join("ann")).unwrap();
    for i in 0..n {
        let samples = (0..16_000 + 1_000 * (i % 4))
            .map(|k| {
                let t = k as f32 / 16_000.0;
                let hiss = ((k * k * (i + 3)) % 211) as f32 / 2110.0;
                (t * (7.0 + i as f32)).sin().max(0.0)
                    * ((t * (120.0 + 9.0 * i as f32)).fract() - 0.5 + hiss)
                    * 0.4
            })
            .collect();
        let name = format!("ann/{i}.wav");
        write_wav(
            folder.join(&name),
            &Waveform::at_16k(samples),
            SampleFormat::Int16,
        )
        .unwrap();
        manifest.push_str(&format!("{name},ann,angry\n"));
    }
    fs::write(folder.join("manifest.csv"), manifest).unwrap();
}

/// By how many samples `b` is later than `a`, up to 100 either way.
fn lag(a: &[f32], b: &[f32]) -> i64 {
    let product = |shift: i64| -> f64 {
        a.iter()
            .enumerate()
            .filter_map(|(i, x)| {
                let y = b.get(usize::try_from(i as i64 + shift).ok()?)?;
                Some(f64::from(*x) * f64::from(*y))
            })
            .sum()
    };
    (-100..=100)
        .max_by(|p, q| product(*p).total_cmp(&product(*q)))
        .unwrap()
}

fn every_cut_is_right(home: &Path, out: &str, n: usize) {
    for i in 0..n {
        let clean = earnest_audio::read(home.join(format!("corpus/ann/{i}.wav"))).unwrap();
        let heard = earnest_audio::read_channels(home.join(format!("{out}/ann/{i}.wav"))).unwrap();
        assert_eq!(heard.len(), 2);
        assert_eq!(heard[0].samples().len(), clean.samples().len());
        let lag = lag(clean.samples(), heard[0].samples());
        assert!(lag.abs() <= 16, "utterance {i} is {lag} samples off");
    }
}

const DEVICES: [&str; 4] = ["--play", "robot_speaker", "--record", "robot_ears"];

#[test]
fn a_corpus_played_and_recorded_through_a_sound_server_is_cut_within_a_millisecond() {
    let dir = tempfile::tempdir().unwrap();
    let Some(server) = Server::start(dir.path(), &["scene", "record", "--list"]) else {
        return;
    };
    corpus(&dir.path().join("corpus"), 6);
    let arguments = [&["scene", "record", "corpus", "out"][..], &DEVICES].concat();
    // A machine that is busy with something else drops samples, which the program notices and
    // says; a person plays again, then.
    let mut said = String::new();
    for _ in 0..3 {
        let _ = fs::remove_dir_all(dir.path().join("out"));
        let output = server.earnest(&arguments);
        said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        if said.contains("nothing to play again") {
            break;
        }
    }
    assert!(
        said.contains("2 channels; delay") && said.contains("6 utterances recorded"),
        "{said}"
    );
    assert!(said.contains("nothing to play again"), "{said}");
    every_cut_is_right(dir.path(), "out", 6);
    // Without --resume, what is there is not touched.
    let output = server.earnest(&arguments);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--resume"));
}

#[test]
fn a_server_killed_midway_leaves_whole_files_and_the_session_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let Some(mut server) = Server::start(dir.path(), &["scene", "record", "--list"]) else {
        return;
    };
    corpus(&dir.path().join("corpus"), 8);
    // Parts of about six seconds, so that some are done when it is killed.
    let arguments = [
        &["scene", "record", "corpus", "out", "--part-minutes", "0.1"][..],
        &DEVICES,
    ]
    .concat();
    let mut child = server
        .command(&arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let count = || {
        let files = fs::read_dir(dir.path().join("out/ann"))
            .into_iter()
            .flatten()
            .flatten();
        files
            .filter(|f| f.path().extension().is_some_and(|e| e == "wav"))
            .count()
    };
    let start = Instant::now();
    while count() < 2 && start.elapsed() < Duration::from_secs(90) {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_secs(2));
    server.kill();
    let status = child.wait().unwrap();
    let mut said = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut said).unwrap();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("--resume"), "{said}");
    let before = count();
    assert!((2..8).contains(&before), "{before}");
    every_cut_is_right(dir.path(), "out", before);
    assert!(server.restart());
    let output = server.earnest(&[&arguments[..], &["--resume"]].concat());
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    every_cut_is_right(dir.path(), "out", 8);
    let table = fs::read_to_string(dir.path().join("out/record.csv")).unwrap();
    assert_eq!(table.lines().count(), 9, "{table}");
}
