//! What training promises: it learns, it is repeatable on any number of threads, it goes on
//! after a stop with the same bits, and models survive the disk.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::path::Path;

use earnest_features::{Features, Normaliser, descriptor};
use earnest_model::engine::{ClassWeights, Crnn};
use earnest_model::{
    Architecture, Description, Engine, FORMAT, Masks, Model, ModelClasses, ModelError,
    Presentations, Recipe, Schedule, Targets, Task, TensorView, Trainer, Values, load_tensors,
    predict_normalised, save_tensors, softmax,
};
use earnest_random::Key;

/// Noise whose level in a few columns tells the class.
struct Toy {
    classes: Vec<usize>,
    poison: Option<usize>,
    panics: Option<usize>,
}

impl Toy {
    fn new(n: usize) -> Self {
        Self {
            classes: (0..n).map(|i| i % 3).collect(),
            poison: None,
            panics: None,
        }
    }
}

impl Presentations for Toy {
    fn len(&self) -> usize {
        self.classes.len()
    }
    fn id(&self, _: usize) -> &str {
        "toy"
    }
    fn frames(&self, i: usize) -> usize {
        5 + (i * 7) % 13
    }
    fn present(&self, epoch: usize, i: usize) -> Result<Features, String> {
        assert!(self.panics != Some(i), "toy {i} broke");
        let mut generator = Key::new(5).with(epoch as u64).with(i as u64).generator();
        let mut values: Vec<f32> = (0..self.frames(i) * descriptor::COUNT)
            .map(|k| {
                let hint = if k % descriptor::COUNT == self.classes[i] {
                    1.0
                } else {
                    0.0
                };
                generator.normal() as f32 + hint
            })
            .collect();
        if self.poison == Some(i) {
            values[3] = f32::NAN;
        }
        Ok(Features::from_values(descriptor::COUNT, values))
    }
}

fn recipe(architecture: Architecture) -> Recipe {
    Recipe {
        learning_rate: 5e-3,
        batch_size: 8,
        max_epochs: 6,
        least_steps: 1,
        ..Recipe::paper(architecture)
    }
}

/// The engines in small; the paper's two first.
fn small() -> [Architecture; 3] {
    let crnn = Crnn {
        convolutions: 2,
        filters: 8,
        kernel: 3,
        stride: 2,
        layers: 1,
        hidden: 7,
        ..Crnn::default()
    };
    [
        Architecture::rnn(2, 9),
        Architecture::cnn(2, 11, 3),
        crnn.into(),
    ]
}

fn accuracy(engine: &dyn Engine, data: &Toy) -> f64 {
    let features: Vec<Features> = (0..data.len())
        .map(|i| data.present(999, i).unwrap())
        .collect();
    let references: Vec<&Features> = features.iter().collect();
    let right = predict_normalised(engine, &references, 3)
        .iter()
        .zip(&data.classes)
        .filter(|(row, class)| (0..3).all(|j| row[j] <= row[**class]))
        .count();
    right as f64 / data.len() as f64
}

fn run(trainer: &mut Trainer, data: &Toy, epochs: usize) {
    for _ in 0..epochs {
        trainer
            .epoch(data, &Targets::Classes(data.classes.clone()), &mut |n| {
                accuracy(n, data)
            })
            .unwrap();
    }
}

fn bits(engine: &dyn Engine) -> Vec<u32> {
    engine
        .tensors()
        .iter()
        .flat_map(|tensor| match tensor.values {
            Values::F32(values) => values,
            Values::F64(_) => &[],
        })
        .map(|x| x.to_bits())
        .collect()
}

#[test]
fn every_engine_learns_what_can_be_learnt() {
    let data = Toy::new(60);
    for mut recipe in recipes() {
        if recipe.schedule == Schedule::Cosine {
            // What keeps a network from learning by heart takes longer.
            recipe.max_epochs = 24;
        }
        let epochs = recipe.max_epochs;
        let mut trainer = Trainer::new(recipe, descriptor::COUNT, 3, &Key::new(1)).unwrap();
        run(&mut trainer, &data, epochs);
        assert!(trainer.finished());
        let reached = accuracy(&*trainer.into_best(), &data);
        assert!(reached > 0.8, "{reached}");
    }
}

