//! What every front end in the list promises: a new one is held to it by standing there.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod allocations;

use std::collections::{BTreeMap, BTreeSet};

use allocations::allocations;
use earnest_features::front_end::egemaps_v01a::EgemapsV01a;
use earnest_features::front_end::egemaps_v02::EgemapsV02;
use earnest_features::front_end::functionals::Functionals;
use earnest_features::front_end::joined::Joined;
use earnest_features::front_end::levelled::Levelled;
use earnest_features::front_end::logmel::{LogMel, Pcen};
use earnest_features::functionals::Set;
use earnest_features::{
    Extractor, FrontEnd, FrontEndSettings, Lld32, Mode, Normaliser, RowStream, ShortWindow,
};
use earnest_random::Key;

/// All front ends with their default settings, and some with others; with a rate for each.
fn all() -> Vec<(FrontEndSettings, u32)> {
    let by_name = |name: &&str| (FrontEndSettings::by_name(name).unwrap(), 16_000);
    let mut all: Vec<_> = FrontEndSettings::NAMES.iter().map(by_name).collect();
    let accurate = Lld32 {
        mode: Mode::Accurate,
        window: ShortWindow::Ms25,
    };
    let narrow = LogMel {
        bands: 20,
        low_hz: 50.0,
        high_hz: 4_000.0,
        pcen: Some(Pcen::default()),
        ..LogMel::default()
    };
    let odd = LogMel {
        window_ms: 31.7,
        hop_ms: 31.7,
        bands: 7,
        ..LogMel::default()
    };
    let windows = Functionals {
        window_s: Some(0.9),
        hop_s: Some(0.25),
        ..Functionals::default()
    };
    let apart = Functionals {
        set: Set::EgemapsV01a,
        window_s: Some(0.3),
        hop_s: Some(0.4),
    };
    let levelled = Levelled {
        level_db: -26.0,
        of: Box::new(narrow.into()),
    };
    // Rows of 20 ms and of 60 ms side by side, and one of the whole.
    let joined = Joined {
        parts: vec![
            levelled.clone().into(),
            Functionals::default().into(),
            LogMel {
                window_ms: 60.0,
                ..LogMel::default()
            }
            .into(),
        ],
    };
    // Rows that come as they do from each.
    let live = Joined {
        parts: vec![Lld32::default().into(), LogMel::default().into()],
    };
    for (settings, rate) in [
        (levelled.into(), 16_000),
        (joined.into(), 16_000),
        (live.into(), 16_000),
        (windows.into(), 22_050),
        (apart.into(), 22_050),
        (FrontEndSettings::from(accurate), 16_000),
        (accurate.into(), 44_100),
        (Lld32::default().into(), 8_000),
        // Zeros before each frame: an odd number of them.
        (EgemapsV02::default().into(), 44_100),
        (narrow.into(), 8_000),
        (narrow.into(), 44_100),
        (odd.into(), 16_000),
        (LogMel::default().into(), 44_100),
    ] {
        all.push((settings, rate));
    }
    all
}

/// Pulses, noise and silence.
fn sounds(samples: usize, seed: u64) -> Vec<f32> {
    let mut generator = Key::new(seed).generator();
    (0..samples)
        .map(|i| {
            let pulse = if i % 133 == 0 { 0.5 } else { 0.0 };
            let gate = f64::from(u8::from((i / 4_000) % 3 != 2));
            (gate * (pulse + 0.02 * generator.normal())) as f32
        })
        .collect()
}

#[test]
fn rows_are_as_many_and_as_wide_as_was_said_at_every_length() {
    for (settings, rate) in all() {
        let front_end = settings.as_front_end();
        let names = front_end.columns();
        let mut extractor = Extractor::of(front_end, rate).unwrap();
        assert_eq!(extractor.columns(), names.len());
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        let shortest = (front_end.shortest_s() * f64::from(rate)).round() as usize;
        for samples in [0, 1, shortest - 1, shortest, shortest + 1, 9_999, 40_000] {
            let features = extractor.extract(&sounds(samples, 1));
            assert_eq!(features.frames(), extractor.rows(samples), "{settings:?}");
            assert_eq!(features.is_empty(), samples < shortest, "{settings:?}");
            assert_eq!(features.columns(), names.len());
        }
        if front_end.row_s().is_infinite() {
            assert_eq!(extractor.rows(usize::MAX), 1, "{settings:?}");
            continue;
        }
        let (two, three) = (extractor.rows(2 * 441_000), extractor.rows(3 * 441_000));
        let row_s = 441_000.0 / f64::from(rate) / (three - two) as f64;
        let off = (row_s / front_end.row_s() - 1.0).abs();
        assert!(off < 0.002, "{settings:?}: a row each {row_s} s");
    }
}

