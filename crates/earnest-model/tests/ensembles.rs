//! Ensembles: what a recipe can say of them, and that a model of several answers with its members' answers,
//! whoever asks and wherever it was kept.
#![allow(clippy::unwrap_used, clippy::panic)]

use earnest_features::{Extractor, Features, FrontEnd, FrontEndSettings, Normaliser};
use earnest_model::{
    Description, EnsembleEngine, Examples, FORMAT, Model, ModelClasses, Recipe, Targets, Task,
    Trainer, softmax,
};
use earnest_random::Key;

/// An SVM's rival on functionals and two networks, one on the same functionals.
const RECIPE: &str = r#"
name = "three"
chain = "robust"

[architecture]
kind = "ensemble"
weights = [2.0, 1.0, 1.0]

[[members]]
features = { name = "functionals" }
clip = 3.0
architecture = { kind = "logistic" }

[[members]]
features = { name = "logmel", bands = 8 }
normalise = "segment_mean"
label_smoothing = 0.1
architecture = { kind = "crnn", filters = 4, hidden = 3, pooling = "statistics" }

[[members]]
features = { name = "functionals" }
architecture = { kind = "cnn", layers = 1, filters = 5 }
"#;

fn recipe() -> Recipe {
    Recipe::from_toml(RECIPE).unwrap()
}

#[test]
fn a_recipe_of_members_is_written_as_it_is_read_and_hears_their_front_ends_side_by_side() {
    let recipe = recipe();
    assert!(recipe.is_ensemble() && recipe.has_network() && recipe.has_baseline());
    let json = serde_json::to_value(&recipe).unwrap();
    assert!(json.get("features").is_none());
    assert_eq!(serde_json::from_value::<Recipe>(json).unwrap(), recipe);
    let text = toml::to_string(&recipe).unwrap();
    assert_eq!(Recipe::from_toml(&text).unwrap(), recipe);
    // Two of them share theirs.
    let FrontEndSettings::Joined(joined) = &recipe.features else {
        panic!("{:?}", recipe.features);
    };
    assert_eq!(joined.parts.len(), 2);
    assert_eq!(recipe.front_ends().len(), 3);
    // Logistic regression learns classes only.
    let of = |task| recipe.members_of(task).map(|(n, _)| n).collect::<Vec<_>>();
    assert_eq!(of(Task::Categorical), [0, 1, 2]);
    assert_eq!(of(Task::Dimensional), [1, 2]);
    // Keys about classes are for one of the two tasks that it is written for.
    assert_eq!(recipe.refuse_idle(&[Task::Dimensional]), Ok(()));
    let values = RECIPE.replace("{ kind = \"logistic\" }", "{ kind = \"cnn\", layers = 1 }");
    let values = Recipe::from_toml(&values).unwrap();
    let error = values.refuse_idle(&[Task::Dimensional]).unwrap_err();
    assert!(error.starts_with("members[2] of the recipe three has label_smoothing"));
    let words = recipe.engine_words(Some(Task::Dimensional));
    assert!(words.starts_with("ensemble weighted 1 to 1 of") && !words.contains("logistic"));
    let alike = RECIPE.replace("{ name = \"logmel\", bands = 8 }", "{ name = \"lld32\" }");
    let alike = alike.replace("{ name = \"functionals\" }", "{ name = \"lld32\" }");
    let alike = Recipe::from_toml(&alike).unwrap();
    assert_eq!(alike.features, FrontEndSettings::default());
    assert_eq!(alike.front_ends().len(), 1);
}

