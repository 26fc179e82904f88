//! Training and the robot never share a clip, a source or a room.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use earnest_audio::{SampleFormat, write_wav};
use earnest_corpus::ContentIndex;
use earnest_experiment::{ExperimentError, Folders, LoadedSources, Notice, Observer, SourceSpec};
use earnest_signal::{SoundBank, Waveform};

/// Remembers what it was warned of.
#[derive(Default)]
struct Warnings(Mutex<Vec<String>>);

impl Observer for Warnings {
    fn event(&self, event: Notice<'_>) {
        if let Notice::Warning(text) = event {
            self.0.lock().unwrap().push(text.to_owned());
        }
    }
}

fn noise(path: &Path, kind: usize) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let samples = (0..8000)
        .map(|k| ((k * (kind + 3)) % 97) as f32 / 97.0 - 0.5)
        .collect();
    write_wav(path, &Waveform::at_16k(samples), SampleFormat::Int16).unwrap();
}

fn room(path: &Path, kind: usize) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let decay =
        |i: usize| (-(i as f32) / 700.0).exp() * ((i * (7919 + kind) % 211) as f32 / 105.0 - 1.0);
    let samples = (0..6000)
        .map(|i| if i == 0 { 0.9 } else { 0.3 * decay(i) })
        .collect();
    write_wav(path, &Waveform::at_16k(samples), SampleFormat::Float32).unwrap();
}

fn load(spec: &SourceSpec) -> (Result<LoadedSources, ExperimentError>, Vec<String>) {
    let warnings = Warnings::default();
    let chosen = spec.choose(&ContentIndex::in_memory(), &warnings);
    let loaded = chosen.and_then(|chosen| chosen.load(&warnings));
    (loaded, warnings.0.into_inner().unwrap())
}

fn sources(bank: &SoundBank) -> BTreeSet<String> {
    bank.sounds()
        .iter()
        .map(|s| s.source().to_owned())
        .collect()
}

#[test]
fn two_collections_with_clips_of_one_freesound_upload_are_kept_apart_by_it() {
    let dir = tempfile::tempdir().unwrap();
    let (urban, esc) = (dir.path().join("UrbanSound8K"), dir.path().join("ESC-50"));
    let mut table = String::from("slice_file_name,fsID,start,end,salience,fold,classID,class\n");
    for (i, id) in [100, 100, 200, 300].iter().enumerate() {
        let name = format!("{id}-8-0-{i}.wav");
        noise(&urban.join(format!("audio/fold1/{name}")), i);
        table.push_str(&format!("{name},{id},0,4,1,1,8,siren\n"));
    }
    fs::create_dir_all(urban.join("metadata")).unwrap();
    fs::write(urban.join("metadata/UrbanSound8K.csv"), table).unwrap();
    let mut table = String::from("filename,fold,target,category,esc10,src_file,take\n");
    for (i, id) in [100, 500].iter().enumerate() {
        let name = format!("3-{id}-A-0.wav");
        noise(&esc.join(format!("audio/{name}")), 10 + i);
        table.push_str(&format!("{name},3,0,siren,False,{id},A\n"));
    }
    fs::create_dir_all(esc.join("meta")).unwrap();
    fs::write(esc.join("meta/esc50.csv"), table).unwrap();

    let spec = SourceSpec {
        noise: urban.clone().into(),
        robot_noise: esc.clone().into(),
        ..SourceSpec::default()
    };
    let (loaded, warnings) = load(&spec);
    let loaded = loaded.unwrap();
    let (training, robot) = (
        sources(&loaded.training.noises),
        sources(&loaded.robot.noises),
    );
    assert!(training.is_disjoint(&robot), "{training:?} {robot:?}");
    assert_eq!(loaded.training.noises.sounds().len(), 2);
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].contains("2 files") && warnings[0].contains("freesound:100"),
        "{warnings:?}"
    );

    let same = SourceSpec {
        robot_noise: urban.clone().into(),
        ..spec.clone()
    };
    let error = load(&same).0.err().unwrap().to_string();
    assert!(
        error.contains("would be heard in training and by the robot"),
        "{error}"
    );
}

