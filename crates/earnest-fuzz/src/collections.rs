//! Tables of noise collections.

use earnest_corpus::Collection;

use crate::whole::{Folder, wav};

fn open(audio: &str, table: &str, bytes: &[u8]) {
    let folder = Folder::default();
    folder.write(audio, wav());
    folder.write(table, bytes);
    if let Ok(collection) = Collection::open(folder.path()) {
        let _ = collection.sources();
        let _ = collection.hold_out();
    }
}

/// The table of ESC-50.
pub fn esc50(bytes: &[u8]) {
    open("audio/a.wav", "meta/esc50.csv", bytes);
}

/// The table of UrbanSound8K.
pub fn urbansound8k(bytes: &[u8]) {
    open("audio/fold1/a.wav", "metadata/UrbanSound8K.csv", bytes);
}

/// The table of clips that were gathered from Freesound.
pub fn freesound(bytes: &[u8]) {
    open("a.wav", "freesound.csv", bytes);
}

/// What Freesound answers to a search.
pub fn freesound_answer(bytes: &[u8]) {
    let _ = earnest_corpus::freesound::Page::from_json(bytes);
}
