//! Utterances that are partly the same stretch of the same recording.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use earnest_audio::Stretch;

use crate::problem::{Problem, ProblemKind};
use crate::utterance::Utterance;

/// Of utterances, each with the recording it is cut from, those that have a part of it in common:
/// for each in their order the numbers of the others. Those that only touch have none.
#[must_use]
pub fn overlaps<R: Ord>(cuts: &[(R, Option<Stretch>)]) -> Vec<Vec<usize>> {
    let mut of_recording: BTreeMap<&R, Vec<(f64, f64, usize)>> = BTreeMap::new();
    for (number, (recording, stretch)) in cuts.iter().enumerate() {
        let start = stretch.map_or(0.0, Stretch::start_s);
        let end = stretch.and_then(Stretch::end_s).unwrap_or(f64::INFINITY);
        let list = of_recording.entry(recording).or_default();
        list.push((start, end, number));
    }
    let mut all = vec![Vec::new(); cuts.len()];
    for mut list in of_recording.into_values() {
        list.sort_by(|a, b| a.0.total_cmp(&b.0));
        // Those that have not ended where the next begins.
        let mut open: Vec<(f64, usize)> = Vec::new();
        for (start, end, number) in list {
            open.retain(|(end, _)| *end > start);
            for (_, other) in &open {
                all[number].push(*other);
                all[*other].push(number);
            }
            open.push((end, number));
        }
    }
    all
}

/// Names utterances (sorted by id, files relative to the root) that overlap with one above them;
/// both are kept.
pub(crate) fn problems(root: &Path, cut: &[Utterance]) -> Vec<Problem> {
    // Only recordings of which stretches are listed can be.
    if cut.iter().all(|u| u.stretch.is_none()) {
        return Vec::new();
    }
    let place = |u: &Utterance| -> PathBuf {
        let path = root.join(&u.file);
        path.canonicalize().unwrap_or(path)
    };
    let cuts: Vec<_> = cut.iter().map(|u| (place(u), u.stretch)).collect();
    let mut problems = Vec::new();
    for (utterance, others) in cut.iter().zip(overlaps(&cuts)) {
        let above = others
            .iter()
            .map(|i| &cut[*i])
            .filter(|other| other.id < utterance.id);
        let above: Vec<&Utterance> = above.collect();
        let Some(first) = above.iter().min_by(|a, b| a.id.cmp(&b.id)) else {
            continue;
        };
        let more = match above.len() - 1 {
            0 => String::new(),
            n => format!(" (and of {n} others)"),
        };
        let speakers = match utterance.speaker == first.speaker {
            true => String::new(),
            false => format!(
                "; they are said to be of {} and of {}",
                utterance.speaker, first.speaker
            ),
        };
        let detail = format!(
            "{} has a part of the recording of {}{more}; no fold has them on two sides{speakers}",
            utterance.id, first.id
        );
        problems.push(utterance.problem(ProblemKind::Overlapping, detail));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_that_share_a_moment_overlap_and_those_that_touch_do_not() {
        let cut = |recording: char, start: f64, end: Option<f64>| {
            (recording, Stretch::new(start, end).unwrap())
        };
        let cuts = [
            cut('x', 0.0, Some(2.0)),
            cut('x', 2.0, Some(3.0)),
            cut('x', 0.001, Some(2.0)),
            cut('y', 0.0, Some(2.0)),
            cut('x', 2.9, None),
            cut('y', 0.0, None),
        ];
        let mut found = overlaps(&cuts);
        found.iter_mut().for_each(|list| list.sort_unstable());
        let expected: [&[usize]; 6] = [&[2], &[4], &[0], &[5], &[1], &[3]];
        assert_eq!(found, expected);
    }
}
