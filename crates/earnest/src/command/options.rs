//! Options that several verbs share.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use earnest_augment::Chain;
use earnest_corpus::Classes;
use earnest_experiment::{
    Chains, ClassSpec, Corpora, CorpusSpec, DEFAULT_SNR_DB, DEFAULT_SOUND_MEMORY_MIB, Experiment,
    FeatureTableSpec, Fingerprints, Folders, IDLE_CHAIN, Presentation, Protocol, RobotSpec,
    SetKind, SourceSpec, Training, Validation, chain_of, checked_snr_db,
};
use earnest_features::{FrontEndSettings, Mode};
use earnest_model::{Architecture, Normalisation, Recipe, Task};

use super::bounds::{MOST_MEMORY_MIB, MOST_REPEATS, one_to};
use super::must_exist;
use super::named_conditions::ConditionOptions;
use crate::failure::Failure;

/// The recipe that a user names, as in [`recipes_called`].
pub fn recipe_called(name: &str) -> Result<Recipe, String> {
    let mut recipes = recipes_called(name, &[])?;
    match recipes.len() {
        1 => Ok(recipes.remove(0)),
        n => Err(format!("{name} has {n} recipes, and one is trained")),
    }
}

/// What a user names: a recipe of an experiment's own, a built-in one, an engine by its name (which is
/// trained as the paper trains, in its usual sizes), or a TOML file with a recipe, or with several
/// under `[[recipes]]`.
fn recipes_called(name: &str, own: &[Recipe]) -> Result<Vec<Recipe>, String> {
    let of_engine: Vec<&Recipe> = own
        .iter()
        .filter(|recipe| recipe.architecture.name() == name)
        .collect();
    let titled = own.iter().find(|r| r.title() == name);
    if titled.is_none() && of_engine.len() > 1 {
        let names: Vec<&str> = of_engine.into_iter().map(Recipe::title).collect();
        return Err(format!(
            "{name} is the engine of several recipes; name those that are meant: {}",
            names.join(", ")
        ));
    }
    let known = titled
        .or(of_engine.first().copied())
        .cloned()
        .or_else(|| Recipe::built_in(name))
        .or_else(|| Architecture::by_name(name).map(Recipe::paper));
    if let Some(recipe) = known {
        return Ok(vec![recipe]);
    }
    let path = Path::new(name);
    if path.extension().is_none_or(|e| e != "toml") {
        let mut names: Vec<&str> = own.iter().map(Recipe::title).collect();
        for other in Recipe::BUILT_IN.iter().chain(Architecture::NAMES) {
            if !names.contains(other) {
                names.push(other);
            }
        }
        let nearest = earnest_files::nearest(&name.to_lowercase(), names.iter().copied(), 0.8);
        let guess = nearest.map_or_else(String::new, |known| format!(" (did you mean {known:?}?)"));
        return Err(format!(
            "there is no recipe or engine {name:?}{guess}; there are {}, and recipes in a file whose name ends in .toml",
            names.join(", ")
        ));
    }
    let text = earnest_files::read_text(path)
        .map_err(|e| format!("cannot read the recipe {}: {e}", path.display()))?;
    // A file of recipes is one of an experiment that says nothing else.
    let is_list = |line: &str| line.trim_start().starts_with("[[recipes]]");
    if text.lines().any(is_list) {
        let file = Experiment::from_toml(&text).map_err(|e| format!("{}: {e}", path.display()))?;
        return Ok(file.recipes);
    }
    let recipe =
        Recipe::from_toml(&text).map_err(|e| format!("the recipe {}: {e}", path.display()))?;
    Ok(vec![recipe])
}

/// Which features models are trained on.
#[derive(Args, Clone, Debug, Default)]
pub struct FeatureOptions {
    /// Front end that makes features of audio: lld32, egemaps-v01a, egemaps-v02, functionals,
    /// logmel, levelled or joined, in its usual settings; a recipe in a file can change them [default: the recipe's,
    /// lld32]
    #[arg(long, value_name = "NAME", value_parser = front_end_called)]
    features: Option<FrontEndSettings>,
    /// Whose definition of the descriptors, for lld32 and egemaps [default: opensmile]
    #[arg(long, value_enum, value_name = "MODE")]
    mode: Option<ModeName>,
}

/// The front end of a name, in its usual settings.
pub fn front_end_called(name: &str) -> Result<FrontEndSettings, String> {
    FrontEndSettings::by_name(name).map_err(|e| e.to_string())
}

