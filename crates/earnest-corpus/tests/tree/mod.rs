//! Small trees on disk, as the tests of layouts write them.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use earnest_audio::{SampleFormat, write_wav};
use earnest_signal::Waveform;

/// A fifth of a second of a tone, with the folders above it.
pub fn wav(root: &Path, path: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let samples = (0..3200).map(|i| 0.3 * (i as f32 * 0.1).sin()).collect();
    write_wav(&path, &Waveform::at_16k(samples), SampleFormat::Int16).unwrap();
}

/// A file of text, with the folders above it.
pub fn text(root: &Path, path: &str, content: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}
