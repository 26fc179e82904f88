//! `earnest listen`.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::{earnest, lines, printed, run, segments_of, spoken, stderr, talk};

/// Gives bytes to `earnest listen -`.
fn hear(folder: &Path, bytes: &[u8], arguments: &[&str]) -> Output {
    let mut child = earnest(folder)
        .args(["listen", "-"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let bytes = bytes.to_vec();
    let writing = std::thread::spawn(move || {
        // Odd pieces, as a pipe has them.
        for part in bytes.chunks(1237) {
            if stdin.write_all(part).is_err() {
                return;
            }
        }
    });
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap();
    output
}

/// The segments among events, as `predict --segments` has them.
fn segments(events: &[Value]) -> Vec<Value> {
    let own = events.iter().filter(|e| e["type"] == "segment");
    own.map(|e| {
        let mut segment = e.clone();
        segment.as_object_mut().unwrap().remove("type");
        segment
    })
    .collect()
}

#[test]
fn a_file_a_stream_of_wav_and_raw_samples_are_heard_alike() {
    let dir = tempfile::tempdir().unwrap();
    let file = talk(dir.path());
    let expected = spoken(segments_of(dir.path(), "talk.wav"));
    assert_eq!(expected.len(), 2);
    let bytes = std::fs::read(file).unwrap();
    let raw = &bytes[44..];
    let of_file = run(dir.path(), &["listen", "talk.wav"]);
    for output in [
        of_file,
        hear(dir.path(), &bytes, &[]),
        hear(dir.path(), raw, &[]),
        hear(
            dir.path(),
            raw,
            &["--rate", "16000", "--channels", "1", "--encoding", "s16le"],
        ),
    ] {
        let events = lines(&printed(&output));
        assert_eq!(segments(&events), expected);
    }
}

#[test]
fn events_come_in_order_and_answers_run_while_somebody_speaks() {
    let dir = tempfile::tempdir().unwrap();
    talk(dir.path());
    let events = lines(&printed(&run(
        dir.path(),
        &["listen", "--answers", "4", "talk.wav"],
    )));
    assert_eq!(events[0]["type"], "listening");
    assert_eq!(events[0]["format"], 1);
    let ended = events.last().unwrap();
    assert_eq!(
        (&ended["type"], &ended["segments"]),
        (&"ended".into(), &2.into())
    );
    let (mut open, mut running) = (None, 0);
    for event in &events[1..events.len() - 1] {
        match event["type"].as_str().unwrap() {
            "speech_started" => assert_eq!(open.replace(event["start"].clone()), None),
            "running" => {
                assert_eq!(open.as_ref(), Some(&event["start"]));
                running += 1;
            }
            "segment" => assert_eq!(open.take(), Some(event["start"].clone())),
            other => panic!("{other}"),
        }
    }
    assert!(running >= 4, "{events:?}");
    let none = lines(&printed(&run(
        dir.path(),
        &["listen", "--answers", "0", "talk.wav"],
    )));
    assert!(none.iter().all(|e| e["type"] != "running"));
}

#[test]
fn a_wav_that_contradicts_the_flags_or_is_cut_off_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(talk(dir.path())).unwrap();
    let output = hear(dir.path(), &bytes, &["--rate", "8000"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("the WAV's header says 16000 Hz, and --rate 8000"));
    // What was heard before is told all the same.
    let output = hear(dir.path(), &bytes[..bytes.len() - 1], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("it ends amid a frame: 1 of 2 bytes (s16le, channels: 1)"));
    let events = lines(&String::from_utf8(output.stdout).unwrap());
    assert_eq!(events.last().unwrap()["segments"], 2);
    for (arguments, words) in [
        (vec!["--pace"], "--pace has no effect: it needs a file"),
        (vec!["--answers", "20"], "give 0.1 to 10 answers a second"),
        (vec!["--rate", "1"], "2000 to 768000 Hz are heard"),
        (vec!["--channels", "0"], "1 to 64 are heard"),
    ] {
        let output = hear(dir.path(), &[], &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_writes_what_is_open() {
    let dir = tempfile::tempdir().unwrap();
    talk(dir.path());
    let mut child = earnest(dir.path())
        .args(["listen", "--pace", "talk.wav"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut events: Vec<Value> = Vec::new();
    for line in &mut out {
        events.push(serde_json::from_str(&line.unwrap()).unwrap());
        if events.last().unwrap()["type"] == "speech_started" {
            break;
        }
    }
    let id = child.id().to_string();
    std::process::Command::new("kill")
        .args(["-INT", &id])
        .status()
        .unwrap();
    events.extend(out.map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap()));
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let kinds: Vec<&str> = events.iter().map(|e| e["type"].as_str().unwrap()).collect();
    assert_eq!(kinds.last(), Some(&"ended"));
    assert!(kinds.contains(&"segment"), "{kinds:?}");
}