impl FeatureOptions {
    /// Changes what was asked to be changed; a recipe with other features is called otherwise.
    fn change(&self, recipe: &mut Recipe) -> Result<(), Failure> {
        let mut features = match &self.features {
            Some(features) => features.clone(),
            None => recipe.features.clone(),
        };
        if let Some(mode) = self.mode {
            match &mut features {
                FrontEndSettings::Lld32(settings) => settings.mode = mode.mode(),
                FrontEndSettings::EgemapsV01a(settings) => settings.mode = mode.mode(),
                FrontEndSettings::EgemapsV02(settings) => settings.mode = mode.mode(),
                other => {
                    return Err(Failure::asked(format!(
                        "--mode has no effect: it needs --features lld32, egemaps-v01a or egemaps-v02, and these are {}",
                        other.as_front_end().name()
                    )));
                }
            }
        }
        if features == recipe.features {
            return Ok(());
        }
        let mode = match self.mode {
            Some(ModeName::Accurate) => "-accurate",
            _ => "",
        };
        recipe.call_otherwise(&format!("-{}{mode}", features.as_front_end().name()));
        recipe.features = features;
        Ok(())
    }
}

/// Whose definition of the descriptors is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModeName {
    /// openSMILE's, oddities included
    Opensmile,
    /// As phonetics defines them: true formants, H1, H2, jitter, shimmer
    Accurate,
}

impl ModeName {
    /// As the libraries call it.
    pub fn mode(self) -> Mode {
        match self {
            Self::Opensmile => Mode::OpenSmile,
            Self::Accurate => Mode::Accurate,
        }
    }
}

/// What is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TaskName {
    /// One of the classes
    Categorical,
    /// Arousal and valence, and dominance where the corpus has it
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
    /// Each corpus's own, over all that is heard of it
    #[value(name = "each_corpus", alias = "each-corpus")]
    EachCorpus,
    /// Each utterance's own
    Segment,
    /// Each utterance's own mean, the training set's deviation
    #[value(name = "segment_mean", alias = "segment-mean")]
    SegmentMean,
}

impl NormaliseName {
    fn normalisation(self) -> Normalisation {
        match self {
            Self::Corpus => Normalisation::Corpus,
            Self::Speaker => Normalisation::Speaker,
            Self::Adaptive => Normalisation::Adaptive,
            Self::EachCorpus => Normalisation::EachCorpus,
            Self::Segment => Normalisation::Segment,
            Self::SegmentMean => Normalisation::SegmentMean,
        }
    }
}

/// How models are trained, where that is not the paper's.
#[derive(Args, Clone, Debug)]
pub struct TrainingOptions {
    #[command(flatten)]
    features: FeatureOptions,
    /// By whose mean and deviation descriptors are normalised [default: corpus]
    #[arg(long, value_enum, value_name = "HOW")]
    normalise: Option<NormaliseName>,
    /// Draw the augmentation anew at each presentation (the default)
    #[arg(long, conflicts_with = "copies")]
    fresh: bool,
    /// Make K augmented copies of each utterance once, keep them on disk while training goes
    /// on, and present them in turn
    #[arg(long, value_name = "K", value_parser = one_to::<u16>(MOST_REPEATS))]
    copies: Option<u16>,
    /// The most epochs a model is trained [default: 100]
    #[arg(long, value_name = "N")]
    max_epochs: Option<usize>,
}

impl TrainingOptions {
    /// Flags that say how augmented utterances are presented, if they were given.
    pub fn given_of_presentation(&self) -> Vec<&'static str> {
        given(&[("--fresh", self.fresh), ("--copies", self.copies.is_some())])
    }

    /// Refuses `--max-epochs` where nothing is trained in epochs.
    pub fn require_use(&self, recipes: &[Recipe]) -> Result<(), Failure> {
        let has_network = recipes.iter().any(Recipe::has_network);
        match self.max_epochs {
            Some(_) if !has_network => Err(Failure::asked(
                "--max-epochs has no effect: none of the recipes is a network, and baselines are fitted at once",
            )),
            _ => Ok(()),
        }
    }

    /// Changes what was asked to be changed.
    pub fn change(&self, recipe: &mut Recipe) -> Result<(), Failure> {
        if recipe.is_ensemble() {
            let given = given(&[
                ("--features", self.features.features.is_some()),
                ("--mode", self.features.mode.is_some()),
                ("--normalise", self.normalise.is_some()),
            ]);
            if let Some(flag) = given.first() {
                return Err(Failure::asked(format!(
                    "{flag} has no effect on {}, which is an ensemble: each of its members says it in the recipe",
                    recipe.title()
                )));
            }
        }
        self.features.change(recipe)?;
        if let Some(normalise) = self.normalise {
            recipe.normalise = normalise.normalisation();
        }
        if let Some(most) = self.max_epochs {
            recipe.limit_epochs(most);
        }
        Ok(())
    }

    /// Fresh or frozen, if it was asked for.
    fn asked_presentation(&self) -> Option<Presentation> {
        match self.copies {
            Some(k) => Some(Presentation::Copies(k.into())),
            None => self.fresh.then_some(Presentation::Fresh),
        }
    }

    /// Fresh or frozen.
    pub fn presentation(&self) -> Presentation {
        self.asked_presentation().unwrap_or_default()
    }
}