#[test]
fn several_folders_are_one_collection_and_each_is_held_out_by_its_own_rule() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (dir.path().join("a"), dir.path().join("b"));
    for i in 0..8 {
        noise(&a.join(format!("{i}.wav")), i);
    }
    // The second has folds of its own: its noise_test is what is held out.
    noise(&b.join("noise_train/Typing_1.wav"), 20);
    noise(&b.join("noise_test/Typing_2.wav"), 21);
    let spec = SourceSpec {
        noise: Folders(vec![a, b]),
        ..SourceSpec::default()
    };
    let loaded = load(&spec).0.unwrap();
    let names = |bank: &SoundBank| -> Vec<String> {
        let stem = |name: &str| {
            Path::new(name)
                .file_stem()
                .unwrap()
                .to_string_lossy()
                .into_owned()
        };
        bank.sounds().iter().map(|s| stem(s.name())).collect()
    };
    assert_eq!(names(&loaded.robot.noises), ["3", "7", "Typing_2"]);
    assert_eq!(
        names(&loaded.training.noises),
        ["0", "1", "2", "4", "5", "6", "Typing_1"]
    );
    let chosen = spec.choose(&ContentIndex::in_memory(), &Warnings::default());
    let said = chosen.unwrap().description();
    assert!(said[0].contains(" and "), "{said:?}");
}

#[test]
fn rooms_are_split_whole_and_a_single_room_cannot_be() {
    let dir = tempfile::tempdir().unwrap();
    let rooms = dir.path().join("rooms");
    for (i, name) in ["kitchen_left", "kitchen_right", "hall_1", "hall_2"]
        .iter()
        .enumerate()
    {
        room(&rooms.join(format!("{name}.wav")), i);
    }
    let spec = SourceSpec {
        rooms: rooms.clone().into(),
        ..SourceSpec::default()
    };
    let loaded = load(&spec).0.unwrap();
    let (training, robot) = (
        sources(&loaded.training.rooms),
        sources(&loaded.robot.rooms),
    );
    assert!(training.is_disjoint(&robot), "{training:?} {robot:?}");
    assert_eq!(loaded.training.rooms.sounds().len(), 2);
    assert_eq!(loaded.robot.rooms.sounds().len(), 2);

    for name in ["kitchen_left", "kitchen_right"] {
        fs::remove_file(rooms.join(format!("{name}.wav"))).unwrap();
    }
    let error = load(&spec).0.err().unwrap().to_string();
    assert!(
        error.contains("of one source") && error.contains("manifest.csv"),
        "{error}"
    );
    // A manifest that says that they are two rooms.
    fs::write(
        rooms.join("manifest.csv"),
        "path,room\nhall_1.wav,old hall\nhall_2.wav,new hall\n",
    )
    .unwrap();
    let loaded = load(&spec).0.unwrap();
    assert_eq!(
        sources(&loaded.robot.rooms),
        BTreeSet::from(["old hall".to_owned()])
    );
    // Alone for training, one room will do.
    let warnings = Warnings::default();
    let alone = spec
        .choose_for_training(&ContentIndex::in_memory(), &warnings)
        .and_then(|chosen| chosen.load(&warnings))
        .unwrap();
    assert_eq!(alone.training.rooms.sounds().len(), 2);
}

#[test]
fn sounds_that_do_not_fit_into_memory_are_announced_and_the_rest_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    for i in 0..4 {
        noise(&dir.path().join(format!("n{i}.wav")), i);
    }
    let spec = SourceSpec {
        noise: dir.path().into(),
        memory_mib: 0,
        ..SourceSpec::default()
    };
    let warnings = Warnings::default();
    let sources = spec
        .choose_for_training(&ContentIndex::in_memory(), &warnings)
        .and_then(|chosen| chosen.load(&warnings))
        .unwrap()
        .training;
    assert!(sources.noises.sounds().iter().all(|s| !s.is_kept()));
    let said = warnings.0.into_inner().unwrap();
    assert!(said[0].contains("4 of 4 noises do not fit"), "{said:?}");
}

