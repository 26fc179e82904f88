//! The manifest of clips that were gathered from Freesound.
#![no_main]
use earnest_corpus::Collection;
use earnest_fuzz::{Folder, wav};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let folder = Folder::default();
    folder.write("a.wav", wav());
    folder.write("freesound.csv", bytes);
    if let Ok(collection) = Collection::open(folder.path()) {
        let _ = collection.sources();
        let _ = collection.hold_out();
    }
});
