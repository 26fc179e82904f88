//! Our descriptors beside openSMILE's own output, column by column: on signals of our own
//! that travel with the crate (`tests/reference`; `v02` in it for eGeMAPSv02), and on speech and
//! noise where `EARNEST_DATA` names the research data.
//! `cargo test -p earnest-features --test reference -- --nocapture` prints the tables;
//! `examples/parity.rs` makes them for any folder of audio.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod comparison;
mod sound;

use std::io::Write;
use std::path::{Path, PathBuf};

use comparison::Comparison;

fn stems(folder: &Path) -> Vec<String> {
    let mut stems: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|e| {
            let path = e.unwrap().path();
            (path.extension()? == "csv")
                .then(|| path.file_stem().unwrap().to_str().unwrap().to_owned())
        })
        .collect();
    stems.sort();
    stems
}

#[test]
fn every_column_is_opensmiles_on_our_own_signals_from_8_to_48_khz() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    for (front_end, references) in [
        ("lld32", folder.clone()),
        ("egemaps-v02", folder.join("v02")),
    ] {
        let mut all = Comparison::of(front_end);
        for stem in stems(&references) {
            all.add(
                &folder.join(format!("{stem}.flac")),
                &references.join(format!("{stem}.csv")),
            );
        }
        all.print(front_end);
        assert!(all.files >= 15);
        all.check();
    }
}

/// The research data and openSMILE's output for them, if this machine has both: the folder
/// `EARNEST_DATA`, and `reference/lld` in it or beside it.
fn research() -> Option<(PathBuf, PathBuf)> {
    let data = PathBuf::from(std::env::var_os("EARNEST_DATA")?);
    let lld = [data.join("reference/lld"), data.join("../reference/lld")]
        .into_iter()
        .find(|folder| folder.is_dir())?;
    Some((data, lld))
}

fn audio_of(data: &Path, lld: &Path, stem: &str) -> Option<PathBuf> {
    [
        lld.join(format!("{stem}.wav")),
        lld.join(format!("{stem}.flac")),
        data.join(format!("emodb/wav/{stem}.wav")),
        data.join(format!("nemo/samples/{stem}.flac")),
    ]
    .into_iter()
    .find(|p| p.is_file())
}

#[test]
fn every_column_is_opensmiles_on_speech_and_noise() {
    let Some((data, lld)) = research() else {
        // Straight to standard error: the test harness hides what println! says.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: descriptors beside openSMILE's on speech: EARNEST_DATA names no folder with `reference/lld` in it or beside it"
        );
        return;
    };
    let mut all = Comparison::of("lld32");
    for set in ["synthetic", "emodb", "nemo", "noisy"] {
        let mut one = Comparison::of("lld32");
        let folder = lld.join(set);
        for stem in stems(&folder) {
            let Some(audio) = audio_of(&data, &folder, &stem) else {
                println!("no audio for {set}/{stem}");
                continue;
            };
            one.add(&audio, &folder.join(format!("{stem}.csv")));
        }
        one.print(set);
        all.join(one);
    }
    all.print("all");
    assert!(
        all.files > 50,
        "only {} reference files were found",
        all.files
    );
    all.check();
}
