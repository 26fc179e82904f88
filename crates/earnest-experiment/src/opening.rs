//! Opening the corpora of an experiment: one, or several that are joined to one.

use std::collections::BTreeMap;

use earnest_corpus::{
    ClassSet, Classes, Corpus, Joining, LabelMap, Layout, OpenOptions, Part, PartOptions, Utterance,
};
use earnest_files::{LIKE, nearest};

use crate::class_spec::{ClassSpec, corpus_of_change};
use crate::corpora::{Corpora, CorpusSpec};
use crate::error::ExperimentError;
use crate::observer::{Notice, Observer};

/// Opens the corpora of an experiment as one: the one that there is, or several joined.
///
/// # Errors
/// As [`read_corpora`], or a class that no utterance counts as.
pub fn open_corpora(corpora: &Corpora, classes: &ClassSpec) -> Result<Corpus, ExperimentError> {
    if let Some(one) = corpora.single() {
        return open_corpus(one, classes);
    }
    let corpus = read_corpora(corpora, classes)?;
    refuse_idle_changes(&corpus, &classes.map)?;
    let setup = ExperimentError::Setup;
    classes.require(&corpus.classes).map_err(setup)?;
    let is_named = matches!(classes.classes(), Classes::Named(_) | Classes::Four);
    let missing = corpus.classes.missing(&corpus.utterances);
    if let Some(name) = missing.first().filter(|_| is_named) {
        let labels: Vec<String> = corpus.label_counts().into_keys().collect();
        return Err(setup(format!(
            "no utterance of {} counts as {name:?}; {}",
            corpora.places(),
            known_names(name, labels.iter().map(String::as_str))
        )));
    }
    Ok(corpus)
}

/// Reads the corpora of an experiment as one; whether there is an utterance of each class, or of each
/// label that is sent to one, does not matter.
///
/// # Errors
/// As [`read_corpus`], or corpora that cannot be joined.
pub fn read_corpora(corpora: &Corpora, classes: &ClassSpec) -> Result<Corpus, ExperimentError> {
    if let Some(one) = corpora.single() {
        return read_corpus(one, classes);
    }
    let parts = corpora.0.iter().map(|spec| {
        require_path(spec)?;
        Ok(PartOptions {
            path: spec.path.clone(),
            layout: layout_of(spec)?,
            root: spec.root.clone(),
            name: spec.name.clone(),
            scale_range: spec.scale_range,
        })
    });
    let joining = Joining::read(&parts.collect::<Result<Vec<_>, ExperimentError>>()?)?;
    let names = joining.names();
    let labels = names
        .iter()
        .map(|name| classes.labels_of(name, &names))
        .collect::<Result<Vec<_>, _>>()
        .map_err(ExperimentError::Setup)?;
    Ok(joining.join(&classes.classes(), &labels, classes.limit_values)?)
}

/// What corpora that were joined are called.
fn names_of(corpus: &Corpus) -> Vec<&str> {
    corpus.parts.iter().map(|part| &*part.name).collect()
}

/// Refuses changes of labels that no corpus of several has, or not the one that they are of.
pub(crate) fn refuse_idle_changes(
    corpus: &Corpus,
    changes: &[String],
) -> Result<(), ExperimentError> {
    if corpus.parts.is_empty() {
        let asked = LabelMap::from_changes(changes).map_err(ExperimentError::Setup)?;
        return refuse_idle_map(corpus, &asked);
    }
    let names = names_of(corpus);
    for change in changes {
        let (of, own) = match corpus_of_change(change, &names) {
            Some((name, own)) => (Some(name), own.to_owned()),
            None => (None, change.clone()),
        };
        let asked = LabelMap::from_changes(&[own]).map_err(ExperimentError::Setup)?;
        let mut asked_of = corpus
            .parts
            .iter()
            .filter(|part| of.is_none_or(|name| name == &*part.name))
            .map(|part| refuse_idle_map(&part.corpus, &asked));
        if asked_of.any(|found| found.is_ok()) {
            continue;
        }
        let known: Vec<String> = corpus.label_counts().into_keys().collect();
        let label = change.split('=').next().unwrap_or_default();
        let hint = match change.contains(':') && of.is_none() {
            true => format!("; corpora are called {}", names.join(", ")),
            false => String::new(),
        };
        return Err(ExperimentError::Setup(format!(
            "--map {label}=…: no utterance of {} has that label; {}{hint}",
            of.unwrap_or(&corpus.name),
            known_names(label, known.iter().map(|label| label.trim()))
        )));
    }
    Ok(())
}

/// The class set of corpora with every choice written down.
pub(crate) fn settled_classes(corpus: &Corpus, asked: &ClassSpec) -> ClassSpec {
    let mut settled = ClassSpec::of(&corpus.classes, asked);
    if !corpus.parts.is_empty() {
        // Some changes may be of one corpus.
        settled.map.clone_from(&asked.map);
    }
    settled
}

/// In words, what of several corpora has no class, and which classes one lacks: a sentence for each
/// corpus of which there is something to say.
pub(crate) fn classless_of_each(corpus: &Corpus) -> Vec<String> {
    if corpus.parts.is_empty() {
        return classless(corpus, &corpus.utterances).into_iter().collect();
    }
    let of_part = |part: &Part| {
        let without = classless(&part.corpus, &part.corpus.utterances);
        let without = without.map(|words| format!("{}: {words}", part.name));
        let missing = corpus.classes.missing(&part.corpus.utterances);
        let lacks = (!missing.is_empty()).then(|| {
            format!(
                "{}: no utterance counts as {}, which others have",
                part.name,
                missing.join(" or ")
            )
        });
        without.into_iter().chain(lacks)
    };
    corpus.parts.iter().flat_map(of_part).collect()
}

