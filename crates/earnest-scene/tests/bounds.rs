//! Every number of a laboratory has bounds: what no laboratory has is refused by its key when the
//! file is read, and what is not refused can be heard.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::PathBuf;

use earnest_random::Key;
use earnest_scene::lab::{ByBand, Lab, LabError, Listener, Recorded, Setup};
use earnest_scene::simulate::Scene;
use toml::Value;

/// What no laboratory has.
const SENSELESS: [Value; 6] = [
    Value::Float(f64::NAN),
    Value::Float(f64::INFINITY),
    Value::Float(f64::NEG_INFINITY),
    Value::Float(1e300),
    Value::Float(-1e300),
    Value::Integer(i64::MAX),
];

/// A built-in lab with every optional number written out.
fn whole(name: &str) -> Lab {
    let mut lab = Lab::from_toml(Lab::built_in(name).unwrap()).unwrap();
    lab.recorded = Some(Recorded {
        folder: "ego".into(),
        level_db_spl: 60.0,
    });
    lab.speech.screen_loss_db = ByBand::Each([1.0; 7]);
    lab
}

/// A way to a number: keys and places in arrays.
type Way = Vec<String>;

/// The ways to all numbers of a value.
fn numbers(value: &Value, way: &Way, all: &mut Vec<Way>) {
    let mut further = |step: String, inner: &Value| {
        let mut way = way.clone();
        way.push(step);
        numbers(inner, &way, all);
    };
    match value {
        Value::Table(table) => table.iter().for_each(|(k, v)| further(k.clone(), v)),
        Value::Array(array) => {
            for (i, inner) in array.iter().enumerate() {
                further(i.to_string(), inner);
            }
        }
        Value::Integer(_) | Value::Float(_) => all.push(way.clone()),
        _ => {}
    }
}

fn at<'a>(value: &'a mut Value, way: &[String]) -> &'a mut Value {
    way.iter()
        .fold(value, |value, step| match step.parse::<usize>() {
            Ok(i) => &mut value[i],
            Err(_) => &mut value[step.as_str()],
        })
}

/// Its key, without places in arrays.
fn key(way: &[String]) -> &str {
    way.iter()
        .rev()
        .find(|step| step.parse::<usize>().is_err())
        .unwrap()
}

/// Calls `each` with the text of every change of one number into something senseless.
fn every_change(value: &Value, mut each: impl FnMut(&[String], &Value, &str)) -> usize {
    let mut ways = Vec::new();
    numbers(value, &Vec::new(), &mut ways);
    for way in &ways {
        for senseless in &SENSELESS {
            let mut changed = value.clone();
            *at(&mut changed, way) = senseless.clone();
            each(way, senseless, &toml::to_string(&changed).unwrap());
        }
    }
    ways.len()
}

#[test]
fn no_number_of_a_built_in_lab_may_be_senseless_and_the_error_names_its_key() {
    for name in Lab::names() {
        let value = Value::try_from(whole(name)).unwrap();
        let count = every_change(&value, |way, senseless, text| {
            let Err(error) = Lab::from_toml(text) else {
                panic!("{name}: {} = {senseless} is taken", way.join("."));
            };
            assert!(error.contains(key(way)), "{}: {error}", way.join("."));
        });
        assert!(count > 80, "{name} has {count} numbers");
    }
}

#[test]
fn no_number_of_a_scenes_description_may_be_senseless_but_any_seed_is_one() {
    let dir = tempfile::tempdir().unwrap();
    let scene = Scene {
        seed: 1,
        corpus: String::new(),
        events: None,
        sounds: Vec::new(),
        lab: whole("nao"),
    };
    let path = dir.path().join("scene.toml");
    fs::write(&path, toml::to_string(&scene).unwrap()).unwrap();
    assert!(Scene::of_folder(dir.path()).unwrap().is_some());
    let mut taken = 0;
    every_change(&Value::try_from(&scene).unwrap(), |way, senseless, text| {
        fs::write(&path, text).unwrap();
        match Scene::of_folder(dir.path()) {
            Ok(_) => {
                assert!(way == ["seed"] && senseless.is_integer(), "{way:?}");
                taken += 1;
            }
            Err(error) => {
                let error = error.to_string();
                assert!(
                    error.contains("scene.toml") && error.contains(key(way)),
                    "{way:?}: {error}"
                );
            }
        }
    });
    assert_eq!(taken, 1, "the largest whole number is a seed");
}

