//! Options that several verbs share.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use earnest_augment::Chain;
use earnest_experiment::{
    CorpusSpec, DEFAULT_SNR_DB, DEFAULT_SOUND_MEMORY_MIB, Folders, Presentation, RobotSpec,
    SourceSpec,
};
use earnest_model::{Architecture, Normalisation, Recipe, Task};

use super::must_exist;
use crate::failure::Failure;

/// A network of the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum NetworkName {
    /// Two bidirectional GRU layers, mean over time
    Rnn,
    /// Three convolution layers, maximum over time
    Cnn,
}

impl NetworkName {
    /// The paper's recipe for it.
    fn recipe(self) -> Recipe {
        Recipe::paper(match self {
            Self::Rnn => Architecture::paper_rnn(),
            Self::Cnn => Architecture::paper_cnn(),
        })
    }
}

/// What is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TaskName {
    /// Angry, happy, neutral or sad
    Categorical,
    /// Arousal and valence
    Dimensional,
}

impl TaskName {
    /// As the libraries call it.
    pub fn task(self) -> Task {
        match self {
            Self::Categorical => Task::Categorical,
            Self::Dimensional => Task::Dimensional,
        }
    }
}

/// By whose statistics descriptors are normalised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum NormaliseName {
    /// The training set's, as in the paper
    Corpus,
    /// Each speaker's own, over all that is heard of them
    Speaker,
    /// At first the training set's, then more and more the speaker's so far; works live
    Adaptive,
}

impl NormaliseName {
    fn normalisation(self) -> Normalisation {
        match self {
            Self::Corpus => Normalisation::Corpus,
            Self::Speaker => Normalisation::Speaker,
            Self::Adaptive => Normalisation::Adaptive,
        }
    }
}

/// How models are trained, where that is not the paper's.
#[derive(Args, Clone, Debug)]
pub struct TrainingOptions {
    /// By whose mean and deviation descriptors are normalised
    #[arg(long, value_enum, default_value = "corpus")]
    normalise: NormaliseName,
    /// Draw the augmentation anew at each presentation (the default)
    #[arg(long, conflicts_with = "copies")]
    fresh: bool,
    /// Make K augmented copies of each utterance once, keep them on disk while training goes
    /// on, and present them in turn
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u16).range(1..))]
    copies: Option<u16>,
    /// The most epochs a model is trained [default: 100]
    #[arg(long, value_name = "N")]
    max_epochs: Option<usize>,
}

impl TrainingOptions {
    /// The paper's recipe for a network, with these changes.
    pub fn recipe(&self, network: NetworkName) -> Recipe {
        let mut recipe = network.recipe();
        recipe.normalise = self.normalise.normalisation();
        if let Some(most) = self.max_epochs {
            recipe.max_epochs = most;
        }
        recipe
    }

    /// Fresh or frozen.
    pub fn presentation(&self) -> Presentation {
        match self.copies {
            Some(k) => Presentation::Copies(k.into()),
            None => Presentation::Fresh,
        }
    }
}

/// Which corpus, and how its labels count.
#[derive(Args, Clone, Debug)]
pub struct CorpusOptions {
    /// Folder of a corpus as it was unpacked, or a manifest file
    #[arg(long, value_name = "DIR")]
    pub corpus: PathBuf,
    #[command(flatten)]
    pub reading: ReadingOptions,
}

/// How a corpus is read.
#[derive(Args, Clone, Debug, Default)]
pub struct ReadingOptions {
    /// Layout, if it should not be recognised: IEMOCAP, EmoDB, RAVDESS, CREMA-D, TESS,
    /// SAVEE, URDU, nEMO or manifest
    #[arg(long, value_name = "NAME")]
    pub layout: Option<String>,
    /// Count a label of the corpus as a class: `fru=angry`, `exc=none`. May be repeated
    #[arg(long, value_name = "LABEL=CLASS")]
    pub map: Vec<String>,
}

impl ReadingOptions {
    /// For the libraries.
    pub fn spec(&self, path: PathBuf) -> CorpusSpec {
        CorpusSpec {
            path,
            layout: self.layout.clone(),
            map: self.map.clone(),
            fingerprint: None,
        }
    }
}

