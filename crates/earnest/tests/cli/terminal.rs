//! What stands on a terminal, and what becomes of output that nobody reads.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use earnest_audio::{SampleFormat, write_wav};
use earnest_signal::Waveform;

use crate::{earnest, run, small_experiment, stderr, synthesize};

/// A corpus, a finished run of a small experiment on it and another that differs, a trained
/// model, noises and rooms.
fn everything(folder: &Path) {
    synthesize(folder, 8);
    small_experiment(folder);
    let toml = fs::read_to_string(folder.join("small.toml")).unwrap();
    let quick = toml.replace("max_epochs = 6", "max_epochs = 1");
    let trainings = "trainings = [\"clean\", \"augmented\"]";
    assert!(quick.contains(trainings));
    let both_tasks = quick.replace("[\"categorical\"]", "[\"categorical\", \"dimensional\"]");
    let table2 = "trainings = [\"clean\", \"augmented\", \"without:noise\"]";
    fs::write(
        folder.join("one.toml"),
        both_tasks.replace(trainings, table2),
    )
    .unwrap();
    fs::write(
        folder.join("two.toml"),
        quick.replace("seed = 1", "seed = 2"),
    )
    .unwrap();
    for name in ["one", "two"] {
        let file = format!("{name}.toml");
        let output = run(folder, &["run", &file, "--out", name]);
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let unit = fs::read_dir(folder.join("one/units"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .find(|p| p.ends_with("categorical-rnn-augmented-fold_1F-seed_1"))
        .unwrap();
    fs::rename(unit, folder.join("model")).unwrap();
    for (folder, name) in [
        (folder.join("noises/a_class_with_a_very_long_name"), "b.wav"),
        (folder.join("noises/siren"), "a.wav"),
    ] {
        fs::create_dir_all(&folder).unwrap();
        let hiss = (0..32_000)
            .map(|i| 0.1 * ((i * 7919 % 211) as f32 / 105.0 - 1.0))
            .collect();
        write_wav(
            folder.join(name),
            &Waveform::at_16k(hiss),
            SampleFormat::Int16,
        )
        .unwrap();
    }
    fs::create_dir_all(folder.join("rooms")).unwrap();
    let response = (0..16_000)
        .map(|i| {
            let noise = ((i * 7919 + i * i % 97) % 211) as f32 / 105.0 - 1.0;
            let decay = 10.0_f32.powf(-3.0 * i as f32 / 8_000.0);
            if i < 80 { 0.0 } else { noise * decay }
        })
        .collect();
    write_wav(
        folder.join("rooms/a_long_corridor_in_an_old_house_left.wav"),
        &Waveform::at_16k(response),
        SampleFormat::Float32,
    )
    .unwrap();
}

/// What a command line shows on a terminal of so many columns, or `None` without `script`
/// (util-linux), which makes one.
fn on_a_terminal(folder: &Path, columns: usize, arguments: &[&str]) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_earnest");
    let line = format!(
        "stty rows 24 cols {columns}; '{program}' {}",
        arguments.join(" ")
    );
    let output = Command::new("script")
        .args(["-q", "-e", "-c", &line, "/dev/null"])
        .current_dir(folder)
        .env_remove("COLUMNS")
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .output();
    let Ok(output) = output else {
        println!("SKIPPED: there is no `script` here to make a terminal");
        return None;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{arguments:?}: {text}");
    Some(seen(&text))
}

/// A terminal's text without the sequences that move its cursor and clear its lines, each of
/// which begins a line of its own here.
fn seen(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| c.is_ascii_alphabetic()).unwrap();
        out.push('\n');
        out.push_str(&part[end + 1..]);
    }
    out
}

/// The lines of all tables of an output: those around each rule under a header. Rows are known
/// by their first cells.
fn table_lines<'a>(text: &'a str, firsts: &[String]) -> (usize, Vec<&'a str>) {
    let lines: Vec<&str> = text.lines().map(|l| l.trim_end_matches('\r')).collect();
    let is_row = |l: &&&str| firsts.iter().any(|f| l.trim_start().starts_with(f));
    let mut found = Vec::new();
    let mut tables = 0;
    for (i, line) in lines.iter().enumerate() {
        if line.starts_with('─') {
            tables += 1;
            found.extend([lines[i - 1], line]);
            let rows: Vec<&str> = lines[i + 1..].iter().take_while(is_row).copied().collect();
            assert!(!rows.is_empty(), "{text}");
            found.extend(rows);
        }
    }
    (tables, found)
}

