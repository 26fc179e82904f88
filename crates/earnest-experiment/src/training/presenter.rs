//! Training utterances as they are presented: augmented anew or from frozen copies, and
//! normalised.

use std::borrow::Cow;
use std::convert::Infallible;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use earnest_augment::{Augmenter, Chain, Sources};
use earnest_features::{Features, Moments, Normaliser};
use earnest_model::{FeatureNormalisation, Presentations, Recipe};
use earnest_random::Key;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::dataset::{Dataset, Pool, View};
use crate::drawn_order::in_drawn_order;
use crate::error::ExperimentError;
use crate::observer::{Notice, Observer};
use crate::training::copies::FrozenCopies;

/// Whether each presentation of an augmented utterance is drawn anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presentation {
    /// Drawn anew each time, while the network trains.
    #[default]
    Fresh,
    /// So many augmented copies of every utterance, made once and presented in turn.
    Copies(usize),
}

impl Presentation {
    /// Refuses more copies than any of some recipes is presented: a baseline says itself how many
    /// it learns from, a network has as many as there are.
    ///
    /// # Errors
    /// A sentence.
    pub(crate) fn refuse_idle<'r>(
        self,
        recipes: impl IntoIterator<Item = &'r Recipe>,
    ) -> Result<(), String> {
        let most = recipes.into_iter().map(Recipe::most_copies).max();
        let most = most.unwrap_or(usize::MAX);
        match self {
            Self::Copies(n) if n > most => Err(format!(
                "{n} copies have no effect: the baseline learns from {most} of each utterance, which its recipe says (copies in its architecture)"
            )),
            _ => Ok(()),
        }
    }
}

/// Refuses augmented copies of utterances that validate where nothing is augmented, and more of them than there
/// are frozen ones.
///
/// # Errors
/// A sentence.
pub(crate) fn refuse_idle_validation_copies(
    recipe: &Recipe,
    augmented: Option<Presentation>,
) -> Result<(), String> {
    let n = recipe.validation_copies;
    let why = match augmented {
        _ if n == 0 => return Ok(()),
        None => "no training here is augmented".to_owned(),
        Some(Presentation::Copies(frozen)) if n > frozen => {
            format!(
                "there are {frozen} frozen copies of each utterance, and it would hear them again"
            )
        }
        Some(_) => return Ok(()),
    };
    Err(format!(
        "the recipe {} has validation_copies = {n}, which has no effect: {why}",
        recipe.title()
    ))
}

/// An augmentation: what is drawn, and from which sounds.
#[derive(Clone, Copy)]
pub struct Augmentation<'a> {
    /// The steps.
    pub chain: &'a Chain,
    /// Noises and rooms.
    pub sources: &'a Sources,
    /// Drawn anew or frozen.
    pub presentation: Presentation,
}

/// Time that presenting took, summed over threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PresentationTime {
    /// Augmenting waveforms.
    pub augmentation: Duration,
    /// Extracting descriptors.
    pub extraction: Duration,
}

impl PresentationTime {
    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            augmentation: self.augmentation + other.augmentation,
            extraction: self.extraction + other.extraction,
        }
    }
}

#[derive(Default)]
struct Clock {
    augmentation: AtomicU64,
    extraction: AtomicU64,
}

fn timed<R>(counter: &AtomicU64, work: impl FnOnce() -> R) -> R {
    let start = Instant::now();
    let result = work();
    let took = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    counter.fetch_add(took, Ordering::Relaxed);
    result
}

/// Where waveforms come from.
enum Source {
    Clean,
    Fresh(Pool<Augmenter>),
    Frozen(FrozenCopies),
}

/// Whose utterances were heard before one's own.
#[derive(Default)]
struct Speakers {
    /// The speaker's number of each training utterance.
    of: Vec<usize>,
    /// Each speaker's training utterances.
    members: Vec<Vec<usize>>,
    /// Of each training utterance, as it is presented first.
    moments: Vec<Moments>,
}