/// Noises and rooms for training.
#[derive(Args, Clone, Debug)]
pub struct SoundOptions {
    /// Noises for training: ESC-50, UrbanSound8K, MUSAN, DEMAND, MS-SNSD, a Freesound download,
    /// or any folder of audio files. May be repeated [default: built-in synthetic]
    #[arg(long, value_name = "DIR")]
    pub noise: Vec<PathBuf>,
    /// Folds of the noise collection used in training, where it has folds
    #[arg(long, value_name = "N,N", value_delimiter = ',')]
    pub noise_folds: Vec<u32>,
    /// Room responses for training: Aachen AIR, SOFA files, or audio files. May be repeated
    /// [default: built-in synthetic]
    #[arg(long, value_name = "DIR")]
    pub rooms: Vec<PathBuf>,
    /// Decoded sounds kept in memory, MiB; others are decoded at each use
    #[arg(long, value_name = "MIB", default_value_t = DEFAULT_SOUND_MEMORY_MIB)]
    pub sound_memory: u64,
}

/// What augmentation does.
#[derive(Args, Clone, Debug)]
pub struct ChainOption {
    /// What is drawn: a TOML list of steps [default: the paper's, chains/paper.toml]
    #[arg(long, value_name = "FILE")]
    chain: Option<PathBuf>,
}

impl ChainOption {
    /// The chain that was asked for.
    pub fn chain(&self) -> Result<Chain, Failure> {
        let Some(path) = &self.chain else {
            return Ok(Chain::paper());
        };
        let text = std::fs::read_to_string(path)
            .map_err(|e| Failure::asked(format!("--chain: cannot read {}: {e}", path.display())))?;
        Chain::from_toml(&text)
            .map_err(|e| Failure::asked(format!("--chain {}: {e}", path.display())))
    }
}

/// How the robot condition comes about.
#[derive(Args, Clone, Debug, Default)]
pub struct RobotOptions {
    /// The corpus as a robot recorded it: same relative paths, one or more channels
    /// [default: a simulated robot]
    #[arg(long, value_name = "DIR")]
    pub robot: Option<PathBuf>,
    /// Noises that the simulated robot hears [default: a part of --noise that training
    /// does not get]
    #[arg(long, value_name = "DIR", conflicts_with = "robot")]
    pub robot_noise: Vec<PathBuf>,
    /// Folds of that collection, where it has folds
    #[arg(
        long,
        value_name = "N,N",
        value_delimiter = ',',
        conflicts_with = "robot"
    )]
    pub robot_noise_folds: Vec<u32>,
    /// Room responses of the simulated robot [default: a part of --rooms that training
    /// does not get]
    #[arg(long, value_name = "DIR", conflicts_with = "robot")]
    pub robot_rooms: Vec<PathBuf>,
    /// Speech over noise at the simulated robot, dB
    #[arg(long, value_name = "DB", default_value_t = DEFAULT_SNR_DB, allow_hyphen_values = true)]
    pub robot_snr: f64,
}

impl RobotOptions {
    /// For the libraries.
    pub fn spec(&self) -> RobotSpec {
        match &self.robot {
            Some(path) => RobotSpec::Recordings { path: path.clone() },
            None => RobotSpec::Simulated {
                snr_db: self.robot_snr,
            },
        }
    }
}

/// Where all sounds come from.
pub fn sources(sounds: &SoundOptions, robot: &RobotOptions) -> Result<SourceSpec, Failure> {
    if let Some(folder) = &robot.robot {
        must_exist("--robot", folder)?;
    }
    for (what, folders) in [
        ("--noise", &sounds.noise),
        ("--rooms", &sounds.rooms),
        ("--robot-noise", &robot.robot_noise),
        ("--robot-rooms", &robot.robot_rooms),
    ] {
        for folder in folders {
            must_exist(what, folder)?;
        }
    }
    Ok(SourceSpec {
        noise: Folders(sounds.noise.clone()),
        rooms: Folders(sounds.rooms.clone()),
        robot_noise: Folders(robot.robot_noise.clone()),
        robot_rooms: Folders(robot.robot_rooms.clone()),
        noise_folds: sounds.noise_folds.clone(),
        robot_noise_folds: robot.robot_noise_folds.clone(),
        memory_mib: sounds.sound_memory,
    })
}
