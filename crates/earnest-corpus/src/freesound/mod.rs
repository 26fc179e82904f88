//! Freesound.
/// The manifest.
pub const MANIFEST: &str = "freesound.csv";
