//! Fold files as EmoBox publishes them: what trains, and after an empty line what tests.
#![no_main]
use earnest_experiment::Protocol;
use earnest_fuzz::{Folder, corpus};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (training, test) = text.split_once("\n\n").unwrap_or((text, ""));
    let folder = Folder::default();
    folder.write("fold_1/a_train_fold_1.jsonl", training.as_bytes());
    folder.write("fold_1/a_test_fold_1.jsonl", test.as_bytes());
    let corpus = &corpus().1;
    let _ = Protocol::Emobox(folder.path().to_owned()).folds(corpus, corpus);
});
