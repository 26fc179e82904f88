//! Folds beyond leaving one speaker out: groups of speakers, and the files that EmoBox
//! publishes.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use earnest_corpus::synthetic;
use earnest_experiment::{
    Experiment, Notice, Observer, Protocol, Silent, Validation, prepare, run,
};
use earnest_model::{Architecture, Recipe, Task};

fn corpus(folder: &Path) {
    let settings = synthetic::SyntheticSettings {
        seed: 1,
        utterances_per_speaker: 4,
    };
    synthetic::write(folder, settings, || {}).unwrap();
}

fn small(corpus: &Path, protocol: Protocol) -> Experiment {
    let mut experiment = Experiment::table1(corpus.to_owned());
    experiment.protocol = Some(protocol);
    experiment.tasks = vec![Task::Categorical];
    experiment.recipes = vec![Recipe {
        max_epochs: 1,
        ..Recipe::paper(Architecture::cnn(1, 5, 3))
    }];
    experiment
}

/// Writes down what is warned of.
#[derive(Default)]
struct Warnings(std::sync::Mutex<Vec<String>>);

impl Observer for Warnings {
    fn event(&self, event: Notice<'_>) {
        if let Notice::Warning(text) = event {
            self.0.lock().unwrap().push(text.to_owned());
        }
    }
}

/// Fold files as EmoBox writes them: test speakers 1F and 1M, then 2F and 2M. `extra` is added
/// to the training file of fold 1.
fn emobox(folder: &Path, corpus: &Path, extra: &str) -> PathBuf {
    let opened = earnest_corpus::Corpus::open(corpus, &Default::default()).unwrap();
    let root = folder.join("emobox");
    for (n, session) in [(1, "1"), (2, "2")] {
        let inner = root.join(format!("fold_{n}"));
        fs::create_dir_all(&inner).unwrap();
        let (mut train, mut test) = (String::new(), String::new());
        for u in &opened.utterances {
            let line = format!(
                "{{\"key\": \"iemocap-{}\", \"dataset\": \"iemocap\", \"wav\": \"downloads/iemocap/{}\", \"type\": \"raw\", \"sample_rate\": 16000, \"length\": 2.5, \"task\": \"category\", \"emo\": \"neu\", \"channel\": 1}}\n",
                u.id, u.path
            );
            if u.speaker.starts_with(session) {
                test.push_str(&line);
            } else {
                train.push_str(&line);
            }
        }
        if n == 1 {
            train.push_str(extra);
        }
        fs::write(inner.join(format!("iemocap_train_fold_{n}.jsonl")), train).unwrap();
        fs::write(inner.join(format!("iemocap_test_fold_{n}.jsonl")), test).unwrap();
        // An older name of the same file, as EmoBox's repository has some.
        fs::write(inner.join(format!("iemocap_test_fold{n}.jsonl")), "").unwrap();
    }
    root
}

#[test]
fn emobox_folds_are_run_as_they_are_published() {
    let dir = tempfile::tempdir().unwrap();
    let clean = dir.path().join("corpus");
    corpus(&clean);
    let unknown = "{\"key\": \"iemocap-Ses09F_impro01_F000\", \"wav\": \"x.wav\"}\n";
    let folds = emobox(dir.path(), &clean, unknown);
    let experiment = small(&clean, Protocol::Emobox(folds));
    let warnings = Warnings::default();
    let prepared = prepare(experiment.clone(), &warnings).unwrap();
    assert_eq!(
        prepared.experiment.validation,
        Some(Validation::Fraction(0.15))
    );
    assert_eq!(prepared.folds.len(), 2);
    assert_eq!(prepared.folds[0].test, ["1F", "1M"]);
    assert_eq!(prepared.folds[0].training.len(), 8);
    let said = warnings.0.into_inner().unwrap();
    assert!(
        said.iter()
            .any(|w| w.contains("1 utterances") && w.contains("Ses09F_impro01_F000")),
        "{said:?}"
    );
    let outcome = run(experiment, &dir.path().join("run"), &Silent).unwrap();
    assert_eq!(outcome.units.len(), 2 * 2);
    assert_eq!(outcome.units[0].fold, "fold_1");
    assert_eq!(outcome.units[0].in_condition("robot").len(), 8);
}

#[test]
fn an_emobox_fold_that_shares_speakers_or_utterances_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let clean = dir.path().join("corpus");
    corpus(&clean);
    let opened = earnest_corpus::Corpus::open(&clean, &Default::default()).unwrap();
    let tested = opened
        .utterances
        .iter()
        .find(|u| u.speaker == "1F")
        .unwrap();
    let line = format!(
        "{{\"key\": \"iemocap-{}\", \"dataset\": \"iemocap\"}}\n",
        tested.id
    );
    let folds = emobox(dir.path(), &clean, &line);
    let error = prepare(small(&clean, Protocol::Emobox(folds.clone())), &Silent)
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.contains(&format!("utterance {} trains and tests", tested.id)),
        "{error}"
    );
    // The speaker alone may be on both sides, if that is asked for.
    let test = folds.join("fold_1/iemocap_test_fold_1.jsonl");
    let without: String = fs::read_to_string(&test)
        .unwrap()
        .lines()
        .filter(|l| !l.contains(&tested.id))
        .map(|l| format!("{l}\n"))
        .collect();
    fs::write(&test, without).unwrap();
    let mut experiment = small(&clean, Protocol::Emobox(folds));
    let error = prepare(experiment.clone(), &Silent)
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.contains("speaker 1F trains and tests") && error.contains("--shared-speakers"),
        "{error}"
    );
    experiment.shared_speakers = true;
    let outcome = run(experiment, &dir.path().join("run"), &Silent).unwrap();
    assert!(outcome.about.shared_speakers);
}

#[test]
fn fold_files_that_cannot_be_used_are_named_with_their_line() {
    let dir = tempfile::tempdir().unwrap();
    let clean = dir.path().join("corpus");
    corpus(&clean);
    let fault = |folder: &Path| {
        prepare(small(&clean, Protocol::Emobox(folder.to_owned())), &Silent)
            .err()
            .unwrap()
            .to_string()
    };
    let folds = emobox(dir.path(), &clean, "no json\n");
    let error = fault(&folds);
    let text = fs::read_to_string(folds.join("fold_1/iemocap_train_fold_1.jsonl")).unwrap();
    let last = format!("iemocap_train_fold_1.jsonl, line {}:", text.lines().count());
    assert!(error.contains(&last), "{error}");
    let folds = emobox(dir.path(), &clean, "");
    fs::remove_file(folds.join("fold_2/iemocap_train_fold_2.jsonl")).unwrap();
    assert!(fault(&folds).contains("_train_"));
    assert!(fault(dir.path()).contains("no folder fold_1"));
    assert!(fault(&dir.path().join("nowhere")).contains("nowhere"));
}

#[test]
fn groups_of_speakers_are_tested_together() {
    let dir = tempfile::tempdir().unwrap();
    let clean = dir.path().join("corpus");
    corpus(&clean);
    let mut experiment = small(&clean, Protocol::Groups(5));
    experiment.folds = "group_2,group_4".into();
    let outcome = run(experiment, &dir.path().join("run"), &Silent).unwrap();
    assert_eq!(outcome.about.folds, (2, 5));
    // Sessions of two stay together.
    assert_eq!(outcome.units[0].in_condition("clean").len(), 2 * 4);
    assert!(outcome.about.protocol.contains("5 groups"));
}
