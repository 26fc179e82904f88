//! How fast the extractor is on a recording, on one thread:
//!
//! ```text
//! cargo run --release -p earnest-features --example speed -- FILE [opensmile|accurate]
//! ```
//!
//! Prints the best of three passes over the whole file, and what single 10 ms hops cost
//! when the same file is streamed. `compare/opensmile_speed.py` runs this beside openSMILE.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::Instant;

use earnest_features::{Extractor, Mode, Settings, Stream};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("name an audio file")?;
    let mode = match arguments.next().as_deref() {
        None | Some("opensmile") => Mode::OpenSmile,
        Some("accurate") => Mode::Accurate,
        Some(other) => return Err(format!("there is no mode {other}").into()),
    };
    let settings = Settings {
        mode,
        ..Settings::default()
    };
    let recording = earnest_audio::read(&file)?;
    let rate = earnest_signal::SAMPLE_RATE;
    let seconds = recording.duration_s();

    let mut extractor = Extractor::with(rate, settings);
    let mut best = f64::INFINITY;
    let mut rows = 0;
    for _ in 0..3 {
        let start = Instant::now();
        rows = extractor.extract(recording.samples()).frames();
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!(
        "{seconds:.1} s of audio, {rows} rows: {best:.3} s, {:.0} times real time, {:.2} us a row",
        seconds / best,
        1e6 * best / rows as f64
    );

    let mut stream = Stream::new(rate, settings);
    let mut costs: Vec<f64> = Vec::with_capacity(rows + 10);
    let mut sum = 0.0;
    for hop in recording.samples().chunks(rate as usize / 100) {
        let start = Instant::now();
        stream.push(hop, &mut |row| sum += row[0]);
        costs.push(1e6 * start.elapsed().as_secs_f64());
    }
    costs.sort_by(f64::total_cmp);
    let at = |share: f64| costs[((costs.len() - 1) as f64 * share) as usize];
    println!(
        "streamed, a hop of 10 ms costs: median {:.0} us, 99 % {:.0} us, 99.99 % {:.0} us, most {:.0} us",
        at(0.5),
        at(0.99),
        at(0.9999),
        at(1.0)
    );
    Ok(())
}
