//! A corpus in memory: decoded audio and clean features of its usable utterances.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use earnest_audio::ContentHash;
use earnest_corpus::{ContentIndex, Corpus, SILENT_PEAK, Scale, Utterance, overlaps};
use earnest_features::{Extractor, Features, FrontEndSettings};
use earnest_model::{Channels, Recipe, Task};
use earnest_scene::Condition;
use earnest_signal::{Convolver, Waveform};
use rayon::prelude::*;

use crate::condition_spec::ROBOT;
use crate::error::ExperimentError;
use crate::feature_table::{FeatureTable, FeatureTables};
use crate::observer::{Notice, Observer};

/// Things that are costly to make and are used by one thread at a time.
pub struct Pool<T> {
    idle: Mutex<Vec<T>>,
    make: Box<dyn Fn() -> T + Send + Sync>,
}

impl<T> Pool<T> {
    /// A pool that makes what it lacks.
    pub fn new(make: impl Fn() -> T + Send + Sync + 'static) -> Self {
        Self {
            idle: Mutex::new(Vec::new()),
            make: Box::new(make),
        }
    }

    /// A pool that has one already.
    pub fn of(first: T, make: impl Fn() -> T + Send + Sync + 'static) -> Self {
        Self {
            idle: Mutex::new(vec![first]),
            make: Box::new(make),
        }
    }

    /// Runs `work` with one of them.
    pub fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        let taken = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        let mut item = taken.unwrap_or_else(|| (self.make)());
        let result = work(&mut item);
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(item);
        }
        result
    }
}

/// Extractors of a front end.
fn extractors(settings: &FrontEndSettings) -> Result<Pool<Extractor>, ExperimentError> {
    let front_end = settings.as_front_end();
    let rate = earnest_signal::SAMPLE_RATE;
    let open =
        |e: earnest_features::FrontEndError| ExperimentError::Setup(format!("features: {e}"));
    // It is opened here once, and then again in the same way.
    let first = Extractor::of(front_end, rate).map_err(open)?;
    let settings = settings.clone();
    Ok(Pool::of(first, move || {
        Extractor::of(settings.as_front_end(), rate).unwrap_or_else(|_| Extractor::new(rate))
    }))
}

/// One utterance in memory.
pub struct Item {
    /// What the corpus says of it.
    pub utterance: Utterance,
    /// Its value on each scale of the dataset, if the dimensional task takes it.
    pub values: Option<Vec<f32>>,
    /// Mono, 16 kHz.
    pub wave: Waveform,
    /// Stands for the samples: two utterances with the same are the same recording.
    pub content: ContentHash,
    /// Stands for the whole recording that it is cut from; [`content`](Self::content) if it is
    /// the whole.
    pub recording: ContentHash,
}

impl Item {
    /// True if it can be used for a task: it has a class, or values.
    #[must_use]
    pub fn serves(&self, task: Task) -> bool {
        match task {
            Task::Categorical => self.utterance.class.is_some(),
            Task::Dimensional => self.values.is_some(),
        }
    }

    /// Class number; 0 if there is none.
    #[must_use]
    pub fn class(&self) -> usize {
        self.utterance.class.unwrap_or(0)
    }
}