/// What the rows of an output begin with, where it is whole: all of them begin with blanks.
fn first_cells(whole: &str) -> Vec<String> {
    let lines: Vec<&str> = whole.lines().collect();
    let rules = lines.iter().enumerate().filter(|(_, l)| l.starts_with('─'));
    rules
        .flat_map(|(i, _)| lines[i + 1..].iter().take_while(|l| l.starts_with("  ")))
        .map(|row| format!("{}  ", row.trim_start().split("  ").next().unwrap()))
        .collect()
}

#[test]
fn every_table_fits_a_terminal_of_80_and_of_60_columns_and_a_pipe_gets_100() {
    let dir = tempfile::tempdir().unwrap();
    everything(dir.path());
    for (tables, command) in [
        (2, vec!["corpus", "inspect", "corpus"]),
        (1, vec!["noise", "inspect", "noises"]),
        (1, vec!["rooms", "inspect", "rooms"]),
        (1, vec!["plan", "one.toml", "--out", "one"]),
        // Tables I and II of two tasks, how far probabilities can be trusted, recall by group.
        (5, vec!["report", "one"]),
        (1, vec!["report", "one", "two"]),
        (
            2,
            vec![
                "evaluate",
                "--model",
                "model",
                "--corpus",
                "corpus",
                "--speakers",
                "1F",
            ],
        ),
    ] {
        let Some(text) = on_a_terminal(dir.path(), 300, &command) else {
            return;
        };
        let firsts = first_cells(&text);
        let (whole, lines) = table_lines(&text, &firsts);
        assert_eq!(whole, tables, "{command:?}: {text}");
        let cells: Vec<&str> = lines
            .iter()
            .flat_map(|l| l.split("  "))
            .map(str::trim)
            .filter(|c| !c.is_empty() && !c.starts_with('─'))
            .collect();
        assert!(cells.len() > 5, "{command:?}: {text}");
        for columns in [100, 80, 60] {
            let shown = match columns {
                100 => String::from_utf8(run(dir.path(), &command).stdout).ok(),
                _ => on_a_terminal(dir.path(), columns, &command),
            };
            let shown = shown.unwrap();
            let (parts, lines) = table_lines(&shown, &firsts);
            assert!(parts >= tables, "{command:?}: {shown}");
            for line in lines {
                assert!(
                    line.chars().count() <= columns,
                    "{columns} columns, {command:?}:\n{shown}"
                );
            }
            for cell in &cells {
                assert!(shown.contains(cell), "{cell:?} is not in\n{shown}");
            }
        }
    }
}

#[test]
fn columns_says_how_wide_a_terminal_is_where_it_is_set() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    let program = env!("CARGO_BIN_EXE_earnest");
    let line = format!("stty cols 200; COLUMNS=60 '{program}' corpus inspect corpus");
    let Ok(output) = Command::new("script")
        .args(["-q", "-e", "-c", &line, "/dev/null"])
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .output()
    else {
        println!("SKIPPED: there is no `script` here to make a terminal");
        return;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    let piped = run(dir.path(), &["corpus", "inspect", "corpus"]);
    let firsts = first_cells(&String::from_utf8(piped.stdout).unwrap());
    let (tables, lines) = table_lines(&text, &firsts);
    assert_eq!(tables, 3, "{text}");
    assert!(lines.iter().all(|l| l.chars().count() <= 60), "{text}");
}

#[test]
fn a_units_bar_has_a_third_of_the_terminal_however_long_its_name_is() {
    let dir = tempfile::tempdir().unwrap();
    synthesize(dir.path(), 4);
    small_experiment(dir.path());
    let command = ["run", "small.toml", "--out", "out"];
    let Some(shown) = on_a_terminal(dir.path(), 80, &command) else {
        return;
    };
    let bars: Vec<&str> = shown
        .split(['\r', '\n'])
        .filter(|l| l.contains("epochs, loss"))
        .collect();
    assert!(!bars.is_empty(), "{shown}");
    for bar in bars {
        let cells = bar.chars().filter(|c| ['█', '░'].contains(c)).count();
        assert!(3 * cells >= 80, "{cells} cells: {bar}");
    }
    assert!(shown.contains("categorical-rnn-augmented-fold_"), "{shown}");
}

