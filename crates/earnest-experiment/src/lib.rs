#![doc = include_str!("../README.md")]

mod comparison;
mod copies;
mod dataset;
mod emobox;
mod error;
mod experiment;
mod figure;
mod fold;
mod folders;
mod history;
mod leaks;
mod lock;
pub mod metrics;
mod model_card;
mod observer;
mod outcome;
mod paper;
mod plan;
mod prediction;
mod presenter;
mod protocol;
mod report;
mod results;
mod run;
mod slurm;
mod sources;
mod statistics;
mod storage;
mod table1;
mod table2;
pub mod tensorboard;
mod text_table;
mod training;
mod unit_runner;
mod validation;
mod workers;

pub use comparison::{Comparison, compare_runs};
pub use dataset::{Dataset, Item, Pool};
pub use error::ExperimentError;
pub use experiment::{CorpusSpec, DEFAULT_SNR_DB, Experiment, RobotSpec, Unit};
pub use fold::{Fold, FoldError, Listed, folds, select};
pub use folders::Folders;
pub use leaks::refuse_leaks;
pub use observer::{Event, Observer, Silent};
pub use outcome::{About, Outcome, UnitResult, collect};
pub use plan::{Kind, Plan, plan};
pub use prediction::{Prediction, Truth, confusion, figures};
pub use presenter::{Augmentation, Presentation, PresentationTime, in_drawn_order};
pub use protocol::{Folding, Protocol};
pub use report::warnings;
pub use results::write_results;
pub use run::{
    Prepared, RunOptions, finish, open_corpus, prepare, run, run_units, simulated_robot,
};
pub use slurm::{SlurmOptions, run_on_slurm};
pub use sources::{DEFAULT_SOUND_MEMORY_MIB, LoadedSources, SourceSpec};
pub use statistics::{Interval, PairedTest, sign_flip_test};
pub use table1::{Row, Table1, number, percent};
pub use table2::Table2;
pub use text_table::TextTable;
pub use training::{
    Trained, Training, TrainingPlan, copies_folder, forget_copies, forget_progress, largest,
    outputs, train,
};
pub use validation::Validation;
pub use workers::Workers;