/// A corpus as it is named: a folder or a manifest, or `NAME=DIR`.
#[derive(Clone, Debug)]
pub struct NamedCorpus {
    name: Option<String>,
    /// Its folder or manifest.
    pub path: PathBuf,
}

/// Reads `DIR` or `NAME=DIR`; a folder whose own name has a `=` in it is found, too.
fn named_corpus(text: &str) -> Result<NamedCorpus, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    let named = text.split_once('=').filter(|_| !Path::new(text).exists());
    match named {
        Some((_, "")) => Err(format!(
            "{text:?} names no folder: NAME=DIR is a name, and the folder or manifest of a corpus"
        )),
        Some((name, path)) if !name.is_empty() && name.chars().all(is_plain) => Ok(NamedCorpus {
            name: Some(name.to_owned()),
            path: path.into(),
        }),
        Some((name, path)) if Path::new(path).exists() => Err(format!(
            "{name:?} is no name of a corpus: one is of the characters a-z, A-Z, 0-9, '.', '_' and '-'"
        )),
        _ if text.is_empty() => Err("a corpus is a folder or a manifest file".to_owned()),
        _ => Ok(NamedCorpus {
            name: None,
            path: text.into(),
        }),
    }
}

/// How often, in words.
fn times(n: usize) -> String {
    match n {
        1 => "once".to_owned(),
        n => format!("{n} times"),
    }
}

/// How many corpora there are, behind "there".
fn corpora_in_words(n: usize) -> String {
    match n {
        1 => "is one corpus".to_owned(),
        n => format!("are {n} corpora"),
    }
}

/// The least and the greatest value of a scale, as in `1..5`.
fn scale_range(text: &str) -> Result<[f32; 2], String> {
    let wrong = || format!("{text:?} is no range; one is written as in 1..5 or -1..1");
    let (low, high) = text.split_once("..").ok_or_else(wrong)?;
    let number = |text: &str| text.trim().parse::<f32>().map_err(|_| wrong());
    let range = [number(low)?, number(high)?];
    match range[0] < range[1] && range.iter().all(|x| x.is_finite()) {
        true => Ok(range),
        false => Err(wrong()),
    }
}

/// Which corpora, and how they are read.
#[derive(Args, Clone, Debug)]
pub struct CorpusOptions {
    /// Folder of a corpus as it was unpacked, or a manifest file. May be repeated: several are used
    /// together, and NAME=DIR says what one is called in ids and speakers
    #[arg(long, required = true, value_name = "DIR", value_parser = named_corpus)]
    pub corpus: Vec<NamedCorpus>,
    #[command(flatten)]
    pub reading: ReadingOptions,
    #[command(flatten)]
    scales: ScaleOptions,
}

impl CorpusOptions {
    /// For the libraries.
    pub fn spec(&self) -> Result<Corpora, Failure> {
        self.reading.corpora(&self.corpus, &self.scales)
    }
}

/// What scales of several corpora are.
#[derive(Args, Clone, Debug, Default)]
pub struct ScaleOptions {
    /// The least and the greatest value of a corpus's scales of arousal and the like, so that values of
    /// several corpora can be brought to those of the first. As often as --corpus, in the same order
    #[arg(long, value_name = "LO..HI", allow_hyphen_values = true, value_parser = scale_range)]
    scale_range: Vec<[f32; 2]>,
}

/// How a corpus is read.
#[derive(Args, Clone, Debug, Default)]
pub struct ReadingOptions {
    /// Layout, if it should not be recognised: IEMOCAP, EmoDB, RAVDESS, CREMA-D, TESS,
    /// SAVEE, URDU, nEMO, EmoTale, ESD, EMOVO, MELD, MSP-Podcast, audformat, Kaldi or manifest
    #[arg(long, value_name = "NAME")]
    pub layout: Option<String>,
    /// Folder that the paths of a manifest or a wav.scp are relative to [default: its own, or the corpus's]
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
}

impl ReadingOptions {
    /// True if nothing was asked for.
    fn is_empty(&self) -> bool {
        self.layout.is_none() && self.root.is_none()
    }

    /// For the libraries.
    pub fn spec(&self, path: PathBuf) -> CorpusSpec {
        CorpusSpec {
            path,
            layout: self.layout.clone(),
            root: self.root.clone(),
            ..CorpusSpec::default()
        }
    }

    /// One corpus or several, which must be there.
    fn corpora(&self, named: &[NamedCorpus], scales: &ScaleOptions) -> Result<Corpora, Failure> {
        for corpus in named {
            must_exist("--corpus", &corpus.path)?;
        }
        self.refuse_for_several(named.len())?;
        let ranges = &scales.scale_range;
        if !ranges.is_empty() && ranges.len() != named.len() {
            return Err(Failure::asked(format!(
                "--scale-range is given {}, and there {}: give the range of each, in the same order",
                times(ranges.len()),
                corpora_in_words(named.len())
            )));
        }
        let several = named.len() > 1;
        let spec = |(i, corpus): (usize, &NamedCorpus)| match (&corpus.name, several) {
            (Some(name), false) => Err(Failure::asked(format!(
                "--corpus {name}=…: a name has no effect with one corpus; name the folder alone"
            ))),
            _ => Ok(CorpusSpec {
                name: corpus.name.clone(),
                scale_range: ranges.get(i).copied(),
                ..self.spec(corpus.path.clone())
            }),
        };
        let specs: Result<Vec<_>, _> = named.iter().enumerate().map(spec).collect();
        Ok(Corpora(specs?))
    }

