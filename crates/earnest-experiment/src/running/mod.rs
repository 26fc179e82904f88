//! Units in a folder: who runs them, what is finished, what they come to.

pub(crate) mod finished;
pub(crate) mod heard_tests;
pub(crate) mod history;
pub(crate) mod lock;
pub(crate) mod outcome;
pub(crate) mod plan;
pub(crate) mod prepare;
pub(crate) mod recorded;
pub(crate) mod results;
pub(crate) mod run;
pub(crate) mod run_folder;
pub(crate) mod slurm;
pub mod tensorboard;
pub(crate) mod unit_result;
pub(crate) mod unit_runner;
pub(crate) mod workers;
