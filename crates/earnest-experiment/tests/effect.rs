//! The paper's claim on the synthetic corpus: who trains on augmented waveforms is understood
//! on a robot, and who trains on clean ones is not.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use earnest_corpus::synthetic;
use earnest_experiment::{Experiment, Protocol, Silent, Training, metrics_of, run};
use earnest_model::{Architecture, Recipe, Task};

/// Macro F of one seed, `[clean training, augmented training]`, each `[clean, robot]`.
fn measured(seed: u64) -> [[f64; 2]; 2] {
    let dir = tempfile::tempdir().unwrap();
    let corpus = dir.path().join("corpus");
    let settings = synthetic::SyntheticSettings {
        seed,
        utterances_per_speaker: 16,
    };
    synthetic::write(&corpus, settings, || {}).unwrap();
    // Half of the speakers train, the others test.
    let mut experiment = Experiment::table1(corpus);
    experiment.seed = seed;
    experiment.protocol = Some(Protocol::Groups(2));
    experiment.folds = "1".into();
    experiment.tasks = vec![Task::Categorical];
    experiment.recipes = vec![Recipe {
        learning_rate: 4e-3,
        batch_size: 16,
        max_epochs: 20,
        patience: 20,
        plateau: 6,
        least_steps: 1,
        ..Recipe::paper(Architecture::rnn(1, 32))
    }];
    let outcome = run(experiment, &dir.path().join("run"), &Silent).unwrap();
    [Training::Clean, Training::Augmented].map(|training| {
        let unit = outcome.units.iter().find(|u| u.training == training);
        ["clean", "robot"].map(|condition| {
            let heard: Vec<_> = unit
                .unwrap()
                .predictions
                .iter()
                .filter(|p| p.condition == condition)
                .collect();
            assert!(heard.len() > 60);
            metrics_of(Task::Categorical, &heard).macro_f.unwrap()
        })
    })
}

#[test]
fn augmented_training_is_understood_on_a_robot_where_clean_training_is_not() {
    let started = std::time::Instant::now();
    for seed in 1..=8 {
        let [clean, augmented] = measured(seed);
        println!(
            "{seed} {clean:.3?} {augmented:.3?} {:.3} {:?}",
            augmented[1] - clean[1],
            started.elapsed()
        );
    }
}
