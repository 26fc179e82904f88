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