/// Presents training utterances.
pub(crate) struct Presenter<'a> {
    dataset: &'a Dataset,
    view: &'a View,
    indices: &'a [usize],
    /// How much each of them counts.
    weights: Vec<f64>,
    source: Source,
    key: Key,
    normalise: FeatureNormalisation,
    corpus: Normaliser,
    speakers: Speakers,
    /// By speaker, where speakers are normalised each by itself.
    by_speaker: Vec<Normaliser>,
    /// Raw features of the first epoch, if they were computed for the normaliser.
    first: Option<Vec<Features>>,
    clock: Clock,
}

impl<'a> Presenter<'a> {
    /// Of these utterances of a dataset. Frozen copies are kept in `folder`.
    ///
    /// # Errors
    /// Frozen copies cannot be written.
    pub fn new(
        dataset: &'a Dataset,
        view: &'a View,
        indices: &'a [usize],
        weights: Vec<f64>,
        augmentation: Option<Augmentation<'_>>,
        normalise: FeatureNormalisation,
        key: Key,
        folder: Option<&Path>,
        observer: &dyn Observer,
    ) -> Result<Self, ExperimentError> {
        let clock = Clock::default();
        let source = match augmentation {
            None => Source::Clean,
            Some(a) => {
                let (chain, sources) = (a.chain.clone(), a.sources.clone());
                let augmenters = Pool::new(move || Augmenter::new(chain.clone(), sources.clone()));
                match (a.presentation, folder) {
                    (Presentation::Copies(count), Some(folder)) => {
                        let make = |copy: usize| {
                            observer.event(Notice::StageStarted {
                                name: "augmenting a frozen copy",
                                total: dataset.items.len(),
                            });
                            let all = (0..dataset.items.len())
                                .into_par_iter()
                                .map(|i| {
                                    let features =
                                        draw(dataset, view, i, &augmenters, &key, copy, &clock);
                                    observer.event(Notice::StageAdvanced);
                                    features
                                })
                                .collect();
                            observer.event(Notice::StageFinished);
                            all
                        };
                        let copies = frozen_key(dataset, view, a, &key);
                        Source::Frozen(FrozenCopies::new(
                            folder,
                            count,
                            view.columns().len(),
                            &copies,
                            make,
                        )?)
                    }
                    _ => Source::Fresh(augmenters),
                }
            }
        };
        Ok(Self {
            dataset,
            view,
            indices,
            weights,
            source,
            key,
            normalise,
            corpus: Normaliser {
                mean: Vec::new(),
                deviation: Vec::new(),
            },
            speakers: Speakers::default(),
            by_speaker: Vec::new(),
            first: None,
            clock,
        })
    }

    /// Normalises by the training set as it is presented in the first epoch, or, where that
    /// is enough, by what an earlier start kept.
    ///
    /// # Errors
    /// An utterance cannot be presented.
    pub fn fit(&mut self, kept: Option<Normaliser>) -> Result<&Normaliser, String> {
        if let Some(kept) = kept.filter(|_| !self.normalise.by.heeds_others()) {
            self.corpus = kept;
            return Ok(&self.corpus);
        }
        let first = (0..self.indices.len())
            .into_par_iter()
            .map(|i| self.raw(0, i))
            .collect::<Result<Vec<_>, _>>()?;
        self.corpus = self.statistics(&first);
        if self.normalise.by.heeds_others() {
            self.hear(&first);
        }
        self.first = Some(first);
        Ok(&self.corpus)
    }

    /// Statistics of the training set, in which each utterance's rows have its weight.
    fn statistics(&self, first: &[Features]) -> Normaliser {
        if self.weights.iter().all(|w| *w == 1.0) {
            return Normaliser::fit(first.iter());
        }
        let columns = first.first().map_or(0, Features::columns);
        let mut all = Moments::of_no_row(columns);
        let moments: Vec<Moments> = first.par_iter().map(Moments::of).collect();
        for (moments, weight) in moments.into_iter().zip(&self.weights) {
            all.add(&moments.weighing(*weight));
        }
        all.normaliser()
    }

