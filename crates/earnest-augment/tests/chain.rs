//! Chains: what a file says is what is drawn, and what was drawn can be done again.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::collections::HashSet;

use earnest_augment::{
    AugmentError, Augmenter, Chain, Drawn, NoiseReading, Range, Sources, Step, Transform,
};
use earnest_random::Key;
use earnest_signal::{Sound, SoundBank, active_level_db, rms};

fn sources() -> Sources {
    let noise: Vec<f32> = (0..20_000)
        .map(|i| ((i * 7919) % 211) as f32 / 211.0 - 0.5)
        .collect();
    let mut room = vec![0.0_f32; 3_000];
    room[40] = 1.0;
    room[900] = 0.3;
    let sound =
        |name: &str, samples: &[f32]| Sound::noise(name.into(), name.into(), samples).unwrap();
    Sources {
        noises: SoundBank::new(vec![sound("a", &noise), sound("b", &noise[..900])]),
        rooms: SoundBank::new(vec![sound("r", &room)]),
    }
}

fn tone(n: usize) -> Vec<f32> {
    (0..n).map(|i| (i as f32 * 0.07).sin() * 0.2).collect()
}

/// Every transform, with the defaults of its optional keys.
const EVERYTHING: &str = include_str!("../examples/every_transform.toml");

#[test]
fn a_presentation_is_repeatable_and_the_next_one_differs() {
    let speech = tone(16_000);
    let mut one = Augmenter::new(Chain::paper(), sources());
    let mut two = Augmenter::new(Chain::paper(), sources());
    let mut different = 0;
    for i in 0..40_u64 {
        let key = Key::new(9).with(i);
        let _ = two.apply(&speech, &Key::new(3).with(i)); // earlier work leaves no trace
        let (a, drawn) = one.apply(&speech, &key).unwrap();
        assert_eq!((a.clone(), drawn), two.apply(&speech, &key).unwrap());
        different += usize::from(a != speech);
    }
    assert!(
        (30..=40).contains(&different),
        "1 in 16 stays clean, {different} of 40 did not"
    );
}

#[test]
fn steps_are_drawn_as_often_and_in_the_ranges_the_paper_says() {
    let speech = tone(4_000);
    let mut augmenter = Augmenter::new(Chain::paper(), sources());
    let mut counts = [0; 4];
    let n = 600;
    for i in 0..n {
        let (_, drawn) = augmenter
            .apply(&speech, &Key::new(4).with(i as u64))
            .unwrap();
        for d in drawn {
            match d {
                Drawn::Tempo { factor } => {
                    assert!((0.85..1.2).contains(&factor));
                    counts[0] += 1;
                }
                Drawn::Loudness { gain_db } => {
                    assert!((-6.0..3.0).contains(&gain_db));
                    counts[1] += 1;
                }
                Drawn::Noise { ratio, .. } => {
                    assert!((0.5..0.9).contains(&ratio));
                    counts[2] += 1;
                }
                Drawn::Room { .. } => counts[3] += 1,
                other => panic!("the paper has no {other}"),
            }
        }
    }
    for c in counts {
        assert!((250..350).contains(&c), "{counts:?} of {n}");
    }
}

#[test]
fn every_transform_is_replayed_to_the_bit_from_its_draws_written_as_json() {
    let chain = Chain::from_toml(EVERYTHING).unwrap();
    let speech = tone(24_000);
    let mut augmenter = Augmenter::new(chain, sources());
    let mut other = Augmenter::new(Chain::default(), sources());
    let mut seen = HashSet::new();
    for i in 0..40_u64 {
        let (samples, drawn) = augmenter.apply(&speech, &Key::new(5).with(i)).unwrap();
        assert!(samples.iter().all(|x| x.is_finite()));
        let log = serde_json::to_string(&drawn).unwrap();
        let read: Vec<Drawn> = serde_json::from_str(&log).unwrap();
        assert_eq!(read, drawn);
        assert_eq!(other.replay(&speech, &read).unwrap(), samples);
        for d in &drawn {
            assert!(d.to_string().len() > 5);
            seen.insert(std::mem::discriminant(d));
        }
    }
    let all = Transform::NAMES.len();
    assert_eq!(seen.len(), all, "each of the transforms was drawn");
}