#[test]
fn what_an_ensemble_cannot_be_is_refused_by_the_key_and_the_member() {
    let with = |from: &str, to: &str| Recipe::from_toml(&RECIPE.replace(from, to)).unwrap_err();
    let begin = RECIPE.split("[[members]]").next().unwrap();
    let one: String = RECIPE.split_inclusive("}\n\n").take(1).collect();
    for (error, words) in [
        (Recipe::from_toml(begin).unwrap_err(), "there are 0 of them"),
        (Recipe::from_toml(&one).unwrap_err(), "there are 1 of them"),
        (
            with("[2.0, 1.0, 1.0]", "[2.0, 1.0]"),
            "weights: there are 2",
        ),
        (
            with("[2.0, 1.0, 1.0]", "[2.0, 1.0, 0.0]"),
            "weights must be 0.001",
        ),
        (
            with("chain = \"robust\"", "max_epochs = 3"),
            "max_epochs has no effect on an ensemble",
        ),
        (
            with("chain = \"robust\"", "clip = 3.0"),
            "clip has no effect on an ensemble",
        ),
        (
            with("chain = \"robust\"", "features = { name = \"lld32\" }"),
            "features have no effect on an ensemble",
        ),
        (
            with("clip = 3.0", "chain = \"paper\""),
            "members[1]: chain is said of the ensemble",
        ),
        (
            with("clip = 3.0", "calibrate = \"temperature\""),
            "members[1]: calibrate is said of the ensemble",
        ),
        (
            with("clip = 3.0", "normalise = \"speaker\""),
            "members[1]: normalise is \"speaker\"",
        ),
        (
            with("\"segment_mean\"", "\"segment_mean\"\ncoverage = 0.8"),
            "members[2]: coverage is said of the ensemble",
        ),
        (
            with("{ kind = \"logistic\" }", "{ kind = \"ensemble\" }"),
            "members[1]: it is an ensemble itself",
        ),
        (with("bands = 8", "bands = 0"), "members[2]: features.bands"),
        (
            with(
                "features = { name = \"functionals\" }\nclip = 3.0",
                "features = { name = \"logmel\", hop_ms = 5.0 }",
            ),
            "members[1].features have a row each 0.005 s and members[2].features each 0.01 s",
        ),
        (
            with("{ name = \"logmel\", bands = 8 }", "{ name = \"joined\" }"),
            "members[2]: features are `joined`",
        ),
        (
            with("normalise = \"segment_mean\"", "max_epochs = 0"),
            "members[2]: max_epochs",
        ),
        (
            with("clip = 3.0", "max_epochs = 3"),
            "members[1]: max_epochs has no effect on the logistic",
        ),
        (
            with(
                "architecture = { kind = \"cnn\", layers = 1, filters = 5 }",
                "clip = 3.0\narchitecture = { kind = \"logistic\" }",
            ),
            "members[3] is the same baseline as members[1]",
        ),
        (
            with("chain = \"robust\"", "validation_copies = 0"),
            "validation_copies must be 1",
        ),
        (
            Recipe::from_toml(
                "architecture = { kind = \"cnn\" }\n[[members]]\narchitecture = { kind = \"cnn\" }",
            )
            .unwrap_err(),
            "members have no effect on the cnn",
        ),
    ] {
        assert!(error.contains(words), "{words}: {error}");
    }
}

/// An utterance's samples.
fn sounds(samples: usize, seed: u64) -> Vec<f32> {
    let mut generator = Key::new(seed).generator();
    let pulse = |i: usize| if i.is_multiple_of(133) { 0.3 } else { 0.0 };
    (0..samples)
        .map(|i| (pulse(i) + 0.02 * generator.normal()) as f32)
        .collect()
}

fn describe(recipe: Recipe, task: Task, outputs: &[&str]) -> Description {
    let columns = recipe.features.as_front_end().columns();
    let n = outputs.len();
    let is_ensemble = recipe.is_ensemble();
    let far = if is_ensemble { 0.0 } else { 0.25 };
    let scale = match task {
        Task::Dimensional if !is_ensemble => (3.0, 0.5),
        _ => (0.0, 1.0),
    };
    Description {
        format: FORMAT,
        earnest: "test".into(),
        task,
        outputs: outputs.iter().map(|name| (*name).to_owned()).collect(),
        classes: ModelClasses::default(),
        features_table: None,
        training: "clean".into(),
        corpus: "toy".into(),
        speakers: vec!["s1".into()],
        heard: None,
        normaliser: Normaliser {
            mean: vec![far; columns.len()],
            deviation: vec![1.0 + far; columns.len()],
        },
        columns,
        recipe,
        target_mean: vec![scale.0; n],
        target_deviation: vec![scale.1; n],
        calibration: None,
    }
}

/// The members' models: networks as they are drawn, a baseline fitted to noise.
fn members(recipe: &Recipe, task: Task, outputs: &[&str]) -> Vec<Model> {
    let of_member = |(number, member): (usize, &Recipe)| {
        let description = describe(member.clone(), task, outputs);
        let (columns, n) = (description.columns.len(), outputs.len());
        let key = Key::new(number as u64);
        let engine = match member.architecture.is_network() {
            true => Trainer::new(member.clone(), columns, n, &key)
                .unwrap()
                .into_best(),
            false => {
                let mut generator = key.generator();
                let rows: Vec<f32> = (0..24 * columns)
                    .map(|_| generator.normal() as f32)
                    .collect();
                let speakers: Vec<usize> = (0..24).map(|i| i % 3).collect();
                let utterances: Vec<usize> = (0..24).collect();
                let examples = Examples {
                    columns,
                    rows: &rows,
                    targets: &Targets::Classes((0..24).map(|i| i % n).collect()),
                    outputs: n,
                    weights: &[1.0; 24],
                    speakers: &speakers,
                    utterances: &utterances,
                    score: &|_, _| 0.0,
                    key: &key,
                    go_on: &|_, _| true,
                };
                member.architecture.fit(&examples).unwrap().engine
            }
        };
        Model::new(description, engine)
    };
    recipe.members_of(task).map(of_member).collect()
}

