//! A table of a user's corpus: CSV, TSV or JSON lines, as the first byte says.
#![no_main]
use earnest_corpus::{Corpus, OpenOptions};
use earnest_fuzz::{Folder, wav};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, table)) = bytes.split_first() else {
        return;
    };
    let folder = Folder::default();
    folder.write("a.wav", wav());
    let name = ["m.csv", "m.tsv", "m.jsonl"][usize::from(*kind) % 3];
    let path = folder.write(name, table);
    if let Ok(corpus) = Corpus::open(&path, &OpenOptions::default()) {
        let _ = (corpus.fingerprint(), corpus.label_counts());
    }
});
