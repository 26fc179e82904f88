//! Several corpora: who is trained on and tested, how much each counts, and what is the same in two.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use earnest_audio::{SampleFormat, write_wav};
use earnest_experiment::{
    ClassSpec, Corpora, CorpusSpec, Dataset, Experiment, ExperimentError, FeatureSource, Fold,
    Notice, Observer, Prepared, Protocol, Silent, open_corpora, prepare, weights,
};
use earnest_model::{Architecture, Recipe, Task};
use earnest_random::Key;
use earnest_signal::Waveform;

/// A corpus of these speakers, each with as many utterances as it says, labels in turn.
fn corpus(folder: &Path, speakers: &[(&str, usize)], labels: &[&str], pitch: f32) -> CorpusSpec {
    fs::create_dir_all(folder).unwrap();
    let mut manifest = String::from("path,speaker,emotion\n");
    let mut n = 0;
    for (speaker, count) in speakers {
        for i in 0..*count {
            let label = labels[i % labels.len()];
            manifest.push_str(&format!("{speaker}_{i}.wav,{speaker},{label}\n"));
            let samples = (0..3200)
                .map(|k| 0.4 * (k as f32 * (pitch + 0.001 * n as f32)).sin())
                .collect();
            let file = folder.join(format!("{speaker}_{i}.wav"));
            write_wav(file, &Waveform::at_16k(samples), SampleFormat::Float32).unwrap();
            n += 1;
        }
    }
    fs::write(folder.join("manifest.csv"), manifest).unwrap();
    CorpusSpec {
        path: folder.to_owned(),
        ..CorpusSpec::default()
    }
}

const BOTH: [&str; 2] = ["angry", "sad"];

/// Corpora `a` with 03, 08, x and `b` with 03, 08; b has half as many utterances of each.
fn two(folder: &Path) -> Corpora {
    Corpora(vec![
        corpus(
            &folder.join("a"),
            &[("03", 8), ("08", 8), ("x", 8)],
            &BOTH,
            0.03,
        ),
        corpus(&folder.join("b"), &[("03", 4), ("08", 4)], &BOTH, 0.2),
    ])
}

fn experiment(corpora: Corpora, protocol: &str) -> Experiment {
    let mut experiment = Experiment::table1(PathBuf::new());
    experiment.corpus = corpora;
    experiment.protocol = Some(protocol.parse().unwrap());
    experiment.recipes = vec![Recipe::paper(Architecture::cnn(1, 4, 3))];
    experiment
}

fn prepared(corpora: Corpora, protocol: &str) -> Result<Prepared, ExperimentError> {
    prepare(experiment(corpora, protocol), &Silent)
}

fn refused(corpora: Corpora, protocol: &str) -> String {
    let error = prepared(corpora, protocol).err().unwrap();
    error.to_string()
}

fn corpora_of(speakers: &[String]) -> BTreeSet<&str> {
    let name = |s: &'_ String| -> Option<usize> { s.find('/') };
    speakers.iter().map(|s| &s[..name(s).unwrap()]).collect()
}

#[test]
fn speakers_called_alike_in_two_corpora_are_two_people_and_each_is_left_out_once() {
    let dir = tempfile::tempdir().unwrap();
    let prepared = prepared(two(dir.path()), "pooled").unwrap();
    let tested: Vec<&str> = prepared.folds.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(tested, ["a/03", "a/08", "a/x", "b/03", "b/08"]);
    let first = &prepared.folds[0];
    assert_eq!(first.test, ["a/03"]);
    assert_eq!(first.training, ["a/08", "a/x", "b/03", "b/08"]);
    // It is what several corpora have unless it is said.
    let mut unsaid = experiment(two(dir.path()), "pooled");
    unsaid.protocol = None;
    let unsaid = prepare(unsaid, &Silent).unwrap();
    assert_eq!(unsaid.experiment.protocol, Some(Protocol::Pooled));
}

