//! What a scene's folder says of itself is read whole or refused: a scene that cannot be read
//! is no folder of recordings, of which nobody knows what the robot heard.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::Path;

use earnest_audio::{SampleFormat, write_wav};
use earnest_corpus::{Corpus, OpenOptions};
use earnest_scene::lab::{ByBand, Lab, LabError, Setup};
use earnest_scene::simulate::{FolderError, Scene, SimulateError, simulate};
use earnest_signal::Waveform;

fn tone(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let samples = (0..8_000).map(|k| 0.2 * (k as f32 * 0.07).sin()).collect();
    write_wav(path, &Waveform::at_16k(samples), SampleFormat::Int16).unwrap();
}

fn corpus(folder: &Path, names: &[&str]) -> Corpus {
    let mut manifest = String::from("id,path,speaker,emotion\n");
    for name in names {
        tone(&folder.join(name));
        manifest.push_str(&format!("{name},{name},ann,angry\n"));
    }
    fs::write(folder.join("manifest.csv"), manifest).unwrap();
    Corpus::open(folder, &OpenOptions::default()).unwrap()
}

/// The icub's lab with the kinds of events that it has, but of a room that is soon computed.
fn icub() -> Lab {
    soon_computed(Lab::built_in("icub").unwrap())
}

fn soon_computed(text: &str) -> Lab {
    let mut lab = Lab::from_toml(text).unwrap();
    lab.room.rt60_s = Some(ByBand::All(0.05));
    lab.speech.azimuths_deg = vec![90.0];
    lab.fan.clear();
    lab
}

fn made(corpus: &Corpus, folder: &Path) -> Result<usize, SimulateError> {
    let lab = icub();
    let setup = Setup::new(lab.clone(), None, 1)?;
    let scene = Scene {
        seed: 1,
        corpus: String::new(),
        events: None,
        lab,
        sounds: Vec::new(),
    };
    simulate(corpus, &scene, &setup, folder, || ()).map(|s| s.entries.len())
}

/// A finished scene of two utterances.
fn scene(dir: &Path) -> (Corpus, std::path::PathBuf) {
    let corpus = corpus(&dir.join("corpus"), &["a.wav", "b.wav"]);
    let folder = dir.join("scene");
    assert_eq!(made(&corpus, &folder).unwrap(), 2);
    (corpus, folder)
}

#[test]
fn a_finished_scene_says_what_it_is_and_recordings_say_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (_, folder) = scene(dir.path());
    let found = Scene::of_folder(&folder).unwrap().unwrap();
    assert_eq!((found.seed, found.lab), (1, icub()));
    let entries = Scene::entries(&folder).unwrap();
    assert_eq!(
        entries.iter().map(|e| e.path.as_str()).collect::<Vec<_>>(),
        ["a.wav", "b.wav"]
    );
    assert_eq!(Scene::of_folder(&dir.path().join("corpus")).unwrap(), None);
}

#[test]
fn a_scene_whose_description_cannot_be_read_is_no_folder_of_recordings() {
    let dir = tempfile::tempdir().unwrap();
    let (corpus, folder) = scene(dir.path());
    let description = folder.join("scene.toml");
    let good = fs::read_to_string(&description).unwrap();
    let refused = |words: &str| {
        let error = Scene::of_folder(&folder).unwrap_err().to_string();
        assert!(
            error.contains("scene.toml") && error.contains(words),
            "{error}"
        );
        let before = fs::read(folder.join("a.wav")).unwrap();
        let error = made(&corpus, &folder).unwrap_err();
        assert!(matches!(error, SimulateError::Folder(_)), "{error}");
        assert_eq!(fs::read(folder.join("a.wav")).unwrap(), before);
    };
    fs::write(&description, good.replace("seed = 1", "seed = \"one\"")).unwrap();
    refused("is not understood");
    fs::write(&description, good.replace("seed = 1", "sead = 1")).unwrap();
    refused("did you mean `seed`");
    fs::write(&description, [0xff, 0xfe, 0x00]).unwrap();
    refused("cannot read");
    fs::remove_file(&description).unwrap();
    fs::create_dir(&description).unwrap();
    refused("cannot read");
    fs::remove_dir(&description).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", &description).unwrap();
        refused("cannot read");
        fs::remove_file(&description).unwrap();
    }
    refused("without its scene.toml");
    fs::rename(folder.join("scene.jsonl"), folder.join("scene.jsonl.part")).unwrap();
    refused("without its scene.toml");
}

#[test]
fn an_unfinished_scene_names_the_command_that_finishes_it() {
    let dir = tempfile::tempdir().unwrap();
    let (corpus, folder) = scene(dir.path());
    let (manifest, growing) = (folder.join("scene.jsonl"), folder.join("scene.jsonl.part"));
    let whole = fs::read_to_string(&manifest).unwrap();
    fs::rename(&manifest, &growing).unwrap();
    let unfinished = || {
        let error = Scene::entries(&folder).unwrap_err();
        assert!(matches!(error, FolderError::Unfinished { .. }), "{error}");
        assert!(error.to_string().contains("scene simulate"), "{error}");
    };
    unfinished();
    fs::remove_file(&growing).unwrap();
    unfinished();
    // What a later, stopped call made is in its own manifest only.
    fs::write(&manifest, &whole).unwrap();
    fs::write(&growing, &whole[..10]).unwrap();
    unfinished();
    assert_eq!(made(&corpus, &folder).unwrap(), 2);
    assert_eq!(fs::read_to_string(&manifest).unwrap(), whole);
    assert_eq!(Scene::entries(&folder).unwrap().len(), 2);
}

