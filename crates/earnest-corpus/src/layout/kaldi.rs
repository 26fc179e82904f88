//! Kaldi's data directories: `wav.scp`, `utt2spk`, and where they are there `segments` and
//! `spk2gender`, with the labels in `utt2emo`. Tried on no real corpus yet.
//!
//! Documented at <https://kaldi-asr.org/doc/data_prep.html> (`src/doc/data_prep.dox` in
//! <https://github.com/kaldi-asr/kaldi>). Kaldi has no file for emotions; `utt2emo`, an utterance
//! and its label in each line, is that of the VoicePrivacy Challenge 2024
//! (<https://github.com/Voice-Privacy-Challenge/Voice-Privacy-Challenge-2024>,
//! `evaluation/utility/ser/evaluate_ser.py`).
//!
//! Paths are relative to the corpus's folder, or to `--root` (in Kaldi, to where its scripts ran).
//! A `wav.scp` that is found in a folder lists files in it; one that the user names may list any.
//! Commands in it are never run, whoever wrote them.
//! Where each speaker is called as the utterance, nobody is known: so Kaldi says it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use earnest_audio::Stretch;
use earnest_files::RelativePath;

use super::{Reach, Reading, Survey, moment, numbered_lines, place};
use crate::problem::ProblemKind;
use crate::sex::Sex;
use crate::utterance::{UNKNOWN_SPEAKER, Utterance};

const RECORDINGS: &str = "wav.scp";
const LABELS: &str = "utt2emo";
const PARTS: [&str; 5] = [RECORDINGS, "segments", "utt2spk", "spk2gender", LABELS];

/// True for a file of a data directory that is read.
pub(super) fn is_part(file: &Path) -> bool {
    let name = file.file_name().and_then(|n| n.to_str());
    name.is_some_and(|n| PARTS.contains(&n))
}

/// True for the file that a user names to mean a data directory.
pub(super) fn is_recordings(file: &Path) -> bool {
    file.file_name().is_some_and(|n| n == RECORDINGS)
}

/// True if there is a data directory; `with_labels`: one with a file of labels.
pub(super) fn is_here(survey: &Survey, with_labels: bool) -> bool {
    folders(survey)
        .iter()
        .any(|folder| !with_labels || has(survey, folder, LABELS))
}

/// The file of labels, if the folder itself is a data directory that has one.
pub(super) fn labels_at_top(survey: &Survey) -> Option<PathBuf> {
    let is_there = has(survey, "", RECORDINGS) && has(survey, "", LABELS);
    is_there.then(|| survey.folder.join(LABELS))
}

/// The data directories, each with a `/` behind it or empty.
fn folders(survey: &Survey) -> Vec<&str> {
    let tables = survey.tables.iter().map(RelativePath::as_str);
    tables
        .filter_map(|path| path.strip_suffix(RECORDINGS))
        .filter(|folder| folder.is_empty() || folder.ends_with('/'))
        .collect()
}

fn has(survey: &Survey, folder: &str, name: &str) -> bool {
    let path = format!("{folder}{name}");
    survey.tables.iter().any(|t| t.as_str() == path)
}

/// The first word of each line, and the rest of it.
struct List {
    file: PathBuf,
    by_key: HashMap<String, (usize, String)>,
    /// The keys in the order of their lines.
    keys: Vec<String>,
}

impl List {
    /// Reads a list; what cannot be read becomes problems.
    fn read(file: PathBuf, reading: &mut Reading) -> Self {
        let mut list = Self {
            by_key: HashMap::new(),
            keys: Vec::new(),
            file,
        };
        let lines = match numbered_lines(&list.file) {
            Ok(lines) => lines,
            Err(error) => {
                let detail = error.to_string();
                reading.problem(ProblemKind::UnreadableTable, &list.file, None, detail);
                return list;
            }
        };
        for (line, text) in lines {
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            let (key, rest) = match text.split_once(char::is_whitespace) {
                Some((key, rest)) => (key, rest.trim()),
                None => (text, ""),
            };
            let (kind, detail) = match list.by_key.get(key) {
                Some((first, _)) => (
                    ProblemKind::DuplicateId,
                    format!("{key} has line {first}, too, which counts"),
                ),
                None if rest.is_empty() => (
                    ProblemKind::UnreadableLine,
                    format!("nothing stands behind {key}"),
                ),
                None => {
                    list.by_key.insert(key.to_owned(), (line, rest.to_owned()));
                    list.keys.push(key.to_owned());
                    continue;
                }
            };
            reading.problem(kind, &list.file, Some(line), detail);
        }
        list
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.by_key.get(key).map(|(_, rest)| rest.as_str())
    }
}