/// A table of a corpus with more to say than a pipe holds (64 KiB).
fn many_rows(folder: &Path) {
    let mut table = String::from("path,speaker,emotion\n");
    for (i, class) in ["angry", "happy", "sad"].iter().enumerate() {
        let tone = (0..3200).map(|k| (k as f32 * 0.01 * (i + 5) as f32).sin() * 0.2);
        let wave = Waveform::at_16k(tone.collect());
        write_wav(folder.join(format!("{i}.wav")), &wave, SampleFormat::Int16).unwrap();
        table.push_str(&format!("{i}.wav,s{i},{class}\n"));
    }
    for i in 0..1500 {
        table.push_str(&format!("no_such_file_{i}.wav,s{},angry\n", i % 3));
    }
    fs::write(folder.join("many.csv"), table).unwrap();
}

/// Folders and a file with long names, so that few rows are much text.
fn long_names(folder: &Path) -> String {
    let part = "a_folder_with_a_long_name_".repeat(8);
    let inner = folder.join("wavs").join(&part).join(&part).join(&part);
    fs::create_dir_all(&inner).unwrap();
    for i in 0..120 {
        let samples = (0..3200).map(|k| (k as f32 * 0.1).sin() * 0.2).collect();
        let wave = Waveform::at_16k(samples);
        write_wav(inner.join(format!("{i}.wav")), &wave, SampleFormat::Int16).unwrap();
    }
    format!("wavs/{part}/{part}/{part}")
}

#[test]
fn a_reader_who_has_seen_enough_ends_the_program_quietly() {
    let dir = tempfile::tempdir().unwrap();
    everything(dir.path());
    many_rows(dir.path());
    let wavs = long_names(dir.path());
    for (reads, command) in [
        (true, vec!["corpus", "inspect", "many.csv", "--json"]),
        (
            true,
            vec!["corpus", "inspect", "many.csv", "--all-problems"],
        ),
        (true, vec!["predict", "--model", "model", wavs.as_str()]),
        // What these print a pipe holds: nobody listens from the beginning.
        (false, vec!["report", "one"]),
        (false, vec!["report", "one", "two"]),
        (false, vec!["plan", "one.toml", "--out", "one", "--units"]),
        (false, vec!["noise", "inspect", "noises", "--json"]),
    ] {
        let mut child = earnest(dir.path())
            .args(&command)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::with_capacity(16, child.stdout.take().unwrap());
        if reads {
            let mut line = String::new();
            out.read_line(&mut line).unwrap();
            assert!(!line.is_empty(), "{command:?}");
        }
        drop(out);
        let mut said = String::new();
        let mut err = child.stderr.take().unwrap();
        err.read_to_string(&mut said).unwrap();
        let status = child.wait().unwrap();
        // How far it has come may be said there, and nothing else.
        let other: Vec<&str> = said
            .lines()
            .filter(|line| {
                !["decoding", "extracting", "looking into", "note: "]
                    .iter()
                    .any(|stage| line.starts_with(stage))
            })
            .collect();
        assert!(other.is_empty(), "{command:?}: {said}");
        assert_eq!(status.code(), Some(0), "{command:?}: {said}");
    }
}

#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let dir = tempfile::tempdir().unwrap();
    everything(dir.path());
    let wavs = long_names(dir.path());
    for command in [
        vec!["corpus", "inspect", "corpus", "--json"],
        vec!["corpus", "inspect", "corpus"],
        vec!["predict", "--model", "model", wavs.as_str()],
        vec!["report", "one"],
        vec!["plan", "one.toml", "--out", "one", "--units"],
    ] {
        let Ok(full) = File::options().write(true).open("/dev/full") else {
            println!("SKIPPED: there is no /dev/full here");
            return;
        };
        let output = earnest(dir.path())
            .args(&command)
            .stdout(full)
            .output()
            .unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{command:?}: {said}");
        assert!(said.contains("cannot write to standard output"), "{said}");
    }
}
