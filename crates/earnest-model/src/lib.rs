#![doc = include_str!("../README.md")]

mod adam;
mod ahead;
mod calibrate;
mod calibration;
mod channels;
mod classes;
mod dot;
pub mod engine;
mod error;
mod heard;
mod layer;
mod loss;
mod masks;
mod mixup;
mod model;
mod moving_average;
mod normalisation;
mod param;
mod product;
mod real;
mod recipe;
mod schedule;
mod sequence;
mod task;
mod tensors;
mod trainer;

pub use adam::Adam;
pub use calibrate::Calibrate;
pub use calibration::{Calibration, Validated};
pub use channels::Channels;
pub use classes::ModelClasses;
pub use engine::{
    Architecture, ENSEMBLE, Engine, Ensemble, Examples, FitError, Fitted, Network, Tried, mean_row,
};
pub use error::ModelError;
pub use heard::{CorpusHeard, Heard, SoundsHeard};
pub use layer::pooling::PoolingKind;
pub use loss::{Targets, loss, softmax};
pub use masks::Masks;
pub use model::{Description, EnsembleEngine, FORMAT, Model, predict_normalised};
pub use normalisation::{FeatureNormalisation, Listener, Normalisation};
pub use param::Param;
pub use product::product_rate;
pub use real::Real;
pub use recipe::Recipe;
pub use schedule::Schedule;
pub use task::Task;
pub use tensors::{Loaded, Tensor, TensorView, Values, load as load_tensors, save as save_tensors};
pub use trainer::{EpochReport, Presentations, Trainer};
