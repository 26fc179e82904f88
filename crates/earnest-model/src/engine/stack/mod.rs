//! What several engines are made of: stacks of layers, each with its buffers, one pass through all
//! of them, its gradients, and a sequence of any length in runs of rows.

pub(crate) mod convolutions;
pub(crate) mod head;
pub(crate) mod recurrent;
pub(crate) mod recurrent_long;