    /// Refuses to read several corpora in one way.
    fn refuse_for_several(&self, corpora: usize) -> Result<(), Failure> {
        match corpora > 1 && !self.is_empty() {
            false => Ok(()),
            true => Err(Failure::asked(
                "--layout and --root say how one corpus is read, and there are several; an experiment's file says it of each (layout and root under [[corpus]])",
            )),
        }
    }
}

/// How labels count.
#[derive(Args, Clone, Debug, Default)]
pub struct LabelOptions {
    /// Count a label of the corpus as a class: `fru=angry`, `exc=none`. May be repeated; with several
    /// corpora `NAME:fru=angry` is of one of them
    #[arg(long, value_name = "LABEL=CLASS")]
    pub map: Vec<String>,
}

/// Which classes are told apart.
#[derive(Args, Clone, Debug, Default)]
pub struct ClassOptions {
    /// Classes: `four`, the paper's; `all`, one for each label of the corpus (of several corpora those
    /// that all of them have); or names, as in `angry,fear,sad` [default: `four` where the corpus has utterances of each, otherwise `all`]
    #[arg(long, value_name = "WHICH")]
    pub classes: Option<Classes>,
    #[command(flatten)]
    pub labels: LabelOptions,
}

impl ClassOptions {
    /// True if nothing was asked for.
    fn is_empty(&self) -> bool {
        self.classes.is_none() && self.labels.map.is_empty()
    }

    /// For the libraries.
    pub fn spec(&self) -> ClassSpec {
        let classes = self.classes.clone().unwrap_or_default();
        ClassSpec::asked(&classes, self.labels.map.clone())
    }

    /// Changes what was asked to be changed.
    fn change(&self, spec: &mut ClassSpec) -> Result<(), Failure> {
        if let Some(classes) = &self.classes {
            let map = std::mem::take(&mut spec.map);
            *spec = ClassSpec::asked(classes, map);
        } else if !self.labels.map.is_empty() && spec.set == Some(SetKind::All) {
            // The names are those of other labels.
            spec.names.clear();
        }
        spec.change_map(&self.labels.map).map_err(Failure::asked)
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
    /// Decoded sounds kept in memory, MiB; others are decoded at each use [default: 2048]
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u64).range(..=MOST_MEMORY_MIB))]
    pub sound_memory: Option<u64>,
}

impl SoundOptions {
    /// The flags that were given.
    pub fn given(&self) -> Vec<&'static str> {
        given(&[
            ("--noise", !self.noise.is_empty()),
            ("--noise-folds", !self.noise_folds.is_empty()),
            ("--rooms", !self.rooms.is_empty()),
            ("--sound-memory", self.sound_memory.is_some()),
        ])
    }

    /// Refuses a memory for sounds where all are built in.
    fn require_sounds(&self, spec: &SourceSpec) -> Result<(), Failure> {
        let folders = [
            &spec.noise,
            &spec.rooms,
            &spec.robot_noise,
            &spec.robot_rooms,
        ];
        match self.sound_memory.is_some() && folders.iter().all(|f| f.is_empty()) {
            true => no_effect(
                &["--sound-memory"],
                "sounds from folders (--noise, --rooms)",
            ),
            false => Ok(()),
        }
    }

    /// Refuses sounds that no step of a chain draws from.
    pub fn require_use(&self, chain: &Chain) -> Result<(), Failure> {
        if (!self.noise.is_empty() || !self.noise_folds.is_empty()) && !chain.has("noise") {
            return Err(Failure::asked(
                "--noise has no effect: no step of the chain (--chain) adds noise",
            ));
        }
        if !self.rooms.is_empty() && !chain.has("room") {
            return Err(Failure::asked(
                "--rooms has no effect: no step of the chain (--chain) is a room",
            ));
        }
        Ok(())
    }
}