/// Recipes of small engines, those with every part of training that is not the paper's last.
fn recipes() -> Vec<Recipe> {
    let mut all: Vec<Recipe> = small().map(recipe).into();
    for architecture in small() {
        all.push(Recipe {
            weight_decay: 0.1,
            schedule: Schedule::Cosine,
            warmup_epochs: 1,
            average: Some(0.9),
            label_smoothing: 0.1,
            class_weights: ClassWeights::Balanced,
            mask_frames: Some(Masks {
                count: 2,
                widest: 3,
            }),
            mask_columns: Some(Masks {
                count: 1,
                widest: 3,
            }),
            mixup: Some(0.3),
            patience: 1_000_000,
            least_steps: 50,
            ..recipe(architecture)
        });
    }
    all
}

#[test]
fn one_two_and_four_threads_give_the_same_weights_to_the_bit() {
    let data = Toy::new(37);
    for recipe in recipes() {
        let weights = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| {
                let mut trainer =
                    Trainer::new(recipe.clone(), descriptor::COUNT, 3, &Key::new(1)).unwrap();
                run(&mut trainer, &data, 3);
                bits(&*trainer.into_best())
            })
        };
        let one = weights(1);
        assert!(one == weights(2) && one == weights(4));
    }
}

#[test]
fn a_training_that_was_stopped_goes_on_to_the_same_weights() {
    let data = Toy::new(30);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.safetensors");
    for recipe in recipes() {
        let mut whole = Trainer::new(recipe.clone(), descriptor::COUNT, 3, &Key::new(2)).unwrap();
        run(&mut whole, &data, 5);
        let mut stopped = Trainer::new(recipe.clone(), descriptor::COUNT, 3, &Key::new(2)).unwrap();
        run(&mut stopped, &data, 2);
        stopped.save(&path).unwrap();
        drop(stopped);
        let mut resumed =
            Trainer::resume(recipe.clone(), descriptor::COUNT, 3, &Key::new(2), &path).unwrap();
        run(&mut resumed, &data, 3);
        assert_eq!(resumed.history(), whole.history());
        assert!(bits(&*resumed.into_best()) == bits(&*whole.into_best()));
        let other = Trainer::resume(recipe, descriptor::COUNT, 3, &Key::new(3), &path);
        assert!(other.err().unwrap().to_string().contains("another seed"));
    }
}

#[test]
fn the_learning_rate_halves_on_a_plateau_and_patience_ends_training() {
    let data = Toy::new(8);
    let recipe = Recipe {
        plateau: 2,
        patience: 5,
        max_epochs: 100,
        ..recipe(Architecture::cnn(1, 2, 1))
    };
    let mut trainer = Trainer::new(recipe, descriptor::COUNT, 3, &Key::new(1)).unwrap();
    let targets = Targets::Classes(data.classes.clone());
    while !trainer.finished() {
        trainer.epoch(&data, &targets, &mut |_| 0.5).unwrap(); // never better than at first
    }
    let rates: Vec<f64> = trainer
        .history()
        .iter()
        .map(|e| e.learning_rate / 5e-3)
        .collect();
    assert_eq!(rates, [1.0, 1.0, 1.0, 0.5, 0.5, 0.25]);
    assert_eq!(trainer.best(), Some((1, 0.5)));
}

#[test]
fn by_a_cosine_training_goes_on_to_its_last_epoch_and_keeps_the_best() {
    let data = Toy::new(8);
    let recipe = Recipe {
        schedule: Schedule::Cosine,
        warmup_epochs: 2,
        max_epochs: 9,
        patience: 1_000_000,
        least_steps: 50,
        ..recipe(Architecture::cnn(1, 2, 1))
    };
    let mut trainer = Trainer::new(recipe.clone(), descriptor::COUNT, 3, &Key::new(1)).unwrap();
    let targets = Targets::Classes(data.classes.clone());
    let mut epoch = 0;
    while !trainer.finished() {
        epoch += 1;
        let score = if epoch == 3 { 0.9 } else { 0.5 };
        trainer.epoch(&data, &targets, &mut |_| score).unwrap();
    }
    assert_eq!(trainer.best(), Some((3, 0.9)));
    let rates = trainer.history().iter().map(|e| e.learning_rate);
    let scheduled = (0..9).map(|e| recipe.scheduled_rate(e).unwrap());
    assert_eq!(rates.collect::<Vec<_>>(), scheduled.collect::<Vec<_>>());
    assert!(trainer.history()[8].learning_rate < 0.06 * 5e-3);
    // With a patience it ends as always.
    let impatient = Recipe {
        patience: 2,
        least_steps: 1,
        ..recipe
    };
    let mut trainer = Trainer::new(impatient, descriptor::COUNT, 3, &Key::new(1)).unwrap();
    while !trainer.finished() {
        trainer.epoch(&data, &targets, &mut |_| 0.5).unwrap();
    }
    assert_eq!(trainer.history().len(), 3);
}

