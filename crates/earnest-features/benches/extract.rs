//! `cargo bench -p earnest-features`: ten seconds of synthetic vowels and pauses.
//! Beside openSMILE: `compare/opensmile_speed.py`.

#[path = "../tests/vowel/mod.rs"]
mod vowel;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use earnest_features::front_end::egemaps_v02::EgemapsV02;
use earnest_features::front_end::logmel::{LogMel, Pcen};
use earnest_features::functionals::{FunctionalStream, Set, SlidingWindows};
use earnest_features::{Extractor, FrontEnd, Lld32, Mode, Stream};
use vowel::{FEMALE, MALE, RATE, Vowel, vowel};

fn main() {
    divan::main();
}

/// Vowels of a man and a woman with half as much silence between them.
fn speech() -> Vec<f32> {
    let mut samples = Vec::new();
    for (f0, vowels) in [(110.0, MALE), (210.0, FEMALE)] {
        for (name, formants) in vowels {
            let spoken = Vowel {
                period_spread: 0.01,
                level_spread: 0.3,
                ..vowel(name, f0, formants)
            };
            samples.extend(spoken.speak(0.7).0);
            samples.extend([0.0; 4_800]);
        }
    }
    samples
}

const MODES: [&str; 2] = ["opensmile", "accurate"];

fn settings(mode: &str) -> Lld32 {
    Lld32 {
        mode: match mode {
            "accurate" => Mode::Accurate,
            _ => Mode::OpenSmile,
        },
        ..Lld32::default()
    }
}

#[divan::bench(args = MODES)]
fn whole_recording(bencher: Bencher<'_, '_>, mode: &str) {
    let samples = speech();
    let mut extractor = Extractor::with(RATE, settings(mode));
    bencher
        .counter(ItemsCount::new(samples.len() / 160))
        .bench_local(|| extractor.extract(black_box(&samples)));
}

#[divan::bench(args = MODES)]
fn hop_by_hop(bencher: Bencher<'_, '_>, mode: &str) {
    let samples = speech();
    let mut stream = Stream::new(RATE, settings(mode));
    bencher
        .counter(ItemsCount::new(samples.len() / 160))
        .bench_local(|| {
            let mut sum = 0.0;
            for hop in black_box(&samples).chunks(160) {
                stream.push(hop, &mut |row| sum += row[0]);
            }
            stream.finish(&mut |row| sum += row[0]);
            sum
        });
}

#[divan::bench(args = MODES)]
fn new_extractor(mode: &str) -> Extractor {
    Extractor::with(RATE, settings(mode))
}

#[divan::bench(args = [false, true])]
fn logmel(bencher: Bencher<'_, '_>, pcen: bool) {
    let samples = speech();
    let settings = LogMel {
        pcen: pcen.then(Pcen::default),
        ..LogMel::default()
    };
    let mut extractor = Extractor::of(&settings as &dyn FrontEnd, RATE).ok();
    bencher
        .counter(ItemsCount::new(samples.len() / 160))
        .bench_local(|| extractor.as_mut().map(|e| e.extract(black_box(&samples))));
}

#[divan::bench]
fn egemaps_v02(bencher: Bencher<'_, '_>) {
    let samples = speech();
    let mut extractor = Extractor::of(&EgemapsV02::default(), RATE).ok();
    bencher
        .counter(ItemsCount::new(samples.len() / 160))
        .bench_local(|| extractor.as_mut().map(|e| e.extract(black_box(&samples))));
}

/// The same with functionals in place of rows.
#[divan::bench]
fn functionals_of_the_whole(bencher: Bencher<'_, '_>) {
    let samples = speech();
    let mut stream = FunctionalStream::new(RATE, Set::EgemapsV02).ok();
    bencher
        .counter(ItemsCount::new(samples.len() / 160))
        .bench_local(|| stream.as_mut().map(|s| s.of(black_box(&samples))));
}

/// Reading out, of segments of so many seconds.
#[divan::bench(args = [1, 3, 10, 60])]
fn functionals_so_far(bencher: Bencher<'_, '_>, seconds: usize) {
    let mut stream = FunctionalStream::new(RATE, Set::EgemapsV02).ok();
    let samples = speech().repeat(7);
    if let Some(stream) = &mut stream {
        stream.push(&samples[..seconds * RATE as usize]);
    }
    bencher.bench_local(|| stream.as_mut().map(FunctionalStream::functionals));
}

/// Windows of three seconds each half second.
#[divan::bench]
fn functionals_of_windows(bencher: Bencher<'_, '_>) {
    let samples = speech();
    let second = RATE as usize;
    let mut windows = SlidingWindows::new(RATE, Set::EgemapsV02, 3 * second, second / 2).ok();
    bencher
        .counter(ItemsCount::new(samples.len() / 160))
        .bench_local(|| {
            let mut sum = 0.0;
            if let Some(windows) = &mut windows {
                windows.push(black_box(&samples), &mut |row| sum += row[0]);
                windows.reset();
            }
            sum
        });
}
