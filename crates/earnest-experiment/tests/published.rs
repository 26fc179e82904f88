//! The experiments of the repository: they can be read, and are what the library says they are.
#![allow(clippy::unwrap_used)]

use earnest_experiment::{Experiment, Training};
use earnest_model::Task;

#[test]
fn table_1_is_the_papers_experiment() {
    let text = include_str!("../../../experiments/table1.toml");
    let table1 = Experiment::table1("IEMOCAP_full_release".into());
    assert_eq!(Experiment::from_toml(text).unwrap(), table1);
}

#[test]
fn table_2_leaves_out_each_step_of_the_papers_augmentation() {
    let table2 = Experiment::from_toml(include_str!("../../../experiments/table2.toml")).unwrap();
    let mut trainings = vec![Training::Augmented];
    trainings.extend(
        table2
            .augmentation
            .steps
            .iter()
            .map(|s| Training::Without(s.transform.name())),
    );
    assert_eq!(table2.trainings, trainings);
    assert_eq!(table2.recipes.len(), 1);
    let all = Experiment::from_toml(include_str!("../../../experiments/all.toml")).unwrap();
    assert!(trainings.iter().all(|t| all.trainings.contains(t)));
}

#[test]
fn the_others_can_be_read() {
    let figures = Experiment::from_toml(include_str!("../../../experiments/figures.toml")).unwrap();
    assert_eq!(figures.tasks, [Task::Categorical, Task::Dimensional]);
    let demo = Experiment::from_toml(include_str!("../../../experiments/demo.toml")).unwrap();
    assert_eq!(demo.folds, "3");
}
