//! What a user may rely on when a file is read.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::fs;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use earnest_audio::{
    AudioError, SampleFormat, Stretch, decode, decode_blocks, read, read_stretch, write_wav,
    write_wav_channels,
};
use earnest_signal::Waveform;

fn tone(rate: u32, seconds: f64, hz: f64) -> Vec<f32> {
    (0..(f64::from(rate) * seconds) as usize)
        .map(|i| (0.5 * (std::f64::consts::TAU * hz * i as f64 / f64::from(rate)).sin()) as f32)
        .collect()
}

fn wav_at(dir: &Path, name: &str, spec: hound::WavSpec, samples: &[f32]) -> PathBuf {
    let path = dir.join(name);
    let mut writer = hound::WavWriter::create(&path, spec).unwrap();
    for x in samples {
        for _ in 0..spec.channels {
            match spec.sample_format {
                hound::SampleFormat::Float => writer.write_sample(*x).unwrap(),
                hound::SampleFormat::Int => {
                    let scale = f64::from(1_u32 << (spec.bits_per_sample - 1));
                    writer
                        .write_sample((f64::from(*x) * scale).round() as i32)
                        .unwrap();
                }
            }
        }
    }
    writer.finalize().unwrap();
    path
}

#[test]
fn every_wav_sample_format_reads_the_same_tone() {
    let dir = tempfile::tempdir().unwrap();
    let samples = tone(16_000, 0.3, 440.0);
    for (bits, format, tolerance) in [
        (8, hound::SampleFormat::Int, 1.0 / 128.0),
        (16, hound::SampleFormat::Int, 1.0 / 32768.0),
        (24, hound::SampleFormat::Int, 1e-6),
        (32, hound::SampleFormat::Int, 1e-6),
        (32, hound::SampleFormat::Float, 1e-7),
    ] {
        for channels in [1, 2, 6] {
            let spec = hound::WavSpec {
                channels,
                sample_rate: 16_000,
                bits_per_sample: bits,
                sample_format: format,
            };
            let path = wav_at(
                dir.path(),
                &format!("{bits}{format:?}{channels}.wav"),
                spec,
                &samples,
            );
            let wave = read(&path).unwrap();
            assert_eq!(wave.samples().len(), samples.len());
            for (a, b) in wave.samples().iter().zip(&samples) {
                assert!(
                    (a - b).abs() <= tolerance,
                    "{bits} bit {format:?}: {a} for {b}"
                );
            }
        }
    }
}

#[test]
fn sixteen_bit_samples_survive_reading_and_writing_exactly() {
    let dir = tempfile::tempdir().unwrap();
    let samples: Vec<f32> = (-32768..32768)
        .step_by(7)
        .map(|i| i as f32 / 32768.0)
        .collect();
    let path = dir.path().join("a.wav");
    write_wav(
        &path,
        &Waveform::at_16k(samples.clone()),
        SampleFormat::Int16,
    )
    .unwrap();
    assert_eq!(read(&path).unwrap().samples(), samples);
    assert_eq!(
        fs::read_dir(dir.path()).unwrap().count(),
        1,
        "no temporary file is left"
    );
}

#[test]
fn other_rates_are_resampled_without_aliases_and_without_delay() {
    let dir = tempfile::tempdir().unwrap();
    for rate in [8_000, 11_025, 22_050, 44_100, 48_000, 96_000] {
        let path = dir.path().join(format!("{rate}.wav"));
        write_wav(
            &path,
            &Waveform::new(tone(rate, 1.0, 1000.0), rate),
            SampleFormat::Float32,
        )
        .unwrap();
        let wave = read(&path).unwrap();
        assert_eq!(wave.samples().len(), 16_000, "{rate} Hz");
        let expected = tone(16_000, 1.0, 1000.0);
        let worst = (2_000..14_000)
            .map(|i| (wave.samples()[i] - expected[i]).abs())
            .max_by(f32::total_cmp)
            .unwrap();
        assert!(worst < 2e-3, "{rate} Hz: {worst}");
        if rate >= 44_100 {
            // 15 kHz lies above the new Nyquist frequency and must vanish, not fold to 1 kHz.
            write_wav(
                &path,
                &Waveform::new(tone(rate, 1.0, 15_000.0), rate),
                SampleFormat::Float32,
            )
            .unwrap();
            let alias = read(&path).unwrap();
            let worst = alias.samples()[2_000..14_000]
                .iter()
                .map(|x| x.abs())
                .max_by(f32::total_cmp)
                .unwrap();
            assert!(worst < 1e-3, "{rate} Hz aliases at {worst}");
        }
    }
}

