#![doc = include_str!("../README.md")]

mod chosen;
mod comparison;
mod copies;
mod dataset;
mod emobox;
mod error;
mod experiment;
mod figure;
mod fingerprints;
mod finished;
mod fold;
mod folders;
mod heard_in_scene;
mod history;
mod known_to_model;
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
mod recordings;
mod report;
mod results;
mod run;
mod run_folder;
mod slurm;
mod sources;
mod statistics;
mod storage;
mod table1;
mod table2;
mod tally;
pub mod tensorboard;
mod text_table;
mod training;
mod unit_runner;
mod validation;
mod workers;

pub use chosen::{ChosenSources, LoadedSources};
pub use comparison::{COMPARED, Comparison, compare_runs};
pub use dataset::{Dataset, Item, Pool};
pub use error::ExperimentError;
pub use experiment::{
    CorpusSpec, DEFAULT_SNR_DB, Experiment, IDLE_CHAIN, RobotSpec, Unit, checked_snr_db,
};
pub use fingerprints::{Fingerprints, fingerprint_of_chain, fingerprint_of_fold};
pub use fold::{Fold, FoldError, Listed, folds, select};
pub use folders::Folders;
pub use known_to_model::{KnownInScene, KnownToModel};
pub use leaks::{refuse_leaks, refuse_tested_twice};
pub use observer::{Event, Observer, Silent};
pub use outcome::{About, Outcome, UnitResult, collect};
pub use plan::{Kind, Plan, plan};
pub use prediction::{Prediction, Truth};
pub use presenter::{Augmentation, Presentation, PresentationTime, in_drawn_order};
pub use protocol::{Folding, Protocol};
pub use recordings::{CLIPPED_THROUGH, LENGTH_S, LENGTH_SHARE, Recordings, Unusable};
pub use report::{CERTAINTY, warnings};
pub use results::write_results;
pub use run::{
    Prepared, RunOptions, corpus_contents, finish, open_corpus, prepare, refuse_unlisted,
    refuse_unnamed_speakers, run, run_units, scene_of, simulated_robot,
};
pub use run_folder::{RESULTS, refuse_foreign_files, refuse_other_run};
pub use slurm::{SlurmOptions, run_on_slurm};
pub use sources::{DEFAULT_SOUND_MEMORY_MIB, SourceSpec};
pub use statistics::{Interval, PairedTest, sign_flip_test};
pub use table1::{Row, Table1, number, percent};
pub use table2::Table2;
pub use tally::{confusion, figures};
pub use text_table::TextTable;
pub use training::{
    Trained, Training, TrainingPlan, copies_folder, forget_copies, forget_progress, largest,
    outputs, train,
};
pub use validation::Validation;
pub use workers::Workers;
