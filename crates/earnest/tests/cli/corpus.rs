//! `earnest corpus`.

use crate::{run, stderr, stdout, synthesize};

#[test]
fn inspecting_a_synthetic_corpus_reads_as_before() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    let output = run(dir.path(), &["corpus", "inspect", "corpus"]);
    assert!(output.status.success());
    insta::assert_snapshot!("inspect-synthetic", stdout(&output));
}

#[test]
fn problems_are_listed_with_file_and_line_and_the_good_rest_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    let labels = dir
        .path()
        .join("corpus/Session1/dialog/EmoEvaluation/Ses01F_impro01.txt");
    let text = std::fs::read_to_string(&labels).unwrap();
    std::fs::write(&labels, text.replacen("[0.0000 -", "[zero -", 1)).unwrap();
    let wav = dir
        .path()
        .join("corpus/Session2/sentences/wav/Ses02F_impro01");
    let mut files: Vec<_> = std::fs::read_dir(wav)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.sort();
    std::fs::remove_file(&files[0]).unwrap();
    std::fs::write(&files[1], b"").unwrap();
    let output = run(dir.path(), &["corpus", "inspect", "corpus"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    let problems = text.split("Problems:").nth(1).unwrap();
    insta::assert_snapshot!("inspect-problems", problems);
    let output = run(dir.path(), &["corpus", "inspect", "corpus", "--json"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["problems"].as_array().unwrap().len(), 3);
    assert_eq!(value["utterances"].as_array().unwrap().len(), 48);
    assert_eq!(value["synthetic"], true);
}

#[test]
fn a_folder_with_something_in_it_is_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("corpus")).unwrap();
    std::fs::write(dir.path().join("corpus/mine.txt"), "precious").unwrap();
    let output = run(dir.path(), &["corpus", "synthesize", "corpus"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("not empty"));
}

#[test]
fn what_cannot_be_listed_is_named_the_rest_is_done_and_the_exit_code_says_so() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    let link = dir.path().join("corpus/Session3/extra");
    std::os::unix::fs::symlink("nowhere", link).unwrap();
    let output = run(dir.path(), &["corpus", "inspect", "corpus", "--no-audio"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("50 utterances"), "{text}");
    assert!(
        text.contains("link that leads nowhere (1, left out)"),
        "{text}"
    );
    assert!(
        text.contains("corpus/Session3/extra: No such file"),
        "{text}"
    );
    let said = stderr(&output);
    assert!(said.contains("the corpus may hold more"), "{said}");
    let output = run(
        dir.path(),
        &["corpus", "inspect", "corpus", "--no-audio", "--json"],
    );
    assert_eq!(output.status.code(), Some(1));
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["problems"][0]["kind"], "link that leads nowhere");
}

/// The corpus of a segmented table: two talkers, three stretches of one file.
fn segmented(folder: &std::path::Path) {
    let samples = (0..64_000)
        .map(|i| 0.3 * (i as f32 * i as f32 * 1e-6).sin())
        .collect();
    std::fs::create_dir(folder.join("talks")).unwrap();
    earnest_audio::write_wav(
        folder.join("talks/one.wav"),
        &earnest_signal::Waveform::at_16k(samples),
        earnest_audio::SampleFormat::Int16,
    )
    .unwrap();
    std::fs::write(
        folder.join("talks.csv"),
        "file,start,end,speaker,emotion\n\
         talks/one.wav,0 days 00:00:00,0 days 00:00:01,ann,sad\n\
         talks/one.wav,0 days 00:00:01,0 days 00:00:02.5,bob,angry\n\
         talks/one.wav,0 days 00:00:02.5,NaT,ann,happy\n",
    )
    .unwrap();
}

#[test]
fn a_scene_of_stretches_of_one_file_has_a_file_for_each_and_only_its_samples() {
    let dir = tempfile::tempdir().unwrap();
    segmented(dir.path());
    let output = run(dir.path(), &["scene", "simulate", "talks.csv", "robot"]);
    assert!(output.status.success(), "{}", stderr(&output));
    for (name, seconds) in [("0-1", 1.0), ("1-2.5", 1.5), ("2.5-end", 1.5)] {
        let heard = dir.path().join(format!("robot/talks/one_{name}.wav"));
        let heard = earnest_audio::read(heard).unwrap();
        assert!((heard.duration_s() - seconds).abs() < 0.2, "{name}");
    }
    let output = run(dir.path(), &["corpus", "inspect", "talks.csv", "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["utterances"][1]["start"], 1.0);
    assert_eq!(value["utterances"][1]["duration_s"], 1.5);
}

#[test]
fn a_root_without_a_manifest_is_asked_wrongly() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    let output = run(dir.path(), &["corpus", "inspect", "corpus", "--root", "."]);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(
        said.contains("a root is for the paths of a manifest"),
        "{said}"
    );
}
