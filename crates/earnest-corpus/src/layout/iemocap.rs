//! IEMOCAP (Busso et al. 2008): labels in `SessionN/dialog/EmoEvaluation/<dialogue>.txt`,
//! audio in `SessionN/sentences/wav/<dialogue>/<turn>.wav`.
//!
//! The talker is the letter of the turn's number (`..._F000`), not that of the dialogue's
//! name (`Ses01F_...`): confusing them leaks speakers between test and validation.

use std::path::{Path, PathBuf};

use super::{Reading, Survey, numbered_lines, relative};
use crate::corpus::Utterance;
use crate::emotion::Sex;
use crate::problem::ProblemKind;

/// Session folders of a corpus folder: number and path, sorted by number.
fn sessions(folder: &Path) -> Vec<(String, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|e| {
            let name = e.file_name().into_string().ok()?;
            let number = name.strip_prefix("Session")?.parse().ok()?;
            e.path().is_dir().then(|| (number, e.path()))
        })
        .collect();
    found.sort();
    found
        .into_iter()
        .map(|(n, path)| (n.to_string(), path))
        .collect()
}

fn evaluation(session: &Path) -> PathBuf {
    session.join("dialog").join("EmoEvaluation")
}

/// The folder that holds the sessions: this one, or the only one in it.
pub(super) fn root(folder: &Path) -> Option<PathBuf> {
    let holds = |f: &Path| sessions(f).iter().any(|(_, s)| evaluation(s).is_dir());
    if holds(folder) {
        return Some(folder.to_owned());
    }
    let mut inner = std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.is_dir() && holds(p));
    let first = inner.next()?;
    inner.next().is_none().then_some(first)
}

pub(super) fn read(survey: &Survey) -> Reading {
    let mut reading = Reading::default();
    let root = root(&survey.root).unwrap_or_else(|| survey.root.clone());
    for (number, session) in sessions(&root) {
        let folder = evaluation(&session);
        let Ok(entries) = std::fs::read_dir(&folder) else {
            reading.problem(
                ProblemKind::MissingFolder,
                &folder,
                None,
                format!("session {number} has no labels"),
            );
            continue;
        };
        let mut files: Vec<PathBuf> = entries
            .flatten()
            .map(|e| e.path())
            .filter(|p| {
                p.extension().is_some_and(|e| e == "txt")
                    && p.file_name().is_some_and(|n| !super::hidden(n))
                    && p.is_file()
            })
            .collect();
        files.sort();
        for file in files {
            read_dialogue(&survey.root, &session, &number, &file, &mut reading);
        }
    }
    reading
}

fn read_dialogue(root: &Path, session: &Path, number: &str, file: &Path, reading: &mut Reading) {
    let lines = match numbered_lines(file) {
        Ok(lines) => lines,
        Err(error) => {
            reading.problem(ProblemKind::UnreadableLine, file, None, error.to_string());
            return;
        }
    };
    let dialogue = file.file_stem().and_then(|s| s.to_str()).unwrap_or("");
    for (line, text) in lines {
        match parse_line(&text) {
            Ok(None) => {}
            Ok(Some(turn)) => {
                let Some(sex) = talker(&turn.name) else {
                    reading.problem(
                        ProblemKind::UnreadableLine,
                        file,
                        Some(line),
                        format!(
                            "turn {:?} does not end in _F or _M and a number, so its talker is unknown",
                            turn.name
                        ),
                    );
                    continue;
                };
                let letter = match sex {
                    Sex::Female => 'F',
                    Sex::Male => 'M',
                };
                let audio = session
                    .join("sentences")
                    .join("wav")
                    .join(dialogue)
                    .join(format!("{}.wav", turn.name));
                reading.utterances.push(Utterance {
                    path: relative(root, &audio).unwrap_or_default(),
                    id: turn.name,
                    speaker: format!("{number}{letter}"),
                    session: Some(number.to_owned()),
                    sex: Some(sex),
                    label: turn.label,
                    emotion: None,
                    arousal: Some(turn.activation),
                    valence: Some(turn.valence),
                    origin: (file.to_owned(), Some(line)),
                });
            }
            Err(detail) => {
                reading.problem(ProblemKind::UnreadableLine, file, Some(line), detail);
            }
        }
    }
}

struct Turn {
    name: String,
    label: String,
    valence: f32,
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
        Some([valence, activation, _dominance]) => Ok(Some(Turn {
            name: name.to_owned(),
            label: label.to_owned(),
            valence: *valence,
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
