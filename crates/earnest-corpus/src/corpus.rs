//! A corpus: who said what, how, and in which file.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use earnest_audio::AudioError;
use earnest_files::RelativePath;
use earnest_signal::Waveform;

use crate::class_set::{ClassSet, Classes};
use crate::error::CorpusError;
use crate::labels::LabelMap;
use crate::layout::{self, Layout, Reach, Survey};
use crate::problem::{Problem, ProblemKind};
use crate::scale::Scale;
use crate::utterance::Utterance;
use crate::{completeness, marker, overlap};

/// How to open a corpus.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// The layout, if it should not be recognised.
    pub layout: Option<Layout>,
    /// The folder that a manifest's paths are relative to, if that is not its own; or those of a
    /// `wav.scp`, if that is not the corpus's.
    pub root: Option<PathBuf>,
    /// Which classes are told apart.
    pub classes: Classes,
    /// What is changed of which label counts as which class.
    pub labels: LabelMap,
    /// Whether the dimensional task takes utterances of these classes only. If it is not said: with
    /// the paper's four where they are asked for, and on IEMOCAP, the paper's corpus.
    pub limit_values: Option<bool>,
}

/// An opened corpus, or several that were joined to one ([`Joining`](crate::Joining)).
#[derive(Clone, Debug)]
pub struct Corpus {
    /// How it is laid out; [`Layout::Manifest`] if several were joined.
    pub layout: Layout,
    /// Its folder; empty if several were joined, whose files are absolute.
    pub root: PathBuf,
    /// What to call it in reports; says so if it is synthetic.
    pub name: String,
    /// True if Earnest made it.
    pub synthetic: bool,
    /// Usable utterances, sorted by id. Audio has been found, not yet decoded.
    pub utterances: Vec<Utterance>,
    /// What was found wrong.
    pub problems: Vec<Problem>,
    /// Its class set.
    pub classes: ClassSet,
    /// The corpora that it was joined of, in the order of its utterances; none if it is one.
    pub parts: Vec<Part>,
}

/// A corpus that was joined to others.
#[derive(Clone, Debug)]
pub struct Part {
    /// What ids, places, speakers and sessions of its utterances begin with.
    pub name: Arc<str>,
    /// Which of the corpora that were given it is, from 0.
    pub number: usize,
    /// The corpus as it is by itself, with the class set of all.
    pub corpus: Corpus,
    /// The least and the greatest value of its scales, where it was said.
    pub scale_range: Option<[f32; 2]>,
}

impl Part {
    /// What to call it in reports: its own name, or the one that was given where its own says
    /// nothing.
    #[must_use]
    pub fn title(&self) -> &str {
        match self.corpus.layout {
            Layout::Manifest if !self.corpus.synthetic => &self.name,
            _ => &self.corpus.name,
        }
    }

    /// The least and the greatest of its values on scales, if it has any.
    #[must_use]
    pub fn observed(&self) -> Option<[f32; 2]> {
        let values = self.corpus.utterances.iter().flat_map(|u| {
            let all = Scale::ALL.map(|scale| u.value(scale));
            all.into_iter().flatten()
        });
        let range = values.fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], value| {
            [low.min(value), high.max(value)]
        });
        (range[0] <= range[1]).then_some(range)
    }
}

impl Corpus {
    /// Opens a folder (or a manifest file), recognising its layout.
    ///
    /// # Errors
    /// Only if nothing can be used; everything else becomes a [`Problem`].
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Self, CorpusError> {
        let unclassed = Unclassed::read(path, options.layout, options.root.as_deref())?;
        let classes = class_set(options, unclassed.layout, &unclassed.utterances);
        let classes = classes.map_err(|detail| unclassed.error(detail))?;
        let usual = options.classes == Classes::Usual;
        unclassed.classed(classes, usual.then_some(&options.labels))
    }

    /// The same corpus with those utterances only that can be used for a task with these scales:
    /// experiments use them, and their speakers make folds.
    #[must_use]
    pub fn usable(&self, scales: &[Scale]) -> Self {
        let mut usable = self.clone();
        usable
            .utterances
            .retain(|u| u.class.is_some() || self.rated(u, scales).is_some());
        usable
    }

