//! Outputs never land on inputs, through links neither, and stay in the folder they are meant for.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::{run, small_experiment, stderr, synthesize, tone};

/// All files below a folder, not through links, with their bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .map(Result::unwrap)
        .filter(|e| e.file_type().is_file())
        .map(|e| (e.path().display().to_string(), fs::read(e.path()).unwrap()))
        .collect()
}

/// Asked wrongly, with these words; no file of the folder is another, more or less than before.
fn refused(folder: &Path, arguments: &[&str], words: &str) {
    let before = files(folder);
    let output = run(folder, arguments);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    assert!(said.contains(words), "{arguments:?}: {said}");
    assert!(files(folder) == before, "{arguments:?} changed files");
}

#[test]
fn a_scene_or_a_playlist_is_not_written_over_its_corpus_whatever_the_corpus_is_called() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    symlink("corpus", dir.path().join("link")).unwrap();
    for out in ["corpus", "link", "./corpus/../corpus"] {
        for verb in ["simulate", "playlist"] {
            refused(
                dir.path(),
                &["scene", verb, "corpus", out],
                "it is an input (the corpus",
            );
        }
    }
    // A copy whose folders lead back into the corpus.
    let linked = dir.path().join("linked");
    fs::create_dir(&linked).unwrap();
    for entry in fs::read_dir(dir.path().join("corpus")).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            symlink(entry.path(), linked.join(entry.file_name())).unwrap();
        }
    }
    refused(
        dir.path(),
        &["scene", "simulate", "corpus", "linked"],
        "leads out of it by a link",
    );
}

#[test]
fn hard_links_to_the_corpus_are_inputs_too() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a.wav", "b.wav"] {
        tone(&dir.path().join("corpus").join(name));
    }
    fs::write(
        dir.path().join("corpus/manifest.csv"),
        "path,speaker,emotion\na.wav,ann,angry\nb.wav,ben,sad\n",
    )
    .unwrap();
    let out = dir.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::hard_link(dir.path().join("corpus/b.wav"), out.join("b.wav")).unwrap();
    refused(
        dir.path(),
        &["scene", "simulate", "corpus", "out"],
        "corpus/b.wav), which would be replaced",
    );
    refused(
        dir.path(),
        &[
            "scene",
            "simulate",
            "corpus",
            "new",
            "--plot",
            "corpus/manifest.csv",
        ],
        "--plot corpus/manifest.csv",
    );
}

#[test]
fn a_playlist_whose_paths_lead_out_of_the_folder_is_refused_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    assert!(
        run(dir.path(), &["scene", "playlist", "corpus", "list"])
            .status
            .success()
    );
    let table = dir.path().join("list/playlist-01.csv");
    let good = fs::read_to_string(&table).unwrap();
    let second = good.lines().nth(2).unwrap();
    let [id, path, start, length] = second.split(',').collect::<Vec<_>>()[..] else {
        panic!("{second}");
    };
    let align = [
        "scene",
        "align",
        "list/playlist-01.wav",
        "list/playlist-01.wav",
        "robot",
    ];
    for (bad, words) in [
        (
            format!("{id},../../evil.wav,{start},{length}"),
            "leads out of its folder",
        ),
        (
            format!("{id},/tmp/evil.wav,{start},{length}"),
            "is absolute",
        ),
        (format!("{id},{path},{start},0"), "its length is 0"),
        (
            format!("{id},{path},0,{length}"),
            "it begins at sample 0, before",
        ),
        (
            format!("{id},{path},{start},{}", usize::MAX),
            "beyond the end",
        ),
    ] {
        fs::write(&table, good.replace(second, &bad)).unwrap();
        let output = run(dir.path(), &align);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(
            said.contains("playlist-01.csv: line 3: ") && said.contains(words),
            "{said}"
        );
        assert!(!dir.path().join("robot").exists());
    }
    fs::write(&table, &good).unwrap();
    // Its own table is where the report of a recording called `x` would lie.
    symlink(&table, dir.path().join("list/align-playlist-01.csv")).unwrap();
    let mut onto_the_list = align;
    onto_the_list[4] = "list";
    refused(dir.path(), &onto_the_list, "is an input (PLAYLIST's table");
}

