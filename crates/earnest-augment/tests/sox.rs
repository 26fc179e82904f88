//! Our tempo beside SoX's, as a black box, where the program `sox` is installed (Debian package
//! `sox`). `compare/sox_tempo.py` does the same on real speech, with Praat's F0.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::path::Path;
use std::process::Command;

use earnest_audio::{SampleFormat, write_wav};
use earnest_augment::tempo;
use earnest_corpus::synthetic::{SyntheticSettings, write};
use earnest_features::{Extractor, descriptor};
use earnest_signal::Waveform;
use realfft::RealFftPlanner;

fn sox(input: &Path, output: &Path, effect: &[&str]) -> Vec<f32> {
    let status = Command::new("sox")
        .arg("-V1")
        .arg(input)
        .args(["-e", "floating-point", "-b", "32"])
        .arg(output)
        .args(effect)
        .status()
        .unwrap();
    assert!(status.success());
    earnest_audio::read(output).unwrap().samples().to_vec()
}

/// Mean difference of log spectra in 24 bands of equal width on the mel scale, dB, over frames
/// of 32 ms within 50 dB of the loudest.
fn distance(a: &[f32], b: &[f32]) -> f64 {
    let plan = RealFftPlanner::<f32>::new().plan_fft_forward(512);
    let (mut input, mut output) = (plan.make_input_vec(), plan.make_output_vec());
    let mel = |hz: f64| 1127.0 * (hz / 700.0).ln_1p();
    let mut bands = |x: &[f32]| -> Vec<[f64; 24]> {
        x.windows(512)
            .step_by(160)
            .map(|frame| {
                for (i, slot) in input.iter_mut().enumerate() {
                    let phase = std::f32::consts::TAU * (i as f32 + 0.5) / 512.0;
                    *slot = frame[i] * (0.5 - 0.5 * phase.cos());
                }
                plan.process(&mut input, &mut output).unwrap();
                let mut sums = [1e-10_f64; 24];
                for (i, bin) in output.iter().enumerate() {
                    let place = mel(i as f64 * 31.25) / mel(8000.0) * 24.0;
                    sums[(place as usize).min(23)] += f64::from(bin.norm_sqr());
                }
                sums.map(|s| 10.0 * s.log10())
            })
            .collect()
    };
    let (a, b) = (bands(a), bands(b));
    let most = |f: &[f64; 24]| f.iter().copied().fold(f64::MIN, f64::max);
    let loudest = a.iter().map(most).fold(f64::MIN, f64::max);
    let (mut sum, mut count) = (0.0, 0);
    for (x, y) in a.iter().zip(&b).filter(|(x, _)| most(x) > loudest - 50.0) {
        sum += x.iter().zip(y).map(|(p, q)| (p - q).abs()).sum::<f64>();
        count += 24;
    }
    sum / f64::from(count.max(1))
}

fn largest_step(x: &[f32]) -> f32 {
    let steps = x.windows(2).map(|w| (w[1] - w[0]).abs());
    steps.fold(0.0, f32::max)
}

/// Differences of F0 in semitones, frame by frame where both are voiced.
fn pitch_differences(a: &[f32], b: &[f32], extractor: &mut Extractor, into: &mut Vec<f32>) {
    let column = descriptor::NAMES
        .iter()
        .position(|n| n.starts_with("F0semitone"))
        .unwrap();
    let (a, b) = (extractor.extract(a), extractor.extract(b));
    for (x, y) in a.rows().zip(b.rows()) {
        if x[column] > 0.0 && y[column] > 0.0 {
            into.push((x[column] - y[column]).abs());
        }
    }
}

#[test]
fn tempo_is_soxs_tempo() {
    if Command::new("sox").arg("--version").output().is_err() {
        eprintln!("SKIPPED: the program sox is not installed (apt-get install sox)");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let settings = SyntheticSettings {
        seed: 3,
        utterances_per_speaker: 4,
    };
    write(dir.path(), settings, || ()).unwrap();
    let mut files: Vec<_> = walkdir::WalkDir::new(dir.path())
        .sort_by_file_name()
        .into_iter()
        .flatten()
        .filter(|e| e.path().extension().is_some_and(|x| x == "wav"))
        .map(|e| e.into_path())
        .collect();
    files = files.into_iter().step_by(7).collect();
    let (input, output) = (dir.path().join("in.wav"), dir.path().join("out.wav"));
    let mut extractor = Extractor::new(16_000);
    for factor in [0.5, 0.85, 0.95, 1.1, 1.2, 2.0] {
        let (mut near, mut modes, mut pitch) = (0.0, 0.0, Vec::new());
        for file in &files {
            let speech = earnest_audio::read(file).unwrap();
            write_wav(&input, &speech, SampleFormat::Float32).unwrap();
            let ours = tempo(speech.samples(), 16_000, factor);
            let theirs = sox(&input, &output, &["tempo", &factor.to_string()]);
            let speech_mode = sox(&input, &output, &["tempo", "-s", &factor.to_string()]);
            let ms = ours.len().abs_diff(theirs.len()) as f64 / 16.0;
            assert!(ms <= 1.0, "{}: {ms} ms longer or shorter", file.display());
            let clicks = largest_step(&ours) / largest_step(speech.samples());
            assert!(clicks <= 1.1, "{}: a step of {clicks}", file.display());
            near += distance(&theirs, &ours);
            modes += distance(&theirs, &speech_mode);
            pitch_differences(&theirs, &ours, &mut extractor, &mut pitch);
        }
        pitch.sort_by(f32::total_cmp);
        let median = pitch[pitch.len() / 2];
        let n = files.len() as f64;
        println!(
            "x {factor}: {:.3} dB from SoX, its modes {:.3} dB apart; F0 {median:.4} semitones apart over {} frames",
            near / n,
            modes / n,
            pitch.len()
        );
        assert!(near <= modes, "{factor}: {near} {modes}");
        // 0.5 % are 0.086 semitones.
        assert!(median <= 0.086, "{factor}: {median} semitones");
    }
    // Nothing at all, and less than one segment.
    for n in [0, 1, 500] {
        let short = Waveform::at_16k(vec![0.1; n]);
        assert_eq!(
            tempo(short.samples(), 16_000, 1.2).len(),
            (n as f64 / 1.2).round() as usize
        );
    }
}
