//! Segments of speech and what is heard in them.
#![allow(clippy::unwrap_used, clippy::panic)]

use earnest_audio::SAMPLE_RATE;
use earnest_model::Channels;
use earnest_recogniser::{Heard, NoAnswer, Recogniser, Segment, SpeechSettings};

fn speech() -> Vec<f32> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../earnest-features/tests/reference/male_16000.flac"
    );
    earnest_audio::read(path).unwrap().samples().to_vec()
}

/// Speech, two seconds of noise 50 dB below full scale, speech, two seconds of silence.
fn recording() -> Vec<f32> {
    let speech = speech();
    let mut state = 1_u32;
    let noise = (0..2 * SAMPLE_RATE).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((f64::from(state) / 2_f64.powi(32) - 0.5) * 0.01) as f32
    });
    let mut all = speech.clone();
    all.extend(noise);
    all.extend(&speech);
    all.extend(std::iter::repeat_n(0.0, 2 * SAMPLE_RATE as usize));
    all
}

fn hear(samples: &[f32], cut: usize, running_s: Option<f64>) -> Vec<Heard> {
    let recogniser = Recogniser::starter().unwrap();
    let settings = SpeechSettings::default();
    let mut stream = recogniser
        .segments(SAMPLE_RATE, 1, Channels::Mean, &settings, running_s)
        .unwrap();
    let mut heard = Vec::new();
    for block in samples.chunks(cut) {
        stream.push(block, &mut |h| heard.push(h)).unwrap();
    }
    stream.finish(&mut |h| heard.push(h)).unwrap();
    heard
}

fn segments(heard: &[Heard]) -> Vec<Segment> {
    let of = |h: &Heard| match h {
        Heard::Segment(segment) => Some(segment.clone()),
        _ => None,
    };
    heard.iter().filter_map(of).collect()
}

#[test]
fn speech_is_found_between_noise_and_silence_and_answered_as_those_samples_by_themselves() {
    let samples = recording();
    let heard = hear(&samples, 1600, None);
    let segments = segments(&heard);
    let recogniser = Recogniser::starter().unwrap();
    let mut from = 0.0;
    let mut answers = 0;
    for segment in &segments {
        assert_eq!(segment.start_s, from);
        from = segment.end_s;
        let at = |s: f64| (s * f64::from(SAMPLE_RATE)).round() as usize;
        if let Ok(values) = &segment.answer {
            let own = &samples[at(segment.start_s)..at(segment.end_s)];
            let alone = recogniser.recognise(own, SAMPLE_RATE).unwrap().unwrap();
            assert_eq!(*values, alone.values);
            answers += 1;
        }
    }
    assert_eq!(from, samples.len() as f64 / f64::from(SAMPLE_RATE));
    assert!(answers >= 2, "{segments:?}");
    assert!(segments.iter().any(|s| s.answer == Err(NoAnswer::Noise)));
    assert_eq!(segments.last().unwrap().answer, Err(NoAnswer::Silence));
}

#[test]
fn the_same_is_heard_however_samples_are_cut() {
    let samples = recording();
    let whole = hear(&samples, samples.len(), Some(0.5));
    for cut in [1, 511, 16_000] {
        assert_eq!(hear(&samples, cut, Some(0.5)), whole);
    }
}

#[test]
fn answers_run_while_somebody_speaks_and_only_then() {
    let heard = hear(&recording(), 1600, Some(0.25));
    let mut open: Option<f64> = None;
    let (mut running, mut last_end) = (0, 0.0);
    for h in &heard {
        match h {
            Heard::Window { end_s, .. } => last_end = *end_s,
            Heard::Started { start_s } => open = Some(*start_s),
            Heard::Running(answer) => {
                assert_eq!(Some(answer.start_s), open);
                assert_eq!(answer.end_s, last_end);
                running += 1;
            }
            Heard::Segment(segment) if segment.answer.is_ok() => {
                assert_eq!(open.take(), Some(segment.start_s));
            }
            _ => {}
        }
    }
    assert!(running > 4);
    assert_eq!(open, None);
}

/// The first segment of speech in two channels.
fn first_of_two(left_right: impl Fn(f32) -> [f32; 2], how: Channels) -> (Segment, Vec<f32>) {
    let both: Vec<f32> = speech().into_iter().flat_map(left_right).collect();
    let recogniser = Recogniser::starter().unwrap();
    let settings = SpeechSettings::default();
    let mut stream = recogniser
        .segments(SAMPLE_RATE, 2, how, &settings, None)
        .unwrap();
    let mut heard = Vec::new();
    stream.push(&both, &mut |h| heard.push(h)).unwrap();
    stream.finish(&mut |h| heard.push(h)).unwrap();
    let found = segments(&heard).into_iter().find(|s| s.answer.is_ok());
    (found.unwrap(), both)
}

#[test]
fn channels_are_heard_as_their_mean_or_each_by_itself() {
    let mono = hear(&speech(), 1600, None);
    let mono = segments(&mono).into_iter().find(|s| s.answer.is_ok());
    for how in [Channels::Mean, Channels::Each] {
        assert_eq!(Some(&first_of_two(|x| [x, x], how).0), mono.as_ref());
    }
    // Of two ears one of which is dead, the other counts alone.
    let (segment, both) = first_of_two(|x| [2.0 * x, 0.0], Channels::Each);
    let left: Vec<f32> = both.chunks_exact(2).map(|frame| frame[0]).collect();
    let at = |s: f64| (s * f64::from(SAMPLE_RATE)).round() as usize;
    let own = &left[at(segment.start_s)..at(segment.end_s)];
    let alone = Recogniser::starter().unwrap().recognise(own, SAMPLE_RATE);
    assert_eq!(segment.answer.unwrap(), alone.unwrap().unwrap().values);
}

#[test]
fn what_is_no_number_or_no_frame_is_refused_and_nothing_of_it_heard() {
    let recogniser = Recogniser::starter().unwrap();
    let settings = SpeechSettings::default();
    let mut stream = recogniser
        .segments(48_000, 2, Channels::Mean, &settings, None)
        .unwrap();
    let mut none = |h: Heard| panic!("{h:?}");
    let error = stream
        .push(&[0.0, f32::NAN], &mut none)
        .unwrap_err()
        .to_string();
    assert_eq!(error, "sample 2 of 2 is no number (NaN or infinite)");
    let error = stream.push(&[0.0; 3], &mut none).unwrap_err().to_string();
    assert!(
        error.contains("no whole number of frames of 2 channels"),
        "{error}"
    );
    stream.finish(&mut none).unwrap();
}
