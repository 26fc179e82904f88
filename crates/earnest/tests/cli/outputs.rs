//! Outputs never land on inputs, through links neither, and stay in the folder they are meant for.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::{run, small_experiment, stderr, synthesize, tone};

/// All files below a folder, not through links, with their bytes; but for the user's cache.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .map(Result::unwrap)
        .filter(|e| {
            e.file_type().is_file() && !e.path().components().any(|c| c.as_os_str() == ".cache")
        })
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

/// A corpus, its playlist, and a recording of it that a robot made.
fn played(folder: &Path) -> String {
    synthesize(folder, 4);
    let output = run(folder, &["scene", "playlist", "corpus", "list"]);
    assert!(output.status.success(), "{}", stderr(&output));
    fs::copy(folder.join("list/playlist-01.wav"), folder.join("log.wav")).unwrap();
    let table = fs::read_to_string(folder.join("list/playlist-01.csv")).unwrap();
    let first = table.lines().find(|l| l.contains(".wav")).unwrap();
    first.split(',').nth(1).unwrap().to_owned()
}

#[test]
fn an_alignment_replaces_nothing_but_what_an_earlier_one_wrote() {
    let dir = tempfile::tempdir().unwrap();
    let path = played(dir.path());
    let align = |out| ["scene", "align", "log.wav", "list/playlist-01.wav", out];
    refused(dir.path(), &align("corpus"), "would be replaced");
    tone(&dir.path().join("mine").join(&path));
    refused(dir.path(), &align("mine"), "would be replaced");
    fs::create_dir_all(dir.path().join("notes")).unwrap();
    fs::write(dir.path().join("notes/align-playlist-01.csv"), "my,notes\n").unwrap();
    refused(dir.path(), &align("notes"), "align-playlist-01.csv");
    // What it wrote itself, it writes again.
    for _ in 0..2 {
        let output = run(dir.path(), &align("robot"));
        assert!(output.status.success(), "{}", stderr(&output));
    }
    fs::remove_file(dir.path().join("robot/align-playlist-01.csv")).unwrap();
    refused(dir.path(), &align("robot"), "would be replaced");
}

#[test]
fn a_playlist_replaces_no_file_of_ones_own_that_is_called_alike() {
    let dir = tempfile::tempdir().unwrap();
    played(dir.path());
    tone(&dir.path().join("mine/playlist-01.wav"));
    refused(
        dir.path(),
        &["scene", "playlist", "corpus", "mine"],
        "playlist-01.wav",
    );
    fs::create_dir_all(dir.path().join("table")).unwrap();
    fs::write(dir.path().join("table/playlist-01.csv"), "song,artist\n").unwrap();
    refused(
        dir.path(),
        &["scene", "playlist", "corpus", "table"],
        "playlist-01.csv",
    );
    let output = run(dir.path(), &["scene", "playlist", "corpus", "list"]);
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn a_run_removes_and_replaces_nothing_that_no_run_wrote() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    small_experiment(dir.path());
    let here = |name: &str| dir.path().join(name);
    fs::create_dir_all(here("model/copies")).unwrap();
    fs::write(here("model/copies/thesis.txt"), "x").unwrap();
    let train = [
        "train",
        "--corpus",
        "corpus",
        "--network",
        "cnn",
        "--max-epochs",
        "1",
        "--augment",
        "--copies",
        "1",
        "--out",
        "model",
    ];
    let output = run(dir.path(), &train);
    assert!(output.status.success(), "{}", stderr(&output));
    let left: Vec<_> = fs::read_dir(here("model/copies")).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(here("model/copies/thesis.txt").is_file());
    // Its own copies it does remove.
    let mut other = train;
    other[11] = "other";
    assert!(run(dir.path(), &other).status.success());
    assert!(!here("other/copies").exists());
    for name in ["report.html", "results.csv", "about.json", "tables.md"] {
        let folder = here("out");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), "mine").unwrap();
        refused(dir.path(), &["run", "small.toml", "--out", "out"], name);
        fs::remove_dir_all(folder).unwrap();
    }
    fs::create_dir_all(here("weights")).unwrap();
    fs::write(here("weights/model.safetensors"), "mine").unwrap();
    let mut third = train;
    third[11] = "weights";
    refused(dir.path(), &third, "model.safetensors");
}

#[test]
fn an_experiment_of_ones_own_is_not_replaced_by_the_run_that_it_describes() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    small_experiment(dir.path());
    let text = fs::read_to_string(dir.path().join("small.toml")).unwrap();
    fs::write(dir.path().join("experiment.toml"), format!("# why\n{text}")).unwrap();
    refused(
        dir.path(),
        &["run", "experiment.toml", "--out", "."],
        "experiment.toml",
    );
    // A run goes on from its own.
    for file in ["small.toml", "runs/a/experiment.toml"] {
        let go = ["run", file, "--folds", "1F", "--out", "runs/a"];
        let output = run(dir.path(), &go);
        assert!(output.status.success(), "{}", stderr(&output));
    }
    // Units without their experiment are nobody's.
    fs::remove_file(dir.path().join("runs/a/experiment.toml")).unwrap();
    refused(
        dir.path(),
        &[
            "run",
            "small.toml",
            "--folds",
            "1F",
            "--seed",
            "7",
            "--out",
            "runs/a",
        ],
        "experiment.toml",
    );
}

#[test]
fn two_outputs_are_never_one_file() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    for name in ["a.wav", "in/a.wav", "in/b.wav"] {
        tone(&dir.path().join(name));
    }
    let speech = "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav";
    let plot = |name: &str| format!("scene/{name}");
    for arguments in [
        &["augment", "a.wav", "o.wav", "--log", "o.wav"][..],
        &["augment", "a.wav", "o.wav", "--plot", "./o.wav"],
        &["augment", "a.wav", "o.wav", "--log", "x", "--plot", "x"],
        &["augment", "in", "out", "--log", "out/b.wav"],
        &["features", "a.wav", "-o", "x.csv", "--plot", "x.csv"],
        &[
            "features",
            "a.wav",
            "-o",
            "x.csv",
            "--plot",
            "x.csv.parts/request",
        ],
        &[
            "scene",
            "simulate",
            "corpus",
            "scene",
            "--plot",
            &plot("scene.toml"),
        ],
        &[
            "scene",
            "simulate",
            "corpus",
            "scene",
            "--plot",
            &plot("scene.jsonl"),
        ],
        &[
            "scene",
            "simulate",
            "corpus",
            "scene",
            "--plot",
            &plot(speech),
        ],
    ] {
        refused(dir.path(), arguments, "two outputs");
    }
}
