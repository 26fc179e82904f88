//! Looking at a robot's recordings of the test utterances before anything is trained: a dead or
//! overdriven microphone, or recordings of something else, would look like the effect that is
//! measured.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use earnest_audio::{Content, ContentHash};
use earnest_corpus::{
    ContentIndex, Corpus, Hearing, SILENT_PEAK, Utterance, dead_share, fingerprint_of,
};
use earnest_scene::recording_of;

use crate::error::ExperimentError;
use crate::observer::{Notice, Observer};

/// Share of samples at a channel's greatest level from which a recording is clipped through.
/// Speech has some 0.0001; overdriven by 10 dB it has more than this.
pub const CLIPPED_THROUGH: f64 = 0.02;

/// A recording may be so much longer or shorter than its utterance, s, or
/// [`LENGTH_SHARE`] of it if that is more.
pub const LENGTH_S: f64 = 0.25;

/// See [`LENGTH_S`].
pub const LENGTH_SHARE: f64 = 0.05;

/// An utterance whose recording cannot be scored, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// The utterance.
    pub id: String,
    /// Why: the same words for the same reason, then what is special.
    pub reason: String,
}

/// What was found of recordings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recordings {
    /// Stands for what they hold.
    pub fingerprint: String,
    /// Those that cannot be scored, in the order of the utterances.
    pub unusable: Vec<Unusable>,
}

/// What is wrong with a recording of an utterance of so many seconds, if anything.
fn fault(content: &Content, seconds: f64) -> Option<String> {
    if content.peak < SILENT_PEAK {
        return Some(format!(
            "it is silent (its largest sample is {:.1e} of full scale)",
            content.peak
        ));
    }
    if content.flat_share >= CLIPPED_THROUGH {
        return Some(format!(
            "it is clipped through ({:.0} % of its samples are at its greatest level)",
            content.flat_share * 100.0
        ));
    }
    let recorded = content.duration_s();
    if (recorded - seconds).abs() > LENGTH_S.max(LENGTH_SHARE * seconds) {
        return Some(format!(
            "it is {recorded:.2} s long, the utterance {seconds:.2} s"
        ));
    }
    None
}

/// A recording of which so much is dead was not heard to its end, if that much less
/// ([`DEAD_BEFORE`]) of the utterance is.
const DEAD: f64 = 0.5;

/// See [`DEAD`].
const DEAD_BEFORE: f64 = 0.25;

/// What recordings are compared with.
struct Clean<'a> {
    corpus: &'a Corpus,
    /// What is heard of the utterances.
    heard: BTreeSet<ContentHash>,
}

impl Clean<'_> {
    /// What is wrong with a recording beside the utterance, if anything: what is heard of it,
    /// and how much of it is dead.
    fn fault(&self, utterance: &Utterance, heard: &[ContentHash], dead: f64) -> Option<String> {
        if heard.iter().any(|h| self.heard.contains(h)) {
            return Some(ITSELF.to_owned());
        }
        if dead <= DEAD {
            return None;
        }
        let before = self.corpus.read(utterance).ok()?;
        (dead - dead_share(before.samples()) > DEAD_BEFORE).then(|| {
            format!(
                "it is dead for {:.0} % of its length (digital silence)",
                dead * 100.0
            )
        })
    }
}

/// Why the corpus's own audio cannot be scored.
const ITSELF: &str = "it is the corpus's own audio, not a recording of it";

impl Recordings {
    /// Looks at the recordings of utterances of a corpus, each with its length in seconds; `stage`
    /// is what an observer is told of it.
    pub fn inspect(
        folder: &Path,
        corpus: &Corpus,
        utterances: &[(&Utterance, f64)],
        stage: &str,
        index: &ContentIndex,
        observer: &dyn Observer,
    ) -> Self {
        let files: Vec<Option<PathBuf>> = utterances
            .iter()
            .map(|(u, _)| recording_of(folder, u))
            .collect();
        let there: Vec<PathBuf> = files.iter().flatten().cloned().collect();
        observer.event(Notice::StageStarted {
            name: stage,
            total: there.len(),
        });
        let tested: Vec<&Utterance> = utterances.iter().map(|(u, _)| *u).collect();
        let clean = Clean {
            corpus,
            heard: corpus.heard(&tested, index, || ()),
        };
        let contents = index.contents(&there, || observer.event(Notice::StageAdvanced));
        let heard = index.heard(&there, Hearing::Mono, || ());
        let dead = index.dead_shares(&there);
        let mut looked = contents.into_iter().zip(heard.into_iter().zip(dead));
        observer.event(Notice::StageFinished);
        let mut parts = Vec::with_capacity(utterances.len());
        let mut unusable = Vec::new();
        for ((utterance, seconds), file) in utterances.iter().zip(&files) {
            let found = file.as_ref().and_then(|_| looked.next());
            let (stands_for, reason) = match found {
                None => (
                    "missing".to_owned(),
                    Some(format!(
                        "it is missing: looked for {} (WAV, FLAC or another audio file)",
                        utterance.own_path().under(folder).display()
                    )),
                ),
                Some((Err(error), _)) => ("unreadable".to_owned(), Some(error.to_string())),
                Some((Ok(content), (heard, dead))) => {
                    let beside = || {
                        let heard = heard.unwrap_or_default();
                        clean.fault(utterance, &heard, dead.unwrap_or_default())
                    };
                    let fault = fault(&content, *seconds).or_else(beside);
                    (content.hash.to_string(), fault)
                }
            };
            parts.push(format!("{}\t{stands_for}", utterance.id));
            unusable.extend(reason.map(|reason| Unusable {
                id: utterance.id.clone(),
                reason,
            }));
        }
        Self {
            fingerprint: fingerprint_of(parts),
            unusable,
        }
    }

    /// Refuses a folder that holds the corpus itself.
    ///
    /// # Errors
    /// [`ExperimentError::Setup`].
    pub fn require_a_robot(&self, folder: &Path, of: usize) -> Result<(), ExperimentError> {
        let same = self.unusable.iter().filter(|u| u.reason == ITSELF).count();
        if same == 0 || same < of {
            return Ok(());
        }
        Err(ExperimentError::Setup(format!(
            "{} is the corpus, not a robot's recordings of it: all {of} test utterances are there with the corpus's own samples, so both conditions would be the same; name the folder that a robot's recordings are in",
            folder.display()
        )))
    }

    /// Refuses recordings of which some cannot be scored; `left_out` says how they are left out
    /// instead.
    ///
    /// # Errors
    /// [`ExperimentError::Setup`] with the first few.
    pub fn require_usable(&self, of: usize, left_out: &str) -> Result<(), ExperimentError> {
        if self.unusable.is_empty() {
            return Ok(());
        }
        Err(ExperimentError::Setup(format!(
            "{} of {of} test utterances cannot be scored as the robot recorded them:{}\n  record them again, or leave them out {left_out}",
            self.unusable.len(),
            self.in_lines(SHOWN)
        )))
    }

    /// The unusable ones, a line each, the first `most` of them.
    #[must_use]
    pub fn in_lines(&self, most: usize) -> String {
        let mut text = String::new();
        for u in self.unusable.iter().take(most) {
            text.push_str(&format!("\n  {}: {}", u.id, u.reason));
        }
        if self.unusable.len() > most {
            text.push_str(&format!("\n  … and {} more", self.unusable.len() - most));
        }
        text
    }
}

/// Named in an error.
const SHOWN: usize = 8;