/// Of flags, those that were given.
fn given(flags: &[(&'static str, bool)]) -> Vec<&'static str> {
    flags
        .iter()
        .filter(|(_, given)| *given)
        .map(|(flag, _)| *flag)
        .collect()
}

/// Refuses flags that have no effect, saying what they need.
pub fn no_effect(flags: &[&str], needs: &str) -> Result<(), Failure> {
    match flags {
        [] => Ok(()),
        [one] => Err(Failure::asked(format!(
            "{one} has no effect: it needs {needs}"
        ))),
        several => Err(Failure::asked(format!(
            "{} have no effect: they need {needs}",
            several.join(", ")
        ))),
    }
}

/// The chain that needs no file.
fn built_in(name: &Path) -> Option<Chain> {
    name.to_str().and_then(Chain::built_in)
}

/// What augmentation does.
#[derive(Args, Clone, Debug)]
pub struct ChainOption {
    /// What is drawn: `paper`, `robust`, or a TOML list of steps [default: the paper's; a recipe may
    /// name its own]
    #[arg(long, value_name = "NAME|FILE")]
    chain: Option<PathBuf>,
}

impl ChainOption {
    /// True if one was given.
    pub fn is_given(&self) -> bool {
        self.chain.is_some()
    }

    /// The chain that was asked for, or the paper's.
    pub fn chain(&self) -> Result<Chain, Failure> {
        Ok(self.asked()?.unwrap_or_else(Chain::paper))
    }

    /// The chain that was asked for, or the recipe's own, or the paper's.
    pub fn chain_for(&self, recipe: &Recipe) -> Result<Chain, Failure> {
        if let Some(asked) = self.asked()? {
            return Ok(asked);
        }
        let none = Chains::new();
        let own = chain_of(recipe, &none).map_err(|e| {
            Failure::asked(format!(
                "--network (--recipe): {e}; one of an experiment's own can be given as a file with --chain"
            ))
        })?;
        Ok(own.map_or_else(Chain::paper, Cow::into_owned))
    }

    /// The file that was given.
    pub fn path(&self) -> Option<&Path> {
        self.chain
            .as_deref()
            .filter(|name| built_in(name).is_none())
    }

    fn asked(&self) -> Result<Option<Chain>, Failure> {
        let Some(path) = &self.chain else {
            return Ok(None);
        };
        if let Some(chain) = built_in(path) {
            return Ok(Some(chain));
        }
        let text = earnest_files::read_text(path)
            .map_err(|e| Failure::asked(format!("--chain: cannot read {}: {e}", path.display())))?;
        Chain::from_toml(&text)
            .map(Some)
            .and_then(|chain| match chain.as_ref().is_some_and(Chain::is_idle) {
                true => Err(IDLE_CHAIN.to_owned()),
                false => Ok(chain),
            })
            .map_err(|e| Failure::asked(format!("--chain {}: {e}", path.display())))
    }
}

/// How the robot condition comes about.
#[derive(Args, Clone, Debug, Default)]
pub struct RobotOptions {
    /// The corpus as a robot heard it, real or simulated (`earnest scene simulate`): same relative
    /// paths, one or more channels. With several corpora as often as --corpus, in the same order
    /// [default: a simple simulated robot]
    #[arg(long, alias = "robot", value_name = "DIR")]
    pub recordings: Vec<PathBuf>,
    /// Noises that the simulated robot hears [default: a part of --noise that training
    /// does not get]
    #[arg(long, value_name = "DIR", conflicts_with = "recordings")]
    pub robot_noise: Vec<PathBuf>,
    /// Folds of that collection, where it has folds
    #[arg(
        long,
        value_name = "N,N",
        value_delimiter = ',',
        conflicts_with = "recordings"
    )]
    pub robot_noise_folds: Vec<u32>,
    /// Room responses of the simulated robot [default: a part of --rooms that training
    /// does not get]
    #[arg(long, value_name = "DIR", conflicts_with = "recordings")]
    pub robot_rooms: Vec<PathBuf>,
    /// Speech over noise at the simulated robot, dB [default: 3]
    #[arg(
        long,
        value_name = "DB",
        allow_hyphen_values = true,
        value_parser = checked_snr_db,
        conflicts_with = "recordings"
    )]
    robot_snr: Option<f64>,
}

impl RobotOptions {
    /// Speech over noise at the simulated robot, dB.
    pub fn snr_db(&self) -> f64 {
        self.robot_snr.unwrap_or(DEFAULT_SNR_DB)
    }

    /// The simulated robot in words: its SNR, and where its sounds are from.
    pub fn in_words(&self, sounds: &SoundOptions) -> String {
        let from = |own: &[PathBuf], shared: &[PathBuf], what: &str| {
            let names = |folders: &[PathBuf]| {
                let names = folders.iter().map(|f| f.display().to_string());
                names.collect::<Vec<_>>().join(", ")
            };
            match (own.is_empty(), shared.is_empty()) {
                (false, _) => format!("{what} of {}", names(own)),
                (true, false) => format!("a part of the {what} of {}", names(shared)),
                (true, true) => format!("built-in {what}"),
            }
        };
        format!(
            "simulated, speech {} dB over noise; {}, {}",
            self.snr_db(),
            from(&self.robot_noise, &sounds.noise, "noises"),
            from(&self.robot_rooms, &sounds.rooms, "rooms")
        )
    }

