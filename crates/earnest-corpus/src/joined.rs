//! Several corpora as one. Everything that an utterance is called begins with its corpus's name
//! then, so nothing of two corpora is ever taken for the same: two speakers who are called `03` are
//! `emodb/03` and `nemo/03`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use earnest_files::RelativePath;

use crate::class_set::{ClassSet, Classes};
use crate::corpus::{Corpus, Part, Unclassed};
use crate::error::CorpusError;
use crate::fingerprint::FileContent;
use crate::labels::LabelMap;
use crate::layout::Layout;
use crate::overlap::overlaps;
use crate::problem::Problem;
use crate::utterance::Utterance;

/// The most letters of a corpus's name: folders and rows of tables are called by it.
pub const MOST_OF_NAME: usize = 40;

/// One of several corpora, and how it is read.
#[derive(Clone, Debug, Default)]
pub struct PartOptions {
    /// Its folder or manifest.
    pub path: PathBuf,
    /// Its layout, if that should not be recognised.
    pub layout: Option<Layout>,
    /// The folder that a manifest's paths are relative to, if that is not its own.
    pub root: Option<PathBuf>,
    /// What it is called: 1 to [`MOST_OF_NAME`] of a-z, A-Z, 0-9, `.`, `_` and `-`. If left out the
    /// layout's name in lower case, or the folder's where that says more.
    pub name: Option<String>,
    /// The least and the greatest value of its scales (arousal and the like).
    pub scale_range: Option<[f32; 2]>,
}

/// Corpora that are about to be one: read, and named.
#[derive(Debug)]
pub struct Joining {
    parts: Vec<(String, Unclassed, Option<[f32; 2]>)>,
}

/// In the name of a fold, what stands for all corpora but the one that is tested.
pub const ALL_OTHERS: &str = "others";

/// Refuses a name that is none.
fn check_name(name: &str) -> Result<(), CorpusError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    if name.eq_ignore_ascii_case(ALL_OTHERS) {
        return Err(CorpusError::Joined(format!(
            "a corpus cannot be called {name}: {ALL_OTHERS} stands for all corpora but the one that is tested; give it another name (name = \"…\" under [[corpus]], --corpus NAME=DIR)"
        )));
    }
    let fits = (1..=MOST_OF_NAME).contains(&name.len()) && name.chars().all(is_plain);
    match fits && !matches!(name, "." | "..") {
        true => Ok(()),
        false => Err(CorpusError::Joined(format!(
            "the name of a corpus is 1 to {MOST_OF_NAME} characters of a-z, A-Z, 0-9, '.', '_' and '-', not {name:?}"
        ))),
    }
}

/// A name of a corpus that nobody named.
fn own_name(corpus: &Unclassed) -> Result<String, CorpusError> {
    let says_enough = corpus.layout != Layout::Manifest && corpus.marker()?.is_none();
    let text = match says_enough {
        true => corpus.layout.name().to_owned(),
        false => {
            let path = corpus.path();
            let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
            // A manifest is mostly called `manifest.csv`.
            let usual = |stem: &std::ffi::OsStr| stem == "manifest" || stem == "metadata";
            let name = match place.file_stem() {
                Some(stem) if place.is_file() && !usual(stem) => Some(stem),
                _ if place.is_file() => place.parent().and_then(Path::file_name),
                _ => place.file_name(),
            };
            name.unwrap_or_default().to_string_lossy().into_owned()
        }
    };
    let plain = |c: char| match c.is_ascii_alphanumeric() || "._-".contains(c) {
        true => c.to_ascii_lowercase(),
        false => '_',
    };
    // Room for a number behind it.
    let name: String = text.chars().take(MOST_OF_NAME - 4).map(plain).collect();
    let says_something = name.chars().any(|c| c.is_ascii_alphanumeric());
    Ok(match says_something {
        true => name,
        false => "corpus".to_owned(),
    })
}