#[test]
fn features_and_augment_do_not_replace_what_they_read() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a.wav", "in/a.wav", "in/b.wav", "in.csv.parts/c.wav"] {
        tone(&dir.path().join(name));
    }
    for manifest in ["m.csv", "in/labels.csv"] {
        fs::write(dir.path().join(manifest), "path\na.wav\n").unwrap();
    }
    fs::copy(dir.path().join("a.wav"), dir.path().join("sound.csv")).unwrap();
    fs::write(dir.path().join("chain.toml"), "steps = []\n").unwrap();
    fs::write(
        dir.path().join("log.jsonl"),
        "{\"input\":\"a.wav\",\"presentation\":1,\"draws\":[]}\n",
    )
    .unwrap();
    symlink("a.wav", dir.path().join("link.wav")).unwrap();
    for arguments in [
        &["features", "m.csv", "-o", "m.csv"][..],
        &[
            "features", "m.csv", "a.wav", "-o", "t.csv", "--plot", "m.csv",
        ],
        &["features", "a.wav", "--plot", "link.wav"],
        &["features", "in", "-o", "in/labels.csv"],
        &["features", "sound.csv", "m.csv", "-o", "m.csv"],
        &["augment", "a.wav", "a.wav"],
        &["augment", "a.wav", "link.wav"],
        &["augment", "a.wav", "out.wav", "--log", "a.wav"],
        &["augment", "a.wav", "out.wav", "--plot", "a.wav"],
        &[
            "augment",
            "a.wav",
            "out.wav",
            "--chain",
            "chain.toml",
            "--log",
            "chain.toml",
        ],
        &[
            "augment",
            "a.wav",
            "out.wav",
            "--replay",
            "log.jsonl",
            "--log",
            "log.jsonl",
        ],
        &["augment", "in", "in"],
    ] {
        let words = match arguments.contains(&"sound.csv") {
            true => "sound.csv",
            false => "which would be replaced",
        };
        let words = match arguments {
            ["augment", "in", "in"] => "whose files would be replaced",
            ["features", "in", ..] => "in a folder that is read",
            _ => words,
        };
        refused(dir.path(), arguments, words);
    }
    // Parts of a table would lie where an input does.
    refused(
        dir.path(),
        &["features", "in.csv.parts/c.wav", "-o", "in.csv"],
        "an input lies in it",
    );
    // Nor is a folder emptied that only has the name.
    let output = run(dir.path(), &["features", "a.wav", "-o", "in.csv"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("holds something else"));
    assert!(dir.path().join("in.csv.parts/c.wav").is_file());
    // An OUT that leads out by a link.
    fs::create_dir_all(dir.path().join("out")).unwrap();
    fs::create_dir_all(dir.path().join("elsewhere")).unwrap();
    tone(&dir.path().join("deep/sub/a.wav"));
    tone(&dir.path().join("deep/sub/b.wav"));
    symlink("../elsewhere", dir.path().join("out/sub")).unwrap();
    refused(
        dir.path(),
        &["augment", "deep", "out"],
        "leads out of it by a link",
    );
}

#[test]
fn neither_a_run_nor_a_model_nor_a_report_is_put_on_what_it_is_made_from() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    small_experiment(dir.path());
    refused(
        dir.path(),
        &["train", "--corpus", "corpus", "--out", "corpus"],
        "it is an input (the corpus",
    );
    refused(
        dir.path(),
        &["run", "small.toml", "--out", "corpus"],
        "it is an input (the corpus",
    );
    for name in [
        "noise/a.wav",
        "noise/b.wav",
        "model/copies/a.wav",
        "model/copies/b.wav",
    ] {
        tone(&dir.path().join(name));
    }
    refused(
        dir.path(),
        &["run", "small.toml", "--noise", "noise", "--out", "noise"],
        "it is an input (noise noise)",
    );
    // Frozen copies are removed after training, and these are noises.
    refused(
        dir.path(),
        &[
            "train",
            "--corpus",
            "corpus",
            "--augment",
            "--noise",
            "model/copies",
            "--out",
            "model",
        ],
        "an input lies in it",
    );
    refused(
        dir.path(),
        &[
            "reproduce",
            "table1",
            "--corpus",
            "corpus",
            "--robot",
            "noise",
            "--out",
            "noise",
        ],
        "it is an input (the robot's recordings",
    );
    let output = run(dir.path(), &["run", "small.toml", "--out", "corpus/runs/a"]);
    assert!(output.status.success(), "{}", stderr(&output));
    refused(
        dir.path(),
        &[
            "report",
            "corpus/runs/a",
            "corpus/runs/a",
            "--out",
            "corpus/runs/a/about.json",
        ],
        "which would be replaced",
    );
}

#[test]
fn tags_are_not_replaced_by_the_manifest_of_what_is_gathered() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("out")).unwrap();
    fs::write(dir.path().join("out/freesound.csv"), "wanted = []\n").unwrap();
    let output = crate::earnest(dir.path())
        .args([
            "noise",
            "freesound",
            "--out",
            "out",
            "--tags",
            "out/freesound.csv",
        ])
        .env("FREESOUND_TOKEN", "x")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--tags"), "{}", stderr(&output));
}
