//! A corpus as a robot in a laboratory hears it.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use earnest_audio::{SampleFormat, write_wav, write_wav_channels};
use earnest_corpus::{ContentIndex, Corpus, OpenOptions};
use earnest_random::Key;
use earnest_scene::lab::{Event, Lab, Listener, Setup};
use earnest_scene::simulate::{Scene, SimulateError, simulate};
use earnest_signal::{Waveform, rms};

/// A corpus of bursts.
fn corpus(folder: &Path, n: usize) -> Corpus {
    let mut manifest = String::from("path,speaker,emotion\n");
    fs::create_dir_all(folder.join("ann")).unwrap();
    for i in 0..n {
        let samples = (0..16_000 + 3_000 * (i % 5))
            .map(|k| {
                let t = k as f32 / 16_000.0;
                (t * 9.0).sin().max(0.0) * ((t * (120.0 + i as f32)).fract() - 0.5) * 0.3
            })
            .collect();
        let name = format!("ann/{i}.wav");
        write_wav(
            folder.join(&name),
            &Waveform::at_16k(samples),
            SampleFormat::Int16,
        )
        .unwrap();
        manifest.push_str(&format!("{name},ann,angry\n"));
    }
    fs::write(folder.join("manifest.csv"), manifest).unwrap();
    Corpus::open(folder, &OpenOptions::default()).unwrap()
}

fn icub() -> Lab {
    Lab::from_toml(Lab::built_in("icub").unwrap()).unwrap()
}

fn scene(corpus: &Corpus, lab: Lab, seed: u64) -> (Scene, Setup) {
    let setup = Setup::new(lab.clone(), None, seed).unwrap();
    let scene = Scene {
        seed,
        corpus: corpus
            .audio_fingerprint(&corpus.contents(&ContentIndex::in_memory(), || ()).unwrap()),
        events: None,
        lab,
        sounds: Vec::new(),
    };
    (scene, setup)
}

/// All files below a folder and their bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut rest = vec![folder.to_owned()];
    while let Some(next) = rest.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => rest.push(path),
                false => {
                    let name = path.strip_prefix(folder).unwrap().display().to_string();
                    all.insert(name, fs::read(path).unwrap());
                }
            }
        }
    }
    all
}

#[test]
fn one_thread_and_four_and_a_stop_in_between_give_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let corpus = corpus(&dir.path().join("corpus"), 12);
    let (scene, setup) = scene(&corpus, icub(), 5);
    let with = |threads: usize, out: &str| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let out = dir.path().join(out);
        let summary = pool
            .install(|| simulate(&corpus, &scene, &setup, &out, || ()))
            .unwrap();
        assert_eq!((summary.entries.len(), summary.failed.len()), (12, 0));
        (files(&out), summary.from_before)
    };
    let (one, _) = with(1, "one");
    assert_eq!(one.len(), 14, "{:?}", one.keys());
    assert_eq!(with(4, "four").0, one);
    // Stopped: a manifest that ends in the middle of a line, a file that is not there yet.
    let stopped = dir.path().join("stopped");
    with(2, "stopped");
    let manifest = fs::read_to_string(stopped.join("scene.jsonl")).unwrap();
    let half = &manifest[..manifest.len() / 2];
    fs::write(stopped.join("scene.jsonl.part"), half).unwrap();
    fs::remove_file(stopped.join("scene.jsonl")).unwrap();
    fs::remove_file(stopped.join("ann/1.wav")).unwrap();
    let (again, from_before) = with(2, "stopped");
    assert_eq!(again, one);
    assert!((3..6).contains(&from_before), "{from_before}");
}

#[test]
fn another_seed_or_lab_in_the_same_folder_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let corpus = corpus(&dir.path().join("corpus"), 2);
    let out = dir.path().join("out");
    let (first, setup) = scene(&corpus, icub(), 1);
    simulate(&corpus, &first, &setup, &out, || ()).unwrap();
    let before = files(&out);
    let (other, setup) = scene(&corpus, icub(), 2);
    let error = simulate(&corpus, &other, &setup, &out, || ()).unwrap_err();
    assert!(matches!(error, SimulateError::Other { .. }), "{error}");
    assert_eq!(files(&out), before);
}

/// Nothing but speech.
fn quiet(mut lab: Lab) -> Lab {
    lab.fan.clear();
    lab.motor.clear();
    lab.hum.clear();
    lab.event.clear();
    lab.microphones.self_noise_db_spl = -60.0;
    lab.microphones.bits = 24;
    lab
}

