#![doc = include_str!("../README.md")]

mod adam;
mod ahead;
mod classes;
mod dot;
pub mod engine;
mod error;
mod heard;
mod layer;
mod loss;
mod model;
mod normalisation;
mod param;
mod product;
mod real;
mod recipe;
mod sequence;
mod task;
mod tensors;
mod trainer;

pub use adam::Adam;
pub use classes::ModelClasses;
pub use engine::{Architecture, Engine, Examples, FitError, Fitted, Network, Tried, mean_row};
pub use error::ModelError;
pub use heard::{CorpusHeard, Heard, SoundsHeard};
pub use layer::pooling::PoolingKind;
pub use loss::{Targets, loss, softmax};
pub use model::{Description, FORMAT, Model, predict_normalised};
pub use normalisation::{FeatureNormalisation, Listener, Normalisation};
pub use param::Param;
pub use product::product_rate;
pub use real::Real;
pub use recipe::Recipe;
pub use task::Task;
pub use tensors::{Loaded, Tensor, TensorView, Values, load as load_tensors, save as save_tensors};
pub use trainer::{EpochReport, Presentations, Trainer};