/// Where features come from.
#[derive(Clone, Copy)]
pub enum FeatureSource<'a> {
    /// From front ends, of waveforms.
    FrontEnds(&'a [Recipe]),
    /// From tables of the user's.
    Tables(&'a FeatureTables),
}

/// How a view has its features.
enum Origin {
    /// A front end, and extractors, one for each thread that needs one.
    FrontEnd(FrontEndSettings, Pool<Extractor>),
    /// The names of the columns and of the table, and what the robot hears of each item.
    Table {
        columns: Vec<String>,
        table: String,
        robot: Option<Vec<Features>>,
    },
}

/// The features of all utterances of a dataset: what one front end makes of them, or what a table
/// says.
pub struct View {
    origin: Origin,
    /// Of the clean audio, in the order of the items.
    features: Vec<Features>,
}

impl View {
    /// The features of an item as it is in the corpus.
    #[must_use]
    pub fn clean(&self, item: usize) -> &Features {
        &self.features[item]
    }

    /// The features of a waveform (mono, 16 kHz, full scale 1.0); none of a table.
    #[must_use]
    pub fn extract(&self, samples: &[f32]) -> Features {
        match &self.origin {
            Origin::FrontEnd(_, extractors) => extractors.with(|e| e.extract(samples)),
            Origin::Table { columns, .. } => Features::from_values(columns.len(), Vec::new()),
        }
    }

    /// The front end and its settings, or the table, in words.
    #[must_use]
    pub fn words(&self) -> String {
        match &self.origin {
            Origin::FrontEnd(settings, _) => settings.as_front_end().words(),
            Origin::Table { table, .. } => format!("table {table}"),
        }
    }

    /// The table's name and fingerprint, if it is one.
    #[must_use]
    pub fn table(&self) -> Option<&str> {
        match &self.origin {
            Origin::FrontEnd(..) => None,
            Origin::Table { table, .. } => Some(table),
        }
    }

    /// Names of the columns.
    #[must_use]
    pub fn columns(&self) -> Vec<String> {
        match &self.origin {
            Origin::FrontEnd(settings, _) => settings.as_front_end().columns(),
            Origin::Table { columns, .. } => columns.clone(),
        }
    }

    fn is_of(&self, wanted: &FrontEndSettings) -> bool {
        match &self.origin {
            Origin::FrontEnd(settings, _) => settings == wanted,
            Origin::Table { .. } => true,
        }
    }

    /// What is wrong with audio that has no row, in words.
    fn too_short(&self) -> String {
        match &self.origin {
            Origin::FrontEnd(settings, _) => {
                let shortest = settings.as_front_end().shortest_s();
                format!("is shorter than {:.0} ms", shortest * 1000.0)
            }
            Origin::Table { table, .. } => format!("has no row in {table}"),
        }
    }

    /// What the user's tables say of these items.
    fn of_tables(tables: &FeatureTables, items: &[Item]) -> Result<Self, ExperimentError> {
        let of_items = |table: &FeatureTable| {
            table.require(items.iter().map(|item| &item.utterance))?;
            let each = items.iter().filter_map(|item| table.of(&item.utterance.id));
            Ok::<_, ExperimentError>(each.cloned().collect::<Vec<Features>>())
        };
        Ok(Self {
            origin: Origin::Table {
                columns: tables.clean.columns.clone(),
                table: tables.clean.words(),
                robot: tables.robot.as_ref().map(of_items).transpose()?,
            },
            features: of_items(&tables.clean)?,
        })
    }
}

/// A view for each front end of these recipes and of their members, without any utterance yet.
fn empty_views(recipes: &[Recipe]) -> Result<Vec<View>, ExperimentError> {
    let mut views: Vec<View> = Vec::new();
    for settings in recipes.iter().flat_map(Recipe::front_ends) {
        if !views.iter().any(|v| v.is_of(settings)) {
            views.push(View {
                origin: Origin::FrontEnd(settings.clone(), extractors(settings)?),
                features: Vec::new(),
            });
        }
    }
    Ok(views)
}

/// In which condition utterances are heard, and how.
#[derive(Clone, Copy)]
pub struct HeardIn<'a> {
    /// What the condition is called.
    pub name: &'a str,
    /// The condition.
    pub condition: &'a Condition,
    /// What is heard of recordings with several channels.
    pub channels: Channels,
}

/// All utterances of a corpus that serve a task.
pub struct Dataset {
    /// Sorted by id.
    pub items: Vec<Item>,
    /// Names of the classes, by number.
    pub classes: Vec<String>,
    /// Scales of the dimensional task.
    pub scales: Vec<Scale>,
    /// What each front end makes of them.
    views: Vec<View>,
    /// Of each item, which others have a part of its recording.
    overlapping: Vec<Vec<usize>>,
}

