//! A whole small experiment: what it leaves on disk, that it can be repeated and resumed to
//! the byte, and that it refuses what would not be honest.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::fs;
use std::path::Path;

use earnest_audio::{SampleFormat, write_wav};
use earnest_corpus::synthetic;
use earnest_experiment::{
    Experiment, ExperimentError, Folders, Notice, Observer, Presentation, RobotSpec, RunOptions,
    Silent, Training, Validation, collect, prepare, run_units,
};
use earnest_model::{Architecture, Normalisation, Recipe, Task};
use earnest_report::{Report, warnings, write_report};
use earnest_signal::Waveform;

fn corpus(folder: &Path) {
    let settings = synthetic::SyntheticSettings {
        seed: 1,
        utterances_per_speaker: 4,
    };
    synthetic::write(folder, settings, || {}).unwrap();
}

/// Runs an experiment and reports it.
fn run(
    experiment: Experiment,
    folder: &Path,
    observer: &dyn Observer,
) -> Result<Report, ExperimentError> {
    write_report(earnest_experiment::run(experiment, folder, observer)?)
}

/// Two folds, both tasks, a recipe that trains in no time.
fn small(corpus: &Path) -> Experiment {
    let mut experiment = Experiment::table1(corpus.to_owned());
    experiment.folds = "2".into();
    experiment.tasks = vec![Task::Categorical, Task::Dimensional];
    experiment.recipes = vec![
        Recipe {
            max_epochs: 2,
            ..Recipe::paper(Architecture::rnn(1, 4))
        },
        Recipe {
            max_epochs: 2,
            ..Recipe::paper(Architecture::cnn(1, 5, 3))
        },
    ];
    experiment
}

const RESULTS: [&str; 5] = [
    "results.csv",
    "tables.md",
    "tables.csv",
    "tables.tex",
    "report.html",
];

fn results(folder: &Path) -> Vec<Vec<u8>> {
    RESULTS
        .iter()
        .map(|f| fs::read(folder.join(f)).unwrap())
        .collect()
}

#[test]
fn a_run_leaves_the_promised_files_and_the_same_bytes_when_repeated_on_other_threads() {
    let dir = tempfile::tempdir().unwrap();
    corpus(&dir.path().join("corpus"));
    let experiment = small(&dir.path().join("corpus"));
    let run_with = |threads: usize, out: &Path| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| run(experiment.clone(), out, &Silent))
            .unwrap()
    };
    let one = dir.path().join("one");
    let report = run_with(1, &one);
    assert_eq!(report.outcome.units.len(), 2 * 2 * 2 * 2);
    assert_eq!(report.table1.rows.len(), 8);
    assert_eq!(report.table1.columns, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(fs::read_dir(one.join("units")).unwrap().count(), 16);
    for unit in fs::read_dir(one.join("units")).unwrap() {
        let folder = unit.unwrap().path();
        for file in [
            "unit.json",
            "training.csv",
            "events.out.tfevents.earnest",
            "model.safetensors",
            "model.json",
            "README.md",
            "predictions.csv",
            "done",
        ] {
            assert!(
                folder.join(file).is_file(),
                "{file} in {}",
                folder.display()
            );
        }
        assert!(!folder.join("checkpoint.safetensors").exists());
        let card = fs::read_to_string(folder.join("README.md")).unwrap();
        for line in ["\n* Features: lld32", "\n* Network: ", "\n* Answer: "] {
            assert!(card.contains(line), "{card}");
        }
    }
    let report = fs::read_to_string(one.join("report.html")).unwrap();
    assert!(report.contains("synthetic") && report.contains("<svg"));
    for outside in ["http://", "https://", "src=", "@import"] {
        let own = report.replace("http://www.w3.org/2000/svg", "");
        assert!(
            !own.contains(outside),
            "the report refers to something outside: {outside}"
        );
    }
    let three = dir.path().join("three");
    run_with(3, &three);
    assert!(results(&one) == results(&three));
    // Everything is there already: running again only reads, and changes nothing.
    let before = results(&one);
    run(experiment.clone(), &one, &Silent).unwrap();
    assert!(before == results(&one));
}

#[test]
fn units_side_by_side_give_the_same_bytes_as_one_after_the_other() {
    let dir = tempfile::tempdir().unwrap();
    corpus(&dir.path().join("corpus"));
    let mut experiment = small(&dir.path().join("corpus"));
    experiment.tasks = vec![Task::Categorical];
    let one = dir.path().join("one");
    run(experiment.clone(), &one, &Silent).unwrap();
    let side_by_side = dir.path().join("side-by-side");
    let prepared = prepare(experiment, &Silent).unwrap();
    let options = RunOptions {
        workers: Some(3),
        only: None,
    };
    run_units(&prepared, &side_by_side, &options, &Silent).unwrap();
    write_report(earnest_experiment::finish(&side_by_side).unwrap()).unwrap();
    assert!(everything(&one) == everything(&side_by_side));
}

