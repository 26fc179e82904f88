//! The 88 functionals: beside openSMILE's own, as they come and at once, and where there is little to
//! say. `examples/parity.rs` compares whole folders.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod sound;

use std::collections::BTreeSet;
use std::path::Path;

use earnest_features::front_end::functionals::Functionals;
use earnest_features::functionals::{COUNT, FunctionalStream, NAMES, Set, SlidingWindows};
use earnest_features::{Extractor, FrontEnd};
use earnest_random::Key;

/// Where the functional of this name stands.
fn place(name: &str) -> usize {
    NAMES.iter().position(|n| *n == name).unwrap()
}

/// How far off a value may be: functionals are as exact as their descriptors, of which F0 is known to a
/// few of its last bits; slopes are differences of it, each second.
fn allowed(name: &str, value: f32) -> f32 {
    let absolute = if name.starts_with("F0") && name.ends_with("Slope") {
        0.02
    } else {
        1e-4
    };
    absolute + 2e-4 * value.abs()
}

#[test]
fn every_functional_is_opensmiles_on_our_own_signals() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    for (set, table) in [(Set::EgemapsV01a, "v01a"), (Set::EgemapsV02, "v02")] {
        let table = folder.join("functionals").join(format!("{table}.csv"));
        let mut reader = csv::Reader::from_path(table).unwrap();
        let header = reader.headers().unwrap().clone();
        assert!(header.iter().skip(1).eq(NAMES));
        let (mut files, mut none, mut same) = (0, 0, 0);
        for record in reader.records().map(Result::unwrap) {
            let file = folder.join(&record[0]);
            let file = if file.exists() {
                file
            } else {
                folder.join("functionals").join(&record[0])
            };
            let recording = sound::read(&file).unwrap();
            let mut stream = FunctionalStream::new(recording.rate, set).unwrap();
            files += 1;
            let Some(ours) = stream.of(&recording.samples) else {
                // openSMILE's package says nothing of what is shorter than a long frame.
                assert!(record.iter().skip(1).all(str::is_empty), "{file:?}");
                none += 1;
                continue;
            };
            for ((name, a), b) in NAMES.iter().zip(ours).zip(record.iter().skip(1)) {
                let b: f32 = b.parse().unwrap();
                same += usize::from(a == b);
                assert!(
                    (a - b).abs() <= allowed(name, b),
                    "{set:?}, {}: {name} is {a}, openSMILE has {b}",
                    &record[0]
                );
            }
        }
        let share = 100.0 * same as f64 / ((files - none) * COUNT) as f64;
        println!("{set:?}: {files} files, {share:.1} % of values the same to the bit");
        assert!(files >= 25 && none == 1 && share > 70.0);
    }
}

/// Something like speech: voice and noise in turns, with pauses.
fn speech(samples: usize, seed: u64) -> Vec<f32> {
    let mut generator = Key::new(seed).generator();
    let mut phase = 0.0_f64;
    (0..samples)
        .map(|i| {
            let t = i as f64 / 16_000.0;
            phase += (130.0 + 60.0 * (3.0 * t).sin()) / 16_000.0;
            let voiced = f64::from(u8::from((1.7 * t).fract() < 0.6));
            let level = 0.3 + 0.2 * (11.0 * t).sin();
            let voice = level * voiced * (0.5 - phase.fract()).powi(3);
            (voice + 0.003 * generator.normal()) as f32
        })
        .collect()
}

#[test]
fn a_segment_that_grows_has_at_any_time_what_its_samples_have_as_a_whole() {
    let samples = speech(40_000, 1);
    for set in [Set::EgemapsV02, Set::EgemapsV01a] {
        let mut growing = FunctionalStream::new(16_000, set).unwrap();
        let mut whole = FunctionalStream::new(16_000, set).unwrap();
        let mut generator = Key::new(2).generator();
        for longest in [170_usize, 700, 5_000] {
            let mut end = 0;
            while end < samples.len() {
                let start = end;
                end = (end + 1 + generator.below(longest)).min(samples.len());
                growing.push(&samples[start..end]);
                // Every step at the beginning, where no F0 is decided yet; then some.
                if end < 4_000 || generator.below(20) == 0 || end == samples.len() {
                    let so_far = whole.of(&samples[..end]);
                    assert_eq!(growing.functionals(), so_far, "{end} samples");
                    assert_eq!(so_far.is_some(), end >= 960);
                }
            }
            assert_eq!(growing.finish(), whole.of(&samples));
            assert_eq!(growing.functionals(), None);
        }
    }
}