#[test]
fn an_error_says_which_table_what_is_there_and_what_may_be() {
    let good = Lab::built_in("icub").unwrap();
    for (from, to, words) in [
        (
            "seconds = [2.0, 10.0]",
            "seconds = [3, inf]",
            "event.seconds of \"babble\" has inf as its number 2; each must lie within 0.001 .. 600",
        ),
        (
            "seconds = [2.0, 10.0]",
            "seconds = [3, 2]",
            "event.seconds of \"babble\" is [3, 2]; it must ascend",
        ),
        (
            "move_s = [0.08, 0.25]",
            "move_s = [1e9, 1e9]",
            "motor.move_s of \"eyes\" has 1000000000 as its number 1; each must lie within",
        ),
        (
            "humidity = 50",
            "humidity = nan",
            "room.humidity is NaN; it must lie within 5 .. 100",
        ),
        (
            "rt60_s = [0.55, 0.50, 0.45, 0.40, 0.40, 0.38, 0.33]",
            "rt60_s = [0.55, 0.50, 0.45, nan, 0.40, 0.38, 0.33]",
            "room.rt60_s has NaN as its number 4; each must lie within 0.05 .. 8",
        ),
        ("bits = 16", "bits = 64", "microphones.bits is 64"),
        (
            "blades = 9",
            "blades = 0",
            "fan.blades of \"projectors\" is 0",
        ),
        (
            "low_hz = 60.0",
            "low_hz = 7700.0",
            "microphones.low_hz is 7700; it must lie below high_hz, which is 7600",
        ),
        (
            "per_minute = 0.5\nlevel_db_spl = [48.0, 60.0]\nseconds = [1.0, 3.0]",
            "per_minute = 600\nlevel_db_spl = [48.0, 60.0]\nseconds = [1.0, 600.0]",
            "event.per_minute of \"telephone\"",
        ),
    ] {
        let good = good.replace("[room]", "[room]\nhumidity = 50");
        assert!(good.contains(from), "{from}");
        let error = Lab::from_toml(&good.replacen(from, to, 1)).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn there_may_not_be_more_of_a_thing_than_memory_holds() {
    let good = Lab::built_in("icub").unwrap();
    let hum = "\n[[hum]]\nname = \"h\"\nbase_hz = 50\nfall_db = 3\nlevel_db_spl = 20\n";
    let many = format!("{good}{}", hum.repeat(200));
    let error = Lab::from_toml(&many).unwrap_err();
    assert!(error.contains("hum") && error.contains("100"), "{error}");
    let azimuths = "90, ".repeat(1_000);
    let from = "azimuths_deg = [0, 15,";
    assert!(good.contains(from));
    let error = Lab::from_toml(&good.replace(from, &format!("azimuths_deg = [{azimuths}0, 15,")))
        .unwrap_err();
    assert!(
        error.contains("speech.azimuths_deg") && error.contains("360"),
        "{error}"
    );
}

#[test]
fn a_small_room_may_not_sound_so_long_that_its_images_are_never_counted() {
    let good = Lab::built_in("nao").unwrap();
    let from = "size_m = [5.5, 4.5, 2.5]\nwalls = [\"plaster\", \"glass\", \"plaster\", \"curtain\", \"thick carpet\", \"plasterboard\"]";
    assert!(good.contains(from));
    let to = "size_m = [1, 1, 1]\nrt60_s = 8";
    let text = good
        .replace(from, to)
        .replace("place_m = [2.5, 1.8, 0.55]", "place_m = [0.5, 0.5, 0.5]")
        .replace("distance_m = 1.2", "distance_m = 0.3")
        .replace("height_m = 1.5", "height_m = 0.5")
        .replace("place_m = [5.0, 4.0, 1.8]", "place_m = [0.5, 0.9, 0.9]");
    let error = Lab::from_toml(&text).unwrap_err();
    assert!(
        error.contains("room.rt60_s") && error.contains("room.size_m"),
        "{error}"
    );
    assert!(Lab::from_toml(&text.replace("rt60_s = 8", "rt60_s = 1")).is_ok());
}

fn speech() -> Vec<f32> {
    (0..8_000)
        .map(|k| {
            let t = k as f32 / 16_000.0;
            (t * 9.0).sin().max(0.0) * ((t * 140.0).fract() - 0.5) * 0.3
        })
        .collect()
}

#[test]
fn an_ear_that_would_hear_nothing_or_no_numbers_is_an_error_and_not_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut lab = Lab::from_toml(Lab::built_in("icub").unwrap()).unwrap();
    lab.room.rt60_s = Some(ByBand::All(0.05));
    lab.speech.azimuths_deg = vec![90.0];
    lab.fan.clear();
    lab.motor.clear();
    lab.hum.clear();
    lab.event.clear();
    lab.speech.full_scale_db_spl = 0.0;
    lab.microphones.self_noise_db_spl = -60.0;
    lab.microphones.bits = 8;
    lab.microphones.full_scale_db_spl = 120.0;
    let heard = |lab: &Lab| {
        let setup = Setup::new(lab.clone(), None, 1).unwrap();
        Listener::default().hear(&setup, &speech(), &Key::new(1))
    };
    let error = heard(&lab).unwrap_err();
    assert!(matches!(error, LabError::Unheard { .. }), "{error}");
    assert!(error.to_string().contains("full_scale_db_spl"), "{error}");
    // What a program puts in without a file that would be refused.
    lab.speech.full_scale_db_spl = f64::NAN;
    let error = heard(&lab).unwrap_err();
    assert!(matches!(error, LabError::Unheard { .. }), "{error}");
    assert!(error.to_string().contains("NaN"), "{error}");

    // Nor does a corpus get such files: the utterance is named.
    let corpus: PathBuf = dir.path().join("corpus");
    fs::create_dir_all(&corpus).unwrap();
    earnest_audio::write_wav(
        corpus.join("ann1.wav"),
        &earnest_signal::Waveform::at_16k(speech()),
        earnest_audio::SampleFormat::Int16,
    )
    .unwrap();
    fs::write(
        corpus.join("manifest.csv"),
        "id,path,speaker,emotion\nthe-one,ann1.wav,ann,angry\n",
    )
    .unwrap();
    let corpus =
        earnest_corpus::Corpus::open(&corpus, &earnest_corpus::OpenOptions::default()).unwrap();
    lab.speech.full_scale_db_spl = 0.0;
    let scene = Scene {
        seed: 1,
        corpus: String::new(),
        events: None,
        sounds: Vec::new(),
        lab: lab.clone(),
    };
    let setup = Setup::new(lab, None, 1).unwrap();
    let out = dir.path().join("out");
    let summary = earnest_scene::simulate::simulate(&corpus, &scene, &setup, &out, || ()).unwrap();
    assert_eq!((summary.entries.len(), summary.failed.len()), (0, 1));
    assert!(
        summary.failed[0].starts_with("the-one: "),
        "{:?}",
        summary.failed
    );
    assert!(!out.join("ann1.wav").exists());
}

/// What is heard of a lab whose responses are soon computed.
fn soon_heard(mut lab: Lab) -> Result<(), String> {
    lab.recorded = None;
    lab.room.rt60_s = Some(ByBand::All(0.05));
    // A large room has few images.
    if lab.room.size_m == [6.0, 5.0, 2.8] {
        lab.room.size_m = [60.0, 50.0, 28.0];
    }
    lab.speech.azimuths_deg.truncate(1);
    for fan in &mut lab.fan {
        fan.place_m = None;
    }
    let setup = Setup::new(lab, None, 1).map_err(|e| e.to_string())?;
    let heard = Listener::default().hear(&setup, &speech(), &Key::new(1));
    match heard {
        Ok(heard) => {
            let finite = heard.channels.iter().flatten().all(|x| x.is_finite());
            assert!(finite && !heard.draws.noise_db_spl.is_nan());
            Ok(())
        }
        Err(LabError::Unheard { what, .. }) if what.contains("zeros") => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn at_either_end_of_its_bounds_every_number_gives_something_finite() {
    let lab = whole("icub");
    let value = Value::try_from(&lab).unwrap();
    let mut ways = Vec::new();
    numbers(&value, &Vec::new(), &mut ways);
    // One number of each key; the ends are those that the sentence names.
    ways.dedup_by(|a, b| key(a) == key(b) && a[0] == b[0]);
    let (mut heard, mut together) = (0, 0);
    for way in &ways {
        let mut changed = value.clone();
        *at(&mut changed, way) = Value::Float(1e300);
        let sentence = Lab::from_toml(&toml::to_string(&changed).unwrap()).unwrap_err();
        let Some((_, ends)) = sentence.rsplit_once("must lie within ") else {
            assert!(sentence.contains("u32"), "{sentence}");
            continue;
        };
        for end in ends.split(" .. ") {
            let end: f64 = end.parse().unwrap();
            *at(&mut changed, way) = Value::Float(end);
            // Alone, it may not fit the rest of the lab.
            match Lab::from_toml(&toml::to_string(&changed).unwrap()) {
                Ok(lab) => {
                    soon_heard(lab).unwrap_or_else(|e| panic!("{way:?} = {end}: {e}"));
                    heard += 1;
                }
                Err(_) => together += 1,
            }
        }
    }
    assert!(heard > 50 && together < heard, "{heard}, {together}");
}

#[test]
fn a_silent_utterance_and_a_silent_lab_have_no_snr_and_their_manifest_is_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("corpus");
    fs::create_dir_all(&folder).unwrap();
    for (name, samples) in [("silent.wav", vec![0.0; 8_000]), ("loud.wav", speech())] {
        let wave = earnest_signal::Waveform::at_16k(samples);
        let format = earnest_audio::SampleFormat::Int16;
        earnest_audio::write_wav(folder.join(name), &wave, format).unwrap();
    }
    let manifest = "path,speaker,emotion\nsilent.wav,ann,angry\nloud.wav,ann,angry\n";
    fs::write(folder.join("manifest.csv"), manifest).unwrap();
    let options = earnest_corpus::OpenOptions::default();
    let corpus = earnest_corpus::Corpus::open(&folder, &options).unwrap();
    let mut lab = Lab::from_toml(Lab::built_in("icub").unwrap()).unwrap();
    lab.room.rt60_s = Some(ByBand::All(0.05));
    lab.speech.azimuths_deg = vec![90.0];
    lab.motor.clear();
    lab.hum.clear();
    lab.event.clear();
    for (name, fans, of_silence, of_speech) in [
        ("fan", 1, f64::NEG_INFINITY, None),
        ("quiet", 0, f64::NAN, Some(f64::INFINITY)),
    ] {
        lab.fan.truncate(fans);
        let scene = Scene {
            seed: 1,
            corpus: String::new(),
            events: None,
            sounds: Vec::new(),
            lab: lab.clone(),
        };
        let setup = Setup::new(lab.clone(), None, 1).unwrap();
        let out = dir.path().join(name);
        let summary =
            earnest_scene::simulate::simulate(&corpus, &scene, &setup, &out, || ()).unwrap();
        assert!(summary.failed.is_empty(), "{:?}", summary.failed);
        let entries = Scene::entries(&out).unwrap();
        assert_eq!(entries.len(), 2);
        for (again, made) in entries.iter().zip(&summary.entries) {
            let (snr, same) = (again.draws.snr_db, made.draws.snr_db);
            assert_eq!(snr.to_string(), same.to_string());
            match again.id.contains("silent") {
                true => assert_eq!(snr.to_string(), of_silence.to_string()),
                false => assert!(of_speech.map_or(snr.is_finite(), |of| snr == of), "{snr}"),
            }
        }
    }
}
