//! The laboratory: what is in it, and what it sounds like.

mod bounds;
mod description;
mod hearing;
mod random;

pub use description::{
    ByBand, EventKind, HeadDescription, Lab, Microphones, Recorded, RoomDescription,
    SpeechDescription,
};
pub use earnest_acoustics::machine::fan::Fan;
pub use earnest_acoustics::machine::hum::Hum;
pub use earnest_acoustics::machine::motor::Motor;
pub use hearing::{Draws, Event, Heard, LabError, Listener, Setup};