#[test]
fn an_average_of_the_weights_is_what_is_validated_and_kept() {
    let data = Toy::new(30);
    for architecture in small() {
        let plain = recipe(architecture);
        let averaged = Recipe {
            average: Some(0.8),
            ..plain.clone()
        };
        let trained = |recipe: &Recipe, epochs: usize| {
            let mut trainer =
                Trainer::new(recipe.clone(), descriptor::COUNT, 3, &Key::new(1)).unwrap();
            let mut validated = Vec::new();
            let targets = Targets::Classes(data.classes.clone());
            for _ in 0..epochs {
                let validate = &mut |n: &dyn Engine| {
                    validated = bits(n);
                    1.0 / (1.0 + validated.len() as f64)
                };
                trainer.epoch(&data, &targets, validate).unwrap();
            }
            (
                trainer.history().to_vec(),
                validated,
                bits(&*trainer.into_best()),
            )
        };
        let (usual, average) = (trained(&plain, 1), trained(&averaged, 1));
        // Training itself is the same, what is validated another; and that is kept.
        assert_eq!(usual.0[0].training_loss, average.0[0].training_loss);
        assert_ne!(usual.1, average.1);
        assert_eq!(average.1, average.2);
        // Of one step a batch of all there is makes, the average is that step's.
        let once = |average| Recipe {
            average,
            batch_size: 30,
            ..plain.clone()
        };
        assert_eq!(trained(&once(None), 1).2, trained(&once(Some(0.8)), 1).2);
    }
}

#[test]
fn with_balanced_classes_a_rare_one_is_answered_as_often_as_it_is_right() {
    // No hint at all in what is heard: the best answer is how much each class counts.
    let mut data = Toy::new(60);
    data.classes = (0..60).map(|i| usize::from(i % 10 == 0)).collect();
    let silence = Features::from_values(descriptor::COUNT, vec![0.0; 4 * descriptor::COUNT]);
    let probability = |class_weights, label_smoothing| {
        let recipe = Recipe {
            class_weights,
            label_smoothing,
            learning_rate: 0.05,
            max_epochs: 40,
            patience: 40,
            plateau: 40,
            ..recipe(Architecture::rnn(1, 1))
        };
        struct Silence<'a>(&'a Features);
        impl Presentations for Silence<'_> {
            fn len(&self) -> usize {
                60
            }
            fn id(&self, _: usize) -> &str {
                "silence"
            }
            fn frames(&self, _: usize) -> usize {
                4
            }
            fn present(&self, _: usize, _: usize) -> Result<Features, String> {
                Ok(self.0.clone())
            }
        }
        let mut trainer = Trainer::new(recipe, descriptor::COUNT, 2, &Key::new(1)).unwrap();
        let targets = Targets::Classes(data.classes.clone());
        let mut epoch = 0.0;
        while !trainer.finished() {
            epoch += 1.0;
            let data = Silence(&silence);
            trainer.epoch(&data, &targets, &mut |_| epoch).unwrap();
        }
        let rows = predict_normalised(&*trainer.into_best(), &[&silence], 2);
        softmax(&rows[0])[1]
    };
    let near = |p: f32, expected: f32| assert!((p - expected).abs() < 0.06, "{p}, not {expected}");
    near(probability(ClassWeights::Equal, 0.0), 0.1);
    near(probability(ClassWeights::Balanced, 0.0), 0.5);
    near(probability(ClassWeights::Equal, 0.5), 0.3);
}

