//! Looking at a robot's recordings of the test utterances before anything is trained: a dead or
//! overdriven microphone, or recordings of something else, would look like the effect that is
//! measured.

use std::path::{Path, PathBuf};

use earnest_audio::Content;
use earnest_corpus::{ContentIndex, SILENT_PEAK, Utterance, fingerprint_of};
use earnest_scene::recording_of;

use crate::error::ExperimentError;
use crate::observer::{Event, Observer};

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

impl Recordings {
    /// Looks at the recordings of utterances, each with its length in seconds.
    pub fn inspect(
        folder: &Path,
        utterances: &[(&Utterance, f64)],
        index: &ContentIndex,
        observer: &dyn Observer,
    ) -> Self {
        let files: Vec<Option<PathBuf>> = utterances
            .iter()
            .map(|(u, _)| recording_of(folder, u))
            .collect();
        let there: Vec<PathBuf> = files.iter().flatten().cloned().collect();
        observer.event(Event::StageStarted {
            name: "looking at the robot's recordings",
            total: there.len(),
        });
        let mut contents = index
            .contents(&there, || observer.event(Event::StageAdvanced))
            .into_iter();
        observer.event(Event::StageFinished);
        let mut parts = Vec::with_capacity(utterances.len());
        let mut unusable = Vec::new();
        for ((utterance, seconds), file) in utterances.iter().zip(&files) {
            let content = file.as_ref().and_then(|_| contents.next());
            let (stands_for, reason) = match content {
                None => (
                    "missing".to_owned(),
                    Some(format!(
                        "it is missing: looked for {} (WAV, FLAC or another audio file)",
                        utterance.path.under(folder).display()
                    )),
                ),
                Some(Err(error)) => ("unreadable".to_owned(), Some(error.to_string())),
                Some(Ok(content)) => (content.hash.to_string(), fault(&content, *seconds)),
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

    /// Refuses recordings of which some cannot be scored.
    ///
    /// # Errors
    /// [`ExperimentError::Setup`] with the first few.
    pub fn require_usable(&self, of: usize) -> Result<(), ExperimentError> {
        if self.unusable.is_empty() {
            return Ok(());
        }
        Err(ExperimentError::Setup(format!(
            "{} of {of} test utterances cannot be scored as the robot recorded them:{}\n  record them again, or leave them out of the test in every condition with --leave-out-unusable; the report then says so",
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
