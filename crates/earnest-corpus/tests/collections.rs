//! Collections of noises in the layouts in which they are published, and how they are split.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod tree;

use std::fs;

use earnest_audio::{SampleFormat, write_wav};
use earnest_corpus::{Collection, SoundMemory, inspect_noises, load_noises};
use earnest_signal::Waveform;

use tree::{text, wav};

/// Names, sources and classes, as they are listed.
fn listed(collection: &Collection) -> Vec<(&str, &str, &str)> {
    let clips = collection.clips.iter();
    clips
        .map(|c| {
            let class = c.category.as_deref().unwrap_or("");
            (c.name.as_str(), c.source.as_str(), class)
        })
        .collect()
}

/// What was left out, in words.
fn left_out(collection: &Collection) -> Vec<String> {
    collection
        .left_out
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn esc_50_gives_its_classes_and_folds_and_leaves_voices_out() {
    let dir = tempfile::tempdir().unwrap();
    let mut table = String::from("filename,fold,target,category,esc10,src_file,take\n");
    for (i, (fold, category)) in [
        (1, "dog"),
        (2, "rain"),
        (3, "engine"),
        (3, "laughing"),
        (2, "siren"),
    ]
    .iter()
    .enumerate()
    {
        let name = format!("{fold}-{i}-A-0.wav");
        if i != 4 {
            wav(dir.path(), &format!("audio/{name}"));
        }
        table.push_str(&format!("{name},{fold},0,{category},False,{i},A\n"));
    }
    text(dir.path(), "meta/esc50.csv", &table);
    let collection = Collection::open(dir.path()).unwrap();
    assert_eq!((collection.layout, collection.clips.len()), ("ESC-50", 3));
    assert_eq!(collection.left_out.len(), 2, "{:?}", collection.left_out);
    let (training, held) = collection.hold_out();
    assert_eq!((training.len(), held.len()), (2, 1));
    assert_eq!(held[0].fold, Some(3));
}

#[test]
fn a_plain_folder_is_split_by_source() {
    let dir = tempfile::tempdir().unwrap();
    for i in 0..9 {
        wav(dir.path(), &format!("n{i}.wav"));
    }
    let (training, held) = Collection::open(dir.path()).unwrap().hold_out();
    assert_eq!((training.len(), held.len()), (7, 2));
    let empty = tempfile::tempdir().unwrap();
    assert!(Collection::open(empty.path()).is_err());
}

#[test]
fn urbansound8k_gives_classes_folds_and_freesound_ids_and_names_bad_lines() {
    let dir = tempfile::tempdir().unwrap();
    for file in [
        "fold1/100-3-0-0.wav",
        "fold1/100-3-0-1.wav",
        "fold10/200-8-0-0.wav",
        "fold2/300-2-0-0.wav",
    ] {
        wav(dir.path(), &format!("audio/{file}"));
    }
    text(
        dir.path(),
        "metadata/UrbanSound8K.csv",
        "slice_file_name,fsID,start,end,salience,fold,classID,class\n\
         100-3-0-0.wav,100,0.0,4.0,1,1,3,dog_bark\n\
         100-3-0-1.wav,100,4.0,8.0,1,1,3,dog_bark\n\
         200-8-0-0.wav,200,0.0,4.0,2,10,8,siren\n\
         300-2-0-0.wav,300,0.0,4.0,1,2,2,children_playing\n\
         400-1-0-0.wav,400,0.0,4.0,1,3,1,car_horn\n\
         500-1-0-0.wav,500,0.0\n\
         600-1-0-0.wav,600,0.0,4.0,1,three,1,car_horn\n",
    );
    let collection = Collection::open(dir.path()).unwrap();
    assert_eq!(collection.layout, "UrbanSound8K");
    assert_eq!(
        listed(&collection),
        [
            ("fold1/100-3-0-0.wav", "freesound:100", "dog_bark"),
            ("fold1/100-3-0-1.wav", "freesound:100", "dog_bark"),
            ("fold10/200-8-0-0.wav", "freesound:200", "siren"),
        ]
    );
    let reasons = left_out(&collection).join("\n");
    for words in [
        "fold2/300-2-0-0.wav: children_playing has human voices",
        "UrbanSound8K.csv:6 audio/fold3/400-1-0-0.wav: no such file",
        "UrbanSound8K.csv:7: no fold",
        "UrbanSound8K.csv:8: fold is no number",
    ] {
        assert!(reasons.contains(words), "{words} is not in\n{reasons}");
    }
    assert_eq!(collection.voices[0].name, "fold2/300-2-0-0.wav");
    let (training, held) = collection.hold_out();
    assert_eq!((training.len(), held.len()), (2, 1));
    assert_eq!(held[0].fold, Some(10));
}

#[test]
fn musan_gives_its_noise_and_neither_speech_nor_music() {
    let dir = tempfile::tempdir().unwrap();
    // As the archive unpacks: with one more folder around.
    for file in [
        "musan/noise/free-sound/noise-free-sound-0000.wav",
        "musan/noise/sound-bible/noise-sound-bible-0001.wav",
        "musan/speech/librivox/speech-librivox-0000.wav",
        "musan/music/fma/music-fma-0000.wav",
    ] {
        wav(dir.path(), file);
    }
    text(dir.path(), "musan/README", "MUSAN");
    let collection = Collection::open(dir.path()).unwrap();
    assert_eq!(collection.layout, "MUSAN");
    assert_eq!(
        listed(&collection),
        [
            (
                "free-sound/noise-free-sound-0000.wav",
                "MUSAN:noise-free-sound-0000",
                "free-sound"
            ),
            (
                "sound-bible/noise-sound-bible-0001.wav",
                "MUSAN:noise-sound-bible-0001",
                "sound-bible"
            ),
        ]
    );
    assert_eq!(
        left_out(&collection),
        ["speech: it is human voice", "music: much of it is sung"]
    );
}

#[test]
fn demand_gives_one_channel_of_each_place_where_nobody_talks() {
    let dir = tempfile::tempdir().unwrap();
    for place in ["DKITCHEN", "TBUS", "SCAFE", "NRIVER_16k/NRIVER"] {
        for channel in ["ch01", "ch02", "ch16"] {
            wav(dir.path(), &format!("{place}/{channel}.wav"));
        }
    }
    let collection = Collection::open(dir.path()).unwrap();
    assert_eq!(collection.layout, "DEMAND");
    assert_eq!(
        listed(&collection),
        [
            ("DKITCHEN/ch01.wav", "DEMAND:DKITCHEN", "domestic"),
            ("NRIVER_16k/ch01.wav", "DEMAND:NRIVER", "nature"),
            ("TBUS/ch01.wav", "DEMAND:TBUS", "transportation"),
        ]
    );
    assert_eq!(left_out(&collection), ["SCAFE: people talk there"]);
    let (facts, bad) = inspect_noises(&collection.clips, || ());
    assert_eq!((facts.len(), bad.len()), (3, 0));
}

#[test]
fn ms_snsd_holds_its_own_test_noises_out_and_takes_no_speech() {
    let dir = tempfile::tempdir().unwrap();
    for file in [
        "noise_train/AirConditioner_1.wav",
        "noise_train/Babble_1.wav",
        "noise_train/Typing_2.wav",
        "noise_test/AirConditioner_9.wav",
        "noise_test/NeighborSpeaking_3.wav",
        "clean_train/clnsp1.wav",
    ] {
        wav(dir.path(), file);
    }
    let collection = Collection::open(dir.path()).unwrap();
    assert_eq!(collection.layout, "MS-SNSD");
    assert_eq!(left_out(&collection).len(), 3);
    let (training, held) = collection.hold_out();
    let names = |list: &[earnest_corpus::Clip]| -> Vec<String> {
        list.iter().map(|c| c.name.clone()).collect()
    };
    assert_eq!(
        names(&training),
        [
            "noise_train/AirConditioner_1.wav",
            "noise_train/Typing_2.wav"
        ]
    );
    assert_eq!(names(&held), ["noise_test/AirConditioner_9.wav"]);
    assert_eq!(held[0].category.as_deref(), Some("AirConditioner"));
}

#[test]
fn a_folder_without_folders_names_has_classes_from_folders_and_bad_files_are_named() {
    let dir = tempfile::tempdir().unwrap();
    wav(dir.path(), "kitchen/tap.wav");
    wav(dir.path(), "street/tram.wav");
    text(dir.path(), "street/broken.wav", "RIFF");
    let silent = Waveform::at_16k(vec![0.0; 1000]);
    write_wav(
        dir.path().join("kitchen/silent.wav"),
        &silent,
        SampleFormat::Int16,
    )
    .unwrap();
    let collection = Collection::open(dir.path()).unwrap();
    let classes: Vec<&str> = listed(&collection).iter().map(|(_, _, c)| *c).collect();
    assert_eq!(classes, ["kitchen", "kitchen", "street", "street"]);
    let (facts, bad) = inspect_noises(&collection.clips, || ());
    assert_eq!(facts.len(), 2);
    assert!(
        (facts[0].level_db + 13.5).abs() < 0.2,
        "{}",
        facts[0].level_db
    );
    let loaded = load_noises(&collection.clips, &mut SoundMemory::mebibytes(1), || ());
    assert_eq!(loaded.bank.sounds().len(), 2);
    for list in [bad, loaded.left_out] {
        let names: Vec<&str> = list.iter().map(|l| l.what.as_str()).collect();
        assert_eq!(names, ["kitchen/silent.wav", "street/broken.wav"]);
    }
}

#[test]
fn a_collection_whose_table_cannot_be_read_is_no_plain_folder_with_its_voices() {
    let dir = tempfile::tempdir().unwrap();
    wav(dir.path(), "audio/1-1-A-20.wav");
    assert_eq!(Collection::open(dir.path()).unwrap().layout, "folder");
    let table = dir.path().join("meta/esc50.csv");
    let refused = |why: &str| {
        let error = Collection::open(dir.path()).expect_err(why).to_string();
        assert!(error.contains("esc50.csv"), "{error}");
    };
    fs::create_dir_all(&table).unwrap();
    refused("a folder where the table should be");
    fs::remove_dir(&table).unwrap();
    std::os::unix::fs::symlink("gone", &table).unwrap();
    refused("a link that leads nowhere");
    fs::remove_file(&table).unwrap();
    fs::write(&table, "").unwrap();
    refused("an empty file");
}

#[test]
fn a_collection_of_which_something_cannot_be_listed_is_refused_by_its_name() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    let odd = std::ffi::OsStr::from_bytes(b"\xff.wav");
    for (name, target) in [("gone.wav", "nowhere"), ("noise/up", "..")] {
        let dir = tempfile::tempdir().unwrap();
        wav(dir.path(), "noise/a.wav");
        symlink(target, dir.path().join(name)).unwrap();
        for open in [Collection::open, Collection::open_rooms] {
            let error = open(dir.path()).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }
    let dir = tempfile::tempdir().unwrap();
    wav(dir.path(), "a.wav");
    fs::copy(dir.path().join("a.wav"), dir.path().join(odd)).unwrap();
    assert!(Collection::open(dir.path()).is_err());
    assert!(Collection::open_rooms(dir.path()).is_err());
}

#[test]
fn clips_of_which_the_table_does_not_speak_are_left_out_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let mut table = String::from("filename,fold,target,category,esc10,src_file,take\n");
    for i in 0..4 {
        wav(dir.path(), &format!("audio/1-{i}-A-0.wav"));
        table.push_str(&format!("1-{i}-A-0.wav,1,0,rain,False,{i},A\n"));
    }
    let whole = table.clone();
    let cut: String = whole.lines().take(3).map(|l| format!("{l}\n")).collect();
    text(dir.path(), "meta/esc50.csv", &cut);
    let collection = Collection::open(dir.path()).unwrap();
    assert_eq!(collection.clips.len(), 2);
    let named: Vec<&str> = collection
        .left_out
        .iter()
        .map(|l| l.what.as_str())
        .collect();
    assert_eq!(named, ["1-2-A-0.wav", "1-3-A-0.wav"]);
    assert!(collection.left_out[0].why.contains("esc50.csv"));
}
