//! How fast a front end is on a recording (WAV or FLAC, 16 bits), on one thread:
//!
//! ```text
//! cargo run --release -p earnest-features --example speed -- FILE [opensmile|accurate|logmel|pcen]
//! ```
//!
//! `opensmile` and `accurate` are the modes of `lld32`, `pcen` is `logmel` with it. Prints the best
//! of three passes over the whole file, and what single 10 ms hops cost when the same file is
//! streamed. `compare/opensmile_speed.py` runs this beside openSMILE.
#![allow(clippy::print_stdout)]

#[path = "../tests/sound/mod.rs"]
mod sound;

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use earnest_features::front_end::logmel::{LogMel, Pcen};
use earnest_features::{Extractor, FrontEndSettings, Lld32, Mode};

fn front_end(name: &str) -> Result<FrontEndSettings, Box<dyn Error>> {
    let lld32 = |mode| Lld32 {
        mode,
        ..Lld32::default()
    };
    Ok(match name {
        "opensmile" => lld32(Mode::OpenSmile).into(),
        "accurate" => lld32(Mode::Accurate).into(),
        "pcen" => FrontEndSettings::from(LogMel {
            pcen: Some(Pcen::default()),
            ..LogMel::default()
        }),
        other => FrontEndSettings::by_name(other)?,
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("name an audio file")?;
    let settings = front_end(&arguments.next().unwrap_or("opensmile".to_owned()))?;
    let front_end = settings.as_front_end();
    let recording = sound::read(Path::new(&file))?;
    let rate = recording.rate;
    let seconds = recording.samples.len() as f64 / f64::from(rate);

    let mut extractor = Extractor::of(front_end, rate)?;
    let mut best = f64::INFINITY;
    let mut rows = 0;
    for _ in 0..3 {
        let start = Instant::now();
        rows = extractor.extract(&recording.samples).frames();
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{}", front_end.words());
    println!(
        "{seconds:.1} s of audio, {rows} rows: {best:.3} s, {:.0} times real time, {:.2} us a row",
        seconds / best,
        1e6 * best / rows as f64
    );

    let mut stream = front_end.open(rate)?;
    let mut costs: Vec<f64> = Vec::with_capacity(rows + 10);
    let mut sum = 0.0;
    for hop in recording.samples.chunks(rate as usize / 100) {
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
