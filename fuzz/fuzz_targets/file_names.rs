//! Names of files, a line each, in a layout that the first byte says: corpora whose names say
//! everything.
#![no_main]
use earnest_corpus::{Corpus, Layout, OpenOptions};
use earnest_fuzz::Folder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut lines = text.lines();
    let layout = lines.next().and_then(Layout::from_name);
    let folder = Folder::default();
    for line in lines.take(6) {
        folder.touch(line);
    }
    let options = OpenOptions {
        layout,
        ..OpenOptions::default()
    };
    if let Ok(corpus) = Corpus::open(folder.path(), &options) {
        let _ = (corpus.fingerprint(), corpus.label_counts());
    }
});
