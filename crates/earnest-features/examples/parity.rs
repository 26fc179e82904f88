//! How near a front end comes to openSMILE on recordings (WAV or FLAC, 16 bits), column by column:
//!
//! ```text
//! python compare/opensmile_reference.py --set v02 --to CSV_FOLDER AUDIO ...
//! cargo run --release -p earnest-features --example parity -- egemaps-v02 CSV_FOLDER AUDIO ...
//! ```
//!
//! Functionals: `--level functionals` there, `functionals` here. A front end with other settings than
//! the usual is written as in files: `'name = "functionals"; set = "egemaps-v01a"'`.
//!
//! The first line needs openSMILE's Python package and writes what it says of each recording; the
//! second prints for each column Pearson's r, the RMS error over the reference's standard deviation,
//! median, 99th percentile and maximum of the absolute difference, and the share of values that are
//! the same to the bit. For `lld32` and `egemaps-v01a` the set is `v01a`.
#![allow(clippy::print_stdout)]

#[path = "../tests/comparison/mod.rs"]
mod comparison;
#[path = "../tests/sound/mod.rs"]
mod sound;

use std::error::Error;
use std::path::{Path, PathBuf};

use comparison::Comparison;
use earnest_features::FrontEndSettings;

/// A front end by its name, or its settings, a `;` between them.
fn settings(text: &str) -> Result<FrontEndSettings, Box<dyn Error>> {
    if text.contains('=') {
        return Ok(toml::from_str(&text.replace(';', "\n"))?);
    }
    Ok(FrontEndSettings::by_name(text)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let front_end = arguments.next().ok_or("name a front end")?;
    let references = arguments.next().ok_or("name a folder of references")?;
    let mut comparison = Comparison::with(settings(&front_end)?);
    for audio in arguments.map(PathBuf::from) {
        let name = audio.file_name().ok_or("an audio file has a name")?;
        let reference = Path::new(&references).join(name).with_extension("csv");
        comparison.add(&audio, &reference);
    }
    comparison.print(&front_end);
    Ok(())
}
