//! How a test utterance reaches the model: clean, as a robot recorded it, or as a simulated
//! robot hears it.

mod condition;
pub mod lab;
pub mod rerecord;
mod robot;
pub mod simulate;

pub use condition::{Condition, SceneError, recording_of};
pub use robot::SimulatedRobot;
