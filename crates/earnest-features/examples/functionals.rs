//! The 88 functionals of recordings (WAV or FLAC, 16 bits) as CSV, a row each, the file's name first:
//!
//! ```text
//! cargo run --release -p earnest-features --example functionals -- [egemaps-v01a] FILE ... > TABLE.csv
//! ```
//!
//! Standard error says how long it took on one thread, decoding left out, and what functionals cost
//! beside their descriptors. `compare/functionals_speed.py` runs this beside openSMILE.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../tests/sound/mod.rs"]
mod sound;

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use earnest_features::front_end::egemaps_v01a::EgemapsV01a;
use earnest_features::front_end::egemaps_v02::EgemapsV02;
use earnest_features::functionals::{FunctionalStream, NAMES, Set};
use earnest_features::{Extractor, FrontEnd};

fn main() -> Result<(), Box<dyn Error>> {
    let mut files: Vec<String> = std::env::args().skip(1).collect();
    let set = if files
        .first()
        .is_some_and(|name| name == Set::EgemapsV01a.name())
    {
        files.remove(0);
        Set::EgemapsV01a
    } else {
        Set::EgemapsV02
    };
    let descriptors: &dyn FrontEnd = match set {
        Set::EgemapsV01a => &EgemapsV01a::default(),
        Set::EgemapsV02 => &EgemapsV02::default(),
    };
    println!("file,{}", NAMES.join(","));
    let mut seconds = 0.0;
    let mut rows = 0;
    let (mut all, mut only_descriptors, mut readout) =
        (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut of_rate: Option<(u32, FunctionalStream, Extractor)> = None;
    for file in &files {
        let recording = sound::read(Path::new(file))?;
        let rate = recording.rate;
        let (stream, extractor) = match &mut of_rate {
            Some((known, stream, extractor)) if *known == rate => (stream, extractor),
            other => {
                let stream = FunctionalStream::new(rate, set)?;
                let extractor = Extractor::of(descriptors, rate)?;
                let (_, stream, extractor) = other.insert((rate, stream, extractor));
                (stream, extractor)
            }
        };
        seconds += recording.samples.len() as f64 / f64::from(rate);
        let start = Instant::now();
        stream.reset();
        stream.push(&recording.samples);
        let pushed = Instant::now();
        let functionals = stream.functionals();
        readout += pushed.elapsed();
        all += start.elapsed();
        let start = Instant::now();
        rows += extractor.extract(&recording.samples).frames();
        only_descriptors += start.elapsed();
        let cells = NAMES
            .iter()
            .enumerate()
            .map(|(i, _)| functionals.map_or(String::new(), |values| format!(",{}", values[i])));
        println!("{file}{}", cells.collect::<String>());
    }
    let per_row = |time: Duration| 1e6 * time.as_secs_f64() / rows.max(1) as f64;
    eprintln!(
        "{} files, {seconds:.1} s of audio: {:.3} s, {:.0} times real time",
        files.len(),
        all.as_secs_f64(),
        seconds / all.as_secs_f64()
    );
    eprintln!(
        "each 10 ms {:.2} us, the descriptors alone {:.2} us; functionals once a file {:.0} us",
        per_row(all),
        per_row(only_descriptors),
        1e6 * readout.as_secs_f64() / files.len().max(1) as f64
    );
    Ok(())
}
