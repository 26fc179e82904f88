//! A corpus: who said what, how, and in which file.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::emotion::{Emotion, Sex};
use crate::labels::LabelMap;
use crate::layout::{self, Layout, Survey};
use crate::problem::{Problem, ProblemKind};
use crate::synthetic;

/// One labelled turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Utterance {
    /// Unique in the corpus.
    pub id: String,
    /// Audio file, relative to the corpus's folder, with `/` between parts. A recording of
    /// the corpus by a robot has the same relative paths.
    pub path: String,
    /// Who speaks.
    pub speaker: String,
    /// The session, where the corpus has sessions.
    pub session: Option<String>,
    /// The speaker's sex, where known.
    pub sex: Option<Sex>,
    /// The corpus's own label.
    pub label: String,
    /// The class that the label counts as.
    pub emotion: Option<Emotion>,
    /// Arousal (activation) on the corpus's scale.
    pub arousal: Option<f32>,
    /// Valence on the corpus's scale.
    pub valence: Option<f32>,
    /// Where this was read, for messages: a file, and a line if it has lines.
    pub origin: (PathBuf, Option<usize>),
}

/// How to open a corpus.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// The layout, if it should not be recognised.
    pub layout: Option<Layout>,
    /// Which labels count as which class.
    pub labels: LabelMap,
}