fn speech() -> Vec<f32> {
    (0..24_000)
        .map(|k| {
            let t = k as f32 / 16_000.0;
            (t * 9.0).sin().max(0.0) * ((t * 140.0).fract() - 0.5) * 0.3
        })
        .collect()
}

#[test]
fn nothing_is_normalised_and_direct_sound_keeps_its_time() {
    let setup = Setup::new(quiet(icub()), None, 1).unwrap();
    let mut listener = Listener::default();
    let key = Key::new(3);
    let loud = listener.hear(&setup, &speech(), &key).unwrap();
    let half: Vec<f32> = speech().iter().map(|x| x * 0.5).collect();
    let soft = listener.hear(&setup, &half, &key).unwrap();
    for (a, b) in loud.channels.iter().zip(&soft.channels) {
        assert!((rms(a) / rms(b) - 2.0).abs() < 1e-3);
        assert_eq!(a.len(), 24_000);
    }
    let change = loud.draws.speech_db_spl - soft.draws.speech_db_spl;
    assert!((change - 6.02).abs() < 0.01);
    // A click comes out where it went in, but for the head's millisecond.
    let mut click = vec![0.0_f32; 8_000];
    click[2_000] = 0.5;
    let heard = listener.hear(&setup, &click, &key).unwrap();
    for ear in &heard.channels {
        let at = earnest_signal::direct_path(ear, 16_000);
        assert!((1_995..2_020).contains(&at), "{at}");
    }
}

#[test]
fn speech_has_the_level_that_the_loudspeaker_gives_it() {
    let mut lab = quiet(icub());
    // Hardly a reflection, straight ahead, no screen, at 1 m, at the height of the head.
    lab.room.rt60_s = Some(earnest_scene::lab::ByBand::All(0.05));
    lab.speech.distance_m = 1.0;
    lab.speech.azimuths_deg = vec![90.0];
    lab.speech.height_m = lab.head.place_m[2];
    lab.speech.full_scale_db_spl = 90.0;
    lab.speech.low_hz = 20.0;
    lab.speech.screen_loss_db = earnest_scene::lab::ByBand::All(0.0);
    let setup = Setup::new(lab, None, 1).unwrap();
    let noise = |i: usize| 0.1 * 1.732 * ((i * 7919 % 2111) as f32 / 1055.0 - 1.0);
    let mut noise: Vec<f32> = (0..32_000).map(noise).collect();
    // Below 800 Hz, where a head is small.
    let dark = |hz| earnest_signal::low_pass(hz, 800.0, 4);
    earnest_signal::SpectrumShaper::default().shape(&mut noise, 16_000, dark);
    let below = 20.0 * f64::from(rms(&noise) * std::f32::consts::SQRT_2).log10();
    let heard = Listener::default()
        .hear(&setup, &noise, &Key::new(1))
        .unwrap();
    let level = heard.draws.speech_db_spl;
    let expected = 90.0 + below;
    assert!((level - expected).abs() < 2.0, "{level} for {expected}");
}

#[test]
fn events_come_as_often_as_the_lab_says_and_raise_the_noise() {
    let mut lab = icub();
    lab.event.retain(|e| e.kind == "babble");
    lab.event[0].per_minute = 20.0;
    lab.event[0].seconds = [1.0, 2.0];
    lab.event[0].level_db_spl = [75.0, 76.0];
    let loud = Setup::new(lab.clone(), None, 1).unwrap();
    lab.event.clear();
    let without = Setup::new(lab, None, 1).unwrap();
    let mut listener = Listener::default();
    let (mut events, mut seconds) = (0, 0.0);
    for i in 0..60_u64 {
        let key = Key::new(2).with(i);
        let a = listener.hear(&loud, &speech(), &key).unwrap();
        let b = listener.hear(&without, &speech(), &key).unwrap();
        events += a.draws.events.len();
        seconds += 1.5;
        let overlap = |e: &Event| (e.start_s + e.seconds).min(1.5) - e.start_s.max(0.0);
        if a.draws.events.iter().any(|e| overlap(e) > 0.5) {
            assert!(a.draws.noise_db_spl > b.draws.noise_db_spl + 2.0);
        } else if a.draws.events.is_empty() {
            assert_eq!(a.channels, b.channels, "all else is drawn as before");
        }
    }
    // Each is heard in utterances that it overlaps: 1.5 s of them and 1.5 s of its own.
    let expected = 20.0 / 60.0 * seconds * 2.0;
    assert!(
        (events as f64 / expected - 1.0).abs() < 0.35,
        "{events} for {expected}"
    );
}

