//! Waveform augmentation: what training does to speech so that models survive a robot.
#![doc = include_str!("../README.md")]

mod augmenter;
mod bank;
mod chain;
mod clipping;
mod coloured;
mod convolve;
mod drawn;
mod filter;
mod level;
mod limits;
mod microphone;
mod noise;
mod packets;
mod range;
mod response;
mod room;
mod spectrum;
mod telephone;
mod tempo;
mod transform;

pub use augmenter::{AugmentError, Augmenter, Sources};
pub use bank::{BankError, Decoder, Sound, SoundBank};
pub use chain::{Chain, Step};
pub use clipping::clip;
pub use coloured::coloured_noise;
pub use convolve::Convolver;
pub use drawn::Drawn;
pub use filter::{BANDS_HZ, equaliser, high_pass, low_pass, tilt};
pub use level::gain;
pub use microphone::Microphone;
pub use noise::{EnergyProfile, NoiseReading, add_noise};
pub use packets::{Concealment, drop_packets};
pub use range::Range;
pub use response::{ResponseFacts, UnusableResponse, direct_path, line_slope};
pub use room::RoomResponse;
pub use spectrum::SpectrumShaper;
pub use telephone::telephone;
pub use tempo::tempo;
pub use transform::Transform;
