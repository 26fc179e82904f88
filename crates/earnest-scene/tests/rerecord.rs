//! A playlist that a robot recorded with a clock of its own is cut where each utterance is.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::Path;

use earnest_audio::{SampleFormat, write_wav};
use earnest_corpus::{Corpus, OpenOptions};
use earnest_random::Key;
use earnest_scene::rerecord::{
    AlignError, Part, PlaylistSettings, align, read_part, write_playlist,
};
use earnest_signal::{Convolver, Waveform, coloured_noise};

/// Speech-like bursts of different lengths and rhythms.
fn corpus(folder: &Path, n: usize) -> Corpus {
    let mut manifest = String::from("path,speaker,emotion\n");
    fs::create_dir_all(folder.join("ann")).unwrap();
    for i in 0..n {
        let mut generator = Key::new(7).with(i as u64).generator();
        let (rhythm, pitch) = (
            generator.uniform(5.0, 11.0) as f32,
            generator.uniform(90.0, 250.0) as f32,
        );
        let samples = (0..16_000 + 1_700 * (i % 9))
            .map(|k| {
                let t = k as f32 / 16_000.0;
                let breath = generator.normal() as f32 * 0.05;
                (t * rhythm).sin().max(0.0) * ((t * pitch).fract() - 0.5 + breath) * 0.3
            })
            .collect();
        let name = format!("ann/{i}.wav");
        write_wav(
            folder.join(&name),
            &Waveform::at_16k(samples),
            SampleFormat::Int16,
        )
        .unwrap();
        manifest.push_str(&format!("{name},ann,angry\n"));
    }
    fs::write(folder.join("manifest.csv"), manifest).unwrap();
    Corpus::open(folder, &OpenOptions::default()).unwrap()
}

fn playlist(dir: &Path, n: usize) -> Part {
    let corpus = corpus(&dir.join("corpus"), n);
    let settings = PlaylistSettings {
        sweep_every_s: 20.0,
        ..PlaylistSettings::default()
    };
    let (files, failed) = write_playlist(&corpus, &dir.join("list"), settings).unwrap();
    assert!(failed.is_empty() && files.len() == 1);
    read_part(&files[0]).unwrap()
}

/// What a robot records: later, with a clock that runs off, in a room, among noise, two ears.
fn recorded(part: &Part, delay_s: f64, ppm: f64, noise: f32) -> Vec<Vec<f32>> {
    let n = part.samples.len();
    let factor = 1.0 + ppm * 1e-6;
    let length = ((n as f64 + 16_000.0) * factor + delay_s * 16_000.0) as usize;
    // Read between samples: a windowed sinc.
    let at = |place: f64| -> f32 {
        let whole = place.floor();
        let part_of = place - whole;
        let mut sum = 0.0;
        for k in -7..=8_i64 {
            let x = k as f64 - part_of;
            let sinc = if x.abs() < 1e-9 {
                1.0
            } else {
                (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x)
            };
            let window = 0.5 + 0.5 * (std::f64::consts::PI * x / 8.0).cos();
            let i = whole as i64 + k;
            if let Some(v) = usize::try_from(i).ok().and_then(|i| part.samples.get(i)) {
                sum += sinc * window * f64::from(*v);
            }
        }
        sum as f32
    };
    let dry: Vec<f32> = (0..length)
        .map(|i| at((i as f64 - delay_s * 16_000.0) / factor))
        .collect();
    let mut room = vec![0.0_f32; 5_000];
    room[0] = 0.4;
    let mut generator = Key::new(1).generator();
    for (i, y) in room.iter_mut().enumerate().skip(30) {
        *y = (0.03 * generator.normal() * (-(i as f64) / 900.0).exp()) as f32;
    }
    let wet = Convolver::default().convolve(&dry, &room);
    (0..2)
        .map(|ear| {
            let hiss = coloured_noise(
                length,
                16_000,
                1.0,
                ear,
                &mut earnest_signal::SpectrumShaper::default(),
            );
            wet.iter().zip(&hiss).map(|(x, h)| x + noise * h).collect()
        })
        .collect()
}

