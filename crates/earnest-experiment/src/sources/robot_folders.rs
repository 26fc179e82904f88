//! A robot's recordings of an experiment's corpora: of several corpora each has a folder of its own,
//! which is looked at as that of one corpus is.

use std::path::{Path, PathBuf};

use earnest_corpus::{ContentIndex, Corpus, FileContent, Part, Utterance, fingerprint_of};
use earnest_scene::Condition;

use crate::error::ExperimentError;
use crate::observer::Observer;
use crate::sources::recordings::Recordings;

/// The folders, in the order in which the corpora were named.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RobotFolders<'a> {
    folders: &'a [PathBuf],
    corpus: &'a Corpus,
}

/// A folder of recordings beside the corpus that they are of.
pub(crate) struct RobotFolder<'a> {
    /// What the corpus is called among several.
    pub name: Option<&'a str>,
    /// Where they lie.
    pub folder: &'a Path,
    /// The corpus, as it is by itself.
    pub corpus: &'a Corpus,
    /// What the files of its utterances hold.
    pub contents: &'a [FileContent],
}

impl<'a> RobotFolders<'a> {
    /// Of these folders.
    ///
    /// # Errors
    /// There is not one for each corpus, or one is not there.
    pub fn new(folders: &'a [PathBuf], corpus: &'a Corpus) -> Result<Self, ExperimentError> {
        let corpora = corpus.parts.len().max(1);
        if folders.len() != corpora {
            return Err(ExperimentError::Setup(format!(
                "folders of robot recordings: {}; corpora: {corpora}. Each corpus has a folder of its own, in the same order",
                folders.len()
            )));
        }
        match folders.iter().find(|folder| !folder.is_dir()) {
            None => Ok(Self { folders, corpus }),
            Some(none) => Err(ExperimentError::Setup(format!(
                "there is no folder of robot recordings at {}",
                none.display()
            ))),
        }
    }

    fn of(&self, part: &Part) -> Option<&'a Path> {
        self.folders.get(part.number).map(PathBuf::as_path)
    }

    /// Each folder beside its corpus; `contents` are those of all utterances.
    pub fn each(&self, contents: &'a [FileContent]) -> Vec<RobotFolder<'a>> {
        let corpus = self.corpus;
        if corpus.parts.is_empty() {
            let folders = self.folders.iter();
            return folders
                .map(|folder| RobotFolder {
                    name: None,
                    folder,
                    corpus,
                    contents,
                })
                .collect();
        }
        corpus
            .of_parts(contents)
            .filter_map(|(part, contents)| {
                Some(RobotFolder {
                    name: Some(&*part.name),
                    folder: self.of(part)?,
                    corpus: &part.corpus,
                    contents,
                })
            })
            .collect()
    }

    /// Looks at the recordings of utterances, each with its length in seconds, and refuses those of
    /// no robot; `stage` is what an observer is told of it.
    ///
    /// # Errors
    /// A folder holds the corpus itself.
    pub fn inspect(
        &self,
        tests: &[(&Utterance, f64)],
        stage: &str,
        index: &ContentIndex,
        observer: &dyn Observer,
    ) -> Result<Recordings, ExperimentError> {
        let look = |folder: &Path, tests: &[(&Utterance, f64)]| {
            let found = Recordings::inspect(folder, self.corpus, tests, stage, index, observer);
            found.require_a_robot(folder, tests.len())?;
            Ok::<_, ExperimentError>(found)
        };
        if let ([folder], true) = (self.folders, self.corpus.parts.is_empty()) {
            return look(folder, tests);
        }
        let mut all = Recordings::default();
        let mut fingerprints = Vec::new();
        for part in &self.corpus.parts {
            let Some(folder) = self.of(part) else {
                continue;
            };
            let own: Vec<(&Utterance, f64)> = tests
                .iter()
                .filter(|(u, _)| u.corpus.as_deref() == Some(&*part.name))
                .copied()
                .collect();
            // One that is not tested is not looked at.
            if own.is_empty() {
                continue;
            }
            let found = look(folder, &own)?;
            fingerprints.push(found.fingerprint);
            all.unusable.extend(found.unusable);
        }
        all.fingerprint = fingerprint_of(fingerprints);
        Ok(all)
    }

    /// The condition in which utterances are heard from these folders.
    pub fn condition(&self) -> Condition {
        match (self.folders, self.corpus.parts.is_empty()) {
            ([folder], true) => Condition::Recordings(folder.clone()),
            _ => {
                let parts = self.corpus.parts.iter();
                let named =
                    parts.filter_map(|part| Some((part.name.to_string(), self.of(part)?.into())));
                Condition::RecordingsOf(named.collect())
            }
        }
    }
}