impl Dataset {
    /// Decodes and extracts, on all cores. Files that cannot be used are left out, each with a
    /// warning.
    ///
    /// # Errors
    /// If nothing is left; a front end that cannot be opened.
    pub fn load(
        corpus: &Corpus,
        scales: &[Scale],
        source: FeatureSource<'_>,
        observer: &dyn Observer,
    ) -> Result<Self, ExperimentError> {
        let mut views = match source {
            FeatureSource::FrontEnds(recipes) => empty_views(recipes)?,
            FeatureSource::Tables(_) => Vec::new(),
        };
        let wanted: Vec<(&Utterance, Option<Vec<f32>>)> = corpus
            .utterances
            .iter()
            .map(|u| (u, corpus.rated(u, scales)))
            .filter(|(u, values)| u.class.is_some() || values.is_some())
            .collect();
        observer.event(Notice::StageStarted {
            name: "decoding and extracting",
            total: wanted.len(),
        });
        let results: Vec<Result<(Item, Vec<Features>), String>> = wanted
            .par_iter()
            .map(|(utterance, values)| {
                let result = (|| {
                    let wave = corpus.read(utterance).map_err(|e| e.to_string())?;
                    if wave.peak() < SILENT_PEAK {
                        return Err(format!("{} is silent", utterance.path));
                    }
                    let mut features = Vec::with_capacity(views.len());
                    for view in &views {
                        let of_view = view.extract(wave.samples());
                        if of_view.is_empty() {
                            return Err(format!("{} {}", utterance.path, view.too_short()));
                        }
                        features.push(of_view);
                    }
                    let content = ContentHash::of(&wave);
                    let item = Item {
                        utterance: (*utterance).clone(),
                        values: values.clone(),
                        content,
                        recording: content,
                        wave,
                    };
                    Ok((item, features))
                })();
                observer.event(Notice::StageAdvanced);
                result
            })
            .collect();
        observer.event(Notice::StageFinished);
        let mut items = Vec::with_capacity(results.len());
        for result in results {
            match result {
                Ok((item, features)) => {
                    items.push(item);
                    for (view, own) in views.iter_mut().zip(features) {
                        view.features.push(own);
                    }
                }
                Err(reason) => {
                    observer.event(Notice::Warning(&format!("left out: {reason}")));
                }
            }
        }
        if items.is_empty() {
            return Err(ExperimentError::Setup(format!(
                "{} has no usable utterance of the classes {}; `earnest corpus inspect` shows its labels, and --map label=class maps them",
                corpus.place(),
                corpus.classes.names().join(", ")
            )));
        }
        if let FeatureSource::Tables(tables) = source {
            views.push(View::of_tables(tables, &items)?);
        }
        let mut dataset = Self {
            items,
            classes: corpus.classes.names().to_vec(),
            scales: scales.to_vec(),
            views,
            overlapping: Vec::new(),
        };
        dataset.find_overlaps(corpus);
        Ok(dataset)
    }

    /// Names of a task's outputs, in their order: the classes, or the scales.
    #[must_use]
    pub fn outputs(&self, task: Task) -> Vec<String> {
        match task {
            Task::Categorical => self.classes.clone(),
            Task::Dimensional => self.scales.iter().map(|s| s.name().to_owned()).collect(),
        }
    }

    /// What a recipe's front end makes of the utterances.
    ///
    /// # Errors
    /// The dataset was loaded without it.
    pub fn view(&self, settings: &FrontEndSettings) -> Result<&View, ExperimentError> {
        let found = self.views.iter().find(|v| v.is_of(settings));
        found.ok_or_else(|| {
            ExperimentError::Setup(format!(
                "the corpus was loaded without the front end {}",
                settings.as_front_end().words()
            ))
        })
    }

    /// Finds items that have a part of a recording in common.
    fn find_overlaps(&mut self, corpus: &Corpus) {
        let stretches: Vec<usize> = (0..self.items.len())
            .filter(|i| self.items[*i].utterance.stretch.is_some())
            .collect();
        let index = ContentIndex::of_user();
        let cut: Vec<&Utterance> = stretches
            .iter()
            .map(|i| &self.items[*i].utterance)
            .collect();
        let recordings = match cut.is_empty() {
            true => Vec::new(),
            false => corpus.recordings_of(&cut, &index),
        };
        for (i, recording) in stretches.into_iter().zip(recordings) {
            self.items[i].recording = recording;
        }
        let cuts: Vec<_> = self
            .items
            .iter()
            .map(|item| (item.recording, item.utterance.stretch))
            .collect();
        self.overlapping = overlaps(&cuts);
    }

    /// The contents of items and of all that have a part of their recordings.
    pub(crate) fn kept_away_by(&self, indices: &[usize]) -> BTreeSet<ContentHash> {
        let overlapping = indices.iter().flat_map(|i| &self.overlapping[*i]);
        let all = indices.iter().chain(overlapping);
        all.map(|i| self.items[*i].content).collect()
    }

