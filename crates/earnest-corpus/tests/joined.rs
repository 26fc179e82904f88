//! Several corpora as one: nothing of two is taken for the same.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use earnest_audio::{SampleFormat, write_wav};
use earnest_corpus::{Classes, ContentIndex, Corpus, Joining, LabelMap, OpenOptions, PartOptions};
use earnest_signal::Waveform;

/// A corpus whose manifest has these lines of speaker, label and arousal; each file has a tone of
/// its own pitch.
fn corpus(folder: &Path, lines: &[(&str, &str, Option<f32>)], pitch: f32) {
    fs::create_dir_all(folder).unwrap();
    let mut manifest = String::from("path,speaker,emotion,arousal,valence\n");
    for (i, (speaker, label, value)) in lines.iter().enumerate() {
        let value = value.map_or(String::new(), |v| v.to_string());
        manifest.push_str(&format!("{i}.wav,{speaker},{label},{value},{value}\n"));
        let samples = (0..3200)
            .map(|k| 0.4 * (k as f32 * (pitch + 0.01 * i as f32)).sin())
            .collect();
        let file = folder.join(format!("{i}.wav"));
        write_wav(file, &Waveform::at_16k(samples), SampleFormat::Float32).unwrap();
    }
    fs::write(folder.join("manifest.csv"), manifest).unwrap();
}

fn part(folder: &Path) -> PartOptions {
    PartOptions {
        path: folder.to_owned(),
        ..PartOptions::default()
    }
}

fn joined(parts: &[PartOptions], classes: &Classes) -> Corpus {
    let joining = Joining::read(parts).unwrap();
    joining.join(classes, &[], None).unwrap()
}

#[test]
fn speakers_ids_places_and_sessions_of_two_corpora_never_collide() {
    let dir = tempfile::tempdir().unwrap();
    let folders = ["a/speech", "b/speech"].map(|name| dir.path().join(name));
    for (folder, pitch) in folders.iter().zip([0.03, 0.2]) {
        corpus(folder, &[("03", "angry", None), ("08", "sad", None)], pitch);
    }
    let all = joined(&folders.each_ref().map(|f| part(f)), &Classes::All);
    // The second of a name has a number.
    let names: Vec<&str> = all.parts.iter().map(|p| &*p.name).collect();
    assert_eq!(names, ["speech-2", "speech"]);
    let speakers: Vec<&str> = all.speakers().into_iter().collect();
    assert_eq!(
        speakers,
        ["speech-2/03", "speech-2/08", "speech/03", "speech/08"]
    );
    assert!(all.utterances.is_sorted_by(|a, b| a.id < b.id));
    for utterance in &all.utterances {
        assert!(utterance.file.is_absolute() && all.audio_path(utterance).is_file());
        let name = utterance.corpus.as_deref().unwrap();
        assert_eq!(
            utterance.id,
            format!("{name}/{}", &utterance.id[name.len() + 1..])
        );
        assert!(utterance.path.as_str().starts_with(&format!("{name}/")));
        assert!(["03", "08"].contains(&utterance.own_speaker()));
        assert!(!utterance.own_path().as_str().contains('/'));
        assert!(all.read(utterance).is_ok());
    }
    // In whatever order they are named: the same utterances in the same order.
    let named = |order: [usize; 2]| {
        let parts = order.map(|i| PartOptions {
            name: Some(["x", "y"][i].to_owned()),
            ..part(&folders[i])
        });
        joined(&parts, &Classes::All).utterances
    };
    assert_eq!(named([0, 1]), named([1, 0]));
}

#[test]
fn a_corpus_beside_others_has_the_fingerprint_that_it_has_alone() {
    let dir = tempfile::tempdir().unwrap();
    let folders = ["a", "b"].map(|name| dir.path().join(name));
    for (folder, pitch) in folders.iter().zip([0.03, 0.2]) {
        corpus(folder, &[("1", "angry", None), ("2", "sad", None)], pitch);
    }
    let all = joined(&folders.each_ref().map(|f| part(f)), &Classes::All);
    let index = ContentIndex::in_memory();
    let contents = all.contents(&index, || ()).unwrap();
    let of_parts: Vec<String> = all
        .of_parts(&contents)
        .map(|(part, own)| part.corpus.fingerprint(own))
        .collect();
    let options = OpenOptions {
        classes: Classes::All,
        ..OpenOptions::default()
    };
    for (folder, of_part) in folders.iter().zip(of_parts) {
        let alone = Corpus::open(folder, &options).unwrap();
        let contents = alone.contents(&index, || ()).unwrap();
        assert_eq!(alone.fingerprint(&contents), of_part);
    }
    assert!(all.in_two_corpora(&contents).is_empty());
}

