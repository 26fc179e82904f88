//! Reading, resampling, mixing down and writing speech recordings.
//!
//! ```no_run
//! // WAV, AIFF, FLAC, Ogg/Vorbis or MP3 at any rate and channel count: mono, 16 kHz.
//! let speech = earnest_audio::read("utterance.flac")?;
//! println!("{:.2} s, RMS {:.3}", speech.duration_s(), speech.rms());
//! # Ok::<(), earnest_audio::AudioError>(())
//! ```
//!
//! A file is recognised by its content, never by its extension. A damaged one gives an
//! [`AudioError`] that names the file, what is wrong and what to try.

mod content;
mod decode;
mod error;
mod packets;
mod resample;
mod stretch;
mod write;

pub use content::{Content, ContentHash, ContentHasher, content};
pub use decode::{
    RATES, Recording, SILENT_PEAK, decode, decode_blocks, decode_blocks_of_bytes, interleave, mean,
    mono, read, read_blocks, read_channels, read_heard_channels, read_stretch,
};
pub use earnest_signal::{SAMPLE_RATE, Waveform};
pub use error::AudioError;
pub use resample::{ResampleError, ResampleStream, resample};
pub use stretch::{Stretch, StretchError};
pub use write::{SampleFormat, write_wav, write_wav_channels};

/// Extensions that a scan of a folder takes for audio (lower case). Files are still
/// recognised by content when they are read.
pub const EXTENSIONS: [&str; 9] = [
    "wav", "wave", "flac", "ogg", "oga", "mp3", "aif", "aiff", "aifc",
];

/// True if the path's extension is one of [`EXTENSIONS`], in any case.
#[must_use]
pub fn has_audio_extension(path: &std::path::Path) -> bool {
    path.extension()
        .and_then(|e| e.to_str())
        .is_some_and(|e| EXTENSIONS.contains(&e.to_ascii_lowercase().as_str()))
}
