//! What a corpus as a whole lacks: speakers, classes; and speakers who stray over sessions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::class_set::{ClassSet, LONGEST_NAME, is_class_name};
use crate::labels::LabelMap;
use crate::layout::Layout;
use crate::layout::speakers::{self, Known};
use crate::problem::{Problem, ProblemKind};
use crate::utterance::{UNKNOWN_SPEAKER, Utterance};

/// What is wrong with all utterances together; all are kept.
pub(crate) fn problems(
    layout: Layout,
    corpus: &Path,
    utterances: &[Utterance],
    classes: &ClassSet,
) -> Vec<Problem> {
    let mut problems = two_sessions(utterances);
    problems.extend(unusable_labels(utterances));
    let mut of_all = |kind, detail| {
        problems.push(Problem {
            kind,
            file: corpus.to_owned(),
            line: None,
            detail,
        });
    };
    let heard: BTreeSet<&str> = utterances.iter().map(|u| u.speaker.as_str()).collect();
    match speakers::of(layout) {
        Some(Known::Names(names)) => {
            for name in names.iter().filter(|n| !heard.contains(n.as_str())) {
                let detail = format!(
                    "{} has a speaker {name}, who says nothing here",
                    layout.name()
                );
                of_all(ProblemKind::MissingSpeaker, detail);
            }
        }
        Some(Known::Count(count)) if heard.len() < count => of_all(
            ProblemKind::MissingSpeaker,
            format!(
                "{} has {count} speakers; {} are here",
                layout.name(),
                heard.len()
            ),
        ),
        _ => {}
    }
    let named = heard.iter().filter(|s| **s != UNKNOWN_SPEAKER).count();
    if named < 2 {
        let who = match (named, heard.first()) {
            (1, Some(only)) if heard.len() == 1 => format!("only {only} speaks"),
            (1, _) => "only one speaker is named".to_owned(),
            _ => "no speaker is named".to_owned(),
        };
        of_all(
            ProblemKind::OneSpeaker,
            format!(
                "{who}: speakers cannot be kept apart; a manifest names them in its column speaker"
            ),
        );
    }
    for class in classes.missing(utterances) {
        of_all(
            ProblemKind::MissingClass,
            format!("no utterance counts as {class}; --map label={class} says which label does"),
        );
    }
    problems
}

/// Labels that can be no name of a class, each at its first utterance.
fn unusable_labels(utterances: &[Utterance]) -> Vec<Problem> {
    let mut seen = BTreeSet::new();
    utterances
        .iter()
        .filter(|u| !is_class_name(&u.label) && seen.insert(&u.label))
        .map(|u| {
            let detail = format!(
                "the label {:?} of {} is longer than {LONGEST_NAME} bytes or has a control character, so it has no class of its own; --map can send it to one",
                u.label, u.id
            );
            u.problem(ProblemKind::UnusableLabel, detail)
        })
        .collect()
}

/// The classes of the paper's four that no utterance counts as, where some do: the usual classes
/// are then all labels of the corpus.
pub(crate) fn not_four(corpus: &Path, utterances: &[Utterance], labels: &LabelMap) -> Vec<Problem> {
    let four = ClassSet::four(labels.clone());
    let missing = four.missing(utterances);
    if missing.len() == four.names().len() {
        return Vec::new();
    }
    missing
        .into_iter()
        .map(|class| Problem {
            kind: ProblemKind::MissingClass,
            file: corpus.to_owned(),
            line: None,
            detail: format!(
                "no utterance counts as {class}, so the classes are all labels of the corpus; --map label={class} says which label does, --classes says which classes are meant"
            ),
        })
        .collect()
}

/// Speakers who are in more than one session.
fn two_sessions(utterances: &[Utterance]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut sessions: BTreeMap<&str, &Utterance> = BTreeMap::new();
    for utterance in utterances.iter().filter(|u| u.speaker != UNKNOWN_SPEAKER) {
        let first = sessions.entry(&utterance.speaker).or_insert(utterance);
        if first.session != utterance.session {
            let name = |u: &Utterance| u.session.clone().unwrap_or_else(|| "none".into());
            let detail = format!(
                "speaker {} is in session {} here and in session {} in {}; folds would share a speaker",
                utterance.speaker,
                name(utterance),
                name(first),
                first.origin_words(),
            );
            problems.push(utterance.problem(ProblemKind::SpeakerInTwoSessions, detail));
        }
    }
    problems
}
