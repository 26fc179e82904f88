//! What a terminal would obey never reaches it from names and labels; data keeps it in a pipe.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{run, small_experiment, stderr, stdout, synthesize, tone};

/// Moves the cursor, names the window, and turns the direction, by C0, C1 and Unicode.
const EVIL: &str = "x\u{1b}[2J\u{9b}1A\u{1b}]0;owned\u{7}\u{7f}\u{202e}vaw.gnp";
const SHOWN: &str = r"x\u{1b}[2J\u{9b}1A\u{1b}]0;owned\u{7}\u{7f}\u{202e}vaw.gnp";

/// True for what must not be printed in words.
fn obeyed(letter: char) -> bool {
    (letter.is_control() && letter != '\n') || ('\u{202a}'..='\u{202e}').contains(&letter)
}

/// What a terminal gets, without its own line ends; `None` where there is no `script`.
fn on_a_terminal(folder: &Path, arguments: &[&str]) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_earnest");
    let quoted: Vec<String> = arguments.iter().map(|a| format!("'{a}'")).collect();
    let line = format!("'{program}' {} 2>/dev/null", quoted.join(" "));
    let output = Command::new("script")
        .args(["-q", "-c", &line, "/dev/null"])
        .current_dir(folder)
        .env("XDG_CACHE_HOME", folder.join(".cache"))
        .env("TERM", "xterm")
        .env("COLUMNS", "300")
        .stdin(Stdio::null())
        .output();
    let Ok(output) = output else {
        println!("SKIPPED: there is no `script` here to make a terminal");
        return None;
    };
    Some(
        String::from_utf8(output.stdout)
            .unwrap()
            .replace("\r\n", "\n"),
    )
}

/// A corpus whose ids, speakers and labels are hostile, and its folder a collection of noises.
fn hostile(folder: &Path) {
    let mut table = String::from("path,speaker,emotion,id\n");
    for i in 0..4 {
        tone(&folder.join(format!("in/class\u{202e}es/{i}.wav")));
        table.push_str(&format!(
            "class\u{202e}es/{i}.wav,{EVIL}{},{},{EVIL}{i}\n",
            i % 2,
            ["angry", "an\u{1b}gry"][i / 2]
        ));
    }
    fs::write(folder.join("in/m.csv"), table).unwrap();
    tone(&folder.join("in").join(format!("{EVIL}.wav")));
}

#[test]
fn words_show_what_a_terminal_would_obey() {
    let dir = tempfile::tempdir().unwrap();
    hostile(dir.path());
    let missing = format!("{EVIL}.wav");
    for arguments in [
        &["corpus", "inspect", "in/m.csv"][..],
        &["corpus", "inspect", "in/m.csv", "--map", EVIL],
        &["corpus", "inspect", &missing],
        &["noise", "inspect", "in"],
        &["features", &missing, "-o", "t.csv"],
        &["features", "in", "-o", "t.csv"],
        &["features", "in/m.csv", "-o", EVIL],
        &["augment", "in/m.csv", "out", "--explain"],
        &[
            "train",
            "--corpus",
            "in/m.csv",
            "--leave-out",
            EVIL,
            "--out",
            "m",
        ],
        &["predict", "--model", EVIL, &missing],
        &[EVIL],
        &["features", "--jobs", EVIL],
    ] {
        let output = run(dir.path(), arguments);
        let said = format!("{}{}", stdout(&output), stderr(&output));
        assert!(!said.contains(obeyed), "{arguments:?}: {said:?}");
        assert!(said.contains(r"\u{202e}"), "{arguments:?}: {said}");
    }
}

#[test]
fn a_name_stays_on_its_line_of_a_table() {
    let dir = tempfile::tempdir().unwrap();
    tone(&dir.path().join("a.wav"));
    tone(&dir.path().join("b.wav"));
    fs::write(
        dir.path().join("m.csv"),
        "path,speaker,emotion\na.wav,\"ann\nbob\",angry\nb.wav,\"\tben\",sad\n",
    )
    .unwrap();
    let output = run(dir.path(), &["corpus", "inspect", "m.csv"]);
    assert!(stdout(&output).contains(r"ann\nbob"), "{}", stdout(&output));
}

#[test]
fn data_is_exact_in_a_pipe_and_shown_on_a_terminal() {
    let dir = tempfile::tempdir().unwrap();
    hostile(dir.path());
    synthesize(dir.path(), 4);
    small_experiment(dir.path());
    let made = run(dir.path(), &["run", "small.toml", "--out", "run"]);
    assert!(made.status.success(), "{}", stderr(&made));
    let model = "run/units/categorical-rnn-clean-fold_1F-seed_1";
    let wav = format!("in/{EVIL}.wav");
    let predict = ["predict", "--model", model, &wav];
    let json = [&predict[..], &["--json"]].concat();
    for arguments in [
        &predict[..],
        &json,
        &["corpus", "inspect", "in/m.csv", "--json"],
    ] {
        let output = run(dir.path(), arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        let piped = stdout(&output);
        assert!(piped.contains('\u{202e}'), "{piped}");
        if arguments == predict {
            assert!(piped.contains(EVIL), "{piped}");
        } else {
            for line in piped.lines().take(usize::from(arguments == json)) {
                let value: serde_json::Value = serde_json::from_str(line).unwrap();
                assert_eq!(value["file"], wav.as_str());
            }
        }
        let Some(shown) = on_a_terminal(dir.path(), arguments) else {
            return;
        };
        assert!(!shown.contains(obeyed), "{shown:?}");
        assert!(shown.contains(r"\u{202e}"), "{shown}");
        if arguments == predict {
            assert!(shown.contains(SHOWN), "{shown}");
        }
    }
}
