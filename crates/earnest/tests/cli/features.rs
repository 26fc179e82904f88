//! `earnest features`.

use std::path::Path;
use std::time::{Duration, Instant};

use earnest_audio::{SampleFormat, write_wav};
use earnest_signal::Waveform;

use crate::{earnest, run, stderr, stdout, synthesize};

/// A buzzing tone whose pitch wanders.
fn buzz(path: &Path, seconds: f64) {
    let mut phase = 0.0_f64;
    let samples = (0..(seconds * 16_000.0) as usize)
        .map(|i| {
            let t = i as f64 / 16_000.0;
            phase = (phase + (140.0 + 30.0 * (2.0 * t).sin()) / 16_000.0).fract();
            (0.4 * (1.0 - 2.0 * phase)) as f32
        })
        .collect();
    write_wav(path, &Waveform::new(samples, 16_000), SampleFormat::Int16).unwrap();
}

#[test]
fn a_folder_becomes_a_table_with_opensmiles_column_names() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    let output = run(dir.path(), &["features", "corpus", "-o", "all.csv"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stdout(&output).contains("32 descriptors from 50 files"),
        "{}",
        stdout(&output)
    );
    let mut reader = csv::Reader::from_path(dir.path().join("all.csv")).unwrap();
    let header: Vec<String> = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    assert_eq!(
        [&header[0], &header[1], &header[2], &header[3], &header[22]],
        [
            "file",
            "start",
            "end",
            "Loudness_sma3",
            "F0semitoneFrom27.5Hz_sma3nz"
        ]
    );
    assert_eq!(header.len(), 3 + 32);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!([&rows[1][1], &rows[1][2]], ["0.01", "0.07"]);
    assert!(!dir.path().join("all.csv.parts").exists());

    // The stock set has its 23 columns, and the same numbers in them.
    let output = run(
        dir.path(),
        &[
            "features",
            "corpus",
            "-o",
            "stock.csv",
            "--set",
            "egemaps-v01a",
        ],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let mut stock = csv::Reader::from_path(dir.path().join("stock.csv")).unwrap();
    let names: Vec<String> = stock.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(names.len(), 3 + 23);
    for (a, b) in rows.iter().zip(stock.records()) {
        let b = b.unwrap();
        for (name, x) in names.iter().zip(&b) {
            let place = header.iter().position(|h| h == name).unwrap();
            assert_eq!(&a[place], x, "{name}");
        }
    }
}

#[test]
fn parquet_holds_what_csv_holds() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;
    let dir = tempfile::tempdir().unwrap();
    buzz(&dir.path().join("a, \"b\".wav"), 1.0);
    for out in ["t.csv", "t.parquet"] {
        let output = run(dir.path(), &["features", "a, \"b\".wav", "-o", out]);
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let mut csv = csv::Reader::from_path(dir.path().join("t.csv")).unwrap();
    let file = std::fs::File::open(dir.path().join("t.parquet")).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let mut rows = 0;
    for (a, b) in csv.records().zip(reader.get_row_iter(None).unwrap()) {
        let (a, b) = (a.unwrap(), b.unwrap());
        assert_eq!(&a[0], b.get_string(0).unwrap());
        assert_eq!(a[1].parse::<f64>().unwrap(), b.get_double(1).unwrap());
        for column in 3..35 {
            assert_eq!(
                a[column].parse::<f32>().unwrap(),
                b.get_float(column).unwrap()
            );
        }
        rows += 1;
    }
    assert_eq!(rows, 96);
}

#[test]
fn one_bad_file_does_not_stop_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    buzz(&dir.path().join("good.wav"), 0.5);
    buzz(&dir.path().join("short.wav"), 0.05);
    std::fs::write(dir.path().join("not-audio.wav"), "hello").unwrap();
    std::fs::write(
        dir.path().join("list.csv"),
        "path,speaker\ngood.wav,x\nshort.wav,x\nnot-audio.wav,y\nmissing.wav,y\n",
    )
    .unwrap();
    let output = run(dir.path(), &["features", "list.csv", "-o", "t.csv"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    for words in [
        "short.wav is shorter than 60 ms",
        "not-audio.wav is not audio",
        "missing.wav: No such file",
        "3 of 4 files could not be used",
    ] {
        assert!(said.contains(words), "{words:?} is not in:\n{said}");
    }
    let table = std::fs::read_to_string(dir.path().join("t.csv")).unwrap();
    assert_eq!(table.lines().count(), 1 + 46);
}

#[test]
fn asking_for_features_wrongly_is_answered() {
    let dir = tempfile::tempdir().unwrap();
    buzz(&dir.path().join("a.wav"), 0.2);
    buzz(&dir.path().join("b.wav"), 0.2);
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    std::fs::write(dir.path().join("list.csv"), "recording\na.wav\n").unwrap();
    for (arguments, words) in [
        (vec!["a.wav", "-o", "t.txt"], "must end in .csv or .parquet"),
        (vec!["a.wav"], "--output"),
        (
            vec!["a.wav", "b.wav", "--plot", "p.svg"],
            "--plot draws one whole file; 2 files or stretches were given",
        ),
        (vec!["empty", "-o", "t.csv"], "no audio file below empty"),
        (
            vec!["list.csv", "-o", "t.csv"],
            "no column path (or file_name, file, filename, audio, wav); it has recording",
        ),
    ] {
        let mut all = vec!["features"];
        all.extend(&arguments);
        let output = run(dir.path(), &all);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = stderr(&output);
        assert!(said.contains(words), "{words:?} is not in:\n{said}");
    }
}

#[test]
fn killed_in_the_middle_it_goes_on_and_the_table_is_the_same() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("in")).unwrap();
    for i in 0..12 {
        buzz(&dir.path().join(format!("in/{i:02}.wav")), 40.0);
    }
    let whole = run(dir.path(), &["features", "in", "-o", "whole.csv"]);
    assert!(whole.status.success(), "{}", stderr(&whole));

    let arguments = ["features", "in", "-o", "cut.csv", "--jobs", "1"];
    let mut child = earnest(dir.path())
        .args(arguments)
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let parts = dir.path().join("cut.csv.parts");
    let finished = || {
        std::fs::read_dir(&parts).map_or(0, |entries| {
            let done = |e: &std::fs::DirEntry| {
                let (path, name) = (e.path(), e.file_name());
                let own = name == "request" || name == ".earnest-writing";
                path.extension().is_none() && !own
            };
            entries.flatten().filter(done).count()
        })
    };
    let started = Instant::now();
    while finished() < 3 && started.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(
        !dir.path().join("cut.csv").exists(),
        "it was too quick to be killed"
    );
    let kept = finished();
    assert!(kept >= 3);

    let output = run(dir.path(), &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    // Only what was missing was worked on: 40 s and a row, each file.
    let fresh = format!("({:.0} s of audio", 40.0 * (12 - kept) as f64);
    assert!(
        stdout(&output).contains(&fresh),
        "{} for {kept} kept",
        stdout(&output)
    );
    let read = |name: &str| std::fs::read(dir.path().join(name)).unwrap();
    assert!(read("cut.csv") == read("whole.csv"));
}

#[test]
fn the_picture_shows_spectrogram_formants_pitch_and_loudness() {
    let dir = tempfile::tempdir().unwrap();
    buzz(&dir.path().join("a.wav"), 0.5);
    let output = run(
        dir.path(),
        &["features", "a.wav", "--plot", "a.svg", "--mode", "accurate"],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let svg = std::fs::read_to_string(dir.path().join("a.svg")).unwrap();
    assert!(svg.contains("data:image/png;base64,"));
    for label in [
        "frequency / Hz",
        "F0 / Hz",
        "loudness",
        "time / s",
        "F1",
        "F3",
    ] {
        assert!(svg.contains(label), "{label}");
    }
}

#[test]
fn a_manifest_may_call_its_files_as_a_corpus_may_and_be_jsonl() {
    let dir = tempfile::tempdir().unwrap();
    buzz(&dir.path().join("a.wav"), 0.2);
    for column in ["path", "file_name", "file", "filename", "audio", "wav"] {
        let list = dir.path().join("list.csv");
        std::fs::write(list, format!("{column},note\na.wav,x\n")).unwrap();
        let output = run(dir.path(), &["features", "list.csv", "-o", "t.csv"]);
        assert!(output.status.success(), "{column}: {}", stderr(&output));
    }
    // As segmented tables of whole files are, too.
    std::fs::write(
        dir.path().join("list.csv"),
        "file,start,end\na.wav,0 days,NaT\n".replace("0 days", "0 days 00:00:00"),
    )
    .unwrap();
    let output = run(dir.path(), &["features", "list.csv", "-o", "t.csv"]);
    assert!(output.status.success(), "{}", stderr(&output));
    std::fs::write(dir.path().join("list.jsonl"), "{\"file\": \"a.wav\"}\n").unwrap();
    let output = run(dir.path(), &["features", "list.jsonl", "-o", "t.csv"]);
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn what_cannot_be_listed_is_named_and_the_other_files_are_done() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("in");
    std::fs::create_dir(&folder).unwrap();
    buzz(&folder.join("a.wav"), 0.2);
    buzz(&folder.join("b.wav"), 0.2);
    buzz(&folder.join(std::ffi::OsStr::from_bytes(b"\xff.wav")), 0.2);
    symlink("nowhere", folder.join("gone.wav")).unwrap();
    symlink(".", folder.join("up")).unwrap();
    for arguments in [
        ["features", "in", "-o", "t.csv"].as_slice(),
        &["augment", "in", "out"],
    ] {
        let output = run(dir.path(), arguments);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        for words in [
            "in/gone.wav: link that leads nowhere",
            "in/up: folder that cannot be listed",
            "name that cannot be used",
            "3 folders, links, names or lines could not be listed",
        ] {
            assert!(said.contains(words), "{words:?} is not in:\n{said}");
        }
    }
    let table = std::fs::read_to_string(dir.path().join("t.csv")).unwrap();
    assert!(
        table.contains("in/a.wav") && table.contains("in/b.wav"),
        "{table}"
    );
    assert!(dir.path().join("out/a.wav").is_file() && dir.path().join("out/b.wav").is_file());
}

/// A table that a command writes: its header, and its rows.
fn table(folder: &Path, arguments: &[&str]) -> (Vec<String>, Vec<Vec<String>>) {
    let all = [&["features"], arguments, &["-o", "t.csv"]].concat();
    let output = run(folder, &all);
    assert!(output.status.success(), "{all:?}: {}", stderr(&output));
    let mut reader = csv::Reader::from_path(folder.join("t.csv")).unwrap();
    let cells = |r: &csv::StringRecord| r.iter().map(str::to_owned).collect::<Vec<_>>();
    let header = cells(reader.headers().unwrap());
    let rows = reader.records().map(|r| cells(&r.unwrap())).collect();
    (header, rows)
}

#[test]
fn functionals_are_a_row_for_a_file_a_stretch_or_a_window_that_slides() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    buzz(&at("a.wav"), 2.0);
    let functionals = ["--level", "functionals"];
    let (header, rows) = table(dir.path(), &[&["a.wav"], &functionals[..]].concat());
    assert_eq!(header.len(), 3 + 88);
    assert_eq!(header[3], "F0semitoneFrom27.5Hz_sma3nz_amean");
    assert_eq!(header[90], "equivalentSoundLevel_dBp");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0][1..3], ["0.00", "2.00"]);

    // A stretch has the functionals of a file that holds only it.
    let all = earnest_audio::read(at("a.wav")).unwrap();
    let part = all.samples()[8_000..24_000].to_vec();
    write_wav(
        at("part.wav"),
        &Waveform::new(part, 16_000),
        SampleFormat::Int16,
    )
    .unwrap();
    std::fs::write(
        at("list.csv"),
        "path,start,end\na.wav,0.5,1.5\na.wav,1.0,2.0\npart.wav,,\n",
    )
    .unwrap();
    let (_, parts) = table(dir.path(), &[&["list.csv"], &functionals[..]].concat());
    assert_eq!(parts[0][1..3], ["0.50", "1.50"]);
    assert_eq!(parts[1][1..3], ["1.00", "2.00"]);
    assert_eq!(parts[0][3..], parts[2][3..]);
    assert_ne!(parts[0][3..], parts[1][3..]);

    // So has a window.
    let sliding = [
        &["a.wav"],
        &functionals[..],
        &["--sliding", "1", "--every", "0.5"],
    ]
    .concat();
    let (_, windows) = table(dir.path(), &sliding);
    assert_eq!(windows.len(), 3);
    assert_eq!(windows[1], parts[0]);
    let (_, apart) = table(dir.path(), &sliding[..5]);
    assert_eq!(apart.len(), 2);

    // Descriptors of stretches count from the beginning of the file.
    let (header, rows) = table(dir.path(), &["list.csv", "--set", "egemaps-v02"]);
    assert_eq!(header.len(), 3 + 25);
    assert_eq!(rows[0][1..3], ["0.50", "0.56"]);
    let (header, rows) = table(dir.path(), &["a.wav", "--set", "logmel"]);
    assert!(header.len() > 20 && rows[1][1] == "0.01", "{header:?}");

    for (flags, words) in [
        (&["--sliding", "2"][..], "--sliding has no effect"),
        (
            &["--level", "functionals", "--set", "lld32"],
            "not of lld32",
        ),
        (
            &["--level", "functionals", "--mode", "accurate"],
            "--mode has no effect",
        ),
        (
            &["--level", "functionals", "--sliding", "0.01"],
            "--sliding is 0.01; it must lie",
        ),
        (&["--set", "functionals"], "ask for --level functionals"),
        (
            &["--set", "egemaps-v02", "--window", "25ms"],
            "--window has no effect",
        ),
    ] {
        let output = run(
            dir.path(),
            &[&["features", "a.wav", "-o", "x.csv"], flags].concat(),
        );
        assert_eq!(output.status.code(), Some(2), "{flags:?}");
        assert!(
            stderr(&output).contains(words),
            "{flags:?}: {}",
            stderr(&output)
        );
    }
}
