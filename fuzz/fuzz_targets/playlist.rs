//! The table beside a file of a playlist.
#![no_main]
use std::sync::OnceLock;

use earnest_fuzz::{Folder, tone};
use earnest_scene::rerecord::read_part;
use libfuzzer_sys::fuzz_target;

/// Audio with room for two sweeps and something between them.
fn wav() -> &'static [u8] {
    static WAV: OnceLock<Vec<u8>> = OnceLock::new();
    WAV.get_or_init(|| tone(24_000))
}

fuzz_target!(|bytes: &[u8]| {
    let folder = Folder::default();
    let path = folder.write("part.wav", wav());
    folder.write("part.csv", bytes);
    if let Ok(part) = read_part(&path) {
        for slot in &part.slots {
            assert!(
                part.samples
                    .get(slot.start..slot.start + slot.length)
                    .is_some()
            );
        }
        assert!(
            part.sweeps
                .iter()
                .all(|s| part.samples.get(s.clone()).is_some())
        );
    }
});
