//! Files of room responses.

use crate::whole::Folder;

/// A room response in MATLAB's format.
pub fn mat(bytes: &[u8]) {
    read("air_binaural_booth_0_1_2.mat", bytes);
}

/// A room response in AES69's format.
pub fn sofa(bytes: &[u8]) {
    read("lab.sofa", bytes);
}

fn read(name: &str, bytes: &[u8]) {
    let folder = Folder::default();
    let path = folder.write(name, bytes);
    let _ = earnest_corpus::read_responses(&path);
}