    /// Says of utterances that are the same recording which they are; nothing if there are none.
    #[must_use]
    pub fn duplicates_in_words(&self) -> Option<String> {
        let mut first: BTreeMap<ContentHash, &str> = BTreeMap::new();
        let mut pairs = Vec::new();
        for item in &self.items {
            let id = item.utterance.id.as_str();
            match first.entry(item.content) {
                Entry::Vacant(place) => {
                    place.insert(id);
                }
                Entry::Occupied(other) => pairs.push((*other.get(), id)),
            }
        }
        let mut said = Vec::new();
        if let Some((a, b)) = pairs.first() {
            said.push(format!(
                "{} utterances are the same recording as another (first: {b} is {a})",
                pairs.len()
            ));
        }
        let differ = |i: usize, other: &usize| {
            *other < i && self.items[*other].content != self.items[i].content
        };
        let overlapping: Vec<(usize, usize)> = (0..self.items.len())
            .filter_map(|i| {
                let other = self.overlapping[i].iter().find(|other| differ(i, other))?;
                Some((*other, i))
            })
            .collect();
        if let Some((a, b)) = overlapping.first() {
            let id = |i: usize| self.items[i].utterance.id.as_str();
            said.push(format!(
                "{} utterances have a part of another's recording (first: {} of {})",
                overlapping.len(),
                id(*b),
                id(*a)
            ));
        }
        (!said.is_empty())
            .then(|| format!("{}; they are never on two sides of a fold", said.join("; ")))
    }

    /// Indices of a speaker's utterances for a task.
    #[must_use]
    pub fn of_speakers(&self, speakers: &[String], task: Task) -> Vec<usize> {
        self.items
            .iter()
            .enumerate()
            .filter(|(_, item)| item.serves(task) && speakers.contains(&item.utterance.speaker))
            .map(|(i, _)| i)
            .collect()
    }

    /// Features of some utterances as heard in a condition, of the front end of a view: of each
    /// utterance those of its channels, of which there is one unless each is asked for. One utterance
    /// after the other is decoded, as many at a time as there are threads.
    ///
    /// # Errors
    /// A recording that is missing or unreadable; all of them in one message.
    pub fn hear(
        &self,
        view: &View,
        indices: &[usize],
        heard_in: HeardIn<'_>,
        observer: &dyn Observer,
    ) -> Result<Vec<Vec<Features>>, ExperimentError> {
        let HeardIn {
            name,
            condition,
            channels,
        } = heard_in;
        let of_one = |features: &Features| vec![features.clone()];
        if let Origin::Table { robot, table, .. } = &view.origin
            && name == ROBOT
        {
            let robot = robot.as_ref().ok_or_else(|| {
                ExperimentError::Setup(format!(
                    "beside the table {table} there is none of what the robot hears"
                ))
            })?;
            return Ok(indices.iter().map(|i| of_one(&robot[*i])).collect());
        }
        if matches!(condition, Condition::Clean) {
            return Ok(indices.iter().map(|i| of_one(view.clean(*i))).collect());
        }
        let convolvers = Pool::new(Convolver::default);
        let (stage, whose, heard_as) = match name {
            ROBOT => (
                "hearing as the robot".to_owned(),
                "the robot's recording".to_owned(),
                "as the robot".to_owned(),
            ),
            name => (
                format!("hearing in {name}"),
                format!("the recording in the condition {name:?}"),
                format!("in the condition {name:?}"),
            ),
        };
        observer.event(Notice::StageStarted {
            name: &stage,
            total: indices.len(),
        });
        let hear = |item: &Item, convolver: &mut Convolver| match channels {
            Channels::Mean => {
                let wave = condition.hear(&item.utterance, &item.wave, convolver);
                wave.map(|wave| vec![wave])
            }
            Channels::Each => condition.hear_channels(&item.utterance, &item.wave, convolver),
        };
        let results: Vec<Result<Vec<Features>, ExperimentError>> = indices
            .par_iter()
            .map(|i| {
                let item = &self.items[*i];
                let result = convolvers
                    .with(|c| hear(item, c))
                    .map_err(ExperimentError::from)
                    .and_then(|waves| {
                        let features = waves.iter().map(|wave| view.extract(wave.samples()));
                        let features: Vec<Features> = features.collect();
                        if features.iter().all(Features::is_empty) {
                            return Err(ExperimentError::Setup(format!(
                                "{whose} of {} {}",
                                item.utterance.id,
                                view.too_short()
                            )));
                        }
                        Ok(features)
                    });
                observer.event(Notice::StageAdvanced);
                result
            })
            .collect();
        observer.event(Notice::StageFinished);
        let failed: Vec<String> = results
            .iter()
            .filter_map(|r| r.as_ref().err().map(ToString::to_string))
            .collect();
        if let Some(first) = failed.first() {
            return Err(ExperimentError::Setup(format!(
                "{} of {} utterances cannot be heard {heard_as}; first: {first}",
                failed.len(),
                indices.len()
            )));
        }
        results.into_iter().collect()
    }
}
