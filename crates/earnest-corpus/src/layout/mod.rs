//! On-disk layouts: how each corpus lies in its folder.

mod file_names;
mod iemocap;
pub(crate) mod manifest;
mod moment;
mod nemo;
mod place;
pub(crate) mod speakers;

use std::path::{Path, PathBuf};

use earnest_files::{MOST_TEXT, RelativePath, read_file};

use crate::listing::Listing;
use crate::problem::{Problem, ProblemKind};
use crate::utterance::Utterance;

/// A known layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// IEMOCAP: `SessionN/dialog/EmoEvaluation`, `SessionN/sentences/wav`.
    Iemocap,
    /// Berlin EmoDB: `wav/03a01Fa.wav`.
    EmoDb,
    /// RAVDESS: `Actor_01/03-01-06-01-02-01-12.wav`; speech only, songs are left out.
    Ravdess,
    /// CREMA-D: `AudioWAV/1001_DFA_ANG_XX.wav`.
    CremaD,
    /// TESS: `OAF_angry/OAF_back_angry.wav`.
    Tess,
    /// SAVEE: `AudioData/DC/a01.wav`, or `DC_a01.wav`.
    Savee,
    /// URDU: `Angry/SM1_F10_A010.wav`.
    Urdu,
    /// nEMO: `samples/EB0_anger_1.wav` and `data.tsv`.
    Nemo,
    /// A CSV, TSV or JSONL manifest, also Hugging Face AudioFolder's `metadata.csv`.
    Manifest,
}

impl Layout {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Iemocap,
        Self::EmoDb,
        Self::Ravdess,
        Self::CremaD,
        Self::Tess,
        Self::Savee,
        Self::Urdu,
        Self::Nemo,
        Self::Manifest,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Iemocap => "IEMOCAP",
            Self::EmoDb => "EmoDB",
            Self::Ravdess => "RAVDESS",
            Self::CremaD => "CREMA-D",
            Self::Tess => "TESS",
            Self::Savee => "SAVEE",
            Self::Urdu => "URDU",
            Self::Nemo => "nEMO",
            Self::Manifest => "manifest",
        }
    }

    /// From its name, in any case, hyphens optional.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let plain = |s: &str| s.to_lowercase().replace(['-', '_'], "");
        Self::ALL
            .into_iter()
            .find(|l| plain(l.name()) == plain(name))
    }

    pub(crate) fn read(self, survey: &Survey) -> Reading {
        match self {
            Self::Iemocap => iemocap::read(survey),
            Self::Nemo => nemo::read(survey),
            Self::Manifest => manifest::read(survey),
            Self::EmoDb | Self::Ravdess | Self::CremaD | Self::Tess | Self::Savee | Self::Urdu => {
                file_names::read(survey, self)
            }
        }
    }
}

/// What lies in a folder.
pub(crate) struct Survey {
    /// The corpus's folder: what paths are relative to.
    pub root: PathBuf,
    /// Audio files below it, sorted.
    pub audio: Vec<RelativePath>,
    /// IEMOCAP's files of labels below it, sorted.
    pub evaluations: Vec<RelativePath>,
    /// Manifests to read.
    pub manifests: Vec<PathBuf>,
    /// Whose files the manifests may list.
    pub reach: Reach,
    /// What could not be listed.
    pub problems: Vec<Problem>,
}

/// Which files a manifest may list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// It was found in a folder, perhaps a downloaded archive: what lies in the folder, by
    /// paths relative to the manifest.
    Folder,
    /// It was found in a folder, and the user says what its paths are relative to.
    Root,
    /// The user named the manifest itself: any file, by paths relative to the root.
    Anywhere,
}

impl Survey {
    pub fn of_folder(root: &Path) -> Self {
        let listing = Listing::of(root, |file| {
            earnest_audio::has_audio_extension(file)
                || file.file_name().is_some_and(manifest::is_manifest_name)
                || iemocap::is_evaluation(file)
        });
        let (mut audio, mut evaluations, mut manifests) = (Vec::new(), Vec::new(), Vec::new());
        for path in listing.files {
            let file = Path::new(path.as_str());
            if earnest_audio::has_audio_extension(file) {
                audio.push(path);
            } else if iemocap::is_evaluation(file) {
                evaluations.push(path);
            } else {
                manifests.push(path);
            }
        }
        audio.sort();
        evaluations.sort();
        // A manifest at the top speaks for the whole folder.
        let at_top = |m: &RelativePath| !m.as_str().contains('/');
        if manifests.iter().any(at_top) {
            manifests.retain(at_top);
        }
        Self {
            root: root.to_owned(),
            audio,
            evaluations,
            manifests: manifests.iter().map(|m| m.under(root)).collect(),
            reach: Reach::Folder,
            problems: listing.problems,
        }
    }

    pub fn of_manifest(file: &Path) -> Self {
        let root = file
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        Self {
            root: root.to_owned(),
            audio: Vec::new(),
            evaluations: Vec::new(),
            manifests: vec![file.to_owned()],
            reach: Reach::Anywhere,
            problems: Vec::new(),
        }
    }
}

/// True for the name of one file or folder, not a path that leads elsewhere.
pub(crate) fn is_one_name(text: &str) -> bool {
    !text.contains('/') && RelativePath::new(text).is_ok_and(|p| p.as_str() == text)
}

/// The last part of a `/` path without its extension, and the folder it is in.
pub(crate) fn stem_and_folder(path: &str) -> (&str, &str) {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    (stem, folder.rsplit('/').next().unwrap_or(""))
}

/// What a layout's reader found.
#[derive(Default)]
pub(crate) struct Reading {
    pub utterances: Vec<Utterance>,
    pub problems: Vec<Problem>,
}

impl Reading {
    pub fn problem(&mut self, kind: ProblemKind, file: &Path, line: Option<usize>, detail: String) {
        self.problems.push(Problem {
            kind,
            file: file.to_owned(),
            line,
            detail,
        });
    }
}

/// The layout that most of a folder's files speak for.
pub(crate) fn recognise(survey: &Survey) -> Option<Layout> {
    if iemocap::prefix(survey).is_some() {
        return Some(Layout::Iemocap);
    }
    if survey.audio.is_empty() && survey.manifests.len() == 1 {
        return Some(Layout::Manifest);
    }
    let named = [
        Layout::Nemo,
        Layout::EmoDb,
        Layout::Ravdess,
        Layout::CremaD,
        Layout::Tess,
        Layout::Savee,
        Layout::Urdu,
    ];
    let mut best: Option<(usize, Layout)> = None;
    for layout in named {
        let count = survey
            .audio
            .iter()
            .filter(|path| match layout {
                Layout::Nemo => nemo::parse_name(stem_and_folder(path.as_str()).0).is_some(),
                _ => file_names::parse(layout, path.as_str()).is_some(),
            })
            .count();
        if count > best.map_or(0, |(n, _)| n) {
            best = Some((count, layout));
        }
    }
    // More than half of the audio must follow the names; otherwise a manifest decides.
    match best {
        Some((count, layout)) if 2 * count > survey.audio.len() => Some(layout),
        _ if !survey.manifests.is_empty() => Some(Layout::Manifest),
        _ => None,
    }
}

/// A text file's lines with their numbers from 1; bytes that are not UTF-8 are replaced.
pub(crate) fn numbered_lines(path: &Path) -> std::io::Result<Vec<(usize, String)>> {
    let bytes = read_file(path, MOST_TEXT)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text
        .trim_start_matches('\u{feff}')
        .lines()
        .enumerate()
        .map(|(i, line)| (i + 1, line.trim_end_matches('\r').to_owned()))
        .collect())
}
