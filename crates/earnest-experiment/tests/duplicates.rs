//! Utterances that are the same recording are never on two sides of a fold, whoever they are said
//! to be of and whatever container they are in.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use earnest_audio::{SampleFormat, write_wav};
use earnest_experiment::{
    ClassSpec, CorpusSpec, Dataset, FeatureSource, Fold, Silent, open_corpus,
};
use earnest_model::{Architecture, Recipe, Task};
use earnest_random::Key;
use earnest_signal::Waveform;

/// A manifest corpus of three speakers with six utterances each; `same` names pairs of files of
/// which the second is a copy of the first.
fn dataset(folder: &Path, same: &[(&str, &str)]) -> Dataset {
    let mut manifest = String::from("path,speaker,emotion\n");
    for (s, speaker) in ["a", "b", "c"].into_iter().enumerate() {
        for i in 0..6 {
            let label = ["angry", "sad"][i % 2];
            manifest.push_str(&format!("{speaker}{i}.wav,{speaker},{label}\n"));
            let samples = (0..3200)
                .map(|k| 0.4 * (k as f32 * (0.03 + 0.01 * (6 * s + i) as f32)).sin())
                .collect();
            let path = folder.join(format!("{speaker}{i}.wav"));
            write_wav(path, &Waveform::at_16k(samples), SampleFormat::Float32).unwrap();
        }
    }
    for (first, second) in same {
        // Other bytes, the same samples: a tag is written behind them.
        let mut bytes = fs::read(folder.join(first)).unwrap();
        bytes.extend_from_slice(b"LIST\x04\0\0\0INFO");
        let length = u32::try_from(bytes.len() - 8).unwrap();
        bytes[4..8].copy_from_slice(&length.to_le_bytes());
        fs::write(folder.join(second), bytes).unwrap();
    }
    fs::write(folder.join("manifest.csv"), manifest).unwrap();
    let spec = CorpusSpec {
        path: folder.to_owned(),
        ..CorpusSpec::default()
    };
    Dataset::load(
        &open_corpus(&spec, &ClassSpec::default()).unwrap(),
        &[],
        FeatureSource::FrontEnds(&[Recipe::paper(Architecture::paper_cnn())]),
        &Silent,
    )
    .unwrap()
}

/// Copies across speakers: of two recordings of the tested one, and of one of who may validate.
const ACROSS: [(&str, &str); 3] = [
    ("a0.wav", "b3.wav"),
    ("a1.wav", "c4.wav"),
    ("b5.wav", "c5.wav"),
];

fn fold(fraction: Option<f64>) -> Fold {
    let names = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
    Fold {
        name: "a".into(),
        test: names(&["a"]),
        validation: match fraction {
            Some(_) => Vec::new(),
            None => names(&["b"]),
        },
        training: match fraction {
            Some(_) => names(&["b", "c"]),
            None => names(&["c"]),
        },
        fraction,
        listed: None,
    }
}

fn ids(dataset: &Dataset, indices: &[usize]) -> BTreeSet<String> {
    let id = |i: &usize| dataset.items[*i].utterance.id.clone();
    indices.iter().map(id).collect()
}

#[test]
fn a_copy_of_a_test_recording_neither_trains_nor_validates() {
    let dir = tempfile::tempdir().unwrap();
    let all = dataset(dir.path(), &ACROSS);
    let said = all.duplicates_in_words().unwrap();
    assert!(
        said.starts_with("3 utterances are the same recording"),
        "{said}"
    );
    let key = Key::new(1);
    let (training, validation) = all.of_fold(&fold(None), Task::Categorical, &key);
    assert_eq!(all.tests_of_fold(&fold(None), Task::Categorical).len(), 6);
    let (training, validation) = (ids(&all, &training), ids(&all, &validation));
    assert_eq!(validation.len(), 5);
    assert!(!validation.contains("b3"));
    // One is a copy of a test utterance, one of a validation utterance.
    assert_eq!(
        training,
        BTreeSet::from(["c0", "c1", "c2", "c3"].map(String::from))
    );
}

#[test]
fn who_leaves_nobody_aside_learns_from_all_but_the_test_and_its_copies() {
    let dir = tempfile::tempdir().unwrap();
    let all = dataset(dir.path(), &ACROSS);
    for fraction in [None, Some(0.4)] {
        let whole = fold(fraction).with_all_training();
        assert_eq!(whole.training, ["b", "c"]);
        let (training, validation) = all.of_fold(&whole, Task::Categorical, &Key::new(1));
        assert!(validation.is_empty());
        // Both copies of one recording are learnt from: no one validates by either.
        let learnt = ["b0", "b1", "b2", "b4", "b5", "c0", "c1", "c2", "c3", "c5"];
        assert_eq!(ids(&all, &training), learnt.map(String::from).into());
    }
}

#[test]
fn copies_within_the_training_speakers_are_on_one_side_of_a_fraction() {
    let dir = tempfile::tempdir().unwrap();
    let all = dataset(
        dir.path(),
        &[
            ("b0.wav", "b2.wav"),
            ("b1.wav", "c1.wav"),
            ("c0.wav", "c2.wav"),
        ],
    );
    let mut validated = 0;
    for seed in 0..40 {
        let (training, validation) =
            all.of_fold(&fold(Some(0.4)), Task::Categorical, &Key::new(seed));
        let content = |list: &[usize]| -> BTreeSet<String> {
            list.iter()
                .map(|i| all.items[*i].content.to_string())
                .collect()
        };
        assert!(content(&training).is_disjoint(&content(&validation)));
        validated += usize::from(ids(&all, &validation).contains("b2"));
    }
    // The draw did put a copy on the other side now and then.
    assert!(validated > 5, "{validated}");
}

