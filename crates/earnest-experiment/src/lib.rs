#![doc = include_str!("../README.md")]

mod copies;
mod dataset;
mod error;
mod experiment;
mod figure;
mod fold;
mod folders;
pub mod metrics;
mod observer;
mod paper;
mod prediction;
mod presenter;
mod report;
mod run;
mod sources;
mod storage;
mod table;
pub mod tensorboard;
mod training;
mod validation;

pub use dataset::{Dataset, Item, Pool};
pub use error::ExperimentError;
pub use experiment::{CorpusSpec, DEFAULT_SNR_DB, Experiment, RobotSpec, Unit};
pub use fold::{Fold, FoldError, folds, select};
pub use folders::Folders;
pub use observer::{Event, Observer, Silent};
pub use prediction::{Prediction, Truth, confusion, figures};
pub use presenter::{Augmentation, Presentation, PresentationTime, in_drawn_order};
pub use report::warnings;
pub use run::{About, Outcome, collect, open_corpus, run, simulated_robot, write_results};
pub use sources::{DEFAULT_SOUND_MEMORY_MIB, LoadedSources, SourceSpec};
pub use table::{Row, Table1, UnitResult, number, percent};
pub use training::{
    Trained, Training, TrainingPlan, copies_folder, forget_copies, forget_progress, largest,
    outputs, train,
};
pub use validation::Validation;