#[test]
fn mixtures_are_learnt_from_in_both_tasks_and_utterances_alike_mix_to_themselves() {
    struct Alike;
    impl Presentations for Alike {
        fn len(&self) -> usize {
            6
        }
        fn id(&self, _: usize) -> &str {
            "alike"
        }
        fn frames(&self, _: usize) -> usize {
            4
        }
        fn present(&self, _: usize, _: usize) -> Result<Features, String> {
            let values = (0..4 * descriptor::COUNT).map(|i| (i % 5) as f32);
            Ok(Features::from_values(descriptor::COUNT, values.collect()))
        }
    }
    for (targets, outputs) in [
        (Targets::Classes(vec![1; 6]), 3),
        (Targets::Values(vec![0.5; 12]), 2),
    ] {
        let loss = |mixup| {
            let recipe = Recipe {
                mixup,
                ..recipe(Architecture::rnn(1, 3))
            };
            let mut trainer =
                Trainer::new(recipe, descriptor::COUNT, outputs, &Key::new(1)).unwrap();
            let report = trainer.epoch(&Alike, &targets, &mut |_| 0.5).unwrap();
            report.training_loss
        };
        let (plain, mixed) = (loss(None), loss(Some(0.4)));
        assert!((plain - mixed).abs() < 1e-5, "{plain} {mixed}");
    }
    // Values: a batch whose targets lie apart is asked for what lies between.
    let data = Toy::new(8);
    let targets = Targets::Values((0..8).map(|i| i as f32 - 3.5).collect());
    let loss = |mixup| {
        let recipe = Recipe {
            mixup,
            ..recipe(Architecture::rnn(1, 3))
        };
        let mut trainer = Trainer::new(recipe, descriptor::COUNT, 1, &Key::new(1)).unwrap();
        let report = trainer.epoch(&data, &targets, &mut |_| 0.5).unwrap();
        report.training_loss
    };
    assert!(loss(Some(4.0)) < loss(None));
}

#[test]
fn a_nan_in_the_features_stops_training_with_epoch_batch_and_utterances() {
    let mut data = Toy::new(10);
    data.poison = Some(4);
    for architecture in small() {
        let mut trainer =
            Trainer::new(recipe(architecture), descriptor::COUNT, 3, &Key::new(1)).unwrap();
        let error = trainer
            .epoch(&data, &Targets::Classes(data.classes.clone()), &mut |_| 0.0)
            .unwrap_err();
        assert!(
            matches!(error, ModelError::Diverged { epoch: 1, .. }),
            "{error}"
        );
        assert!(error.to_string().contains("toy"));
    }
}

#[test]
fn a_loss_that_explodes_stops_training_before_it_overflows() {
    let data = Toy::new(10);
    for architecture in small() {
        let recipe = Recipe {
            learning_rate: 0.99,
            max_epochs: 1000,
            patience: 1000,
            ..recipe(architecture)
        };
        let mut trainer = Trainer::new(recipe, descriptor::COUNT, 1, &Key::new(1)).unwrap();
        // Values a thousand deviations away: the first loss already tells.
        let targets = Targets::Values(vec![1000.0; 10]);
        let error = trainer.epoch(&data, &targets, &mut |_| 0.0).unwrap_err();
        assert!(
            matches!(error, ModelError::Diverged { epoch: 1, batch: 1, loss, .. } if loss.is_finite()),
            "{error}"
        );
    }
}

#[test]
fn one_utterance_a_batch_and_one_frame_an_utterance_can_be_trained_on() {
    struct Short;
    impl Presentations for Short {
        fn len(&self) -> usize {
            3
        }
        fn id(&self, _: usize) -> &str {
            "short"
        }
        fn frames(&self, _: usize) -> usize {
            1
        }
        fn present(&self, _: usize, i: usize) -> Result<Features, String> {
            Ok(Features::from_values(
                descriptor::COUNT,
                vec![i as f32; descriptor::COUNT],
            ))
        }
    }
    for architecture in small() {
        let recipe = Recipe {
            batch_size: 1,
            ..recipe(architecture)
        };
        let mut trainer = Trainer::new(recipe, descriptor::COUNT, 3, &Key::new(1)).unwrap();
        let targets = Targets::Classes(vec![0, 1, 2]);
        let report = trainer.epoch(&Short, &targets, &mut |_| 0.5).unwrap();
        assert!(report.training_loss.is_finite());
    }
}

#[test]
fn a_recipe_that_makes_no_sense_is_refused_where_training_begins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.safetensors");
    let good = recipe(small()[0].clone());
    let key = Key::new(1);
    let mut trainer = Trainer::new(good.clone(), descriptor::COUNT, 3, &key).unwrap();
    run(&mut trainer, &Toy::new(9), 1);
    trainer.save(&path).unwrap();
    for (word, bad) in [
        (
            "batch_size",
            Recipe {
                batch_size: 0,
                ..good.clone()
            },
        ),
        (
            "gradient_clip",
            Recipe {
                gradient_clip: f64::INFINITY,
                ..good.clone()
            },
        ),
        (
            "learning_rate",
            Recipe {
                learning_rate: f64::NAN,
                ..good.clone()
            },
        ),
        (
            "hidden",
            Recipe {
                architecture: Architecture::rnn(1, 0),
                ..good.clone()
            },
        ),
    ] {
        for refused in [
            Trainer::new(bad.clone(), descriptor::COUNT, 3, &key),
            Trainer::resume(bad, descriptor::COUNT, 3, &key, &path),
        ] {
            let error = refused.err().unwrap().to_string();
            assert!(error.contains("rnn") && error.contains(word), "{error}");
        }
    }
    assert!(Trainer::resume(good, descriptor::COUNT, 3, &key, &path).is_ok());
}

