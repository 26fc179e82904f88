//! A room response in AES69's format.
#![no_main]
use earnest_fuzz::Folder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let folder = Folder::default();
    let path = folder.write("lab.sofa", bytes);
    let _ = earnest_corpus::read_responses(&path);
});
