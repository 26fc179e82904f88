//! EmoTale (Hjuler et al. 2025): `DK_004_A_5.wav` and, where it is there, `annotations.csv`.
//!
//! Names and labels are those that <https://github.com/snehadas/EmoTale> documents (`README.md`),
//! the columns of the table those that it has there (`annotations.csv`). The label is the emotion
//! that was enacted, which the name says; arousal, valence and dominance are means over raters.
//! The names were tried on 425 of the 800 real files, the table on none. `speaker_info.csv`, whose
//! columns are not documented, is not read.

use std::collections::HashMap;
use std::path::Path;

use earnest_files::RelativePath;

use super::table::{Row, Table};
use super::{Reading, Survey, stem_and_folder};
use crate::problem::ProblemKind;
use crate::utterance::Utterance;

/// True for the table of ratings.
pub(super) fn is_table(file: &Path) -> bool {
    file.file_name().is_some_and(|n| n == "annotations.csv")
}

/// Speaker and label of a name: language, speaker, emotion letter, sentence.
pub(super) fn parse_name(stem: &str) -> Option<(&str, &'static str)> {
    let mut parts = stem.split('_');
    let (language, speaker) = (parts.next()?, parts.next()?);
    let (emotion, sentence) = (parts.next()?, parts.next()?);
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let known = matches!(language, "DK" | "EN")
        && speaker.len() == 3
        && digits(speaker)
        && sentence.len() == 1
        && digits(sentence)
        && parts.next().is_none();
    let label = label(emotion)?;
    known.then_some((speaker, label))
}

fn label(letter: &str) -> Option<&'static str> {
    Some(match letter {
        "A" => "anger",
        "B" => "boredom",
        "H" => "happiness",
        "N" => "neutral",
        "S" => "sadness",
        _ => return None,
    })
}

/// What raters say of a file, means over them.
#[derive(Default)]
struct Rated {
    arousal: Option<f32>,
    valence: Option<f32>,
    dominance: Option<f32>,
}

/// Ratings by the name of the file without its extension, and where they stand.
#[derive(Default)]
struct Ratings {
    by_stem: HashMap<String, (usize, Rated)>,
    table: Option<Table>,
}

pub(super) fn read(survey: &Survey) -> Reading {
    let mut reading = Reading::default();
    let mut ratings = ratings(survey, &mut reading);
    for path in &survey.audio {
        let (stem, _) = stem_and_folder(path.as_str());
        let file = path.under(&survey.root);
        let Some((speaker, label)) = parse_name(stem) else {
            let detail = format!("{path} is not of the form LANGUAGE_speaker_EMOTION_sentence");
            reading.problem(ProblemKind::UnknownName, &file, None, detail);
            continue;
        };
        let rated = ratings.by_stem.remove(stem).map(|(_, rated)| rated);
        let rated = rated.unwrap_or_default();
        reading.utterances.push(Utterance {
            arousal: rated.arousal,
            valence: rated.valence,
            dominance: rated.dominance,
            origin: (file, None),
            ..Utterance::of_file(stem, path.clone(), speaker, label)
        });
    }
    let Some(table) = ratings.table else {
        return reading;
    };
    let mut missing: Vec<(usize, String)> = ratings
        .by_stem
        .into_iter()
        .map(|(stem, (line, _))| (line, stem))
        .collect();
    missing.sort();
    for (line, stem) in missing {
        let detail = format!("{stem} has no audio file");
        reading.problem(ProblemKind::MissingAudio, &table.file, Some(line), detail);
    }
    reading
}

/// The ratings of the table nearest to the top.
fn ratings(survey: &Survey, reading: &mut Reading) -> Ratings {
    let mut tables: Vec<&RelativePath> = survey
        .tables
        .iter()
        .filter(|path| is_table(Path::new(path.as_str())))
        .collect();
    tables.sort_by_key(|path| path.as_str().matches('/').count());
    let Some((table, others)) = tables.split_first() else {
        return Ratings::default();
    };
    for other in others {
        let detail = format!("it is not read beside {table}");
        let file = other.under(&survey.folder);
        reading.problem(ProblemKind::UnreadableTable, &file, None, detail);
    }
    let Some(table) = Table::read(&table.under(&survey.folder), reading) else {
        return Ratings::default();
    };
    let Some([file]) = table.needed(["file"], reading) else {
        return Ratings::default();
    };
    let enacted = table.column("gt_emotion");
    // a1_A, a2_A, ...: rater and scale.
    let of_scale = |scale: &str| -> Vec<usize> {
        let of_rater = |n: usize| table.column(&format!("a{n}_{scale}"));
        (1..=99).map_while(of_rater).collect()
    };
    let scales = ["A", "V", "D"].map(of_scale);
    let mut by_stem = HashMap::new();
    for row in table.rows() {
        let Some(name) = row.cell(file) else {
            let detail = "file is empty".to_owned();
            reading.problem(
                ProblemKind::UnreadableLine,
                &table.file,
                Some(row.line),
                detail,
            );
            continue;
        };
        let (stem, _) = stem_and_folder(name);
        let [arousal, valence, dominance] = [0, 1, 2].map(|scale: usize| {
            let columns = scales.get(scale).map_or(&[][..], Vec::as_slice);
            mean(columns, row, &table, reading)
        });
        let said = enacted.and_then(|c| row.cell(c)).and_then(label);
        let named = parse_name(stem).map(|(_, label)| label);
        let detail = if named.is_none() {
            format!("{name:?} is not of the form LANGUAGE_speaker_EMOTION_sentence.wav")
        } else if by_stem.contains_key(stem) {
            format!("{name} has a line before this one, which counts")
        } else {
            if said.is_some() && said != named {
                let detail = format!("gt_emotion contradicts the name {name}, which counts");
                reading.problem(
                    ProblemKind::UnreadableLine,
                    &table.file,
                    Some(row.line),
                    detail,
                );
            }
            let rated = Rated {
                arousal,
                valence,
                dominance,
            };
            by_stem.insert(stem.to_owned(), (row.line, rated));
            continue;
        };
        reading.problem(
            ProblemKind::UnreadableLine,
            &table.file,
            Some(row.line),
            detail,
        );
    }
    Ratings {
        by_stem,
        table: Some(table),
    }
}

/// The mean over raters, if any gave a number.
fn mean(columns: &[usize], row: Row<'_>, table: &Table, reading: &mut Reading) -> Option<f32> {
    let given: Vec<f32> = columns
        .iter()
        .filter_map(|c| row.number(Some(*c), table, reading))
        .collect();
    (!given.is_empty()).then(|| given.iter().sum::<f32>() / given.len() as f32)
}
