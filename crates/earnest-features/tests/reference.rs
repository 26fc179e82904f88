//! Our descriptors beside openSMILE's own output, column by column: on signals of our own
//! that travel with the crate (`tests/reference`), and on speech and noise where
//! `EARNEST_DATA` names the research data.
//! `cargo test -p earnest-features --test reference -- --nocapture` prints the tables.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod sound;

use std::io::Write;
use std::path::{Path, PathBuf};

use earnest_features::{Extractor, descriptor};

const F0: usize = 19;
/// From here on, columns hang on the formants.
const FORMANT_BASED: usize = 24;

/// One column's values, ours and theirs.
#[derive(Clone, Default)]
struct Column {
    ours: Vec<f32>,
    theirs: Vec<f32>,
}

impl Column {
    fn pairs(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let wide = |(a, b): (&f32, &f32)| (f64::from(*a), f64::from(*b));
        self.ours.iter().zip(&self.theirs).map(wide)
    }

    /// Pearson's r, and the RMS error over the reference's standard deviation.
    fn agreement(&self) -> (f64, f64) {
        let n = self.ours.len() as f64;
        let (mut ma, mut mb) = (0.0, 0.0);
        for (a, b) in self.pairs() {
            ma += a / n;
            mb += b / n;
        }
        let (mut ab, mut aa, mut bb, mut ee) = (0.0, 0.0, 0.0, 0.0);
        for (a, b) in self.pairs() {
            ab += (a - ma) * (b - mb);
            aa += (a - ma).powi(2);
            bb += (b - mb).powi(2);
            ee += (a - b).powi(2);
        }
        (ab / (aa * bb).sqrt(), (ee / bb).sqrt())
    }

    /// Median, 99th percentile and maximum of the absolute difference.
    fn differences(&self) -> [f64; 3] {
        let mut d: Vec<f64> = self.pairs().map(|(a, b)| (a - b).abs()).collect();
        d.sort_by(f64::total_cmp);
        [d[d.len() / 2], d[d.len() * 99 / 100], d[d.len() - 1]]
    }

    /// Share of rows whose f32 is the same to the bit.
    fn bits(&self) -> f64 {
        let same = self.ours.iter().zip(&self.theirs).filter(|(a, b)| a == b);
        same.count() as f64 / self.ours.len() as f64
    }
}

/// Everything compared so far.
#[derive(Clone)]
struct Comparison {
    columns: Vec<Column>,
    files: usize,
    rows: usize,
    voicing_differs: usize,
}

impl Comparison {
    fn new() -> Self {
        Self {
            columns: vec![Column::default(); descriptor::COUNT],
            files: 0,
            rows: 0,
            voicing_differs: 0,
        }
    }

    /// Compares one file, at its own sample rate; its reference has a column for each
    /// descriptor it knows, by openSMILE's name.
    fn add(&mut self, audio: &Path, csv: &Path) {
        let recording = sound::read(audio).unwrap();
        let ours = Extractor::new(recording.rate).extract(&recording.samples);
        let mut reader = csv::Reader::from_path(csv).unwrap();
        let places: Vec<Option<usize>> = reader
            .headers()
            .unwrap()
            .iter()
            .map(|h| descriptor::NAMES.iter().position(|n| *n == h))
            .collect();
        let theirs: Vec<Vec<f32>> = reader
            .records()
            .map(|r| {
                let number = |x: &str| x.parse().unwrap_or(f32::NAN);
                r.unwrap().iter().map(number).collect()
            })
            // A file without a frame gets one row of NaN from the Python wrapper.
            .filter(|r: &Vec<f32>| r.iter().all(|x| x.is_finite()))
            .collect();
        assert_eq!(ours.frames(), theirs.len(), "rows of {}", audio.display());
        self.files += 1;
        for (a, b) in ours.rows().zip(&theirs) {
            self.rows += 1;
            for (place, x) in places.iter().zip(b) {
                let Some(c) = place else { continue };
                self.columns[*c].ours.push(a[*c]);
                self.columns[*c].theirs.push(*x);
                self.voicing_differs += usize::from(*c == F0 && (a[F0] == 0.0) != (*x == 0.0));
            }
        }
    }

