//! Our descriptors beside openSMILE's own output (`shared/reference/lld`), column by column.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::io::Write;
use std::path::{Path, PathBuf};

use earnest_features::{Extractor, descriptor};

/// The shared reference folder, if this machine has it.
fn shared() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    root.join("reference/lld").is_dir().then_some(root)
}

fn audio_of(shared: &Path, set: &str, stem: &str) -> Option<PathBuf> {
    let lld = shared.join("reference/lld").join(set);
    [
        lld.join(format!("{stem}.wav")),
        lld.join(format!("{stem}.flac")),
        shared.join(format!("data/emodb/wav/{stem}.wav")),
        shared.join(format!("data/nemo/samples/{stem}.flac")),
    ]
    .into_iter()
    .find(|p| p.is_file())
}

#[derive(Clone, Default)]
struct Column {
    ours: Vec<f64>,
    theirs: Vec<f64>,
}

impl Column {
    fn correlation(&self) -> f64 {
        let n = self.ours.len() as f64;
        let (ma, mb) = (
            self.ours.iter().sum::<f64>() / n,
            self.theirs.iter().sum::<f64>() / n,
        );
        let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
        for (a, b) in self.ours.iter().zip(&self.theirs) {
            ab += (a - ma) * (b - mb);
            aa += (a - ma).powi(2);
            bb += (b - mb).powi(2);
        }
        ab / (aa * bb).sqrt()
    }

    /// Share of rows whose f32 is the same to the bit.
    fn equal(&self) -> f64 {
        let same = |(a, b): &(&f64, &f64)| **a as f32 == **b as f32;
        let n = self.ours.iter().zip(&self.theirs).filter(same).count();
        n as f64 / self.ours.len() as f64
    }

    /// Median, 99th percentile and maximum of the absolute difference.
    fn differences(&self) -> [f64; 3] {
        let mut d: Vec<f64> = self
            .ours
            .iter()
            .zip(&self.theirs)
            .map(|(a, b)| (a - b).abs())
            .collect();
        d.sort_by(f64::total_cmp);
        [d[d.len() / 2], d[d.len() * 99 / 100], d[d.len() - 1]]
    }
}

#[test]
fn every_column_follows_opensmile_on_speech_noise_and_synthetic_signals() {
    let Some(shared) = shared() else {
        // Straight to standard error: the test harness hides what println! says.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: descriptors beside openSMILE's: no ../shared/reference/lld beside the project"
        );
        return;
    };
    let mut extractor = Extractor::new(16_000);
    let mut columns = vec![Column::default(); descriptor::COUNT];
    let (mut files, mut rows, mut voicing) = (0, 0, 0);
    for set in ["synthetic", "emodb", "nemo", "noisy"] {
        let mut stems: Vec<String> = std::fs::read_dir(shared.join("reference/lld").join(set))
            .unwrap()
            .filter_map(|e| {
                let path = e.unwrap().path();
                (path.extension()? == "csv")
                    .then(|| path.file_stem().unwrap().to_str().unwrap().to_owned())
            })
            .collect();
        stems.sort();
        for stem in stems {
            let Some(audio) = audio_of(&shared, set, &stem) else {
                println!("no audio for {set}/{stem}");
                continue;
            };
            let wave = earnest_audio::read(&audio).unwrap();
            let ours = extractor.extract(wave.samples());
            let csv = shared
                .join("reference/lld")
                .join(set)
                .join(format!("{stem}.csv"));
            let mut reader = csv::Reader::from_path(&csv).unwrap();
            let theirs: Vec<Vec<f64>> = reader
                .records()
                .map(|r| {
                    r.unwrap()
                        .iter()
                        .skip(2)
                        .map(|x| x.parse().unwrap_or(f64::NAN))
                        .collect()
                })
                .filter(|r: &Vec<f64>| r.iter().all(|x| x.is_finite()))
                .collect();
            assert_eq!(ours.frames(), theirs.len(), "rows of {set}/{stem}");
            files += 1;
            for (a, b) in ours.rows().zip(&theirs) {
                rows += 1;
                voicing += u32::from((a[19] == 0.0) != (b[19] == 0.0));
                for (c, column) in columns.iter_mut().enumerate() {
                    column.ours.push(f64::from(a[c]));
                    column.theirs.push(b[c]);
                }
            }
        }
    }
    println!("{files} files, {rows} rows, voicing differs on {voicing} rows");
    println!(
        "{:<30} {:>10} {:>11} {:>11} {:>11} {:>8}",
        "column", "r", "median", "p99", "max", "bits"
    );
    for (name, column) in descriptor::NAMES.iter().zip(&columns) {
        let [median, p99, max] = column.differences();
        println!(
            "{name:<30} {:>10.7} {median:>11.3e} {p99:>11.3e} {max:>11.3e} {:>8.4}",
            column.correlation(),
            column.equal()
        );
    }
    assert!(files > 50, "only {files} reference files were found");
    assert!(
        f64::from(voicing) <= 0.001 * f64::from(rows),
        "voicing differs on {voicing} of {rows}"
    );
    for (c, column) in columns.iter().enumerate() {
        let least = if c < 24 { 0.9999 } else { 0.97 };
        let r = column.correlation();
        assert!(r >= least, "{}: r = {r}", descriptor::NAMES[c]);
    }
}