#[test]
fn stereo_is_mixed_to_its_mean() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.wav");
    let (left, right) = (tone(16_000, 0.1, 300.0), tone(16_000, 0.1, 700.0));
    write_wav_channels(&path, &[&left, &right], 16_000, SampleFormat::Float32).unwrap();
    let mono = read(&path).unwrap();
    for ((m, l), r) in mono.samples().iter().zip(&left).zip(&right) {
        assert!((m - (l + r) / 2.0).abs() < 1e-6);
    }
    assert_eq!(earnest_audio::read_channels(&path).unwrap().len(), 2);
}

#[test]
fn a_file_is_read_by_its_content_whatever_its_extension_says() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("liar.wav");
    write_wav(
        &path,
        &Waveform::at_16k(tone(16_000, 0.2, 200.0)),
        SampleFormat::Int16,
    )
    .unwrap();
    for name in ["liar.mp3", "liar.flac", "liar.txt", "liar"] {
        let lie = dir.path().join(name);
        fs::copy(&path, &lie).unwrap();
        assert_eq!(read(&lie).unwrap(), read(&path).unwrap(), "{name}");
    }
}

#[test]
fn files_written_by_sox_and_ffmpeg_in_every_format_decode() {
    // Tiny tones (0.25 s, 440 Hz at half scale) made by SoX; see tests/audio/README.md.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audio");
    for (name, rate, channels) in [
        ("tone.flac", 16_000, 1),
        ("tone24.flac", 48_000, 2),
        ("tone.ogg", 22_050, 1),
        ("tone.mp3", 44_100, 2),
        ("tone-info.mp3", 44_100, 2),
        ("tone.aiff", 44_100, 1),
        ("tone8.aiff", 16_000, 1),
        ("tone-u8.wav", 8_000, 1),
        ("tone-extensible24.wav", 48_000, 2),
        ("tone-ms-adpcm.wav", 16_000, 1),
        ("tone-ima-adpcm.wav", 44_100, 2),
    ] {
        let path = folder.join(name);
        let raw = decode(&path).unwrap();
        assert_eq!(
            (raw.sample_rate, raw.channels.len()),
            (rate, channels),
            "{name}"
        );
        let wave = read(&path).unwrap();
        assert!(
            (wave.duration_s() - 0.25).abs() < 0.06,
            "{name}: {} s",
            wave.duration_s()
        );
        let middle = &wave.samples()[1000..3000];
        let rms = (middle.iter().map(|x| x * x).sum::<f32>() / 2000.0).sqrt();
        assert!(
            (rms - 0.5 / 2.0_f32.sqrt()).abs() < 0.02,
            "{name}: RMS {rms}"
        );
        let crossings = middle
            .windows(2)
            .filter(|w| w[0] < 0.0 && w[1] >= 0.0)
            .count();
        assert!(
            (54..=56).contains(&crossings),
            "{name}: {crossings} cycles in 125 ms of 440 Hz"
        );
    }
}