    /// By whose statistics an utterance of the dataset is normalised: its speaker's or its corpus's.
    fn group(&self, index: usize) -> &'a str {
        let utterance = &self.dataset.items[index].utterance;
        let corpus = utterance.corpus.as_deref().unwrap_or_default();
        self.normalise.by.group(&utterance.speaker, corpus)
    }

    /// Learns who speaks what.
    fn hear(&mut self, first: &[Features]) {
        let name = |i: &usize| self.group(*i);
        let mut names: Vec<&str> = self.indices.iter().map(name).collect();
        names.sort_unstable();
        names.dedup();
        let number = |i: &usize| names.binary_search(&name(i)).unwrap_or(0);
        let of: Vec<usize> = self.indices.iter().map(number).collect();
        let mut members = vec![Vec::new(); names.len()];
        for (i, speaker) in of.iter().enumerate() {
            members[*speaker].push(i);
        }
        let moments: Vec<Moments> = first.par_iter().map(Moments::of).collect();
        self.by_speaker = members
            .iter()
            .map(|m| {
                let parts = m.iter().map(|i| &moments[*i]);
                self.normalise.by.normaliser(&self.corpus, parts)
            })
            .collect();
        self.speakers = Speakers {
            of,
            members,
            moments,
        };
    }

    /// The raw features of the first epoch are not needed any more.
    pub fn forget_first(&mut self) {
        self.first = None;
    }

    /// Statistics of the training set.
    pub fn normaliser(&self) -> &Normaliser {
        &self.corpus
    }

    /// Utterances outside the training set, heard clean, and then so many augmented copies of all of them; each time one
    /// after the other in a drawn order.
    ///
    /// # Errors
    /// A copy cannot be made.
    pub fn validation(&self, indices: &[usize], copies: usize) -> Result<Vec<Features>, String> {
        let mut all = Vec::with_capacity(indices.len() * (1 + copies));
        for time in 0..=copies {
            let heard = indices.par_iter().map(|i| match time {
                0 => Ok(Cow::Borrowed(self.view.clean(*i))),
                _ => self.copy(time - 1, *i).map(Cow::Owned),
            });
            let heard = heard.collect::<Result<Vec<Cow<'_, Features>>, String>>()?;
            let key = self.key.with("validation");
            let key = match time {
                0 => key,
                _ => key.with(time as u64),
            };
            let in_order = in_drawn_order(indices.len(), &key, |order| {
                let features: Vec<&Features> = order.iter().map(|i| heard[*i].as_ref()).collect();
                let speakers: Vec<&str> = order.iter().map(|i| self.group(indices[*i])).collect();
                Ok::<_, Infallible>(self.normalise.apply(&self.corpus, &features, &speakers))
            });
            match in_order {
                Ok(features) => all.extend(features),
            }
        }
        Ok(all)
    }

    /// An augmented copy of an utterance of the dataset that does not train; as it is where nothing is augmented, or
    /// where the copy has no row.
    fn copy(&self, copy: usize, index: usize) -> Result<Features, String> {
        let (dataset, view, clock) = (self.dataset, self.view, &self.clock);
        let features = match &self.source {
            Source::Clean => Features::from_values(view.clean(index).columns(), Vec::new()),
            Source::Fresh(augmenters) => {
                let key = self.key.with("validation");
                draw(dataset, view, index, augmenters, &key, copy, clock)?
            }
            Source::Frozen(copies) => copies.present(copy, index)?,
        };
        Ok(match features.is_empty() {
            true => view.clean(index).clone(),
            false => features,
        })
    }

    /// True if training waveforms are augmented.
    pub fn augments(&self) -> bool {
        !matches!(self.source, Source::Clean)
    }

    /// What presenting took so far.
    pub fn time(&self) -> PresentationTime {
        let read = |c: &AtomicU64| Duration::from_nanos(c.load(Ordering::Relaxed));
        PresentationTime {
            augmentation: read(&self.clock.augmentation),
            extraction: read(&self.clock.extraction),
        }
    }

    fn raw(&self, epoch: usize, i: usize) -> Result<Features, String> {
        let index = self.indices[i];
        match &self.source {
            Source::Clean => Ok(self.view.clean(index).clone()),
            Source::Fresh(augmenters) => draw(
                self.dataset,
                self.view,
                index,
                augmenters,
                &self.key,
                epoch,
                &self.clock,
            ),
            Source::Frozen(copies) => copies.present(epoch, index),
        }
    }

    /// The normaliser of an utterance in an epoch. In adaptive normalisation each epoch is
    /// as if the speaker's utterances were heard one after the other in a new order.
    fn normalise(&self, epoch: usize, i: usize, features: &mut Features) {
        let Some(speaker) = self.speakers.of.get(i) else {
            return self.normalise.normalise(&self.corpus, features);
        };
        if self.normalise.by.needs_all() {
            let by = &self.by_speaker[*speaker];
            return self.normalise.normalise(by, features);
        }
        let mut order = self.speakers.members[*speaker].clone();
        let key = self.key.with("heard").with(epoch as u64);
        key.with(*speaker as u64).generator().shuffle(&mut order);
        let before = order.iter().take_while(|other| **other != i);
        let own = Moments::of(features);
        let heard = before
            .map(|other| &self.speakers.moments[*other])
            .chain(std::iter::once(&own));
        let by = self.normalise.by.normaliser(&self.corpus, heard);
        self.normalise.normalise(&by, features);
    }
}