#[test]
fn a_line_of_the_manifest_that_is_not_understood_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (corpus, folder) = scene(dir.path());
    let manifest = folder.join("scene.jsonl");
    let good = fs::read_to_string(&manifest).unwrap();
    for (from, to, words) in [
        ("\"id\":\"b", "\"ID\":\"b", "missing field `id`"),
        (
            "\"path\":\"b.wav",
            "\"path\":\"../b.wav",
            "leads out of its folder",
        ),
        ("\"path\":\"b.wav", "\"path\":\"/b.wav", "is absolute"),
        ("\"path\":\"b.wav", "\"path\":\"b.wa", ""),
    ] {
        assert!(good.contains(from), "{good}");
        fs::write(&manifest, good.replace(from, to)).unwrap();
        let result = Scene::entries(&folder);
        if words.is_empty() {
            assert_eq!(result.unwrap().len(), 2);
            continue;
        }
        let error = result.unwrap_err().to_string();
        assert!(
            error.contains("scene.jsonl:2 ") && error.contains(words),
            "{error}"
        );
        // Nor is it taken for a scene that has yet to be made.
        let error = made(&corpus, &folder).unwrap_err().to_string();
        assert!(error.contains("scene.jsonl:2 "), "{error}");
    }
    fs::write(&manifest, &good[..good.len() - 9]).unwrap();
    let error = Scene::entries(&folder).unwrap_err().to_string();
    assert!(error.contains("scene.jsonl:2 "), "{error}");
}

#[test]
fn paths_in_a_description_are_relative_to_the_scene() {
    let dir = tempfile::tempdir().unwrap();
    let (_, folder) = scene(dir.path());
    let description = folder.join("scene.toml");
    let text = fs::read_to_string(&description).unwrap();
    fs::write(&description, format!("events = \"../knocks\"\n{text}")).unwrap();
    let events = Scene::of_folder(&folder).unwrap().unwrap().events;
    assert_eq!(events, Some(folder.join("../knocks")));
}

#[test]
fn recordings_that_are_there_are_not_replaced_by_a_scene() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("corpus");
    let corpus = corpus(&folder, &["a.wav", "b.wav"]);
    let before = fs::read(folder.join("a.wav")).unwrap();
    let error = made(&corpus, &folder).unwrap_err();
    assert!(matches!(error, SimulateError::Occupied { .. }), "{error}");
    assert_eq!(fs::read(folder.join("a.wav")).unwrap(), before);
    assert!(!folder.join("scene.toml").exists());
}

#[test]
fn own_noise_of_which_a_recording_cannot_be_used_is_no_synthetic_fan() {
    let dir = tempfile::tempdir().unwrap();
    let text = Lab::built_in("icub").unwrap();
    let text = format!("{text}\n[recorded]\nfolder = \"ego\"\nlevel_db_spl = 60.0\n");
    let lab = soon_computed(&text).below(dir.path());
    tone(&dir.path().join("ego/good.wav"));
    assert!(Setup::new(lab.clone(), None, 1).is_ok());
    fs::write(dir.path().join("ego/junk.wav"), "no sound").unwrap();
    let silence = Waveform::at_16k(vec![0.0; 8_000]);
    write_wav(
        dir.path().join("ego/silent.wav"),
        &silence,
        SampleFormat::Int16,
    )
    .unwrap();
    let error = Setup::new(lab, None, 1).err().unwrap();
    assert!(matches!(&error, LabError::Recordings { left_out, .. } if left_out.len() == 2));
    let error = error.to_string();
    for words in ["[recorded]", "ego", "junk.wav", "silent.wav: it is silent"] {
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn events_of_which_a_collection_has_no_class_are_made_only_if_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    for class in ["door_wood_knock", "telefone", "rain"] {
        tone(&dir.path().join(class).join("1.wav"));
    }
    let error = Setup::new(icub(), Some(dir.path()), 1)
        .err()
        .unwrap()
        .to_string();
    for words in [
        "event air conditioner: there is no recording of the class air_conditioner or AirConditioner",
        "event babble",
        "event telephone: there is no recording of the class telephone or clock_alarm, nearest: telefone",
        "it has door_wood_knock, rain, telefone",
        "--made \"air conditioner,babble,telephone\"",
    ] {
        assert!(error.contains(words), "{words}: {error}");
    }
    assert!(!error.contains("event knocks"), "{error}");
    let mut lab = icub();
    for kind in ["air conditioner", "babble", "telephone"] {
        lab.make_event(kind).unwrap();
    }
    let error = lab.make_event("bable").unwrap_err();
    assert!(error.contains("did you mean \"babble\"?"), "{error}");
    lab.event[2].kind = "doorbell".to_owned();
    let error = lab.make_event("doorbell").unwrap_err();
    assert!(error.contains("cannot be made"), "{error}");
    lab.event[2].kind = "knocks".to_owned();
    assert!(Setup::new(lab.clone(), Some(dir.path()), 1).is_ok());
    // One of the class that cannot be decoded is named.
    fs::write(dir.path().join("door_wood_knock/2.wav"), "no sound").unwrap();
    let error = Setup::new(lab, Some(dir.path()), 1)
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("door_wood_knock/2.wav"), "{error}");
}
