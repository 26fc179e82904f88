//! A finished run: one of its files, as the first byte says (`predictions.csv` and others).
#![no_main]
use earnest_experiment::{collect, write_results};
use earnest_fuzz::{broken, finished_run};
use libfuzzer_sys::fuzz_target;

const FILES: [&str; 5] = [
    "predictions.csv",
    "training.csv",
    "unit.json",
    "../../about.json",
    "../../experiment.toml",
];

fuzz_target!(|bytes: &[u8]| {
    let Some((which, how)) = bytes.split_first() else {
        return;
    };
    let (folder, unit) = finished_run();
    let path = unit.join(FILES[usize::from(*which) % FILES.len()]);
    let whole = std::fs::read(&path).expect("it is there");
    std::fs::write(&path, broken(&whole, how)).expect("it can be written");
    if let Ok(outcome) = collect(folder.path()) {
        write_results(&outcome).expect("what is read can be reported");
    }
    std::fs::write(&path, whole).expect("it can be written");
});