/// Opens the corpus of an experiment.
///
/// # Errors
/// As [`read_corpus`], or a class that no utterance counts as.
pub fn open_corpus(spec: &CorpusSpec, classes: &ClassSpec) -> Result<Corpus, ExperimentError> {
    let setup = |e: String| ExperimentError::Setup(format!("{}: {e}", spec.path.display()));
    let corpus = read_corpus(spec, classes)?;
    refuse_idle_map(&corpus, corpus.classes.labels())?;
    classes.require(&corpus.classes).map_err(setup)?;
    let is_named = matches!(classes.classes(), Classes::Named(_) | Classes::Four);
    let missing = corpus.classes.missing(&corpus.utterances);
    if let Some(name) = missing.first().filter(|_| is_named) {
        let all = ClassSet::all(
            corpus.utterances.iter().map(|u| u.label.as_str()),
            corpus.classes.labels().clone(),
        )
        .map_err(setup)?;
        return Err(setup(format!(
            "no utterance counts as {name:?}; {}",
            known_names(name, all.names().iter().map(String::as_str))
        )));
    }
    Ok(corpus)
}

/// Reads a corpus; whether it has an utterance of each class, or of each label that is sent to one,
/// does not matter.
///
/// # Errors
/// [`ExperimentError::Corpus`], or a map or layout that is not understood.
pub fn read_corpus(spec: &CorpusSpec, classes: &ClassSpec) -> Result<Corpus, ExperimentError> {
    require_path(spec)?;
    let labels = classes.labels().map_err(ExperimentError::Setup)?;
    let options = OpenOptions {
        layout: layout_of(spec)?,
        root: spec.root.clone(),
        classes: classes.classes(),
        labels,
        limit_values: classes.limit_values,
    };
    Ok(Corpus::open(&spec.path, &options)?)
}

/// Refuses a corpus that is not named.
fn require_path(spec: &CorpusSpec) -> Result<(), ExperimentError> {
    match spec.path.as_os_str().is_empty() {
        false => Ok(()),
        true => Err(ExperimentError::Setup(
            "the experiment names no corpus: give --corpus DIR, or write path = \"…\" under [corpus] into its file".into(),
        )),
    }
}

/// The layout that is asked for.
fn layout_of(spec: &CorpusSpec) -> Result<Option<Layout>, ExperimentError> {
    let known = |name: &String| {
        Layout::from_name(name).ok_or_else(|| {
            ExperimentError::Setup(format!(
                "{name:?} is no layout; known are {}",
                Layout::ALL.map(Layout::name).join(", ")
            ))
        })
    };
    spec.layout.as_ref().map(known).transpose()
}

/// Refuses changes of labels that the corpus does not have.
fn refuse_idle_map(corpus: &Corpus, asked: &LabelMap) -> Result<(), ExperimentError> {
    let known: Vec<String> = corpus.label_counts().into_keys().collect();
    match asked.idle(&known).next() {
        None => Ok(()),
        Some(label) => Err(ExperimentError::Setup(format!(
            "--map {label}=…: no utterance of {} has the label {label:?}; {}",
            corpus.name,
            known_names(label, known.iter().map(|label| label.trim()))
        ))),
    }
}

/// Says that corpora have problems, if they have.
pub(crate) fn tell_of_problems(corpus: &Corpus, corpora: &Corpora, observer: &dyn Observer) {
    let tell = |problems: usize, spec: &CorpusSpec| {
        if problems > 0 {
            observer.event(Notice::Warning(&format!(
                "{problems} problems in the corpus; `earnest corpus inspect {}` lists them",
                spec.path.display()
            )));
        }
    };
    match corpora.single() {
        Some(one) => tell(corpus.problems.len(), one),
        None => {
            for part in &corpus.parts {
                if let Some(spec) = corpora.0.get(part.number) {
                    tell(part.corpus.problems.len(), spec);
                }
            }
        }
    }
}

/// In words, how many of some utterances have no class, with their most frequent labels; `None` if
/// each has one.
pub(crate) fn classless<'a>(
    corpus: &Corpus,
    utterances: impl IntoIterator<Item = &'a Utterance>,
) -> Option<String> {
    const SHOWN: usize = 5;
    let (mut all, mut labels) = (0, BTreeMap::<&str, usize>::new());
    for utterance in utterances {
        all += 1;
        if utterance.class.is_none() {
            *labels.entry(utterance.label.trim()).or_default() += 1;
        }
    }
    let without: usize = labels.values().sum();
    let mut labels: Vec<(&str, usize)> = labels.into_iter().collect();
    labels.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let more = if labels.len() > SHOWN { ", …" } else { "" };
    let shown = labels
        .iter()
        .take(SHOWN)
        .map(|(label, count)| match *label {
            "" => format!("{count} without a label"),
            label => format!("{label} {count}"),
        });
    let shown: Vec<String> = shown.collect();
    let all_classes = match corpus.parts.is_empty() {
        true => "--classes all makes a class of each label",
        false => {
            "--classes all makes a class of each label that every corpus has, and --map joins labels that mean one thing"
        }
    };
    (without > 0).then(|| {
        format!(
            "{without} of {all} utterances have none of the classes {} ({}{more}): no model of these classes hears them; {all_classes}",
            corpus.classes.names().join(", "),
            shown.join(", ")
        )
    })
}

/// The nearest of some names and all of them, for an error about one that is none of them.
fn known_names<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    let list = known.join(", ");
    match nearest(unknown, known, LIKE) {
        Some(name) => format!("did you mean {name:?}? There are {list}"),
        None => format!("there are {list}"),
    }
}