#[test]
fn any_cut_of_the_samples_gives_the_bits_of_the_whole() {
    for (settings, rate) in all() {
        let front_end = settings.as_front_end();
        let mut extractor = Extractor::of(front_end, rate).unwrap();
        let mut stream = front_end.open(rate).unwrap();
        for (samples, seed) in [(700, 1), (5_000, 2), (60_000, 3)] {
            let samples = sounds(samples, seed);
            let whole = extractor.extract(&samples);
            let mut generator = Key::new(seed).with("cuts").generator();
            for longest in [1_usize, 37, 160, 1_000, 100_000] {
                if longest == 1 && samples.len() > 10_000 {
                    continue;
                }
                // A recording that was given up leaves no trace in the next.
                stream.push(&samples[..samples.len() / 2], &mut |_| {});
                stream.reset();
                let mut values = Vec::new();
                let mut sink = |row: &[f32]| values.extend_from_slice(row);
                let mut rest = samples.as_slice();
                while !rest.is_empty() {
                    let cut = (1 + generator.below(longest)).min(rest.len());
                    let (now, later) = rest.split_at(cut);
                    stream.push(now, &mut sink);
                    rest = later;
                }
                stream.finish(&mut sink);
                assert!(
                    values == whole.values(),
                    "{settings:?} at {rate} Hz in pieces of up to {longest}"
                );
            }
        }
    }
}

#[test]
fn rows_are_out_within_the_stated_look_ahead() {
    for (settings, rate) in all() {
        let front_end = settings.as_front_end();
        let mut stream = front_end.open(rate).unwrap();
        let step = rate as usize / 1_000;
        let mut rows = 0_usize;
        if front_end.look_ahead_s().is_infinite() {
            continue;
        }
        for (i, piece) in sounds(60_000, 4).chunks(step).enumerate() {
            stream.push(piece, &mut |_| rows += 1);
            let now = ((i + 1) * step) as f64 / f64::from(rate);
            let oldest = now - rows as f64 * front_end.row_s();
            // Up to the rounding of a window and a row to samples.
            assert!(
                oldest <= front_end.look_ahead_s() + 0.003,
                "{settings:?}: row {rows} waits {oldest} s"
            );
        }
        assert!(rows > 30 || front_end.row_s() > 0.1 && rows > 3);
    }
}

#[test]
fn silence_and_what_is_loud_are_finite() {
    for (settings, rate) in all() {
        let mut extractor = Extractor::of(settings.as_front_end(), rate).unwrap();
        for level in [0.0, 1e-42, 1e-12, 1.0, 1e6] {
            let samples: Vec<f32> = sounds(20_000, 5).iter().map(|x| x * level).collect();
            let features = extractor.extract(&samples);
            assert!(features.values().iter().all(|x| x.is_finite()));
        }
    }
}

#[test]
fn an_open_stream_allocates_nothing() {
    for (settings, rate) in all() {
        let mut stream = settings.as_front_end().open(rate).unwrap();
        let samples = sounds(100_000, 6);
        let mut sum = 0.0;
        let mut sink = |row: &[f32]| sum += row[0];
        // Which vectors are wanted is looked up once.
        stream.push(&samples[..2_000], &mut |_| {});
        stream.reset();
        let before = allocations();
        for hop in samples.chunks(160) {
            stream.push(hop, &mut sink);
        }
        stream.finish(&mut sink);
        stream.push(&samples, &mut sink);
        stream.finish(&mut sink);
        assert_eq!(allocations() - before, 0, "{settings:?}");
        assert!(sum.is_finite());
    }
}

