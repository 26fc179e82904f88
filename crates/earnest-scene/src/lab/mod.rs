//! The laboratory: what is in it, and what it sounds like.

mod bounds;
mod description;
mod hearing;
mod random;

pub use crate::machine::fan::Fan;
pub use crate::machine::hum::Hum;
pub use crate::machine::motor::Motor;
pub use description::{
    ByBand, EventKind, HeadDescription, Lab, Microphones, Recorded, RoomDescription,
    SpeechDescription,
};
pub use hearing::{Draws, Event, Heard, LabError, Listener, Setup};