    /// An utterance's values on these scales, if the dimensional task takes it: one that has all
    /// of them and, where the class set limits it, a class.
    #[must_use]
    pub fn rated(&self, utterance: &Utterance, scales: &[Scale]) -> Option<Vec<f32>> {
        let is_limited = self.classes.limits_values() && utterance.class.is_none();
        (!scales.is_empty() && !is_limited)
            .then(|| utterance.values(scales))
            .flatten()
    }

    /// The scales that the dimensional task predicts unless it is said: arousal and valence, if
    /// any utterance has both; and dominance, if each that has both has it too. Where the
    /// class set limits the task as the paper does, it is without dominance, as in the paper.
    #[must_use]
    pub fn usual_scales(&self) -> Vec<Scale> {
        let mut rated = self
            .utterances
            .iter()
            .filter(|u| self.rated(u, &Scale::PAPER).is_some())
            .peekable();
        if rated.peek().is_none() {
            return Vec::new();
        }
        let dominance = !self.classes.limits_values() && rated.all(|u| u.dominance.is_some());
        let count = if dominance { 3 } else { 2 };
        Scale::ALL.into_iter().take(count).collect()
    }

    /// The name of the class that an utterance counts as.
    #[must_use]
    pub fn class_name(&self, utterance: &Utterance) -> Option<&str> {
        let name = self.classes.names().get(utterance.class?)?;
        Some(name.as_str())
    }

    /// All who speak, sorted.
    #[must_use]
    pub fn speakers(&self) -> BTreeSet<&str> {
        self.utterances.iter().map(|u| u.speaker.as_str()).collect()
    }

    /// Problems for which the corpus may hold more than was found: what could not be listed, and
    /// files of labels that could not be read.
    pub fn unlisted(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().filter(|p| p.kind.hides())
    }

    /// True if every utterance names its speaker and there are at least two: only then can
    /// speakers be kept apart.
    #[must_use]
    pub fn has_speakers(&self) -> bool {
        self.speakers().len() > 1 && !self.utterances.iter().any(Utterance::is_unnamed)
    }

    /// Where it lies, in words.
    #[must_use]
    pub fn place(&self) -> String {
        if self.parts.is_empty() {
            return self.root.display().to_string();
        }
        let places = self.parts.iter().map(|p| p.corpus.place());
        places.collect::<Vec<_>>().join(" and ")
    }

    /// The path of an utterance's audio file. It may hold more than the utterance: see
    /// [`Corpus::read`].
    #[must_use]
    pub fn audio_path(&self, utterance: &Utterance) -> PathBuf {
        self.root.join(&utterance.file)
    }

    /// An utterance's samples: mono, 16 kHz, and of its file only the stretch that it is.
    ///
    /// # Errors
    /// As [`earnest_audio::read_stretch`].
    pub fn read(&self, utterance: &Utterance) -> Result<Waveform, AudioError> {
        earnest_audio::read_stretch(self.audio_path(utterance), utterance.stretch)
    }

    /// Marks a folder of what was made from the corpus as synthetic, if the corpus is.
    ///
    /// # Errors
    /// The corpus's marker cannot be read, or the folder cannot be written to.
    pub fn mark_alike(&self, folder: &Path) -> Result<(), CorpusError> {
        if !self.synthetic {
            return Ok(());
        }
        let files: Vec<PathBuf> = self.utterances.iter().map(|u| self.audio_path(u)).collect();
        match marker::marker_of(&self.root, &files)? {
            Some(found) => marker::write_marker(folder, &found),
            None => Ok(()),
        }
    }

    /// Labels as the corpus has them, with the class each counts as and how many
    /// utterances have it.
    #[must_use]
    pub fn label_counts(&self) -> BTreeMap<String, (Option<&str>, usize)> {
        let mut counts = BTreeMap::new();
        for u in &self.utterances {
            let class = self.class_name(u);
            let entry = counts.entry(u.label.clone()).or_insert((class, 0));
            entry.1 += 1;
        }
        counts
    }
}

/// A corpus of which it is not settled yet which label counts as which class.
#[derive(Debug)]
pub(crate) struct Unclassed {
    path: PathBuf,
    pub layout: Layout,
    root: PathBuf,
    pub utterances: Vec<Utterance>,
    problems: Vec<Problem>,
}

