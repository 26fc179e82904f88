//! Waveform augmentation: what training does to speech so that models survive a robot.
#![doc = include_str!("../README.md")]

mod augmenter;
mod chain;
mod clipping;
mod drawn;
mod error;
mod fan;
mod limits;
mod microphone;
mod motor;
mod noise_reading;
mod packets;
mod range;
mod simulated_room;
mod sources;
mod telephone;
mod tempo;
mod transform;

pub use augmenter::Augmenter;
pub use chain::{Chain, Step};
pub use clipping::clip;
pub use drawn::Drawn;
pub use error::AugmentError;
pub use fan::{FanRanges, MadeFan};
pub use microphone::Microphone;
pub use motor::{MadeMotor, MotorRanges};
pub use noise_reading::NoiseReading;
pub use packets::{Concealment, drop_packets};
pub use range::Range;
pub use simulated_room::{RoomRanges, SimulatedRoom};
pub use sources::Sources;
pub use telephone::telephone;
pub use tempo::tempo;
pub use transform::Transform;
