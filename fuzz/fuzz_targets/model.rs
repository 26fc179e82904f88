//! A model: one of its two files, as the first byte says. One that is read can predict.
#![no_main]
use earnest_features::{Features, descriptor};
use earnest_fuzz::{Folder, finished_run};
use earnest_model::Model;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, file)) = bytes.split_first() else {
        return;
    };
    let folder = Folder::default();
    let broken = usize::from(*kind) % 2;
    for (i, name) in ["model.json", "model.safetensors"].iter().enumerate() {
        let whole = std::fs::read(finished_run().1.join(name)).expect("it is there");
        folder.write(name, if i == broken { file } else { &whole });
    }
    if let Ok(mut model) = Model::load(folder.path()) {
        let features = Features::from_values(vec![0.5; 20 * descriptor::COUNT]);
        let outputs = model.description.outputs.len();
        let answers = model.predict(&[&features], &["s"]);
        assert_eq!(answers[0].len(), outputs);
    }
});
