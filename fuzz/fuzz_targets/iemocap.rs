//! An evaluation file of IEMOCAP.
#![no_main]
use earnest_corpus::{Corpus, Layout, OpenOptions};
use earnest_fuzz::{Folder, wav};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let folder = Folder::default();
    folder.write("Session1/dialog/EmoEvaluation/Ses01F_impro01.txt", bytes);
    folder.write(
        "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav",
        wav(),
    );
    let options = OpenOptions {
        layout: Some(Layout::Iemocap),
        ..OpenOptions::default()
    };
    if let Ok(corpus) = Corpus::open(folder.path(), &options) {
        let _ = (corpus.fingerprint(), corpus.label_counts());
    }
});