    fn print(&self, name: &str) {
        println!(
            "\n{name}: {} files, {} rows, voicing differs on {}",
            self.files, self.rows, self.voicing_differs
        );
        println!(
            "{:<28} {:>10} {:>9} {:>10} {:>10} {:>10} {:>8}",
            "column", "r", "nrmse", "median", "p99", "max", "bits"
        );
        for (name, column) in descriptor::NAMES.iter().zip(&self.columns) {
            let (r, nrmse) = column.agreement();
            let [median, p99, max] = column.differences();
            println!(
                "{name:<28} {r:>10.8} {nrmse:>9.1e} {median:>10.1e} {p99:>10.1e} {max:>10.1e} {:>6.2} %",
                100.0 * column.bits()
            );
        }
    }

    /// Holds the comparison to what the crate promises.
    fn check(&self) {
        assert!(
            self.voicing_differs * 1000 <= self.rows,
            "voicing differs on {} of {}",
            self.voicing_differs,
            self.rows
        );
        for (c, (name, column)) in descriptor::NAMES.iter().zip(&self.columns).enumerate() {
            let (r, nrmse) = column.agreement();
            let [median, ..] = column.differences();
            if c < FORMANT_BASED {
                assert!(
                    r >= 0.99999 && nrmse <= 1e-4,
                    "{name}: r {r}, nrmse {nrmse}"
                );
            } else {
                assert!(
                    r >= 0.9999 && median <= 1e-3,
                    "{name}: r {r}, median {median}"
                );
                assert!(column.bits() >= 0.98, "{name}: {}", column.bits());
            }
        }
    }
}

fn stems(folder: &Path) -> Vec<String> {
    let mut stems: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|e| {
            let path = e.unwrap().path();
            (path.extension()? == "csv")
                .then(|| path.file_stem().unwrap().to_str().unwrap().to_owned())
        })
        .collect();
    stems.sort();
    stems
}

#[test]
fn every_column_is_opensmiles_on_our_own_signals_from_8_to_48_khz() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    let mut all = Comparison::new();
    for stem in stems(&folder) {
        all.add(
            &folder.join(format!("{stem}.flac")),
            &folder.join(format!("{stem}.csv")),
        );
    }
    all.print("tests/reference");
    assert!(all.files >= 15);
    all.check();
}

/// The research data and openSMILE's output for them, if this machine has both: the folder
/// `EARNEST_DATA`, and `reference/lld` in it or beside it.
fn research() -> Option<(PathBuf, PathBuf)> {
    let data = PathBuf::from(std::env::var_os("EARNEST_DATA")?);
    let lld = [data.join("reference/lld"), data.join("../reference/lld")]
        .into_iter()
        .find(|folder| folder.is_dir())?;
    Some((data, lld))
}

fn audio_of(data: &Path, lld: &Path, stem: &str) -> Option<PathBuf> {
    [
        lld.join(format!("{stem}.wav")),
        lld.join(format!("{stem}.flac")),
        data.join(format!("emodb/wav/{stem}.wav")),
        data.join(format!("nemo/samples/{stem}.flac")),
    ]
    .into_iter()
    .find(|p| p.is_file())
}

#[test]
fn every_column_is_opensmiles_on_speech_and_noise() {
    let Some((data, lld)) = research() else {
        // Straight to standard error: the test harness hides what println! says.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: descriptors beside openSMILE's on speech: EARNEST_DATA names no folder with `reference/lld` in it or beside it"
        );
        return;
    };
    let mut all = Comparison::new();
    for set in ["synthetic", "emodb", "nemo", "noisy"] {
        let mut one = Comparison::new();
        let folder = lld.join(set);
        for stem in stems(&folder) {
            let Some(audio) = audio_of(&data, &folder, &stem) else {
                println!("no audio for {set}/{stem}");
                continue;
            };
            one.add(&audio, &folder.join(format!("{stem}.csv")));
        }
        one.print(set);
        all.files += one.files;
        all.rows += one.rows;
        all.voicing_differs += one.voicing_differs;
        for (all, one) in all.columns.iter_mut().zip(one.columns) {
            all.ours.extend(one.ours);
            all.theirs.extend(one.theirs);
        }
    }
    all.print("all");
    assert!(
        all.files > 50,
        "only {} reference files were found",
        all.files
    );
    all.check();
}
