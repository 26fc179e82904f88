//! A front end's columns beside openSMILE's own output: how far off, and whether that is as near as
//! the crate promises.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::path::Path;

use earnest_features::{Extractor, FrontEndSettings};

use crate::sound;

/// As front ends of openSMILE's descriptors name them.
/// (functionals put more behind it).
const F0: &str = "F0semitoneFrom27.5Hz_sma3nz";
/// This column and those after it hang on the formants.
const FORMANT_BASED: &str = "logRelF0-H1-A3_sma3nz";

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
pub struct Comparison {
    front_end: FrontEndSettings,
    names: Vec<String>,
    columns: Vec<Column>,
    pub files: usize,
    rows: usize,
    voicing_differs: usize,
}

impl Comparison {
    /// Of the front end with this name, in its usual settings.
    #[allow(dead_code)] // not all who use this file name one
    pub fn of(front_end: &str) -> Self {
        Self::with(FrontEndSettings::by_name(front_end).unwrap())
    }

    /// Of the front end with these settings.
    pub fn with(front_end: FrontEndSettings) -> Self {
        let names = front_end.as_front_end().columns();
        Self {
            columns: vec![Column::default(); names.len()],
            front_end,
            names,
            files: 0,
            rows: 0,
            voicing_differs: 0,
        }
    }

    /// Compares one file, at its own sample rate; its reference has a column for each
    /// descriptor it knows, by openSMILE's name.
    pub fn add(&mut self, audio: &Path, csv: &Path) {
        let recording = sound::read(audio).unwrap();
        let front_end = self.front_end.as_front_end();
        let mut extractor = Extractor::of(front_end, recording.rate).unwrap();
        let ours = extractor.extract(&recording.samples);
        let f0 = self.place(F0);
        let mut reader = csv::Reader::from_path(csv).unwrap();
        let places: Vec<Option<usize>> = reader
            .headers()
            .unwrap()
            .iter()
            .map(|h| self.names.iter().position(|n| n == h))
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
                self.voicing_differs += usize::from(*c == f0 && (a[f0] == 0.0) != (*x == 0.0));
            }
        }
    }

    /// Where the first column stands whose name begins so.
    fn place(&self, name: &str) -> usize {
        self.names.iter().position(|n| n.starts_with(name)).unwrap()
    }

    /// What another comparison of the same front end found, beside what this one did.
    #[allow(dead_code)] // not all who use this file add up
    pub fn join(&mut self, other: Self) {
        self.files += other.files;
        self.rows += other.rows;
        self.voicing_differs += other.voicing_differs;
        for (all, one) in self.columns.iter_mut().zip(other.columns) {
            all.ours.extend(one.ours);
            all.theirs.extend(one.theirs);
        }
    }

    pub fn print(&self, name: &str) {
        println!(
            "\n{name}: {} files, {} rows, voicing differs on {}",
            self.files, self.rows, self.voicing_differs
        );
        println!(
            "{:<46} {:>10} {:>9} {:>10} {:>10} {:>10} {:>8}",
            "column", "r", "nrmse", "median", "p99", "max", "bits"
        );
        for (name, column) in self.names.iter().zip(&self.columns) {
            let (r, nrmse) = column.agreement();
            let [median, p99, max] = column.differences();
            println!(
                "{name:<46} {r:>10.8} {nrmse:>9.1e} {median:>10.1e} {p99:>10.1e} {max:>10.1e} {:>6.2} %",
                100.0 * column.bits()
            );
        }
    }

    /// Holds each single value to a difference, relative to the reference or absolute.
    #[allow(dead_code)] // only the functionals' test holds them to it
    pub fn check_each(&self, relative: f32, absolute: f32) {
        for (name, column) in self.names.iter().zip(&self.columns) {
            for (a, b) in column.ours.iter().zip(&column.theirs) {
                let allowed = absolute + relative * b.abs();
                assert!((a - b).abs() <= allowed, "{name}: {a}, openSMILE {b}");
            }
        }
    }

    /// Holds the comparison to what the crate promises.
    #[allow(dead_code)] // an example only prints
    pub fn check(&self) {
        let formant_based = self.place(FORMANT_BASED);
        assert!(
            self.voicing_differs * 1000 <= self.rows,
            "voicing differs on {} of {}",
            self.voicing_differs,
            self.rows
        );
        for (c, (name, column)) in self.names.iter().zip(&self.columns).enumerate() {
            let (r, nrmse) = column.agreement();
            let [median, ..] = column.differences();
            if c < formant_based {
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
