//! A recogniser answers alike whatever way the samples come.
#![allow(clippy::unwrap_used, clippy::panic)]

use earnest_features::{Features, FrontEndSettings, Normaliser};
use earnest_model::{
    Architecture, Description, FORMAT, Model, ModelClasses, Normalisation, Recipe, Task, Trainer,
};
use earnest_random::Key;
use earnest_recogniser::{Answer, Recogniser, RecogniserError, Segmentation};

/// A model that was never trained: its answers are those of its first weights.
fn model(features: &str, architecture: Architecture, normalise: Normalisation) -> Model {
    let mut recipe = Recipe::paper(architecture);
    recipe.features = FrontEndSettings::by_name(features).unwrap();
    recipe.normalise = normalise;
    let columns = recipe.features.as_front_end().columns();
    let classes = ModelClasses::default();
    let (inputs, outputs) = (columns.len(), classes.names.len());
    let trainer = Trainer::new(recipe.clone(), inputs, outputs, &Key::new(7)).unwrap();
    let description = Description {
        format: FORMAT,
        earnest: "test".into(),
        task: Task::Categorical,
        outputs: classes.names.clone(),
        classes,
        normaliser: Normaliser {
            mean: vec![0.5; inputs],
            deviation: vec![3.0; inputs],
        },
        columns,
        features_table: None,
        recipe,
        training: "clean".into(),
        corpus: "toy".into(),
        speakers: vec!["s".into()],
        heard: None,
        target_mean: vec![0.0; outputs],
        target_deviation: vec![1.0; outputs],
        calibration: None,
    };
    Model::new(description, trainer.into_best())
}

fn recogniser(features: &str, architecture: Architecture) -> Recogniser {
    Recogniser::of(model(features, architecture, Normalisation::Corpus))
}

/// A voice-like sound: harmonics that glide, and noise.
fn sound(seconds: f64, rate: u32) -> Vec<f32> {
    let mut generator = Key::new(3).with("sound").generator();
    let n = (seconds * f64::from(rate)) as usize;
    (0..n)
        .map(|i| {
            let t = i as f64 / f64::from(rate);
            let phase = std::f64::consts::TAU * (140.0 * t + 15.0 * (2.0 * t).sin());
            let voice: f64 = (1..12)
                .map(|h| (phase * f64::from(h)).sin() / f64::from(h))
                .sum();
            (0.1 * voice + 0.003 * generator.normal()) as f32
        })
        .collect()
}

fn streamed(
    r: &Recogniser,
    samples: &[f32],
    rate: u32,
    how: Segmentation,
    cut: usize,
) -> Vec<Answer> {
    let mut answers = Vec::new();
    let mut stream = r.stream(rate, how).unwrap();
    for chunk in samples.chunks(cut) {
        stream.push(chunk, &mut |a| answers.push(a)).unwrap();
    }
    stream.finish(&mut |a| answers.push(a)).unwrap();
    answers
}

#[test]
fn a_recording_has_the_same_answer_whole_in_chunks_and_from_a_file() {
    let dir = tempfile::tempdir().unwrap();
    for (features, rate) in [
        ("lld32", 16_000),
        ("logmel", 16_000),
        ("functionals", 16_000),
        ("lld32", 44_100),
    ] {
        let r = recogniser(features, Architecture::cnn(2, 8, 3));
        let samples = sound(1.3, rate);
        let whole = r.recognise(&samples, rate).unwrap().unwrap();
        for cut in [1, 160, 777, 100_000] {
            let answers = streamed(&r, &samples, rate, Segmentation::Whole, cut);
            assert_eq!(answers, std::slice::from_ref(&whole), "{features}, {cut}");
        }
        let path = dir.path().join("sound.wav");
        let wave = earnest_audio::Waveform::new(samples, rate);
        earnest_audio::write_wav(&path, &wave, earnest_audio::SampleFormat::Float32).unwrap();
        let read = r.reader().unwrap().read(&path).unwrap();
        let given = r.answers(&mut r.listener(), &[&read], &["s"]).unwrap();
        assert_eq!(given[0], whole.values, "{features}");
    }
}

