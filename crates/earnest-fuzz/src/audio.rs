//! Audio files.

use crate::whole::Folder;

/// Any bytes as an audio file. What is read is whole.
pub fn audio(bytes: &[u8]) {
    let folder = Folder::default();
    let path = folder.write("a.wav", bytes);
    if let Ok(recording) = earnest_audio::decode(&path) {
        let length = recording.channels.first().map_or(0, Vec::len);
        assert!(recording.channels.iter().all(|c| c.len() == length));
        assert!(recording.channels.iter().flatten().all(|x| x.is_finite()));
    }
}