#[test]
fn a_window_is_a_segment_of_its_own() {
    let samples = speech(50_000, 3);
    let mut alone = FunctionalStream::new(16_000, Set::EgemapsV02).unwrap();
    for (window, hop) in [(16_000, 4_000), (9_000, 9_000), (5_000, 8_123), (960, 700)] {
        let mut windows = SlidingWindows::new(16_000, Set::EgemapsV02, window, hop).unwrap();
        let mut found = Vec::new();
        for piece in samples.chunks(777) {
            windows.push(piece, &mut |row| found.push(*row));
        }
        assert_eq!(found.len(), windows.windows(samples.len()));
        assert_eq!(found.len(), (samples.len() - window) / hop + 1);
        for (k, row) in found.iter().enumerate() {
            let start = k * hop;
            let of = alone.of(&samples[start..start + window]).unwrap();
            assert_eq!(*row, of, "window {k} of {window} each {hop}");
        }
    }
    assert!(SlidingWindows::new(16_000, Set::EgemapsV02, 959, 100).is_err());
    assert!(SlidingWindows::new(16_000, Set::EgemapsV02, 2_000, 0).is_err());
}

#[test]
fn what_there_is_little_of_has_numbers_all_the_same() {
    let mut stream = FunctionalStream::new(16_000, Set::EgemapsV02).unwrap();
    for shorter in [0, 1, 319, 320, 959] {
        assert_eq!(stream.of(&speech(shorter, 4)), None);
    }
    for silence in [960, 1_119, 1_120, 16_000] {
        let of = stream.of(&vec![0.0; silence]).unwrap();
        assert!(of.iter().all(|x| x.is_finite()));
        assert_eq!(of[place("equivalentSoundLevel_dBp")], -120.0);
        assert_eq!(of[place("F0semitoneFrom27.5Hz_sma3nz_amean")], 0.0);
        assert_eq!(of[place("F1amplitudeLogRelF0_sma3nz_amean")], -201.0);
        assert_eq!(of[place("loudness_sma3_stddevNorm")], 0.0);
        assert_eq!(of[place("loudnessPeaksPerSec")], 0.0);
        assert_eq!(of[place("VoicedSegmentsPerSec")], 0.0);
    }
    // A second of silence has 95 long frames, of which the F0 of the last stays open.
    let silence = stream.of(&[0.0; 16_000]).unwrap();
    assert_eq!(silence[place("MeanUnvoicedSegmentLength")], 0.93);
    assert_eq!(silence[place("StddevUnvoicedSegmentLength")], 0.0);
}

#[test]
fn one_voiced_stretch_is_one_segment() {
    let mut voice = vec![0.0; 8_000];
    voice.extend(speech(5_600, 5));
    voice.extend([0.0; 8_000]);
    let mut stream = FunctionalStream::new(16_000, Set::EgemapsV02).unwrap();
    let of = stream.of(&voice).unwrap();
    let rate = of[place("VoicedSegmentsPerSec")];
    assert!((rate - 1.0 / 1.29).abs() < 0.05, "{rate}");
    assert!(of[place("MeanVoicedSegmentLengthSec")] > 0.25);
    assert_eq!(of[place("StddevVoicedSegmentLengthSec")], 0.0);
    let pitch = of[place("F0semitoneFrom27.5Hz_sma3nz_percentile50.0")];
    assert!((25.0..35.0).contains(&pitch), "{pitch}");
}

#[test]
fn a_front_end_gives_a_row_of_the_whole_or_of_each_window() {
    assert_eq!(NAMES.iter().collect::<BTreeSet<_>>().len(), COUNT);
    let samples = speech(48_000, 6);
    let mut stream = FunctionalStream::new(16_000, Set::EgemapsV02).unwrap();
    let rows_of = |front_end: &Functionals| {
        let features = Extractor::of(front_end, 16_000).unwrap().extract(&samples);
        assert_eq!(features.columns(), COUNT);
        features
    };
    let whole = rows_of(&Functionals::default());
    assert_eq!(whole.values(), stream.of(&samples).unwrap());
    let windows = Functionals {
        window_s: Some(1.5),
        hop_s: Some(0.5),
        ..Functionals::default()
    };
    let rows = rows_of(&windows);
    assert_eq!(rows.frames(), 4);
    assert_eq!(
        rows.row(1).unwrap(),
        stream.of(&samples[8_000..32_000]).unwrap()
    );

    for (window_s, hop_s, key) in [
        (None, Some(1.0), "hop_s"),
        (Some(0.05), None, "window_s"),
        (Some(601.0), None, "window_s"),
        (Some(f64::NAN), None, "window_s"),
        (Some(3.0), Some(0.02), "hop_s"),
        (Some(3.0), Some(0.0), "hop_s"),
    ] {
        let set = Set::EgemapsV02;
        let settings = Functionals {
            set,
            window_s,
            hop_s,
        };
        assert_eq!(settings.check().unwrap_err().key(), key);
        assert!(settings.open(16_000).is_err());
    }
    let error = Functionals::default().open(7_000).err().unwrap();
    assert_eq!(error.key(), "sample_rate");
}
