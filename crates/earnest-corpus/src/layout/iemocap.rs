//! IEMOCAP (Busso et al. 2008): labels in `SessionN/dialog/EmoEvaluation/<dialogue>.txt`,
//! audio in `SessionN/sentences/wav/<dialogue>/<turn>.wav`.
//!
//! The talker is the letter of the turn's number (`..._F000`), not that of the dialogue's
//! name (`Ses01F_...`): confusing them leaks speakers between test and validation.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use earnest_files::RelativePath;

use super::{Reading, Survey, is_one_name, numbered_lines, stem_and_folder};
use crate::problem::ProblemKind;
use crate::sex::Sex;
use crate::utterance::Utterance;

/// True for `.../dialog/EmoEvaluation/<dialogue>.txt`: a file of labels.
pub(super) fn is_evaluation(file: &Path) -> bool {
    file.extension().is_some_and(|e| e == "txt")
        && file
            .parent()
            .is_some_and(|p| p.ends_with("dialog/EmoEvaluation"))
}

/// What stands before `SessionN/` in a path, `/` included, and the session's number.
fn session(path: &str) -> Option<(&str, u32)> {
    let start = match path.starts_with("Session") {
        true => 0,
        false => path.find("/Session")? + 1,
    };
    let (name, _) = path.get(start..)?.split_once('/')?;
    let number = name.strip_prefix("Session")?.parse().ok()?;
    Some((path.get(..start)?, number))
}

/// The folder that holds the sessions: this one, or the only one in it (`IEMOCAP_full_release/`).
pub(super) fn prefix(survey: &Survey) -> Option<&str> {
    let mut found: Vec<&str> = survey
        .evaluations
        .iter()
        .filter_map(|file| Some(session(file.as_str())?.0))
        .filter(|prefix| prefix.matches('/').count() <= 1)
        .collect();
    found.sort_unstable();
    found.dedup();
    match found.as_slice() {
        // This one sorts first.
        ["", ..] => Some(""),
        [only] => Some(only),
        _ => None,
    }
}

pub(super) fn read(survey: &Survey) -> Reading {
    let mut reading = Reading::default();
    let prefix = prefix(survey).unwrap_or_default();
    let of_session = |path: &RelativePath| {
        let (before, number) = session(path.as_str())?;
        (before == prefix).then_some(number)
    };
    let mut mentioned = HashSet::new();
    let mut sessions: BTreeMap<u32, Vec<&RelativePath>> = BTreeMap::new();
    for number in survey.audio.iter().filter_map(of_session) {
        sessions.entry(number).or_default();
    }
    for file in &survey.evaluations {
        if let Some(number) = of_session(file) {
            sessions.entry(number).or_default().push(file);
        }
    }
    for (number, files) in sessions {
        if files.is_empty() {
            reading.problem(
                ProblemKind::MissingFolder,
                &survey
                    .root
                    .join(format!("{prefix}Session{number}/dialog/EmoEvaluation")),
                None,
                format!("session {number} has no labels"),
            );
        }
        for file in files {
            read_dialogue(&survey.root, number, file, &mut reading, &mut mentioned);
        }
    }
    name_unlabelled(survey, prefix, &mentioned, &mut reading);
    reading
}

/// Names sentences that no line of labels speaks of: the corpus has one for each, so that a file
/// of labels is missing, or has lost lines.
fn name_unlabelled(
    survey: &Survey,
    prefix: &str,
    mentioned: &HashSet<String>,
    reading: &mut Reading,
) {
    // By the file of labels that should speak of them.
    let mut unlabelled: BTreeMap<String, Vec<&RelativePath>> = BTreeMap::new();
    for path in &survey.audio {
        let text = path.as_str();
        let is_ours = session(text).is_some_and(|(before, _)| before == prefix);
        let Some((of_session, rest)) = text.split_once("/sentences/wav/") else {
            continue;
        };
        if is_ours && !mentioned.contains(stem_and_folder(text).0) {
            let dialogue = rest.split('/').next().unwrap_or_default();
            let table = format!("{of_session}/dialog/EmoEvaluation/{dialogue}.txt");
            unlabelled.entry(table).or_default().push(path);
        }
    }
    for (table, files) in unlabelled {
        let Some(first) = files.first() else { continue };
        let detail = format!(
            "{} sentences have no line of labels (first: {first})",
            files.len()
        );
        let table = survey.root.join(table);
        reading.problem(ProblemKind::Unlabelled, &table, None, detail);
    }
}

/// Reads a file of labels; all words of its lines are added to `mentioned`.
fn read_dialogue(
    root: &Path,
    number: u32,
    path: &RelativePath,
    reading: &mut Reading,
    mentioned: &mut HashSet<String>,
) {
    let (dialogue, _) = stem_and_folder(path.as_str());
    let folder = path.as_str().rsplit_once("/dialog/");
    let session = folder.map_or("", |(session, _)| session);
    let file = path.under(root);
    let lines = match numbered_lines(&file) {
        Ok(lines) => lines,
        Err(error) => {
            reading.problem(ProblemKind::UnreadableTable, &file, None, error.to_string());
            return;
        }
    };
    for (line, text) in lines {
        mentioned.extend(text.split_whitespace().map(str::to_owned));
        let said = match parse_line(&text) {
            Ok(None) => continue,
            Ok(Some(turn)) => utterance(session, number, dialogue, turn),
            Err(detail) => Err(detail),
        };
        match said {
            Ok(mut utterance) => {
                utterance.origin = (file.clone(), Some(line));
                reading.utterances.push(utterance);
            }
            Err(detail) => {
                reading.problem(ProblemKind::UnreadableLine, &file, Some(line), detail);
            }
        }
    }
}

