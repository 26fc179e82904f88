//! Fitting a baseline to all its utterances at once.

use std::sync::atomic::{AtomicBool, Ordering};

use earnest_features::Features;
use earnest_model::{
    Examples, FitError, Fitted, Presentations, Targets, mean_row, predict_normalised,
};
use rayon::prelude::*;

use super::presenter::{Presentation, Presenter};
use super::{Learnt, Lesson, score};
use crate::error::ExperimentError;
use crate::observer::{Notice, Observer};

/// Fits a baseline to its utterances, each as it is presented in so many epochs: its own copies of
/// augmented ones, but no more than there are frozen ones; clean ones once.
pub(super) fn fit(
    lesson: &Lesson<'_>,
    presenter: &Presenter<'_>,
    observer: &dyn Observer,
) -> Result<Learnt, ExperimentError> {
    let plan = lesson.plan;
    let own = plan.recipe.architecture.copies();
    let copies = match plan.augmentation.map(|a| a.presentation) {
        None => 1,
        Some(Presentation::Fresh) => own,
        Some(Presentation::Copies(frozen)) => own.min(frozen),
    };
    let n = lesson.plan.training.len();
    observer.event(Notice::StageStarted {
        name: "presenting",
        total: copies * n,
    });
    let rows = (0..copies * n)
        .into_par_iter()
        .map(|place| {
            if observer.stopping() {
                return Ok(Vec::new());
            }
            let features = presenter.present(place / n, place % n)?;
            observer.event(Notice::StageAdvanced);
            Ok(mean_row(features.values(), lesson.columns))
        })
        .collect::<Result<Vec<Vec<f32>>, String>>();
    observer.event(Notice::StageFinished);
    let rows = rows.map_err(ExperimentError::Setup)?.concat();
    if observer.stopping() {
        return Err(ExperimentError::Stopped);
    }

    let of_copy = |place: &usize| lesson.plan.training[place % n];
    let together = lesson.dataset.kept_together(lesson.plan.training);
    let judge = |places: &[usize], answers: &[Vec<f32>]| {
        let indices: Vec<usize> = places.iter().map(of_copy).collect();
        score(plan, lesson.dataset, &indices, answers)
    };
    let has_begun = AtomicBool::new(false);
    let go_on = |_: usize, all: usize| {
        if !has_begun.swap(true, Ordering::Relaxed) {
            observer.event(Notice::StageStarted {
                name: "fitting",
                total: all,
            });
        }
        observer.event(Notice::StageAdvanced);
        !observer.stopping()
    };
    let fitted = plan.recipe.architecture.fit(&Examples {
        columns: lesson.columns,
        rows: &rows,
        targets: &repeated(lesson.targets, copies),
        outputs: lesson.outputs,
        weights: &lesson.weights.repeat(copies),
        speakers: &together.people.repeat(copies),
        utterances: &together.recordings.repeat(copies),
        score: &judge,
        key: &plan.key.with("fit"),
        go_on: &go_on,
    });
    if has_begun.into_inner() {
        observer.event(Notice::StageFinished);
    }
    let Fitted {
        engine,
        search,
        warning,
    } = fitted.map_err(|error| match error {
        FitError::Stopped => ExperimentError::Stopped,
        other => ExperimentError::Setup(format!("{}: {other}", plan.recipe.title())),
    })?;
    if let Some(warning) = warning {
        observer.event(Notice::Warning(&format!(
            "{}: {warning}",
            plan.recipe.title()
        )));
    }
    let copies = plan.copies_that_validate(presenter);
    let validation = presenter.validation(plan.validation, copies);
    let validation = validation.map_err(ExperimentError::Setup)?;
    let validation: Vec<&Features> = validation.iter().collect();
    Ok(Learnt {
        validated: predict_normalised(&*engine, &validation, lesson.outputs),
        engine,
        calibration: None,
        history: Vec::new(),
        search,
    })
}

/// The targets of so many copies.
fn repeated(targets: &Targets, copies: usize) -> Targets {
    match targets {
        Targets::Classes(classes) => Targets::Classes(classes.repeat(copies)),
        Targets::Values(values) => Targets::Values(values.repeat(copies)),
    }
}