const CLASSES: [&str; 4] = ["neutral", "happy", "sad", "angry"];
const SCALES: [&str; 2] = ["arousal", "valence"];

#[test]
fn a_model_of_several_answers_with_the_pool_of_its_members_answers_from_memory_and_from_files() {
    let recipe = recipe();
    for (task, outputs) in [
        (Task::Categorical, &CLASSES[..]),
        (Task::Dimensional, &SCALES[..]),
    ] {
        let own = members(&recipe, task, outputs);
        let engine = EnsembleEngine::new(&recipe, task, own.clone()).unwrap();
        let mut description = describe(recipe.clone(), task, outputs);
        if task == Task::Categorical {
            description.classes.names = description.outputs.clone();
        }
        let model = Model::new(description, Box::new(engine));
        let folder = tempfile::tempdir().unwrap();
        model.save(folder.path()).unwrap();
        let loaded = Model::load(folder.path()).unwrap();

        let waves: Vec<Vec<f32>> = (0..5)
            .map(|i| sounds(6_000 + 3_000 * i, i as u64))
            .collect();
        let all = |front_end: &dyn FrontEnd| -> Vec<Features> {
            let mut extractor = Extractor::of(front_end, 16_000).unwrap();
            waves.iter().map(|wave| extractor.extract(wave)).collect()
        };
        let answers = |model: &Model, features: &[Features]| {
            let references: Vec<&Features> = features.iter().collect();
            model.predict(&references, &vec![""; features.len()])
        };
        let joined = all(recipe.features.as_front_end());
        let given = answers(&model, &joined);
        assert_eq!(answers(&loaded, &joined), given);
        // Alone as beside others.
        for (features, answer) in joined.iter().zip(&given) {
            assert_eq!(&answers(&model, std::slice::from_ref(features))[0], answer);
        }

        let weights: &[f64] = match task {
            Task::Categorical => &[0.5, 0.25, 0.25],
            Task::Dimensional => &[0.5, 0.5],
        };
        let of_members: Vec<Vec<Vec<f32>>> = own
            .iter()
            .map(|m| answers(m, &all(m.description.recipe.features.as_front_end())))
            .collect();
        for (i, answer) in given.iter().enumerate() {
            let mean = |k: usize, of: fn(f32) -> f64| {
                let each = weights.iter().zip(&of_members);
                each.map(|(w, all)| w * of(all[i][k])).sum::<f64>() as f32
            };
            let places = 0..outputs.len();
            let expected = match task {
                Task::Categorical => {
                    let logs: Vec<f32> = places.map(|k| mean(k, |p| f64::from(p).ln())).collect();
                    softmax(&logs)
                }
                Task::Dimensional => places.map(|k| mean(k, f64::from)).collect(),
            };
            for (a, b) in answer.iter().zip(&expected) {
                assert!((a - b).abs() < 1e-5, "{answer:?} {expected:?}");
            }
        }
    }
}

#[test]
fn a_changed_file_of_several_is_refused_by_its_member() {
    let recipe = recipe();
    let task = Task::Categorical;
    let engine = EnsembleEngine::new(&recipe, task, members(&recipe, task, &CLASSES)).unwrap();
    let mut description = describe(recipe.clone(), task, &CLASSES);
    description.classes.names = description.outputs.clone();
    let folder = tempfile::tempdir().unwrap();
    Model::new(description, Box::new(engine))
        .save(folder.path())
        .unwrap();
    let path = folder.path().join("model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    // The header is text; another name of the same length.
    let header = String::from_utf8_lossy(&bytes[8..])
        .find("member.2.input_mean")
        .unwrap()
        + 8;
    let mut changed = bytes.clone();
    changed[header..header + 19].copy_from_slice(b"member.2.input_maen");
    std::fs::write(&path, &changed).unwrap();
    let error = Model::load(folder.path()).unwrap_err().to_string();
    assert!(
        error.contains("member 2: tensor input_mean is missing"),
        "{error}"
    );
    changed[header..header + 19].copy_from_slice(b"member.9.input_mean");
    std::fs::write(&path, &changed).unwrap();
    let error = Model::load(folder.path()).unwrap_err().to_string();
    assert!(error.contains("member 2"), "{error}");
    // Fewer models than members that take part.
    let mut few = members(&recipe, task, &CLASSES);
    few.pop();
    assert!(EnsembleEngine::new(&recipe, task, few).is_err());
}
