//! Which parts of a recording are speech.
#![allow(clippy::unwrap_used, clippy::panic)]

use earnest_recogniser::voice_activity::{Detector, Silero, VoiceActivity, WINDOW};

fn speech() -> Vec<f32> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../earnest-features/tests/reference/male_16000.flac"
    );
    earnest_audio::read(path).unwrap().samples().to_vec()
}

/// The noise of `compare/silero.py`.
fn noise(n: usize) -> Vec<f32> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (f64::from(state) / 2_f64.powi(32) - 0.5) as f32
    };
    (0..n).map(|_| next()).collect()
}

fn probabilities(detector: &mut dyn VoiceActivity, samples: &[f32]) -> Vec<f32> {
    let windows = samples.chunks_exact(WINDOW);
    windows
        .map(|window| detector.hear(window.try_into().unwrap()))
        .collect()
}

#[test]
fn silero_says_what_its_own_file_says_in_onnx_runtime() {
    let speech = speech();
    let mut silero = Silero::as_published();
    for (name, samples) in [
        ("speech", speech.clone()),
        ("soft", speech.iter().map(|x| x * 0.01).collect()),
        ("noisy", {
            let noise = noise(speech.len());
            speech.iter().zip(noise).map(|(x, n)| x + 0.2 * n).collect()
        }),
    ] {
        silero.reset();
        let given = probabilities(&mut silero, &samples);
        let expected: Vec<f32> = include_str!("reference/silero.csv")
            .lines()
            .filter_map(|line| line.strip_prefix(&format!("{name},")))
            .map(|line| line.split(',').nth(1).unwrap().parse().unwrap())
            .collect();
        assert_eq!(given.len(), expected.len());
        assert!(given.len() > 30);
        for (i, (a, b)) in given.iter().zip(&expected).enumerate() {
            assert!((a - b).abs() < 1e-5, "{name}, window {i}: {a}, not {b}");
        }
    }
}

#[test]
fn a_detector_that_was_reset_hears_as_a_new_one() {
    let speech = speech();
    for detector in Detector::ALL {
        let mut detector = detector.open();
        let first = probabilities(&mut *detector, &speech);
        detector.reset();
        assert_eq!(first, probabilities(&mut *detector, &speech));
    }
}

#[test]
fn silence_is_no_speech_to_any_detector() {
    for detector in Detector::ALL {
        let mut detector = detector.open();
        let heard = probabilities(&mut *detector, &vec![0.0; 300 * WINDOW]);
        let most = heard.iter().copied().fold(0.0, f32::max);
        assert!(most < 0.2, "{most}");
    }
}

#[test]
fn soft_speech_is_found_as_loud_speech_is() {
    let Some(data) = std::env::var_os("EARNEST_DATA") else {
        eprintln!("SKIPPED: real speech is not here (EARNEST_DATA names no folder)");
        return;
    };
    let folder = std::path::Path::new(&data).join("emodb/wav");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let waves: Vec<Vec<f32>> = (files.iter().step_by(25))
        .map(|file| earnest_audio::read(file).unwrap().samples().to_vec())
        .collect();
    let found = |db: i32| {
        let factor = 10_f32.powf(db as f32 / 20.0);
        let of = |wave: &Vec<f32>| {
            let samples: Vec<f32> = wave.iter().map(|x| x * factor).collect();
            let heard = probabilities(&mut Silero::new(), &samples);
            heard.iter().filter(|p| **p >= 0.5).count()
        };
        waves.iter().map(of).sum::<usize>()
    };
    let loud = found(0);
    assert!(loud > 1000);
    for db in [-20, -40, -50] {
        assert!(
            found(db) * 100 > loud * 95,
            "{} of {loud} at {db} dB",
            found(db)
        );
    }
}

#[test]
fn a_voice_after_hours_of_noise_is_found_as_one_at_the_start() {
    // Of an hour of noise five minutes say as much: what matters is that the state is forgotten.
    let mut silero = Silero::new();
    let fresh = probabilities(&mut silero, &speech());
    silero.reset();
    let noise: Vec<f32> = noise(300 * 16_000).iter().map(|x| 0.05 * x).collect();
    let heard = probabilities(&mut silero, &noise);
    assert!(heard.iter().all(|p| *p < 0.35));
    let count = |heard: &[f32]| heard.iter().filter(|p| **p >= 0.5).count();
    let after = probabilities(&mut silero, &speech());
    assert!(count(&after) * 10 >= count(&fresh) * 8);
}