#[test]
fn on_a_small_corpus_plateau_and_patience_last_more_epochs() {
    let recipe = Recipe::paper(Architecture::paper_rnn());
    assert_eq!(
        (recipe.batch_size, recipe.plateau, recipe.least_steps),
        (32, 4, 50)
    );
    assert_eq!(recipe.lasting(4, 4_400), 4); // 138 steps an epoch
    assert_eq!(recipe.lasting(4, 1_280), 5); // 40 steps
    assert_eq!(recipe.lasting(4, 270), 23); // 9 steps
}

fn model(architecture: &Architecture) -> Model {
    let recipe = recipe(architecture.clone());
    let description = Description {
        format: FORMAT,
        earnest: "test".into(),
        task: Task::Categorical,
        outputs: ModelClasses::default().names,
        classes: ModelClasses::default(),
        columns: descriptor::NAMES.map(String::from).to_vec(),
        features_table: None,
        recipe: recipe.clone(),
        training: "clean".into(),
        corpus: "toy".into(),
        speakers: vec!["s1".into()],
        heard: None,
        normaliser: Normaliser {
            mean: vec![0.5; 32],
            deviation: vec![2.0; 32],
        },
        target_mean: vec![0.0; 4],
        target_deviation: vec![1.0; 4],
        calibration: None,
    };
    Model::new(
        description,
        Trainer::new(recipe, descriptor::COUNT, 4, &Key::new(1))
            .unwrap()
            .into_best(),
    )
}

#[test]
fn a_model_predicts_the_same_after_a_trip_to_disk() {
    let folder = tempfile::tempdir().unwrap();
    let features: Vec<Features> = (0..5).map(|i| Toy::new(9).present(0, i).unwrap()).collect();
    let references: Vec<&Features> = features.iter().collect();
    let speakers = ["s"; 5];
    for architecture in &small() {
        let model = model(architecture);
        let before = model.predict(&references, &speakers);
        model.save(folder.path()).unwrap();
        let loaded = Model::load(folder.path()).unwrap();
        assert_eq!(loaded.description, model.description);
        // Through a shared reference, so on several threads at once.
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| assert_eq!(loaded.predict(&references, &speakers), before));
            }
        });
        for row in before {
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
    }
}

#[test]
fn broken_foreign_and_newer_model_files_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |word: &str| {
        let error = Model::load(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains(folder.path().to_str().unwrap()) && error.contains(word),
            "{error}"
        );
    };
    refused("cannot read");
    model(&small()[0]).save(folder.path()).unwrap();
    let weights = folder.path().join("model.safetensors");
    let whole = std::fs::read(&weights).unwrap();
    for cut in [0, 7, 100, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&weights, &whole[..cut]).unwrap();
        refused("safetensors");
    }
    // A weight that is another number, as a disk makes one: it was not saved so.
    let mut changed = whole.clone();
    let last = changed.len() - 3;
    changed[last] ^= 1;
    std::fs::write(&weights, changed).unwrap();
    refused("or was changed");
    std::fs::write(&weights, whole).unwrap();
    let edit = |from: &str, to: &str| {
        let path: &Path = &folder.path().join("model.json");
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains(from));
        std::fs::write(path, text.replace(from, to)).unwrap();
    };
    for (key, number) in [("mean", "1e300"), ("deviation", "0.0")] {
        let (line, broken) = (
            format!(
                "\"target_{key}\": [\n    {}",
                if key == "mean" { "0.0" } else { "1.0" }
            ),
            format!("\"target_{key}\": [\n    {number}"),
        );
        edit(&line, &broken);
        refused(&format!("target_{key} has"));
        edit(&broken, &line);
    }
    // A network far larger than its file is not even made: it would not fit in memory.
    edit("\"hidden\": 9", "\"hidden\": 4000");
    refused("values");
    edit("\"hidden\": 4000", "\"hidden\": 8");
    refused("tensor gru.0.forward.w_ih has the shape [27, 32], [24, 32] expected");
    edit("\"format\": 5", "\"format\": 99");
    refused("format is 99");
    std::fs::write(folder.path().join("model.json"), "not json").unwrap();
    refused("model description");
}