#[test]
fn windows_are_answered_as_recordings_of_their_rows_would_be() {
    let r = recogniser("logmel", Architecture::rnn(1, 6));
    let samples = sound(4.05, 16_000);
    let how = Segmentation::Windows {
        length_s: 1.0,
        step_s: 0.4,
    };
    let answers = streamed(&r, &samples, 16_000, how, 300);
    // 403 rows: windows of 100 from 0, 40, … 280, and what is left from 320.
    let starts: Vec<f64> = answers
        .iter()
        .map(|a| (a.start_s * 100.0).round())
        .collect();
    assert_eq!(
        starts,
        (0..=8).map(|i| f64::from(i * 40)).collect::<Vec<_>>()
    );
    assert!((answers[8].end_s - 4.03).abs() < 1e-9, "{:?}", answers[8]);
    for cut in [1, 5_000, 1_000_000] {
        assert_eq!(streamed(&r, &samples, 16_000, how, cut), answers, "{cut}");
    }
    let mut extractor = earnest_features::Extractor::of(r.front_end().unwrap(), 16_000).unwrap();
    let all = extractor.extract(&samples);
    let columns = all.columns();
    for (i, answer) in answers.iter().enumerate() {
        let rows = i * 40..(i * 40 + 100).min(all.frames());
        let own = all.values()[rows.start * columns..rows.end * columns].to_vec();
        let own = Features::from_values(columns, own);
        let alone = r.answers(&mut r.listener(), &[&own], &["s"]).unwrap();
        assert_eq!(alone[0], answer.values, "window {i}");
    }
}

#[test]
fn a_stream_that_ended_knows_nothing_of_what_it_heard() {
    let r = recogniser("lld32", Architecture::cnn(1, 4, 3));
    let mut stream = r.stream(22_050, Segmentation::Whole).unwrap();
    let mut answers = Vec::new();
    for seconds in [1.0, 0.7, 1.0] {
        stream
            .push(&sound(seconds, 22_050), &mut |a| answers.push(a))
            .unwrap();
        stream.finish(&mut |a| answers.push(a)).unwrap();
    }
    assert_eq!(answers[0], answers[2]);
    assert_ne!(answers[0].values, answers[1].values);
    // Too short for a row: no answer.
    stream.push(&[0.1; 100], &mut |a| answers.push(a)).unwrap();
    stream.finish(&mut |a| answers.push(a)).unwrap();
    assert_eq!(answers.len(), 3);
}

#[test]
fn one_recogniser_is_asked_by_many_threads() {
    let r = recogniser("lld32", Architecture::rnn(1, 5));
    let sounds: Vec<Vec<f32>> = (5..13).map(|i| sound(f64::from(i) * 0.1, 16_000)).collect();
    let alone: Vec<_> = sounds
        .iter()
        .map(|s| r.recognise(s, 16_000).unwrap())
        .collect();
    let threads: Vec<_> = sounds
        .into_iter()
        .map(|s| {
            let r = r.clone();
            std::thread::spawn(move || r.recognise(&s, 16_000).unwrap())
        })
        .collect();
    let together: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    assert_eq!(alone, together);
}

#[test]
fn a_window_is_a_recording_of_its_own_to_features_of_a_whole() {
    let samples = sound(4.05, 16_000);
    let how = Segmentation::Windows {
        length_s: 1.0,
        step_s: 0.4,
    };
    for features in ["functionals", "levelled", "joined"] {
        let r = recogniser(features, Architecture::cnn(1, 4, 3));
        let answers = streamed(&r, &samples, 16_000, how, 300);
        // Windows from 0, .4, … 2.8 s, and what is left from 3.2 s.
        assert_eq!(answers.len(), 9, "{features}");
        for (i, answer) in answers.iter().enumerate() {
            let start = i * 6_400;
            let own = &samples[start..(start + 16_000).min(samples.len())];
            assert!((answer.start_s - start as f64 / 16_000.0).abs() < 1e-9);
            let end = (start + own.len()) as f64 / 16_000.0;
            assert!((answer.end_s - end).abs() < 1e-9, "{answer:?}");
            let alone = r.recognise(own, 16_000).unwrap().unwrap();
            assert_eq!(alone.values, answer.values, "{features}, window {i}");
        }
        for cut in [1, 5_000, 1_000_000] {
            assert_eq!(streamed(&r, &samples, 16_000, how, cut), answers, "{cut}");
        }
        let short = Segmentation::Windows {
            length_s: 0.05,
            step_s: 0.05,
        };
        let error = r.stream(16_000, short).err().unwrap();
        assert!(error.to_string().contains("too short for this model"));
    }
}

