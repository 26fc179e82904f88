//! Training a network, epoch by epoch.

use std::path::Path;

use earnest_features::Features;
use earnest_model::{Engine, Trainer, predict_normalised};

use super::presenter::Presenter;
use super::{CHECKPOINT, Learnt, Lesson, calibration, score};
use crate::error::ExperimentError;
use crate::observer::{Notice, Observer};

/// Trains until validation gets no better. With a `folder`, the state is kept there after each epoch,
/// and an interrupted training goes on from it.
pub(super) fn train(
    lesson: &Lesson<'_>,
    presenter: &mut Presenter<'_>,
    folder: Option<&Path>,
    observer: &dyn Observer,
) -> Result<Learnt, ExperimentError> {
    let (plan, sizes) = (lesson.plan, (lesson.columns, lesson.outputs));
    let copies = plan.copies_that_validate(presenter);
    let validation = presenter.validation(plan.validation, copies);
    let validation = validation.map_err(ExperimentError::Setup)?;
    let validation_rows: Vec<&Features> = validation.iter().collect();
    let validating = plan.validation.repeat(1 + copies);
    let key = plan.key.with("training");
    let checkpoint = folder.map(|f| f.join(CHECKPOINT));
    let resumed = match checkpoint.as_deref().filter(|p| p.exists()) {
        Some(path) => match Trainer::resume(plan.recipe.clone(), sizes.0, sizes.1, &key, path) {
            Ok(trainer) => Some(trainer),
            Err(error) => {
                observer.event(Notice::Warning(&format!("{error}; this unit starts anew")));
                None
            }
        },
        None => None,
    };
    let mut trainer = match resumed {
        Some(trainer) => trainer,
        None => Trainer::new(plan.recipe.clone(), sizes.0, sizes.1, &key)?,
    };
    while !trainer.finished() {
        let epoch = trainer.history().len();
        let mut validate = |engine: &dyn Engine| {
            if validating.is_empty() {
                // Nobody says which epoch is best, and the last one is kept.
                return epoch as f64;
            }
            let rows = predict_normalised(engine, &validation_rows, lesson.outputs);
            score(plan, lesson.dataset, &validating, &rows)
        };
        let report = trainer.epoch(&*presenter, lesson.targets, &mut validate)?;
        presenter.forget_first();
        if let Some(path) = &checkpoint {
            trainer.save(path)?;
        }
        observer.event(Notice::Epoch {
            unit: "",
            report: &report,
            most: plan.recipe.max_epochs,
        });
        if observer.stopping() && !trainer.finished() {
            return Err(ExperimentError::Stopped);
        }
    }
    let history = trainer.history().to_vec();
    let engine = trainer.into_best();
    let validated = predict_normalised(&*engine, &validation_rows, lesson.outputs);
    Ok(Learnt {
        calibration: calibration::fit(lesson.dataset, plan, &validated),
        validated,
        history,
        engine,
        search: Vec::new(),
    })
}
