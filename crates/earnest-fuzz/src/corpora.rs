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

/// The table of EmoTale.
pub fn emotale(bytes: &[u8]) {
    let folder = Folder::default();
    folder.write("DK_001_A_1.wav", wav());
    folder.write("annotations.csv", bytes);
    open(folder.path(), Some(Layout::EmoTale));
}

/// The table of a split of MELD.
pub fn meld(bytes: &[u8]) {
    let folder = Folder::default();
    folder.write("train_splits/dia0_utt0.wav", wav());
    folder.touch("train_splits/dia0_utt1.mp4");
    folder.write("train_sent_emo.csv", bytes);
    open(folder.path(), Some(Layout::Meld));
}

/// The table of MSP-Podcast.
pub fn msp_podcast(bytes: &[u8]) {
    let folder = Folder::default();
    folder.write("Audios/MSP-PODCAST_0001_0001.wav", wav());
    folder.write("Labels/labels_consensus.csv", bytes);
    open(folder.path(), Some(Layout::MspPodcast));
}

/// A database in audformat: its header, and after each empty line a table of it.
pub fn audformat(bytes: &[u8]) {
    const TABLES: [&str; 4] = ["emotion", "segments", "files", "speaker"];
    let folder = Folder::default();
    folder.write("a.wav", wav());
    let parts = split_at_empty_lines(bytes, 1 + TABLES.len());
    let names = ["db.yaml".to_owned()];
    let names = names
        .into_iter()
        .chain(TABLES.map(|t| format!("db.{t}.csv")));
    for (name, part) in names.zip(parts) {
        folder.write(&name, part);
    }
    open(folder.path(), Some(Layout::Audformat));
}

/// A data directory of Kaldi: its files, with an empty line between them.
pub fn kaldi(bytes: &[u8]) {
    const FILES: [&str; 5] = ["wav.scp", "utt2spk", "utt2emo", "segments", "spk2gender"];
    let folder = Folder::default();
    folder.write("a.wav", wav());
    for (name, part) in FILES.iter().zip(split_at_empty_lines(bytes, FILES.len())) {
        folder.write(name, part);
    }
    open(folder.path(), Some(Layout::Kaldi));
}

/// At most so many parts, which empty lines are between.
fn split_at_empty_lines(bytes: &[u8], most: usize) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = bytes;
    while parts.len() + 1 < most {
        let Some(at) = rest.windows(2).position(|pair| pair == b"\n\n") else {
            break;
        };
        let (part, others) = rest.split_at(at + 1);
        parts.push(part);
        rest = others.get(1..).unwrap_or_default();
    }
    parts.push(rest);
    parts
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
