//! How a test utterance reaches the model: clean, as a robot recorded it, or as a simulated
//! robot hears it.

mod condition;
pub mod lab;
pub mod machine;
mod recording_path;
pub mod rerecord;
mod robot;
pub mod room;
pub mod simulate;

pub use condition::{Condition, SceneError};
pub use recording_path::{RecordingPathError, recording_path, recording_paths};
pub use robot::SimulatedRobot;
