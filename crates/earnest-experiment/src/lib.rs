#![doc = include_str!("../README.md")]

mod chains;
mod class_spec;
mod condition_spec;
mod corpora;
mod dataset;
mod drawn_order;
mod error;
mod evaluation;
mod experiment;
mod feature_table;
mod folders;
mod observer;
mod opening;
mod protocol;
mod running;
mod single_model;
mod sources;
pub mod statistics;
mod storage;
mod training;

pub use chains::{Chains, IDLE_CHAIN, chain_of};
pub use class_spec::{ClassSpec, SetKind};
pub use condition_spec::{CLEAN, ConditionSpec, DEFAULT_SNR_DB, ROBOT, RobotSpec, checked_snr_db};
pub use corpora::{Corpora, CorpusSpec};
pub use dataset::{Dataset, FeatureSource, HeardIn, Item, Pool};
pub use error::{ExperimentError, FoldError};
pub use evaluation::prediction::{CONDITIONS, Prediction, Truth, largest};
pub use evaluation::tally::{
    BySpeaker, Tally, by_speaker, confusion, metrics_by_speaker, metrics_of, pooled_metrics,
};
pub use evaluation::traits::Traits;
pub use evaluation::{calibration, metrics, number};
pub use experiment::{Experiment, Unit};
pub use feature_table::{FeatureTable, FeatureTableSpec, FeatureTables};
pub use folders::Folders;
pub use observer::{Notice, Observer, Silent};
pub use opening::{open_corpora, open_corpus, read_corpora, read_corpus};
pub use protocol::Protocol;
pub use protocol::cross::CrossKind;
pub use protocol::fold::{Fold, Listed, folds, select};
pub use protocol::folding::Folding;
pub use protocol::leaks::{refuse_leaks, refuse_tested_twice};
pub use protocol::validation::Validation;
pub use running::finished::{CARD, FinishedUnit, finished_units};
pub use running::outcome::{About, AboutCorpus, Outcome, collect};
pub use running::plan::{Plan, UnitKind, plan};
pub use running::prepare::{
    Prepared, corpus_contents, prepare, refuse_unlisted, refuse_unnamed_speakers,
};
pub use running::recorded::{RecordedFolder, scene_of};
pub use running::results::{recipe_keys, results_csv, write_results};
pub use running::run::{RunOptions, finish, run, run_units, simulated_robot};
pub use running::run_folder::{RESULTS, refuse_foreign_files, refuse_other_run};
pub use running::slurm::{SlurmOptions, run_on_slurm};
pub use running::tensorboard;
pub use running::unit_result::{Crossing, UnitResult};
pub use running::workers::Workers;
pub use single_model::evaluation::{Evaluated, Evaluation, OnShared, TestedIn};
pub use single_model::training::{Augmented, ModelTraining, PreparedTraining, TrainedModel};
pub use sources::chosen::{ChosenSources, LoadedSources};
pub use sources::fingerprints::{Fingerprints, fingerprint_of_chain, fingerprint_of_fold};
pub use sources::known_to_model::{KnownInScene, KnownToModel};
pub use sources::recordings::{CLIPPED_THROUGH, LENGTH_S, LENGTH_SHARE, Recordings, Unusable};
pub use sources::{DEFAULT_SOUND_MEMORY_MIB, SourceSpec};
pub use statistics::{Calibrated, Interval, PairedTest, groups, sign_flip_test};
pub use storage::write_whole;
pub use training::balance::weights;
pub use training::kept_together::KeptTogether;
pub use training::presenter::{Augmentation, Presentation, PresentationTime};
pub use training::{
    Trained, Training, TrainingPlan, copies_folder, forget_copies, forget_progress, train,
};
