//! How a test utterance reaches the model: clean, as a robot recorded it, or as a simulated
//! robot hears it.

mod condition;
mod robot;
pub mod room;

pub use condition::{Condition, SceneError};
pub use robot::SimulatedRobot;