#[test]
fn all_classes_are_those_that_every_corpus_has_by_broader_words_too() {
    let dir = tempfile::tempdir().unwrap();
    let [a, b] = ["a", "b"].map(|name| dir.path().join(name));
    let of = |labels: &[&'static str]| -> Vec<(&str, &'static str, Option<f32>)> {
        labels.iter().map(|label| ("s", *label, None)).collect()
    };
    corpus(&a, &of(&["anger", "joy", "boredom", "fear"]), 0.03);
    corpus(
        &b,
        &of(&["angry", "happiness", "disgust", "fru", "anxiety"]),
        0.2,
    );
    let parts = [part(&a), part(&b)];
    let all = joined(&parts, &Classes::All);
    assert_eq!(all.classes.names(), ["angry", "fear", "happy"]);
    let class = |label: &str| {
        let found = all.utterances.iter().find(|u| u.label == label).unwrap();
        all.class_name(found)
    };
    assert_eq!(class("joy"), Some("happy"));
    assert_eq!(class("anxiety"), Some("fear"));
    assert_eq!((class("boredom"), class("disgust")), (None, None));
    // Nobody asked, and sad is nowhere: the same.
    let usual = joined(&parts, &Classes::Usual);
    assert_eq!(usual.classes.names(), all.classes.names());
    // What is said of one corpus's labels is said of that one.
    let mut labels = LabelMap::default();
    labels.set_from_text("disgust=bored").unwrap();
    let joining = Joining::read(&parts).unwrap();
    assert_eq!(joining.names(), ["a", "b"]);
    let mapped = joining
        .join(&Classes::All, &[LabelMap::default(), labels], None)
        .unwrap();
    let bored = mapped.classes.index("bored");
    assert!(bored.is_some());
    let counted = mapped.utterances.iter().filter(|u| u.class == bored);
    let labels: Vec<&str> = counted.map(|u| u.label.as_str()).collect();
    assert_eq!(labels, ["boredom", "disgust"]);
}

#[test]
fn values_meet_on_the_first_corpus_s_scale_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let [a, b] = ["a", "b"].map(|name| dir.path().join(name));
    corpus(
        &a,
        &[("s", "angry", Some(1.5)), ("t", "sad", Some(4.5))],
        0.03,
    );
    corpus(
        &b,
        &[("s", "angry", Some(1.0)), ("t", "sad", Some(7.0))],
        0.2,
    );
    let ranged = |folder: &Path, range: [f32; 2]| PartOptions {
        scale_range: Some(range),
        ..part(folder)
    };
    let unsaid = joined(&[part(&a), part(&b)], &Classes::All);
    assert!(unsaid.utterances.iter().all(|u| u.arousal.is_none()));
    let why = unsaid.scales_apart().unwrap();
    assert!(
        why.contains("those of b between 1 and 7") && why.contains("--scale-range"),
        "{why}"
    );
    let half = joined(&[ranged(&a, [1.0, 5.0]), part(&b)], &Classes::All);
    assert!(half.scales_apart().is_some() && half.usual_scales().is_empty());
    let said = joined(
        &[ranged(&a, [1.0, 5.0]), ranged(&b, [1.0, 7.0])],
        &Classes::All,
    );
    assert_eq!(said.scales_apart(), None);
    let values: Vec<f32> = said.utterances.iter().filter_map(|u| u.arousal).collect();
    assert_eq!(values, [1.5, 4.5, 1.0, 5.0]);
    let wrong = [ranged(&a, [1.0, 5.0]), ranged(&b, [1.0, 5.0])];
    let error = Joining::read(&wrong).unwrap();
    let error = error
        .join(&Classes::All, &[], None)
        .unwrap_err()
        .to_string();
    assert!(error.contains("values of b lie between 1 and 7"), "{error}");
}

#[test]
fn one_corpus_twice_and_a_name_twice_are_refused_and_a_shared_recording_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let [a, b] = ["a", "b"].map(|name| dir.path().join(name));
    corpus(&a, &[("s", "angry", None), ("t", "sad", None)], 0.03);
    corpus(&b, &[("u", "angry", None), ("v", "sad", None)], 0.2);
    let refused = |parts: &[PartOptions]| Joining::read(parts).unwrap_err().to_string();
    let error = refused(&[part(&a), part(&dir.path().join("b/../a"))]);
    assert!(error.contains("named twice"), "{error}");
    let named = |folder: &Path, name: &str| PartOptions {
        name: Some(name.to_owned()),
        ..part(folder)
    };
    let error = refused(&[named(&a, "x"), named(&b, "X")]);
    assert!(error.contains("called x"), "{error}");
    for wrong in ["", "a/b", "..", "ä", &"x".repeat(41)] {
        let error = refused(&[named(&a, wrong), part(&b)]);
        assert!(error.contains("1 to 40"), "{error}");
    }
    // A name that is given goes before one that is found.
    let given = Joining::read(&[part(&a), named(&b, "a")]).unwrap();
    assert_eq!(given.names(), ["a-2", "a"]);
    fs::copy(a.join("1.wav"), b.join("0.wav")).unwrap();
    let all = joined(&[part(&a), part(&b)], &Classes::All);
    let contents = all.contents(&ContentIndex::in_memory(), || ()).unwrap();
    let shared = all.in_two_corpora(&contents);
    let ids: Vec<(&str, &str)> = shared
        .iter()
        .map(|(i, j)| {
            (
                all.utterances[*i].id.as_str(),
                all.utterances[*j].id.as_str(),
            )
        })
        .collect();
    assert_eq!(ids, [("a/1", "b/0")]);
}