#[test]
fn a_model_that_adapts_hears_each_row_of_overlapping_windows_once() {
    let adaptive = Recogniser::of(model(
        "lld32",
        Architecture::cnn(1, 4, 3),
        Normalisation::Adaptive,
    ));
    let samples = sound(3.0, 16_000);
    let answers = |step_s: f64| {
        let how = Segmentation::Windows {
            length_s: 1.0,
            step_s,
        };
        streamed(&adaptive, &samples, 16_000, how, 1_000)
    };
    // The window from 1 s on is normalised by all that was heard up to its end, which is the same
    // whether others overlapped before it.
    let at = |answers: &[Answer]| {
        let found = answers.iter().find(|a| (a.start_s - 1.0).abs() < 1e-9);
        found.unwrap().values.clone()
    };
    let (coarse, fine) = (at(&answers(1.0)), at(&answers(0.5)));
    for (a, b) in coarse.iter().zip(&fine) {
        assert!((a - b).abs() < 1e-5, "{coarse:?} {fine:?}");
    }
}

#[test]
fn by_segment_a_window_is_normalised_by_its_own_rows_and_clip_holds_live_too() {
    let samples = sound(2.2, 16_000);
    let how = Segmentation::Windows {
        length_s: 1.0,
        step_s: 0.4,
    };
    for by in [
        Normalisation::Corpus,
        Normalisation::Segment,
        Normalisation::SegmentMean,
    ] {
        let mut clipped = model("lld32", Architecture::cnn(1, 6, 3), by);
        let whole = Recogniser::of(clipped.clone());
        clipped.description.recipe.clip = Some(0.5);
        let clipped = Recogniser::of(clipped);
        for r in [&whole, &clipped] {
            let answers = streamed(r, &samples, 16_000, how, 777);
            assert!(answers.len() > 2);
            let front_end = r.front_end().unwrap();
            let mut extractor = earnest_features::Extractor::of(front_end, 16_000).unwrap();
            let all = extractor.extract(&samples);
            let columns = all.columns();
            for (i, answer) in answers.iter().enumerate() {
                let rows = i * 40..(i * 40 + 100).min(all.frames());
                let own = all.values()[rows.start * columns..rows.end * columns].to_vec();
                let own = Features::from_values(columns, own);
                let alone = r.answers(&mut r.listener(), &[&own], &["s"]).unwrap();
                assert_eq!(alone[0], answer.values, "{by:?}, window {i}");
            }
        }
        let answer = |r: &Recogniser| r.recognise(&samples, 16_000).unwrap().unwrap().values;
        assert_ne!(answer(&whole), answer(&clipped), "{by:?}");
    }
}

#[test]
fn what_cannot_be_answered_is_refused_by_name() {
    let mut of_table = model("lld32", Architecture::cnn(1, 2, 3), Normalisation::Corpus);
    of_table.description.features_table = Some("mine.csv (abc)".into());
    let r = Recogniser::of(of_table);
    let error = r.stream(16_000, Segmentation::Whole).err().unwrap();
    assert!(matches!(error, RecogniserError::Table { .. }));
    assert!(error.to_string().contains("mine.csv"), "{error}");

    let r = recogniser("lld32", Architecture::cnn(1, 2, 3));
    let other = Features::from_values(64, vec![0.0; 640]);
    let error = r.answers(&mut r.listener(), &[&other], &["s"]).unwrap_err();
    assert!(error.to_string().contains("64 columns"), "{error}");

    for (length_s, step_s) in [
        (0.0, 0.0),
        (1.0, 2.0),
        (1.0, 0.0),
        (f64::NAN, 1.0),
        (1e9, 1.0),
    ] {
        let how = Segmentation::Windows { length_s, step_s };
        assert!(r.stream(16_000, how).is_err(), "{length_s} {step_s}");
    }
    let by_speaker = Recogniser::of(model(
        "lld32",
        Architecture::cnn(1, 2, 3),
        Normalisation::Speaker,
    ));
    let how = Segmentation::Windows {
        length_s: 1.0,
        step_s: 1.0,
    };
    let error = by_speaker.stream(16_000, how).err().unwrap();
    assert!(matches!(error, RecogniserError::NeedsAll));
    assert!(
        by_speaker
            .recognise(&sound(0.5, 16_000), 16_000)
            .unwrap()
            .is_some()
    );
}