#[test]
fn only_tempo_changes_the_length_and_only_what_should_changes_the_level() {
    let speech = tone(24_000);
    let steps = Chain::from_toml(EVERYTHING).unwrap().steps;
    assert_eq!(steps.len(), Transform::NAMES.len());
    for step in steps {
        let chain = Chain {
            unchanged: 0.0,
            steps: vec![Step {
                probability: 1.0,
                ..step.clone()
            }],
        };
        let (samples, drawn) = Augmenter::new(chain, sources())
            .apply(&speech, &Key::new(6))
            .unwrap();
        assert_eq!(drawn.len(), 1);
        if !matches!(step.transform, Transform::Tempo { .. }) {
            assert_eq!(samples.len(), speech.len(), "{:?}", step.transform);
        }
        if matches!(
            step.transform,
            Transform::Room {} | Transform::SimulatedRoom { .. }
        ) {
            assert!((rms(&samples) / rms(&speech) - 1.0).abs() < 1e-4);
        }
        if let Drawn::Level { db } = drawn[0] {
            let is = active_level_db(&samples, 16_000).unwrap();
            assert!((is - db).abs() < 1e-3, "{is} {db}");
        }
        if let Drawn::Fan(made) = &drawn[0] {
            let ratio = made.ratio;
            let fan: Vec<f32> = samples.iter().zip(&speech).map(|(y, x)| y - x).collect();
            assert!((f64::from(rms(&fan) / rms(&speech)) / ratio - 1.0).abs() < 0.01);
        }
        // Nothing and too little to work on: no panic, right length.
        for short in [0, 1, 7] {
            let mut augmenter = Augmenter::new(
                Chain {
                    unchanged: 0.0,
                    steps: vec![Step {
                        probability: 1.0,
                        ..step.clone()
                    }],
                },
                sources(),
            );
            let (out, _) = augmenter.apply(&speech[..short], &Key::new(7)).unwrap();
            assert!(out.len() <= 2 * short && out.iter().all(|x| x.is_finite()));
        }
    }
}

#[test]
fn so_large_a_share_of_presentations_stays_as_it_is_and_the_others_are_drawn_as_without() {
    let speech = tone(2_000);
    let whole = Chain::from_toml(
        "[[steps]]\ntransform = \"loudness\"\nprobability = 1\ngain_db = [-6.0, 3.0]",
    )
    .unwrap();
    let some = Chain {
        unchanged: 0.25,
        ..whole.clone()
    };
    let mut without = Augmenter::new(whole.clone(), sources());
    let mut augmenter = Augmenter::new(some.clone(), sources());
    let mut unchanged = 0;
    for i in 0..400 {
        let key = Key::new(8).with(i);
        let (samples, drawn) = augmenter.apply(&speech, &key).unwrap();
        if drawn.is_empty() {
            assert_eq!(samples, speech);
            unchanged += 1;
        } else {
            assert_eq!(samples, without.apply(&speech, &key).unwrap().0);
        }
    }
    assert!((80..120).contains(&unchanged), "{unchanged}");
    let text = toml::to_string(&some).unwrap();
    assert_eq!(Chain::from_toml(&text).unwrap(), some);
    assert!(!toml::to_string(&whole).unwrap().contains("unchanged"));
    for share in ["1.0", "-0.1", "nan"] {
        let error = Chain::from_toml(&format!("unchanged = {share}\nsteps = []")).unwrap_err();
        assert!(error.contains("unchanged"), "{error}");
    }
}

#[test]
fn the_three_readings_of_the_noise_ratio_agree_where_they_should() {
    let speech = tone(8_000);
    for (reading, value) in [
        (NoiseReading::Amplitude, 0.5),
        (NoiseReading::Power, 0.25),
        (NoiseReading::SnrDb, 20.0 * 2.0_f64.log10()),
    ] {
        let chain = Chain {
            unchanged: 0.0,
            steps: vec![Step {
                probability: 1.0,
                transform: Transform::Noise {
                    ratio: Range::exactly(value),
                    reading,
                },
            }],
        };
        let (noisy, _) = Augmenter::new(chain, sources())
            .apply(&speech, &Key::new(1))
            .unwrap();
        let added: Vec<f32> = noisy.iter().zip(&speech).map(|(y, x)| y - x).collect();
        assert!(
            (rms(&added) / rms(&speech) - 0.5).abs() < 1e-3,
            "{reading:?}"
        );
    }
}

#[test]
fn the_papers_chain_as_a_file_is_the_papers_chain() {
    let text = include_str!("../chains/paper.toml");
    assert_eq!(Chain::from_toml(text).unwrap(), Chain::paper());
    for name in Chain::BUILT_IN {
        assert!(!Chain::built_in(name).unwrap().is_idle(), "{name}");
    }
    assert_eq!(Chain::built_in("papers"), None);
}