/// Why a folder cannot be opened as a corpus at all.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// No such folder.
    #[error("there is no corpus at {}: {source}", path.display())]
    Absent {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Nothing known was found.
    #[error(
        "{} is not laid out like any corpus that Earnest knows ({audio} audio files in it); known are {known}. Point to the folder that holds the corpus as it was unpacked, or write a manifest.csv with the columns path, speaker, emotion",
        path.display()
    )]
    Unrecognised {
        /// The path.
        path: PathBuf,
        /// Audio files found below it.
        audio: usize,
        /// Names of known layouts.
        known: String,
    },
    /// The layout is there but no utterance could be used.
    #[error(
        "{} was read as {layout} and holds no usable utterance; first problem: {first}",
        path.display()
    )]
    Empty {
        /// The path.
        path: PathBuf,
        /// The layout.
        layout: &'static str,
        /// The first problem found.
        first: String,
    },
    /// The file that says whether the corpus is synthetic does not say it.
    #[error(
        "cannot tell whether this corpus is synthetic: {} cannot be read ({detail}); write the corpus again with `earnest corpus synthesize`, or remove the file if its recordings are of people",
        path.display()
    )]
    Marker {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// A file could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Audio could not be written.
    #[error(transparent)]
    Audio(#[from] earnest_audio::AudioError),
}

/// An opened corpus.
#[derive(Clone, Debug)]
pub struct Corpus {
    /// How it is laid out.
    pub layout: Layout,
    /// Its folder.
    pub root: PathBuf,
    /// What to call it in reports; says so if it is synthetic.
    pub name: String,
    /// True if Earnest made it.
    pub synthetic: bool,
    /// Usable utterances, sorted by id. Audio has been found, not yet decoded.
    pub utterances: Vec<Utterance>,
    /// What was found wrong.
    pub problems: Vec<Problem>,
    /// Which labels count as which class.
    pub labels: LabelMap,
}

impl Corpus {
    /// Opens a folder (or a manifest file), recognising its layout.
    ///
    /// # Errors
    /// Only if nothing can be used; everything else becomes a [`Problem`].
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Self, CorpusError> {
        let metadata = std::fs::metadata(path).map_err(|source| CorpusError::Absent {
            path: path.to_owned(),
            source,
        })?;
        let survey = if metadata.is_file() {
            Survey::of_manifest(path)
        } else {
            Survey::of_folder(path)
        };
        let layout = options
            .layout
            .or_else(|| layout::recognise(&survey))
            .ok_or_else(|| CorpusError::Unrecognised {
                path: path.to_owned(),
                audio: survey.audio.len(),
                known: Layout::ALL.map(Layout::name).join(", "),
            })?;
        let mut reading = layout.read(&survey);
        let synthetic = synthetic::marker(&survey.root)?;
        let mut utterances = Vec::with_capacity(reading.utterances.len());
        let mut seen: HashMap<String, usize> = HashMap::new();
        for mut utterance in reading.utterances.drain(..) {
            let (file, line) = utterance.origin.clone();
            let mut problem = |kind, detail| {
                reading.problems.push(Problem {
                    kind,
                    file: file.clone(),
                    line,
                    detail,
                });
            };
            if let Some(first) = seen.get(&utterance.id) {
                let first: &Utterance = &utterances[*first];
                problem(
                    ProblemKind::DuplicateId,
                    format!(
                        "{} was already read from {}{}; the first one counts",
                        utterance.id,
                        first.origin.0.display(),
                        first.origin.1.map_or(String::new(), |l| format!(":{l}")),
                    ),
                );
                continue;
            }
            if !survey.root.join(&utterance.path).is_file() {
                problem(
                    ProblemKind::MissingAudio,
                    format!("{} has no audio file {}", utterance.id, utterance.path),
                );
                continue;
            }
            utterance.emotion = options.labels.class(&utterance.label);
            seen.insert(utterance.id.clone(), utterances.len());
            utterances.push(utterance);
        }
        let mut sessions: BTreeMap<&str, &Utterance> = BTreeMap::new();
        for utterance in &utterances {
            let first = sessions.entry(&utterance.speaker).or_insert(utterance);
            if first.session != utterance.session {
                let name = |u: &Utterance| u.session.clone().unwrap_or_else(|| "none".into());
                reading.problems.push(Problem {
                    kind: ProblemKind::SpeakerInTwoSessions,
                    file: utterance.origin.0.clone(),
                    line: utterance.origin.1,
                    detail: format!(
                        "speaker {} is in session {} here and in session {} in {}{}; folds would share a speaker",
                        utterance.speaker,
                        name(utterance),
                        name(first),
                        first.origin.0.display(),
                        first.origin.1.map_or(String::new(), |l| format!(":{l}")),
                    ),
                });
            }
        }
        if utterances.is_empty() {
            return Err(CorpusError::Empty {
                path: path.to_owned(),
                layout: layout.name(),
                first: reading
                    .problems
                    .first()
                    .map_or_else(|| "nothing was found".into(), ToString::to_string),
            });
        }
        utterances.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Self {
            layout,
            name: match &synthetic {
                Some(marker) => marker.name(),
                None => layout.name().to_owned(),
            },
            synthetic: synthetic.is_some(),
            root: survey.root,
            utterances,
            problems: reading.problems,
            labels: options.labels.clone(),
        })
    }

    /// The same corpus with its four-class utterances only: those that experiments use, and
    /// whose speakers make folds.
    #[must_use]
    pub fn four_class(&self) -> Self {
        let mut four = self.clone();
        four.utterances.retain(|u| u.emotion.is_some());
        four
    }

    /// All who speak, sorted.
    #[must_use]
    pub fn speakers(&self) -> BTreeSet<&str> {
        self.utterances.iter().map(|u| u.speaker.as_str()).collect()
    }

    /// Absolute path of an utterance's audio.
    #[must_use]
    pub fn audio_path(&self, utterance: &Utterance) -> PathBuf {
        self.root.join(&utterance.path)
    }

    /// A hash of everything that experiments depend on: ids, paths, speakers, sessions,
    /// labels, values, and the sizes of the audio files.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for u in &self.utterances {
            let size = std::fs::metadata(self.audio_path(u)).map_or(0, |m| m.len());
            hash.update(format!(
                "{}\t{}\t{}\t{:?}\t{}\t{:?}\t{:?}\t{:?}\t{size}\n",
                u.id, u.path, u.speaker, u.session, u.label, u.emotion, u.arousal, u.valence
            ));
        }
        hash.finalize()
            .iter()
            .take(8)
            .map(|b| format!("{b:02x}"))
            .collect()
    }

    /// Labels as the corpus has them, with the class each counts as and how many
    /// utterances have it.
    #[must_use]
    pub fn label_counts(&self) -> BTreeMap<String, (Option<Emotion>, usize)> {
        let mut counts = BTreeMap::new();
        for u in &self.utterances {
            let entry = counts.entry(u.label.clone()).or_insert((u.emotion, 0));
            entry.1 += 1;
        }
        counts
    }
}