#[test]
fn across_corpora_nobody_of_the_tested_corpus_trains_or_validates() {
    let dir = tempfile::tempdir().unwrap();
    let three = || {
        let mut corpora = two(dir.path());
        let c = dir.path().join("c");
        corpora
            .0
            .push(corpus(&c, &[("1", 4), ("2", 4), ("3", 4)], &BOTH, 0.4));
        corpora
    };
    for (protocol, names) in [
        ("cross", vec!["a-b", "a-c", "b-a", "b-c", "c-a", "c-b"]),
        ("cross:others", vec!["others-a", "others-b", "others-c"]),
    ] {
        let prepared = prepared(three(), protocol).unwrap();
        let folds: Vec<&str> = prepared.folds.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(folds, names);
        for fold in &prepared.folds {
            let tested = corpora_of(&fold.test);
            assert_eq!(tested.len(), 1);
            assert!(corpora_of(&fold.training).is_disjoint(&tested));
            assert!(fold.validation.is_empty() && fold.fraction.is_some());
        }
        let ids: BTreeSet<String> = prepared.units.iter().map(|u| u.id()).collect();
        assert_eq!(ids.len(), prepared.units.len());
        assert!(ids.iter().all(|id| !id.contains('/')));
    }
    let within = prepared(three(), "cross:within").unwrap();
    let own: Vec<&Fold> = within
        .folds
        .iter()
        .filter(|f| corpora_of(&f.training) == corpora_of(&f.test))
        .collect();
    let names: Vec<&str> = own.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "a-a_1", "a-a_2", "a-a_3", "b-b_1", "b-b_2", "c-c_1", "c-c_2", "c-c_3"
        ]
    );
    for fold in own {
        assert!(fold.test.iter().all(|s| !fold.training.contains(s)));
    }
}

#[test]
fn protocols_of_one_corpus_and_of_several_say_which_is_meant() {
    let dir = tempfile::tempdir().unwrap();
    let one = || Corpora(two(dir.path()).0[..1].to_vec());
    for protocol in ["pooled", "cross", "cross:within"] {
        assert!(refused(one(), protocol).contains("needs several corpora"));
    }
    assert!(refused(two(dir.path()), "speaker").contains("\"pooled\""));
    assert!(refused(two(dir.path()), "emobox:x").contains("one corpus"));
    let mut alone = experiment(one(), "speaker");
    alone.balance = false;
    assert!(alone.check().unwrap_err().to_string().contains("balance"));
    let mut without = experiment(two(dir.path()), "cross");
    without.trainings = vec!["without:noise".parse().unwrap()];
    let error = without.check().unwrap_err().to_string();
    assert!(error.contains("pairs of corpora"), "{error}");
}

/// What was said.
#[derive(Default)]
struct Said(Mutex<Vec<String>>);

impl Observer for Said {
    fn event(&self, event: Notice<'_>) {
        if let Notice::Note(text) | Notice::Warning(text) = event {
            self.0.lock().unwrap().push(text.to_owned());
        }
    }
}

#[test]
fn what_is_left_out_of_which_corpus_is_said_and_labels_are_mapped_in_all_or_in_one() {
    let dir = tempfile::tempdir().unwrap();
    let labels = |more: &'static str| ["angry", "sad", more];
    let corpora = Corpora(vec![
        corpus(
            &dir.path().join("a"),
            &[("1", 6), ("2", 6)],
            &labels("boredom"),
            0.03,
        ),
        corpus(
            &dir.path().join("b"),
            &[("1", 6), ("2", 6)],
            &labels("tired"),
            0.2,
        ),
    ]);
    let said = Said::default();
    let mut all = experiment(corpora.clone(), "pooled");
    all.classes.set = Some(earnest_experiment::SetKind::All);
    let all = prepare(all, &said).unwrap();
    assert_eq!(all.experiment.classes.names, ["angry", "sad"]);
    let said = said.0.into_inner().unwrap().join("\n");
    assert!(
        said.contains("a: 4 of 12") && said.contains("boredom 4"),
        "{said}"
    );
    assert!(
        said.contains("b: 4 of 12") && said.contains("tired 4"),
        "{said}"
    );
    let mapped = |map: &[&str]| {
        let mut mapped = experiment(corpora.clone(), "pooled");
        mapped.classes.map = map.iter().map(|m| (*m).to_owned()).collect();
        prepare(mapped, &Silent)
    };
    let one = mapped(&["b:tired=bored"]).unwrap();
    assert_eq!(one.experiment.classes.names, ["angry", "bored", "sad"]);
    assert_eq!(one.experiment.classes.map, ["b:tired=bored"]);
    // What was written down can be run again.
    assert!(prepare(one.experiment, &Silent).is_ok());
    for idle in ["a:tired=bored", "nobody=sad", "c:tired=bored"] {
        let error = mapped(&[idle]).err().unwrap().to_string();
        assert!(error.contains("no utterance of"), "{error}");
    }
}