#[test]
fn each_kind_of_bad_file_gets_its_own_error_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let good = dir.path().join("good.wav");
    write_wav(
        &good,
        &Waveform::at_16k(tone(16_000, 1.0, 200.0)),
        SampleFormat::Int16,
    )
    .unwrap();
    let bytes = fs::read(&good).unwrap();
    let make = |name: &str, content: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, content).unwrap();
        path
    };
    let check = |path: PathBuf, word: &str| {
        let error = read(&path)
            .err()
            .unwrap_or_else(|| panic!("{} was read", path.display()));
        let text = error.to_string();
        assert!(text.contains(path.to_str().unwrap()), "{text}");
        assert!(text.contains(word), "{text} lacks {word:?}");
        assert_eq!(error.path(), path);
    };
    check(dir.path().join("absent.wav"), "cannot open");
    check(dir.path().to_owned(), "folder");
    check(make("empty.wav", b""), "empty");
    check(
        make(
            "text.wav",
            b"These are not the samples you are looking for.\n",
        ),
        "not audio",
    );
    check(make("header.wav", &bytes[..30]), "not audio");
    check(
        make("truncated.wav", &bytes[..bytes.len() / 2]),
        "truncated",
    );
    check(
        make("one-byte-short.wav", &bytes[..bytes.len() - 2]),
        "truncated",
    );
    for name in [
        "tone.flac",
        "tone.ogg",
        "tone-info.mp3",
        "tone.aiff",
        "tone-u8.wav",
    ] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audio");
        let whole = fs::read(folder.join(name)).unwrap();
        check(
            make(&format!("cut-{name}"), &whole[..whole.len() * 6 / 10]),
            "truncated",
        );
    }

    let mut nan = tone(16_000, 0.5, 200.0);
    nan[4000] = f32::NAN;
    let path = dir.path().join("nan.wav");
    write_wav(&path, &Waveform::at_16k(nan), SampleFormat::Float32).unwrap();
    check(path, "0.2500 s");
    let path = dir.path().join("none.wav");
    write_wav(&path, &Waveform::at_16k(vec![]), SampleFormat::Int16).unwrap();
    check(path, "no samples");
    let path = dir.path().join("long.wav");
    write_wav(
        &path,
        &Waveform::new(vec![0.0; 2_000 * 7_300], 2_000),
        SampleFormat::Int16,
    )
    .unwrap();
    check(path, "longer than 2 h");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn no_damage_makes_the_reader_panic(cut in 0_usize..9_000, at in 0_usize..9_000, value: u8, which in 0_usize..4) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audio");
        let name = ["tone.flac", "tone.ogg", "tone.mp3", "tone-u8.wav"][which];
        let mut bytes = fs::read(folder.join(name)).unwrap();
        let n = bytes.len();
        bytes[at % n] = value;
        bytes.truncate(n - cut % n);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("damaged");
        fs::write(&path, bytes).unwrap();
        match read(&path) {
            Ok(wave) => assert!(wave.samples().iter().all(|x| x.is_finite())),
            Err(error) => assert!(matches!(error.path(), p if p == path) && !matches!(error, AudioError::Open { .. })),
        }
    }
}

fn stretch(start_s: f64, end_s: Option<f64>) -> Option<Stretch> {
    Stretch::new(start_s, end_s).unwrap()
}

#[test]
fn a_stretch_is_what_lies_there_in_the_whole_file_whatever_its_rate() {
    let dir = tempfile::tempdir().unwrap();
    for rate in [16_000, 44_100] {
        let path = dir.path().join(format!("{rate}.wav"));
        let tones: Vec<f32> = (1..=4)
            .flat_map(|k| tone(rate, 0.5, f64::from(k) * 200.0))
            .collect();
        write_wav(&path, &Waveform::new(tones, rate), SampleFormat::Int16).unwrap();
        let whole = read(&path).unwrap().into_samples();
        let cut = read_stretch(&path, stretch(0.5, Some(1.25))).unwrap();
        assert_eq!(cut.samples(), &whole[8_000..20_000]);
        let rest = read_stretch(&path, stretch(1.75, None)).unwrap();
        assert_eq!(rest.samples(), &whole[28_000..]);
        let mut at_its_own_rate = 0;
        decode_blocks(&path, stretch(0.5, Some(1.25)), |planes, _| {
            at_its_own_rate += planes[0].len();
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!(at_its_own_rate, (0.75 * f64::from(rate)) as usize);
    }
}

#[test]
fn a_stretch_beyond_the_end_is_refused_and_an_end_that_was_rounded_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.wav");
    let wave = Waveform::at_16k(tone(16_000, 1.0, 300.0));
    write_wav(&path, &wave, SampleFormat::Int16).unwrap();
    for (start, end) in [(0.5, Some(1.5)), (1.0, None), (3.0, Some(4.0))] {
        let error = read_stretch(&path, stretch(start, end)).unwrap_err();
        assert!(matches!(error, AudioError::BeyondEnd { .. }), "{error}");
        assert!(error.to_string().contains("lasts 1.000 s"), "{error}");
        assert!(
            decode_blocks(&path, stretch(start, end), |_, _| ControlFlow::Continue(())).is_err()
        );
    }
    let cut = read_stretch(&path, stretch(0.5, Some(1.004))).unwrap();
    assert_eq!(cut.samples().len(), 8_000);
}

/// Hostile files, if the research data are here: the folder `hostile` in `EARNEST_DATA`.
fn hostile() -> Option<Vec<PathBuf>> {
    let data = std::env::var_os("EARNEST_DATA")?;
    let files = fs::read_dir(Path::new(&data).join("hostile")).ok()?;
    Some(files.map(|f| f.unwrap().path()).collect())
}

#[test]
fn a_decoder_that_panics_costs_its_file_and_says_nothing_of_its_own() {
    let Some(files) = hostile() else {
        // Straight to standard error: the test harness hides what println! says.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: hostile audio files: EARNEST_DATA names no folder with `hostile` in it"
        );
        return;
    };
    for file in files {
        let error = read(&file).unwrap_err();
        assert_eq!(error.path(), file);
    }
}