#[test]
fn the_tasks_are_those_that_the_corpus_has_labels_for() {
    let dir = tempfile::tempdir().unwrap();
    corpus(&dir.path().join("corpus"));
    let table1 = Experiment::table1(dir.path().join("corpus"));
    let prepared = prepare(table1, &Silent).unwrap();
    assert_eq!(
        prepared.experiment.tasks,
        [Task::Categorical, Task::Dimensional]
    );
    assert_eq!(prepared.units.len(), 2 * 2 * 2 * 10);
}

/// Stops an experiment as a power cut would, after some epochs.
struct PowerCut(std::sync::atomic::AtomicUsize);

impl Observer for PowerCut {
    fn event(&self, event: Notice<'_>) {
        if matches!(event, Notice::Epoch { .. })
            && self.0.fetch_sub(1, std::sync::atomic::Ordering::SeqCst) == 1
        {
            panic!("power cut");
        }
    }
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

#[test]
fn an_interrupted_run_goes_on_to_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    corpus(&dir.path().join("corpus"));
    let mut experiment = small(&dir.path().join("corpus"));
    experiment.tasks = vec![Task::Categorical];
    let whole = dir.path().join("whole");
    run(experiment.clone(), &whole, &Silent).unwrap();
    let cut = dir.path().join("cut");
    for epochs in [1, 2, 3, 1] {
        let observer = PowerCut(epochs.into());
        let stopped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            run(experiment.clone(), &cut, &observer)
        }));
        assert!(stopped.is_err());
    }
    let left = fs::read_dir(cut.join("units"))
        .unwrap()
        .any(|u| u.unwrap().path().join("checkpoint.safetensors").exists());
    assert!(left, "a unit was cut in the middle");
    run(experiment, &cut, &Silent).unwrap();
    assert!(results(&whole) == results(&cut));
    assert_eq!(collect(&cut).unwrap().units.len(), 8);
}

#[test]
fn a_damaged_checkpoint_is_said_and_its_unit_starts_anew() {
    let dir = tempfile::tempdir().unwrap();
    corpus(&dir.path().join("corpus"));
    let mut experiment = small(&dir.path().join("corpus"));
    experiment.tasks = vec![Task::Categorical];
    experiment.recipes.truncate(1);
    let whole = dir.path().join("whole");
    run(experiment.clone(), &whole, &Silent).unwrap();
    let cut = dir.path().join("cut");
    let stopped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        run(experiment.clone(), &cut, &PowerCut(2.into()))
    }));
    assert!(stopped.is_err());
    for unit in fs::read_dir(cut.join("units")).unwrap() {
        let path = unit.unwrap().path().join("checkpoint.safetensors");
        if path.exists() {
            let bytes = fs::read(&path).unwrap();
            fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        }
    }
    let warnings = Warnings::default();
    run(experiment, &cut, &warnings).unwrap();
    assert!(
        warnings
            .0
            .lock()
            .unwrap()
            .iter()
            .any(|w| w.contains("checkpoint"))
    );
    assert!(results(&whole) == results(&cut));
}

#[test]
fn another_experiment_in_the_same_folder_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    corpus(&dir.path().join("corpus"));
    let mut experiment = small(&dir.path().join("corpus"));
    experiment.tasks = vec![Task::Categorical];
    experiment.recipes.truncate(1);
    let out = dir.path().join("run");
    run(experiment.clone(), &out, &Silent).unwrap();
    experiment.seed = 2;
    let error = run(experiment, &out, &Silent).err().unwrap().to_string();
    assert!(
        error.contains("seed = 1") && error.contains("seed = 2"),
        "{error}"
    );
}

#[test]
fn a_noise_that_is_trained_on_must_not_come_back_at_the_robot() {
    let dir = tempfile::tempdir().unwrap();
    corpus(&dir.path().join("corpus"));
    let noise = dir.path().join("noise");
    fs::create_dir_all(&noise).unwrap();
    for i in 0..4 {
        let samples = (0..8000)
            .map(|k| ((k * (i + 3)) % 17) as f32 / 17.0 - 0.5)
            .collect();
        write_wav(
            noise.join(format!("{i}.wav")),
            &Waveform::at_16k(samples),
            SampleFormat::Int16,
        )
        .unwrap();
    }
    let mut experiment = small(&dir.path().join("corpus"));
    experiment.tasks = vec![Task::Categorical];
    experiment.recipes.truncate(1);
    experiment.sources.noise = noise.clone().into();
    experiment.sources.robot_noise = noise.into();
    let error = run(experiment.clone(), &dir.path().join("run"), &Silent)
        .err()
        .unwrap();
    assert!(
        matches!(&error, ExperimentError::Setup(text) if text.contains("0.wav")),
        "{error}"
    );
    // Asked rightly, the same folder can be used: nothing half is in the way.
    experiment.sources.robot_noise = Folders::default();
    run(experiment, &dir.path().join("run"), &Silent).unwrap();
}