fn dataset(corpora: &Corpora) -> Dataset {
    Dataset::load(
        &open_corpora(corpora, &ClassSpec::default()).unwrap(),
        &[],
        FeatureSource::FrontEnds(&[Recipe::paper(Architecture::cnn(1, 4, 3))]),
        &Silent,
    )
    .unwrap()
}

#[test]
fn corpora_count_alike_however_many_utterances_they_have() {
    let dir = tempfile::tempdir().unwrap();
    let dataset = dataset(&two(dir.path()));
    let all: Vec<usize> = (0..dataset.items.len()).collect();
    let balanced = weights(&dataset, &all, true);
    let sum = |name: &str| -> f64 {
        let of = |i: &&usize| dataset.items[**i].utterance.corpus.as_deref() == Some(name);
        all.iter().filter(of).map(|i| balanced[*i]).sum()
    };
    assert_eq!(all.len(), 32);
    assert!((sum("a") - 16.0).abs() < 1e-9 && (sum("b") - 16.0).abs() < 1e-9);
    assert_eq!((balanced[0], balanced[31]), (32.0 / 48.0, 2.0));
    assert_eq!(weights(&dataset, &all, false), vec![1.0; 32]);
    // Of one corpus each weighs exactly 1, so that no bit changes.
    assert_eq!(weights(&dataset, &all[..24], true), vec![1.0; 24]);
}

#[test]
fn a_recording_in_two_corpora_and_whoever_speaks_it_are_never_on_two_sides() {
    let dir = tempfile::tempdir().unwrap();
    let corpora = two(dir.path());
    // b's 08 is a's 03.
    fs::copy(dir.path().join("a/03_1.wav"), dir.path().join("b/08_0.wav")).unwrap();
    let said = Said::default();
    let prepared = prepare(experiment(corpora.clone(), "pooled"), &said).unwrap();
    let said = said.0.into_inner().unwrap().join("\n");
    assert!(
        said.contains("1 recordings are both in a and in b"),
        "{said}"
    );
    assert!(said.contains("a/03_1") && said.contains("b/08_0"), "{said}");
    let dataset = dataset(&corpora);
    let speakers = |indices: &[usize]| -> BTreeSet<String> {
        let of = |i: &usize| dataset.items[*i].utterance.speaker.clone();
        indices.iter().map(of).collect()
    };
    for (tested, same) in [("a/03", "b/08"), ("b/08", "a/03")] {
        let fold = prepared.folds.iter().find(|f| f.name == tested).unwrap();
        let (training, validation) = dataset.of_fold(fold, Task::Categorical, &Key::new(1));
        let used = [training, validation].concat();
        assert!(!speakers(&used).contains(same), "{tested}");
        assert_eq!(speakers(&used).len(), 3);
    }
    let cross = prepared_of(&corpora, "cross");
    for fold in &cross.folds {
        let (training, validation) = dataset.of_fold(fold, Task::Categorical, &Key::new(1));
        let used = speakers(&[training, validation].concat());
        assert!(!used.contains("a/03") && !used.contains("b/08"), "{used:?}");
    }
    // A corpus that is wholly in another is refused.
    let copy = dir.path().join("copy");
    fs::create_dir_all(&copy).unwrap();
    for entry in fs::read_dir(dir.path().join("a")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
    }
    let mut twice = corpora;
    twice.0.push(CorpusSpec {
        path: copy,
        ..CorpusSpec::default()
    });
    let error = refused(twice, "pooled");
    assert!(
        error.contains("all 24 recordings of a are in copy"),
        "{error}"
    );
}

fn prepared_of(corpora: &Corpora, protocol: &str) -> Prepared {
    prepared(corpora.clone(), protocol).unwrap()
}

#[test]
fn a_corpus_that_adds_nothing_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let mut corpora = two(dir.path());
    let other = dir.path().join("other");
    corpora.0.push(corpus(
        &other,
        &[("1", 4), ("2", 4)],
        &["calm", "bored"],
        0.5,
    ));
    let mut named = experiment(corpora, "pooled");
    named.classes.names = BOTH.map(String::from).to_vec();
    let error = prepare(named, &Silent).err().unwrap().to_string();
    assert!(error.contains("other has no usable utterance"), "{error}");
}
