//! What is written can be read again: every experiment that passes its check, and every unit
//! of it, over numbers, names and paths that no sensible person would choose.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::cell::Cell;
use std::path::PathBuf;

use earnest_augment::Range;
use earnest_experiment::{
    ConditionSpec, Experiment, Fold, Presentation, Protocol, RobotSpec, Unit, Validation,
};
use earnest_model::engine::{Cnn, Rnn};
use earnest_model::{Architecture, Masks, PoolingKind, Recipe, Schedule, Task};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Mostly what is sensible, else anything.
fn mostly<T: Clone + std::fmt::Debug + 'static>(
    sensible: T,
    anything: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<T> {
    prop_oneof![24 => Just(sensible), 1 => anything].boxed()
}

fn any_f64() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        prop::num::f64::ANY,
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::MIN_POSITIVE),
        Just(-0.0),
        0.0..10.0,
    ]
}

fn any_count() -> impl Strategy<Value = usize> {
    prop_oneof![
        any::<usize>(),
        0..3_usize,
        Just(usize::MAX),
        Just(1_000_000)
    ]
}

fn any_path() -> impl Strategy<Value = PathBuf> {
    let text = ".{0,12}".prop_map(PathBuf::from);
    #[cfg(unix)]
    let text = {
        use std::os::unix::ffi::OsStringExt;
        let bytes = prop::collection::vec(any::<u8>(), 0..9);
        let path = |b| PathBuf::from(std::ffi::OsString::from_vec(b));
        prop_oneof![text, bytes.prop_map(path)]
    };
    text
}

fn architectures() -> impl Strategy<Value = Architecture> {
    let numbers = (
        mostly(2, any_count()),
        mostly(9, any_count()),
        mostly(3, any_count()),
        mostly(0.1, any_f64()),
        any::<bool>(),
    );
    numbers.prop_map(|(layers, units, kernel, dropout, recurrent)| {
        if recurrent {
            Architecture::Rnn(Rnn {
                layers,
                hidden: units,
                pooling: PoolingKind::Attention,
                dropout,
            })
        } else {
            Architecture::Cnn(Cnn {
                layers,
                filters: units,
                kernel,
                pooling: PoolingKind::Max,
                dropout,
            })
        }
    })
}

fn recipes() -> impl Strategy<Value = Recipe> {
    let counts = [32, 100, 4, 12, 50].map(|n| mostly(n, any_count()));
    let rates = (mostly(3e-4, any_f64()), mostly(1.0, any_f64()));
    let schedule = mostly(Schedule::Plateau, Just(Schedule::Cosine));
    let more = (mostly(0.0, any_f64()), schedule, mostly(0, any_count()));
    let all = (architectures(), counts, rates, more);
    all.prop_map(|(architecture, counts, rates, more)| Recipe {
        weight_decay: more.0,
        schedule: more.1,
        warmup_epochs: more.2,
        learning_rate: rates.0,
        gradient_clip: rates.1,
        batch_size: counts[0],
        max_epochs: counts[1],
        plateau: counts[2],
        patience: counts[3],
        least_steps: counts[4],
        ..Recipe::paper(architecture)
    })
}

/// Conditions that a program may ask for.
fn conditions() -> impl Strategy<Value = ConditionSpec> {
    let numbers = (
        mostly(None, any_f64().prop_map(Some)),
        mostly(1.0, any_f64()),
    );
    let names = (
        mostly("far".to_owned(), ".{0,9}"),
        mostly(None, ".{0,3}".prop_map(Some)),
    );
    (names, any_path(), numbers).prop_map(|((name, group), path, (snr_db, distance_m))| {
        let mut condition = ConditionSpec::recordings(&name, vec![path]);
        condition.group = group;
        condition.recorded_snr_db = snr_db;
        condition.distance_m = Some(distance_m);
        condition
    })
}

fn protocols() -> impl Strategy<Value = Option<Protocol>> {
    prop_oneof![
        any_count().prop_map(|k| Some(Protocol::Groups(k))),
        any_path().prop_map(|p| Some(Protocol::Emobox(p))),
    ]
}

fn validations() -> impl Strategy<Value = Option<Validation>> {
    prop_oneof![
        any_count().prop_map(|k| Some(Validation::Speakers(k))),
        any_f64().prop_map(|f| Some(Validation::Fraction(f))),
    ]
}

