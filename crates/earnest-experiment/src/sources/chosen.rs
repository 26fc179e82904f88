//! Noises and rooms as they were chosen: opened, split, checked and fingerprinted, not yet decoded
//! to draw from.

use std::collections::BTreeSet;

use earnest_audio::ContentHash;
use earnest_augment::Sources;
use earnest_corpus::{
    Clip, ContentIndex, Hearing, SoundMemory, builtin_noises, builtin_rooms, clip_contents,
    clips_heard, fingerprint_of, load_noises, load_rooms, robot_noises, robot_rooms,
};
use earnest_model::SoundsHeard;
use earnest_signal::{Sound, SoundBank};

use crate::error::ExperimentError;
use crate::observer::{Notice, Observer};

/// The built-in sounds do not depend on the experiment's seed: like a collection on disk,
/// they are the same for everybody.
const BUILTIN_SEED: u64 = 1;

/// Noises or rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SoundKind {
    Noises,
    Rooms,
}

impl SoundKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Noises => "noises",
            Self::Rooms => "rooms",
        }
    }

    /// How its sounds are heard.
    fn hearing(self) -> Hearing {
        match self {
            Self::Noises => Hearing::Mono,
            Self::Rooms => Hearing::Responses,
        }
    }

    /// What is built in for training (false) or for the robot (true).
    fn builtin(self, robot: bool) -> SoundBank {
        let list = match (self, robot) {
            (Self::Noises, false) => builtin_noises(BUILTIN_SEED),
            (Self::Noises, true) => robot_noises(BUILTIN_SEED),
            (Self::Rooms, false) => builtin_rooms(BUILTIN_SEED),
            (Self::Rooms, true) => robot_rooms(BUILTIN_SEED),
        };
        SoundBank::new(
            list.into_iter()
                .map(|(name, samples)| Sound::new(name.clone(), name, samples))
                .collect(),
        )
    }
}

/// A clip, and what its file holds.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub clip: Clip,
    /// Content hash of its file.
    pub content: String,
    /// Content hashes of what is heard of it; none if it cannot be decoded.
    pub heard: Vec<String>,
}

impl Known {
    /// By what it is known: what its file holds, and what is heard of it.
    pub fn contents(&self) -> impl Iterator<Item = &str> {
        let heard = self.heard.iter().map(String::as_str);
        std::iter::once(self.content.as_str()).chain(heard)
    }
}

/// Looks into the files of clips.
pub(crate) fn known(
    kind: SoundKind,
    clips: Vec<Clip>,
    index: &ContentIndex,
    observer: &dyn Observer,
) -> Result<Vec<Known>, ExperimentError> {
    let (looking, listening) = match kind {
        SoundKind::Noises => ("looking into noises", "listening to noises"),
        SoundKind::Rooms => ("looking into rooms", "listening to rooms"),
    };
    let total = clips.len();
    let advance = || observer.event(Notice::StageAdvanced);
    observer.event(Notice::StageStarted {
        name: looking,
        total,
    });
    let contents = clip_contents(&clips, index, advance);
    observer.event(Notice::StageFinished);
    observer.event(Notice::StageStarted {
        name: listening,
        total,
    });
    let heard = clips_heard(&clips, kind.hearing(), index, advance);
    observer.event(Notice::StageFinished);
    Ok(clips
        .into_iter()
        .zip(contents?)
        .zip(heard)
        .map(|((clip, content), heard)| Known {
            clip,
            content: content.to_string(),
            heard: heard.iter().map(ToString::to_string).collect(),
        })
        .collect())
}

/// Where one side's sounds come from.
#[derive(Clone, Debug)]
pub(crate) enum Pick {
    /// There are none.
    Nothing,
    /// Earnest's own, for training (false) or for the robot (true).
    Builtin { robot: bool },
    /// Files.
    Clips(Vec<Known>),
}

impl Pick {
    /// The clips, where they are files.
    pub fn clips(&self) -> &[Known] {
        match self {
            Self::Clips(clips) => clips,
            Self::Nothing | Self::Builtin { .. } => &[],
        }
    }