    /// Flags of the simulated robot that were given.
    pub fn given_of_simulation(&self) -> Vec<&'static str> {
        given(&[
            ("--robot-noise", !self.robot_noise.is_empty()),
            ("--robot-noise-folds", !self.robot_noise_folds.is_empty()),
            ("--robot-rooms", !self.robot_rooms.is_empty()),
            ("--robot-snr", self.robot_snr.is_some()),
        ])
    }

    /// The robot condition, if one was asked for.
    fn asked(&self) -> Option<RobotSpec> {
        match self.recordings.is_empty() {
            false => Some(RobotSpec::Recordings {
                path: Folders(self.recordings.clone()),
            }),
            true => self.robot_snr.map(|snr_db| RobotSpec::Simulated { snr_db }),
        }
    }
}

/// What can be changed of an experiment that is in a file.
#[derive(Args, Clone, Debug)]
pub struct ExperimentOptions {
    #[command(flatten)]
    sounds: SoundOptions,
    #[command(flatten)]
    chain: ChainOption,
    #[command(flatten)]
    robot: RobotOptions,
    #[command(flatten)]
    conditions: ConditionOptions,
    /// How the corpus is cut: `speaker`, leaving one out at a time; `groups:K` of speakers;
    /// `emobox:DIR` with EmoBox's fold files; of several corpora `pooled`, leaving a speaker out of
    /// all together, `groups:K`, or `cross`, trained on one and tested on another (`cross:others`, on
    /// all others; `cross:within`, also on itself) [default: `speaker` or `pooled` up to 30
    /// speakers, then `groups:10`]
    #[arg(long, value_name = "HOW")]
    protocol: Option<Protocol>,
    /// Allow folds whose test speakers are also trained on, as some of EmoBox's are
    #[arg(long)]
    shared_speakers: bool,
    /// Leave utterances whose robot recording cannot be scored (missing, silent, clipped through,
    /// of another length) out of the test in every condition; the report says so
    #[arg(long)]
    leave_out_unusable: bool,
    /// Folds: `all`, a number (spread over all of them), or names (test speakers)
    /// [default: all]
    #[arg(long, value_name = "WHICH")]
    folds: Option<String>,
    /// Recipes: the experiment's own, built-in ones (paper-rnn, paper-cnn, robust, crnn, and the baselines
    /// svm, logistic, svr, ridge), engines (rnn, cnn, crnn), or TOML files [default: the experiment's]
    #[arg(long, alias = "networks", value_delimiter = ',', value_name = "NAMES")]
    recipes: Vec<String>,
    /// Tasks [default: those that the corpus has labels for]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "NAMES")]
    tasks: Vec<TaskName>,
    /// Who validates while others are tested: `partner`, the session's other speaker, as in
    /// the paper; `speakers:K`; or `fraction:F` of the training speakers' utterances
    /// [default: `partner` for IEMOCAP, elsewhere by the number of speakers]
    #[arg(long, value_name = "WHO")]
    validation: Option<Validation>,
    /// Features of your own in place of a front end's: a CSV or Parquet table with a column `id` (the
    /// utterance's), one column for each feature, and a row for each frame or one for each
    /// utterance. Nothing is augmented then: only clean training
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["features", "mode", "noise", "noise_folds", "rooms", "chain", "recordings", "condition", "robot_noise", "robot_noise_folds", "robot_rooms", "robot_snr", "leave_out_unusable", "fresh", "copies"]
    )]
    features_table: Option<PathBuf>,
    /// The same features as the robot hears the utterances; without it nothing is tested as the robot
    #[arg(long, value_name = "FILE", requires = "features_table")]
    robot_features_table: Option<PathBuf>,
    #[command(flatten)]
    training: TrainingOptions,
    /// Let each utterance of several corpora count alike in training, instead of each corpus
    #[arg(long)]
    no_balance: bool,
    /// All randomness [default: 1]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Train each unit with so many seeds, and give mean and spread [default: 1]
    #[arg(long, value_name = "N", value_parser = one_to::<u16>(MOST_REPEATS))]
    seeds: Option<u16>,
}

