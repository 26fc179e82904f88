//! Mode `accurate` on vowels whose F0, formants, jitter and shimmer are known.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod vowel;

use earnest_features::{Extractor, Features, Lld32, Mode};
use vowel::{FEMALE, MALE, RATE, Vowel, median, vowel};

const F0: usize = 19;
const JITTER: usize = 20;
const SHIMMER: usize = 21;
const H1_H2: usize = 23;
const F1: usize = 25;
const F1_BANDWIDTH: usize = 26;
const F2: usize = 28;
const F3: usize = 30;

fn extract(samples: &[f32], mode: Mode) -> Features {
    let settings = Lld32 {
        mode,
        ..Lld32::default()
    };
    Extractor::with(RATE, settings).extract(samples)
}

fn column(f: &Features, c: usize) -> Vec<f64> {
    let n = f.frames();
    f.rows()
        .skip(n / 8)
        .take(n * 3 / 4)
        .map(|r| f64::from(r[c]))
        .collect()
}

fn voices() -> Vec<Vowel> {
    let mut all = vec![];
    for (f0s, vowels) in [
        ([90.0, 110.0, 140.0], MALE),
        ([180.0, 220.0, 260.0], FEMALE),
    ] {
        for f0 in f0s {
            for (name, formants) in vowels {
                all.push(vowel(name, f0, formants));
            }
        }
    }
    all
}

#[test]
fn formants_of_men_and_women_are_where_they_were_put() {
    for mode in [Mode::OpenSmile, Mode::Accurate] {
        println!("{mode:?}: vowel, F0, errors of F1 F2 F3 (Hz), F1 bandwidth");
        let mut errors = [[vec![], vec![], vec![]], [vec![], vec![], vec![]]];
        for v in voices() {
            let f = extract(&v.speak(0.6).0, mode);
            let sex = usize::from(v.f0 > 160.0);
            let mut line = vec![];
            for (i, c) in [F1, F2, F3].into_iter().enumerate() {
                let error = |x: &f64| (x - v.formants[i]).abs();
                errors[sex][i].extend(column(&f, c).iter().map(error));
                line.push(median(column(&f, c)) - v.formants[i]);
            }
            println!(
                "  {} {:>4} {:>7.0?} {:>6.0}",
                v.name,
                v.f0,
                line,
                median(column(&f, F1_BANDWIDTH))
            );
        }
        for (sex, name) in ["male", "female"].iter().enumerate() {
            let m = errors[sex].clone().map(median);
            println!("  {name}: median |error| F1 F2 F3 {m:.1?} Hz");
            if mode == Mode::Accurate {
                assert!(m[0] <= 30.0 && m[1] <= 60.0, "{name}: {m:?}");
            }
        }
    }
}

#[test]
fn jitter_and_shimmer_are_those_that_were_spoken() {
    println!("F0, spoken jitter, measured; spoken shimmer (dB), measured");
    let (mut jitters, mut shimmers) = (vec![], vec![]);
    for (f0, vowels) in [(110.0, MALE), (210.0, FEMALE)] {
        for (period_spread, level_spread) in [(0.0, 0.0), (0.005, 0.3), (0.01, 0.6), (0.02, 1.0)] {
            for (i, (name, formants)) in vowels.into_iter().enumerate() {
                let v = Vowel {
                    period_spread,
                    level_spread,
                    seed: i as u64,
                    ..vowel(name, f0, formants)
                };
                let (samples, truth) = v.speak(2.0);
                let f = extract(&samples, Mode::Accurate);
                let mean = |c: usize| {
                    let v = column(&f, c);
                    v.iter().sum::<f64>() / v.len() as f64
                };
                println!(
                    "{name} {f0} {:.4} {:.4}   {:.3} {:.3}",
                    truth.jitter,
                    mean(JITTER),
                    truth.shimmer,
                    mean(SHIMMER)
                );
                jitters.push((truth.jitter, mean(JITTER)));
                shimmers.push((truth.shimmer, mean(SHIMMER)));
            }
        }
    }
    for (truth, found) in jitters {
        assert!(
            (found - truth).abs() <= 0.002 + 0.35 * truth,
            "jitter {found} for {truth}"
        );
    }
    for (truth, found) in shimmers {
        assert!(
            (found - truth).abs() <= 0.15 + 0.35 * truth,
            "shimmer {found} dB for {truth}"
        );
    }
}

#[test]
fn h1_and_h2_are_the_first_two_harmonics() {
    // All-pole gain at F0 and at 2 F0, from the poles themselves.
    for v in voices() {
        let gain = |f: f64| {
            let mut db = -10.0 * (1.0 + (f / 120.0).powi(2)).log10();
            for (formant, b) in v.formants.iter().zip(&v.bandwidths) {
                let w2 = formant * formant + b * b / 4.0;
                db += 20.0 * w2.log10() - 10.0 * ((w2 - f * f).powi(2) + (b * f).powi(2)).log10();
            }
            db
        };
        let expected = gain(v.f0) - gain(2.0 * v.f0);
        let f = extract(&v.speak(0.6).0, Mode::Accurate);
        let found = median(column(&f, H1_H2));
        assert!(
            (found - expected).abs() < 1.0,
            "{} {}: {found} dB, {expected} by the poles",
            v.name,
            v.f0
        );
    }
}

#[test]
fn f0_is_right_within_half_a_percent() {
    for v in voices() {
        let f = extract(&v.speak(0.6).0, Mode::Accurate);
        let semitones = column(&f, F0);
        assert!(semitones.len() > 30);
        for st in semitones {
            let hz = 27.5 * 2.0_f64.powf(st / 12.0);
            assert!((hz / v.f0 - 1.0).abs() < 0.005, "{hz} for {} Hz", v.f0);
        }
    }
}