#[test]
fn files_have_all_settings_and_give_them_back() {
    for (settings, _) in all() {
        let text = toml::to_string(&settings).unwrap();
        let name = settings.as_front_end().name();
        assert!(text.starts_with(&format!("name = \"{name}\"\n")), "{text}");
        assert_eq!(toml::from_str::<FrontEndSettings>(&text).unwrap(), settings);
        assert!(settings.as_front_end().words().starts_with(name));
    }
    for name in FrontEndSettings::NAMES {
        let settings: FrontEndSettings = toml::from_str(&format!("name = \"{name}\"")).unwrap();
        assert_eq!(settings, FrontEndSettings::by_name(name).unwrap());
        assert_eq!(settings.as_front_end().name(), *name);
        assert_eq!(settings.as_front_end().check(), Ok(()));
        let unknown = format!("name = \"{name}\"\nno_such_key = 1");
        let error = toml::from_str::<FrontEndSettings>(&unknown).unwrap_err();
        assert!(error.to_string().contains("no_such_key"), "{error}");
    }
    assert_eq!(FrontEndSettings::default(), Lld32::default().into());
}

#[test]
fn the_keys_are_those_of_the_readme() {
    let read = |text: &str| toml::from_str::<FrontEndSettings>(text);
    let accurate = Lld32 {
        mode: Mode::Accurate,
        window: ShortWindow::Ms25,
    };
    let text = "name = \"lld32\"\nmode = \"accurate\"\nwindow_ms = 25\n";
    assert_eq!(read(text).unwrap(), accurate.into());
    assert_eq!(toml::to_string(&read(text).unwrap()).unwrap(), text);
    let error = read(&text.replace("= 25", "= 30")).unwrap_err();
    assert!(error.to_string().contains("it is 20 or 25"), "{error}");
    assert!(read(&text.replace("accurate", "exact")).is_err());

    let text = "name = \"logmel\"\nbands = 64\nlow_hz = 50\nhigh_hz = 7600.0\n[pcen]\ngain = 0.9\n";
    let pcen = Pcen {
        gain: 0.9,
        ..Pcen::default()
    };
    let settings = LogMel {
        low_hz: 50.0,
        pcen: Some(pcen),
        ..LogMel::default()
    };
    assert_eq!(read(text).unwrap(), settings.into());
    assert!(read(&text.replace("gain", "loss")).is_err());
}

#[test]
fn an_unknown_name_is_told_the_known_ones_and_the_nearest() {
    let error = FrontEndSettings::by_name("logmle").unwrap_err();
    assert_eq!(error.key(), "name");
    assert_eq!(
        error.to_string(),
        "name is `logmle`; the front ends are lld32, egemaps-v01a, egemaps-v02, functionals, logmel, levelled, joined; did you mean `logmel`?"
    );
    let error = FrontEndSettings::by_name("xyz").unwrap_err().to_string();
    assert!(!error.contains("did you mean"), "{error}");
}

#[test]
fn descriptors_are_the_same_by_name_and_by_type() {
    let samples = sounds(30_000, 7);
    for mode in [Mode::OpenSmile, Mode::Accurate] {
        let settings = Lld32 {
            mode,
            ..Lld32::default()
        };
        let by_type = Extractor::with(16_000, settings).extract(&samples);
        let by_name = Extractor::of(&settings, 16_000).unwrap().extract(&samples);
        assert_eq!(by_type, by_name);
    }
    for rate in [0, 7_999, 48_001, u32::MAX] {
        let error = Lld32::default().open(rate).err().unwrap();
        assert_eq!(error.key(), "sample_rate");
    }
}