#[test]
fn what_a_simulated_scene_let_the_robot_hear_leaves_training() {
    let dir = tempfile::tempdir().unwrap();
    let corpus = dir.path().join("corpus");
    let settings = earnest_corpus::synthetic::SyntheticSettings {
        seed: 1,
        utterances_per_speaker: 4,
    };
    earnest_corpus::synthetic::write(&corpus, settings, || {}).unwrap();
    // An ESC-50 of two knocks and three others.
    let esc = dir.path().join("ESC-50");
    let mut table = String::from("filename,fold,target,category,esc10,src_file,take\n");
    for (i, category) in [
        "door_wood_knock",
        "door_wood_knock",
        "rain",
        "wind",
        "engine",
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("1-{}-A-{i}.wav", 100 + i);
        noise(&esc.join("audio").join(&name), i);
        table.push_str(&format!("{name},1,{i},{category},False,{},A\n", 100 + i));
    }
    fs::create_dir_all(esc.join("meta")).unwrap();
    fs::write(esc.join("meta/esc50.csv"), table).unwrap();
    // A scene in which the first knock was heard.
    let scene = dir.path().join("scene");
    fs::create_dir_all(&scene).unwrap();
    let lab =
        earnest_scene::lab::Lab::from_toml(earnest_scene::lab::Lab::built_in("icub").unwrap())
            .unwrap();
    let sounds = earnest_scene::simulate::sounds_of(&lab, Some(&esc), &ContentIndex::in_memory());
    let made = earnest_scene::simulate::Scene {
        seed: 1,
        corpus: String::new(),
        events: Some(esc.clone()),
        lab,
        sounds: sounds.unwrap(),
    };
    assert_eq!(made.sounds.len(), 2, "the knocks: {:?}", made.sounds);
    fs::write(scene.join("scene.toml"), toml::to_string(&made).unwrap()).unwrap();
    let entry = r#"{"id":"u","path":"u.wav","seconds":1.0,"azimuth_deg":0.0,"movements":[],"events":[{"kind":"knocks","recording":"1-100-A-0.wav","start_s":0.1,"seconds":0.5,"level_db_spl":50.0,"azimuth_deg":0.0,"distance_m":1.0}],"speech_db_spl":70.0,"noise_db_spl":60.0,"snr_db":10.0,"clipped":[0,0]}"#;
    fs::write(scene.join("scene.jsonl"), format!("{entry}\n")).unwrap();
    let spec = SourceSpec {
        noise: esc.as_path().into(),
        ..SourceSpec::default()
    };
    let warnings = Warnings::default();
    let index = ContentIndex::in_memory();
    let loaded = spec
        .choose_beside_recordings(&[&scene], &index, &warnings)
        .and_then(|chosen| chosen.load(&warnings))
        .unwrap();
    let names: Vec<&str> = loaded
        .training
        .noises
        .sounds()
        .iter()
        .map(|s| s.name())
        .collect();
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(!names.contains(&"1-100-A-0.wav"), "{names:?}");
    let said = std::mem::take(&mut *warnings.0.lock().unwrap());
    assert!(
        said.iter()
            .any(|w| w.contains("1-100-A-0.wav") && w.contains("robot hears")),
        "{said:?}"
    );
    // Real recordings say nothing of what was heard, and take nothing away.
    let none = spec
        .choose_beside_recordings(&[dir.path()], &index, &warnings)
        .and_then(|chosen| chosen.load(&warnings))
        .unwrap();
    assert_eq!(none.training.noises.sounds().len(), 5);
    // What cannot be checked is refused: a scene that is not understood or not finished, an
    // event of which it does not say what it held.
    let refused = |words: &str| {
        let error = spec
            .choose_beside_recordings(&[&scene], &index, &warnings)
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains(words), "{error}");
    };
    let description = fs::read_to_string(scene.join("scene.toml")).unwrap();
    fs::write(scene.join("scene.toml"), "seed = \"x\"\n").unwrap();
    refused("scene.toml is not understood");
    fs::write(scene.join("scene.toml"), &description).unwrap();
    fs::write(scene.join("scene.jsonl"), &entry[..99]).unwrap();
    refused("scene.jsonl:1 is not understood");
    fs::write(scene.join("scene.jsonl"), "").unwrap();
    refused("scene.jsonl is empty");
    fs::remove_file(scene.join("scene.jsonl")).unwrap();
    refused("is not finished");
    let other = entry.replace("1-100-A-0.wav", "1-99-A-0.wav");
    fs::write(scene.join("scene.jsonl"), format!("{other}\n")).unwrap();
    refused("1-99-A-0.wav was heard");
    // The clips themselves may be gone: the scene says what they held.
    fs::write(scene.join("scene.jsonl"), format!("{entry}\n")).unwrap();
    fs::rename(
        esc.join("audio/1-100-A-0.wav"),
        esc.join("audio/1-900-A-0.wav"),
    )
    .unwrap();
    let table = fs::read_to_string(esc.join("meta/esc50.csv")).unwrap();
    let table = table.replace(
        "1-100-A-0.wav,1,0,door_wood_knock,False,100",
        "1-900-A-0.wav,1,0,rain,False,900",
    );
    fs::write(esc.join("meta/esc50.csv"), table).unwrap();
    let loaded = spec
        .choose_beside_recordings(&[&scene], &index, &warnings)
        .and_then(|chosen| chosen.load(&warnings))
        .unwrap();
    assert_eq!(loaded.training.noises.sounds().len(), 4);
}