impl ExperimentOptions {
    /// Changes what was asked to be changed.
    pub fn change(&self, experiment: &mut Experiment) -> Result<(), Failure> {
        let had_table = experiment.features_table.is_some();
        self.take_table(experiment)?;
        refuse_no_balance(self.no_balance, &experiment.corpus)?;
        experiment.balance &= !self.no_balance;
        let (recordings, corpora) = (self.robot.recordings.len(), experiment.corpus.0.len());
        if recordings > 0 && recordings != corpora {
            return Err(Failure::asked(format!(
                "--recordings is given {}, and there {}: each has a folder of its own, in the same order",
                times(recordings),
                corpora_in_words(corpora)
            )));
        }
        let asked = asked_sources(&self.sounds, &self.robot)?;
        let spec = &mut experiment.sources;
        for (place, folders) in [
            (&mut spec.noise, asked.noise),
            (&mut spec.rooms, asked.rooms),
            (&mut spec.robot_noise, asked.robot_noise),
            (&mut spec.robot_rooms, asked.robot_rooms),
        ] {
            if !folders.is_empty() {
                *place = folders;
            }
        }
        for (place, folds) in [
            (&mut spec.noise_folds, asked.noise_folds),
            (&mut spec.robot_noise_folds, asked.robot_noise_folds),
        ] {
            if !folds.is_empty() {
                *place = folds;
            }
        }
        if let Some(memory) = self.sounds.sound_memory {
            spec.memory_mib = memory;
        }
        spec.check()?;
        self.sounds.require_sounds(spec)?;
        // What is replaced is not what it was when the file was written.
        let prints = &mut experiment.fingerprints;
        let robot = self.robot.asked();
        let simulation = self.robot.given_of_simulation();
        let is_heard_otherwise =
            !simulation.is_empty() || robot.is_some() || !self.conditions.is_empty();
        if !self.sounds.given().is_empty() || is_heard_otherwise {
            prints.noise = None;
            prints.rooms = None;
            prints.robot_noise = None;
            prints.robot_rooms = None;
            prints.recordings = None;
        }
        if let Some(chain) = self.chain.asked()? {
            experiment.augmentation = chain;
            prints.chain = None;
        }
        if self.protocol.is_some() || self.folds.is_some() || self.validation.is_some() {
            prints.folds = None;
            prints.recordings = None;
            prints.conditions.clear();
        }
        if robot.is_some() {
            experiment.robot = robot;
        }
        self.conditions.change(experiment)?;
        // Sounds are held out for what is simulated.
        let recorded = !experiment.simulates();
        if recorded {
            no_effect(
                &simulation,
                "a simulated robot, and this experiment has recordings",
            )?;
        }
        if self.leave_out_unusable && !experiment.has_recordings() {
            no_effect(
                &["--leave-out-unusable"],
                "a robot's recordings (--recordings)",
            )?;
        }
        experiment.leave_out_unusable |= self.leave_out_unusable;
        let augmented = experiment.trainings.iter().any(|t| *t != Training::Clean);
        if !augmented {
            let mut idle = self.training.given_of_presentation();
            if self.chain.is_given() {
                idle.push("--chain");
            }
            if recorded {
                idle.extend(self.sounds.given());
            }
            no_effect(&idle, "augmented training, and this experiment has none")?;
        }
        if let Some(protocol) = &self.protocol {
            experiment.protocol = Some(protocol.clone());
        }
        if self.shared_speakers && !matches!(experiment.protocol, Some(Protocol::Emobox(_))) {
            no_effect(
                &["--shared-speakers"],
                "published folds (--protocol emobox:DIR)",
            )?;
        }
        experiment.shared_speakers |= self.shared_speakers;
        if let Some(folds) = &self.folds {
            experiment.folds.clone_from(folds);
        }
        if !self.recipes.is_empty() {
            let own = std::mem::take(&mut experiment.recipes);
            let asked = self.recipes.iter();
            let found: Result<Vec<Vec<Recipe>>, String> =
                asked.map(|name| recipes_called(name, &own)).collect();
            let found = found.map_err(|e| Failure::asked(format!("--recipes: {e}")))?;
            experiment.recipes = found.into_iter().flatten().collect();
        }
        if self.features_table.is_some() && !had_table {
            for recipe in &mut experiment.recipes {
                // It is another than that on a front end's features.
                recipe.call_otherwise("-table");
            }
        }
        if !self.tasks.is_empty() {
            for (i, task) in self.tasks.iter().enumerate() {
                if self.tasks[..i].contains(task) {
                    return Err(Failure::asked("--tasks names a task twice"));
                }
            }
            experiment.tasks = self.tasks.iter().map(|t| t.task()).collect();
        }
        if self.validation.is_some() {
            experiment.validation = self.validation;
        }
        if augmented && recorded {
            // Recipes may have chains of their own.
            let drawn_from = experiment.chains_drawn_from().into_iter();
            let steps = drawn_from
                .flat_map(|(chain, _)| chain.into_owned().steps)
                .collect();
            self.sounds.require_use(&Chain {
                steps,
                ..Chain::default()
            })?;
        }
        self.training.require_use(&experiment.recipes)?;
        if self.validation.is_some() && !experiment.has_network() {
            return Err(Failure::asked(
                "--validation has no effect: none of the recipes is a network; a baseline leaves each training speaker out in turn to choose its hyperparameters, and learns from all",
            ));
        }
        for recipe in &mut experiment.recipes {
            self.training.change(recipe)?;
        }
        if let Some(presentation) = self.training.asked_presentation() {
            experiment.presentation = presentation;
        }
        if let Some(seed) = self.seed {
            experiment.seed = seed;
        }
        if let Some(seeds) = self.seeds {
            experiment.repeats = seeds.into();
        }
        Ok(())
    }

