//! The paper's networks, their training, and their files.
mod adam;
mod layer;
mod loss;
mod network;
mod param;
mod product;
mod real;
mod sequence;

pub use adam::Adam;
pub use loss::{Targets, loss, softmax};
pub use network::{Architecture, Cnn, Network, Rnn, Tape};
pub use param::Param;
pub use real::Real;
pub use sequence::{Gapped, Packing};