fn utterance(session: &str, number: u32, dialogue: &str, turn: Turn) -> Result<Utterance, String> {
    if !is_one_name(&turn.name) {
        return Err(format!("turn {:?} is not the name of a file", turn.name));
    }
    let sex = talker(&turn.name).ok_or_else(|| {
        format!(
            "turn {:?} does not end in _F or _M and a number, so its talker is unknown",
            turn.name
        )
    })?;
    let letter = match sex {
        Sex::Female => 'F',
        Sex::Male => 'M',
    };
    let audio = format!("{session}/sentences/wav/{dialogue}/{}.wav", turn.name);
    let path = RelativePath::new(&audio).map_err(|e| e.to_string())?;
    Ok(Utterance {
        session: Some(number.to_string()),
        sex: Some(sex),
        arousal: Some(turn.activation),
        valence: Some(turn.valence),
        dominance: Some(turn.dominance),
        ..Utterance::of_file(turn.name, path, format!("{number}{letter}"), turn.label)
    })
}

struct Turn {
    name: String,
    label: String,
    valence: f32,
    dominance: f32,
    activation: f32,
}

/// The talker of a turn: the letter that begins the last part of its name.
fn talker(turn: &str) -> Option<Sex> {
    let last = turn.rsplit('_').next()?;
    let rest = last.get(1..)?;
    if rest.is_empty() || !rest.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    match last.as_bytes().first()? {
        b'F' => Some(Sex::Female),
        b'M' => Some(Sex::Male),
        _ => None,
    }
}

/// A turn line, `None` for lines that carry no turn (header, blank, raters), or why it
/// cannot be read.
fn parse_line(text: &str) -> Result<Option<Turn>, String> {
    let text = text.trim();
    let rater = text.starts_with("C-") || text.starts_with("A-");
    if text.is_empty() || text.starts_with('%') || rater {
        return Ok(None);
    }
    let shown: String = text.chars().take(60).collect();
    let unreadable = |why: &str| {
        format!(
            "{why} in {shown:?}; expected [start - end] TURN label [valence, activation, dominance]"
        )
    };
    let rest = text
        .strip_prefix('[')
        .ok_or_else(|| unreadable("no time in brackets"))?;
    let (times, rest) = rest
        .split_once(']')
        .ok_or_else(|| unreadable("no closing bracket"))?;
    let (start, end) = times
        .split_once(" - ")
        .ok_or_else(|| unreadable("no start - end"))?;
    for time in [start, end] {
        time.trim()
            .parse::<f64>()
            .ok()
            .filter(|t| t.is_finite())
            .ok_or_else(|| unreadable("a time is no number"))?;
    }
    let (middle, values) = rest
        .split_once('[')
        .ok_or_else(|| unreadable("no values in brackets"))?;
    let mut words = middle.split_whitespace();
    let (Some(name), Some(label), None) = (words.next(), words.next(), words.next()) else {
        return Err(unreadable("not one turn and one label"));
    };
    let values: Option<Vec<f32>> = values
        .trim_end_matches(']')
        .split(',')
        .map(|v| v.trim().parse().ok().filter(|v: &f32| v.is_finite()))
        .collect();
    match values.as_deref() {
        Some([valence, activation, dominance]) => Ok(Some(Turn {
            name: name.to_owned(),
            label: label.to_owned(),
            valence: *valence,
            dominance: *dominance,
            activation: *activation,
        })),
        _ => Err(unreadable("not three values")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_talker_is_the_letter_of_the_turn_not_of_the_dialogue() {
        assert_eq!(talker("Ses01F_impro01_M003"), Some(Sex::Male));
        assert_eq!(talker("Ses05M_script01_1b_F013"), Some(Sex::Female));
        assert_eq!(talker("Ses01F_impro01_FXX0"), Some(Sex::Female));
        assert_eq!(talker("Ses01F_impro01"), None);
        assert_eq!(talker(""), None);
    }

    #[test]
    fn a_session_is_found_whatever_stands_before_it() {
        assert_eq!(session("Session1/a/b.txt"), Some(("", 1)));
        assert_eq!(
            session("IEMOCAP_full_release/Session12/a.wav"),
            Some(("IEMOCAP_full_release/", 12))
        );
        assert_eq!(session("SessionX/a.wav"), None);
        assert_eq!(session("Session1"), None);
    }

    proptest::proptest! {
        #[test]
        fn a_turn_line_is_read_back_whatever_its_numbers(
            start in 0.0..1000.0_f64, v in 1.0..5.0_f32, a in 1.0..5.0_f32, number in 0..999_u32,
        ) {
            let line = format!("[{start:.4} - {:.4}]\tSes02M_script01_1_F{number:03}\tfru\t[{v:.4}, {a:.4}, 3.0000]", start + 1.0);
            let turn = parse_line(&line).unwrap().unwrap();
            assert_eq!(turn.label, "fru");
            assert!((turn.valence - v).abs() < 1e-3 && (turn.activation - a).abs() < 1e-3);
        }

        #[test]
        fn no_line_makes_the_parser_panic(line in ".{0,80}") {
            let _ = parse_line(&line);
            let _ = parse_line(&format!("[{line}"));
            let _ = parse_line(&format!("[1.0 - 2.0] {line} [1, 2, 3]"));
        }
    }
}