#[test]
fn how_loud_a_recording_is_makes_no_difference_once_it_is_levelled() {
    let quiet: Vec<f32> = sounds(40_000, 9);
    // Powers of two, so that nothing is rounded but by the levelling itself.
    let loud: Vec<f32> = quiet.iter().map(|x| x * 64.0).collect();
    for of in ["functionals", "lld32", "logmel"] {
        let inner = FrontEndSettings::by_name(of).unwrap();
        let levelled = Levelled {
            of: Box::new(inner.clone()),
            ..Levelled::default()
        };
        assert_eq!(levelled.columns(), inner.as_front_end().columns());
        let rows = |front_end: &dyn FrontEnd, samples: &[f32]| {
            Extractor::of(front_end, 16_000).unwrap().extract(samples)
        };
        let one = rows(&levelled, &quiet);
        let other = rows(&levelled, &loud);
        let far = |a: &f32, b: &f32| (a - b).abs() > 1e-3 * (1.0 + a.abs());
        let differ = |a: &[f32], b: &[f32]| a.iter().zip(b).filter(|(a, b)| far(a, b)).count();
        assert_eq!(differ(one.values(), other.values()), 0, "{of}");
        let (one, other) = (
            rows(inner.as_front_end(), &quiet),
            rows(inner.as_front_end(), &loud),
        );
        assert!(differ(one.values(), other.values()) > 0, "{of}");
        // It is what the front end makes of the waveform that has this level.
        let mut by_hand = quiet.clone();
        let is = earnest_level::active_level_db(&by_hand, 16_000).unwrap();
        earnest_level::gain(&mut by_hand, -20.0 - is);
        assert_eq!(
            rows(&levelled, &quiet),
            rows(inner.as_front_end(), &by_hand)
        );
    }
    let text = "name = \"levelled\"\nof = { name = \"levelled\" }";
    let twice: FrontEndSettings = toml::from_str(text).unwrap();
    let error = twice.as_front_end().check().unwrap_err();
    assert_eq!(error.key(), "of.name");
    let text = "name = \"levelled\"\nof = { name = \"logmel\", bands = 0 }";
    let inside: FrontEndSettings = toml::from_str(text).unwrap();
    let error = inside.as_front_end().check().unwrap_err();
    assert_eq!(error.key(), "of.bands");
}

#[test]
fn joined_columns_are_those_of_the_parts_and_one_row_of_a_whole_stands_in_each() {
    let samples = sounds(30_000, 10);
    let parts = ["functionals", "logmel", "lld32"].map(|n| FrontEndSettings::by_name(n).unwrap());
    let joined = Joined {
        parts: parts.to_vec(),
    };
    let all = Extractor::of(&joined, 16_000).unwrap().extract(&samples);
    let names = joined.columns();
    let mut rows = usize::MAX;
    for (number, part) in (0..).zip(&parts) {
        let part = part.as_front_end();
        let own = Extractor::of(part, 16_000).unwrap().extract(&samples);
        let columns = joined.columns_of(number).unwrap();
        let called = |name: String| format!("{}:{name}", number + 1);
        let expected: Vec<String> = part.columns().into_iter().map(called).collect();
        assert_eq!(names[columns.clone()], expected);
        for (i, row) in all.rows().enumerate() {
            let place = if own.frames() == 1 { 0 } else { i };
            assert_eq!(&row[columns.clone()], own.rows().nth(place).unwrap());
        }
        if own.frames() > 1 {
            rows = rows.min(own.frames());
        }
    }
    assert_eq!(joined.columns_of(3), None);
    assert_eq!(all.frames(), rows);
    for (parts, key) in [
        ("[{ name = \"logmel\" }]", "parts"),
        ("[{ name = \"logmel\" }, { name = \"logmel\" }]", "parts[2]"),
        (
            "[{ name = \"logmel\" }, { name = \"logmel\", hop_ms = 20.0 }]",
            "parts",
        ),
        (
            "[{ name = \"logmel\" }, { name = \"joined\" }]",
            "parts[2].name",
        ),
        (
            "[{ name = \"lld32\" }, { name = \"logmel\", bands = 0 }]",
            "parts[2].bands",
        ),
    ] {
        let text = format!("name = \"joined\"\nparts = {parts}");
        let settings: FrontEndSettings = toml::from_str(&text).unwrap();
        let error = settings.as_front_end().check().unwrap_err();
        assert_eq!(error.key(), key, "{error}");
    }
}

/// Columns of a front end by their names.
fn named(front_end: &dyn FrontEnd, samples: &[f32]) -> BTreeMap<String, Vec<f32>> {
    let features = Extractor::of(front_end, 16_000).unwrap().extract(samples);
    let column = |c: usize| features.rows().map(|row| row[c]).collect();
    let names = front_end.columns().into_iter().enumerate();
    names.map(|(c, name)| (name, column(c))).collect()
}

