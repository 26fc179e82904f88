//! Files of models and of trainings under way: what is not what it says is refused by the name of
//! its file and of the key or tensor that is wrong, and no bytes make a panic.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::HashMap;
use std::path::Path;

use earnest_features::{Features, Normaliser, descriptor};
use earnest_model::{
    Architecture, Calibrate, Calibration, Description, FORMAT, Model, ModelClasses, Presentations,
    Recipe, Targets, Task, Trainer,
};
use earnest_random::Key;
use proptest::prelude::*;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde_json::{Value, json};

/// Names of a task's outputs.
fn names(task: Task) -> Vec<String> {
    match task {
        Task::Categorical => ModelClasses::default().names,
        Task::Dimensional => ["arousal", "valence"].map(String::from).to_vec(),
    }
}

/// Writes a model into a folder.
fn save(folder: &Path, task: Task, architecture: Architecture) {
    save_calibrated(folder, task, Recipe::paper(architecture), None);
}

/// Writes a model of a recipe into a folder.
fn save_calibrated(folder: &Path, task: Task, recipe: Recipe, calibration: Option<Calibration>) {
    let outputs = names(task);
    let n = outputs.len();
    let trainer = Trainer::new(recipe.clone(), descriptor::COUNT, n, &Key::new(1)).unwrap();
    let description = Description {
        format: FORMAT,
        earnest: "test".into(),
        task,
        outputs,
        classes: ModelClasses::default(),
        columns: descriptor::NAMES.map(String::from).to_vec(),
        features_table: None,
        recipe,
        training: "clean".into(),
        corpus: "toy".into(),
        speakers: vec!["s1".into()],
        heard: None,
        normaliser: Normaliser {
            mean: vec![0.5; 32],
            deviation: vec![2.0; 32],
        },
        target_mean: vec![0.0; n],
        target_deviation: vec![1.0; n],
        calibration,
    };
    Model::new(description, trainer.into_best())
        .save(folder)
        .unwrap();
}

/// A tensor of a file: name, kind, sizes, bytes.
type Tensor = (String, Dtype, Vec<usize>, Vec<u8>);

/// Writes a file of tensors again after a change.
fn retensor(path: &Path, change: impl FnOnce(&mut Vec<Tensor>, &mut HashMap<String, String>)) {
    let bytes = std::fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    let mut notes = metadata.metadata().clone().unwrap_or_default();
    let mut tensors: Vec<Tensor> = file
        .tensors()
        .into_iter()
        .map(|(name, v)| (name, v.dtype(), v.shape().to_vec(), v.data().to_vec()))
        .collect();
    change(&mut tensors, &mut notes);
    let views = tensors.iter().map(|(name, dtype, shape, data)| {
        let view = TensorView::new(*dtype, shape.clone(), data).unwrap();
        (name.clone(), view)
    });
    std::fs::write(path, safetensors::serialize(views, Some(notes)).unwrap()).unwrap();
}

fn rejson(path: &Path, change: impl FnOnce(&mut Value)) {
    let mut value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    change(&mut value);
    std::fs::write(path, value.to_string()).unwrap();
}

fn find<'a>(tensors: &'a mut [Tensor], name: &str) -> &'a mut Tensor {
    tensors.iter_mut().find(|t| t.0 == name).unwrap()
}

/// The error of loading a model that was changed.
fn refused(
    task: Task,
    architecture: Architecture,
    change: impl FnOnce(&Path),
) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    save(folder.path(), task, architecture);
    assert!(Model::load(folder.path()).is_ok());
    change(folder.path());
    match Model::load(folder.path()) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