/// An utterance, as far as `wav.scp` and `segments` tell.
struct Told<'a> {
    id: &'a str,
    recording: &'a str,
    stretch: Option<Stretch>,
    line: usize,
}

pub(super) fn read(survey: &Survey) -> Reading {
    let mut reading = Reading::default();
    let folders = folders(survey);
    if folders.is_empty() {
        let detail = format!("there is no {RECORDINGS} in it");
        reading.problem(ProblemKind::UnreadableTable, &survey.folder, None, detail);
    }
    let mut listed = BTreeSet::new();
    for folder in &folders {
        read_folder(survey, folder, &mut listed, &mut reading);
    }
    if survey.reach == Reach::Folder && !folders.is_empty() {
        let unlisted = survey.audio.iter().filter(|path| !listed.contains(*path));
        let unlisted: Vec<&RelativePath> = unlisted.collect();
        if let Some(first) = unlisted.first() {
            let detail = format!(
                "{} audio files are in no {RECORDINGS} (first: {first})",
                unlisted.len()
            );
            reading.problem(ProblemKind::Unlabelled, &survey.folder, None, detail);
        }
    }
    reading
}

fn read_folder(
    survey: &Survey,
    folder: &str,
    listed: &mut BTreeSet<RelativePath>,
    reading: &mut Reading,
) {
    let file = |name: &str| survey.folder.join(folder).join(name);
    let is_there = |name: &str| file(name).symlink_metadata().is_ok();
    let mut list = |name: &str| is_there(name).then(|| List::read(file(name), reading));
    let (Some(recordings), segments) = (list(RECORDINGS), list("segments")) else {
        return;
    };
    let (speakers, sexes) = (list("utt2spk"), list("spk2gender"));
    let Some(labels) = list(LABELS) else {
        let detail = format!(
            "there is no {LABELS} beside it, which has an utterance and its emotion in each line"
        );
        reading.problem(ProblemKind::UnreadableTable, &recordings.file, None, detail);
        return;
    };
    let places = places(survey, &recordings, reading);
    listed.extend(places.values().map(|(place, _)| place.clone()));
    let told = told(&recordings, segments.as_ref(), &places, reading);
    let of_speaker = |id: &str| speakers.as_ref().and_then(|s| s.get(id));
    let nobody = told.iter().all(|t| of_speaker(t.id) == Some(t.id));
    let mut unlabelled: Vec<&str> = Vec::new();
    for told in &told {
        let Some((place, file)) = places.get(told.recording) else {
            continue;
        };
        let Some(label) = labels.get(told.id) else {
            unlabelled.push(told.id);
            continue;
        };
        let of_stretch = match told.stretch {
            Some(stretch) => place::of_stretch(place, stretch).map_err(|e| e.to_string()),
            None => Ok(place.clone()),
        };
        let origin = segments.as_ref().unwrap_or(&recordings).file.clone();
        let path = match of_stretch {
            Ok(path) => path,
            Err(detail) => {
                reading.problem(
                    ProblemKind::UnreadableLine,
                    &origin,
                    Some(told.line),
                    detail,
                );
                continue;
            }
        };
        let speaker = of_speaker(told.id).filter(|_| !nobody);
        let sex = speaker.and_then(|s| sexes.as_ref()?.get(s));
        reading.utterances.push(Utterance {
            file: file.clone(),
            stretch: told.stretch,
            sex: sex.and_then(Sex::parse),
            origin: (origin, Some(told.line)),
            ..Utterance::of_file(told.id, path, speaker.unwrap_or(UNKNOWN_SPEAKER), label)
        });
    }
    if let Some(first) = unlabelled.first() {
        let detail = format!(
            "{} utterances have no line (first: {first})",
            unlabelled.len()
        );
        reading.problem(ProblemKind::Unlabelled, &labels.file, None, detail);
    }
    // Of lines that cannot be read it was said already.
    let known: HashSet<&str> = match &segments {
        Some(segments) => segments.keys.iter().map(String::as_str).collect(),
        None => recordings.keys.iter().map(String::as_str).collect(),
    };
    let mut silent = labels.keys.iter().filter(|id| !known.contains(id.as_str()));
    if let Some(first) = silent.next() {
        let of = segments.as_ref().map_or(RECORDINGS, |_| "segments");
        let detail = format!(
            "{} utterances are not in {of} (first: {first})",
            1 + silent.count()
        );
        reading.problem(ProblemKind::MissingAudio, &labels.file, None, detail);
    }
}