fn experiments() -> impl Strategy<Value = Experiment> {
    let identity = (
        mostly("plain".to_owned(), ".{0,120}"),
        mostly(1, any::<u64>()),
        mostly(1, any_count()),
        mostly("all".to_owned(), ".{0,9}"),
    );
    let choices = (
        mostly(None, protocols()),
        mostly(None, validations()),
        mostly(
            Presentation::Fresh,
            any_count().prop_map(Presentation::Copies),
        ),
        mostly(
            vec![Task::Categorical],
            prop::collection::vec(Just(Task::Dimensional), 0..3),
        ),
    );
    let sounds = (
        mostly(PathBuf::from("corpus"), any_path()),
        mostly(Vec::new(), prop::collection::vec(any_path(), 0..3)),
        mostly(Vec::new(), prop::collection::vec(any::<u32>(), 0..3)),
        mostly(2048, any::<u64>()),
        mostly(Vec::new(), prop::collection::vec(".{0,9}", 0..3)),
        mostly(
            Some(RobotSpec::Simulated { snr_db: 3.0 }),
            prop_oneof![
                Just(None),
                any_f64().prop_map(|snr_db| Some(RobotSpec::Simulated { snr_db })),
                any_path().prop_map(|path| Some(RobotSpec::Recordings { path: path.into() })),
            ],
        ),
        mostly(Vec::new(), prop::collection::vec(conditions(), 0..3)),
    );
    let augmentation = (
        mostly(0.5, any_f64()),
        mostly([0.9, 1.1], [any_f64(), any_f64()]),
    );
    (identity, choices, sounds, augmentation, recipes()).prop_map(
        |(identity, choices, sounds, (probability, [low, high]), recipe)| {
            let mut e = Experiment::table1(sounds.0);
            (e.name, e.seed, e.repeats, e.folds) = identity;
            (e.protocol, e.validation, e.presentation, e.tasks) = choices;
            e.sources.noise.0 = sounds.1;
            e.sources.noise_folds = sounds.2;
            e.sources.memory_mib = sounds.3;
            e.classes.map = sounds.4;
            e.robot = sounds.5;
            e.conditions = sounds.6;
            let step = &mut e.augmentation.steps[0];
            step.probability = probability;
            step.transform = earnest_augment::Transform::Tempo {
                factor: Range::new(low, high),
            };
            e.recipes = vec![recipe];
            e
        },
    )
}

fn fold(experiment: &Experiment) -> Fold {
    Fold {
        name: "Ä \"one\"\n".into(),
        test: vec!["one".into()],
        validation: Vec::new(),
        training: vec!["two".into(), String::new()],
        fraction: match experiment.validation {
            Some(Validation::Fraction(share)) => Some(share),
            _ => None,
        },
        listed: None,
    }
}

#[test]
fn whatever_passes_its_check_is_the_same_once_written_and_read_again() {
    let (passed, refused) = (Cell::new(0), Cell::new(0));
    let mut runner = TestRunner::new(Config {
        cases: 3000,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&experiments(), |experiment| {
            if experiment.check().is_err() {
                refused.set(refused.get() + 1);
                return Ok(());
            }
            passed.set(passed.get() + 1);
            let text = experiment.to_toml().unwrap();
            prop_assert_eq!(&Experiment::from_toml(&text).unwrap(), &experiment);
            for unit in experiment.units(&[fold(&experiment)]).iter().take(3) {
                let json = serde_json::to_string(unit).unwrap();
                prop_assert_eq!(&serde_json::from_str::<Unit>(&json).unwrap(), unit);
            }
            Ok(())
        })
        .unwrap();
    // Both ways are taken often enough to mean something.
    assert!(passed.get() > 300, "{} passed", passed.get());
    assert!(refused.get() > 300, "{} refused", refused.get());
}

#[test]
fn what_a_file_cannot_hold_is_refused_by_its_key_before_anything_runs() {
    let refused = |key: &str, change: &dyn Fn(&mut Experiment)| {
        let mut experiment = Experiment::table1("corpus".into());
        assert!(experiment.check().is_ok());
        change(&mut experiment);
        let error = experiment.check().unwrap_err().to_string();
        assert!(error.contains(key), "{error}");
    };
    refused("gradient_clip", &|e| {
        e.recipes[0].gradient_clip = f64::INFINITY;
    });
    refused("patience", &|e| e.recipes[1].patience = usize::MAX);
    refused("seed", &|e| e.seed = u64::MAX);
    refused("seed", &|e| (e.seed, e.repeats) = (i64::MAX as u64, 2));
    refused("repeats", &|e| e.repeats = 0);
    refused("repeats", &|e| e.repeats = usize::MAX);
    refused("copies", &|e| e.presentation = Presentation::Copies(0));
    refused("memory_mib", &|e| e.sources.memory_mib = u64::MAX);
    refused("snr_db", &|e| {
        e.robot = Some(RobotSpec::Simulated { snr_db: f64::NAN });
    });
    refused("probability", &|e| {
        e.augmentation.steps[0].probability = f64::NAN;
    });
    refused("tasks", &|e| e.tasks = vec![Task::Categorical; 2]);
    refused("protocol", &|e| e.protocol = Some(Protocol::Groups(1)));
    refused("validation", &|e| {
        e.validation = Some(Validation::Fraction(f64::NAN));
    });
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt;
        let path = || PathBuf::from(std::ffi::OsString::from_vec(vec![b'a', 0xff]));
        refused("UTF-8", &|e| e.protocol = Some(Protocol::Emobox(path())));
        refused("UTF-8", &|e| e.corpus = path().into());
    }
}

