//! `earnest scene record`.

use std::path::PathBuf;

use clap::Args;
use earnest_files::{open_file, text_of_cell};
use earnest_scene::rerecord::{
    CutRow, PlaylistSettings, SoundSystem, calibrate, device_names, record,
};

use super::{check_lengths, open, recordings_of, report_cuts, write_rows};
use crate::command::inputs::name_unread;
use crate::command::must_exist;
use crate::command::options::ReadingOptions;
use crate::command::outputs::Inputs;
use crate::failure::Failure;
use crate::progress::Progress;

/// `earnest scene record`.
#[derive(Args)]
pub struct Record {
    /// Folder of a corpus as it was unpacked, or a manifest file
    #[arg(value_name = "CORPUS", required_unless_present_any = ["list", "calibrate"])]
    corpus: Option<PathBuf>,
    /// Folder for the recordings
    #[arg(value_name = "OUT", required_unless_present_any = ["list", "calibrate"])]
    out: Option<PathBuf>,
    /// Device to play on
    #[arg(long, default_value = "default", value_name = "DEVICE")]
    play: String,
    /// Device to record from, all its channels
    #[arg(long, default_value = "default", value_name = "DEVICE")]
    record: String,
    /// Go on with what is not there yet
    #[arg(long)]
    resume: bool,
    /// List devices
    #[arg(long)]
    list: bool,
    /// Only play three sweeps and say how they arrive
    #[arg(long)]
    calibrate: bool,
    /// Silence between utterances, seconds
    #[arg(long, value_name = "S", default_value_t = PlaylistSettings::default().gap_s)]
    gap: f64,
    /// Length of a part, minutes
    #[arg(long, value_name = "MIN", default_value_t = 5.0)]
    part_minutes: f64,
    #[command(flatten)]
    reading: ReadingOptions,
}

/// Runs the verb.
pub fn run(a: &Record) -> Result<(), Failure> {
    if a.list {
        let (outputs, inputs) = device_names().map_err(|e| anyhow::anyhow!(e))?;
        say!("To play on:");
        outputs.iter().for_each(|name| say!("  {name}"));
        say!("To record from:");
        inputs.iter().for_each(|name| say!("  {name}"));
        return Ok(());
    }
    check_lengths(a.gap, "--part-minutes", a.part_minutes)?;
    let mut device = SoundSystem::open(&a.play, &a.record).map_err(Failure::asked)?;
    let found = calibrate(&mut device)?;
    let list = |values: &[f64]| {
        let words: Vec<String> = values.iter().map(|v| format!("{v:.1}")).collect();
        words.join(", ")
    };
    say!(
        "{} channels; delay {:.0} ms; sweeps at {} dBFS, noise floor {} dBFS",
        found.level_db.len(),
        found.delay_s * 1e3,
        list(&found.level_db),
        list(&found.noise_floor_db)
    );
    if found.clipped > 0 {
        tell!(
            "warning: {} samples of the sweeps are clipped; turn the volume or the microphones down",
            found.clipped
        );
    }
    if a.calibrate {
        return Ok(());
    }
    let (Some(corpus), Some(out)) = (&a.corpus, &a.out) else {
        return Ok(());
    };
    must_exist("the corpus", corpus)?;
    let occupied = std::fs::read_dir(out).is_ok_and(|mut d| d.next().is_some());
    if occupied && !a.resume {
        return Err(Failure::asked(format!(
            "{} is not empty; --resume goes on with it",
            out.display()
        )));
    }
    let path = corpus;
    let corpus = open(&a.reading, path)?;
    let mut inputs = Inputs::default();
    inputs.add_corpus(&corpus, path);
    let table = PathBuf::from("record.csv");
    inputs.spare_below("OUT", out, recordings_of(&corpus).chain([table]))?;
    let settings = PlaylistSettings {
        gap_s: a.gap,
        part_s: a.part_minutes * 60.0,
        ..PlaylistSettings::default()
    };
    let progress = Progress::new();
    progress.start("recording", corpus.utterances.len());
    let table = out.join("record.csv");
    let before = earlier(&table)?;
    let result = record(&corpus, out, settings, &mut device, |alignment| {
        alignment.cuts.iter().for_each(|_| progress.advance());
        progress.note(&format!(
            "{} utterances cut; clock {:+.1} ppm, {} of {} sweeps",
            alignment.cuts.len(),
            alignment.drift_ppm,
            alignment.sweeps.0,
            alignment.sweeps.1
        ));
    });
    progress.finish();
    let (summary, stopped) = result;
    let mut rows: Vec<CutRow> = before;
    rows.retain(|old| summary.rows.iter().all(|new| new.id != old.id));
    rows.extend(summary.rows.iter().cloned());
    write_rows(&rows, &table)?;
    if let Some(error) = stopped {
        return Err(error.into());
    }
    say!(
        "{}: {} utterances recorded, {} from before",
        out.display(),
        summary.rows.len(),
        summary.from_before
    );
    report_cuts(&rows, &table);
    let failed: Vec<&String> = summary.failed.iter().collect();
    name_unread(&failed, corpus.utterances.len())
}

/// The report of an earlier session.
fn earlier(table: &std::path::Path) -> Result<Vec<CutRow>, Failure> {
    if !table.exists() {
        return Ok(Vec::new());
    }
    let file =
        open_file(table).map_err(|e| anyhow::anyhow!("cannot read {}: {e}", table.display()))?;
    let mut reader = csv::Reader::from_reader(file);
    let rows = reader.deserialize().map(|row: Result<CutRow, _>| {
        let row = row?;
        let id = text_of_cell(&row.id).to_owned();
        Ok::<_, csv::Error>(CutRow { id, ..row })
    });
    let rows: Result<Vec<CutRow>, _> = rows.collect();
    rows.map_err(|e| anyhow::anyhow!("cannot read {}: {e}", table.display()).into())
}
