//! The laboratory: what is in it, and what it sounds like.

mod bounds;
mod description;
mod hearing;

pub use description::{
    ByBand, EventKind, Fan, HeadDescription, Hum, Lab, Microphones, Motor, Recorded,
    RoomDescription, SpeechDescription,
};
pub use hearing::{Draws, Event, Heard, LabError, Listener, Setup};