#[test]
fn without_copies_nothing_is_said_and_nothing_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let all = dataset(dir.path(), &[]);
    assert_eq!(all.duplicates_in_words(), None);
    let (training, validation) = all.of_fold(&fold(None), Task::Categorical, &Key::new(1));
    assert_eq!((training.len(), validation.len()), (6, 6));
}

#[test]
fn parts_of_a_recording_that_overlap_a_test_utterance_neither_train_nor_validate() {
    let dir = tempfile::tempdir().unwrap();
    dataset(dir.path(), &[("c0.wav", "copy.wav")]);
    // `a` is tested; `b` and `c` have parts of what is heard of `a`, one of them in a copy.
    let manifest = "path,start,end,speaker,emotion\n\
        a0.wav,0,0.1,a,angry\n\
        a0.wav,0.001,0.1,b,angry\n\
        a0.wav,0.1,0.2,b,sad\n\
        c0.wav,,,a,sad\n\
        copy.wav,0.05,0.15,c,sad\n\
        b1.wav,,,c,angry\n\
        b2.wav,,,b,angry\n";
    fs::write(dir.path().join("manifest.csv"), manifest).unwrap();
    let spec = CorpusSpec {
        path: dir.path().to_owned(),
        ..CorpusSpec::default()
    };
    let corpus = open_corpus(&spec, &ClassSpec::default()).unwrap();
    let named: Vec<String> = corpus.problems.iter().map(ToString::to_string).collect();
    assert!(
        named
            .iter()
            .any(|p| p.contains("overlapping") && p.contains("a0")),
        "{named:?}"
    );
    let all = Dataset::load(
        &corpus,
        &[],
        FeatureSource::FrontEnds(&[Recipe::paper(Architecture::paper_cnn())]),
        &Silent,
    )
    .unwrap();
    let said = all.duplicates_in_words().unwrap();
    assert!(
        said.contains("2 utterances have a part of another's recording"),
        "{said}"
    );
    let (training, validation) = all.of_fold(&fold(None), Task::Categorical, &Key::new(1));
    assert_eq!(ids(&all, &training), BTreeSet::from(["b1".to_owned()]));
    assert_eq!(
        ids(&all, &validation),
        BTreeSet::from(["a0_0.1-0.2", "b2"].map(String::from))
    );
}

#[test]
fn a_search_keeps_copies_and_overlapping_parts_together_and_takes_their_speakers_for_one_person() {
    let dir = tempfile::tempdir().unwrap();
    let all = dataset(dir.path(), &[("a1.wav", "b2.wav")]);
    let utterances: Vec<usize> = (0..all.items.len()).collect();
    let place = |id: &str| {
        let is_it = |item: &earnest_experiment::Item| item.utterance.id == id;
        all.items.iter().position(is_it).unwrap()
    };
    let together = all.kept_together(&utterances);
    let (a1, b2) = (place("a1"), place("b2"));
    assert_eq!(together.recordings[a1], together.recordings[b2]);
    let distinct: BTreeSet<usize> = together.recordings.iter().copied().collect();
    assert_eq!(distinct.len(), all.items.len() - 1);
    // a and b are one person, c is another.
    let people = |speaker: &str| -> BTreeSet<usize> {
        let of = utterances
            .iter()
            .filter(|i| all.items[**i].utterance.speaker == speaker);
        of.map(|i| together.people[*i]).collect()
    };
    assert_eq!(people("a").len(), 1);
    assert_eq!(people("a"), people("b"));
    assert_ne!(people("a"), people("c"));

    // Several speakers of one long recording are several people, as long as no part is in two.
    let dir = tempfile::tempdir().unwrap();
    let samples = (0..64_000).map(|k| 0.4 * (k as f32 * 0.03 * (1.0 + k as f32 / 64_000.0)).sin());
    let path = dir.path().join("talk.wav");
    write_wav(
        path,
        &Waveform::at_16k(samples.collect()),
        SampleFormat::Float32,
    )
    .unwrap();
    let manifest = "id,path,start,end,speaker,emotion\n\
        u0,talk.wav,0,1,a,angry\nu1,talk.wav,1,2,b,sad\nu2,talk.wav,2,3,a,sad\n\
        u3,talk.wav,3,4,c,angry\nu4,talk.wav,2.5,3.5,c,sad\n";
    fs::write(dir.path().join("manifest.csv"), manifest).unwrap();
    let spec = CorpusSpec {
        path: dir.path().to_owned(),
        ..CorpusSpec::default()
    };
    let all = Dataset::load(
        &open_corpus(&spec, &ClassSpec::default()).unwrap(),
        &[],
        FeatureSource::FrontEnds(&[Recipe::paper(Architecture::paper_cnn())]),
        &Silent,
    )
    .unwrap();
    let together = all.kept_together(&[0, 1, 2, 3, 4]);
    assert_eq!(together.recordings, [0, 1, 2, 2, 2]);
    assert_eq!(together.people, [0, 1, 0, 0, 0]);
}