#[test]
fn converters_clip_at_their_full_scale_and_it_is_counted() {
    let mut lab = icub();
    lab.microphones.full_scale_db_spl = 62.0;
    let setup = Setup::new(lab, None, 1).unwrap();
    let heard = Listener::default()
        .hear(&setup, &speech(), &Key::new(1))
        .unwrap();
    assert_eq!((heard.channels.len(), heard.draws.clipped.len()), (2, 2));
    assert!(
        heard.draws.clipped.iter().all(|c| *c > 10),
        "{:?}",
        heard.draws.clipped
    );
    assert!(
        heard
            .channels
            .iter()
            .flatten()
            .all(|x| (-1.0..1.0).contains(x))
    );
}

#[test]
fn measured_responses_and_a_recorded_robot_take_the_place_of_computed_ones() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("rooms")).unwrap();
    fs::create_dir_all(dir.path().join("ego")).unwrap();
    for (i, late) in [12, 0].iter().enumerate() {
        let ear = |delay: usize| -> Vec<f32> {
            let mut x = vec![0.0_f32; 4_000];
            x[300 + delay] = 0.01;
            for k in 0..3_000 {
                let noise = (k * 7919 % 211) as f32 / 105.0 - 1.0;
                x[320 + delay + k] += 0.001 * noise * (-(k as f32) / 600.0).exp();
            }
            x
        };
        let path = dir.path().join(format!("rooms/place_{i}.wav"));
        write_wav_channels(
            path,
            &[&ear(*late), &ear(12 - late)],
            16_000,
            SampleFormat::Float32,
        )
        .unwrap();
    }
    let hiss = (0..32_000)
        .map(|k| 0.1 * ((k * 7919 % 2111) as f32 / 1055.0 - 1.0))
        .collect();
    write_wav(
        dir.path().join("ego/a.wav"),
        &Waveform::at_16k(hiss),
        SampleFormat::Int16,
    )
    .unwrap();
    let text = Lab::built_in("icub").unwrap();
    let text = text.replace(
        "rt60_s = [0.55, 0.50, 0.45, 0.40, 0.40, 0.38, 0.33]",
        "responses = \"rooms\"",
    );
    let text = format!("{text}\n[recorded]\nfolder = \"ego\"\nlevel_db_spl = 60.0\n");
    let lab = Lab::from_toml(&text).unwrap();
    let setup = Setup::new(lab.below(dir.path()), None, 1).unwrap();
    let heard = Listener::default()
        .hear(&setup, &speech(), &Key::new(1))
        .unwrap();
    assert!(heard.draws.movements.is_empty());
    assert!(
        heard.draws.noise_db_spl > 59.0,
        "{}",
        heard.draws.noise_db_spl
    );
    // Direct sound has the level of a source as far away as the lab says.
    assert!(
        (50.0..75.0).contains(&heard.draws.speech_db_spl),
        "{}",
        heard.draws.speech_db_spl
    );
}

#[test]
fn the_two_ears_of_the_aachen_database_have_a_file_each() {
    let dir = tempfile::tempdir().unwrap();
    let rooms = dir.path().join("air");
    fs::create_dir_all(&rooms).unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../earnest-corpus/tests/rooms");
    let both = [
        "air_binaural_booth_0_1_2.mat",
        "air_binaural_booth_1_1_2.mat",
    ];
    for name in both {
        fs::copy(fixtures.join(name), rooms.join(name)).unwrap();
    }
    let text = Lab::built_in("icub").unwrap().replace(
        "rt60_s = [0.55, 0.50, 0.45, 0.40, 0.40, 0.38, 0.33]",
        "responses = \"air\"",
    );
    let lab = quiet(Lab::from_toml(&text).unwrap());
    let setup = Setup::new(lab.clone().below(dir.path()), None, 1).unwrap();
    let heard = Listener::default()
        .hear(&setup, &speech(), &Key::new(1))
        .unwrap();
    assert!(heard.channels[0] != heard.channels[1]);
    fs::remove_file(rooms.join(both[1])).unwrap();
    let error = Setup::new(lab.below(dir.path()), None, 1)
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("other ear"), "{error}");
}
