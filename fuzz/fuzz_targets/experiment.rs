//! An experiment. What is read can be written and read again.
#![no_main]
use earnest_experiment::Experiment;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(experiment) = Experiment::from_toml(text) {
        let again = experiment.to_toml().expect("it can be written");
        assert_eq!(Experiment::from_toml(&again), Ok(experiment));
    }
});
