//! What models answer, and what their answers come to.

pub(crate) mod answers;
pub mod calibration;
pub mod metrics;
pub mod number;
pub(crate) mod prediction;
pub(crate) mod tally;
pub(crate) mod traits;
