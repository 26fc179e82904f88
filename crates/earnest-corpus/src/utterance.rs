//! One labelled turn of a corpus.

use std::path::PathBuf;
use std::sync::Arc;

use earnest_audio::Stretch;
use earnest_files::RelativePath;

use crate::language::Language;
use crate::problem::{Problem, ProblemKind};
use crate::scale::Scale;
use crate::sex::Sex;

/// The speaker of an utterance whose speaker is not named.
pub const UNKNOWN_SPEAKER: &str = "unknown";

/// One labelled turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Utterance {
    /// The name of the corpus that it is of, where several were joined to one; its id, place,
    /// speaker and session begin with it then, and a `/`.
    pub corpus: Option<Arc<str>>,
    /// Unique in the corpus.
    pub id: String,
    /// Its place: where its recording lies below a robot's recordings or a simulated scene.
    /// Unique in the corpus, whatever the extension. It is the audio file's path below the
    /// corpus's folder, but for stretches of a file and for files elsewhere.
    pub path: RelativePath,
    /// Its audio file, relative to the corpus's folder or absolute: see [`Corpus::audio_path`](crate::Corpus::audio_path).
    pub file: PathBuf,
    /// The stretch of the file that it is; `None` for the whole: see [`Corpus::read`](crate::Corpus::read).
    pub stretch: Option<Stretch>,
    /// Who speaks; [`UNKNOWN_SPEAKER`] if nobody says.
    pub speaker: String,
    /// The session, where the corpus has sessions.
    pub session: Option<String>,
    /// The speaker's sex, where known.
    pub sex: Option<Sex>,
    /// The language it is spoken in, where known.
    pub language: Option<Language>,
    /// The corpus's own label.
    pub label: String,
    /// How strongly it is shown, in the corpus's own words, where the corpus says it.
    pub intensity: Option<String>,
    /// The number of the class that the label counts as, in the corpus's class set.
    pub class: Option<usize>,
    /// Arousal (activation) on the corpus's scale.
    pub arousal: Option<f32>,
    /// Valence on the corpus's scale.
    pub valence: Option<f32>,
    /// Dominance on the corpus's scale.
    pub dominance: Option<f32>,
    /// Where this was read, for messages: a file, and a line if it has lines.
    pub origin: (PathBuf, Option<usize>),
}

impl Utterance {
    /// An utterance that is a whole file below the corpus's folder; nothing else is known of it.
    #[must_use]
    pub fn of_file(
        id: impl Into<String>,
        path: RelativePath,
        speaker: impl Into<String>,
        label: impl Into<String>,
    ) -> Self {
        Self {
            corpus: None,
            id: id.into(),
            file: PathBuf::from(path.as_str()),
            path,
            stretch: None,
            speaker: speaker.into(),
            session: None,
            sex: None,
            language: None,
            label: label.into(),
            intensity: None,
            class: None,
            arousal: None,
            valence: None,
            dominance: None,
            origin: (PathBuf::new(), None),
        }
    }

    /// Its value on a scale.
    #[must_use]
    pub fn value(&self, scale: Scale) -> Option<f32> {
        match scale {
            Scale::Arousal => self.arousal,
            Scale::Valence => self.valence,
            Scale::Dominance => self.dominance,
        }
    }

    /// Its values on some scales, if it has all of them.
    #[must_use]
    pub fn values(&self, scales: &[Scale]) -> Option<Vec<f32>> {
        scales.iter().map(|s| self.value(*s)).collect()
    }

    /// Its place in the corpus that it is of, be that joined to others or not.
    #[must_use]
    pub fn own_path(&self) -> RelativePath {
        let own = self.own(self.path.as_str());
        RelativePath::new(own).unwrap_or_else(|_| self.path.clone())
    }

    /// Who speaks, as the corpus that it is of calls them, be that joined to others or not.
    #[must_use]
    pub fn own_speaker(&self) -> &str {
        self.own(&self.speaker)
    }

    /// True if nobody says who speaks.
    #[must_use]
    pub fn is_unnamed(&self) -> bool {
        self.own_speaker() == UNKNOWN_SPEAKER
    }

    /// A name without that of the corpus.
    fn own<'a>(&self, name: &'a str) -> &'a str {
        let of = self.corpus.as_deref();
        let own = of.and_then(|of| name.strip_prefix(of)?.strip_prefix('/'));
        own.unwrap_or(name)
    }

    /// A problem of this utterance, where it was read.
    pub(crate) fn problem(&self, kind: ProblemKind, detail: String) -> Problem {
        Problem {
            kind,
            file: self.origin.0.clone(),
            line: self.origin.1,
            detail,
        }
    }

    /// Where it was read, `file:line`.
    pub(crate) fn origin_words(&self) -> String {
        let line = self.origin.1.map_or(String::new(), |l| format!(":{l}"));
        format!("{}{line}", self.origin.0.display())
    }
}