#[test]
fn a_corpus_without_arousal_and_valence_is_refused_for_the_dimensional_task_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let wav = dir.path().join("corpus/wav");
    fs::create_dir_all(&wav).unwrap();
    for speaker in ["03", "08", "09"] {
        for (emotion, pitch) in [("N", 0.05), ("W", 0.06)] {
            let samples = (0..8000).map(|k| 0.1 * (k as f32 * pitch).sin()).collect();
            let path = wav.join(format!("{speaker}a01{emotion}a.wav"));
            write_wav(path, &Waveform::at_16k(samples), SampleFormat::Int16).unwrap();
        }
    }
    let error = run(
        small(&dir.path().join("corpus")),
        &dir.path().join("run"),
        &Silent,
    )
    .err()
    .unwrap();
    let said = error.to_string();
    assert!(
        said.contains("needs arousal and valence, and EmoDB has no"),
        "{said}"
    );
    assert!(!dir.path().join("run").exists());
}

#[test]
fn robot_recordings_are_used_and_missing_ones_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let clean = dir.path().join("corpus");
    corpus(&clean);
    let robot = dir.path().join("robot");
    // The robot hears everything at half level, in stereo.
    let mut first = None;
    for entry in walk(&clean) {
        let relative = entry.strip_prefix(&clean).unwrap();
        let to = robot.join(relative);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        let wave = earnest_audio::read(&entry).unwrap();
        let half: Vec<f32> = wave.samples().iter().map(|x| x * 0.5).collect();
        earnest_audio::write_wav_channels(&to, &[&half, &half], 16_000, SampleFormat::Int16)
            .unwrap();
        first.get_or_insert(to);
    }
    let mut experiment = small(&clean);
    experiment.tasks = vec![Task::Categorical];
    experiment.recipes.truncate(1);
    experiment.folds = "1F".into();
    experiment.robot = Some(RobotSpec::Recordings { path: robot.into() });
    let report = run(experiment.clone(), &dir.path().join("run"), &Silent).unwrap();
    assert_eq!(report.outcome.units[0].in_condition("robot").len(), 4);
    assert!(report.outcome.about.conditions[0].contains("recordings"));
    let page = fs::read_to_string(dir.path().join("run/report.html")).unwrap();
    for words in [
        "Only one speaker was tested: that",
        "One speaker was tested: an interval",
        "<code>rnn</code>: ",
        "trained 2 epochs.",
    ] {
        assert!(page.contains(words), "{words}");
    }
    fs::remove_file(first.unwrap()).unwrap();
    let error = run(experiment, &dir.path().join("other"), &Silent)
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.contains("1 of 4 test utterances") && error.contains("it is missing"),
        "{error}"
    );
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut out = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.extend(walk(&path));
        } else if path.extension().is_some_and(|e| e == "wav") {
            out.push(path);
        }
    }
    out.sort();
    out
}

/// A run's results and the weights of its units.
fn everything(folder: &Path) -> Vec<Vec<u8>> {
    let mut all = results(folder);
    let mut units: Vec<_> = fs::read_dir(folder.join("units"))
        .unwrap()
        .map(|u| u.unwrap().path().join("model.safetensors"))
        .collect();
    assert!(!units.is_empty());
    units.sort();
    all.extend(units.iter().map(|p| fs::read(p).unwrap()));
    all
}

