//! Models, and folders of finished runs.

use earnest_experiment::{collect, write_results};
use earnest_features::{Features, descriptor};
use earnest_model::Model;
use earnest_report::Report;

use crate::whole::{Folder, broken, finished_run as the_run};

/// A model: one of its two files, as the first byte says. One that is read can predict.
pub fn model(bytes: &[u8]) {
    let Some((which, how)) = bytes.split_first() else {
        return;
    };
    let folder = Folder::default();
    let files = [
        ("model.json", &the_run().description),
        ("model.safetensors", &the_run().weights),
    ];
    for (i, (name, whole)) in files.into_iter().enumerate() {
        let file = match i == usize::from(*which) % 2 {
            true => &broken(whole, how),
            false => whole,
        };
        folder.write(name, file);
    }
    if let Ok(model) = Model::load(folder.path()) {
        let features = Features::from_values(descriptor::COUNT, vec![0.5; 20 * descriptor::COUNT]);
        let outputs = model.description.outputs.len();
        let answers = model.predict(&[&features], &["s"]);
        assert_eq!(answers[0].len(), outputs);
    }
}

const FILES: [&str; 5] = [
    "predictions.csv",
    "training.csv",
    "unit.json",
    "../../about.json",
    "../../experiment.toml",
];

/// A finished run: one of its files, as the first byte says. One in some of what can be read is
/// reported, too, which takes a hundred times as long.
pub fn finished_run(bytes: &[u8]) {
    let Some((which, how)) = bytes.split_first() else {
        return;
    };
    let run = the_run();
    let path = run.unit.join(FILES[usize::from(*which) % FILES.len()]);
    let whole = std::fs::read(&path).expect("it is there");
    std::fs::write(&path, broken(&whole, how)).expect("it can be written");
    if let Ok(outcome) = collect(run.folder.path())
        && bytes.iter().fold(0_u8, |sum, b| sum.wrapping_add(*b)) < 3
    {
        write_results(&outcome).expect("what is read can be reported");
        Report::new(outcome)
            .write()
            .expect("what is read can be reported");
    }
    std::fs::write(&path, whole).expect("it can be written");
}