/// An utterance of the dataset, augmented as drawn for this time.
fn draw(
    dataset: &Dataset,
    view: &View,
    index: usize,
    augmenters: &Pool<Augmenter>,
    key: &Key,
    time: usize,
    clock: &Clock,
) -> Result<Features, String> {
    let item = &dataset.items[index];
    let key = key.with(item.utterance.id.as_str()).with(time as u64);
    let samples = timed(&clock.augmentation, || {
        augmenters.with(|a| a.apply(item.wave.samples(), &key))
    });
    let (samples, _) = samples.map_err(|e| format!("{}: {e}", item.utterance.id))?;
    Ok(timed(&clock.extraction, || view.extract(&samples)))
}

/// Stands for all that decides what frozen copies hold.
fn frozen_key(dataset: &Dataset, view: &View, a: Augmentation<'_>, key: &Key) -> Key {
    let mut key = key
        .with(env!("CARGO_PKG_VERSION"))
        .with(view.words().as_str())
        .with(serde_json::to_string(a.chain).unwrap_or_default().as_str());
    for bank in [&a.sources.noises, &a.sources.rooms] {
        for sound in bank.sounds() {
            key = key.with(sound.name()).with(sound.len() as u64);
        }
        key = key.with("end");
    }
    for item in &dataset.items {
        key = key
            .with(item.utterance.id.as_str())
            .with(item.wave.samples().len() as u64);
    }
    key
}

impl Presentations for Presenter<'_> {
    fn len(&self) -> usize {
        self.indices.len()
    }
    fn id(&self, i: usize) -> &str {
        &self.dataset.items[self.indices[i]].utterance.id
    }
    fn weight(&self, i: usize) -> f64 {
        self.weights.get(i).copied().unwrap_or(1.0)
    }
    fn frames(&self, i: usize) -> usize {
        self.view.clean(self.indices[i]).frames()
    }
    fn present(&self, epoch: usize, i: usize) -> Result<Features, String> {
        let kept = self.first.as_ref().filter(|_| epoch == 0);
        let mut features = match kept {
            Some(first) => first[i].clone(),
            None => self.raw(epoch, i)?,
        };
        if features.is_empty() {
            // Only a tempo draw can make an utterance too short for a frame.
            features = self.view.clean(self.indices[i]).clone();
        }
        self.normalise(epoch, i, &mut features);
        Ok(features)
    }
}
