//! Test conditions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use earnest_audio::AudioError;
use earnest_corpus::Utterance;
use earnest_signal::{Convolver, SoundError, Waveform};

use crate::robot::SimulatedRobot;

/// How test utterances reach the model.
#[derive(Clone, Debug)]
pub enum Condition {
    /// As they are in the corpus.
    Clean,
    /// A folder of recordings with the corpus's relative paths, one or more channels.
    Recordings(PathBuf),
    /// The same of several corpora that were joined to one: a folder for each, by its name, with
    /// the relative paths of that corpus.
    RecordingsOf(BTreeMap<String, PathBuf>),
    /// A simulated robot.
    Robot(Box<SimulatedRobot>),
}

/// Why an utterance cannot be heard in a condition.
#[derive(Debug, thiserror::Error)]
pub enum SceneError {
    /// The recording is not there.
    #[error(
        "the robot's recording of {id} is missing: looked for {}; recordings keep the corpus's relative paths (WAV or FLAC)",
        path.display()
    )]
    Missing {
        /// The utterance.
        id: String,
        /// The path that was looked for.
        path: PathBuf,
    },
    /// The recording cannot be read.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// A sound of the simulated robot cannot be used.
    #[error(transparent)]
    Sound(#[from] SoundError),
}

impl Condition {
    /// `clean` or `robot`: the two columns of Table I.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Recordings(_) | Self::RecordingsOf(_) | Self::Robot(_) => "robot",
        }
    }

    /// The utterance as heard in this condition: mono, 16 kHz (channels are averaged).
    ///
    /// # Errors
    /// [`SceneError`]: a recording or a sound cannot be used.
    pub fn hear(
        &self,
        utterance: &Utterance,
        clean: &Waveform,
        convolver: &mut Convolver,
    ) -> Result<Waveform, SceneError> {
        match self {
            Self::Clean => Ok(clean.clone()),
            Self::Robot(robot) => Ok(robot.hear(&utterance.id, clean, convolver)?),
            Self::Recordings(folder) => recorded(folder, utterance),
            Self::RecordingsOf(folders) => recorded(folder_of(folders, utterance)?, utterance),
        }
    }

    /// The channels of the utterance as heard in this condition, 16 kHz: of a recording all of its
    /// own, of which one that is silent while another is not holds no sample
    /// ([`earnest_audio::read_heard_channels`]); one of all else.
    ///
    /// # Errors
    /// As [`Condition::hear`].
    pub fn hear_channels(
        &self,
        utterance: &Utterance,
        clean: &Waveform,
        convolver: &mut Convolver,
    ) -> Result<Vec<Waveform>, SceneError> {
        let folder = match self {
            Self::Clean | Self::Robot(_) => {
                return Ok(vec![self.hear(utterance, clean, convolver)?]);
            }
            Self::Recordings(folder) => folder,
            Self::RecordingsOf(folders) => folder_of(folders, utterance)?,
        };
        let path = place_of(folder, utterance)?;
        Ok(earnest_audio::read_heard_channels(path)?)
    }
}

/// The folder of the corpus that an utterance is of.
fn folder_of<'a>(
    folders: &'a BTreeMap<String, PathBuf>,
    utterance: &Utterance,
) -> Result<&'a PathBuf, SceneError> {
    let corpus = utterance.corpus.as_deref().unwrap_or_default();
    folders.get(corpus).ok_or_else(|| SceneError::Missing {
        id: utterance.id.clone(),
        path: PathBuf::from(utterance.path.as_str()),
    })
}

/// Where a robot's recording of an utterance lies.
fn place_of(folder: &Path, utterance: &Utterance) -> Result<PathBuf, SceneError> {
    recording_of(folder, utterance).ok_or_else(|| SceneError::Missing {
        id: utterance.id.clone(),
        path: utterance.own_path().under(folder),
    })
}

/// An utterance as a robot recorded it.
fn recorded(folder: &Path, utterance: &Utterance) -> Result<Waveform, SceneError> {
    Ok(earnest_audio::read(place_of(folder, utterance)?)?)
}

/// A robot's recording of an utterance: at the same relative path as in its own corpus, or beside
/// it with another audio extension.
#[must_use]
pub fn recording_of(folder: &Path, utterance: &Utterance) -> Option<PathBuf> {
    let path = utterance.own_path().under(folder);
    if path.is_file() {
        return Some(path);
    }
    earnest_audio::EXTENSIONS
        .iter()
        .map(|e| path.with_extension(e))
        .find(|p| p.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_audio::{SampleFormat, write_wav_channels};
    use earnest_files::RelativePath;

    #[test]
    fn a_stereo_recording_at_the_same_path_is_averaged_and_a_missing_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("wav")).unwrap();
        let (l, r) = (vec![0.5_f32; 8000], vec![0.25_f32; 8000]);
        write_wav_channels(
            folder.path().join("wav/a.wav"),
            &[&l, &r],
            16_000,
            SampleFormat::Int16,
        )
        .unwrap();
        let utterance = |path: &str| {
            let path = RelativePath::new(path).unwrap();
            Utterance::of_file("a", path, "s", "anger")
        };
        let condition = Condition::Recordings(folder.path().to_owned());
        let clean = Waveform::at_16k(vec![0.0; 8000]);
        let mut convolver = Convolver::default();
        // The corpus has FLAC, the robot wrote WAV.
        let heard = condition
            .hear(&utterance("wav/a.flac"), &clean, &mut convolver)
            .unwrap();
        assert!(heard.samples().iter().all(|x| (x - 0.375).abs() < 1e-4));
        let error = condition
            .hear(&utterance("wav/b.wav"), &clean, &mut convolver)
            .unwrap_err();
        assert!(error.to_string().contains("wav/b.wav"), "{error}");
        // Each ear by itself; one that is dead has nothing to say.
        let channels = condition
            .hear_channels(&utterance("wav/a.flac"), &clean, &mut convolver)
            .unwrap();
        let levels: Vec<f32> = channels.iter().map(|ear| ear.samples()[100]).collect();
        assert!((levels[0] - 0.5).abs() < 1e-4 && (levels[1] - 0.25).abs() < 1e-4);
        write_wav_channels(
            folder.path().join("wav/c.wav"),
            &[&l, &vec![0.0; 8000]],
            16_000,
            SampleFormat::Int16,
        )
        .unwrap();
        let channels = condition
            .hear_channels(&utterance("wav/c.wav"), &clean, &mut convolver)
            .unwrap();
        let lengths: Vec<usize> = channels.iter().map(|ear| ear.samples().len()).collect();
        assert_eq!(lengths, [8000, 0]);
    }
}