#[test]
fn a_model_of_the_first_format_is_read_as_the_papers() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(&small()[0]);
    model.save(folder.path()).unwrap();
    // What the first format did not have yet.
    let path = folder.path().join("model.json");
    let mut json: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    json["format"] = 1.into();
    let recipe = json["recipe"].as_object_mut().unwrap();
    recipe.remove("normalise").unwrap();
    recipe.remove("name").unwrap();
    let architecture = recipe["architecture"].as_object_mut().unwrap();
    architecture.remove("pooling").unwrap();
    architecture.remove("dropout").unwrap();
    std::fs::write(&path, json.to_string()).unwrap();
    // Nor did its weights say what they belong to.
    let weights = folder.path().join("model.safetensors");
    let loaded = load_tensors(&weights, "model", u64::MAX).unwrap();
    let all = loaded.tensors.iter();
    let each = all.map(|(name, t)| TensorView::new(name, t.shape.clone(), Values::F32(&t.values)));
    save_tensors(&weights, each, None).unwrap();
    let loaded = Model::load(folder.path()).unwrap();
    assert_eq!(loaded.description.recipe.title(), "rnn");
    let unnamed = Recipe {
        name: String::new(),
        ..model.description.recipe.clone()
    };
    assert_eq!(loaded.description.recipe, unnamed);
    let features = Toy::new(9).present(0, 0).unwrap();
    let (a, b) = (
        loaded.predict(&[&features], &["s"]),
        model.predict(&[&features], &["s"]),
    );
    assert_eq!(a, b);
}

/// An epoch in a thread of its own: one that hangs fails the test, and does not hang it.
fn epoch_within_a_minute(threads: usize, data: Toy) -> Result<(), String> {
    let (ended, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let result = pool.install(|| {
            let mut trainer = Trainer::new(
                recipe(small()[1].clone()),
                descriptor::COUNT,
                3,
                &Key::new(1),
            )
            .unwrap();
            let targets = Targets::Classes(data.classes.clone());
            trainer.epoch(&data, &targets, &mut |_| 0.5)
        });
        let _ = ended.send(result.map(|_| ()).map_err(|e| e.to_string()));
    });
    end.recv_timeout(std::time::Duration::from_secs(60))
        .unwrap_or_else(|_| panic!("with {threads} threads the epoch never ends"))
}

#[test]
fn a_panic_while_presenting_ends_training_with_the_utterance_and_what_it_said() {
    for threads in [1, 4] {
        let mut data = Toy::new(60);
        data.panics = Some(37);
        let error = epoch_within_a_minute(threads, data).unwrap_err();
        assert!(
            error.contains("cannot present utterance toy") && error.contains("toy 37 broke"),
            "{error}"
        );
        assert_eq!(epoch_within_a_minute(threads, Toy::new(60)), Ok(()));
    }
}

/// The weights of every network with every pooling after some training, added up.
fn bits_of_all() -> String {
    use earnest_model::PoolingKind;

    let data = Toy::new(20);
    let mut all = Vec::new();
    for kind in [
        PoolingKind::Mean,
        PoolingKind::Max,
        PoolingKind::Attention,
        PoolingKind::Statistics,
    ] {
        for architecture in small() {
            let mut json = serde_json::to_value(architecture).unwrap();
            json["pooling"] = serde_json::to_value(kind).unwrap();
            let architecture = serde_json::from_value(json).unwrap();
            let mut trainer =
                Trainer::new(recipe(architecture), descriptor::COUNT, 3, &Key::new(4)).unwrap();
            run(&mut trainer, &data, 2);
            let fold = |sum: u64, x: &u32| sum.rotate_left(5) ^ u64::from(*x);
            let sum = bits(&*trainer.into_best()).iter().fold(0, fold);
            all.push(format!("{sum:016x}"));
        }
    }
    all.join(" ")
}

#[test]
fn the_baseline_of_every_loop_trains_to_the_bits_of_the_vectors() {
    let own = bits_of_all();
    let variable = earnest_features::vectorised::VARIABLE;
    if std::env::var_os(variable).is_some() {
        println!("bits {own}");
        return;
    }
    let baseline = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["the_baseline_of_every_loop", "--nocapture"])
        .env(variable, "baseline")
        .output()
        .unwrap();
    let said = String::from_utf8(baseline.stdout).unwrap();
    assert!(said.contains(&format!("bits {own}")), "{own}: {said}");
}
