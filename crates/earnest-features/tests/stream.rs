//! Streaming: the same bits as a whole recording, rows as soon as they are final, and no
//! allocation once it runs.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod allocations;

use allocations::allocations;
use earnest_features::{Extractor, Lld32, Mode, Row, ShortWindow, Stream};
use earnest_random::Key;

const RATE: u32 = 16_000;
const F0: usize = 19;

/// Voiced stretches of changing pitch, noise, and silence.
fn speech_like(seconds: f64, seed: u64) -> Vec<f32> {
    let mut generator = Key::new(seed).generator();
    let (mut y1, mut y2, mut phase) = (0.0_f64, 0.0_f64, 0.0_f64);
    (0..(seconds * f64::from(RATE)) as usize)
        .map(|i| {
            let t = i as f64 / f64::from(RATE);
            let f0 = 130.0 + 50.0 * (3.0 * t).sin();
            phase += f0 / f64::from(RATE);
            let voiced = (t * 2.5).fract() < 0.6;
            let mut x = 0.0;
            if phase >= 1.0 {
                phase -= 1.0;
                x = if voiced { 1.0 } else { 0.0 };
            }
            if (t * 2.5).fract() > 0.8 {
                x += 0.05 * generator.normal();
            }
            let y = x + 1.6 * y1 - 0.83 * y2;
            (y1, y2) = (y, y1);
            (0.08 * y) as f32
        })
        .collect()
}

fn all_settings() -> Vec<Lld32> {
    [Mode::OpenSmile, Mode::Accurate]
        .into_iter()
        .flat_map(|mode| {
            [ShortWindow::Ms20, ShortWindow::Ms25].map(|window| Lld32 { mode, window })
        })
        .collect()
}

#[test]
fn any_cut_of_the_samples_gives_the_bits_of_the_whole() {
    for settings in all_settings() {
        for (seconds, seed) in [(0.05, 1), (0.061, 2), (0.3, 3), (4.0, 4)] {
            let samples = speech_like(seconds, seed);
            let whole = Extractor::with(RATE, settings).extract(&samples);
            let mut generator = Key::new(seed).with("cuts").generator();
            let mut stream = Stream::new(RATE, settings);
            for longest in [1_usize, 37, 160, 1_000, 100_000] {
                if longest == 1 && seconds > 1.0 {
                    continue;
                }
                let mut values = Vec::new();
                let mut sink = |row: &Row| values.extend_from_slice(row);
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
                    "{settings:?}, {seconds} s in pieces of up to {longest}"
                );
            }
        }
    }
}

#[test]
fn many_threads_give_the_bits_of_one() {
    let recordings: Vec<Vec<f32>> = (0..12).map(|i| speech_like(1.0, i)).collect();
    let mut extractor = Extractor::new(RATE);
    let alone: Vec<_> = recordings.iter().map(|r| extractor.extract(r)).collect();
    std::thread::scope(|scope| {
        for start in 0..4 {
            let (recordings, alone) = (&recordings, &alone);
            scope.spawn(move || {
                let mut extractor = Extractor::new(RATE);
                for i in (start..recordings.len()).step_by(4).rev() {
                    assert!(extractor.extract(&recordings[i]) == alone[i]);
                }
            });
        }
    });
}

#[test]
fn a_stream_allocates_nothing_once_it_is_made() {
    for settings in all_settings() {
        let mut stream = Stream::new(RATE, settings);
        let samples = speech_like(6.0, 9);
        let (more, rest) = samples.split_at(3 * RATE as usize);
        let mut sum = 0.0;
        let mut sink = |row: &Row| sum += row[0];
        let before = allocations();
        for hop in rest.chunks(160) {
            stream.push(hop, &mut sink);
        }
        // A second utterance on the same stream, in larger pieces.
        stream.finish(&mut sink);
        for piece in more.chunks(4_000) {
            stream.push(piece, &mut sink);
        }
        stream.finish(&mut sink);
        let after = allocations();
        assert_eq!(after - before, 0, "{settings:?}");
        assert!(sum.is_finite());
    }
}

#[test]
fn a_row_is_out_within_the_stated_look_ahead() {
    // README: a row needs the long frame of the next row, so it can come 70 ms after its
    // start; it waits for the F0 decision, 40 frames at most.
    for settings in all_settings() {
        let samples = speech_like(8.0, 11);
        let mut stream = Stream::new(RATE, settings);
        let (mut rows, mut longest, mut waits) = (0_usize, 0_usize, 0_usize);
        for (hop, piece) in samples.chunks(160).enumerate() {
            let before = rows;
            stream.push(piece, &mut |_| rows += 1);
            let pushed = (hop + 1) * 160;
            for row in before..rows {
                let delay = pushed - row * 160;
                assert!(
                    delay >= 1_120,
                    "row {row} out {delay} samples after its start"
                );
                longest = longest.max(delay);
                waits += delay - 1_120;
            }
            let oldest = pushed.saturating_sub(rows * 160);
            assert!(oldest <= 1_120 + 40 * 160, "a row waits {oldest} samples");
        }
        println!(
            "{settings:?}: longest wait beyond 70 ms: {} frames, mean {:.2}",
            (longest - 1_120) / 160,
            waits as f64 / 160.0 / rows as f64
        );
    }
}

#[test]
fn rows_that_are_out_do_not_depend_on_what_follows() {
    let one = speech_like(2.0, 5);
    let mut two = one.clone();
    two.extend(speech_like(1.0, 6).iter().map(|x| -x));
    let mut prefix = Vec::new();
    let mut stream = Stream::new(RATE, Lld32::default());
    stream.push(&one, &mut |row: &Row| prefix.extend_from_slice(row));
    let whole = Extractor::new(RATE).extract(&two);
    assert!(prefix.len() > 100 * 32);
    assert!(prefix == whole.values()[..prefix.len()]);
    assert!(prefix.chunks(32).any(|row| row[F0] > 0.0));
}
