//! Fitting a baseline to all its utterances at once.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};

use earnest_audio::ContentHash;
use earnest_model::{Examples, FitError, Fitted, Presentations, Targets, mean_row};
use rayon::prelude::*;

use super::presenter::{Presentation, Presenter};
use super::{Learnt, Lesson, score};
use crate::dataset::Item;
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
    let n = lesson.heard.len();
    observer.event(Notice::StageStarted {
        name: "presenting",
        total: copies * n,
    });
    let rows = (0..copies * n)
        .into_par_iter()
        .map(|place| {
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

    let of_copy = |place: &usize| lesson.heard[place % n];
    let people = people(lesson);
    let recordings = recordings(lesson);
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
        speakers: &people.repeat(copies),
        utterances: &recordings.repeat(copies),
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
    Ok(Learnt {
        engine,
        history: Vec::new(),
        search,
    })
}

/// A number for each utterance that stands for its recording: utterances of one recording have the
/// same.
fn recordings(lesson: &Lesson<'_>) -> Vec<usize> {
    let mut numbers = HashMap::new();
    let items = lesson.heard.iter().map(|i| &lesson.dataset.items[*i]);
    items
        .map(|item| {
            let next = numbers.len();
            *numbers.entry(item.recording).or_insert(next)
        })
        .collect()
}

/// A number for each utterance that stands for who speaks: speakers who have a recording in common
/// are one person, whatever they are called.
fn people(lesson: &Lesson<'_>) -> Vec<usize> {
    let items = || lesson.heard.iter().map(|i| &lesson.dataset.items[*i]);
    let mut person_of: BTreeMap<&str, usize> = BTreeMap::new();
    for item in items() {
        let next = person_of.len();
        person_of
            .entry(item.utterance.speaker.as_str())
            .or_insert(next);
    }
    let mut speaks: HashMap<ContentHash, usize> = HashMap::new();
    for item in items() {
        let speaker = item.utterance.speaker.as_str();
        for content in [item.content, item.recording] {
            let Some(own) = person_of.get(speaker).copied() else {
                continue;
            };
            let other = *speaks.entry(content).or_insert(own);
            if own == other {
                continue;
            }
            // Whoever was the one is the other from now on.
            let (low, high) = (own.min(other), own.max(other));
            for person in person_of.values_mut().chain(speaks.values_mut()) {
                if *person == high {
                    *person = low;
                }
            }
        }
    }
    let person = |item: &Item| person_of.get(item.utterance.speaker.as_str()).copied();
    items().filter_map(person).collect()
}

/// The targets of so many copies.
fn repeated(targets: &Targets, copies: usize) -> Targets {
    match targets {
        Targets::Classes(classes) => Targets::Classes(classes.repeat(copies)),
        Targets::Values(values) => Targets::Values(values.repeat(copies)),
    }
}
