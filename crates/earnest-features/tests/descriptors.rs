//! The descriptors on signals whose values are known, without any reference file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use earnest_features::{Extractor, Features, Framing, Lld32, descriptor};
use earnest_random::Key;

const F0: usize = 19;
const JITTER: usize = 20;
const SHIMMER: usize = 21;
const HNR: usize = 22;

fn extract(samples: &[f32]) -> Features {
    Extractor::new(16_000).extract(samples)
}

/// A pulse train through two resonances: voiced, rich in harmonics.
fn buzz(f0: f64, seconds: f64) -> Vec<f32> {
    let n = (seconds * 16_000.0) as usize;
    let (mut y1, mut y2, mut phase) = (0.0_f64, 0.0_f64, 0.0_f64);
    (0..n)
        .map(|_| {
            phase += f0 / 16_000.0;
            let x = if phase >= 1.0 {
                phase -= 1.0;
                1.0
            } else {
                0.0
            };
            let y = x + 1.6 * y1 - 0.83 * y2;
            y2 = y1;
            y1 = y;
            (0.08 * y) as f32
        })
        .collect()
}

fn middle(f: &Features, column: usize) -> Vec<f32> {
    let n = f.frames();
    f.rows()
        .skip(n / 4)
        .take(n / 2)
        .map(|r| r[column])
        .collect()
}

#[test]
fn digital_silence_has_the_values_of_the_definition() {
    // docs/descriptors.md, sections 4, 5, 8, 10: loudness 0.00103, MFCCs exactly 0, no pitch, no
    // formants, formant amplitudes -201.
    let f = extract(&[0.0; 16_000]);
    assert!(f.frames() > 90);
    for row in f.rows() {
        assert!((row[0] - 0.00103).abs() < 1e-5, "loudness {}", row[0]);
        assert!(row[6..19].iter().all(|c| *c == 0.0));
        assert!(row[F0..=24].iter().all(|x| *x == 0.0));
        assert_eq!([row[25], row[26], row[28], row[30]], [0.0; 4]);
        assert_eq!([row[27], row[29], row[31]], [-201.0; 3]);
    }
}

#[test]
fn there_is_one_row_more_than_60_ms_frames_and_none_for_less() {
    for (samples, rows) in [
        (0, 0),
        (959, 0),
        (960, 2),
        (1119, 2),
        (1120, 3),
        (16_000, 96),
    ] {
        assert_eq!(
            extract(&vec![0.1; samples]).frames(),
            rows,
            "{samples} samples"
        );
        assert_eq!(Framing::new(16_000, Lld32::default()).rows(samples), rows);
    }
}

#[test]
fn pitch_follows_pulses_from_a_man_to_a_child() {
    for f0 in [110.0, 160.0, 220.0, 400.0] {
        let f = extract(&buzz(f0, 1.0));
        let expected = 12.0 * (f0 / 27.5).log2();
        for st in middle(&f, F0) {
            assert!(
                (f64::from(st) - expected).abs() < 0.3,
                "{f0} Hz: {st} for {expected} semitones"
            );
        }
    }
}

#[test]
fn a_regular_voice_is_harmonic_and_steady_and_noise_makes_it_less_so() {
    let clean = buzz(120.0, 1.0);
    let mut generator = Key::new(1).generator();
    let noisy: Vec<f32> = clean
        .iter()
        .map(|x| x + 0.01 * generator.normal() as f32)
        .collect();
    let (a, b) = (extract(&clean), extract(&noisy));
    let mean = |f: &Features, c: usize| {
        let v = middle(f, c);
        v.iter().sum::<f32>() / v.len() as f32
    };
    assert!(mean(&a, JITTER) < 0.005, "{}", mean(&a, JITTER));
    assert!(mean(&a, SHIMMER) < 0.4, "{}", mean(&a, SHIMMER));
    assert!(mean(&a, HNR) > mean(&b, HNR) + 1.0);
    assert!(mean(&b, SHIMMER) > mean(&a, SHIMMER));
}

#[test]
fn loudness_grows_with_level_and_shape_descriptors_do_not_care() {
    let loud = buzz(120.0, 0.5);
    let soft: Vec<f32> = loud.iter().map(|x| x * 0.25).collect();
    let (a, b) = (extract(&loud), extract(&soft));
    for (x, y) in middle(&a, 0).iter().zip(middle(&b, 0)) {
        // A power law of exponent 0.33 on power: 16^0.33.
        assert!((x / y - 16.0_f32.powf(0.33)).abs() < 0.1, "{x} {y}");
    }
    for column in [1, 2] {
        for (x, y) in middle(&a, column).iter().zip(middle(&b, column)) {
            assert!(
                (x - y).abs() < 0.5,
                "{}: {x} {y}",
                descriptor::NAMES[column]
            );
        }
    }
}

#[test]
fn one_recording_leaves_no_trace_in_the_next() {
    let (one, two) = (buzz(150.0, 0.7), buzz(90.0, 0.4));
    let mut extractor = Extractor::new(16_000);
    let fresh = extract(&two);
    let _ = extractor.extract(&one);
    assert_eq!(extractor.extract(&two), fresh);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_goes_in_every_value_that_comes_out_is_finite(
        seed: u64, n in 0_usize..8_000, level in -6.0..2.0_f64, rate in proptest::sample::select(vec![8_000_u32, 16_000, 22_050, 44_100, 48_000]),
    ) {
        let mut generator = Key::new(seed).generator();
        let scale = 10.0_f64.powf(level);
        let mut state = 0.0;
        let samples: Vec<f32> = (0..n)
            .map(|i| {
                state = 0.9 * state + generator.normal();
                let gate = if (i / 700) % 3 == 0 { 0.0 } else { 1.0 };
                (gate * state * scale) as f32
            })
            .collect();
        let f = Extractor::new(rate).extract(&samples);
        proptest::prop_assert!(f.values().iter().all(|x| x.is_finite()));
        proptest::prop_assert_eq!(f.frames(), Framing::new(rate, Lld32::default()).rows(n));
    }
}