#[test]
fn the_versions_of_egemaps_differ_where_they_are_said_to() {
    let samples = sounds(30_000, 8);
    let v01a = named(&EgemapsV01a::default(), &samples);
    let v02 = named(&EgemapsV02::default(), &samples);
    assert_eq!((v01a.len(), v02.len()), (23, 25));
    let bandwidths = ["F2bandwidth_sma3nz", "F3bandwidth_sma3nz"];
    for name in bandwidths {
        assert!(!v01a.contains_key(name) && v02[name].iter().any(|x| *x > 0.0));
    }
    // By their definition, and not by rounding (docs/descriptors.md, section 15).
    let changed = ["F1", "F2", "F3"];
    // Of these it depends on the signal: a period may count in both versions, and as a rule the
    // other formant has the same harmonic.
    let may_change = ["jitter", "shimmer", "amplitude", "A3"];
    for (name, one) in &v01a {
        if may_change.iter().any(|part| name.contains(part)) {
            continue;
        }
        let other = &v02[name];
        let span = one.iter().fold(0.0_f32, |a, x| a.max(x.abs()));
        let mut both = one.iter().zip(other);
        let far = both.any(|(a, b)| (a - b).abs() > 1e-4 * span);
        assert_eq!(far, changed.iter().any(|c| name.starts_with(c)), "{name}");
    }

    let mode = Mode::Accurate;
    let window = ShortWindow::Ms20;
    let v01a = named(&EgemapsV01a { mode, window }, &samples);
    let v02 = named(&EgemapsV02 { mode, window }, &samples);
    for (name, one) in &v01a {
        assert_eq!(one, &v02[name], "{name}");
    }
    for name in bandwidths {
        let frequency = &v02[&name.replace("bandwidth", "frequency")];
        for (bandwidth, frequency) in v02[name].iter().zip(frequency) {
            assert_eq!(*bandwidth > 0.0, *frequency > 0.0, "{name}");
        }
    }
}

/// A front end that someone else wrote: the mean of each 100 samples.
#[derive(Debug)]
struct Means;

struct MeansStream {
    sum: f32,
    heard: usize,
}

impl FrontEnd for Means {
    fn name(&self) -> &'static str {
        "means"
    }
    fn words(&self) -> String {
        "means".to_owned()
    }
    fn check(&self) -> Result<(), earnest_features::FrontEndError> {
        Ok(())
    }
    fn columns(&self) -> Vec<String> {
        vec!["mean".to_owned()]
    }
    fn row_s(&self) -> f64 {
        0.00625
    }
    fn shortest_s(&self) -> f64 {
        0.00625
    }
    fn look_ahead_s(&self) -> f64 {
        0.00625
    }
    fn open(&self, _: u32) -> Result<Box<dyn RowStream>, earnest_features::FrontEndError> {
        Ok(Box::new(MeansStream { sum: 0.0, heard: 0 }))
    }
}

impl RowStream for MeansStream {
    fn columns(&self) -> usize {
        1
    }
    fn rows(&self, samples: usize) -> usize {
        samples / 100
    }
    fn push(&mut self, samples: &[f32], sink: &mut dyn FnMut(&[f32])) {
        for x in samples {
            self.sum += x;
            self.heard += 1;
            if self.heard == 100 {
                sink(&[self.sum / 100.0]);
                self.reset();
            }
        }
    }
    fn finish(&mut self, _: &mut dyn FnMut(&[f32])) {
        self.reset();
    }
    fn reset(&mut self) {
        (self.sum, self.heard) = (0.0, 0);
    }
}

#[test]
fn a_front_end_of_ones_own_goes_through_extractor_and_normaliser() {
    let samples: Vec<f32> = (0..1_050).map(|i| i as f32).collect();
    let mut features = Extractor::of(&Means, 16_000).unwrap().extract(&samples);
    assert_eq!((features.frames(), features.columns()), (10, 1));
    assert_eq!(features.row(1), Some(&[149.5][..]));
    let normaliser = Normaliser::fit(std::iter::once(&features));
    assert_eq!(normaliser.check(1), Ok(()));
    assert!(normaliser.check(32).is_err());
    normaliser.apply(&mut features);
    assert!(features.values().iter().sum::<f32>().abs() < 1e-5);
}
