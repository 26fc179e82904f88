//! On-disk layouts: how each corpus lies in its folder.

mod audformat;
mod emotale;
mod file_names;
mod iemocap;
mod kaldi;
pub(crate) mod languages;
pub(crate) mod manifest;
mod meld;
mod moment;
mod msp_podcast;
mod nemo;
mod place;
pub(crate) mod speakers;
mod table;
mod yaml;

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
    /// EmoTale: `DK_004_A_5.wav`, and `annotations.csv` where it is there.
    EmoTale,
    /// ESD: `0001/Angry/0001_000351.wav`, with or without folders of sets between them.
    Esd,
    /// EMOVO: `f1/dis-f1-b1.wav`.
    Emovo,
    /// MELD: `train_sent_emo.csv` and the like, `train_splits/dia0_utt0.wav`.
    Meld,
    /// MSP-Podcast: `Labels/labels_consensus.csv` and `Audios`.
    MspPodcast,
    /// audformat, audb's format: `db.yaml` and `db.<table>.csv`.
    Audformat,
    /// Kaldi's data directories: `wav.scp`, `utt2spk`, `utt2emo`.
    Kaldi,
    /// A CSV, TSV or JSONL manifest, also Hugging Face AudioFolder's `metadata.csv`.
    Manifest,
}

impl Layout {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Iemocap,
        Self::EmoDb,
        Self::Ravdess,
        Self::CremaD,
        Self::Tess,
        Self::Savee,
        Self::Urdu,
        Self::Nemo,
        Self::EmoTale,
        Self::Esd,
        Self::Emovo,
        Self::Meld,
        Self::MspPodcast,
        Self::Audformat,
        Self::Kaldi,
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
            Self::EmoTale => "EmoTale",
            Self::Esd => "ESD",
            Self::Emovo => "EMOVO",
            Self::Meld => "MELD",
            Self::MspPodcast => "MSP-Podcast",
            Self::Audformat => "audformat",
            Self::Kaldi => "Kaldi",
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

    /// True for a form that any corpus can be in, so that its name says nothing of who speaks.
    #[must_use]
    pub fn is_of_any_corpus(self) -> bool {
        matches!(self, Self::Audformat | Self::Kaldi | Self::Manifest)
    }

    /// True if a user may say what its paths are relative to.
    pub(crate) fn takes_root(self) -> bool {
        matches!(self, Self::Kaldi | Self::Manifest)
    }

    pub(crate) fn read(self, survey: &Survey) -> Reading {
        match self {
            Self::Iemocap => iemocap::read(survey),
            Self::Nemo => nemo::read(survey),
            Self::EmoTale => emotale::read(survey),
            Self::Meld => meld::read(survey),
            Self::MspPodcast => msp_podcast::read(survey),
            Self::Audformat => audformat::read(survey),
            Self::Kaldi => kaldi::read(survey),
            Self::Manifest => manifest::read(survey),
            Self::EmoDb
            | Self::Ravdess
            | Self::CremaD
            | Self::Tess
            | Self::Savee
            | Self::Urdu
            | Self::Esd
            | Self::Emovo => file_names::read(survey, self),
        }
    }

    /// True if a file's name says who speaks and how in this layout.
    fn knows(self, path: &RelativePath) -> bool {
        let (stem, _) = stem_and_folder(path.as_str());
        match self {
            Self::Nemo => nemo::parse_name(stem).is_some(),
            Self::EmoTale => emotale::parse_name(stem).is_some(),
            _ => file_names::parse(self, path.as_str()).is_some(),
        }
    }
}

/// What lies in a folder.
pub(crate) struct Survey {
    /// The corpus's folder: what paths are relative to.
    pub root: PathBuf,
    /// The folder that was looked through, which `root` is unless the user names another.
    pub folder: PathBuf,
    /// Audio files below it, sorted.
    pub audio: Vec<RelativePath>,
    /// IEMOCAP's files of labels below it, sorted.
    pub evaluations: Vec<RelativePath>,
    /// Tables and lists of labels that other layouts have names for, below `folder`, sorted.
    pub tables: Vec<RelativePath>,
    /// Videos below it, sorted: what MELD is released as.
    pub videos: Vec<RelativePath>,
    /// Manifests to read.
    pub manifests: Vec<PathBuf>,
    /// Whose files the manifests may list.
    pub reach: Reach,
    /// The layout that the file is of, if the user names one that can be of no other.
    pub named: Option<Layout>,
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
    /// Of a folder that was not looked into.
    fn of_nothing(root: &Path, reach: Reach) -> Self {
        Self {
            root: root.to_owned(),
            folder: root.to_owned(),
            audio: Vec::new(),
            evaluations: Vec::new(),
            tables: Vec::new(),
            videos: Vec::new(),
            manifests: Vec::new(),
            reach,
            named: None,
            problems: Vec::new(),
        }
    }