    /// Stands for the list of clips and what they hold; where they lie does not matter.
    pub fn fingerprint(&self, kind: SoundKind) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Builtin { robot } => Some(fingerprint_of([
                "built-in",
                kind.name(),
                if *robot { "robot" } else { "training" },
                env!("CARGO_PKG_VERSION"),
            ])),
            Self::Clips(clips) => Some(fingerprint_of(clips.iter().map(|known| {
                format!(
                    "{}\t{:?}\t{}",
                    known.clip.name, known.clip.fold, known.content
                )
            }))),
        }
    }

    /// What a model that is trained with these has heard.
    pub fn heard(&self, kind: SoundKind) -> SoundsHeard {
        let sorted = |mut list: Vec<String>| {
            list.sort();
            list.dedup();
            list
        };
        let sources = match self {
            Self::Nothing => Vec::new(),
            Self::Builtin { robot } => kind
                .builtin(*robot)
                .sounds()
                .iter()
                .map(|s| s.source().to_owned())
                .collect(),
            Self::Clips(clips) => clips.iter().map(|k| k.clip.source.clone()).collect(),
        };
        let contents = self.clips().iter().flat_map(Known::contents);
        let contents = contents.map(str::to_owned).collect();
        SoundsHeard {
            fingerprint: self.fingerprint(kind),
            sources: sorted(sources),
            contents: sorted(contents),
        }
    }

    /// Decodes; what cannot be used is named and left out.
    fn load(
        &self,
        kind: SoundKind,
        memory: &mut SoundMemory,
        observer: &dyn Observer,
    ) -> Result<SoundBank, ExperimentError> {
        let clips: Vec<Clip> = match self {
            Self::Nothing => return Ok(SoundBank::default()),
            Self::Builtin { robot } => return Ok(kind.builtin(*robot)),
            Self::Clips(clips) => clips.iter().map(|k| k.clip.clone()).collect(),
        };
        let loaded = match kind {
            SoundKind::Noises => load_noises(&clips, memory, || ()),
            SoundKind::Rooms => load_rooms(&clips, memory, || ()),
        };
        for left_out in &loaded.left_out {
            observer.event(Notice::Warning(&format!("left out: {left_out}")));
        }
        if loaded.decoded_again > 0 {
            observer.event(Notice::Warning(&format!(
                "{} of {} {} do not fit into memory and are decoded at each use, which is slow; see --sound-memory",
                loaded.decoded_again,
                loaded.bank.sounds().len(),
                kind.name()
            )));
        }
        if loaded.bank.is_empty() {
            let folder = clips.first().and_then(|c| c.path.parent());
            return Err(ExperimentError::Setup(format!(
                "{}: no usable file in {}",
                kind.name(),
                folder.map_or_else(String::new, |f| f.display().to_string())
            )));
        }
        Ok(loaded.bank)
    }
}

/// Both sides of noises or of rooms.
#[derive(Clone, Debug)]
pub(crate) struct Split {
    pub training: Pick,
    pub robot: Pick,
    /// In words.
    pub text: String,
}

/// Noises and rooms for training and for the robot; no clip, source or content is on both sides.
#[derive(Clone, Debug)]
pub struct ChosenSources {
    pub(crate) noises: Split,
    pub(crate) rooms: Split,
    pub(crate) memory_mib: u64,
}

/// Decoded sounds for training and for the robot.
pub struct LoadedSources {
    /// What training draws from.
    pub training: Sources,
    /// What the robot hears.
    pub robot: Sources,
}

impl ChosenSources {
    /// In words, for the report.
    #[must_use]
    pub fn description(&self) -> Vec<String> {
        vec![self.noises.text.clone(), self.rooms.text.clone()]
    }

    /// What a model that is trained with these hears: noises and rooms.
    #[must_use]
    pub fn heard_in_training(&self) -> (SoundsHeard, SoundsHeard) {
        (
            self.noises.training.heard(SoundKind::Noises),
            self.rooms.training.heard(SoundKind::Rooms),
        )
    }

    /// True if no noise, or no room, is left for a robot whose sounds are files.
    #[must_use]
    pub fn robot_lacks_all(&self) -> bool {
        [&self.noises.robot, &self.rooms.robot]
            .iter()
            .any(|pick| matches!(pick, Pick::Clips(clips) if clips.is_empty()))
    }

    /// Leaves out of the noises of training what is speech of test speakers: clips of which these
    /// hashes are heard.
    ///
    /// # Errors
    /// Nothing else is left.
    pub(crate) fn without_speech(
        &mut self,
        speech: &BTreeSet<ContentHash>,
        observer: &dyn Observer,
    ) -> Result<(), ExperimentError> {
        let speech: BTreeSet<String> = speech.iter().map(ToString::to_string).collect();
        let Pick::Clips(clips) = &mut self.noises.training else {
            return Ok(());
        };
        let all = clips.len();
        let is_speech = |k: &Known| k.contents().any(|content| speech.contains(content));
        let Some(first) = clips.iter().find(|k| is_speech(k)).cloned() else {
            return Ok(());
        };
        clips.retain(|k| !is_speech(k));
        let count = all - clips.len();
        let first = first.clip.path.display();
        if clips.is_empty() {
            return Err(ExperimentError::Setup(format!(
                "noises: all {all} files for training are utterances of the speakers that are tested (first: {first}), whom training must not hear; give others (--noise)"
            )));
        }
        let note = format!(
            "{count} of {all} files are utterances of the speakers that are tested (first: {first}), and are left out of training's noises"
        );
        observer.event(Notice::Warning(&format!("noises: {note}")));
        self.noises.text.push_str(&format!("; {note}"));
        Ok(())
    }

    /// True if training's noises are files.
    pub(crate) fn has_noise_files(&self) -> bool {
        !self.noises.training.clips().is_empty()
    }

    /// Decodes them.
    ///
    /// # Errors
    /// Nothing usable is left.
    pub fn load(&self, observer: &dyn Observer) -> Result<LoadedSources, ExperimentError> {
        let memory = &mut SoundMemory::mebibytes(self.memory_mib);
        // Rooms first: there are few of them, and they are small.
        let [rooms, robot_rooms] = [&self.rooms.training, &self.rooms.robot]
            .map(|pick| pick.load(SoundKind::Rooms, memory, observer));
        let [noises, robot_noises] = [&self.noises.training, &self.noises.robot]
            .map(|pick| pick.load(SoundKind::Noises, memory, observer));
        Ok(LoadedSources {
            training: Sources {
                noises: noises?,
                rooms: rooms?,
            },
            robot: Sources {
                noises: robot_noises?,
                rooms: robot_rooms?,
            },
        })
    }
}