/// The ways to all numbers of a value: keys and places in arrays.
fn numbers(value: &toml::Value, way: &[String], all: &mut Vec<Vec<String>>) {
    let further = |step: String| [way, &[step]].concat();
    match value {
        toml::Value::Table(table) => {
            for (key, inner) in table {
                numbers(inner, &further(key.clone()), all);
            }
        }
        toml::Value::Array(array) => {
            for (i, inner) in array.iter().enumerate() {
                numbers(inner, &further(i.to_string()), all);
            }
        }
        toml::Value::Integer(_) | toml::Value::Float(_) => all.push(way.to_vec()),
        _ => {}
    }
}

#[test]
fn no_number_of_an_experiment_may_be_senseless_and_the_error_names_its_key() {
    use toml::Value;
    let mut experiment = Experiment::table1("corpus".into());
    experiment.sources.noise = earnest_experiment::Folders(vec!["noise".into()]);
    experiment.sources.noise_folds = vec![1];
    experiment.sources.robot_noise = earnest_experiment::Folders(vec!["robot-noise".into()]);
    experiment.sources.robot_noise_folds = vec![2];
    experiment.sources.memory_mib = 100;
    experiment.recipes[0].clip = Some(4.0);
    experiment.recipes[0].weight_decay = 0.01;
    experiment.recipes[0].average = Some(0.98);
    experiment.recipes[0].label_smoothing = 0.1;
    experiment.recipes[0].mixup = Some(0.4);
    experiment.recipes[0].mask_frames = Some(Masks {
        count: 2,
        widest: 20,
    });
    let whole: Value = toml::from_str(&experiment.to_toml().unwrap()).unwrap();
    let mut ways = Vec::new();
    numbers(&whole, &[], &mut ways);
    assert!(ways.len() > 30, "{}", ways.len());
    for way in &ways {
        let key = way.iter().rfind(|step| step.parse::<usize>().is_err());
        let key = key.unwrap();
        for senseless in [
            Value::Float(f64::NAN),
            Value::Float(f64::INFINITY),
            Value::Float(f64::NEG_INFINITY),
            Value::Float(1e300),
            Value::Float(-1e300),
            Value::Integer(i64::MAX),
            Value::Integer(i64::MIN),
        ] {
            let mut changed = whole.clone();
            let slot = way
                .iter()
                .fold(&mut changed, |value, step| match step.parse::<usize>() {
                    Ok(i) => &mut value[i],
                    Err(_) => &mut value[step.as_str()],
                });
            *slot = senseless.clone();
            let text = toml::to_string(&changed).unwrap();
            let Err(error) = Experiment::from_toml(&text) else {
                panic!("{} = {senseless} is taken", way.join("."));
            };
            assert!(
                error.contains(key.as_str()),
                "{} = {senseless}: {error}",
                way.join(".")
            );
        }
    }
}

#[test]
fn numbers_within_words_and_sizes_that_no_memory_holds_are_refused_too() {
    let text = Experiment::table1("corpus".into()).to_toml().unwrap();
    for (from, to, word) in [
        ("hidden = 128", "hidden = 100000", "hidden"),
        ("hidden = 128", "hidden = 9223372036854775807", "hidden"),
        ("hidden = 128", "hidden = 9223372036854775808", "hidden"),
        ("filters = 128", "filters = 100000", "filters"),
        ("seed = 1", "protocol = \"groups:1\"\nseed = 1", "groups"),
        (
            "seed = 1",
            "validation = \"fraction:nan\"\nseed = 1",
            "fraction",
        ),
        (
            "presentation = \"fresh\"",
            "presentation = \"copies:1000000000\"",
            "copies",
        ),
    ] {
        assert!(text.contains(from), "{from} is not in\n{text}");
        let error = Experiment::from_toml(&text.replace(from, to)).unwrap_err();
        assert!(error.contains(word), "{to}: {error}");
    }
}
