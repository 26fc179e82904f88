#![doc = include_str!("../README.md")]

mod listening;
#[cfg(feature = "microphone")]
mod microphone;
mod record;
mod samples;
#[cfg(feature = "server")]
pub mod server;
mod wav_header;

pub use listening::{Event, Listening, Totals};
#[cfg(feature = "microphone")]
pub use microphone::{Microphone, Recorded, microphones};
pub use record::{AboutModel, AnswerRecord, FORMAT, InFile, NONE, Scribe, SegmentRecord};
pub use samples::{Encoding, FrameReader, RawFormat};
pub use wav_header::{Beginning, beginning};
