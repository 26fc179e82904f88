//! A model: one of its two files, as the first byte says. One that is read can predict.
#![no_main]
use earnest_features::{Features, descriptor};
use earnest_fuzz::{Folder, broken, finished_run};
use earnest_model::Model;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((which, how)) = bytes.split_first() else {
        return;
    };
    let folder = Folder::default();
    for (i, name) in ["model.json", "model.safetensors"].iter().enumerate() {
        let mut file = std::fs::read(finished_run().1.join(name)).expect("it is there");
        if i == usize::from(*which) % 2 {
            file = broken(&file, how);
        }
        folder.write(name, &file);
    }
    if let Ok(mut model) = Model::load(folder.path()) {
        let features = Features::from_values(vec![0.5; 20 * descriptor::COUNT]);
        let outputs = model.description.outputs.len();
        let answers = model.predict(&[&features], &["s"]);
        assert_eq!(answers[0].len(), outputs);
    }
});