#[test]
fn senseless_files_are_refused_with_the_step_the_key_and_the_nearest_known_key() {
    let wrong = |from: &str, to: &str| {
        assert!(EVERYTHING.contains(from), "{from}");
        Chain::from_toml(&EVERYTHING.replacen(from, to, 1)).unwrap_err()
    };
    let error = wrong("factor =", "factr =");
    assert!(error.contains("did you mean `factor`"), "{error}");
    assert!(error.starts_with("line 6, step 1:"), "{error}");
    let error = wrong("ratio = [0.1, 0.5]", "level = [0.1, 0.5]");
    assert!(error.starts_with("line 26, step 5:"), "{error}");
    let error = wrong("\"tempo\"", "\"tempoo\"");
    assert!(error.contains("did you mean `tempo`"), "{error}");
    let error = wrong("[0.85, 1.2]", "[1.2, 0.85]");
    assert!(
        error.contains("step 1") && error.contains("factor"),
        "{error}"
    );
    let error = wrong("[0.85, 1.2]", "[0.1, 0.85]");
    assert!(error.contains("[0.5, 2]"), "{error}");
    let error = wrong("[0.85, 1.2]", "\"fast\"");
    assert!(
        error.contains("a range [low, high] or one number"),
        "{error}"
    );
    let error = wrong("[0.85, 1.2]", "[1, 1.1, 1.2]");
    assert!(
        error.contains("a range [low, high] or one number"),
        "{error}"
    );
    let error = wrong("probability = 0.5", "probability = 50");
    assert!(error.contains("50 is not between 0 and 1"), "{error}");
    let error = wrong("low_hz = [100, 400]", "low_hz = [100, 4000]");
    assert!(error.contains("must lie below high_hz"), "{error}");
    assert!(Chain::from_toml("[[steps]]\nprobability = 1").is_err());
}

#[test]
fn an_empty_bank_and_an_unknown_sound_are_errors_not_silence() {
    let mut augmenter = Augmenter::new(
        Chain {
            unchanged: 0.0,
            steps: vec![Step {
                probability: 1.0,
                transform: Transform::Room {},
            }],
        },
        Sources::default(),
    );
    let error = augmenter.apply(&tone(100), &Key::new(1)).unwrap_err();
    assert_eq!(error, AugmentError::Nothing("room"));
    let drawn = [Drawn::Room {
        response: "cathedral".into(),
    }];
    let error = augmenter.replay(&tone(100), &drawn).unwrap_err();
    assert!(error.to_string().contains("cathedral"), "{error}");
}

/// Every number of a chain's file, its ranges written as two: step, key, place.
fn numbers(chain: &toml::Value) -> Vec<(usize, String, Option<usize>)> {
    let mut all = Vec::new();
    for (i, step) in chain["steps"].as_array().unwrap().iter().enumerate() {
        for (key, value) in step.as_table().unwrap() {
            match value {
                toml::Value::Array(two) => {
                    all.extend((0..two.len()).map(|k| (i, key.clone(), Some(k))));
                }
                toml::Value::Integer(_) | toml::Value::Float(_) => all.push((i, key.clone(), None)),
                _ => {}
            }
        }
    }
    all
}

#[test]
fn no_number_of_a_chain_may_be_senseless_and_the_error_names_the_step_and_the_key() {
    use toml::Value;
    let whole = Value::try_from(Chain::from_toml(EVERYTHING).unwrap()).unwrap();
    let ways = numbers(&whole);
    assert!(ways.len() > 45, "{}", ways.len());
    for (i, key, place) in ways {
        for senseless in [
            Value::Float(f64::NAN),
            Value::Float(f64::INFINITY),
            Value::Float(f64::NEG_INFINITY),
            Value::Float(1e300),
            Value::Float(-1e300),
            Value::Integer(i64::MAX),
        ] {
            let mut changed = whole.clone();
            let slot = &mut changed["steps"][i][key.as_str()];
            let slot = match place {
                Some(place) => &mut slot[place],
                None => slot,
            };
            *slot = senseless.clone();
            let text = toml::to_string(&changed).unwrap();
            let Err(error) = Chain::from_toml(&text) else {
                panic!("step {}: {key} = {senseless} is taken", i + 1);
            };
            let step = format!("step {}", i + 1);
            assert!(
                error.contains(&step) && error.contains(&key),
                "{key} = {senseless}: {error}"
            );
        }
    }
}

#[test]
fn steps_together_may_not_make_an_utterance_endless() {
    let step = "[[steps]]\ntransform = \"tempo\"\nprobability = 1\nfactor = 0.5\n";
    let error = Chain::from_toml(&step.repeat(40)).unwrap_err();
    assert!(error.contains("tempo") && error.contains("16"), "{error}");
    assert!(Chain::from_toml(&step.repeat(4)).is_ok());
    let room = "[[steps]]\ntransform = \"room\"\nprobability = 1\n";
    let error = Chain::from_toml(&room.repeat(2_000)).unwrap_err();
    assert!(error.contains("steps") && error.contains("1000"), "{error}");
}
