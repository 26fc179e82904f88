//! Front end `logmel`: beside librosa's numbers, and on signals whose spectrum is known.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::f64::consts::TAU;
use std::path::Path;

use earnest_features::front_end::logmel::{LogMel, Pcen};
use earnest_features::{Extractor, Features, FrontEnd};

fn extract(settings: &LogMel, rate: u32, samples: &[f32]) -> Features {
    Extractor::of(settings, rate).unwrap().extract(samples)
}

fn with_pcen() -> LogMel {
    LogMel {
        pcen: Some(Pcen::default()),
        ..LogMel::default()
    }
}

/// The signal of `compare/logmel_reference.py`.
fn signal(rate: u32, seconds: f64) -> Vec<f32> {
    let rate = f64::from(rate);
    let mut state = 1_u32;
    (0..(rate * seconds).round() as usize)
        .map(|i| {
            let t = i as f64 / rate;
            let phase = TAU * (200.0 * t + 0.5 * 0.4 * rate / seconds * t * t);
            let level = if t < 0.5 * seconds { 0.05 } else { 0.4 };
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = f64::from(state) / 2_147_483_648.0 - 1.0;
            (level * phase.sin() + 0.01 * noise) as f32
        })
        .collect()
}

/// Rows that librosa has of a case.
fn librosas(case: &str) -> Vec<Vec<f64>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/logmel");
    let text = std::fs::read_to_string(folder.join(format!("{case}.csv"))).unwrap();
    text.lines()
        .map(|line| line.split(',').map(|x| x.parse().unwrap()).collect())
        .collect()
}

/// Greatest difference between our numbers and librosa's; relative where it is more than 1.
fn apart(case: &str, settings: LogMel, rate: u32, seconds: f64) -> f64 {
    let ours = extract(&settings, rate, &signal(rate, seconds));
    let theirs = librosas(case);
    assert_eq!(ours.frames(), theirs.len(), "{case}");
    let mut most = 0.0_f64;
    for (a, b) in ours.rows().zip(&theirs) {
        assert_eq!(a.len(), b.len(), "{case}");
        for (a, b) in a.iter().zip(b) {
            most = most.max((f64::from(*a) - b).abs() / b.abs().max(1.0));
        }
    }
    println!("{case}: at most {most:.1e} apart");
    most
}

#[test]
fn log_energies_are_librosas_at_8_16_and_44_khz() {
    let narrow = LogMel {
        window_ms: 32.0,
        hop_ms: 16.0,
        bands: 24,
        low_hz: 100.0,
        high_hz: 3_800.0,
        pcen: None,
    };
    let wide = LogMel {
        window_ms: 20.0,
        hop_ms: 10.0,
        bands: 40,
        low_hz: 0.0,
        high_hz: 22_050.0,
        pcen: None,
    };
    assert!(apart("default_16000", LogMel::default(), 16_000, 0.3) < 2e-5);
    assert!(apart("narrow_8000", narrow, 8_000, 0.3) < 2e-5);
    assert!(apart("wide_44100", wide, 44_100, 0.3) < 2e-5);
}

#[test]
fn per_channel_energy_normalisation_is_librosas() {
    let with = |pcen| LogMel {
        bands: 32,
        pcen: Some(pcen),
        ..LogMel::default()
    };
    let other = Pcen {
        smoothing_s: 0.06,
        gain: 0.8,
        bias: 10.0,
        power: 0.25,
        floor: 1e-3,
    };
    assert!(apart("pcen_16000", with(Pcen::default()), 16_000, 0.4) < 2e-5);
    assert!(apart("pcen_other_16000", with(other), 16_000, 0.4) < 2e-5);
}

#[test]
fn a_tone_is_loudest_in_the_band_that_holds_it() {
    for hz in [100.0, 440.0, 1_000.0, 3_000.0, 7_000.0] {
        let tone: Vec<f32> = (0..8_000)
            .map(|i| (0.1 * (TAU * hz * f64::from(i) / 16_000.0).sin()) as f32)
            .collect();
        let features = extract(&LogMel::default(), 16_000, &tone);
        let mel = |hz: f64| 2_595.0 * (1.0 + hz / 700.0).log10();
        let step = (mel(7_600.0) - mel(20.0)) / 65.0;
        let expected = (mel(hz) - mel(20.0)) / step - 1.0;
        for row in features.rows() {
            let loudest = (0..64).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap();
            assert!(
                (loudest as f64 - expected).abs() <= 1.0,
                "{hz} Hz in band {loudest}, not {expected:.1}"
            );
        }
    }
}

#[test]
fn silence_is_the_logarithms_floor_and_nothing_to_pcen() {
    let silence = [0.0; 16_000];
    let log = extract(&LogMel::default(), 16_000, &silence);
    assert_eq!(log.frames(), 98);
    assert!(log.values().iter().all(|x| *x == 1e-10_f32.ln()));
    let pcen = extract(&with_pcen(), 16_000, &silence);
    assert!(pcen.values().iter().all(|x| *x == 0.0));
}

