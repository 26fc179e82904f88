//! No cell of a table is a formula to a spreadsheet, and each is read again as what it was.

use std::fs;
use std::path::Path;

use crate::{run, small_experiment, stderr, stdout, tone};

/// The cells of a CSV, that a spreadsheet would compute.
fn formulas(path: &Path) -> Vec<String> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let mut found = Vec::new();
    for record in reader.records() {
        found.extend(record.unwrap().iter().filter_map(|cell| {
            let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
            (formula && cell.parse::<f64>().is_err()).then(|| cell.to_owned())
        }));
    }
    found
}

const NAMES: [&str; 4] = ["=1+1.wav", "+a.wav", "-b.wav", "@SUM(A1).wav"];

#[test]
fn files_that_are_called_like_formulas_are_named_as_files_in_this_folder() {
    let dir = tempfile::tempdir().unwrap();
    NAMES.iter().for_each(|name| tone(&dir.path().join(name)));
    let arguments = [&["features", "-o", "t.csv", "--"], &NAMES[..]].concat();
    let output = run(dir.path(), &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let table = dir.path().join("t.csv");
    assert_eq!(formulas(&table), [] as [String; 0]);
    // Numbers stay numbers: some are negative.
    let text = fs::read_to_string(&table).unwrap();
    assert!(text.contains("\n./=1+1.wav,0.00,0.06,"), "{text}");
    assert!(text.contains(",-"), "{text}");
}

#[test]
fn hostile_ids_and_speakers_go_through_an_experiment_and_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut table = String::from("path,speaker,emotion,id\n");
    let speakers = ["=anna", "''+ben", "-carl", "@dora", "eva", "fritz"];
    for (s, speaker) in speakers.iter().enumerate() {
        for (e, emotion) in ["angry", "happy", "neutral", "sad"].iter().enumerate() {
            let name = format!("={s}-{e}.wav");
            crate::tone_of(&dir.path().join(&name), 0.02 + 0.01 * (4 * s + e) as f32);
            table.push_str(&format!("{name},{speaker},{emotion},@{s}-{e}\n"));
        }
    }
    fs::write(dir.path().join("m.csv"), table).unwrap();
    small_experiment(dir.path());
    let arguments = [
        "run",
        "small.toml",
        "--corpus",
        "m.csv",
        "--folds",
        "all",
        "--out",
        "run",
    ];
    let output = run(dir.path(), &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let mut seen = String::new();
    for entry in walkdir::WalkDir::new(dir.path().join("run")) {
        let path = entry.unwrap().into_path();
        if path.extension().is_some_and(|e| e == "csv") {
            assert_eq!(formulas(&path), [] as [String; 0], "{}", path.display());
            seen.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
    for cell in [",'@0-0,'=anna,", ",'@1-1,''+ben,", ",'@5-3,fritz,"] {
        assert!(seen.contains(cell), "no {cell}");
    }
    // What is read again counts speakers as before.
    let tables = fs::read(dir.path().join("run/tables.csv")).unwrap();
    let report = fs::read_to_string(dir.path().join("run/report.html")).unwrap();
    assert!(run(dir.path(), &["report", "run"]).status.success());
    assert!(fs::read(dir.path().join("run/tables.csv")).unwrap() == tables);
    assert!(fs::read_to_string(dir.path().join("run/report.html")).unwrap() == report);

    // What predict prints is a manifest, whose files are these.
    let model = fs::read_dir(dir.path().join("run/units"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .next()
        .unwrap();
    let model = model.to_str().unwrap().to_owned();
    let output = run(
        dir.path(),
        &["predict", "--model", &model, "=0-0.wav", "=1-1.wav"],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let answers = dir.path().join("answers.csv");
    fs::write(&answers, stdout(&output)).unwrap();
    assert_eq!(formulas(&answers), [] as [String; 0]);
    let again = run(dir.path(), &["features", "answers.csv", "-o", "t.parquet"]);
    assert!(again.status.success(), "{}", stderr(&again));
    assert!(
        stdout(&again).contains("from 2 files"),
        "{}",
        stdout(&again)
    );
}