impl Joining {
    /// Reads corpora, and names those that have no name.
    ///
    /// # Errors
    /// One cannot be read, is there twice, or has no name of its own.
    pub fn read(parts: &[PartOptions]) -> Result<Self, CorpusError> {
        let place = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut read: Vec<(String, Unclassed, Option<[f32; 2]>)> = Vec::with_capacity(parts.len());
        for (i, part) in parts.iter().enumerate() {
            let alike = |other: &&PartOptions| place(&other.path) == place(&part.path);
            if parts[..i].iter().any(|other| alike(&other)) {
                return Err(CorpusError::Joined(format!(
                    "the corpus {} is named twice: its utterances would be trained and tested on",
                    part.path.display()
                )));
            }
            if let Some([low, high]) = part.scale_range
                && !(low < high && low.is_finite() && high.is_finite())
            {
                return Err(CorpusError::Joined(format!(
                    "the corpus {}: the range of its scales is {low} to {high}; the first must be below the second",
                    part.path.display()
                )));
            }
            let corpus = Unclassed::read(&part.path, part.layout, part.root.as_deref())?;
            let name = match &part.name {
                Some(name) => name.clone(),
                None => own_name(&corpus)?,
            };
            check_name(&name)?;
            read.push((name, corpus, part.scale_range));
        }
        let given = |i: usize| parts.get(i).is_some_and(|part| part.name.is_some());
        for i in 0..read.len() {
            let name = read[i].0.clone();
            // Names that are given go before those that are found, and those before later ones.
            let taken = |name: &str| {
                (0..read.len())
                    .filter(|j| *j != i && (*j < i || given(*j)))
                    .any(|j| read[j].0.eq_ignore_ascii_case(name))
            };
            if !taken(&name) {
                continue;
            }
            if given(i) {
                return Err(CorpusError::Joined(format!(
                    "two corpora are called {name}; give each a name of its own"
                )));
            }
            let free = (2..).map(|n| format!("{name}-{n}")).find(|n| !taken(n));
            read[i].0 = free.unwrap_or(name);
        }
        Ok(Self { parts: read })
    }