#[test]
fn whatever_goes_in_every_value_is_finite_and_what_is_no_number_does_not_stay() {
    let mut samples = signal(16_000, 1.0);
    samples[3_000] = f32::NAN;
    samples[5_000] = f32::INFINITY;
    samples[7_000] = -f32::MAX;
    samples[9_000] = 1e30;
    for settings in [LogMel::default(), with_pcen()] {
        let features = extract(&settings, 16_000, &samples);
        assert!(features.values().iter().all(|x| x.is_finite()));
    }
    let log = |samples: &[f32]| extract(&LogMel::default(), 16_000, samples);
    let (whole, clean) = (log(&samples), log(&signal(16_000, 1.0)));
    assert_eq!(whole.row(97), clean.row(97));
    for (gain, bias, power) in [(0.0, 0.0, 1.0), (1.0, 1e6, 0.01), (1.0, 0.0, 0.01)] {
        let pcen = Pcen {
            gain,
            bias,
            power,
            floor: 1e-12,
            ..Pcen::default()
        };
        let settings = LogMel {
            pcen: Some(pcen),
            ..LogMel::default()
        };
        let features = extract(&settings, 16_000, &samples);
        assert!(features.values().iter().all(|x| x.is_finite()), "{pcen:?}");
    }
}

#[test]
fn settings_that_cannot_be_are_refused_by_their_key() {
    let refused = |settings: LogMel, rate: u32| {
        let error = settings.open(rate).err().unwrap();
        (error.key().to_owned(), error.to_string())
    };
    let default = LogMel::default();
    let numbers = [f64::NAN, f64::INFINITY, -1.0, 1e9];
    for x in numbers {
        let wrong = [
            (
                "window_ms",
                LogMel {
                    window_ms: x,
                    ..default
                },
            ),
            (
                "hop_ms",
                LogMel {
                    hop_ms: x,
                    ..default
                },
            ),
            (
                "low_hz",
                LogMel {
                    low_hz: x,
                    ..default
                },
            ),
            (
                "high_hz",
                LogMel {
                    high_hz: x,
                    ..default
                },
            ),
        ];
        for (key, settings) in wrong {
            assert_eq!(settings.check().unwrap_err().key(), key);
            assert_eq!(refused(settings, 16_000).0, key);
        }
        let pcen = Pcen::default();
        let wrong = [
            (
                "pcen.smoothing_s",
                Pcen {
                    smoothing_s: x,
                    ..pcen
                },
            ),
            ("pcen.gain", Pcen { gain: x, ..pcen }),
            ("pcen.bias", Pcen { bias: x, ..pcen }),
            ("pcen.power", Pcen { power: x, ..pcen }),
            ("pcen.floor", Pcen { floor: x, ..pcen }),
        ];
        for (key, pcen) in wrong {
            let pcen = Some(pcen);
            let settings = LogMel { pcen, ..default };
            assert_eq!(settings.check().unwrap_err().key(), key);
        }
    }
    for bands in [0, 257, usize::MAX] {
        assert_eq!(refused(LogMel { bands, ..default }, 16_000).0, "bands");
    }
    let (key, said) = refused(
        LogMel {
            bands: 128,
            ..default
        },
        16_000,
    );
    assert_eq!(key, "bands");
    assert!(
        said.contains("band 1 (20.0 .. ") || said.contains("band 2 ("),
        "{said}"
    );
    let (key, said) = refused(
        LogMel {
            low_hz: 7_600.0,
            ..default
        },
        16_000,
    );
    assert_eq!(
        (key.as_str(), said.contains("high_hz (7600)")),
        ("low_hz", true)
    );
    let (key, said) = refused(default, 8_000);
    assert_eq!(key, "high_hz");
    assert_eq!(
        said,
        "high_hz is 7600; samples at 8000 Hz have nothing above 4000 Hz"
    );
    assert_eq!(refused(default, 0).0, "sample_rate");
    assert_eq!(refused(default, u32::MAX).0, "sample_rate");
    assert_eq!(
        refused(
            LogMel {
                hop_ms: 30.0,
                ..default
            },
            16_000
        )
        .0,
        "hop_ms"
    );
    let short = LogMel {
        window_ms: 1.0,
        hop_ms: 1.0,
        bands: 1,
        low_hz: 0.0,
        high_hz: 500.0,
        pcen: None,
    };
    assert_eq!(refused(short, 1_000).0, "window_ms");
    let high_hz = 2_500.0;
    assert!(LogMel { high_hz, ..short }.open(8_000).is_ok());
    // Bands that differ by less than numbers do.
    let (low_hz, high_hz) = (100.0, 100.0 + 2e-14);
    assert_eq!(
        refused(
            LogMel {
                low_hz,
                high_hz,
                ..default
            },
            16_000
        )
        .0,
        "bands"
    );
}
