//! Help texts and the answers to wrong questions.

use crate::{run, stderr, stdout};

#[test]
fn every_help_page_reads_as_before() {
    let dir = tempfile::tempdir().unwrap();
    for words in [
        vec![],
        vec!["demo"],
        vec!["corpus"],
        vec!["corpus", "inspect"],
        vec!["corpus", "synthesize"],
        vec!["augment"],
        vec!["noise"],
        vec!["noise", "inspect"],
        vec!["noise", "freesound"],
        vec!["rooms"],
        vec!["rooms", "inspect"],
        vec!["scene"],
        vec!["scene", "simulate"],
        vec!["scene", "robot"],
        vec!["scene", "playlist"],
        vec!["scene", "align"],
        vec!["features"],
        vec!["reproduce", "table1"],
        vec!["reproduce", "table2"],
        vec!["reproduce", "all"],
        vec!["run"],
        vec!["plan"],
        vec!["report"],
        vec!["train"],
        vec!["evaluate"],
        vec!["predict"],
        vec!["listen"],
        vec!["serve"],
    ] {
        let mut arguments = words.clone();
        arguments.push("--help");
        let output = run(dir.path(), &arguments);
        assert!(output.status.success());
        let text = stdout(&output);
        if ![
            vec![],
            vec!["corpus"],
            vec!["noise"],
            vec!["rooms"],
            vec!["scene"],
        ]
        .contains(&words)
        {
            assert!(text.contains("Example"), "{words:?} has no example");
        }
        insta::assert_snapshot!(format!("help-{}", words.join("-")), text);
    }
}

#[test]
fn asking_wrongly_exits_with_2_and_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    for (arguments, words) in [
        (
            vec!["corpus", "inspect", "nowhere"],
            vec!["nothing at nowhere"],
        ),
        (
            vec!["reproduce", "table1", "--corpus", "nowhere"],
            vec!["--corpus", "nowhere"],
        ),
        (vec!["reproduce", "table1"], vec!["--corpus"]),
        (vec!["demmo"], vec!["demo"]),
        (
            vec!["rooms", "inspect", "nowhere"],
            vec!["nothing at nowhere"],
        ),
        (
            vec!["augment", "nowhere.wav", "o.wav"],
            vec!["nothing at nowhere.wav"],
        ),
        (
            vec![
                "noise",
                "freesound",
                "--out",
                "o",
                "--token-env",
                "NO_SUCH_NAME",
            ],
            vec!["NO_SUCH_NAME", "freesound.org/apiv2/apply"],
        ),
        (vec!["demo", "--folds", "0"], vec!["--folds"]),
        (vec!["run", "nowhere.toml"], vec!["nowhere.toml"]),
        (vec!["report", "nowhere"], vec!["nowhere"]),
        (
            vec!["predict", "--model", "nowhere", "x.wav"],
            vec!["nowhere"],
        ),
        (
            vec![
                "reproduce",
                "table1",
                "--corpus",
                ".",
                "--networks",
                "transformer",
            ],
            vec!["rnn", "cnn"],
        ),
        (
            vec![
                "reproduce",
                "table1",
                "--corpus",
                ".",
                "--recordings",
                ".",
                "--robot-rooms",
                ".",
            ],
            vec!["cannot be used with"],
        ),
    ] {
        let output = run(dir.path(), &arguments);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            stderr(&output)
        );
        for word in words {
            assert!(
                stderr(&output).contains(word),
                "{arguments:?}: {}",
                stderr(&output)
            );
        }
        assert!(stdout(&output).is_empty());
    }
}

#[test]
fn a_folder_that_is_no_corpus_fails_with_1_and_advice() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("holiday")).unwrap();
    let output = run(dir.path(), &["corpus", "inspect", "holiday"]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!("no-corpus", stderr(&output));
}