    pub fn of_folder(root: &Path) -> Self {
        let is_video = |file: &Path| {
            let extension = file.extension();
            extension.is_some_and(|e| e.eq_ignore_ascii_case("mp4"))
        };
        let is_manifest = |file: &Path| file.file_name().is_some_and(manifest::is_manifest_name);
        let listing = Listing::of(root, |file| {
            earnest_audio::has_audio_extension(file)
                || is_manifest(file)
                || iemocap::is_evaluation(file)
                || is_table(file)
                || is_video(file)
        });
        let mut survey = Self::of_nothing(root, Reach::Folder);
        survey.problems = listing.problems;
        let mut manifests = Vec::new();
        for path in listing.files {
            let file = Path::new(path.as_str());
            if earnest_audio::has_audio_extension(file) {
                survey.audio.push(path);
            } else if iemocap::is_evaluation(file) {
                survey.evaluations.push(path);
            } else if is_manifest(file) {
                manifests.push(path);
            } else if is_video(file) {
                survey.videos.push(path);
            } else {
                survey.tables.push(path);
            }
        }
        survey.audio.sort();
        survey.evaluations.sort();
        survey.tables.sort();
        survey.videos.sort();
        // A manifest at the top speaks for the whole folder.
        let at_top = |m: &RelativePath| !m.as_str().contains('/');
        if manifests.iter().any(at_top) {
            manifests.retain(at_top);
        }
        survey.manifests = manifests.iter().map(|m| m.under(root)).collect();
        survey
    }

    /// Of a file that the user names: a manifest, `wav.scp`, or the header of a database.
    pub fn of_file(file: &Path) -> Self {
        let root = file
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let is_recordings = kaldi::is_recordings(file);
        if is_recordings || audformat::is_header(file) {
            let mut survey = Self::of_folder(root);
            survey.named = Some(Layout::Audformat);
            if is_recordings {
                survey.named = Some(Layout::Kaldi);
                survey.reach = Reach::Anywhere;
                survey.tables.retain(|t| !t.as_str().contains('/'));
            }
            return survey;
        }
        Self {
            manifests: vec![file.to_owned()],
            ..Self::of_nothing(root, Reach::Anywhere)
        }
    }

    /// The manifest that lies in the folder itself.
    fn manifest_at_top(&self) -> Option<&Path> {
        let folder = Some(self.folder.as_path());
        let mut manifests = self.manifests.iter().map(PathBuf::as_path);
        manifests.find(|m| m.parent() == folder)
    }
}

/// True for a table or a list of labels of a layout that has names for its own.
fn is_table(file: &Path) -> bool {
    audformat::is_part(file)
        || kaldi::is_part(file)
        || meld::is_table(file)
        || msp_podcast::is_table(file)
        || emotale::is_table(file)
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

    /// Says of tables that they are not read, since another is.
    fn not_read_beside(&mut self, folder: &Path, table: &RelativePath, others: &[&RelativePath]) {
        for other in others {
            self.problem(
                ProblemKind::UnreadableTable,
                &other.under(folder),
                None,
                format!("it is not read beside {table}"),
            );
        }
    }
}

/// The layout that a folder's files speak for. Names of files that most of them follow come first,
/// then the tables of a corpus, then forms that any corpus can be in. A manifest at the top was
/// written by somebody who wants it read: it comes before the layouts that were added after it.
pub(crate) fn recognise(survey: &Survey) -> Option<Layout> {
    if survey.named.is_some() {
        return survey.named;
    }
    if iemocap::prefix(survey).is_some() {
        return Some(Layout::Iemocap);
    }
    let no_tables = survey.tables.is_empty();
    if survey.audio.is_empty() && survey.manifests.len() == 1 && no_tables {
        return Some(Layout::Manifest);
    }
    let named = most_named(
        survey,
        &[
            Layout::Nemo,
            Layout::EmoDb,
            Layout::Ravdess,
            Layout::CremaD,
            Layout::Tess,
            Layout::Savee,
            Layout::Urdu,
        ],
    );
    let manifest = (!survey.manifests.is_empty()).then_some(Layout::Manifest);
    named
        .or(manifest.filter(|_| survey.manifest_at_top().is_some()))
        .or_else(|| msp_podcast::is_here(survey).then_some(Layout::MspPodcast))
        .or_else(|| meld::is_here(survey).then_some(Layout::Meld))
        .or_else(|| most_named(survey, &[Layout::EmoTale, Layout::Esd, Layout::Emovo]))
        .or_else(|| audformat::header(survey).map(|_| Layout::Audformat))
        .or_else(|| kaldi::is_here(survey, true).then_some(Layout::Kaldi))
        .or(manifest)
        // What it lacks is then said.
        .or_else(|| kaldi::is_here(survey, false).then_some(Layout::Kaldi))
}

/// Labels that lie there and are not read, since the files were recognised as another layout: each with the
/// file that shows them, and which layout reads it.
pub(crate) fn passed_over(survey: &Survey, layout: Layout) -> Option<(PathBuf, Layout)> {
    let header =
        audformat::header(survey).map(|header| (header.under(&survey.folder), Layout::Audformat));
    let lists = kaldi::labels_at_top(survey).map(|labels| (labels, Layout::Kaldi));
    // Where names say all, a manifest beside them repeats it; where they do not, somebody wrote it
    // for the rest.
    let unnamed = || survey.audio.iter().any(|audio| !layout.knows(audio));
    let manifest = (survey.manifest_at_top())
        .filter(|_| unnamed())
        .map(|manifest| (manifest.to_owned(), Layout::Manifest));
    (header.or(lists).or(manifest)).filter(|(_, other)| *other != layout)
}

/// The layout whose names more than half of the audio follows, and more than follow others'.
fn most_named(survey: &Survey, layouts: &[Layout]) -> Option<Layout> {
    let mut best: Option<(usize, Layout)> = None;
    for layout in layouts {
        let count = survey.audio.iter().filter(|p| layout.knows(p)).count();
        if count > best.map_or(0, |(n, _)| n) {
            best = Some((count, *layout));
        }
    }
    let (count, layout) = best?;
    (2 * count > survey.audio.len()).then_some(layout)
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
