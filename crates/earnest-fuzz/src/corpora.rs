//! Label files of corpora.

use std::path::Path;

use earnest_corpus::{Corpus, Layout, OpenOptions};
use earnest_experiment::Protocol;

use crate::whole::{Folder, corpus, wav};

fn open(path: &Path, layout: Option<Layout>) {
    let options = OpenOptions {
        layout,
        ..OpenOptions::default()
    };
    if let Ok(corpus) = Corpus::open(path, &options) {
        let _ = corpus.label_counts();
    }
}

/// A table of a user's corpus: CSV, TSV or JSON lines, as the first byte says.
pub fn manifest(bytes: &[u8]) {
    let Some((kind, table)) = bytes.split_first() else {
        return;
    };
    let folder = Folder::default();
    folder.write("a.wav", wav());
    let name = ["m.csv", "m.tsv", "m.jsonl"][usize::from(*kind) % 3];
    open(&folder.write(name, table), None);
}

/// An evaluation file of IEMOCAP.
pub fn iemocap(bytes: &[u8]) {
    let folder = Folder::default();
    folder.write("Session1/dialog/EmoEvaluation/Ses01F_impro01.txt", bytes);
    folder.write(
        "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav",
        wav(),
    );
    open(folder.path(), Some(Layout::Iemocap));
}

/// The table of nEMO.
pub fn nemo(bytes: &[u8]) {
    let folder = Folder::default();
    folder.write("samples/EB0_anger_1.wav", wav());
    folder.write("data.tsv", bytes);
    open(folder.path(), Layout::from_name("nEMO"));
}

/// Names of files, a line each, in a layout that the first line says: corpora whose names say
/// everything.
pub fn file_names(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let mut lines = text.lines();
    let layout = lines.next().and_then(Layout::from_name);
    let folder = Folder::default();
    for line in lines.take(6) {
        folder.touch(line);
    }
    open(folder.path(), layout);
}

/// Fold files as EmoBox publishes them: what trains, and after an empty line what tests.
pub fn emobox(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let (training, test) = text.split_once("\n\n").unwrap_or((text, ""));
    let folder = Folder::default();
    folder.write("fold_1/a_train_fold_1.jsonl", training.as_bytes());
    folder.write("fold_1/a_test_fold_1.jsonl", test.as_bytes());
    let corpus = &corpus().1;
    let _ = Protocol::Emobox(folder.path().to_owned()).folds(corpus, corpus);
}
