//! Says of each window of 32 ms of audio files how probable speech is: CSV with file, window, probability.
//!
//! `cargo run --release -p earnest-recogniser --example voice_activity -- [silero|energy] FILE…`; with `--speed` how many times faster
//! than real time one thread is.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::Instant;

use earnest_recogniser::voice_activity::{Detector, WINDOW};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let detector: Detector = arguments.next().ok_or("which detector?")?.parse()?;
    let (flags, files): (Vec<String>, Vec<String>) = arguments.partition(|a| a == "--speed");
    let speed = !flags.is_empty();
    let (mut windows, mut took) = (0, 0.0);
    if !speed {
        println!("file,window,probability");
    }
    for file in files {
        let wave = earnest_audio::read(&file)?;
        let mut detector = detector.open();
        let began = Instant::now();
        for (i, window) in wave.samples().chunks_exact(WINDOW).enumerate() {
            let p = detector.hear(window.try_into()?);
            windows += 1;
            if !speed {
                println!("{file},{i},{p:.5}");
            }
        }
        took += began.elapsed().as_secs_f64();
    }
    if speed {
        println!("{:.0} x real time", f64::from(windows) * 0.032 / took);
    }
    Ok(())
}
