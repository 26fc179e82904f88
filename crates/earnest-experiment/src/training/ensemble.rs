//! Training an ensemble, member by member.

use std::path::Path;

use earnest_features::Normaliser;
use earnest_model::{Engine, EnsembleEngine, Model, Task};

use super::presenter::PresentationTime;
use super::{
    Input, Trained, TrainingPlan, calibration, describe, member_folder, train_one, train_single,
};
use crate::dataset::Dataset;
use crate::error::ExperimentError;
use crate::observer::Observer;
use crate::storage::create_folder;

/// Trains those of its members that learn the task, in their order. A network has its best epoch chosen
/// by those who validate; a baseline learns from them, too, as it does alone. Where the ensemble's probabilities
/// are made honest on those who validate, its baselines are fitted a second time without them: what is measured
/// on them must not have learnt from them.
pub(super) fn train(
    dataset: &Dataset,
    plan: &TrainingPlan<'_>,
    folder: Option<&Path>,
    observer: &dyn Observer,
) -> Result<Trained, ExperimentError> {
    let calibrates =
        plan.task == Task::Categorical && !plan.recipe.keys_of_calibration().is_empty();
    let mut all = [plan.training, plan.validation].concat();
    all.sort_unstable();
    let mut members = Vec::new();
    // What they answer to those who validate, not having learnt from them.
    let mut validated = Vec::new();
    for (number, member) in plan.recipe.members_of(plan.task) {
        let folder = folder.map(|folder| member_folder(folder, number + 1));
        if let Some(folder) = &folder {
            create_folder(folder)?;
        }
        let is_network = member.architecture.is_network();
        let learns_from = |training, validation| TrainingPlan {
            task: plan.task,
            recipe: member,
            augmentation: plan.augmentation,
            training,
            validation,
            validation_copies: plan.validation_copies,
            balance: plan.balance,
            training_name: plan.training_name.clone(),
            key: plan.key.with("member").with(number as u64),
            copies_key: plan.copies_key.clone(),
            copies_folder: plan.copies_folder.clone(),
            corpus: plan.corpus.clone(),
            classes: plan.classes.clone(),
            heard: plan.heard.clone(),
        };
        let own = match is_network {
            true => learns_from(plan.training, plan.validation),
            false => learns_from(all.as_slice(), &[]),
        };
        let trained = train_single(dataset, &own, folder.as_deref(), observer)?;
        if calibrates {
            validated.push(match is_network {
                true => trained.validated.clone(),
                false => {
                    let without = learns_from(plan.training, plan.validation);
                    train_one(dataset, &without, None, observer)?.validated
                }
            });
        }
        members.push((number + 1, trained));
    }
    let models = members.iter().map(|(_, t)| t.model.clone()).collect();
    let engine = EnsembleEngine::new(plan.recipe, plan.task, models).map_err(|why| {
        ExperimentError::Setup(format!("the recipe {}: {why}", plan.recipe.title()))
    })?;
    let calibration = match calibrates {
        true => calibration::fit(dataset, plan, &engine.pooled(&validated)),
        false => None,
    };
    let columns = plan.recipe.features.as_front_end().columns();
    let outputs = dataset.outputs(plan.task).len();
    let description = describe(
        dataset,
        plan,
        Input {
            // Each member normalises what it is given.
            normaliser: Normaliser {
                mean: vec![0.0; columns.len()],
                deviation: vec![1.0; columns.len()],
            },
            columns,
            features_table: None,
        },
        (vec![0.0; outputs], vec![1.0; outputs]),
        calibration,
    );
    let times = members.iter().map(|(_, trained)| trained.time);
    let time = times.fold(PresentationTime::default(), PresentationTime::and);
    let engine: Box<dyn Engine> = Box::new(engine);
    Ok(Trained {
        model: Model::new(description, engine),
        history: Vec::new(),
        search: Vec::new(),
        validated: Vec::new(),
        members,
        time,
    })
}