impl Unclassed {
    /// Reads a folder or a manifest file.
    pub fn read(
        path: &Path,
        layout: Option<Layout>,
        root: Option<&Path>,
    ) -> Result<Self, CorpusError> {
        let metadata = std::fs::metadata(path).map_err(|source| CorpusError::Absent {
            path: path.to_owned(),
            source,
        })?;
        let mut survey = if metadata.is_file() {
            Survey::of_file(path)
        } else {
            Survey::of_folder(path)
        };
        let was_said = layout.is_some();
        let layout = layout
            .or_else(|| layout::recognise(&survey))
            .ok_or_else(|| CorpusError::Unrecognised {
                path: path.to_owned(),
                audio: survey.audio.len(),
                unlisted: survey
                    .problems
                    .first()
                    .map_or_else(String::new, |p| format!("; {p}")),
                known: Layout::ALL.map(Layout::name).join(", "),
            })?;
        if let Some(root) = root {
            if !layout.takes_root() {
                return Err(CorpusError::Root {
                    path: path.to_owned(),
                    layout: layout.name(),
                });
            }
            std::fs::metadata(root).map_err(|source| CorpusError::File {
                action: "open the folder that the manifest's paths are relative to,",
                path: root.to_owned(),
                source,
            })?;
            root.clone_into(&mut survey.root);
            if survey.reach == Reach::Folder {
                survey.reach = Reach::Root;
            }
        }
        let mut reading = layout.read(&survey);
        if let Some((labels, other)) = layout::passed_over(&survey, layout).filter(|_| !was_said) {
            reading.problem(
                ProblemKind::UnreadableTable,
                &labels,
                None,
                format!(
                    "its labels are not read: most files are named as {}'s are, which is what is read; `--layout {}` reads it",
                    layout.name(),
                    other.name()
                ),
            );
        }
        reading.problems.append(&mut survey.problems);
        let mut usable = Usable::new(&survey.root);
        for utterance in reading.utterances {
            usable.add(utterance, &mut reading.problems);
        }
        Ok(Self {
            path: path.to_owned(),
            layout,
            utterances: usable.utterances,
            problems: reading.problems,
            root: survey.root,
        })
    }

    /// Its folder or manifest, as it was named.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is wrong with the classes that are asked for.
    pub fn error(&self, detail: String) -> CorpusError {
        CorpusError::Classes {
            path: self.path.clone(),
            detail,
        }
    }

    /// What says that it is synthetic, if anything does.
    pub fn marker(&self) -> Result<Option<marker::Marker>, CorpusError> {
        let files: Vec<PathBuf> = self
            .utterances
            .iter()
            .map(|u| self.root.join(&u.file))
            .collect();
        marker::marker_of(&self.root, &files)
    }

    /// With its classes. `usual` has what was said of labels where nobody asked for classes: what
    /// is missing of the paper's four is named then.
    pub fn classed(
        mut self,
        classes: ClassSet,
        usual: Option<&LabelMap>,
    ) -> Result<Corpus, CorpusError> {
        for utterance in &mut self.utterances {
            utterance.class = classes.class(&utterance.label);
        }
        let synthetic = self.marker()?;
        let (layout, path) = (self.layout, &self.path);
        let (mut utterances, mut problems) = (self.utterances, self.problems);
        if utterances.is_empty() {
            return Err(CorpusError::Empty {
                path: path.to_owned(),
                layout: layout.name(),
                first: problems
                    .first()
                    .map_or_else(|| "nothing was found".into(), ToString::to_string),
            });
        }
        problems.extend(completeness::problems(layout, path, &utterances, &classes));
        if let Some(labels) = usual.filter(|_| !classes.is_four()) {
            problems.extend(completeness::not_four(path, &utterances, labels));
        }
        utterances.sort_by(|a, b| a.id.cmp(&b.id));
        let mut corpus = Corpus {
            layout,
            name: match &synthetic {
                Some(marker) => marker.name(),
                None => layout.name().to_owned(),
            },
            synthetic: synthetic.is_some(),
            root: self.root,
            utterances,
            problems,
            classes,
            parts: Vec::new(),
        };
        let overlapping = overlap::problems(&corpus.root, &corpus.utterances);
        corpus.problems.extend(overlapping);
        Ok(corpus)
    }
}