    /// What the corpora are called, in the order in which they were given.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.parts.iter().map(|(name, ..)| name.as_str()).collect()
    }

    /// Joins them. `labels` has for each corpus what is changed of which label counts as which
    /// class. All labels ([`Classes::All`]) are those classes of which every corpus has an utterance.
    ///
    /// # Errors
    /// There are no such classes; a corpus without a usable utterance; values outside the range that
    /// was said of their scale.
    pub fn join(
        self,
        classes: &Classes,
        labels: &[LabelMap],
        limit_values: Option<bool>,
    ) -> Result<Corpus, CorpusError> {
        let mut sets = self.class_sets(classes, labels)?;
        let limits = match (limit_values, classes) {
            (Some(limits), _) => Some(limits),
            // As of one corpus: the paper's limits the values of classes that nobody asked for.
            (None, Classes::Usual) => Some(
                self.parts
                    .iter()
                    .any(|(_, corpus, _)| corpus.layout == Layout::Iemocap)
                    && sets.iter().all(ClassSet::is_four),
            ),
            (None, _) => None,
        };
        if let Some(limits) = limits {
            sets = sets
                .into_iter()
                .map(|set| set.limiting_values(limits))
                .collect();
        }
        let joined_set = match sets.first() {
            Some(first) => first.clone(),
            None => ClassSet::default(),
        };
        let mut parts = Vec::with_capacity(self.parts.len());
        let each = self.parts.into_iter().zip(sets).enumerate();
        for (number, ((name, corpus, scale_range), set)) in each {
            parts.push(Part {
                name: name.into(),
                number,
                corpus: corpus.classed(set, None)?,
                scale_range,
            });
        }
        let target = parts.first().and_then(|part| part.scale_range);
        // Ids are sorted, and all ids of a part begin alike.
        parts.sort_by_cached_key(|part| format!("{}/", part.name));
        let mut joined = Corpus {
            layout: Layout::Manifest,
            root: PathBuf::new(),
            name: parts
                .iter()
                .map(Part::title)
                .collect::<Vec<_>>()
                .join(" + "),
            synthetic: parts.iter().any(|part| part.corpus.synthetic),
            utterances: Vec::new(),
            problems: Vec::new(),
            classes: joined_set,
            parts,
        };
        let apart = joined.scales_apart().is_some();
        for part in &joined.parts {
            joined.problems.extend(part.problems());
            for utterance in &part.corpus.utterances {
                let mut utterance = part.named(utterance)?;
                for value in [
                    &mut utterance.arousal,
                    &mut utterance.valence,
                    &mut utterance.dominance,
                ] {
                    *value = match (*value, part.scale_range, target) {
                        _ if apart => None,
                        (Some(value), Some(own), Some(target)) => Some(moved(value, own, target)),
                        (value, ..) => value,
                    };
                }
                joined.utterances.push(utterance);
            }
        }
        for part in &joined.parts {
            if let (Some([low, high]), Some([least, most])) = (part.scale_range, part.observed())
                && (least < low || most > high)
            {
                return Err(CorpusError::Joined(format!(
                    "the values of {} lie between {least} and {most}, outside the range of its scales, {low} to {high}; say another range",
                    part.name
                )));
            }
        }
        Ok(joined)
    }

    /// The class set of each corpus: the same classes, and its own labels.
    fn class_sets(
        &self,
        classes: &Classes,
        labels: &[LabelMap],
    ) -> Result<Vec<ClassSet>, CorpusError> {
        let labels = |i: usize| labels.get(i).cloned().unwrap_or_default();
        let each = |make: &dyn Fn(LabelMap) -> Result<ClassSet, String>| {
            (self.parts.iter().enumerate())
                .map(|(i, (_, corpus, _))| make(labels(i)).map_err(|detail| corpus.error(detail)))
                .collect::<Result<Vec<_>, _>>()
        };
        let checked = |set: ClassSet| set.check().map(|()| set);
        match classes {
            Classes::Four => each(&|labels| checked(ClassSet::four(labels))),
            Classes::Named(names) => each(&|labels| checked(ClassSet::named(names, labels)?)),
            Classes::Usual => {
                let four = each(&|labels| Ok(ClassSet::four(labels)))?;
                let has_all = |(set, (_, corpus, _)): (&ClassSet, &(String, Unclassed, _))| {
                    set.missing(&corpus.utterances).is_empty()
                };
                match four.iter().zip(&self.parts).all(has_all) {
                    true => each(&|labels| checked(ClassSet::four(labels))),
                    false => {
                        let names = self.shared(&labels)?;
                        each(&|labels| ClassSet::named(&names, labels))
                    }
                }
            }
            Classes::All => {
                let names = self.shared(&labels)?;
                each(&|labels| ClassSet::named(&names, labels))
            }
        }
    }

    /// The classes of which every corpus has an utterance, in alphabetical order.
    fn shared(&self, labels: &dyn Fn(usize) -> LabelMap) -> Result<Vec<String>, CorpusError> {
        let mut candidates: BTreeSet<String> = BTreeSet::new();
        for (i, (_, corpus, _)) in self.parts.iter().enumerate() {
            let own = corpus.utterances.iter().map(|u| u.label.as_str());
            let set = ClassSet::all(own, labels(i)).map_err(|detail| corpus.error(detail))?;
            candidates.extend(set.names().iter().cloned());
        }
        let mut shared = Vec::new();
        for name in candidates {
            let mut everywhere = true;
            for (i, (_, corpus, _)) in self.parts.iter().enumerate() {
                let alone = ClassSet::named(std::slice::from_ref(&name), labels(i))
                    .map_err(|detail| corpus.error(detail))?;
                everywhere &= alone.missing(&corpus.utterances).is_empty();
            }
            if everywhere {
                shared.push(name);
            }
        }
        Ok(shared)
    }
}