#[test]
fn every_utterance_is_cut_within_a_millisecond_at_any_drift_up_to_200_ppm() {
    let dir = tempfile::tempdir().unwrap();
    let part = playlist(dir.path(), 40);
    for (delay, ppm, noise) in [
        (3.7, 200.0, 0.002),
        (0.5, -200.0, 0.002),
        (12.0, 35.0, 0.01),
        (0.0, 0.0, 0.0),
    ] {
        let channels = recorded(&part, delay, ppm, noise);
        let alignment = align(&channels, &part).unwrap();
        assert_eq!((alignment.cuts.len(), alignment.missing.len()), (40, 0));
        assert_eq!(alignment.sweeps.0, alignment.sweeps.1);
        assert!(
            (alignment.drift_ppm - ppm).abs() < 5.0,
            "{} for {ppm}",
            alignment.drift_ppm
        );
        assert!((alignment.delay_s - delay).abs() < 2e-3);
        for cut in &alignment.cuts {
            let truth = cut.slot.start as f64 * (1.0 + ppm * 1e-6) + delay * 16_000.0;
            let ms = (cut.start as f64 - truth).abs() / 16.0;
            assert!(ms <= 1.0, "{} is {ms:.2} ms off at {ppm} ppm", cut.slot.id);
            assert!(cut.confidence > 0.2, "{}", cut.confidence);
        }
    }
}

#[test]
fn samples_that_the_recorder_lost_between_two_sweeps_are_found_by_the_utterances_themselves() {
    let dir = tempfile::tempdir().unwrap();
    let part = playlist(dir.path(), 40);
    let mut channels = recorded(&part, 1.0, 20.0, 0.002);
    // 30 ms are lost in a silence in the middle.
    let slots: Vec<_> = part.slots.iter().collect();
    let after = slots[14].start;
    let hole = (after as f64 * (1.0 + 20e-6)) as usize + 16_000 - 4_000;
    for channel in &mut channels {
        channel.drain(hole..hole + 480);
    }
    let alignment = align(&channels, &part).unwrap();
    let mut right = 0;
    for cut in &alignment.cuts {
        let lost = if cut.slot.start >= after { 480.0 } else { 0.0 };
        let truth = cut.slot.start as f64 * (1.0 + 20e-6) + 16_000.0 - lost;
        right += usize::from((cut.start as f64 - truth).abs() <= 24.0);
    }
    assert!(right >= 38, "{right} of 40");
}

#[test]
fn a_recording_that_began_late_or_ended_early_names_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let part = playlist(dir.path(), 40);
    let whole = recorded(&part, 1.0, 50.0, 0.002);
    let n = whole[0].len();
    let late: Vec<Vec<f32>> = whole.iter().map(|c| c[n / 3..].to_vec()).collect();
    let alignment = align(&late, &part).unwrap();
    let missing = alignment.missing.len();
    assert!((8..20).contains(&missing), "{missing}");
    assert!(
        alignment
            .missing
            .iter()
            .all(|(_, why)| why.contains("began later"))
    );
    assert_eq!(alignment.cuts.len() + missing, 40);
    for cut in &alignment.cuts {
        let truth = cut.slot.start as f64 * (1.0 + 50e-6) + 16_000.0 - (n / 3) as f64;
        assert!((cut.start as f64 - truth).abs() <= 16.0, "{}", cut.slot.id);
    }
    let early: Vec<Vec<f32>> = whole.iter().map(|c| c[..n / 2].to_vec()).collect();
    let alignment = align(&early, &part).unwrap();
    assert!(!alignment.missing.is_empty());
    assert!(
        alignment
            .missing
            .iter()
            .all(|(_, why)| why.contains("ended before"))
    );
}

#[test]
fn noise_alone_and_another_playlist_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let part = playlist(dir.path(), 12);
    let hiss = coloured_noise(
        600_000,
        16_000,
        0.5,
        3,
        &mut earnest_signal::SpectrumShaper::default(),
    );
    let error = align(&[hiss], &part).unwrap_err();
    assert!(
        matches!(error, AlignError::NoSweeps(v) if v < 0.12),
        "{error}"
    );
    assert!(align(&[Vec::new()], &part).is_err());
    assert!(align(&[vec![0.0; 100_000]], &part).is_err());
}

#[test]
fn levels_and_clipping_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let part = playlist(dir.path(), 12);
    let quiet = align(&recorded(&part, 0.3, 0.0, 0.0005), &part).unwrap();
    let noisy = align(&recorded(&part, 0.3, 0.0, 0.02), &part).unwrap();
    assert_eq!((quiet.cuts.len(), noisy.cuts.len()), (12, 12));
    for (a, b) in quiet.cuts.iter().zip(&noisy.cuts) {
        assert!(a.snr_db > b.snr_db + 8.0, "{} {}", a.snr_db, b.snr_db);
        assert_eq!(a.clipped, 0);
    }
    let mut loud = recorded(&part, 0.3, 0.0, 0.0005);
    for x in loud.iter_mut().flatten() {
        *x = (*x * 60.0).clamp(-1.0, 1.0);
    }
    let clipped = align(&loud, &part).unwrap();
    assert_eq!(clipped.cuts.len(), 12);
    assert!(clipped.cuts.iter().all(|c| c.clipped > 100));
}