#[test]
fn every_way_to_validate_normalise_and_present_gives_the_same_bytes_on_any_number_of_threads() {
    let dir = tempfile::tempdir().unwrap();
    corpus(&dir.path().join("corpus"));
    let mut base = small(&dir.path().join("corpus"));
    base.tasks = vec![Task::Categorical];
    base.folds = "1".into();
    base.trainings = vec![Training::Augmented];
    let choices = [
        (
            Validation::Speakers(3),
            Normalisation::Speaker,
            Presentation::Fresh,
        ),
        (
            Validation::Fraction(0.25),
            Normalisation::Adaptive,
            Presentation::Copies(2),
        ),
        (
            Validation::Speakers(3),
            Normalisation::SegmentMean,
            Presentation::Fresh,
        ),
    ];
    for (n, (validation, normalise, presentation)) in choices.into_iter().enumerate() {
        let mut experiment = base.clone();
        experiment.validation = Some(validation);
        experiment.presentation = presentation;
        for recipe in &mut experiment.recipes {
            recipe.normalise = normalise;
            recipe.clip = (n > 0).then_some(1.5);
            recipe.max_epochs = 3;
        }
        let run_with = |threads: usize| {
            let out = dir.path().join(format!("run-{n}-{threads}"));
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| run(experiment.clone(), &out, &Silent))
                .unwrap();
            out
        };
        let one = run_with(1);
        assert!(
            !one.join("copies").exists(),
            "frozen copies are gone at the end"
        );
        let report = fs::read_to_string(one.join("report.html")).unwrap();
        assert!(report.contains(&validation.words()), "{validation}");
        for threads in [2, 4] {
            assert!(
                everything(&one) == everything(&run_with(threads)),
                "{validation}"
            );
        }
        // And after power cuts.
        let cut = dir.path().join(format!("cut-{n}"));
        for epochs in [1, 2] {
            let observer = PowerCut(epochs.into());
            let stopped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                run(experiment.clone(), &cut, &observer)
            }));
            assert!(stopped.is_err());
        }
        run(experiment.clone(), &cut, &Silent).unwrap();
        assert!(everything(&one) == everything(&cut), "{validation}");
    }
}

#[test]
fn several_seeds_give_mean_and_spread() {
    let dir = tempfile::tempdir().unwrap();
    corpus(&dir.path().join("corpus"));
    let mut experiment = small(&dir.path().join("corpus"));
    experiment.tasks = vec![Task::Categorical];
    experiment.recipes.truncate(1);
    experiment.repeats = 3;
    let report = run(experiment, &dir.path().join("run"), &Silent).unwrap();
    assert_eq!(report.outcome.units.len(), 3 * 2 * 2);
    for row in &report.table1.rows {
        assert_eq!((row.folds, row.seeds), (2, 3));
        assert!(row.spread.macro_f.is_some() && row.deviation.macro_f.is_some());
        let of_seed = |seed: u64| {
            let units = report
                .outcome
                .units
                .iter()
                .filter(|u| u.seed == seed && u.training == row.training);
            let all: Vec<_> = units.flat_map(|u| u.in_condition(&row.condition)).collect();
            earnest_experiment::metrics_of(Task::Categorical, &all)
                .accuracy
                .unwrap()
        };
        let mean = (of_seed(1) + of_seed(2) + of_seed(3)) / 3.0;
        assert!((row.pooled.accuracy.unwrap() - mean).abs() < 1e-12);
    }
    let markdown = fs::read_to_string(dir.path().join("run/tables.md")).unwrap();
    assert!(markdown.contains("the mean over 3 seeds"));
    // What a reader must know stands beside the table.
    let mut outcome = report.outcome;
    outcome.about.shared_speakers = true;
    assert!(
        warnings(&outcome)
            .iter()
            .any(|w| w.contains("also trained on"))
    );
}

#[test]
fn a_fold_that_lacks_a_class_is_trained_and_said() {
    // Nobody but the test speaker 03 is ever sad, and 11 has an utterance too short to use.
    let dir = tempfile::tempdir().unwrap();
    let wav = dir.path().join("corpus/wav");
    fs::create_dir_all(&wav).unwrap();
    for (s, speaker) in ["03", "08", "09", "10", "11", "12"].into_iter().enumerate() {
        for (k, code) in ["Wa", "Fa", "Na", "Ta"].into_iter().enumerate() {
            if code == "Ta" && speaker != "03" {
                continue;
            }
            let n = if (speaker, code) == ("11", "Na") {
                500
            } else {
                8000
            };
            let pitch = 0.03 + 0.01 * s as f32 + 0.003 * k as f32;
            let samples = (0..n).map(|t| 0.3 * (t as f32 * pitch).sin()).collect();
            let path = wav.join(format!("{speaker}a01{code}.wav"));
            write_wav(path, &Waveform::at_16k(samples), SampleFormat::Int16).unwrap();
        }
    }
    let mut experiment = small(&dir.path().join("corpus"));
    experiment.tasks = vec![Task::Categorical];
    experiment.folds = "03".into();
    let warnings = Warnings::default();
    let report = run(experiment, &dir.path().join("run"), &warnings).unwrap();
    assert_eq!(report.outcome.units.len(), 4);
    let warnings = warnings.0.lock().unwrap();
    for said in [
        "no training utterance is sad",
        "no validation utterance is sad",
        "11a01Na.wav is shorter than 60 ms",
    ] {
        assert!(
            warnings.iter().any(|w| w.contains(said)),
            "{said}: {warnings:?}"
        );
    }
}