/// A value of a scale on another.
fn moved(value: f32, from: [f32; 2], to: [f32; 2]) -> f32 {
    if from == to {
        return value;
    }
    let [low, high] = from.map(f64::from);
    let [least, most] = to.map(f64::from);
    (least + (f64::from(value) - low) / (high - low) * (most - least)) as f32
}

impl Part {
    /// An utterance as it is called among those of several corpora.
    fn named(&self, utterance: &Utterance) -> Result<Utterance, CorpusError> {
        let name = |own: &str| format!("{}/{own}", self.name);
        let file = self.corpus.audio_path(utterance);
        let path = RelativePath::new(&name(utterance.path.as_str()))
            .map_err(|e| CorpusError::Joined(format!("{}: {e}", self.name)))?;
        let (origin, line) = &utterance.origin;
        Ok(Utterance {
            corpus: Some(Arc::clone(&self.name)),
            id: name(&utterance.id),
            path,
            file: std::path::absolute(&file).unwrap_or(file),
            speaker: name(&utterance.speaker),
            session: utterance.session.as_deref().map(name),
            origin: (self.corpus.root.join(origin), *line),
            ..utterance.clone()
        })
    }

    /// Its problems, with files that are found from anywhere.
    fn problems(&self) -> Vec<Problem> {
        let mut problems = self.corpus.problems.clone();
        for problem in &mut problems {
            problem.file = self.corpus.root.join(&problem.file);
        }
        problems
    }
}

impl Corpus {
    /// Brings all values from one range of a scale to another, on a straight line.
    pub fn bring_to_scale(&mut self, from: [f32; 2], to: [f32; 2]) {
        for utterance in &mut self.utterances {
            for value in [
                &mut utterance.arousal,
                &mut utterance.valence,
                &mut utterance.dominance,
            ] {
                *value = value.map(|v| moved(v, from, to));
            }
        }
    }

    /// Why the scales of several corpora are not known to be the same, if they are not: then no
    /// joined utterance has values.
    #[must_use]
    pub fn scales_apart(&self) -> Option<String> {
        let observed: Vec<(&Part, Option<[f32; 2]>)> =
            self.parts.iter().map(|p| (p, p.observed())).collect();
        if observed.iter().all(|(_, range)| range.is_none()) {
            return None;
        }
        if let Some((without, _)) = observed.iter().find(|(_, range)| range.is_none()) {
            return Some(format!(
                "{} has no utterance with a value on a scale, and others have",
                without.name
            ));
        }
        if observed.iter().all(|(part, _)| part.scale_range.is_some()) {
            return None;
        }
        let found: Vec<String> = observed
            .iter()
            .filter_map(|(part, range)| {
                let [low, high] = (*range)?;
                Some(format!("those of {} between {low} and {high}", part.name))
            })
            .collect();
        Some(format!(
            "values of several corpora may be on different scales ({}): say the range of each corpus's scale, from its least possible value to its greatest (scale_range = [1, 5] under [[corpus]], --scale-range 1..5), and values are brought to the first corpus's",
            found.join(", ")
        ))
    }

    /// Utterances of two of the corpora that it was joined of that are the same recording, or have
    /// a part of one in common: their numbers. `contents` are those of [`Corpus::contents`].
    #[must_use]
    pub fn in_two_corpora(&self, contents: &[FileContent]) -> Vec<(usize, usize)> {
        if self.parts.is_empty() {
            return Vec::new();
        }
        let cuts: Vec<_> = self
            .utterances
            .iter()
            .zip(contents)
            .map(|(u, content)| (content.hash(), u.stretch))
            .collect();
        let mut pairs = Vec::new();
        for (i, others) in overlaps(&cuts).into_iter().enumerate() {
            let apart =
                |j: &usize| *j > i && self.utterances[*j].corpus != self.utterances[i].corpus;
            pairs.extend(others.into_iter().filter(apart).map(|j| (i, j)));
        }
        pairs.sort_unstable();
        pairs
    }
}
