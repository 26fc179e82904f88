//! `earnest predict --segments`.

use earnest_audio::SAMPLE_RATE;

use crate::{lines, noise, printed, run, segments_of, speech, stderr, talk, wav};

#[test]
fn rows_cover_a_file_and_say_why_there_is_no_answer() {
    let dir = tempfile::tempdir().unwrap();
    talk(dir.path());
    let segments = segments_of(dir.path(), "talk.wav");
    let mut from = 0.0;
    for segment in &segments {
        assert_eq!(segment["file"], "talk.wav");
        assert_eq!(segment["start"], from);
        from = segment["end"].as_f64().unwrap();
        match segment["outputs"].is_null() {
            true => assert_eq!(
                (&segment["emotion"], segment["reason"].is_string()),
                (&"none".into(), true)
            ),
            false => assert!(segment["speech"] == true && segment.get("reason").is_none()),
        }
    }
    let reasons: Vec<&str> = segments
        .iter()
        .filter_map(|s| s["reason"].as_str())
        .collect();
    assert_eq!(reasons.first(), Some(&"silence"));
    assert!(reasons.contains(&"noise"), "{segments:?}");
    assert_eq!(
        segments.iter().filter(|s| s["speech"] == true).count(),
        2,
        "{segments:?}"
    );
}

#[test]
fn a_segment_has_the_answer_of_its_samples_alone_to_the_bit() {
    let dir = tempfile::tempdir().unwrap();
    let whole = earnest_audio::read(talk(dir.path())).unwrap();
    let segments = segments_of(dir.path(), "talk.wav");
    for segment in segments.iter().filter(|s| s["speech"] == true) {
        let at =
            |key: &str| (segment[key].as_f64().unwrap() * f64::from(SAMPLE_RATE)).round() as usize;
        wav(
            &dir.path().join("cut.wav"),
            whole.samples()[at("start")..at("end")].to_vec(),
        );
        let alone = lines(&printed(&run(
            dir.path(),
            &["predict", "--json", "cut.wav"],
        )));
        assert_eq!(alone[0]["outputs"], segment["outputs"]);
        assert_eq!(alone[0]["emotion"], segment["emotion"]);
    }
}

#[test]
fn silence_noise_and_too_little_speech_are_never_an_emotion() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    wav(&folder.join("silence.wav"), vec![0.0; 32_000]);
    wav(&folder.join("noise.wav"), noise(4.0));
    let little = &speech()[8000..8000 + 2400];
    wav(
        &folder.join("little.wav"),
        [noise(1.0), little.to_vec(), noise(1.0)].concat(),
    );
    wav(&folder.join("tiny.wav"), vec![0.1; 10]);
    for (file, reasons) in [
        ("silence.wav", vec!["silence"]),
        ("noise.wav", vec!["noise"]),
        ("little.wav", vec!["noise", "too_little_speech"]),
        ("tiny.wav", vec!["noise"]),
    ] {
        for segment in segments_of(folder, file) {
            assert_eq!(segment["emotion"], "none", "{file}: {segment}");
            assert!(
                reasons.contains(&segment["reason"].as_str().unwrap()),
                "{file}: {segment}"
            );
        }
    }
    // As a whole too, digital silence is none.
    let whole = run(folder, &["predict", "silence.wav"]);
    assert!(
        printed(&whole).ends_with("silence.wav,none,,,,,\n"),
        "{}",
        printed(&whole)
    );
    assert!(stderr(&whole).contains("there is no voice to answer to"));
    let json = lines(&printed(&run(
        folder,
        &["predict", "--json", "silence.wav"],
    )));
    assert_eq!(
        (&json[0]["emotion"], &json[0]["reason"]),
        (&"none".into(), &"silence".into())
    );
}

#[test]
fn the_table_has_a_row_for_each_stretch_and_the_good_files_are_not_lost() {
    let dir = tempfile::tempdir().unwrap();
    talk(dir.path());
    std::fs::write(dir.path().join("broken.wav"), b"RIFF").unwrap();
    let output = run(
        dir.path(),
        &["predict", "--segments", "broken.wav", "talk.wav"],
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("broken.wav"));
    let table = String::from_utf8(output.stdout).unwrap();
    let mut rows = table.lines();
    assert_eq!(
        rows.next(),
        Some("file,start,end,speech,emotion,reason,certainty,angry,happy,neutral,sad")
    );
    assert!(rows.clone().any(|row| row.contains(",yes,")));
    assert!(rows.all(|row| row.starts_with("talk.wav,")));
}

#[test]
fn what_has_no_effect_or_cannot_be_kept_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    talk(dir.path());
    for (arguments, words) in [
        (
            vec!["--hang-over", "1"],
            "--hang-over has no effect: it needs --segments",
        ),
        (vec!["--segments", "--hang-over", "-1"], "hang-over of -1 s"),
        (
            vec!["--segments", "--speech-above", "2"],
            "both are above 0 and at most 1",
        ),
        (
            vec!["--segments", "--voice-activity", "webrtc"],
            "neither `silero` nor `energy`",
        ),
        (
            vec!["--segments", "--longest-segment", "0.5"],
            "at least three times",
        ),
    ] {
        let output = run(
            dir.path(),
            &[&["predict", "talk.wav"][..], &arguments].concat(),
        );
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
}