/// Writes the checksum of every page of an Ogg stream anew (RFC 3533).
fn seal(file: &mut [u8]) {
    let mut at = 0;
    while file[at..].starts_with(b"OggS") {
        let segments = usize::from(file[at + 26]);
        let body: usize = file[at + 27..at + 27 + segments]
            .iter()
            .map(|n| usize::from(*n))
            .sum();
        let end = (at + 27 + segments + body).min(file.len());
        file[at + 22..at + 26].fill(0);
        let mut crc = 0_u32;
        for byte in &file[at..end] {
            crc ^= u32::from(*byte) << 24;
            for _ in 0..8 {
                crc = if crc >> 31 == 1 {
                    crc << 1 ^ 0x04c1_1db7
                } else {
                    crc << 1
                };
            }
        }
        file[at + 22..at + 26].copy_from_slice(&crc.to_le_bytes());
        if end == file.len() {
            break;
        }
        at = end;
    }
}

/// Symphonia 0.6.1 panics where a codebook's size is more than a number can hold, and goes on with
/// a wrong number where overflow is not checked: either way the file is refused or read, and the
/// next one too.
#[test]
fn damaged_vorbis_codebooks_are_errors_like_any_other() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audio");
    let whole = fs::read(folder.join("tone.ogg")).unwrap();
    let setup = whole.windows(7).position(|w| w == b"\x05vorbis").unwrap() + 7;
    let path = dir.path().join("a.ogg");
    let mut refused = 0;
    for at in setup..setup + 160 {
        let mut file = whole.clone();
        file[at] = !file[at];
        seal(&mut file);
        fs::write(&path, file).unwrap();
        if let Err(error) = read(&path) {
            assert_eq!(error.path(), path);
            refused += 1;
        }
    }
    assert!(refused > 100, "{refused}");
    fs::write(&path, whole).unwrap();
    assert!(read(&path).is_ok());
}

#[cfg(unix)]
#[test]
fn a_pipe_is_no_audio_file_and_does_not_hang() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.wav");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    if !made.is_ok_and(|s| s.success()) {
        println!("SKIPPED: no mkfifo on this machine");
        return;
    }
    let error = read(&path).unwrap_err().to_string();
    assert!(error.contains("not a file"), "{error}");
}

#[test]
fn more_channels_than_any_array_has_are_refused_before_they_are_decoded() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.wav");
    let channels = 60_000_u16;
    let mut wav = b"RIFF\xff\xff\xff\x00WAVEfmt \x10\0\0\0\x01\0".to_vec();
    wav.extend(channels.to_le_bytes());
    wav.extend(16_000_u32.to_le_bytes());
    wav.extend((16_000 * u32::from(channels)).to_le_bytes());
    wav.extend(channels.to_le_bytes());
    wav.extend([8, 0]);
    wav.extend(b"data");
    wav.extend(600_000_u32.to_le_bytes());
    wav.resize(wav.len() + 600_000, 128);
    fs::write(&path, wav).unwrap();
    let error = read(&path).unwrap_err().to_string();
    assert!(error.contains("channel"), "{error}");
}
