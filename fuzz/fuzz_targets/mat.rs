//! A room response in MATLAB's format.
#![no_main]
use earnest_fuzz::Folder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let folder = Folder::default();
    let path = folder.write("air_binaural_booth_0_1_2.mat", bytes);
    let _ = earnest_corpus::read_responses(&path);
});