/// A change of `model.json`, and what its refusal says.
type JsonChange = (Task, fn(&mut Value), &'static str);

#[test]
fn a_description_that_is_not_what_it_says_is_refused_by_its_key() {
    use Task::{Categorical, Dimensional};
    let table: &[JsonChange] = &[
        (
            Categorical,
            |j| j["outputs"] = json!(["angry", "angry", "neutral", "sad"]),
            "outputs",
        ),
        (
            Categorical,
            |j| j["outputs"] = json!(["happy", "angry", "neutral", "sad"]),
            "classes.names are",
        ),
        (
            Categorical,
            |j| j["outputs"] = json!(["a", "b", "c", "d"]),
            "outputs",
        ),
        (Categorical, |j| j["task"] = json!("dimensional"), "outputs"),
        (
            Dimensional,
            |j| j["outputs"] = json!(["valence", "arousal"]),
            "outputs",
        ),
        (
            Dimensional,
            |j| {
                j["outputs"] = json!(["arousal", "valence", "arousal", "valence"]);
                j["target_mean"] = json!([0, 0, 0, 0]);
                j["target_deviation"] = json!([1, 1, 1, 1]);
            },
            "outputs",
        ),
        (
            Categorical,
            |j| j["normaliser"]["deviation"][3] = json!(0.0),
            "normaliser.deviation[3]",
        ),
        (
            Categorical,
            |j| j["normaliser"]["deviation"][3] = json!(1e39),
            "normaliser.deviation[3]",
        ),
        (
            Categorical,
            |j| j["normaliser"]["deviation"][3] = json!(1e-40),
            "normaliser.deviation[3]",
        ),
        (
            Categorical,
            |j| j["normaliser"]["deviation"][3] = json!(-1.0),
            "normaliser.deviation[3]",
        ),
        (
            Categorical,
            |j| j["normaliser"]["mean"][31] = json!(-1e39),
            "normaliser.mean[31]",
        ),
        (
            Categorical,
            |j| j["normaliser"]["mean"] = json!([1, 2]),
            "normaliser.mean has 2",
        ),
        (
            Categorical,
            |j| j["normaliser"]["median"] = json!(1),
            "median",
        ),
        (
            Categorical,
            |j| j["target_deviation"][1] = json!(2.0),
            "target_deviation",
        ),
        (
            Categorical,
            |j| j["target_mean"] = json!([0, 0, 0]),
            "target_mean has 3",
        ),
        (
            Dimensional,
            |j| j["target_deviation"][1] = json!(0.0),
            "target_deviation[1]",
        ),
        (
            Dimensional,
            |j| j["target_deviation"][1] = json!(1e39),
            "target_deviation[1]",
        ),
        (
            Dimensional,
            |j| j["target_deviation"][1] = json!(1e-44),
            "target_deviation[1]",
        ),
        (
            Dimensional,
            |j| j["target_mean"][0] = json!(1e30),
            "target_mean[0]",
        ),
        (
            Categorical,
            |j| {
                let (a, b) = (j["columns"][0].clone(), j["columns"][1].clone());
                (j["columns"][0], j["columns"][1]) = (b, a);
            },
            "columns",
        ),
        (
            Categorical,
            |j| j["recipe"]["architecture"]["filters"] = json!(100_000),
            "filters must be 1 to 10000, not 100000",
        ),
        (
            Categorical,
            |j| j["recipe"]["architecture"]["filters"] = json!(1_u64 << 63),
            "filters",
        ),
        (
            Categorical,
            |j| {
                j["recipe"]["architecture"]["filters"] = json!(10_000);
                j["recipe"]["architecture"]["layers"] = json!(100);
            },
            "filters = 10000 in 100 layers",
        ),
        (
            Categorical,
            |j| j["recipe"]["architecture"]["kernel"] = json!(4),
            "kernel",
        ),
        (
            Categorical,
            |j| {
                j["recipe"]["architecture"] = json!({"kind": "rnn", "layers": 1, "hidden": 100_000})
            },
            "hidden must be 1 to 10000, not 100000",
        ),
        (
            Categorical,
            |j| {
                j["recipe"]["architecture"] =
                    json!({"kind": "rnn", "layers": 1, "hidden": 1_u64 << 63});
            },
            "hidden",
        ),
        (
            Categorical,
            |j| j["recipe"]["learning_rate"] = json!(1e300),
            "learning_rate",
        ),
    ];
    for (i, (task, change, word)) in table.iter().enumerate() {
        let result = refused(*task, Architecture::cnn(2, 3, 3), |folder| {
            rejson(&folder.join("model.json"), change);
        });
        let error = result.expect_err(&format!("change {i} ({word}) is taken"));
        assert!(
            error.contains("model.json") && error.contains(word),
            "{i}: {error}"
        );
    }
    let result = refused(Categorical, Architecture::cnn(2, 3, 3), |folder| {
        let path = folder.join("model.json");
        let text = std::fs::read_to_string(&path).unwrap();
        let twice = text.replacen('{', "{\"task\": \"dimensional\",", 1);
        std::fs::write(&path, twice).unwrap();
    });
    let error = result.expect_err("a key that is there twice is taken");
    assert!(error.contains("task"), "{error}");
}

/// A change of a file of tensors, and what its refusal says.
type TensorChange = (fn(&mut Vec<Tensor>), &'static str);

#[test]
fn weights_that_are_not_those_of_their_description_are_refused_by_their_tensor() {
    fn set(tensors: &mut [Tensor], name: &str, i: usize, x: f32) {
        find(tensors, name).3[4 * i..4 * i + 4].copy_from_slice(&x.to_le_bytes());
    }
    let table: &[TensorChange] = &[
        (
            |t| t.push(("left.over".into(), Dtype::F32, vec![1], vec![0; 4])),
            "left.over",
        ),
        (
            |t| t.push(("empty".into(), Dtype::F32, vec![0, 7], vec![])),
            "empty",
        ),
        (|t| t.retain(|t| t.0 != "head.bias"), "values"),
        (|t| find(t, "head.bias").0 = "head.bais".into(), "head.bias"),
        (|t| find(t, "head.weight").2.reverse(), "head.weight"),
        (|t| find(t, "head.weight").2 = vec![12], "head.weight"),
        (|t| find(t, "head.bias").2 = vec![4, 1], "head.bias"),
        (|t| find(t, "head.bias").2 = vec![1, 4], "head.bias"),
        (
            |t| {
                let bias = find(t, "head.bias");
                (bias.1, bias.2) = (Dtype::F16, vec![8]);
            },
            "head.bias is neither f32 nor f64",
        ),
        (
            |t| {
                find(t, "head.bias").1 = Dtype::I32;
            },
            "head.bias is neither f32 nor f64",
        ),
        (
            |t| {
                let bias = find(t, "head.bias");
                (bias.1, bias.3) = (Dtype::F64, vec![0; 32]);
            },
            "head.bias is not f32",
        ),
        (|t| set(t, "head.weight", 5, f32::NAN), "head.weight"),
        (|t| set(t, "head.weight", 5, f32::INFINITY), "head.weight"),
        (
            |t| set(t, "norm.1.running_variance", 2, -1.0),
            "norm.1.running_variance",
        ),
    ];
    for (i, (change, word)) in table.iter().enumerate() {
        let result = refused(Task::Categorical, Architecture::cnn(2, 3, 3), |folder| {
            retensor(&folder.join("model.safetensors"), |t, _| change(t));
        });
        let error = result.expect_err(&format!("change {i} ({word}) is taken"));
        assert!(
            error.contains("model.safetensors") && error.contains(word),
            "{i}: {error}"
        );
    }
}

#[test]
fn a_file_that_is_larger_than_its_model_needs_is_not_read() {
    let result = refused(Task::Categorical, Architecture::rnn(1, 2), |folder| {
        let path = folder.join("model.safetensors");
        let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        // Nothing but a hole in the file.
        file.set_len(1 << 40).unwrap();
    });
    let error = result.unwrap_err();
    assert!(
        error.contains("model.safetensors") && error.contains("at most"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn a_pipe_is_no_model() {
    for name in ["model.json", "model.safetensors"] {
        let made = std::cell::Cell::new(true);
        let result = refused(Task::Categorical, Architecture::rnn(1, 2), |folder| {
            let path = folder.join(name);
            std::fs::remove_file(&path).unwrap();
            let status = std::process::Command::new("mkfifo").arg(&path).status();
            made.set(status.is_ok_and(|s| s.success()));
        });
        let error = result.unwrap_err();
        assert!(!made.get() || error.contains("not a file"), "{error}");
    }
}

/// Two classes of noise.
struct Toy;

impl Presentations for Toy {
    fn len(&self) -> usize {
        6
    }
    fn id(&self, _: usize) -> &str {
        "toy"
    }
    fn frames(&self, _: usize) -> usize {
        4
    }
    fn present(&self, _: usize, i: usize) -> Result<Features, String> {
        let mut generator = Key::new(5).with(i as u64).generator();
        let values = (0..4 * descriptor::COUNT).map(|_| generator.normal() as f32);
        Ok(Features::from_values(descriptor::COUNT, values.collect()))
    }
}

fn small() -> Recipe {
    Recipe {
        max_epochs: 5,
        batch_size: 4,
        average: Some(0.9),
        ..Recipe::paper(Architecture::cnn(1, 2, 1))
    }
}

/// Writes a training that stopped after two epochs.
fn stopped(path: &Path) {
    let mut trainer = Trainer::new(small(), descriptor::COUNT, 2, &Key::new(3)).unwrap();
    let targets = Targets::Classes(vec![0, 1, 0, 1, 0, 1]);
    for _ in 0..2 {
        trainer.epoch(&Toy, &targets, &mut |_| 0.5).unwrap();
    }
    trainer.save(path).unwrap();
}

fn resumed(path: &Path) -> Result<Trainer, String> {
    Trainer::resume(small(), descriptor::COUNT, 2, &Key::new(3), path).map_err(|e| e.to_string())
}

#[test]
fn a_training_goes_on_from_no_state_that_it_cannot_have_had() {
    type Change = (fn(&mut Vec<Tensor>, &mut Value), &'static str);
    fn set(tensors: &mut [Tensor], name: &str, x: f32) {
        find(tensors, name).3[..4].copy_from_slice(&x.to_le_bytes());
    }
    let table: &[Change] = &[
        (
            |t, _| t.push(("best.99".into(), Dtype::F32, vec![1], vec![0; 4])),
            "best.99",
        ),
        (|t, _| t.retain(|t| t.0 != "first.0"), "first.0"),
        (|t, _| t.retain(|t| t.0 != "average.0"), "average.0"),
        (
            |t, _| {
                let last = t.iter().filter(|t| t.0.starts_with("average.")).count() - 1;
                set(t, &format!("average.{last}"), -1.0);
            },
            "of the average",
        ),
        (|t, _| find(t, "second.0").2.push(1), "second.0"),
        (|t, _| set(t, "second.0", -1.0), "second.0"),
        (|t, _| set(t, "first.0", f32::NAN), "first.0"),
        (
            |t, _| set(t, "now.norm.0.running_variance", -1.0),
            "norm.0.running_variance",
        ),
        // The last but one of the network's tensors and the last are running statistics.
        (
            |t, _| {
                let last = t.iter().filter(|t| t.0.starts_with("best.")).count() - 1;
                set(t, &format!("best.{last}"), -1.0);
            },
            "running_variance",
        ),
        (|_, n| n["best"] = json!([9, 0.5]), "best"),
        (|_, n| n["best"] = json!([0, 0.5]), "best"),
        (|_, n| n["learning_rate"] = json!(1e300), "learning_rate"),
        (|_, n| n["learning_rate"] = json!(-1.0), "learning_rate"),
        (|_, n| n["history"][1]["epoch"] = json!(7), "epoch 7"),
        (
            |_, n| n["history"][1]["learning_rate"] = json!(0.0),
            "learning_rate",
        ),
        (|_, n| n["since_halved"] = json!(u64::MAX), "since_halved"),
        (|_, n| n["adam_steps"] = json!(0), "adam_steps"),
        (|_, n| n["utterances"] = json!(0), "utterances"),
        (
            |_, n| {
                let report = n["history"][0].clone();
                let all: Vec<Value> = (1..=6)
                    .map(|i| {
                        let mut report = report.clone();
                        report["epoch"] = json!(i);
                        report
                    })
                    .collect();
                n["history"] = json!(all);
                n["adam_steps"] = json!(100);
            },
            "max_epochs",
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.safetensors");
    for (i, (change, word)) in table.iter().enumerate() {
        stopped(&path);
        assert!(resumed(&path).is_ok());
        retensor(&path, |tensors, notes| {
            let mut note: Value = serde_json::from_str(&notes["earnest"]).unwrap();
            change(tensors, &mut note);
            notes.insert("earnest".into(), note.to_string());
        });
        let error = resumed(&path)
            .err()
            .unwrap_or_else(|| panic!("change {i} ({word}) is taken"));
        assert!(
            error.contains("checkpoint.safetensors") && error.contains(word),
            "{i}: {error}"
        );
    }
}

/// Where, how many bytes go, and the bytes that come.
fn edits() -> impl Strategy<Value = Vec<(prop::sample::Index, usize, Vec<u8>)>> {
    let come = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..5),
        "(-|9|0|1e|\"|\\[|,|null|e39)".prop_map(String::into_bytes),
    ];
    prop::collection::vec((any::<prop::sample::Index>(), 0..5_usize, come), 1..4)
}

fn edited(whole: &[u8], edits: &[(prop::sample::Index, usize, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for (at, gone, come) in edits {
        let start = at.index(bytes.len() + 1);
        let end = (start + gone).min(bytes.len());
        bytes.splice(start..end, come.iter().copied());
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_becomes_of_its_bytes_a_model_is_read_or_refused(
        which in 0..3_usize,
        edits in edits(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let name = ["model.json", "model.safetensors", "checkpoint.safetensors"][which];
        let path = folder.path().join(name);
        if which == 2 {
            stopped(&path);
        } else {
            save(folder.path(), Task::Dimensional, Architecture::cnn(1, 2, 1));
        }
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, edited(&whole, &edits)).unwrap();
        if which == 2 {
            if let Ok(mut trainer) = resumed(&path) {
                let _ = trainer.finished();
                let targets = Targets::Classes(vec![0, 1, 0, 1, 0, 1]);
                let _ = trainer.epoch(&Toy, &targets, &mut |_| 0.5);
            }
        } else if let Ok(model) = Model::load(folder.path()) {
            let features = Features::from_values(descriptor::COUNT, vec![0.5; 4 * descriptor::COUNT]);
            let answers = model.predict(&[&features], &["s"]);
            prop_assert_eq!(answers[0].len(), 2);
        }
    }
}

/// A recipe that asks for both, and what was chosen.
fn calibrated() -> (Recipe, Calibration) {
    let recipe = Recipe {
        calibrate: Some(Calibrate::Temperature),
        coverage: Some(0.8),
        ..Recipe::paper(Architecture::rnn(1, 4))
    };
    let calibration = Calibration {
        temperature: Some(2.0),
        uncertain_below: Some(0.4),
        utterances: 20,
        log_loss_before: 1.2,
        log_loss: 1.1,
    };
    (recipe, calibration)
}

#[test]
fn a_calibrated_model_answers_with_the_softmax_of_its_outputs_over_the_temperature() {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let (recipe, calibration) = calibrated();
    let plain = Recipe::paper(recipe.architecture.clone());
    save_calibrated(folders[0].path(), Task::Categorical, plain, None);
    let of = Some(calibration.clone());
    save_calibrated(folders[1].path(), Task::Categorical, recipe, of);
    let [plain, warm] = folders.each_ref().map(|f| Model::load(f.path()).unwrap());
    assert_eq!(warm.description.calibration, Some(calibration));
    assert_eq!(warm.description.uncertain_below(), Some(0.4));
    assert_eq!(plain.description.uncertain_below(), None);
    let values = (0..32 * 40)
        .map(|i| (i as f32 * 0.37).sin() * 3.0)
        .collect();
    let features = Features::from_values(32, values);
    let [cold, warm] = [plain, warm].map(|m| m.predict(&[&features], &["a"]).remove(0));
    // ln p_i - ln p_j is the difference of two outputs, over the temperature.
    for i in 1..4 {
        let apart = |p: &[f32]| (p[i].ln() - p[0].ln()) as f64;
        assert!((apart(&cold) / 2.0 - apart(&warm)).abs() < 1e-5);
    }
    // Without calibration nothing is written of it.
    let json = std::fs::read_to_string(folders[0].path().join("model.json")).unwrap();
    assert!(
        !json.contains("calibrat") && !json.contains("coverage"),
        "{json}"
    );
}

/// A change to a model's calibration, and what is said of it.
type Change = (fn(&mut Value), &'static str);

#[test]
fn a_temperature_or_a_threshold_that_was_changed_is_refused() {
    let changes: [Change; 9] = [
        // One that a fit may give is not the one that was saved.
        (
            |c| c["temperature"] = json!(2.5),
            "was not written with the model.json",
        ),
        (
            |c| c["uncertain_below"] = json!(0.1),
            "was not written with the model.json",
        ),
        (
            |c| c["temperature"] = json!(0.0),
            "calibration.temperature must be",
        ),
        (
            |c| c["temperature"] = json!(-1.0),
            "calibration.temperature must be",
        ),
        (
            |c| c["temperature"] = json!(1e9),
            "calibration.temperature must be",
        ),
        (
            |c| c["uncertain_below"] = json!(2.0),
            "calibration.uncertain_below must be",
        ),
        (|c| c["warmth"] = json!(1.0), "unknown field `warmth`"),
        (
            |c| _ = c.as_object_mut().unwrap().remove("temperature"),
            "calibration.temperature is missing",
        ),
        (|c| *c = Value::Null, "calibration is missing"),
    ];
    for (change, said) in changes {
        let folder = tempfile::tempdir().unwrap();
        let (recipe, calibration) = calibrated();
        save_calibrated(folder.path(), Task::Categorical, recipe, Some(calibration));
        rejson(&folder.path().join("model.json"), |json| {
            change(&mut json["calibration"]);
        });
        let error = Model::load(folder.path()).unwrap_err().to_string();
        assert!(error.contains(said), "{said:?} is not in {error}");
    }
    // Nor may one be added.
    let error = refused(Task::Categorical, Architecture::rnn(1, 4), |folder| {
        rejson(&folder.join("model.json"), |json| {
            json["calibration"] = serde_json::to_value(calibrated().1).unwrap();
        });
    });
    let error = error.unwrap_err();
    assert!(error.contains("the recipe does not ask for it"), "{error}");
    // Scales have no probabilities, whatever a recipe of both tasks asks for.
    let folder = tempfile::tempdir().unwrap();
    save_calibrated(folder.path(), Task::Dimensional, calibrated().0, None);
    assert!(Model::load(folder.path()).is_ok());
}
