#![doc = include_str!("../README.md")]

mod answer;
mod channels;
mod error;
mod feature_reader;
mod recogniser;
mod sample_windows;
mod segmentation;
mod segments;
mod speech;
mod starter;
mod stream;
pub mod voice_activity;

pub use answer::{Answer, is_uncertain};
pub use channels::ChannelListeners;
pub use error::RecogniserError;
pub use feature_reader::FeatureReader;
pub use recogniser::Recogniser;
pub use segmentation::Segmentation;
pub use segments::{Heard, NoAnswer, Segment, SegmentStream};
pub use speech::{SILENCE_DB, SpeechSettings};
pub use stream::RecogniserStream;
