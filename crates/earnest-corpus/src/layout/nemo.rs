//! nEMO (Christop 2024): `samples/EB0_anger_1.wav` and the table `data.tsv`. The table
//! decides where it is there; the names speak otherwise. Audio may be WAV or FLAC.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use earnest_files::RelativePath;

use super::{Reading, Survey, is_one_name, numbered_lines, stem_and_folder};
use crate::problem::ProblemKind;
use crate::sex::Sex;
use crate::utterance::Utterance;

/// Speaker and label of a name like `EB0_anger_1`.
pub(super) fn parse_name(stem: &str) -> Option<(&str, &str)> {
    let mut parts = stem.split('_');
    let (speaker, label, number) = (parts.next()?, parts.next()?, parts.next()?);
    let known = matches!(
        label,
        "anger" | "fear" | "happiness" | "neutral" | "sadness" | "surprised" | "surprise"
    );
    let s = speaker.as_bytes();
    let speaker_like = s.len() == 3
        && s[0].is_ascii_uppercase()
        && s[1].is_ascii_uppercase()
        && s[2].is_ascii_digit();
    let numbered = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    (speaker_like && known && numbered && parts.next().is_none()).then_some((speaker, label))
}

pub(super) fn read(survey: &Survey) -> Reading {
    let table = ["data.tsv", "samples/data.tsv"]
        .map(|t| survey.root.join(t))
        .into_iter()
        // One that is there and cannot be read is a problem; names do not stand in for it.
        .find(|t| t.symlink_metadata().is_ok());
    match table {
        Some(table) => read_table(survey, &table),
        None => read_names(survey),
    }
}

fn read_names(survey: &Survey) -> Reading {
    let mut reading = Reading::default();
    for path in &survey.audio {
        let (stem, _) = stem_and_folder(path.as_str());
        let file = path.under(&survey.root);
        match parse_name(stem) {
            Some((speaker, label)) => reading.utterances.push(Utterance {
                origin: (file, None),
                ..Utterance::of_file(stem, path.clone(), speaker, label)
            }),
            None => reading.problem(
                ProblemKind::UnknownName,
                &file,
                None,
                format!("{path} is not of the form SPEAKER_emotion_number"),
            ),
        }
    }
    reading
}

fn read_table(survey: &Survey, table: &Path) -> Reading {
    let mut reading = Reading::default();
    let lines = match numbered_lines(table) {
        Ok(lines) => lines,
        Err(error) => {
            reading.problem(ProblemKind::UnreadableTable, table, None, error.to_string());
            return reading;
        }
    };
    let by_stem: HashMap<&str, &RelativePath> = survey
        .audio
        .iter()
        .map(|path| (stem_and_folder(path.as_str()).0, path))
        .collect();
    let mut lines = lines.into_iter();
    let header = lines.next().map(|(_, text)| text).unwrap_or_default();
    let columns: Vec<&str> = header.split('\t').map(str::trim).collect();
    let place = |name: &str| columns.iter().position(|c| *c == name);
    let (Some(file), Some(emotion), Some(speaker)) =
        (place("file_id"), place("emotion"), place("speaker_id"))
    else {
        reading.problem(
            ProblemKind::UnreadableTable,
            table,
            Some(1),
            "the header lacks file_id, emotion or speaker_id".into(),
        );
        return reading;
    };
    let gender = place("gender");
    for (line, text) in lines {
        if text.trim().is_empty() {
            continue;
        }
        let cells: Vec<&str> = text.split('\t').map(str::trim).collect();
        let cell = |i: usize| cells.get(i).copied().filter(|c| !c.is_empty());
        let (Some(name), Some(label), Some(who)) = (cell(file), cell(emotion), cell(speaker))
        else {
            reading.problem(
                ProblemKind::UnreadableLine,
                table,
                Some(line),
                format!(
                    "{} columns where {} are expected, or an empty one",
                    cells.len(),
                    columns.len()
                ),
            );
            continue;
        };
        let (stem, _) = stem_and_folder(name);
        let named = RelativePath::new(&format!("samples/{name}"));
        let Some(named) = named.ok().filter(|_| is_one_name(name)) else {
            reading.problem(
                ProblemKind::UnreadableLine,
                table,
                Some(line),
                format!("{name:?} is not the name of a file"),
            );
            continue;
        };
        let path = by_stem.get(stem).map_or(named, |path| (*path).clone());
        reading.utterances.push(Utterance {
            sex: gender.and_then(cell).and_then(Sex::parse),
            origin: (table.to_owned(), Some(line)),
            ..Utterance::of_file(stem, path, who, label)
        });
    }
    let labelled: HashSet<&str> = reading.utterances.iter().map(|u| u.path.as_str()).collect();
    let is_unlabelled = |path: &&RelativePath| {
        parse_name(stem_and_folder(path.as_str()).0).is_some() && !labelled.contains(path.as_str())
    };
    let unlabelled: Vec<&RelativePath> = survey.audio.iter().filter(is_unlabelled).collect();
    if let Some(first) = unlabelled.first() {
        let detail = format!(
            "{} audio files have no line that can be read (first: {first})",
            unlabelled.len()
        );
        reading.problem(ProblemKind::Unlabelled, table, None, detail);
    }
    reading
}