    /// Takes a table of features that was asked for.
    fn take_table(&self, experiment: &mut Experiment) -> Result<(), Failure> {
        let Some(path) = &self.features_table else {
            return Ok(());
        };
        must_exist("--features-table", path)?;
        if let Some(robot) = &self.robot_features_table {
            must_exist("--robot-features-table", robot)?;
        }
        experiment.features_table = Some(FeatureTableSpec {
            path: path.clone(),
            robot: self.robot_features_table.clone(),
        });
        experiment.fingerprints.features_table = None;
        experiment.fingerprints.robot_features_table = None;
        if let Some(without) = experiment
            .trainings
            .iter()
            .find(|t| matches!(t, Training::Without(_)))
        {
            return Err(Failure::asked(format!(
                "--features-table: a table of features has no waveforms to augment, and this experiment trains {}",
                without.name()
            )));
        }
        if experiment.trainings != [Training::Clean] {
            tell!(
                "note: a table of features has no waveforms to augment, so only clean training is run"
            );
            experiment.trainings = vec![Training::Clean];
        }
        Ok(())
    }
}

/// Refuses `--no-balance` where there is nothing to balance.
pub fn refuse_no_balance(given: bool, corpora: &Corpora) -> Result<(), Failure> {
    match given && !corpora.are_several() {
        true => no_effect(&["--no-balance"], "several corpora (--corpus A --corpus B)"),
        false => Ok(()),
    }
}

/// An experiment's file, and what is changed of it.
#[derive(Args, Clone, Debug)]
pub struct FileOptions {
    /// The experiment
    #[arg(value_name = "EXPERIMENT.toml")]
    path: PathBuf,
    /// Another corpus than the file's; may be repeated, and NAME=DIR says what one of several is called
    #[arg(long, value_name = "DIR", value_parser = named_corpus)]
    corpus: Vec<NamedCorpus>,
    #[command(flatten)]
    reading: ReadingOptions,
    #[command(flatten)]
    scales: ScaleOptions,
    #[command(flatten)]
    classes: ClassOptions,
    #[command(flatten)]
    changes: ExperimentOptions,
}

impl FileOptions {
    /// The experiment as it is asked for.
    pub fn read(&self) -> Result<Experiment, Failure> {
        let path = &self.path;
        let text = earnest_files::read_text(path).map_err(|e| {
            Failure::asked(format!(
                "cannot read the experiment {}: {e}",
                path.display()
            ))
        })?;
        let mut experiment = Experiment::from_toml(&text)
            .map_err(|e| Failure::asked(format!("{}: {e}", path.display())))?;
        if !self.corpus.is_empty() {
            experiment.corpus = self.reading.corpora(&self.corpus, &self.scales)?;
            experiment.fingerprints = Fingerprints::default();
            if experiment.classes.set != Some(SetKind::Named) {
                // What another corpus has.
                experiment.classes.names.clear();
            }
            experiment.scales.clear();
            self.classes.change(&mut experiment.classes)?;
        } else {
            if !self.scales.scale_range.is_empty() {
                no_effect(
                    &["--scale-range"],
                    "--corpus, since a file says it of each of its corpora (scale_range)",
                )?;
            }
            self.reading.refuse_for_several(experiment.corpus.0.len())?;
            let is_read_otherwise = !self.reading.is_empty() || !self.classes.is_empty();
            if is_read_otherwise {
                experiment.fingerprints = Fingerprints::default();
            }
            for corpus in &mut experiment.corpus.0 {
                if is_read_otherwise {
                    corpus.fingerprint = None;
                }
                if self.reading.layout.is_some() {
                    corpus.layout.clone_from(&self.reading.layout);
                }
                if self.reading.root.is_some() {
                    corpus.root.clone_from(&self.reading.root);
                }
            }
            self.classes.change(&mut experiment.classes)?;
            if let Some(absent) = experiment.corpus.0.iter().find(|c| !c.path.exists()) {
                return Err(Failure::asked(format!(
                    "{}: there is no corpus at {}; name yours with --corpus DIR",
                    path.display(),
                    absent.path.display()
                )));
            }
        }
        self.changes.change(&mut experiment)?;
        Ok(experiment)
    }
}

/// Where all sounds come from; refuses flags that say more of sounds than are given.
pub fn sources(sounds: &SoundOptions, robot: &RobotOptions) -> Result<SourceSpec, Failure> {
    let spec = asked_sources(sounds, robot)?;
    spec.check()?;
    sounds.require_sounds(&spec)?;
    Ok(spec)
}

/// Where the sounds come from that are asked for.
fn asked_sources(sounds: &SoundOptions, robot: &RobotOptions) -> Result<SourceSpec, Failure> {
    for folder in &robot.recordings {
        must_exist("--recordings", folder)?;
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
        memory_mib: sounds.sound_memory.unwrap_or(DEFAULT_SOUND_MEMORY_MIB),
    })
}