/// The class set that is asked for, of a corpus with these utterances.
fn class_set(
    options: &OpenOptions,
    layout: Layout,
    utterances: &[Utterance],
) -> Result<ClassSet, String> {
    let labels = || options.labels.clone();
    let of_labels = || ClassSet::all(utterances.iter().map(|u| u.label.as_str()), labels());
    let set = match &options.classes {
        Classes::Four => ClassSet::four(labels()),
        Classes::All => of_labels()?,
        Classes::Named(names) => ClassSet::named(names, labels())?,
        Classes::Usual => {
            let four = ClassSet::four(labels()).limiting_values(layout == Layout::Iemocap);
            match four.missing(utterances).is_empty() {
                true => four,
                // Nobody asked for classes: where there are too many labels there are none.
                false => of_labels().unwrap_or(four),
            }
        }
    };
    set.check()?;
    Ok(match options.limit_values {
        Some(limits) => set.limiting_values(limits),
        None => set,
    })
}

/// The utterances that can be used, as they are read one after the other.
struct Usable<'a> {
    root: &'a Path,
    utterances: Vec<Utterance>,
    /// Which utterance has an id, a stretch of a file, a place without its extension.
    ids: HashMap<String, usize>,
    stretches: HashMap<(PathBuf, String), usize>,
    places: HashMap<RelativePath, usize>,
}

impl<'a> Usable<'a> {
    fn new(root: &'a Path) -> Self {
        Self {
            root,
            utterances: Vec::new(),
            ids: HashMap::new(),
            stretches: HashMap::new(),
            places: HashMap::new(),
        }
    }

    /// Takes an utterance, or says why not.
    fn add(&mut self, utterance: Utterance, problems: &mut Vec<Problem>) {
        let mut problem = |kind, detail| problems.push(utterance.problem(kind, detail));
        let first = |map: Option<&usize>| self.utterances.get(*map?);
        if let Some(first) = first(self.ids.get(&utterance.id)) {
            let detail = format!(
                "{} was already read from {}; the first one counts",
                utterance.id,
                first.origin_words()
            );
            return problem(ProblemKind::DuplicateId, detail);
        }
        let audio = self.root.join(&utterance.file);
        if !audio.is_file() {
            let (id, file) = (&utterance.id, utterance.file.display());
            let detail = match audio.exists() {
                true => format!("{id} has {file} for its audio, which is no file"),
                false => format!("{id} has no audio file {file}"),
            };
            return problem(ProblemKind::MissingAudio, detail);
        }
        let stretch = utterance.stretch.map_or(String::new(), |s| s.to_string());
        // The same file by whatever name, link or way.
        let stretch = (audio.canonicalize().unwrap_or(audio), stretch);
        if let Some(first) = first(self.stretches.get(&stretch)) {
            return problem(ProblemKind::ListedAgain, contradictions(first, &utterance));
        }
        let place = utterance.path.with_extension("wav");
        if let Some(first) = first(self.places.get(&place)) {
            let detail = format!(
                "the robot's recordings of {} and of {} ({}) would both be {place}; the first one counts: rename a file",
                utterance.id,
                first.id,
                first.origin_words()
            );
            return problem(ProblemKind::SamePlace, detail);
        }
        if utterance.is_unnamed() {
            let detail = format!("nobody says who speaks {}", utterance.id);
            problem(ProblemKind::UnknownSpeaker, detail);
        }
        let number = self.utterances.len();
        self.ids.insert(utterance.id.clone(), number);
        self.stretches.insert(stretch, number);
        self.places.insert(place, number);
        self.utterances.push(utterance);
    }
}

/// Says that a stretch of a file was listed before, and what the lines do not agree in.
fn contradictions(first: &Utterance, again: &Utterance) -> String {
    let mut detail = format!(
        "{} is the same audio as {} ({}); the first one counts",
        again.id,
        first.id,
        first.origin_words()
    );
    for (what, one, other) in [
        ("speakers", &first.speaker, &again.speaker),
        ("labels", &first.label, &again.label),
    ] {
        if one != other {
            detail.push_str(&format!("; their {what} contradict: {one} and {other}"));
        }
    }
    detail
}