#[test]
fn a_copy_of_a_clip_under_another_name_is_not_heard_on_both_sides() {
    let dir = tempfile::tempdir().unwrap();
    let (ours, theirs) = (dir.path().join("ours"), dir.path().join("theirs"));
    for i in 0..3 {
        noise(&ours.join(format!("{i}.wav")), i);
    }
    noise(&theirs.join("renamed.wav"), 1);
    let spec = SourceSpec {
        noise: ours.into(),
        robot_noise: theirs.into(),
        ..SourceSpec::default()
    };
    let (loaded, warnings) = load(&spec);
    let loaded = loaded.unwrap();
    assert_eq!(loaded.training.noises.sounds().len(), 2);
    assert_eq!(loaded.robot.noises.sounds().len(), 1);
    assert!(warnings[0].contains("1 files"), "{warnings:?}");
}

#[test]
fn a_fold_that_no_collection_has_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for i in 0..4 {
        noise(&dir.path().join(format!("n{i}.wav")), i);
    }
    let spec = SourceSpec {
        noise: dir.path().into(),
        noise_folds: vec![7],
        ..SourceSpec::default()
    };
    let error = load(&spec).0.err().unwrap().to_string();
    assert!(
        error.contains("no fold 7") && error.contains("have no folds"),
        "{error}"
    );
}

#[test]
fn where_sounds_lie_is_no_part_of_their_fingerprint_and_what_they_hold_is() {
    let dir = tempfile::tempdir().unwrap();
    let print = |folders: &[&str]| {
        let spec = SourceSpec {
            noise: Folders(folders.iter().map(|f| dir.path().join(f)).collect()),
            ..SourceSpec::default()
        };
        let chosen = spec.choose_for_training(&ContentIndex::in_memory(), &Warnings::default());
        chosen.unwrap().heard_in_training().0.fingerprint.unwrap()
    };
    for i in 0..4 {
        noise(&dir.path().join(format!("a/n{i}.wav")), i);
        noise(&dir.path().join(format!("other/place/n{i}.wav")), i);
        noise(&dir.path().join(format!("b/m{i}.wav")), 10 + i);
    }
    let before = print(&["a"]);
    assert_eq!(before, print(&["other/place"]));
    assert_eq!(print(&["a", "b"]), print(&["./a", "b/../b"]));
    assert_ne!(before, print(&["a", "b"]));
    // As many bytes, other samples.
    noise(&dir.path().join("a/n2.wav"), 50);
    assert_ne!(before, print(&["a"]));
}

#[test]
fn copies_with_two_equal_channels_or_other_bits_are_the_same_sounds() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let copy = |from: &str, to: &str, channels: usize| {
        let wave = earnest_audio::read(at(from)).unwrap();
        fs::create_dir_all(at(to).parent().unwrap()).unwrap();
        let channels = vec![wave.samples(); channels];
        let format = SampleFormat::Float32;
        earnest_audio::write_wav_channels(at(to), &channels, 16_000, format).unwrap();
    };
    for i in 0..4 {
        noise(&at(&format!("ours/{i}.wav")), i);
        room(&at(&format!("rooms/r{i}/a.wav")), i);
    }
    copy("ours/1.wav", "theirs/stereo.wav", 2);
    copy("ours/2.wav", "theirs/float.wav", 1);
    copy("rooms/r3/a.wav", "other-rooms/x/stereo.wav", 2);
    let spec = SourceSpec {
        noise: at("ours").into(),
        robot_noise: at("theirs").into(),
        rooms: at("rooms").into(),
        robot_rooms: at("other-rooms").into(),
        ..SourceSpec::default()
    };
    let (loaded, warnings) = load(&spec);
    let loaded = loaded.unwrap();
    assert_eq!(loaded.training.noises.sounds().len(), 2, "{warnings:?}");
    assert_eq!(loaded.training.rooms.sounds().len(), 3, "{warnings:?}");
    // A model that was trained with all of them knows them by what is heard, too.
    let all = spec.choose_for_training(&ContentIndex::in_memory(), &Warnings::default());
    let (noises, rooms) = all.unwrap().heard_in_training();
    let heard = |name: &str| {
        let wave = earnest_audio::read(at(name)).unwrap();
        earnest_audio::ContentHash::of(&wave).to_string()
    };
    assert!(noises.contents.contains(&heard("theirs/stereo.wav")));
    assert!(rooms.contents.contains(&heard("other-rooms/x/stereo.wav")));
}