/// Where the recordings lie: each one's place and its file.
fn places(
    survey: &Survey,
    recordings: &List,
    reading: &mut Reading,
) -> HashMap<String, (RelativePath, PathBuf)> {
    let mut named: Vec<(&str, &str, usize)> = Vec::new();
    for key in &recordings.keys {
        let Some((line, text)) = recordings.by_key.get(key) else {
            continue;
        };
        match path_of(text) {
            Ok(path) => named.push((key, path, *line)),
            Err(detail) => reading.problem(
                ProblemKind::UnreadableLine,
                &recordings.file,
                Some(*line),
                detail,
            ),
        }
    }
    let texts: Vec<&str> = named.iter().map(|(_, path, _)| *path).collect();
    let all = match survey.reach {
        Reach::Anywhere => place::anywhere(&survey.root, &texts),
        Reach::Root | Reach::Folder => texts
            .iter()
            .map(|text| place::inside(&survey.root, &survey.root, text))
            .collect(),
    };
    let mut places = HashMap::new();
    for ((key, text, line), place) in named.into_iter().zip(all) {
        match place {
            Ok(place) => {
                let file = match survey.reach {
                    Reach::Anywhere => PathBuf::from(text),
                    Reach::Root | Reach::Folder => PathBuf::from(place.as_str()),
                };
                places.insert(key.to_owned(), (place, file));
            }
            Err(detail) => reading.problem(
                ProblemKind::UnreadableLine,
                &recordings.file,
                Some(line),
                detail,
            ),
        }
    }
    places
}

/// The path that an extended filename is, if it is one.
fn path_of(text: &str) -> Result<&str, String> {
    let shown: String = text.chars().take(60).collect();
    if text.ends_with('|') || text.starts_with('|') {
        return Err(format!(
            "{shown:?} is a command, and commands are not run; write what comes out of it to a WAV or FLAC file, and the file's path here"
        ));
    }
    let offset = text.rsplit_once(':').map_or("", |(_, offset)| offset);
    if !offset.is_empty() && offset.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!(
            "{shown:?} is a place in an archive, which is not read; write the audio to a file of its own, and its path here"
        ));
    }
    Ok(text)
}

/// The utterances of `segments`, or of `wav.scp` where there is none.
fn told<'a>(
    recordings: &'a List,
    segments: Option<&'a List>,
    places: &HashMap<String, (RelativePath, PathBuf)>,
    reading: &mut Reading,
) -> Vec<Told<'a>> {
    let list = segments.unwrap_or(recordings);
    let mut all = Vec::new();
    for id in &list.keys {
        let Some((line, rest)) = list.by_key.get(id) else {
            continue;
        };
        let line = *line;
        let told = match segments {
            None => Ok((id.as_str(), None)),
            Some(_) => segment(rest),
        };
        match told {
            Ok((recording, stretch)) => {
                if recordings.by_key.contains_key(recording) {
                    // One that cannot be used was named where it stands.
                    if places.contains_key(recording) {
                        all.push(Told {
                            id,
                            recording,
                            stretch,
                            line,
                        });
                    }
                    continue;
                }
                let detail = format!("{id} is of {recording}, which {RECORDINGS} has not");
                reading.problem(ProblemKind::UnreadableLine, &list.file, Some(line), detail);
            }
            Err(detail) => {
                reading.problem(ProblemKind::UnreadableLine, &list.file, Some(line), detail);
            }
        }
    }
    all
}

/// Recording and stretch of a line of `segments`, without its first word.
fn segment(rest: &str) -> Result<(&str, Option<Stretch>), String> {
    let words: Vec<&str> = rest.split_whitespace().collect();
    match words.as_slice() {
        [recording, start, end] => {
            let stretch = moment::stretch(Some(start), Some(end))?;
            Ok((recording, stretch))
        }
        _ => Err(format!(
            "{} words where utterance, recording, start and end are expected",
            words.len() + 1
        )),
    }
}
