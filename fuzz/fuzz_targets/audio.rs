//! Any bytes as an audio file.
#![no_main]
use earnest_fuzz::Folder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let folder = Folder::default();
    let path = folder.write("a.wav", bytes);
    if let Ok(recording) = earnest_audio::decode(&path) {
        let length = recording.channels.first().map_or(0, Vec::len);
        assert!(recording.channels.iter().all(|c| c.len() == length));
        assert!(recording.channels.iter().flatten().all(|x| x.is_finite()));
    }
});
