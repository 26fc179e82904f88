//! Folds that EmoBox publishes (Ma et al., Interspeech 2024): for each fold a folder `fold_N`
//! with one JSON object a line, `key` (`emodb-03a02Wb`) and `wav` (a path) of each utterance,
//! in a file for training and one for the test; some have one for validation.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use earnest_corpus::Corpus;
use serde::Deserialize;

use crate::error::FoldError;
use crate::protocol::fold::{Fold, Listed};
use crate::protocol::folding::Folding;

/// A line; there are other keys, which do not matter here.
#[derive(Deserialize)]
struct Line {
    key: String,
    #[serde(default)]
    wav: String,
    #[serde(default)]
    dataset: String,
}

/// Finds an utterance of a corpus by what a line says of it.
struct Finder<'a> {
    /// Id by id, and by file name without ending; `None` if two have it.
    by_name: BTreeMap<&'a str, Option<&'a str>>,
}

fn stem(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

impl<'a> Finder<'a> {
    fn new(corpus: &'a Corpus) -> Self {
        let mut by_name: BTreeMap<&str, Option<&str>> = BTreeMap::new();
        for u in &corpus.utterances {
            let id = u.id.as_str();
            by_name
                .entry(stem(u.path.as_str()))
                .and_modify(|known| {
                    if *known != Some(id) {
                        *known = None;
                    }
                })
                .or_insert(Some(id));
        }
        for u in &corpus.utterances {
            by_name.insert(&u.id, Some(&u.id));
        }
        Self { by_name }
    }

    fn find(&self, line: &Line) -> Option<&'a str> {
        let prefix = format!("{}-", line.dataset);
        let short = line.key.strip_prefix(&prefix).unwrap_or(&line.key);
        [line.key.as_str(), short, stem(&line.wav)]
            .iter()
            .find_map(|name| self.by_name.get(name).copied().flatten())
    }
}

fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> FoldError {
    let path = path.to_owned();
    move |e| FoldError::File {
        path,
        line: None,
        reason: format!("cannot be read: {e}"),
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, FoldError> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .map_err(unreadable(folder))?;
    paths.sort();
    Ok(paths)
}

/// The file of a fold with one of some words in its name. Where several have it, the one that
/// is named like its folder (`emodb_test_fold_1` beside an older `emodb_test_fold1`).
fn file_of(files: &[PathBuf], words: &[&str], fold: &str) -> Option<PathBuf> {
    let name = |p: &Path| p.file_stem().map(|n| n.to_string_lossy().to_lowercase());
    let of: Vec<&PathBuf> = files
        .iter()
        .filter(|p| p.extension().is_some_and(|e| e == "jsonl"))
        .filter(|p| {
            name(p).is_some_and(|n| n.split(['_', '-', '.']).any(|word| words.contains(&word)))
        })
        .collect();
    of.iter()
        .find(|p| name(p).is_some_and(|n| n.ends_with(fold)))
        .or(of.first())
        .map(|p| (*p).clone())
}

/// Ids of a file's utterances that the corpus has, how many it has not, and the first of those.
fn read(path: &Path, finder: &Finder<'_>) -> Result<(BTreeSet<String>, Vec<String>), FoldError> {
    let text = earnest_files::read_text(path).map_err(unreadable(path))?;
    let (mut ids, mut missing) = (BTreeSet::new(), Vec::new());
    for (i, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let fault = |reason: String| FoldError::File {
            path: path.to_owned(),
            line: Some(i + 1),
            reason,
        };
        let line: Line = serde_json::from_str(line)
            .map_err(|e| fault(format!("is no JSON object with a `key`: {e}")))?;
        match finder.find(&line) {
            None => missing.push(line.key),
            Some(id) => {
                if !ids.insert(id.to_owned()) {
                    return Err(fault(format!("utterance {id} is listed twice")));
                }
            }
        }
    }
    Ok((ids, missing))
}

/// The folds in a folder.
///
/// # Errors
/// [`FoldError::File`].
pub(crate) fn folds(folder: &Path, corpus: &Corpus, whole: &Corpus) -> Result<Folding, FoldError> {
    let fault = |path: &Path, reason: String| FoldError::File {
        path: path.to_owned(),
        line: None,
        reason,
    };
    let number = |p: &Path| -> Option<u32> {
        let name = p.file_name()?.to_string_lossy().to_lowercase();
        name.strip_prefix("fold")?
            .trim_start_matches(['_', '-', ' '])
            .parse()
            .ok()
    };
    let mut folders: Vec<(u32, PathBuf)> = entries(folder)?
        .into_iter()
        .filter(|p| p.is_dir())
        .filter_map(|p| Some((number(&p)?, p)))
        .collect();
    folders.sort();
    if folders.is_empty() {
        return Err(fault(
            folder,
            "there is no folder fold_1 in it; give the folder of one corpus in EmoBox's data, for example emobox:EmoBox/data/emodb".into(),
        ));
    }
    let finder = Finder::new(whole);
    let speaker_of: BTreeMap<&str, &str> = corpus
        .utterances
        .iter()
        .map(|u| (u.id.as_str(), u.speaker.as_str()))
        .collect();
    let (mut out, mut missing, mut first) = (Vec::new(), 0, None);
    for (n, path) in folders {
        let name = format!("fold_{n}");
        let files = entries(&path)?;
        let mut part = |words: &[&str]| -> Result<Option<BTreeSet<String>>, FoldError> {
            let Some(file) = file_of(&files, words, &name) else {
                return Ok(None);
            };
            let (ids, lost) = read(&file, &finder)?;
            missing += lost.len();
            if first.is_none() {
                first = lost.into_iter().next();
            }
            Ok(Some(ids))
        };
        let (Some(training), Some(test)) = (part(&["train"])?, part(&["test"])?) else {
            return Err(fault(
                &path,
                "it needs a file *_train_*.jsonl and a file *_test_*.jsonl".into(),
            ));
        };
        let validation = part(&["valid", "validation", "val", "dev"])?.unwrap_or_default();
        let speakers = |ids: &BTreeSet<String>| -> Vec<String> {
            let of: BTreeSet<&str> = ids
                .iter()
                .filter_map(|id| speaker_of.get(id.as_str()).copied())
                .collect();
            of.into_iter().map(str::to_owned).collect()
        };
        for (ids, what) in [(&training, "training"), (&test, "test")] {
            if speakers(ids).is_empty() {
                return Err(fault(
                    &path,
                    format!(
                        "none of its {what} utterances is one of the four classes in {}{}",
                        corpus.name,
                        match &first {
                            Some(key) => format!(" (it does not have {key}, for example)"),
                            None => String::new(),
                        }
                    ),
                ));
            }
        }
        out.push(Fold {
            name,
            test: speakers(&test),
            validation: speakers(&validation),
            training: speakers(&training),
            fraction: None,
            listed: Some(Arc::new(Listed {
                training,
                validation,
                test,
            })),
        });
    }
    let mut notes = Vec::new();
    if let Some(first) = first {
        notes.push(format!(
            "{missing} utterances that EmoBox's folds list are not in {} (first: {first})",
            corpus.name
        ));
    }
    Ok(Folding {
        folds: out,
        own_sessions: false,
        notes,
    })
}
